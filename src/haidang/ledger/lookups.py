"""Reads of the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.ledger import store
from haidang.ledger.terms import AdjustmentBatch, Obligation, ObligationChange, PreparedAdjustment, Transfer
from haidang.platform.db import rows_of
from haidang.platform.pipelining import Asker


class DebtQuestion:
    """Since when traders owe what is due. A branch (13 digits) answers for its head office. Asked together with others, read after it."""

    def __init__(self, asker: Asker, shards: list[int], traders: list[str]) -> None:
        self._cursor = store.select_oldest_due(asker, shards, [trader[:10] for trader in traders])

    def oldest_due(self) -> dict[str, date]:
        """Return the oldest due date that is unpaid, by head office (first ten digits); who owes nothing is absent."""
        return dict(self._cursor.fetchall())


class Booked(Struct, frozen=True):
    """What stands in the ledger about one declaration."""

    transfers: list[Transfer]
    obligation: Obligation | None
    changes: list[ObligationChange] = []
    """What acts after the registration made of the obligation, in their order."""


def booked(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, Booked]:
    """Return transfers (in order of number) and obligation by declaration id; a declaration without either is absent."""
    transfers = rows_of(connection, store.TRANSFER, keys)
    obligations = rows_of(connection, store.OBLIGATION, keys)
    changes = rows_of(connection, store.CHANGE, keys)
    return {
        declaration_id: Booked(
            [Transfer(*row) for row in transfers.get(declaration_id, [])],
            next((Obligation(*row) for row in obligations.get(declaration_id, [])), None),
            [ObligationChange(*row) for row in changes.get(declaration_id, [])],
        )
        for declaration_id in transfers.keys() | obligations.keys()
    }


def unexplained_suspense(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return (suspense_id, amount kept, amount booked) where the list of money that waits and the transfers differ."""
    return store.select_unexplained_suspense(connection)


def adjustments(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[PreparedAdjustment]]:
    """Return what later versions of the law book make of these declarations, waiting or decided, by declaration id in the order of batches."""
    found = rows_of(connection, store.ADJUSTMENT, keys)
    return {declaration_id: [store.adjustment_of(row) for row in rows] for declaration_id, rows in found.items()}


def batches(directory: psycopg.Connection[Any]) -> list[AdjustmentBatch]:
    """Return every batch of adjustments, in the order of numbers."""
    return store.select_batches(directory)


def batch_rows(connection: psycopg.Connection[Any], batch_no: int | None = None) -> list[PreparedAdjustment]:
    """Return the adjustments of a batch (None: of every batch) that one server holds, in the order of keys."""
    return [store.adjustment_of(row) for row in store.select_batch_rows(connection, batch_no)]
