"""The law of value and tax said a second time, in exact fractions and one line at a time: what `assess` is measured against.

Slow and plain on purpose; it shares no formula with `haidang.taxes.rules`. Knows declarations without missing rates and without findings.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from haidang.tariff.terms import Charge, Rate, TariffOfDay
from haidang.taxes.terms import TaxableItem, TaxKind, Valuation


class ReferenceLine(NamedTuple):
    value_e4: int
    amounts_e4: dict[TaxKind, int]


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


def e4(exact: Fraction) -> int:
    return half_up(exact * 10_000)


def exact_values(declared: Valuation, rates: Mapping[str, int]) -> list[Fraction]:
    """Return the exact customs value of each line in đồng; 0 for lines valued by hand."""

    def vnd(amount_e4: int, currency: str) -> Fraction:
        return Fraction(amount_e4, 10_000) * Fraction(rates[currency], 10_000)

    items = declared.items
    price = [Fraction(item.invoice_value_e4 or 0, 10_000) for item in items]
    total = Fraction(declared.allocation_total_e4, 10_000) if declared.allocation_total_e4 else sum(price)
    values = []
    for own, item in zip(price, items, strict=True):
        if item.declared_customs_value_e4 is not None:
            values.append(Fraction(0))
            continue
        value = own * Fraction(rates[declared.invoice_currency_code], 10_000)
        if declared.freight_e4:
            value += vnd(declared.freight_e4, declared.freight_currency_code) * own / total
        if declared.insurance_e4 and declared.insurance_code != "D":
            value += vnd(declared.insurance_e4, declared.insurance_currency_code) * own / total
        for number, adjustment in enumerate(declared.adjustments, start=1):
            named = [
                p
                for p, i in zip(price, items, strict=True)
                if number in i.adjustment_nos and i.declared_customs_value_e4 is None
            ]
            if any(number in i.adjustment_nos for i in items) and number not in item.adjustment_nos:
                continue
            over = Fraction(adjustment.factor_e4, 10_000) if adjustment.factor_e4 else sum(named) if named else total
            value += adjustment.sign * vnd(adjustment.amount_e4, adjustment.currency_code) * own / over
        values.append(value)
    return values


def line_values(declared: Valuation, rates: Mapping[str, int]) -> list[int]:
    """Return the customs value of each line, ten-thousandths of a đồng, with what rounding left over on the largest computed line."""
    exact = exact_values(declared, rates)
    by_price = [i for i, item in enumerate(declared.items) if item.declared_customs_value_e4 is None]
    values = [e4(each) for each in exact]
    if by_price:
        left = e4(sum((exact[i] for i in by_price), Fraction(0))) - sum(values[i] for i in by_price)
        largest = sorted(by_price, key=lambda i: (-values[i], declared.items[i].line_no))[0]
        values[largest] += left
    for i, item in enumerate(declared.items):
        if item.declared_customs_value_e4 is not None:
            amount = Fraction(item.declared_customs_value_e4, 10_000)
            values[i] = e4(amount * Fraction(rates[item.customs_value_currency_code], 10_000))
    return values


def tax(item: TaxableItem, rate: Rate, base_e4: int, rates: Mapping[str, int]) -> int:
    """Return one tax on one line, ten-thousandths of a đồng."""
    percent = Fraction(rate.country_rates_bp.get(item.origin_country_code, rate.rate_bp), 10_000)
    amount = Fraction(base_e4, 10_000) * percent
    if rate.specific_e4:
        of_one_unit = Fraction(rate.specific_e4, 10_000) * Fraction(rates[rate.currency_code], 10_000)
        quantity = item.quantity_milli if rate.unit_code == item.unit_code else item.quantity2_milli
        amount += Fraction(e4(of_one_unit), 10_000) * Fraction(quantity or 0, 1000)
    return e4(amount)


def _named(charge: Charge, charges: Sequence[Charge], item: TaxableItem) -> bool:
    """Whether a charge without a claim is due: the only one, or that of all others when the line names no producer."""
    if not any(each.producer for each in charges):
        return len(charges) == 1
    return not charge.producer and not any(each.producer and each.code in item.tax_codes for each in charges)


def reference(declared: Valuation, tariff: TariffOfDay, rates: Mapping[str, int]) -> list[ReferenceLine]:
    """Return value and payable taxes of each imported line."""
    lines = []
    for item, value in zip(declared.items, line_values(declared, rates), strict=True):
        entry = tariff.entries[item.commodity_code]
        amounts: dict[TaxKind, int] = {}
        duty = tax(item, entry.duties[item.tariff_schedule_code], value, rates)
        if item.duty_exemption_code:
            duty -= duty if item.duty_reduction_vnd_e4 is None else item.duty_reduction_vnd_e4
        amounts[TaxKind.IMPORT_DUTY] = duty
        for kind, charges in (
            (TaxKind.TRADE_REMEDY, entry.trade_remedies),
            (TaxKind.SPECIAL_CONSUMPTION, entry.special_consumption),
            (TaxKind.ENVIRONMENT, entry.environment),
        ):
            on = {
                TaxKind.TRADE_REMEDY: value,
                TaxKind.SPECIAL_CONSUMPTION: value + duty + amounts.get(TaxKind.TRADE_REMEDY, 0),
                TaxKind.ENVIRONMENT: 0,
            }[kind]
            for charge in charges:
                applies = not charge.origins or item.origin_country_code in charge.origins
                if applies and (_named(charge, charges, item) or charge.code in item.tax_codes) and charge.rate:
                    amounts[kind] = amounts.get(kind, 0) + tax(item, charge.rate, on, rates)
        (option,) = [each for each in entry.vat if len(entry.vat) == 1 or each.code in item.tax_codes]
        if option.rate_bp is not None:
            base = value + sum(amounts.values())
            amounts[TaxKind.VALUE_ADDED] = e4(Fraction(base, 10_000) * Fraction(option.rate_bp, 10_000))
        lines.append(ReferenceLine(value, amounts))
    return lines


def reference_totals(lines: list[ReferenceLine]) -> tuple[tuple[TaxKind, int], ...]:
    """Return (kind, whole đồng), each rounded once."""
    kinds = sorted({kind for line in lines for kind in line.amounts_e4})
    return tuple(
        (kind, half_up(Fraction(sum(line.amounts_e4.get(kind, 0) for line in lines), 10_000))) for kind in kinds
    )
