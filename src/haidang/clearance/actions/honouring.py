"""Advance rulings at registration: the trader's own are read for those who have any, and held against the lines.

Who has rulings is a picture that the lane keeps (`Hands.rulings`): the registration of anybody else asks for none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from haidang.declarations.terms import Declaration
from haidang.platform.db import Transaction
from haidang.rulings.lookups import rulings_of
from haidang.rulings.rules import read_against
from haidang.rulings.terms import AdvanceRuling, GoodsLine, RuledLine

Held = Mapping[str, tuple[AdvanceRuling, ...]]
"""Rulings by tax code, ended ones too."""
_NONE: Held = {}


def read_held(transaction: Transaction, having: frozenset[str], declared: Sequence[Declaration]) -> Held:
    """Return the rulings of the traders of a batch; none of them ends before the transaction does."""
    if not having:
        return _NONE
    wanted = {each.trader_code for each in declared} & having
    return rulings_of(transaction, wanted) if wanted else _NONE


def ruled_lines(declared: Declaration, held: Held, at: datetime) -> tuple[RuledLine, ...]:
    """Return what the rulings of its trader say of the lines of a declaration at an instant."""
    its = held.get(declared.trader_code)
    return hold_against(declared, its, at) if its else ()


def hold_against(declared: Declaration, its: Sequence[AdvanceRuling], at: datetime) -> tuple[RuledLine, ...]:
    """Return what these rulings say of the lines of a declaration."""
    lines = [
        GoodsLine(item.line_no, item.commodity_code, item.origin_country_code, item.description)
        for item in declared.items
    ]
    return read_against(its, lines, declared.notes, declared.transport_document_nos, at)
