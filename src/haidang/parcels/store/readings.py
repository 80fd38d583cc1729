"""Rows of what customs offices read of lists of others."""

from typing import Any
from uuid import UUID

import psycopg

from haidang.platform.db import Transaction


def note_reading(
    transaction: Transaction, place: tuple[int, int], reading_id: UUID, reader_id: int, officer: str, reason: str
) -> str | None:
    """Keep that a list or a parcel, by (shard, 11 digits), is read; return its customs office (four characters), None when there is none."""
    row = transaction.execute(
        "SELECT note_parcel_reading(%s::int2, %s::int8, %s, %s::int4, %s, %s)",
        (*place, reading_id, reader_id, officer, reason),
    ).fetchone()
    assert row is not None
    office: str | None = row[0]
    return office


def select_readings(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return (number read, office and operator of its list, reader_id, officer, instant) of each reading, oldest first; office and operator are NULL
    when no list has the number."""
    return connection.execute(
        """SELECT r.no11, l.customs_office_code, l.operator_code, r.reader_id, r.officer_code, r.read_at FROM parcel_reading r
        LEFT JOIN parcel_run n ON (n.shard_id, n.registered_month, n.declaration_id) = (r.shard_id, r.registered_month, r.declaration_id)
            AND r.no11 >= n.first_no11 AND r.no11 < n.first_no11 + n.run_count
        LEFT JOIN parcel_list l ON (l.shard_id, l.registered_month, l.declaration_id) = (n.shard_id, n.registered_month, n.declaration_id)
        ORDER BY r.read_at"""
    ).fetchall()
