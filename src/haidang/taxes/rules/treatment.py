"""What the kind of a declaration (mã loại hình) does to its taxes: exempt, not subject, suspended, or for customs to decide.

Which article a kind falls under is data of the law book (`kind_tax`). A tax of which the book says nothing for a kind that is not taxed by the tariff
is neither charged nor silently left out: customs determines it, as it determines a missing rate.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from haidang.reference.terms import CodeValue
from haidang.tariff.terms import TariffEntry
from haidang.taxes.rules.duty import (
    NOT_SUBJECT,
    NotSubject,
    Ruling,
    applies,
    of_producers,
    taxes_on_export,
    taxes_on_import,
)
from haidang.taxes.terms import (
    BASE_INCOMPLETE,
    CONFIRMATION_AWAITED,
    KIND_NOT_TOLD,
    RELIEF_CLAIMED,
    LineTax,
    MissingRate,
    TaxableItem,
    TaxKind,
    Treatment,
    TreatmentEffect,
)

Treatments = Mapping[TaxKind, Treatment]
"""What one kind does to each tax; a tax that is absent is left to customs."""

BY_TARIFF = "tariff"
_BY_KIND = "*"
"""Stands for the exemption code of a line that has none: the kind itself relieves the duty."""
_RELIEVING = (TreatmentEffect.EXEMPT, TreatmentEffect.SUSPENDED, TreatmentEffect.CONFIRM)
_VALUE_ADDED = TaxKind.VALUE_ADDED
_FAMILIES = {
    "BB": TaxKind.TRADE_REMEDY,
    "GB": TaxKind.TRADE_REMEDY,
    "CB": TaxKind.TRADE_REMEDY,
    "TB": TaxKind.SPECIAL_CONSUMPTION,
    "MB": TaxKind.ENVIRONMENT,
}
"""Which tax a code of another tax belongs to (unverified); every other family is VAT."""


def compile_treatments(lists: Mapping[str, Mapping[str, CodeValue]]) -> Mapping[str, Treatments]:
    """Return by kind what it does to each tax on the day of these lists; kinds that are taxed by the tariff are absent.

    Source: `kind_tax` and the attribute `taxed` of `declaration_kind`; articles of 107/2016/QH13, 48/2024/QH15, 54/2014/QH13.
    """
    found: dict[str, dict[TaxKind, Treatment]] = {
        code: {}
        for code, value in lists["declaration_kind"].items()
        if value.attributes.get("taxed", BY_TARIFF) != BY_TARIFF
    }
    rows = lists.get("kind_tax", {})
    for code in rows:
        value = rows[code]
        told = value.attributes
        if told["kind"] in found:
            tax = TaxKind[told["tax"].upper()]
            law = f"{value.source} Art. {told['article']}"
            found[told["kind"]][tax] = Treatment(tax, TreatmentEffect(told["effect"]), law, value.verified)
    return {kind: dict(sorted(of_kind.items())) for kind, of_kind in found.items()}


def taxes_by_kind(
    ruling: Ruling,
    index: int,
    item: TaxableItem,
    entry: TariffEntry,
    value_vnd_e4: int,
    of_kind: Treatments,
    is_export: bool,
) -> tuple[tuple[LineTax, ...], NotSubject]:
    """Return the taxes of a line whose kind is not taxed by the tariff alone, and those that it is not subject to.

    A relieved tax is computed in full and stands relieved in the trace, because it is due once the goods go another way; of a tax that the kind is not
    subject to nothing is computed. `CONFIRM` relieves and asks customs to confirm.

    Law: 107/2016/QH13 Art. 2(4), 16, 19; 48/2024/QH15 Art. 5.
    """
    tax = TaxKind.EXPORT_DUTY if is_export else TaxKind.IMPORT_DUTY
    duty = of_kind.get(tax)
    relieved = duty is not None and duty.effect in _RELIEVING
    not_subject = () if relieved else _not_computed(ruling, item, tax, duty)
    if relieved:
        _ask_to_confirm(ruling, item, duty)
        if not item.duty_exemption_code:
            item = replace(item, duty_exemption_code=_BY_KIND, duty_reduction_vnd_e4=None)
    if is_export:
        return taxes_on_export(ruling, index, item, entry, value_vnd_e4) if relieved else ((), not_subject)
    if relieved:
        taxes, free = _import_taxes(ruling, index, item, entry, value_vnd_e4, of_kind, duty is not None)
        return taxes, free
    taxes, free = _import_taxes(ruling, index, _without_duty(item), entry, value_vnd_e4, of_kind, duty is not None)
    return tuple(each for each in taxes if each.kind is not tax), not_subject + free


def _import_taxes(
    ruling: Ruling,
    index: int,
    item: TaxableItem,
    entry: TariffEntry,
    value_vnd_e4: int,
    of_kind: Treatments,
    duty_known: bool,
) -> tuple[tuple[LineTax, ...], NotSubject]:
    """Return duty as the item now stands and VAT as the kind treats it; the charges between them are left to customs."""
    left_out, free = _charges_left_out(entry, item, of_kind)
    ruling.missing += left_out
    vat = of_kind.get(_VALUE_ADDED)
    computes_vat = vat is not None and vat.effect in _RELIEVING
    if not computes_vat:
        free += _not_computed(ruling, item, _VALUE_ADDED, vat)
    elif left_out or not duty_known:
        ruling.missing.append(MissingRate(item.line_no, _VALUE_ADDED, BASE_INCOMPLETE))
        computes_vat = False
    masked = replace(
        entry, trade_remedies=(), special_consumption=(), environment=(), vat=entry.vat if computes_vat else ()
    )
    within = Ruling(ruling.tariff, ruling.exchange_rates_e4, [], ruling.findings)
    taxes, not_subject = taxes_on_import(within, index, item, masked, value_vnd_e4)
    ruling.missing += [each for each in within.missing if computes_vat or each.kind is not _VALUE_ADDED]
    if computes_vat:
        _ask_to_confirm(ruling, item, vat)
        taxes = tuple(_relieved(each) if each.kind is _VALUE_ADDED else each for each in taxes)
    return taxes, free + not_subject


def _charges_left_out(
    entry: TariffEntry, item: TaxableItem, of_kind: Treatments
) -> tuple[list[MissingRate], NotSubject]:
    """Return the charges printed for these goods that customs must decide, and those the kind is not subject to."""
    missing: list[MissingRate] = []
    free: NotSubject = ()
    printed = {
        TaxKind.TRADE_REMEDY: entry.trade_remedies,
        TaxKind.SPECIAL_CONSUMPTION: entry.special_consumption,
        TaxKind.ENVIRONMENT: entry.environment,
    }
    for tax, charges in printed.items():
        due = of_producers([charge for charge in charges if applies(charge, item)], item.tax_codes)
        treatment = of_kind.get(tax)
        if due and treatment is not None and treatment.effect is TreatmentEffect.NOT_SUBJECT:
            free += ((tax, due[0].measure_id),)
        elif due:
            missing.append(MissingRate(item.line_no, tax, KIND_NOT_TOLD, due[0].measure_id))
    return missing, free


def _not_computed(ruling: Ruling, item: TaxableItem, tax: TaxKind, treatment: Treatment | None) -> NotSubject:
    if treatment is None:
        ruling.missing.append(MissingRate(item.line_no, tax, KIND_NOT_TOLD))
        return ()
    return ((tax, 0),)


def _ask_to_confirm(ruling: Ruling, item: TaxableItem, treatment: Treatment | None) -> None:
    if treatment is not None and treatment.effect is TreatmentEffect.CONFIRM:
        ruling.missing.append(MissingRate(item.line_no, treatment.tax, CONFIRMATION_AWAITED))


def _without_duty(item: TaxableItem) -> TaxableItem:
    """Return the line as one that bears no import duty; what it claims of schedules and relief says nothing then."""
    return replace(
        item,
        tariff_schedule_code=NOT_SUBJECT,
        out_of_quota=False,
        duty_exemption_code="",
        duty_reduction_vnd_e4=None,
    )


def _relieved(tax: LineTax) -> LineTax:
    return replace(tax, amount_vnd_e4=0, relieved_vnd_e4=tax.relieved_vnd_e4 + tax.amount_vnd_e4)


def claimed_reliefs(ruling: Ruling, item: TaxableItem) -> None:
    """Leave to customs what a line claims of relief from other taxes (TR, TG): the table of their codes is not on file."""
    for relief in item.tax_reliefs:
        code = item.tax_codes[relief.tax_no - 1] if relief.tax_no <= len(item.tax_codes) else ""
        ruling.missing.append(MissingRate(item.line_no, _FAMILIES.get(code[:2], _VALUE_ADDED), RELIEF_CLAIMED))
