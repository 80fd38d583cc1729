"""Rows of what customs offices read of declarations of others."""

from typing import Any
from uuid import UUID

import psycopg

from haidang.platform.db import Transaction


def note_reading(
    transaction: Transaction, place: tuple[int, int], reading_id: UUID, reader_id: int, officer: str, reason: str, question: str
) -> str | None:  # fmt: skip
    """Keep that a declaration, by (shard, 11 digits), is read; return its customs office (four characters), None when there is none."""
    row = transaction.execute(
        "SELECT note_office_reading(%s::int2, %s::int8, %s, %s::int4, %s, %s, %s)",
        (*place, reading_id, reader_id, officer, reason, question),
    ).fetchone()
    assert row is not None
    office: str | None = row[0]
    return office


def select_readings(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return (no11, office and trader of the declaration, reader_id, officer, instant) of each reading, oldest first."""
    return connection.execute(
        """SELECT d.no11, d.customs_office_code, d.trader_code, r.reader_id, r.officer_code, r.read_at
        FROM office_reading r LEFT JOIN declaration d USING (shard_id, registered_month, declaration_id) ORDER BY r.read_at"""
    ).fetchall()
