"""Payments of what is cleared already: the interest that late tax leaves behind is owed from then on, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from haidang.clearance.actions.passing import Hands
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.revising import Late, interest_left
from haidang.clearance.terms import State
from haidang.declarations.lookups import payment_timings
from haidang.journal.lookups import entries
from haidang.kernel.calendar import vn_date
from haidang.ledger.lookups import booked
from haidang.ledger.rules import interest_charged
from haidang.ledger.terms import Obligation, ObligationChange, Transfer
from haidang.platform.db import Transaction

Key = tuple[int, int, UUID]


def read_late(transaction: Transaction, cleared: Sequence[tuple[Key, datetime]]) -> dict[UUID, Late]:
    """Return what interest is computed from, by declaration id, for cleared declarations given with their registration instants."""
    keys = sorted(key for key, _ in cleared)
    if not keys:
        return {}
    timings, done = payment_timings(transaction, keys), entries(transaction.connection, keys)
    stands = booked(transaction.connection, keys)
    return {
        key[2]: Late(
            timings[key[2]],
            registered_at,
            next(each.acted_at for each in done[key[2]] if State.CLEARED in each.states),
            stands[key[2]].transfers,
        )
        for key, registered_at in cleared
    }


def charged(
    hands: Hands, late: Late, owed: Obligation, left: Obligation, today: DayBook, journal_seq: int, at: datetime
) -> tuple[Transfer, Obligation, ObligationChange] | tuple[()]:
    """Return what a payment of all that was `owed` books beside itself when `left` is what it leaves; nothing when it was in time."""
    day = hands.books.day(vn_date(late.registered_at), hands.directory)
    interest_vnd = interest_left(late, owed.trader_code, owed.outstanding_vnd, day, today)
    return interest_charged(left, interest_vnd, today.on, journal_seq, at) if interest_vnd else ()
