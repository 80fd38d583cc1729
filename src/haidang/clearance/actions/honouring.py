"""Advance rulings at registration and whenever a declaration is to say something else: the trader's own are read for those who have any, and held against the lines.

Who has rulings is a picture that the lane keeps (`Hands.rulings`): the registration of anybody else asks for none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from haidang.clearance.actions.passing import Hands
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


def ruled_anew(
    hands: Hands, transaction: Transaction, declared: Declaration, registered_at: datetime
) -> tuple[RuledLine, ...]:
    """Return what the rulings of its trader say of the lines of a declaration that is to say something else.

    As of the instant of its registration, like all law of an amendment: what ended since has not ended for it, what was issued since says nothing of it.
    """
    return ruled_lines(declared, read_held(transaction, hands.rulings, [declared]), registered_at)


def hold_against(declared: Declaration, its: Sequence[AdvanceRuling], at: datetime) -> tuple[RuledLine, ...]:
    """Return what these rulings say of the lines of a declaration."""
    lines = [
        GoodsLine(
            item.line_no, item.commodity_code, item.origin_country_code, item.description, declared.valuation_code
        )
        for item in declared.items
    ]
    return read_against(its, lines, declared.notes, declared.transport_document_nos, at)
