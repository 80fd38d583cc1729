"""The law of booking: which transfers an assessment and a payment make."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from haidang.ledger.terms import Transfer


def due_account(trader_code: str) -> str:
    """Return the account of what a trader owes."""
    return "due:" + trader_code


def transfer_no(journal_seq: int, position: int) -> int:
    """Return the number of a transfer within its declaration: an act books at most ten."""
    return journal_seq * 10 + position


def assessed(
    key: tuple[int, int, UUID],
    trader_code: str,
    amounts: Sequence[tuple[int, int]],
    journal_seq: int,
    booked_at: datetime,
) -> list[Transfer]:
    """Return the transfers of an assessment: for each (kind, whole đồng) above 0, the trader owes it and the state is owed it."""
    account = due_account(trader_code)
    return [
        Transfer(
            *key, transfer_no(journal_seq, position), journal_seq, kind, account, f"revenue:{kind}", amount, booked_at
        )
        for position, (kind, amount) in enumerate((kind, amount) for kind, amount in amounts if amount)
    ]


def suspended(
    key: tuple[int, int, UUID],
    suspense_id: UUID,
    collector: str,
    amount_vnd: int,
    journal_seq: int,
    booked_at: datetime,
) -> Transfer:
    """Return the transfer of money that pays nothing known: the collector holds it, and it is kept for whoever it belongs to."""
    account = f"suspense:{suspense_id}"
    return Transfer(
        *key, transfer_no(journal_seq, 0), journal_seq, 0, f"collected:{collector}", account, amount_vnd, booked_at
    )


def paid(
    key: tuple[int, int, UUID],
    trader_code: str,
    collector: str,
    amount_vnd: int,
    journal_seq: int,
    booked_at: datetime,
) -> Transfer:
    """Return the transfer of a payment: the collector holds the money, the trader owes that much less. `kind` 0: all taxes together."""
    return Transfer(
        *key,
        transfer_no(journal_seq, 0),
        journal_seq,
        0,
        f"collected:{collector}",
        due_account(trader_code),
        amount_vnd,
        booked_at,
    )
