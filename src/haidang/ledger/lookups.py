"""Reads of the ledger."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.ledger import store
from haidang.ledger.terms import Obligation, Transfer
from haidang.platform.db import rows_of


class DebtQuestion:
    """Which of these traders have debts overdue by more than `days`. Asked inside a pipeline, read after it."""

    def __init__(self, connection: psycopg.Connection[Any], shards: list[int], traders: list[str], days: int) -> None:
        self._cursor = store.select_overdue(connection, shards, traders, days)

    def overdue(self) -> frozenset[str]:
        """Return the tax codes of traders in arrears."""
        return frozenset(row[0] for row in self._cursor.fetchall())


class Booked(Struct, frozen=True):
    """What stands in the ledger about one declaration."""

    transfers: list[Transfer]
    obligation: Obligation | None


def booked(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, Booked]:
    """Return transfers (in order of number) and obligation by declaration id; a declaration without either is absent."""
    transfers = rows_of(connection, store.TRANSFER, keys)
    obligations = rows_of(connection, store.OBLIGATION, keys)
    return {
        declaration_id: Booked(
            [Transfer(*row) for row in transfers.get(declaration_id, [])],
            next((Obligation(*row) for row in obligations.get(declaration_id, [])), None),
        )
        for declaration_id in transfers.keys() | obligations.keys()
    }
