"""The six methods of customs valuation (trị giá hải quan): the first that gives a value is used, in their order."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace

from haidang.kernel.money import MILLI, NegativeAmount, divide_half_up
from haidang.taxes.terms import TaxableItem
from haidang.taxes.terms.valuing import Production, Resale, Sale, ValueEvidence, ValueFound, ValueMethod

_CODES = {
    ValueMethod.TRANSACTION: "6",
    ValueMethod.IDENTICAL: "1",
    ValueMethod.SIMILAR: "2",
    ValueMethod.DEDUCTIVE: "3",
    ValueMethod.COMPUTED: "4",
    ValueMethod.FALL_BACK: "9",
}
"""Valuation class (VD1) of each method; of a transaction between related parties it is 7 (VNACCS)."""
_RELATED = "7"


def find_value(evidence: ValueEvidence) -> ValueFound | None:
    """Return the customs value of a line by the first method that gives one, ten-thousandths of a đồng; None when none does: customs determines it.

    Transaction value; identical, then similar goods (of several sales the lowest); deductive, then computed value, which change places when the
    declarant asks; fall-back. A method whose value is not above zero gives none.

    Law: 39/2015/TT-BTC, amended by 60/2019/TT-BTC (articles unverified).

    Raises:
        NegativeAmount: an amount or quantity of the evidence is below zero.
    """
    _refuse_negative(evidence)
    passed_over: list[ValueMethod] = []
    for method in _order(evidence):
        value = _value_by(method, evidence)
        if value is not None and value > 0:
            code = _RELATED if method is ValueMethod.TRANSACTION and evidence.related else _CODES[method]
            return ValueFound(method, code, value, tuple(passed_over))
        passed_over.append(method)
    return None


def declared_with(item: TaxableItem, found: ValueFound) -> TaxableItem:
    """Return a line as it is declared under the method found: by hand, in đồng, but for a transaction value, which its price gives."""
    if found.method is ValueMethod.TRANSACTION:
        return item
    return replace(item, declared_customs_value_e4=found.value_vnd_e4, customs_value_currency_code="VND")


def _order(evidence: ValueEvidence) -> tuple[ValueMethod, ...]:
    order = tuple(ValueMethod)
    return (*order[:3], order[4], order[3], order[5]) if evidence.computed_first else order


def _value_by(method: ValueMethod, evidence: ValueEvidence) -> int | None:
    match method:
        case ValueMethod.TRANSACTION:
            return evidence.transaction_vnd_e4
        case ValueMethod.IDENTICAL:
            return _of_units(_lowest(evidence.identical, evidence), evidence)
        case ValueMethod.SIMILAR:
            return _of_units(_lowest(evidence.similar, evidence), evidence)
        case ValueMethod.DEDUCTIVE:
            return _of_units(_deducted(evidence.resale), evidence)
        case ValueMethod.COMPUTED:
            return _of_units(_added_up(evidence.production), evidence)
        case ValueMethod.FALL_BACK:
            return evidence.fall_back_vnd_e4


def _lowest(sales: Iterable[Sale], evidence: ValueEvidence) -> int | None:
    """Return the lowest unit value of sales at the same level within the window, before or after the export."""
    window = timedelta(days=evidence.window_days)
    near = (
        sale.unit_value_vnd_e4
        for sale in sales
        if sale.same_level and abs(sale.exported_on - evidence.exported_on) <= window
    )
    return min(near, default=None)


def _deducted(resale: Resale | None) -> int | None:
    if resale is None:
        return None
    return resale.unit_price_vnd_e4 - resale.profit_vnd_e4 - resale.inland_costs_vnd_e4 - resale.taxes_vnd_e4


def _added_up(made: Production | None) -> int | None:
    if made is None:
        return None
    return made.cost_vnd_e4 + made.profit_and_general_vnd_e4 + made.freight_and_insurance_vnd_e4


def _of_units(unit_vnd_e4: int | None, evidence: ValueEvidence) -> int | None:
    return None if unit_vnd_e4 is None else divide_half_up(unit_vnd_e4 * evidence.quantity_milli, MILLI)


def _refuse_negative(evidence: ValueEvidence) -> None:
    told = [
        evidence.quantity_milli,
        evidence.window_days,
        evidence.transaction_vnd_e4 or 0,
        evidence.fall_back_vnd_e4 or 0,
    ]
    told += [sale.unit_value_vnd_e4 for sale in (*evidence.identical, *evidence.similar)]
    for parts in (evidence.resale, evidence.production):
        told += [getattr(parts, name) for name in parts.__struct_fields__] if parts else []
    if min(told) < 0:
        raise NegativeAmount("an amount of the evidence is below zero")
