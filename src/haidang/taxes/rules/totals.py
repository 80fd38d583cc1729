"""Amounts and totals: one formula for every tax on a line, one rounding for every tax on a declaration."""

from collections.abc import Iterable, Mapping

from haidang.kernel.money import BP, MILLI, NegativeAmount, fits, whole_vnd
from haidang.taxes.terms import LineTax, TaxKind

MAX_TOTAL_VND = 99_999_999_999
"""Largest total of one tax, and of all together, that a declaration can carry: eleven digits (field I11 of the VNACCS messages)."""

_HALF_BP = BP // 2
_BP_PER_MILLI = BP // MILLI


def line_amount_e4(base_vnd_e4: int, rate_bp: int, specific_vnd_e4: int, quantity_milli: int) -> int:
    """Return base × rate + quantity × specific amount in ten-thousandths of a đồng, half up once from the exact sum.

    One formula serves ad valorem, specific and mixed duty, because the part that does not apply is 0. The arguments are not negative.
    The result is not checked against 64 bits: the sum over the declaration is (`total_by_kind`), and no part exceeds it.

    Law: 107/2016/QH13 Art. 5(1), Art. 6(1), Art. 6(2).
    """
    return (base_vnd_e4 * rate_bp + specific_vnd_e4 * quantity_milli * _BP_PER_MILLI + _HALF_BP) // BP


def recompute(tax: LineTax) -> int:
    """Return what `amount_vnd_e4` of a stored line tax must be, from its own base, rate, specific amount, quantity and relief.

    Needs no tariff and no exchange rate, so that every stored amount can be re-derived years later.

    Raises:
        NegativeAmount: a stored figure is below zero, or the relief exceeds the tax.
        AmountOverflow: the product does not fit 64 bits.
    """
    if min(tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli, tax.relieved_vnd_e4) < 0:
        raise NegativeAmount(f"a figure of {tax} is below zero")
    computed = line_amount_e4(tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli)
    if tax.relieved_vnd_e4 > computed:
        raise NegativeAmount(f"the relief exceeds the tax of {tax}")
    return fits(computed) - tax.relieved_vnd_e4


def total_by_kind(taxes: Iterable[LineTax]) -> tuple[tuple[TaxKind, int], ...]:
    """Return (kind, whole đồng) in legal order: the sum of the lines of each tax, rounded once, half up.

    A tax whose lines are all 0 has a total of 0; a tax on no line has none.

    Raises:
        AmountOverflow: a total does not fit 64 bits.
    """
    return round_totals(sum_by_kind((tax.kind, tax.amount_vnd_e4) for tax in taxes))


def recompute_totals(taxes: Iterable[LineTax]) -> tuple[tuple[TaxKind, int], ...]:
    """Return the totals that a declaration with these line taxes must carry, each amount derived anew (`recompute`).

    Raises:
        NegativeAmount, AmountOverflow: as `recompute`.
    """
    return round_totals(sum_by_kind((tax.kind, recompute(tax)) for tax in taxes))


def sum_by_kind(amounts: Iterable[tuple[TaxKind, int]]) -> dict[TaxKind, int]:
    """Return the sum of the amounts of each kind, ten-thousandths of a đồng, unrounded and unchecked."""
    sums: dict[TaxKind, int] = {}
    for kind, amount_e4 in amounts:
        sums[kind] = sums.get(kind, 0) + amount_e4
    return sums


def round_totals(sums_vnd_e4: Mapping[TaxKind, int]) -> tuple[tuple[TaxKind, int], ...]:
    """Return (kind, whole đồng) in legal order; each kind is rounded once, half up.

    Raises:
        AmountOverflow: a sum does not fit 64 bits.
    """
    return tuple([(kind, whole_vnd(sums_vnd_e4[kind])) for kind in sorted(sums_vnd_e4)])
