"""The law of booking: which transfers an assessment and a payment make."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from haidang.journal.rules import digest
from haidang.ledger.terms import (
    LATE_INTEREST,
    Adjusted,
    AdjustmentBatch,
    Obligation,
    ObligationChange,
    PreparedAdjustment,
    Transfer,
)


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


def overpaid_account(trader_code: str) -> str:
    """Return the account of what a trader has paid and no longer owes: it is kept until it is refunded or pays another debt."""
    return "overpaid:" + trader_code


def balance_of(account: str, transfers: Iterable[Transfer]) -> int:
    """Return credits less debits of an account, whole đồng."""
    return sum(
        (each.credit_account == account) * each.amount_vnd - (each.debit_account == account) * each.amount_vnd
        for each in transfers
    )


def paid_vnd(trader_code: str, transfers: Iterable[Transfer]) -> int:
    """Return what was paid of a declaration's taxes and is not put aside as overpaid: transfers of no kind to what is due, less those from it."""
    return balance_of(due_account(trader_code), (each for each in transfers if not each.kind))


def assessed_vnd(trader_code: str, transfers: Iterable[Transfer]) -> dict[int, int]:
    """Return what stands booked as owed, whole đồng by kind of tax."""
    account, sums = due_account(trader_code), dict[int, int]()
    for each in transfers:
        if each.kind:
            sums[each.kind] = sums.get(each.kind, 0) - balance_of(account, [each])
    return sums


def interest_vnd(trader_code: str, transfers: Iterable[Transfer]) -> int:
    """Return the late-payment interest that stands booked, paid or not."""
    return assessed_vnd(trader_code, transfers).get(LATE_INTEREST, 0)


def unpaid_interest_vnd(trader_code: str, transfers: Sequence[Transfer], outstanding_vnd: int) -> int:
    """Return how much of what is outstanding is interest: what the last payment left behind, because a payment pays all that is outstanding."""
    account = due_account(trader_code)
    payments = [
        each
        for each in transfers
        if not each.kind and each.credit_account == account and each.debit_account.startswith("collected:")
    ]
    if not payments:
        return 0
    last = max(each.journal_seq for each in payments)
    return min(
        outstanding_vnd,
        sum(each.amount_vnd for each in transfers if each.kind == LATE_INTEREST and each.journal_seq == last),
    )


def interest_charged(
    obligation: Obligation, amount_vnd: int, paid_on: date, journal_seq: int, booked_at: datetime
) -> tuple[Transfer, Obligation, ObligationChange]:
    """Return what a payment that settles late tax books beside itself: the transfer of the interest, the obligation as it stands then, and its change.

    The interest is owed from the day of the payment (inferred: until then it was not known).
    """
    key, trader = (obligation.shard_id, obligation.registered_month, obligation.declaration_id), obligation.trader_code
    transfer = Transfer(
        *key,
        transfer_no(journal_seq, 1),
        journal_seq,
        LATE_INTEREST,
        due_account(trader),
        f"revenue:{LATE_INTEREST}",
        amount_vnd,
        booked_at,
    )
    assessed = obligation.assessed_vnd + amount_vnd
    now = Obligation(*key, trader, assessed, obligation.outstanding_vnd + amount_vnd, paid_on)
    change = ObligationChange(*key, journal_seq, obligation.assessed_vnd, obligation.due_on, assessed, paid_on)
    return transfer, now, change


def adjusted(
    key: tuple[int, int, UUID],
    trader_code: str,
    was: Mapping[int, int],
    now: Mapping[int, int],
    booked: Sequence[Transfer],
    journal_seq: int,
    booked_at: datetime,
    against: str = "revenue",
) -> Adjusted:
    """Return what becomes of the money when taxes of `was` (whole đồng by kind) are assessed anew as `now`.

    Each kind moves by its difference, up or down; no old transfer changes. What was paid beyond what is owed now goes to the overpaid account of the
    trader, where a refund takes it; what this declaration left there before pays first when it owes more again. Interest that stands booked stays owed,
    unless it is one of the kinds of `was`. The other side of each kind is the account `against` of it.
    """
    due, over = due_account(trader_code), overpaid_account(trader_code)
    moves: list[tuple[int, str, str, int]] = []
    for kind in sorted(was.keys() | now.keys()):
        more = now.get(kind, 0) - was.get(kind, 0)
        if more:
            accounts = (due, f"{against}:{kind}") if more > 0 else (f"{against}:{kind}", due)
            moves.append((kind, *accounts, abs(more)))
    interest = 0 if LATE_INTEREST in was else interest_vnd(trader_code, booked)
    owed, paid, kept = sum(now.values()) + interest, paid_vnd(trader_code, booked), balance_of(over, booked)
    if paid > owed:
        moves.append((0, due, over, paid - owed))
        paid, kept = owed, kept + paid - owed
    elif use := min(kept, owed - paid):
        moves.append((0, over, due, use))
        paid, kept = paid + use, kept - use
    transfers = [
        Transfer(*key, transfer_no(journal_seq, position), journal_seq, kind, debit, credit, amount, booked_at)
        for position, (kind, debit, credit, amount) in enumerate(moves)
    ]
    return Adjusted(transfers, owed - paid, kept, owed)


def reassessed(
    key: tuple[int, int, UUID],
    trader_code: str,
    was: Obligation | None,
    assessed_vnd: int,
    outstanding_vnd: int,
    due_on: date,
    journal_seq: int,
) -> tuple[Obligation | None, ObligationChange | None]:
    """Return the obligation as it stands after an assessment anew, and the change when what is assessed or its last day is another."""
    if was is None and not assessed_vnd:
        return None, None
    if was is not None and not assessed_vnd:
        due_on = was.due_on
    now = Obligation(*key, trader_code, assessed_vnd, outstanding_vnd, due_on)
    if was is not None and (was.assessed_vnd, was.due_on) == (assessed_vnd, due_on):
        return now, None
    was_vnd, was_due_on = (was.assessed_vnd, was.due_on) if was is not None else (0, None)
    return now, ObligationChange(*key, journal_seq, was_vnd, was_due_on, assessed_vnd, due_on)


RETROACTIVE = "retroactive"
"""The accounts on the other side of what a later version of the law book adds to a tax, or takes from it."""


def retroactive_vnd(trader_code: str, transfers: Iterable[Transfer], after_seq: int) -> dict[int, int]:
    """Return what acts after `after_seq` booked because a later version of the law book says so: whole đồng by kind, below 0 what is owed less."""
    account, sums = due_account(trader_code), dict[int, int]()
    for each in transfers:
        if each.journal_seq > after_seq and f"{RETROACTIVE}:{each.kind}" in (each.debit_account, each.credit_account):
            sums[each.kind] = sums.get(each.kind, 0) - balance_of(account, [each])
    return sums


def standing(
    totals: Mapping[int, int], trader_code: str, transfers: Iterable[Transfer], declared_seq: int
) -> dict[int, int]:
    """Return what stands booked of each tax, whole đồng by kind: `totals` of the declaration as the act `declared_seq` left it, and what later versions of the
    law book changed since.
    """
    later = retroactive_vnd(trader_code, transfers, declared_seq)
    return {kind: totals.get(kind, 0) + later.get(kind, 0) for kind in sorted(totals.keys() | later.keys())}


def unpaid_retroactive_vnd(trader_code: str, transfers: Sequence[Transfer], outstanding_vnd: int) -> int:
    """Return how much of what is outstanding came by a later version of the law book since the last payment: no day has passed on which it was late."""
    account = due_account(trader_code)
    paid = (
        each.journal_seq
        for each in transfers
        if not each.kind and each.credit_account == account and each.debit_account.startswith("collected:")
    )
    added = sum(retroactive_vnd(trader_code, transfers, max(paid, default=0)).values())
    return max(0, min(outstanding_vnd, added))


def rows_digest(prepared: Iterable[PreparedAdjustment]) -> bytes:
    """Return the SHA-256 of what was prepared, whatever was decided since; in the order of keys."""
    ordered = sorted(prepared, key=lambda each: (each.shard_id, each.registered_month, each.declaration_id))
    return digest([prepared_row(each) for each in ordered])


def batch_statement(batch: AdjustmentBatch) -> bytes:
    """Return what the officer who prepared a batch signs: JSON of all that its head says, the digest over its adjustments in hexadecimal."""
    return msgspec.json.encode(
        {
            "procedure": "PREPARE_ADJUSTMENT", "officer": batch.prepared_by, "batch_no": batch.batch_no, "newer_version": batch.newer_version,
            "reason": batch.reason, "prepared_at": batch.prepared_at.astimezone(UTC), "declarations": batch.row_count,
            "rows_sha256": batch.rows_digest.hex(),
        }
    )  # fmt: skip


def prepared_row(each: PreparedAdjustment) -> tuple[object, ...]:
    """Return what the preparation wrote of an adjustment."""
    return (
        each.shard_id, each.registered_month, each.declaration_id, each.batch_no, each.amendment_no, each.judged_version, each.newer_version,
        list(each.was_vnd), list(each.now_vnd), each.prepared_by, each.power_id, each.prepared_at,
        each.reason,
    )  # fmt: skip


def decided_row(each: PreparedAdjustment) -> tuple[object, ...]:
    """Return what the decision covers of an adjustment: all of it."""
    return (*prepared_row(each), each.decided_seq, each.decided_by, each.decided_at, each.accepted)
