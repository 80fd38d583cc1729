"""Assessment (tính thuế): the value, the taxes and the totals of a declaration, in one pass over its lines."""

from collections.abc import Iterable, Mapping

from haidang.kernel.findings import Finding
from haidang.kernel.money import AmountOverflow, fits
from haidang.tariff.terms import TariffOfDay
from haidang.taxes.rules import wording
from haidang.taxes.rules.duty import Ruling, taxes_on_export, taxes_on_import
from haidang.taxes.rules.totals import MAX_TOTAL_VND, round_totals
from haidang.taxes.rules.treatment import Treatments, claimed_reliefs, taxes_by_kind
from haidang.taxes.rules.value import customs_values
from haidang.taxes.terms import Assessment, LineAssessment, TaxKind, TreatedLine, Valuation

_TAX_NAMES: Mapping[TaxKind, tuple[str, str]] = {
    TaxKind.IMPORT_DUTY: ("thuế nhập khẩu", "import duty"),
    TaxKind.TRADE_REMEDY: ("thuế phòng vệ thương mại", "trade remedies"),
    TaxKind.SPECIAL_CONSUMPTION: ("thuế tiêu thụ đặc biệt", "special consumption tax"),
    TaxKind.ENVIRONMENT: ("thuế bảo vệ môi trường", "environment protection tax"),
    TaxKind.VALUE_ADDED: ("thuế giá trị gia tăng", "value-added tax"),
    TaxKind.EXPORT_DUTY: ("thuế xuất khẩu", "export duty"),
    TaxKind.CUSTOMS_FEE: ("lệ phí hải quan", "customs fee"),
}


def assess(
    declared: Valuation,
    tariff: TariffOfDay,
    exchange_rates_e4: Mapping[str, int],
    of_kind: Treatments | None = None,
) -> Assessment:
    """Return customs value and taxes of every line and the totals of one declaration; amounts on lines are ten-thousandths of a đồng, totals whole đồng.

    `tariff` and `exchange_rates_e4` (đồng per unit, ten-thousandths; VND is 10,000) are those of the day of registration. A tax that cannot be determined
    is in `missing`, never a silent 0; what the declarant must mend is in `findings`, all at once. When no value can be computed there are no lines.
    Imports bear import duty, trade remedies, special consumption, environment tax and VAT; exports bear export duty only. `of_kind` is what the kind of the
    declaration does to its taxes, None when the tariff alone says it.

    Law: 107/2016/QH13 Art. 5, 6, 8(2), 16, 18; 38/2015/TT-BTC Art. 35, 38, 39 (amended by 39/2018/TT-BTC).

    Raises:
        NegativeAmount: a quantity below zero came through lodging. An amount beyond 64 bits is the declarant's: a finding (E0412).
    """
    ruling = Ruling(tariff, exchange_rates_e4, [], [])
    try:
        return _assess(declared, ruling, of_kind)
    except AmountOverflow:
        return Assessment((), 0, (), (), (*ruling.findings, wording.value_too_large()))


def assess_batch(
    declarations: Iterable[Valuation], tariff: TariffOfDay, exchange_rates_e4: Mapping[str, int]
) -> list[Assessment]:
    """Return the assessment of each declaration of one day, in order; each is what `assess` says of it alone."""
    return [assess(declared, tariff, exchange_rates_e4) for declared in declarations]


def _assess(declared: Valuation, ruling: Ruling, of_kind: Treatments | None) -> Assessment:
    findings = ruling.findings
    values = customs_values(declared, ruling.exchange_rates_e4, findings)
    if values is None:
        return _read_claims(declared, ruling, of_kind)
    entries = ruling.tariff.entries
    levy = taxes_on_export if declared.is_export else taxes_on_import
    lines: list[LineAssessment] = []
    sums: dict[TaxKind, int] = {}
    for index, item in enumerate(declared.items):
        entry = entries.get(item.commodity_code)
        value = values[index]
        if entry is None:
            findings.append(wording.unknown_commodity(index, item.commodity_code))
            lines.append(LineAssessment(item.line_no, value, ()))
            continue
        if of_kind is None:
            taxes, not_subject = levy(ruling, index, item, entry, value)
        else:
            taxes, not_subject = taxes_by_kind(ruling, index, item, entry, value, of_kind, declared.is_export)
        if item.tax_reliefs:
            claimed_reliefs(ruling, item)
        for tax in taxes:
            kind = tax.kind
            sums[kind] = sums.get(kind, 0) + tax.amount_vnd_e4
        if of_kind is None:
            lines.append(LineAssessment(item.line_no, value, taxes, not_subject))
        else:
            lines.append(TreatedLine(item.line_no, value, taxes, not_subject, tuple(of_kind.values())))
    value_vnd_e4 = sum(values)
    # No line, base or amount is larger than value and taxes of the whole declaration together: one check serves all.
    fits(value_vnd_e4 + sum(sums.values()))
    totals = round_totals(sums)
    _check_totals(totals, findings)
    return Assessment(tuple(lines), value_vnd_e4, totals, tuple(ruling.missing), tuple(findings))


def _read_claims(declared: Valuation, ruling: Ruling, of_kind: Treatments | None) -> Assessment:
    """Return the findings of a declaration without values: its lines are read for their claims, so that all is told at once.

    Nothing can be said of amounts then, not even that a reduction exceeds its duty (E0280).
    """
    levy = taxes_on_export if declared.is_export else taxes_on_import
    for index, item in enumerate(declared.items):
        entry = ruling.tariff.entries.get(item.commodity_code)
        if entry is None:
            ruling.findings.append(wording.unknown_commodity(index, item.commodity_code))
        elif of_kind is None:
            levy(ruling, index, item, entry, 0)
        else:
            taxes_by_kind(ruling, index, item, entry, 0, of_kind, declared.is_export)
    return Assessment((), 0, (), (), tuple(finding for finding in ruling.findings if finding.code != "E0280"))


def _check_totals(totals: tuple[tuple[TaxKind, int], ...], findings: list[Finding]) -> None:
    """Tell which totals have more than eleven digits.

    Law: 38/2015/TT-BTC Art. 18 (a declaration whose tax field overflows is split).
    """
    if sum([total_vnd for _, total_vnd in totals]) <= MAX_TOTAL_VND:
        return
    beyond = [(kind, total_vnd) for kind, total_vnd in totals if total_vnd > MAX_TOTAL_VND]
    for kind, total_vnd in beyond:
        findings.append(wording.total_too_large(*_TAX_NAMES[kind], total_vnd))
    if not beyond:
        payable = sum(total_vnd for _, total_vnd in totals)
        findings.append(wording.total_too_large("các loại thuế phải nộp", "all taxes payable", payable, "E0076"))
