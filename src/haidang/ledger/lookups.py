"""Reads of the ledger."""

from typing import Any

import psycopg

from haidang.ledger import store


class DebtQuestion:
    """Which of these traders have debts overdue by more than `days`. Asked inside a pipeline, read after it."""

    def __init__(self, connection: psycopg.Connection[Any], shards: list[int], traders: list[str], days: int) -> None:
        self._cursor = store.select_overdue(connection, shards, traders, days)

    def overdue(self) -> frozenset[str]:
        """Return the tax codes of traders in arrears."""
        return frozenset(row[0] for row in self._cursor.fetchall())
