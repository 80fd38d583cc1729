"""Verbs of the ledger: book an assessment, take a payment, keep money in suspense."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation

from haidang.ledger import rules, store
from haidang.ledger.terms import (
    AdjustmentBatch,
    AdjustmentWaits,
    Obligation,
    ObligationChange,
    PreparedAdjustment,
    Suspense,
    Transfer,
)
from haidang.platform.db import Transaction


class LedgerFault(AssertionError):
    """The ledger did not take what the rules had computed: the batch must be rolled back and split."""


def book(transaction: Transaction, transfers: list[Transfer], obligations: list[Obligation]) -> None:
    """Append the transfers and obligations of a batch inside the caller's transaction."""
    store.insert(transaction, transfers, obligations)


def lock(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[object, Obligation]:
    """Lock what these declarations owe, in key order, until the transaction ends; return it by declaration id."""
    return store.lock_obligations(transaction, list(keys)) if keys else {}


def take_payments(
    transaction: Transaction, transfers: list[Transfer], reductions: list[tuple[int, int, UUID, int]]
) -> None:
    """Book payments and lower the obligations they pay, one sum per obligation.

    Raises:
        LedgerFault: an obligation had less outstanding than was taken from it.
    """
    store.insert(transaction, transfers, [])
    if reductions and store.reduce_obligations(transaction, reductions) != len(reductions):
        raise LedgerFault("an obligation had less outstanding than was paid")


def adjust(
    transaction: Transaction,
    transfers: list[Transfer],
    was: Obligation | None,
    now: Obligation | None,
    change: ObligationChange | None,
) -> None:
    """Book what an assessment anew moves, and let the locked obligation `was` (None: there is none) stand as `now`.

    Raises:
        LedgerFault: the obligation did not stand as it was read.
    """
    store.insert(transaction, transfers, [now] if was is None and now is not None else [])
    if was is not None and now is not None and was != now and not store.update_obligation(transaction, was, now):
        raise LedgerFault("an obligation did not stand as it was read")
    if change is not None:
        store.insert_change(transaction, change)


def charge(transaction: Transaction, was: Obligation, now: Obligation, changes: Sequence[ObligationChange]) -> None:
    """Let the locked obligation `was` stand as `now` after payments that settled late tax, each with the interest that it left behind.

    Raises:
        LedgerFault: the obligation did not stand as it was read.
    """
    if not store.update_obligation(transaction, was, now):
        raise LedgerFault("an obligation did not stand as it was read")
    for change in changes:
        store.insert_change(transaction, change)


def hold_in_suspense(transaction: Transaction, rows: list[Suspense]) -> None:
    """Keep money that pays nothing known."""
    store.insert_suspense(transaction, rows)


def prepare(
    directory: Connection[Any],
    servers: Sequence[Connection[Any]],
    batch: AdjustmentBatch,
    prepared: Sequence[Sequence[PreparedAdjustment]],
) -> None:
    """Put a batch of adjustments on file, `prepared` being those of each of `servers`; nothing is booked by it. The callers' transactions stand around it.

    Raises:
        AdjustmentWaits: a declaration of it has an adjustment that waits already.
    """
    try:
        for connection, its in zip(servers, prepared, strict=True):
            store.insert_adjustments(connection, [rules.prepared_row(each) for each in its])
    except UniqueViolation as error:
        raise AdjustmentWaits from error
    store.insert_batch(directory, batch)


def next_batch_no(directory: Connection[Any]) -> int:
    """Return the number of the next batch of adjustments; it is kept for this transaction."""
    return store.next_batch_no(directory)


def decide_adjustment(transaction: Transaction, each: PreparedAdjustment) -> tuple[object, ...]:
    """Write a decision on an adjustment of a locked declaration; return the row that the journal covers.

    Raises:
        LedgerFault: it does not wait any more.
    """
    if not store.decide_adjustment(transaction, each):
        raise LedgerFault("an adjustment was decided although its declaration was locked")
    return rules.decided_row(each)
