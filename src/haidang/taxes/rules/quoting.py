"""What one line of goods would pay on a day, with every step and every other duty it could bear: for whoever asks before declaring."""

from collections.abc import Iterator

from msgspec.structs import replace

from haidang.kernel.money import AmountOverflow, NegativeAmount, NotAnAmount, parse_scaled
from haidang.tariff.terms import CHAPTER_98, MFN, OUT_OF_QUOTA, TariffEntry
from haidang.taxes.rules.books import OpenBook, lists_of_day
from haidang.taxes.rules.declared import read_declared
from haidang.taxes.rules.options import duty_options
from haidang.taxes.rules.quota import split_by_quota
from haidang.taxes.rules.receipts import price
from haidang.taxes.rules.showing import show_code
from haidang.taxes.terms import Valuation
from haidang.taxes.terms.quoting import Quote, QuoteAsked
from haidang.taxes.terms.receipts import NotPriceable, Receipt
from haidang.taxes.terms.valuing import QuotaBalance

IMPORT_KIND, EXPORT_KIND = "A11", "B11"
"""Kinds of declaration that are taxed by the tariff alone."""
_INDIVIDUAL = "A"
"""Freight and insurance of this shipment alone (VNACCS FR1, IN1)."""
_SAMPLE = "sample"


def quote(book: OpenBook, asked: QuoteAsked) -> Quote | None:
    """Return what a line would pay by a book; None when there is no such commodity code on the day.

    Raises:
        NotPriceable: an amount is none; the message begins with the name of the field.
    """
    shown = show_code(book, asked.commodity_code, asked.on)
    if shown is None:
        return None
    day = book.day(asked.on)
    entry = day.tariff.entries[asked.commodity_code]
    schedule = schedule_of(asked, entry)
    declared = declared_of(book, asked)
    try:
        priced = price(book, declared, asked.on, EXPORT_KIND if asked.is_export else IMPORT_KIND)
    except (AmountOverflow, NegativeAmount):
        raise NotPriceable(
            "value: trị giá hoặc số lượng quá lớn, nhập số nhỏ hơn · the value or quantity is too large, give a smaller one"
        ) from None
    receipt = priced if isinstance(priced, Receipt) else None
    findings = () if isinstance(priced, Receipt) else priced
    agreements = lists_of_day(book.book.codes, asked.on)["agreement"]
    # The whole line under each duty: that a quota splits it is a matter of the steps below.
    whole = declared_of(book, replace(asked, quota_left=""))
    return Quote(
        commodity_code=shown.commodity_code,
        name_vi=shown.name_vi,
        name_en=shown.name_en,
        on=asked.on,
        schedule_code=schedule,
        unit_code=declared.items[0].unit_code,
        options=duty_options(whole, 0, day, agreements, book.measures),
        receipt=receipt,
        findings=findings,
        controls=shown.controls,
        tax_options=tuple(_tax_options(entry, asked.origin_country_code, asked.is_export)),
        quota=shown.quota,
        unverified=shown.unverified,
        sample_rates=receipt is not None and any(each.source == _SAMPLE for each in receipt.exchange_rates),
    )


def schedule_of(asked: QuoteAsked, entry: TariffEntry) -> str:
    """Return the tariff schedule that is asked for: the one named, else MFN, for goods of chapter 98 its own; none for an export."""
    if asked.is_export:
        return ""
    return asked.schedule_code or (CHAPTER_98 if CHAPTER_98 in entry.duties else MFN)


def declared_of(book: OpenBook, asked: QuoteAsked) -> Valuation:
    """Return what is asked as a declaration of one line, of two where a tariff quota does not hold all of it; the code must exist on the day.

    Raises:
        NotPriceable: an amount is none; the message begins with the name of the field.
    """
    entry = book.day(asked.on).tariff.entries[asked.commodity_code]
    schedule = schedule_of(asked, entry)
    _require_amounts(asked)
    kinds = lists_of_day(book.book.codes, asked.on)["declaration_kind"]
    declared, _ = read_declared(
        {
            "kind_code": EXPORT_KIND if asked.is_export else IMPORT_KIND,
            "invoice_currency_code": asked.currency_code,
            "price_condition_code": asked.price_condition_code,
            "freight_code": _INDIVIDUAL if asked.freight else "",
            "freight": asked.freight,
            "freight_currency_code": asked.freight_currency_code or asked.currency_code,
            "insurance_code": _INDIVIDUAL if asked.insurance else "",
            "insurance": asked.insurance,
            "insurance_currency_code": asked.insurance_currency_code or asked.currency_code,
            "items": [
                {
                    "commodity_code": asked.commodity_code,
                    "quantity": asked.quantity or "0",
                    "unit_code": asked.unit_code or next(iter(entry.unit_codes), ""),
                    "origin_country_code": asked.origin_country_code,
                    "tariff_schedule_code": schedule,
                    "out_of_quota": schedule == OUT_OF_QUOTA,
                    "invoice_value": asked.value,
                    "tax_codes": list(asked.tax_codes),
                }
            ],
        },
        kinds,
    )
    if not asked.quota_left:
        return declared
    item = declared.items[0]
    balance = QuotaBalance(item.commodity_code, item.unit_code, parse_scaled(asked.quota_left, 3))
    return split_by_quota(declared, [balance]).declared


def _require_amounts(asked: QuoteAsked) -> None:
    for name, places in (("value", 4), ("quantity", 3), ("freight", 4), ("insurance", 4), ("quota_left", 3)):
        text = getattr(asked, name)
        if not text and name != "value":
            continue
        try:
            parse_scaled(text, places)
        except (NotAnAmount, AmountOverflow):
            raise NotPriceable(
                f"{name}: {text[:40]!r}: cần số thập phân như 1250.50, tối đa {places} số lẻ · a plain decimal such as 1250.50, with at most {places} decimals"
            ) from None


def _tax_options(entry: TariffEntry, origin: str, is_export: bool) -> Iterator[str]:
    """Yield the tax codes that the tariff prints for the goods: VAT first, then charges due on this origin."""
    if is_export:
        return
    yield from (option.code for option in entry.vat)
    for charge in (*entry.trade_remedies, *entry.special_consumption, *entry.environment):
        if charge.code and (not charge.origins or origin in charge.origins):
            yield charge.code
