"""Reads of the journal."""

from typing import Any

import psycopg

from haidang.journal import store
from haidang.journal.terms import MessageKey, StoredAnswer


class InboxQuestion:
    """Which of these messages were answered before. Asked inside a pipeline, read after it."""

    def __init__(self, connection: psycopg.Connection[Any], keys: list[MessageKey]) -> None:
        self._cursor = store.select_answers(connection, keys)

    def answers(self) -> dict[int, StoredAnswer]:
        """Return stored answers by position in the batch (from 0)."""
        return {row[0] - 1: store.answer_of(row) for row in self._cursor.fetchall()}
