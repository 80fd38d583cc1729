"""Tariff quotas (hạn ngạch thuế quan) against their balance: what is left is used line by line, the rest of a line stands outside on a line of its own."""

from collections.abc import Iterable

from msgspec.structs import replace

from haidang.kernel.money import NegativeAmount, divide_half_up
from haidang.tariff.terms import OUT_OF_QUOTA
from haidang.taxes.terms import TaxableItem, Valuation
from haidang.taxes.terms.valuing import QuotaBalance, QuotaSplit


def split_by_quota(declared: Valuation, balances: Iterable[QuotaBalance]) -> QuotaSplit:
    """Return the declaration with each line of a quota inside it as far as the balance goes, and what is beyond on a line under schedule B14.

    Lines take of their balance in their order. Price, second quantity and figures by hand are shared by quantity, halves up; the part outside gets
    what is left, so that both add up to the line. Lines that stand outside already, and those of codes without a balance given here, stay as they
    are. Lines are numbered anew.

    The balance is read by who asks, in the transaction that will reserve `taken_milli` of it: this rule looks nothing up.

    Law: 107/2016/QH13 Art. 5 (rates inside and outside a tariff quota).

    Raises:
        NegativeAmount: a balance is below zero.
    """
    left = {balance.commodity_code: balance for balance in balances}
    if any(balance.free_milli < 0 for balance in left.values()):
        raise NegativeAmount("a balance is below zero")
    taken: dict[str, int] = {}
    lines: list[tuple[int, TaxableItem]] = []
    other_unit: list[int] = []
    for item in declared.items:
        balance = left.get(item.commodity_code)
        if balance is None or item.tariff_schedule_code == OUT_OF_QUOTA:
            lines.append((item.line_no, item))
        elif item.unit_code != balance.unit_code:
            lines.append((item.line_no, item))
            other_unit.append(item.line_no)
        else:
            within = min(item.quantity_milli, balance.free_milli - taken.get(item.commodity_code, 0))
            taken[item.commodity_code] = taken.get(item.commodity_code, 0) + within
            lines += [(item.line_no, part) for part in _parts(item, within)]
    items = tuple(replace(item, line_no=line_no) for line_no, (_, item) in enumerate(lines, 1))
    return QuotaSplit(replace(declared, items=items), taken, tuple(origin for origin, _ in lines), tuple(other_unit))


def _parts(item: TaxableItem, within_milli: int) -> list[TaxableItem]:
    """Return a line as it stands inside, outside, or in two."""
    outside = {"tariff_schedule_code": OUT_OF_QUOTA, "out_of_quota": True}
    if within_milli == item.quantity_milli:
        return [item]
    if not within_milli:
        return [replace(item, **outside)]
    inside_figures, outside_figures = {}, {}
    for name in ("quantity2_milli", "invoice_value_e4", "declared_customs_value_e4", "duty_reduction_vnd_e4"):
        whole = getattr(item, name)
        if whole is not None:
            inside_figures[name] = divide_half_up(whole * within_milli, item.quantity_milli)
            outside_figures[name] = whole - inside_figures[name]
    beyond_milli = item.quantity_milli - within_milli
    return [
        replace(item, quantity_milli=within_milli, **inside_figures),
        replace(item, quantity_milli=beyond_milli, **outside_figures, **outside),
    ]
