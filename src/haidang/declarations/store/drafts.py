"""Rows of drafts: saved, locked, closed, run out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg

from haidang.platform.db import Transaction


def select_drafts(connection: psycopg.Connection[Any]) -> Iterator[tuple[int, int, bytes]]:
    """Yield every draft, open or closed: (shard_id, no11, declared). Inside a transaction only: the rows come in portions."""
    with connection.cursor("drafts") as cursor:
        yield from cursor.execute("SELECT shard_id, no11, declared FROM draft ORDER BY shard_id, no11")


def upsert_draft(transaction: Transaction, row: Sequence[object], again: bool) -> bool:
    """Keep a draft; `again` replaces an open one of the same trader. Return whether a row was written."""
    if again:
        cursor = transaction.execute(
            """
            UPDATE draft SET raw = %s, declared = %s, figures = %s, saved_at = %s, expires_at = %s
            WHERE shard_id = %s AND no11 = %s AND trader_code = %s AND sender_id = %s AND closed_at IS NULL
            """,
            (*row[4:], *row[:4]),
        )
    else:
        cursor = transaction.execute(
            """
            INSERT INTO draft (shard_id, no11, trader_code, sender_id, raw, declared, figures, saved_at, expires_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            row,
        )
    return cursor.rowcount == 1


def lock_drafts(transaction: Transaction, shard_nos: Sequence[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """Lock drafts in key order: rows (shard, no11, trader, sender, raw, declared, figures, expires_at, closed_by)."""
    return transaction.execute(
        """
        SELECT d.shard_id, d.no11, d.trader_code, d.sender_id, d.raw, d.declared, d.figures, d.expires_at, d.closed_by
        FROM unnest(%s::int2[], %s::int8[]) AS k(shard_id, no11) JOIN draft d USING (shard_id, no11)
        ORDER BY d.shard_id, d.no11 FOR UPDATE OF d
        """,
        ([shard for shard, _ in shard_nos], [no11 for _, no11 in shard_nos]),
    ).fetchall()


def close_drafts(transaction: Transaction, shard_nos: Sequence[tuple[int, int]], at: datetime, by: str) -> int:
    """Close open drafts; return how many."""
    return transaction.execute(
        """
        UPDATE draft d SET closed_at = %s, closed_by = %s
        FROM unnest(%s::int2[], %s::int8[]) AS k(shard_id, no11)
        WHERE (d.shard_id, d.no11) = (k.shard_id, k.no11) AND d.closed_at IS NULL
        """,
        (at, by, [shard for shard, _ in shard_nos], [no11 for _, no11 in shard_nos]),
    ).rowcount


def expire_drafts(transaction: Transaction) -> int:
    """Close the drafts whose time has passed; return how many."""
    return transaction.execute(
        "UPDATE draft SET closed_at = legal_now(), closed_by = 'expired' WHERE closed_at IS NULL AND expires_at <= legal_now()"
    ).rowcount
