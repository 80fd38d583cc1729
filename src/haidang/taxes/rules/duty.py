"""Which rate, which base, how much: the duties and taxes of one goods line, in the legal order."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from haidang.kernel.findings import Finding
from haidang.kernel.money import BP, E4, NegativeAmount, divide_half_up, fits
from haidang.tariff.terms import CHAPTER_98, MFN, OUT_OF_QUOTA, Charge, Rate, TariffEntry, TariffOfDay, VatOption
from haidang.taxes.rules import wording
from haidang.taxes.rules.totals import line_amount_e4
from haidang.taxes.terms import (
    BASE_INCOMPLETE,
    NO_AMOUNT_ON_FILE,
    NO_EXCHANGE_RATE,
    NO_RATE_ON_FILE,
    NO_SCHEDULE_CLAIMED,
    NOBODY_HAS_CHOSEN,
    PARTLY_SUBJECT,
    SEVERAL_RATES_PRINTED,
    UNIT_NOT_DECLARED,
    LineTax,
    MissingRate,
    TaxableItem,
    TaxKind,
)

NOT_SUBJECT = "B30"
"""Tariff schedule code of goods not subject to import duty."""

_MOST_FAVOURED = (MFN, CHAPTER_98)

_IMPORT_DUTY, _EXPORT_DUTY = TaxKind.IMPORT_DUTY, TaxKind.EXPORT_DUTY
_REMEDY, _EXCISE = TaxKind.TRADE_REMEDY, TaxKind.SPECIAL_CONSUMPTION
_ENVIRONMENT, _VALUE_ADDED = TaxKind.ENVIRONMENT, TaxKind.VALUE_ADDED
_HALF_BP = BP // 2

NotSubject = tuple[tuple[TaxKind, int], ...]
"""(kind, measure_id) of the taxes that the law book says the goods are not subject to."""


class Ruling(Struct):
    """One assessment under way: tariff and exchange rates of the day, and what was found missing or wrong so far."""

    tariff: TariffOfDay
    exchange_rates_e4: Mapping[str, int]
    missing: list[MissingRate]
    findings: list[Finding]


def taxes_on_import(
    ruling: Ruling, index: int, item: TaxableItem, entry: TariffEntry, value_vnd_e4: int
) -> tuple[tuple[LineTax, ...], NotSubject]:
    """Return the taxes of one imported line in legal order, and the taxes that it is not subject to.

    Import duty and trade remedies are on the customs value; special consumption tax on value, duty and remedies; environment tax on the quantity, outside
    the base of special consumption; VAT on everything before it. Duty enters the later bases as it is payable, after relief. A tax whose base holds an
    undetermined tax is undetermined too: a base is never guessed.

    Law: 107/2016/QH13 Art. 5, Art. 6; 38/2015/TT-BTC Art. 38, Art. 39 (order and bases).
    """
    taxes: list[LineTax] = []
    base_e4: int | None = None
    duty = _import_duty(ruling, index, item, entry, value_vnd_e4)
    if duty is not None:
        taxes.append(duty)
        base_e4 = value_vnd_e4 + duty.amount_vnd_e4
    printed: list[str] = []
    if entry.trade_remedies or entry.special_consumption or entry.environment:
        base_e4, printed = _levy_charges(ruling, index, item, entry, value_vnd_e4, base_e4, taxes)
    options = entry.vat
    if not options:
        ruling.missing.append(MissingRate(item.line_no, _VALUE_ADDED, NO_RATE_ON_FILE))
        return tuple(taxes), ()
    option = _choose_vat(ruling, index, item, options, printed)
    if option is None:
        return tuple(taxes), ()
    if option.rate_bp is None:
        return tuple(taxes), ((_VALUE_ADDED, option.measure_id),)
    if base_e4 is None:
        ruling.missing.append(MissingRate(item.line_no, _VALUE_ADDED, BASE_INCOMPLETE, option.measure_id))
        return tuple(taxes), ()
    amount = (base_e4 * option.rate_bp + _HALF_BP) // BP
    taxes.append(LineTax(_VALUE_ADDED, base_e4, option.rate_bp, 0, 0, option.measure_id, amount))
    return tuple(taxes), ()


def taxes_on_export(
    ruling: Ruling, index: int, item: TaxableItem, entry: TariffEntry, value_vnd_e4: int
) -> tuple[tuple[LineTax, ...], NotSubject]:
    """Return the export duty of one line: the only tax that exports bear here, because their VAT of 0 % is not collected at customs.

    Law: 107/2016/QH13 Art. 5(1), Art. 6.
    """
    rate = entry.export_duty
    if rate is None:
        reason = SEVERAL_RATES_PRINTED if "export" in entry.several else NO_RATE_ON_FILE
        ruling.missing.append(MissingRate(item.line_no, _EXPORT_DUTY, reason))
        return (), ()
    duty = _levy(ruling, item, _EXPORT_DUTY, rate, value_vnd_e4)
    if duty is None:
        return (), ()
    return (_relieve(ruling, index, item, duty),), ()


def _import_duty(
    ruling: Ruling, index: int, item: TaxableItem, entry: TariffEntry, value_vnd_e4: int
) -> LineTax | None:
    """Return the import duty by the schedule that the line claims, after relief; None when it is missing or wrongly claimed."""
    schedule = item.tariff_schedule_code
    if item.out_of_quota is not (schedule == OUT_OF_QUOTA):
        told = wording.quota_flag_without_schedule if item.out_of_quota else wording.quota_flag_missing
        ruling.findings.append(told(index, OUT_OF_QUOTA))
    if schedule == NOT_SUBJECT:
        return LineTax(_IMPORT_DUTY, value_vnd_e4, 0, 0, 0, 0, 0)
    origin = item.origin_country_code
    members = ruling.tariff.schedule_members.get(schedule)
    if members is not None and origin not in members:
        code = "E1007" if schedule in _MOST_FAVOURED else "E1012"
        _refuse_schedule(ruling, index, item, entry, code)
        return None
    rate = entry.duties.get(schedule)
    if rate is None:
        _say_no_rate(ruling, index, item, entry)
        return None
    if rate.excluded_countries and origin in rate.excluded_countries:
        _refuse_schedule(ruling, index, item, entry, "E1014")
        return None
    duty = _levy(ruling, item, _IMPORT_DUTY, rate, value_vnd_e4)
    if duty is None or not (item.duty_exemption_code or item.duty_reduction_vnd_e4):
        return duty
    return _relieve(ruling, index, item, duty)


def _levy(ruling: Ruling, item: TaxableItem, kind: TaxKind, rate: Rate, base_vnd_e4: int) -> LineTax | None:
    """Return the tax at `rate` on `base_vnd_e4` and the quantity; None, with the reason told, when a specific duty cannot be applied."""
    rate_bp = rate.rate_bp
    if rate.country_rates_bp:
        rate_bp = rate.country_rates_bp.get(item.origin_country_code, rate_bp)
    if not rate.specific_e4:
        amount = (base_vnd_e4 * rate_bp + _HALF_BP) // BP
        return LineTax(kind, base_vnd_e4, rate_bp, 0, 0, rate.measure_id, amount)
    exchange_rate_e4 = ruling.exchange_rates_e4.get(rate.currency_code)
    quantity_milli = _quantity_in(item, rate.unit_code)
    if not exchange_rate_e4 or quantity_milli is None:
        reason = NO_EXCHANGE_RATE if not exchange_rate_e4 else UNIT_NOT_DECLARED
        ruling.missing.append(MissingRate(item.line_no, kind, reason, rate.measure_id))
        return None
    if quantity_milli < 0:
        raise NegativeAmount("a quantity below zero came through lodging")
    specific = divide_half_up(rate.specific_e4 * exchange_rate_e4, E4)
    amount = line_amount_e4(base_vnd_e4, rate_bp, specific, quantity_milli)
    return LineTax(kind, base_vnd_e4, rate_bp, specific, quantity_milli, rate.measure_id, fits(amount))


def _quantity_in(item: TaxableItem, unit_code: str) -> int | None:
    """Return the quantity of the line in the unit of a specific duty; None when neither of its units is that one."""
    if unit_code and unit_code == item.unit_code:
        return item.quantity_milli
    return item.quantity2_milli if unit_code and unit_code == item.unit2_code else None


def _relieve(ruling: Ruling, index: int, item: TaxableItem, duty: LineTax) -> LineTax:
    """Return the duty after exemption (a code alone: all of it) or reduction (a code with an amount); the relief stays on record.

    Law: 107/2016/QH13 Art. 16 (exemption), Art. 18 (reduction).
    """
    reduction_e4 = item.duty_reduction_vnd_e4
    if not item.duty_exemption_code:
        if reduction_e4:
            ruling.findings.append(wording.reduction_without_code(index))
        return duty
    relieved = computed = duty.amount_vnd_e4
    if reduction_e4 is not None:
        if 0 <= reduction_e4 <= computed:
            relieved = reduction_e4
        else:
            ruling.findings.append(wording.reduction_beyond_duty(index, computed))
    return LineTax(
        duty.kind,
        duty.base_vnd_e4,
        duty.rate_bp,
        duty.specific_vnd_e4,
        duty.quantity_milli,
        duty.measure_id,
        computed - relieved,
        fits(relieved),
    )


def _levy_charges(
    ruling: Ruling,
    index: int,
    item: TaxableItem,
    entry: TariffEntry,
    value_vnd_e4: int,
    base_e4: int | None,
    taxes: list[LineTax],
) -> tuple[int | None, list[str]]:
    """Add remedies, special consumption and environment tax to `taxes`; return the base of VAT (None: incomplete) and the tax codes printed."""
    printed: list[str] = []
    for kind, charges in (
        (_REMEDY, entry.trade_remedies),
        (_EXCISE, entry.special_consumption),
        (_ENVIRONMENT, entry.environment),
    ):
        applying = [charge for charge in charges if not charge.origins or item.origin_country_code in charge.origins]
        printed += [charge.code for charge in applying if charge.code]
        applying = of_producers(applying, item.tax_codes) if kind is _REMEDY else applying
        due = [charge for charge in applying if not _rightly_silent(charge, item)]
        if not due:
            continue
        claimed = _claim(ruling, index, item, kind, due)
        on = value_vnd_e4 if kind is _REMEDY else base_e4 if kind is _EXCISE else 0
        levied = None if claimed is None else _levy_each(ruling, item, kind, claimed, on)
        if levied is None:
            base_e4 = None
            continue
        taxes += levied
        if base_e4 is not None:
            base_e4 += sum(tax.amount_vnd_e4 for tax in levied)
    return base_e4, printed


def of_producers(charges: list[Charge], tax_codes: Sequence[str]) -> list[Charge]:
    """Return the trade remedies without those of producers whom the line does not name by their code, nor what a decision gives all others than those
    whom it names."""
    if not any(charge.producer for charge in charges):
        return charges
    named = {charge.decision for charge in charges if charge.producer and charge.code in tax_codes}
    return [
        charge for charge in charges if (charge.code in tax_codes if charge.producer else charge.decision not in named)
    ]


def applies(charge: Charge, item: TaxableItem) -> bool:
    """Whether a printed charge is due on the goods of a line: by their origin, and by what the line claims."""
    return (not charge.origins or item.origin_country_code in charge.origins) and not _rightly_silent(charge, item)


def _rightly_silent(charge: Charge, item: TaxableItem) -> bool:
    """Whether only some goods of the code are subject and the line, which could have claimed the charge by its code, does not."""
    return charge.partly and bool(charge.code) and charge.code not in item.tax_codes


def _levy_each(
    ruling: Ruling, item: TaxableItem, kind: TaxKind, charges: Sequence[Charge], base_vnd_e4: int | None
) -> list[LineTax] | None:
    """Return the taxes of one kind; None, with every reason told, when one of them is undetermined."""
    levied = []
    told = len(ruling.missing)
    for charge in charges:
        if charge.partly and not charge.code:
            ruling.missing.append(MissingRate(item.line_no, kind, PARTLY_SUBJECT, charge.measure_id))
        elif charge.rate is None:
            ruling.missing.append(MissingRate(item.line_no, kind, NO_AMOUNT_ON_FILE, charge.measure_id))
        elif base_vnd_e4 is None:
            ruling.missing.append(MissingRate(item.line_no, kind, BASE_INCOMPLETE, charge.measure_id))
        else:
            tax = _levy(ruling, item, kind, charge.rate, base_vnd_e4)
            if tax is not None:
                levied.append(tax)
    return levied if len(ruling.missing) == told else None


def _claim(
    ruling: Ruling, index: int, item: TaxableItem, kind: TaxKind, due: Sequence[Charge]
) -> Sequence[Charge] | None:
    """Return the charges that apply: the only one, or those that the line's tax codes claim.

    Remedies may stand side by side (anti-dumping and safeguard), and one without a code needs no claim; of the other taxes a line bears one rate.
    """
    if len(due) == 1:
        return due
    remedy = kind is _REMEDY
    claimed = [charge for charge in due if charge.code in item.tax_codes or (remedy and not charge.code)]
    if not claimed:
        ruling.missing.append(MissingRate(item.line_no, kind, NOBODY_HAS_CHOSEN, due[0].measure_id))
        return None
    producers = [charge.decision for charge in claimed if charge.producer]
    if len(claimed) > 1 and (not remedy or len(set(producers)) < len(producers)):
        ruling.findings.append(wording.several_codes_of_one_tax(index, [charge.code for charge in claimed]))
        return None
    return claimed


def _choose_vat(
    ruling: Ruling, index: int, item: TaxableItem, options: Sequence[VatOption], printed: Sequence[str]
) -> VatOption | None:
    """Return the only printed VAT rate, or the one of several that the line claims; None when it claims none or two.

    A line that gives a code which nobody prints is told so; one that gives none leaves the choice to customs.
    """
    codes = item.tax_codes
    if len(codes) == 1:
        # What nearly every line is: one code, and it is a VAT code of the heading.
        for option in options:
            if option.code == codes[0]:
                return option
    understood = _know_tax_codes(ruling, index, item, options, printed)
    chosen = [option for option in options if option.code in codes]
    if len(chosen) > 1:
        ruling.findings.append(wording.several_codes_of_one_tax(index, [option.code for option in chosen]))
        return None
    if chosen or len(options) == 1:
        return chosen[0] if chosen else options[0]
    if understood:
        missing = MissingRate(item.line_no, _VALUE_ADDED, NOBODY_HAS_CHOSEN, options[0].measure_id)
        ruling.missing.append(missing)
    return None


def _know_tax_codes(
    ruling: Ruling, index: int, item: TaxableItem, options: Sequence[VatOption], printed: Sequence[str]
) -> bool:
    """Tell which tax codes of the line the tariff does not print for it; return whether it prints all."""
    known = [*(option.code for option in options), *printed]
    strange = [code for code in item.tax_codes if code not in known]
    for code in strange:
        nearest = [each for each in known if each not in item.tax_codes]
        ruling.findings.append(wording.tax_code_not_printed(index, code, item.commodity_code, nearest))
    return not strange


def _say_no_rate(ruling: Ruling, index: int, item: TaxableItem, entry: TariffEntry) -> None:
    """Tell why the claimed schedule has no single rate: refused where the law gives none, undetermined where the book has none."""
    schedule = item.tariff_schedule_code
    if schedule in entry.withheld:
        nearest = _claimable(ruling, item, entry)
        ruling.findings.append(wording.schedule_gives_nothing(index, schedule, entry.commodity_code, nearest))
        return
    if schedule == OUT_OF_QUOTA and not entry.quota:
        nearest = _claimable(ruling, item, entry)
        ruling.findings.append(wording.no_quota_on_commodity(index, entry.commodity_code, nearest))
        return
    measure_id = 0
    if not schedule:
        reason = NO_SCHEDULE_CLAIMED
    elif several := entry.several.get(schedule):
        reason, measure_id = SEVERAL_RATES_PRINTED, several[0].measure_id
    else:
        reason = NO_RATE_ON_FILE
    ruling.missing.append(MissingRate(item.line_no, _IMPORT_DUTY, reason, measure_id))


def _refuse_schedule(ruling: Ruling, index: int, item: TaxableItem, entry: TariffEntry, code: str) -> None:
    """Tell that the origin may not claim the schedule, and which schedules it may."""
    nearest = _claimable(ruling, item, entry)
    schedule, origin = item.tariff_schedule_code, item.origin_country_code
    ruling.findings.append(wording.schedule_not_for_origin(index, schedule, origin, code, nearest))


def _claimable(ruling: Ruling, item: TaxableItem, entry: TariffEntry) -> list[str]:
    """Return the schedules with a rate for this code that goods of this origin may claim within quota, in the order of their codes."""
    origin = item.origin_country_code
    members = ruling.tariff.schedule_members
    return sorted(
        schedule
        for schedule, rate in entry.duties.items()
        if schedule.isalnum()
        and schedule.isupper()
        and schedule != OUT_OF_QUOTA
        and origin not in rate.excluded_countries
        and (schedule not in members or origin in members[schedule])
    )
