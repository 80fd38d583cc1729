"""One declaration cut into a set of declarations of at most fifty lines, as the old system (VNACCS) takes a shipment. Pure.

Here a declaration stands as one, however many lines it has. There it is branch 1 to n of a set (FIC, BNO, DNO). The law of the old system has all branches
state the whole invoice as allocation total (TP) and the whole freight, insurance and adjustments, and take their share by price; so do the parts. What
a header counts or weighs is divided, and so are the totals of value and taxes: each amount of the parts adds up to that of the whole, exactly.

Source: 38/2015/TT-BTC Art. 18 (fifty lines), unverified; VNACCS-2014, items FIC, BNO, DNO, TP, VT.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from haidang.declarations.terms import Declaration, DeclarationPart, DeclaredAdjustment, GoodsItem

LINES_OF_A_PART = 50
MOST_PARTS = 99
"""Branches are numbered with two digits (item BNO)."""
FIRST = "F"
_KILOGRAM = "KGM"
_TAKEN_BY_HAND = 0


def parts_of(line_count: int) -> int:
    """Return how many parts so many lines make; above `MOST_PARTS` the old system cannot take the set."""
    return -(-line_count // LINES_OF_A_PART)


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Return `total` divided in proportion to `weights`, in whole units that add up to it exactly; equally when no weight is above zero.

    Each share is rounded down, and what is left goes, one unit each, to those that lost most (the earlier first): no share is off by a whole unit.
    """
    if total < 0:
        return [-each for each in share(-total, weights)]
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    shares = [total * weight // whole for weight in weights]
    lost = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in lost[: total - sum(shares)]:
        shares[at] += 1
    return shares


def split(
    declared: Declaration,
    declaration_no: str,
    values_vnd_e4: Sequence[int],
    taxes_vnd_e4: Mapping[str, Sequence[int]],
    totals_vnd: Mapping[str, int],
) -> tuple[DeclarationPart, ...]:
    """Return the parts of a declaration, one when it has no more than fifty lines.

    `values_vnd_e4` are the customs values of its lines, `taxes_vnd_e4` each tax of each line, in the order of the lines; `totals_vnd` the totals of each tax
    in whole đồng. Branches after the first name `declaration_no`, under which the set is registered here.
    """
    edges = [*range(0, len(declared.items), LINES_OF_A_PART), len(declared.items)]
    spans = [slice(start, end) for start, end in pairwise(edges)]
    prices = [sum(item.invoice_value_e4 or 0 for item in declared.items[span]) for span in spans]
    weights = prices if sum(prices) else [sum(values_vnd_e4[span]) for span in spans]
    totals = {kind: _whole_dong(taxes_vnd_e4[kind], spans, total) for kind, total in totals_vnd.items()}
    freights = share(_own(declared, declared.freight_e4, sum(prices)), weights)
    insurances = share(_own(declared, declared.insurance_e4, sum(prices)), weights)
    headers = _headers(declared, spans, weights, prices)
    return tuple(
        DeclarationPart(
            branch_no=branch + 1,
            branch_count=len(spans),
            line_from=span.start + 1,
            line_to=span.stop,
            declaration=_part(declared, span, headers[branch], branch, len(spans), declaration_no),
            customs_value_vnd_e4=sum(values_vnd_e4[span]),
            taxes_vnd={kind: of_parts[branch] for kind, of_parts in totals.items()},
            freight_e4=freights[branch],
            insurance_e4=insurances[branch],
        )
        for branch, span in enumerate(spans)
    )


def _own(declared: Declaration, amount_e4: int, prices_e4: int) -> int:
    """Return how much of an amount for a whole invoice falls on a declaration that may be one of several of that invoice, half up."""
    total_e4 = declared.allocation_total_e4
    return amount_e4 if not total_e4 else (2 * amount_e4 * prices_e4 + total_e4) // (2 * total_e4)


def _whole_dong(taxes_vnd_e4: Sequence[int], spans: Sequence[slice], total_vnd: int) -> list[int]:
    return share(total_vnd, [sum(taxes_vnd_e4[span]) for span in spans])


def _headers(
    declared: Declaration, spans: Sequence[slice], weights: Sequence[int], prices: Sequence[int]
) -> list[dict[str, Any]]:
    """Return for each part what its header counts, weighs and totals."""
    count = len(spans)
    divided: dict[str, Sequence[int | None]] = {
        "package_count": _pieces(declared.package_count, weights),
        "container_count": _pieces(declared.container_count, weights),
        "gross_mass_g": _masses(declared, spans, weights),
        "invoice_total_e4": [None] * count,
    }
    if declared.invoice_total_e4 is not None:
        beyond = share(declared.invoice_total_e4 - sum(prices), weights)
        divided["invoice_total_e4"] = [price + more for price, more in zip(prices, beyond, strict=True)]
    return [{name: values[branch] for name, values in divided.items()} for branch in range(count)]


def _pieces(pieces: int | None, weights: Sequence[int]) -> Sequence[int | None]:
    """Return packages or containers of each part: at least one each where there are enough; else one each of the first."""
    if pieces is None:
        return [None] * len(weights)
    if pieces < len(weights):
        return [1] * pieces + [0] * (len(weights) - pieces)
    return [1 + more for more in share(pieces - len(weights), weights)]


def _masses(declared: Declaration, spans: Sequence[slice], weights: Sequence[int]) -> Sequence[int | None]:
    """Return the gross mass of each part in grams: the kilograms that its lines declare, and its share of the rest."""
    if declared.gross_mass_g is None:
        return [None] * len(spans)
    nets = [sum(map(_net_g, declared.items[span])) for span in spans]
    rest = share(declared.gross_mass_g - sum(nets), weights)
    return [net + more for net, more in zip(nets, rest, strict=True)]


def _net_g(item: GoodsItem) -> int:
    if item.unit_code == _KILOGRAM:
        return item.quantity_milli
    return (item.quantity2_milli or 0) if item.unit2_code == _KILOGRAM else 0


def _part(
    declared: Declaration, span: slice, header: Mapping[str, Any], branch: int, count: int, declaration_no: str
) -> Declaration:
    if count == 1:
        return declared
    items = tuple(replace(item, line_no=line_no) for line_no, item in enumerate(declared.items[span], 1))
    adjustments, items = _adjustments(declared, items)
    particulars = replace(
        declared.particulars, first_declaration_no=declaration_no if branch else FIRST, branch_no=branch + 1, branch_count=count
    )  # fmt: skip
    total_e4 = declared.allocation_total_e4 or sum(item.invoice_value_e4 or 0 for item in declared.items) or None
    return replace(
        declared, items=items, adjustments=adjustments, particulars=particulars, allocation_total_e4=total_e4, **header
    )


def _adjustments(
    declared: Declaration, items: tuple[GoodsItem, ...]
) -> tuple[tuple[DeclaredAdjustment, ...], tuple[GoodsItem, ...]]:
    """Return the adjustments that a part states, whole, and its lines with their numbers there.

    One that lines name is stated with the prices of all lines that name it (VT), by the parts that have such a line; the others are every line's.
    """
    if not declared.adjustments:
        return (), items
    named: dict[int, int] = {}
    for item in declared.items:
        for number in set(item.adjustment_nos):
            price = _TAKEN_BY_HAND if item.declared_customs_value_e4 is not None else item.invoice_value_e4 or 0
            named[number] = named.get(number, 0) + price
    here = {number for item in items for number in item.adjustment_nos}
    kept, renumbered = list[DeclaredAdjustment](), dict[int, int]()
    for number, adjustment in enumerate(declared.adjustments, 1):
        if number in named and number not in here:
            continue
        if number in named and not adjustment.factor_e4:
            adjustment = replace(adjustment, factor_e4=named[number])
        kept.append(adjustment)
        renumbered[number] = len(kept)
    lines = tuple(
        replace(item, adjustment_nos=tuple(renumbered[number] for number in item.adjustment_nos)) for item in items
    )
    return tuple(kept), lines
