"""The receipt (bảng tính thuế): an assessment with each đồng traced, and its check against a book, field by field."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from haidang.kernel.findings import Finding
from haidang.kernel.money import BP, E4, AmountOverflow, NegativeAmount, format_scaled
from haidang.kernel.spelling import vnd_in_english, vnd_in_vietnamese
from haidang.reference.rules import week_of
from haidang.tariff.terms import Measure
from haidang.taxes.rules.assessment import assess
from haidang.taxes.rules.books import OpenBook
from haidang.taxes.rules.declared import read_declared
from haidang.taxes.rules.totals import line_amount_e4
from haidang.taxes.terms import (
    REASONS,
    Assessment,
    LineAssessment,
    LineTax,
    TaxableItem,
    TaxKind,
    TreatedLine,
    Valuation,
    ValuationAdjustment,
)
from haidang.taxes.terms.receipts import (
    Difference,
    MeasureSource,
    NotPriceable,
    PricingDay,
    Receipt,
    ReceiptFree,
    ReceiptLine,
    ReceiptMissing,
    ReceiptRate,
    ReceiptRecord,
    ReceiptRounding,
    ReceiptTax,
    ReceiptTotal,
    ReceiptValue,
    Verification,
)

_Plain = TypeVar("_Plain", bound=msgspec.Struct)
FORM = "haidang-receipt-1"
_ROUNDINGS = ("rounding.line_decimals", "rounding.total")
_VALUE_LAW = "38/2015/TT-BTC Art. 35; 39/2018/TT-BTC Appendix II"
_EXPORT_VALUE_LAW = "38/2015/TT-BTC Art. 25a, 35"
_LAWS: Mapping[TaxKind, str] = {
    TaxKind.IMPORT_DUTY: "107/2016/QH13 Art. 5, 6; 38/2015/TT-BTC Art. 38",
    TaxKind.EXPORT_DUTY: "107/2016/QH13 Art. 5, 6; 38/2015/TT-BTC Art. 38",
    TaxKind.TRADE_REMEDY: "38/2015/TT-BTC Art. 39",
    TaxKind.SPECIAL_CONSUMPTION: "38/2015/TT-BTC Art. 39",
    TaxKind.ENVIRONMENT: "38/2015/TT-BTC Art. 39",
    TaxKind.VALUE_ADDED: "38/2015/TT-BTC Art. 39",
}
"""Where base and formula of each tax stand; the rate stands with its measure."""
_ON_VALUE = frozenset((TaxKind.IMPORT_DUTY, TaxKind.EXPORT_DUTY, TaxKind.TRADE_REMEDY))
_MARK = 16
"""Hexadecimal digits of a mark."""
_RECORDED = frozenset(
    (
        "form",
        "declaration_no",
        "registered_at",
        "on",
        "kind_code",
        "law_book_version",
        "lawbook_sha256",
        "declared",
        "record",
    )
)
"""What no book derives: it is held by marks."""
_MOST_DIFFERENCES = 500


def price(
    book: OpenBook, declaration: Valuation | bytes | str | Mapping[str, Any], on: date, kind_code: str = ""
) -> Receipt | tuple[Finding, ...]:
    """Return the receipt of a declaration by a book, as if it were registered on a Vietnamese date; or what is wrong with it, all at once.

    `declaration` is a JSON object with the names of the message (`read_declared`), or the terms themselves, then with `kind_code`.

    Raises:
        NotPriceable: the object cannot be read.
    """
    day = book.day(on)
    if not isinstance(declaration, Valuation):
        kinds = {row.code: row for row in book.book.codes if row.list_name == "declaration_kind"}
        declaration, kind_code = read_declared(declaration, kinds)
    assessment = assess(declaration, day.tariff, day.exchange_rates_e4, day.treatments.get(kind_code))
    if assessment.findings:
        return assessment.findings
    return receipt_of(
        declaration, kind_code, assessment, day, book.measures, (book.book.version, book.book.lawbook_sha256)
    )


def receipt_of(
    declared: Valuation,
    kind_code: str,
    assessment: Assessment,
    day: PricingDay,
    measures: Mapping[int, Measure],
    lawbook: tuple[int, str],
) -> Receipt:
    """Return the receipt of an assessment; `measures` hold every row that it names, `lawbook` is (version, SHA-256 of the files of law)."""
    plain = plain_valuation(declared)
    lines = tuple(
        _line(plain, item, line, day, measures)
        for item, line in zip(plain.items, assessment.lines, strict=True)
    )  # fmt: skip
    payable = assessment.payable_vnd
    receipt = Receipt(
        form=FORM,
        on=day.on,
        kind_code=kind_code,
        law_book_version=lawbook[0],
        lawbook_sha256=lawbook[1],
        declared=plain,
        exchange_rates=tuple(_rates(plain, day)),
        lines=lines,
        customs_value_vnd_e4=assessment.customs_value_vnd_e4,
        totals=tuple(_totals(lines, assessment)),
        payable_vnd=payable,
        payable_words_vi=vnd_in_vietnamese(payable),
        payable_words_en=vnd_in_english(payable),
        missing=tuple(
            ReceiptMissing(each.line_no, each.kind.name.lower(), each.reason, *REASONS[each.reason])
            for each in assessment.missing
        ),
        rounding=tuple(_roundings(day)),
    )
    return _sealed(receipt)


def registered(
    receipt: Receipt, declaration_no: str, registered_at: str, record: ReceiptRecord | None = None
) -> Receipt:
    """Return the receipt of a registered declaration: with its number, its instant (ISO 8601) and the last act of its journal."""
    return _sealed(replace(receipt, declaration_no=declaration_no, registered_at=registered_at, record=record))


def plain_valuation(declared: Valuation) -> Valuation:
    """Return of a declaration only what bears on value and tax: no names, no places, no papers."""
    items = tuple(_only(TaxableItem, item) for item in declared.items)
    adjustments = tuple(_only(ValuationAdjustment, each) for each in declared.adjustments)
    return replace(_only(Valuation, declared), items=items, adjustments=adjustments)


def _only(kind: type[_Plain], of: _Plain) -> _Plain:
    return kind(**{name: getattr(of, name) for name in kind.__struct_fields__})


def _line(
    declared: Valuation, item: TaxableItem, line: LineAssessment, day: PricingDay, measures: Mapping[int, Measure]
) -> ReceiptLine:
    holding = ["customs_value"]
    taxes = []
    for tax in line.taxes:
        taxes.append(_tax(tax, tuple(holding), measures))
        if (name := tax.kind.name.lower()) not in holding:
            holding.append(name)
    return ReceiptLine(
        line_no=line.line_no,
        commodity_code=item.commodity_code,
        value=_value(declared, item, line.customs_value_vnd_e4, day),
        taxes=tuple(taxes),
        not_subject=tuple(
            ReceiptFree(kind.name.lower(), source_of(measures.get(number))) for kind, number in line.not_subject
        ),
        by_kind=line.by_kind if isinstance(line, TreatedLine) else (),
    )


def _value(declared: Valuation, item: TaxableItem, value_vnd_e4: int, day: PricingDay) -> ReceiptValue:
    by_hand = item.declared_customs_value_e4 is not None
    currency = item.customs_value_currency_code if by_hand else declared.invoice_currency_code
    amount = (item.declared_customs_value_e4 if by_hand else item.invoice_value_e4) or 0
    rate_e4 = day.exchange_rates_e4[currency]
    converted = (amount * rate_e4 + E4 // 2) // E4
    return ReceiptValue(
        by="hand" if by_hand else "price",
        amount_e4=amount,
        currency_code=currency,
        exchange_rate_e4=rate_e4,
        converted_vnd_e4=converted,
        share_vnd_e4=value_vnd_e4 - converted,
        value_vnd_e4=value_vnd_e4,
        law=_EXPORT_VALUE_LAW if declared.is_export else _VALUE_LAW,
    )


def _tax(tax: LineTax, holding: tuple[str, ...], measures: Mapping[int, Measure]) -> ReceiptTax:
    base_of = ("customs_value",) if tax.kind in _ON_VALUE else holding
    if tax.kind is TaxKind.SPECIAL_CONSUMPTION:
        base_of = tuple(name for name in holding if name in ("customs_value", "import_duty", "trade_remedy"))
    exact_e8 = tax.base_vnd_e4 * tax.rate_bp + tax.specific_vnd_e4 * tax.quantity_milli * (BP // 1000)
    return ReceiptTax(
        kind=tax.kind.name.lower(),
        base_of=() if tax.kind is TaxKind.ENVIRONMENT else base_of,
        base_vnd_e4=tax.base_vnd_e4,
        rate_bp=tax.rate_bp,
        specific_vnd_e4=tax.specific_vnd_e4,
        quantity_milli=tax.quantity_milli,
        exact_vnd=format_scaled(exact_e8, 8),
        computed_vnd_e4=line_amount_e4(tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli),
        relieved_vnd_e4=tax.relieved_vnd_e4,
        amount_vnd_e4=tax.amount_vnd_e4,
        law=_LAWS[tax.kind],
        measure=source_of(measures.get(tax.measure_id)),
    )


def source_of(row: Measure | None) -> MeasureSource | None:
    """Return what a row of the book says, to be quoted; None where there is no row."""
    if row is None:
        return None
    return MeasureSource(
        row.kind, row.option_code, row.printed, row.schedule, row.instrument, row.valid_from, row.valid_until, row.verified, row.sample
    )  # fmt: skip


def _rates(declared: Valuation, day: PricingDay) -> Iterator[ReceiptRate]:
    named = {declared.invoice_currency_code}
    if declared.freight_e4:
        named.add(declared.freight_currency_code)
    if declared.insurance_e4:
        named.add(declared.insurance_currency_code)
    named.update(each.currency_code for each in declared.adjustments if each.sign)
    named.update(item.customs_value_currency_code for item in declared.items)
    for currency in sorted(named & day.exchange_rates_e4.keys()):
        source = day.rate_sources.get(currency, "")
        yield ReceiptRate(currency, day.exchange_rates_e4[currency], week_of(day.on), source)


def _totals(lines: tuple[ReceiptLine, ...], assessment: Assessment) -> Iterator[ReceiptTotal]:
    for kind, total in assessment.totals:
        name = kind.name.lower()
        exact = sum(tax.amount_vnd_e4 for line in lines for tax in line.taxes if tax.kind == name)
        yield ReceiptTotal(name, exact, total * E4 - exact, total)


def _roundings(day: PricingDay) -> Iterator[ReceiptRounding]:
    for name in _ROUNDINGS:
        if (rule := day.parameters.get(name)) is not None:
            cited = rule.citation
            yield ReceiptRounding(name, rule.value, cited.instrument, cited.article, cited.verified)


def canonical(receipt: Receipt) -> bytes:
    """Return a receipt as JSON with its members in alphabetical order: the bytes that `sha256` covers, when that is empty."""
    return msgspec.json.encode(receipt, order="sorted")


def _sealed(receipt: Receipt) -> Receipt:
    bare = replace(receipt, marks={}, sha256="")
    marked = replace(bare, marks=_marks(msgspec.to_builtins(bare)))
    return replace(marked, sha256=hashlib.sha256(canonical(marked)).hexdigest())


def _marks(tree: Mapping[str, Any]) -> dict[str, str]:
    recorded = {name: tree[name] for name in sorted(_RECORDED & tree.keys())}
    return {pointer: _mark(pointer, value) for pointer, value in _leaves("", recorded)}


def _mark(pointer: str, value: object) -> str:
    return hashlib.sha256(f"{pointer}\0".encode() + msgspec.json.encode(value)).hexdigest()[:_MARK]


def _leaves(pointer: str, node: object) -> Iterator[tuple[str, object]]:
    """Yield every value of a JSON tree with the pointer to it; an empty object or list is a value."""
    if isinstance(node, Mapping) and node:
        for name in node:
            yield from _leaves(f"{pointer}/{_escaped(str(name))}", node[name])
    elif isinstance(node, list | tuple) and node:
        for place, each in enumerate(node):
            yield from _leaves(f"{pointer}/{place}", each)
    else:
        yield pointer, node


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def verify(content: bytes | str, book: OpenBook) -> Verification:
    """Return a receipt with every field that is not what the book makes of what it declares; none when each đồng is right.

    What no book can derive (number, instants, the declared figures) is held against its marks. Whoever changes a figure, its mark and the digest of the
    whole shows it in all that follows from the figure; that the whole was issued by the platform is told by its `sha256` there.

    Raises:
        NotPriceable: it is no receipt.
    """
    try:
        tree = msgspec.json.decode(content)
        receipt = msgspec.convert(tree, Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotPriceable(
            f"Không phải biên nhận tính thuế đọc được · this is no receipt that can be read: {error}"
        ) from error
    if receipt.form != FORM:
        raise NotPriceable(f"form: {receipt.form[:40]!r}; cần · needed: {FORM}")
    found = {each.pointer: each for each in _changed(tree)}
    for each in _differences("", tree, _should_be(tree, receipt, book)):
        if not each.pointer.startswith("/marks"):
            found.setdefault(each.pointer, each)
    differences = tuple(sorted(found.values(), key=lambda each: each.pointer)[:_MOST_DIFFERENCES])
    return Verification(receipt, differences, receipt.lawbook_sha256 == book.book.lawbook_sha256)


def _should_be(tree: Mapping[str, Any], receipt: Receipt, book: OpenBook) -> dict[str, Any]:
    """Return the receipt as the book makes it of what is declared; without lines where it cannot be priced at all."""
    try:
        priced = price(book, receipt.declared, receipt.on, receipt.kind_code)
    except (NegativeAmount, AmountOverflow):
        priced = ()
    if isinstance(priced, Receipt):
        kept = {name: getattr(receipt, name) for name in _RECORDED}
        should: dict[str, Any] = msgspec.to_builtins(_sealed(replace(priced, **kept)))
        return should
    should = {name: tree[name] for name in (*sorted(_RECORDED), "marks", "sha256") if name in tree}
    return should | {"lines": [{"text_vi": each.text_vi, "text_en": each.text_en} for each in priced]}


def _changed(tree: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what a receipt says otherwise than its marks, marks of nothing, and what has no mark."""
    marks = tree.get("marks")
    marks = marks if isinstance(marks, Mapping) else {}
    recorded = dict(_leaves("", {name: tree[name] for name in sorted(_RECORDED & tree.keys())}))
    for pointer in sorted(recorded.keys() | marks.keys()):
        if pointer not in recorded:
            yield Difference(pointer, "", None)
        elif marks.get(pointer) != _mark(pointer, recorded[pointer]):
            yield Difference(pointer, msgspec.json.encode(recorded[pointer]).decode(), None)


def _differences(pointer: str, says: Any, should: Any) -> Iterator[Difference]:
    if isinstance(says, Mapping) and isinstance(should, Mapping):
        for name in sorted(says.keys() | should.keys()):
            yield from _differences(f"{pointer}/{_escaped(name)}", says.get(name, _NOTHING), should.get(name, _NOTHING))
    elif isinstance(says, list) and isinstance(should, list | tuple):
        for place in range(max(len(says), len(should))):
            one, other = (of[place] if place < len(of) else _NOTHING for of in (says, should))
            yield from _differences(f"{pointer}/{place}", one, other)
    elif type(says) is not type(should) or says != should:
        yield Difference(pointer, _json(says), _json(should))


_NOTHING = object()


def _json(value: Any) -> str:
    return "" if value is _NOTHING else msgspec.json.encode(value).decode()
