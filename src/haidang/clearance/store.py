"""Rows of conditions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from haidang.clearance.terms import Condition, ConditionKind, Owner
from haidang.platform.db import Table, Transaction

OPENED = Table(
    "condition", shard_id="int2", registered_month="int4", declaration_id="uuid", condition_no="int2", kind="int2", owner="int2",
    law="text", detail="text", holder="text", opened_seq="int2", opened_at="timestamptz", due_at="timestamptz",
)  # fmt: skip


CLOSED = Table(
    "condition", shard_id="int2", registered_month="int4", declaration_id="uuid", condition_no="int2", closed_seq="int2",
    closed_at="timestamptz", closed_by="text", evidence="text",
)  # fmt: skip


def opened_row(key: tuple[int, int, UUID], condition: Condition, journal_seq: int) -> tuple[object, ...]:
    """Return the row of a condition that opens with the act `journal_seq`."""
    return (
        *key, condition.condition_no, int(condition.kind), int(condition.owner), condition.law, condition.detail, condition.holder, journal_seq,
        condition.opened_at, condition.due_at,
    )  # fmt: skip


def insert(transaction: Transaction, rows: Sequence[tuple[object, ...]]) -> None:
    """Append opened conditions."""
    transaction.write(OPENED, rows)


def select(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, tuple[Condition, ...]]:
    """Return all conditions of declarations by declaration id, in order of number."""
    cursor = transaction.execute(
        """
        SELECT c.declaration_id, c.condition_no, c.kind, c.owner, c.law, c.opened_at, c.due_at, c.detail, c.closed_at,
               coalesce(c.closed_by, ''), coalesce(c.evidence, ''), c.holder
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN condition c USING (shard_id, registered_month, declaration_id)
        ORDER BY c.declaration_id, c.condition_no
        """,
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
    )
    found: dict[UUID, list[Condition]] = {}
    for row in cursor.fetchall():
        found.setdefault(row[0], []).append(_condition(row))
    return {declaration_id: tuple(conditions) for declaration_id, conditions in found.items()}


def _condition(row: tuple[Any, ...]) -> Condition:
    return Condition(
        condition_no=row[1], kind=ConditionKind(row[2]), owner=Owner(row[3]), law=row[4], opened_at=row[5], due_at=row[6],
        detail=row[7], closed_at=row[8], closed_by=row[9], evidence=row[10],
        holder=row[11],
    )  # fmt: skip


def closed_row(key: tuple[int, int, UUID], condition: Condition, journal_seq: int) -> tuple[object, ...]:
    """Return what closing writes: key, number, journal_seq, instant, who, evidence. The journal's digest covers it."""
    return (*key, condition.condition_no, journal_seq, condition.closed_at, condition.closed_by, condition.evidence)


def close(transaction: Transaction, rows: Sequence[tuple[Any, ...]]) -> int:
    """Close open conditions (rows of `closed_row`); return how many were open."""
    cursor = transaction.execute(
        """
        UPDATE condition c SET closed_seq = k.seq, closed_at = k.closed_at, closed_by = k.closed_by, evidence = k.evidence
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::timestamptz[], %s::text[], %s::text[])
             AS k(shard_id, registered_month, declaration_id, condition_no, seq, closed_at, closed_by, evidence)
        WHERE (c.shard_id, c.registered_month, c.declaration_id, c.condition_no)
              = (k.shard_id, k.registered_month, k.declaration_id, k.condition_no) AND c.closed_at IS NULL
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount
