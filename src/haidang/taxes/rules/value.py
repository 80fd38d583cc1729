"""Customs value (trị giá hải quan) of each goods line: price, and its share of freight, insurance and adjustments."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from haidang.kernel.findings import Finding
from haidang.kernel.money import E4
from haidang.taxes.rules import wording
from haidang.taxes.terms import TaxableItem, Valuation

FREIGHT_IN_PRICE = frozenset(
    ("CIF", "CIP", "CFR", "CPT", "C&F", "CNF", "DDU", "DDP", "DAP", "DAT", "DAF", "DES", "DEQ", "DPU")
)
"""Price conditions whose price holds the freight to the first Vietnamese gate (clearance fields IP2; inferred from the Incoterms)."""

BEYOND_EXPORT_GATE_FREIGHT = FREIGHT_IN_PRICE - {"DAP", "DAF"}
"""On export the prices FOB, DAP and DAF are prices at the export gate already (EDA field FCD)."""

BEYOND_EXPORT_GATE_INSURANCE = frozenset(("CIF", "CIP", "C&I", "DDU", "DDP", "DAT", "DES", "DEQ", "DPU"))

VALUED_BY_HAND = frozenset("123489T")
"""Valuation classes (VD1) for which nothing is computed: every line carries its customs value."""

NOT_INSURED = "D"
PAID_GOODS_ONLY, BY_WEIGHT_OR_VOLUME = "B", "D"
BEYOND_PRICE = frozenset("EF")
"""Freight classes (FR1) for what the carrier asked beyond the freight in the price."""


class Shared(NamedTuple):
    """An amount (đồng × 10⁸, signed) shared by price over `factor_e4` of invoice value, by the lines that name the adjustment; 0: by all lines."""

    amount_e8: int
    factor_e4: int
    adjustment_no: int


def customs_values(
    declared: Valuation, exchange_rates_e4: Mapping[str, int], findings: list[Finding]
) -> list[int] | None:
    """Return the customs value of each line in ten-thousandths of a đồng, in the order of the lines; None when it cannot be computed.

    A line's value is its price times the rate of the week plus its share of freight, insurance and adjustments; its share is its price over the
    allocation total (TP), which all declarations of one invoice have in common, else over the lines of this declaration. The exact fraction is kept
    in integers and rounded half up once per line; what rounding leaves over goes to the largest line, so that the lines add up to the exact total.
    A value declared by hand wins. On export freight and insurance beyond the gate are taken out of the price, never added.

    What the declarant must mend is appended to `findings`.

    Law: 38/2015/TT-BTC Art. 35 (exchange rate) and Art. 25a, added by 39/2018/TT-BTC (export value); 39/2018/TT-BTC Appendix II (allocation). Level and
    direction of rounding are unverified.

    Integers here are unbounded, so that nothing wraps; `assess` refuses a declaration whose sums pass 64 bits.
    """
    told = len(findings)
    prices: list[int] = []
    plain = declared.valuation_code not in VALUED_BY_HAND and declared.freight_code not in ("B", "D")
    for item in declared.items:
        price = item.invoice_value_e4
        if price is None or item.declared_customs_value_e4 is not None:
            plain = False
        prices.append(price or 0)
    if plain:
        values = _value_by_price(declared, exchange_rates_e4, prices, declared.items, findings)
    else:
        values = _value_some_by_hand(declared, exchange_rates_e4, prices, findings)
    if len(findings) > told:
        return None
    if values and min(values) <= 0:
        findings.extend(wording.value_not_positive(i) for i, value in enumerate(values) if value <= 0)
        return None
    return values


def _value_some_by_hand(
    declared: Valuation, exchange_rates_e4: Mapping[str, int], prices: list[int], findings: list[Finding]
) -> list[int]:
    """Return the value of each line where some lines, or the valuation or freight class, ask for values by hand."""
    items = declared.items
    computed = [item for item in items if item.declared_customs_value_e4 is None]
    _require_values(declared, by_hand=len(computed) < len(items), findings=findings)
    by_price: list[int] = []
    if computed:
        by_price = _value_by_price(declared, exchange_rates_e4, prices, computed, findings)
    in_order = iter(by_price)
    return [
        next(in_order)
        if item.declared_customs_value_e4 is None
        else _value_by_hand(index, item, item.declared_customs_value_e4, exchange_rates_e4, findings)
        for index, item in enumerate(items)
    ]


def _require_values(declared: Valuation, by_hand: bool, findings: list[Finding]) -> None:
    """Tell which lines lack a value: none at all, or none by hand where the valuation or freight class computes nothing."""
    if declared.freight_code == PAID_GOODS_ONLY and not by_hand and not declared.is_export:
        findings.append(wording.free_goods_without_value())
    nothing_computed = not declared.is_export and (
        declared.valuation_code in VALUED_BY_HAND or declared.freight_code == BY_WEIGHT_OR_VOLUME
    )
    for index, item in enumerate(declared.items):
        if item.declared_customs_value_e4 is not None:
            continue
        if nothing_computed:
            findings.append(wording.value_by_hand_required(index))
        elif item.invoice_value_e4 is None:
            findings.append(wording.no_price_and_no_value(index))


def _value_by_hand(
    index: int, item: TaxableItem, amount_e4: int, exchange_rates_e4: Mapping[str, int], findings: list[Finding]
) -> int:
    """Return a customs value that was declared, converted by the week's rate, half up; 0 with a finding when it cannot be."""
    currency = item.customs_value_currency_code
    rate_e4 = exchange_rates_e4.get(currency)
    if rate_e4:
        return (amount_e4 * rate_e4 + E4 // 2) // E4
    if currency:
        where = f"/items/{index}/customs_value_currency_code"
        findings.append(wording.no_exchange_rate("E0112", where, currency))
    else:
        findings.append(wording.value_without_currency(index))
    return 0


def _value_by_price(
    declared: Valuation,
    exchange_rates_e4: Mapping[str, int],
    prices: list[int],
    computed: Sequence[TaxableItem],
    findings: list[Finding],
) -> list[int]:
    """Return the value of each line in `computed`: price × (rate of the invoice currency + shared amounts ÷ allocation total).

    `prices` are those of all lines, because freight and insurance are shared by all.
    """
    rate_e4 = exchange_rates_e4.get(declared.invoice_currency_code)
    if not rate_e4:
        findings.append(wording.no_exchange_rate("E0108", "/invoice_currency_code", declared.invoice_currency_code))
        rate_e4 = 0
    general_e8, total_e4 = 0, 1
    shared: tuple[Shared, ...] = ()
    if not declared.adjustments and [item for item in declared.items if item.adjustment_nos]:
        _sharing_prices(declared, findings)  # says of each number that no adjustment has it
    if declared.freight_e4 or declared.insurance_e4 or declared.adjustments:
        total_e4 = declared.allocation_total_e4 or sum(prices) or 1
        general_e8, shared = _shared_amounts(declared, exchange_rates_e4, prices, computed, findings)
    own = prices if len(computed) == len(prices) else [item.invoice_value_e4 or 0 for item in computed]
    if shared:
        numerators, divisor = _share_by_line(own, computed, rate_e4, general_e8, total_e4, shared)
        exact = sum(numerators)
    else:
        # One multiplier serves all lines; with nothing to share the total is 1 and the integers stay small.
        divisor = total_e4 * E4
        multiplier = rate_e4 * total_e4 + general_e8
        numerators = [price * multiplier for price in own]
        exact = sum(own) * multiplier
    half = divisor // 2  # exact: a divisor is a multiple of 10,000
    values = [(numerator + half) // divisor for numerator in numerators]
    remainder = (exact + half) // divisor - sum(values)
    if remainder:
        largest = max(range(len(values)), key=lambda at: (values[at], -computed[at].line_no))
        values[largest] += remainder
    return values


def _share_by_line(
    own: list[int],
    computed: Sequence[TaxableItem],
    rate_e4: int,
    general_e8: int,
    total_e4: int,
    shared: Sequence[Shared],
) -> tuple[list[int], int]:
    """Return exact numerators of the values, over one common divisor, where not all lines share the same amounts."""
    common = total_e4
    for each in shared:
        common *= each.factor_e4
    everybody = rate_e4 * common + general_e8 * (common // total_e4)
    numerators = []
    for price, item in zip(own, computed, strict=True):
        multiplier = everybody
        for each in shared:
            if not each.adjustment_no or each.adjustment_no in item.adjustment_nos:
                multiplier += each.amount_e8 * (common // each.factor_e4)
        numerators.append(price * multiplier)
    return numerators, common * E4


def _shared_amounts(
    declared: Valuation,
    exchange_rates_e4: Mapping[str, int],
    prices: list[int],
    computed: Sequence[TaxableItem],
    findings: list[Finding],
) -> tuple[int, tuple[Shared, ...]]:
    """Return what all lines share by the allocation total (đồng × 10⁸, signed), and what is shared otherwise."""
    freight_e8 = _freight_e8(declared, exchange_rates_e4, findings)
    general_e8 = _insurance_e8(declared, exchange_rates_e4, findings)
    shared: list[Shared] = []
    if declared.freight_code == PAID_GOODS_ONLY and not declared.allocation_total_e4:
        shared.append(Shared(freight_e8, sum(item.invoice_value_e4 or 0 for item in computed) or 1, 0))
    else:
        general_e8 += freight_e8
    named = _sharing_prices(declared, findings) if declared.adjustments else {}
    for number, adjustment in enumerate(declared.adjustments, start=1):
        if not adjustment.sign:
            continue
        where = ("E1001", f"/adjustments/{number - 1}/currency_code")
        converted = _convert_e8(adjustment.amount_e4, adjustment.currency_code, exchange_rates_e4, findings, where)
        amount_e8 = adjustment.sign * converted
        if number not in named and not adjustment.factor_e4:
            general_e8 += amount_e8
            continue
        sharing_e4 = named.get(number, sum(prices))
        if adjustment.factor_e4 and adjustment.factor_e4 < sharing_e4:
            findings.append(wording.factor_too_small(number - 1))
        factor_e4 = adjustment.factor_e4 or sharing_e4 or 1
        shared.append(Shared(amount_e8, factor_e4, number if number in named else 0))
    return general_e8, tuple(shared)


def _freight_e8(declared: Valuation, exchange_rates_e4: Mapping[str, int], findings: list[Finding]) -> int:
    """Return the freight to share, đồng × 10⁸: added on import, taken out on export, nothing where the lines carry it."""
    if not declared.freight_e4:
        return 0
    in_price = declared.price_condition_code in FREIGHT_IN_PRICE
    if declared.is_export:
        sign = -1 if declared.price_condition_code in BEYOND_EXPORT_GATE_FREIGHT else 0
    else:
        sign = 0 if declared.freight_code == BY_WEIGHT_OR_VOLUME else 1
        if in_price and declared.freight_code not in BEYOND_PRICE:
            findings.append(wording.freight_already_in_price(declared.price_condition_code))
    where = ("E0107", "/freight_currency_code")
    return sign * _convert_e8(declared.freight_e4, declared.freight_currency_code, exchange_rates_e4, findings, where)


def _insurance_e8(declared: Valuation, exchange_rates_e4: Mapping[str, int], findings: list[Finding]) -> int:
    """Return the insurance to share, đồng × 10⁸: added on import unless the goods are not insured, taken out on export."""
    if not declared.insurance_e4 or declared.insurance_code == NOT_INSURED:
        return 0
    sign = 1
    if declared.is_export:
        sign = -1 if declared.price_condition_code in BEYOND_EXPORT_GATE_INSURANCE else 0
    where = ("E0109", "/insurance_currency_code")
    currency = declared.insurance_currency_code
    return sign * _convert_e8(declared.insurance_e4, currency, exchange_rates_e4, findings, where)


def _convert_e8(
    amount_e4: int, currency: str, exchange_rates_e4: Mapping[str, int], findings: list[Finding], where: tuple[str, str]
) -> int:
    """Return amount × rate exactly, đồng × 10⁸; without a rate 0 and a finding of code and pointer `where`."""
    rate_e4 = exchange_rates_e4.get(currency)
    if rate_e4:
        return amount_e4 * rate_e4
    findings.append(wording.no_exchange_rate(*where, currency))
    return 0


def _sharing_prices(declared: Valuation, findings: list[Finding]) -> dict[int, int]:
    """Return, for each adjustment that lines name, the price of the lines that share it; a line valued by hand shares nothing."""
    named: dict[int, int] = {}
    for index, item in enumerate(declared.items):
        for number in set(item.adjustment_nos):
            if not 1 <= number <= len(declared.adjustments):
                findings.append(wording.no_such_adjustment(index, number))
                continue
            price_e4 = 0 if item.declared_customs_value_e4 is not None else item.invoice_value_e4 or 0
            named[number] = named.get(number, 0) + price_e4
    return named
