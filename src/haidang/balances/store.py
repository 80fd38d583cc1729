"""Rows of balances, their movements and the messages behind them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec.structs import astuple

from haidang.balances.terms import Balance, BalanceKey, BalanceSource, Change, Movement
from haidang.platform.db import Table, Transaction

MOVEMENT = Table(
    "balance_movement", shard_id="int2", registered_month="int4", declaration_id="uuid", movement_no="int4", balance_id="uuid",
    journal_seq="int2", kind="int2", amount="int8",
)  # fmt: skip
SOURCE = Table(
    "balance_source", shard_id="int2", balance_id="uuid", sender_id="int4", message_id="text", certificate_sha256="bytea",
    signature="text", raw="bytea", filed_at="timestamptz",
)  # fmt: skip

_FIELDS = Balance.__struct_fields__


def _balance(row: tuple[Any, ...]) -> Balance:
    return Balance(**dict(zip(_FIELDS, row, strict=True)))


def lock(transaction: Transaction, keys: Sequence[BalanceKey]) -> list[Balance]:
    """Lock balances in key order until the transaction ends and return them as they stand then."""
    cursor = transaction.execute(
        """
        SELECT b.shard_id, b.balance_id, b.kind, b.holder_code, b.reference, b.unit, b.granted, b.reserved, b.used, b.valid_from,
               b.valid_until, b.use_limit, b.use_count, b.goods_code
        FROM unnest(%s::int2[], %s::int2[], %s::text[]) AS k(shard_id, kind, reference)
        JOIN balance b USING (shard_id, kind, reference)
        ORDER BY b.shard_id, b.kind, b.reference FOR UPDATE OF b
        """,
        ([key.shard_id for key in keys], [key.kind for key in keys], [key.reference for key in keys]),
    )
    return [_balance(row) for row in cursor.fetchall()]


def lock_by_id(transaction: Transaction, ids: Sequence[tuple[int, UUID]]) -> dict[UUID, int]:
    """Lock balances given by (shard, id) in the same order as `lock`; return the kind of each that there is."""
    cursor = transaction.execute(
        """
        SELECT b.balance_id, b.kind FROM unnest(%s::int2[], %s::uuid[]) AS k(shard_id, balance_id)
        JOIN balance b USING (shard_id, balance_id)
        ORDER BY b.shard_id, b.kind, b.reference FOR UPDATE OF b
        """,
        ([shard for shard, _ in ids], [balance_id for _, balance_id in ids]),
    )
    return dict(cursor.fetchall())


def select_kinds(connection: psycopg.Connection[Any], ids: Sequence[tuple[int, UUID]]) -> dict[UUID, int]:
    """Return the kind of each balance given by (shard, id); kinds never change, so nothing is locked."""
    cursor = connection.execute(
        """
        SELECT b.balance_id, b.kind FROM unnest(%s::int2[], %s::uuid[]) AS k(shard_id, balance_id)
        JOIN balance b USING (shard_id, balance_id)
        """,
        ([shard for shard, _ in ids], [balance_id for _, balance_id in ids]),
        binary=True,
    )
    return dict(cursor.fetchall())


def select_keys(connection: psycopg.Connection[Any], ids: Sequence[tuple[int, UUID]]) -> list[BalanceKey]:
    """Return the keys of balances given by (shard, id); keys never change, so nothing is locked."""
    cursor = connection.execute(
        """
        SELECT b.shard_id, b.kind, b.reference FROM unnest(%s::int2[], %s::uuid[]) AS k(shard_id, balance_id)
        JOIN balance b USING (shard_id, balance_id)
        """,
        ([shard for shard, _ in ids], [balance_id for _, balance_id in ids]),
        binary=True,
    )
    return [BalanceKey(*row) for row in cursor.fetchall()]


def update(transaction: Transaction, changes: Sequence[Change]) -> int:
    """Apply one sum per balance; return how many balances could bear it (all, or the batch is at fault)."""
    cursor = transaction.execute(
        """
        UPDATE balance b
        SET reserved = b.reserved + k.reserve - k.committed - k.released, used = b.used + k.committed - k.returned, use_count = b.use_count + k.uses
        FROM unnest(%s::int2[], %s::uuid[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int4[])
             AS k(shard_id, balance_id, reserve, committed, released, returned, uses)
        WHERE (b.shard_id, b.balance_id) = (k.shard_id, k.balance_id)
          AND b.granted - b.reserved - b.used >= k.reserve
          AND b.reserved + k.reserve >= k.committed + k.released
          AND b.used + k.committed >= k.returned
          AND (b.use_limit IS NULL OR b.use_count + k.uses <= b.use_limit)
        """,
        tuple(list(column) for column in zip(*map(astuple, changes), strict=True)),
    )
    return cursor.rowcount


def insert_movements(transaction: Transaction, movements: Sequence[Movement]) -> None:
    """Append movements."""
    transaction.write(MOVEMENT, [astuple(movement) for movement in movements])


def insert_balance(transaction: Transaction, balance: Balance) -> bool:
    """Put a balance on file unless its key is there; return whether it was not."""
    cursor = transaction.execute(
        """
        INSERT INTO balance (shard_id, balance_id, kind, holder_code, reference, unit, granted, reserved, used, valid_from, valid_until,
                             use_limit, use_count, goods_code)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (shard_id, kind, reference) DO NOTHING
        """,
        astuple(balance),
    )
    return cursor.rowcount == 1


def insert_source(transaction: Transaction, source: BalanceSource) -> None:
    """Keep the message behind a balance."""
    transaction.write(SOURCE, [astuple(source)])


def select_on_file(connection: psycopg.Connection[Any]) -> list[tuple[Balance, BalanceSource | None]]:
    """Return every balance with the message behind it, in key order."""
    cursor = connection.execute(
        """
        SELECT b.shard_id, b.balance_id, b.kind, b.holder_code, b.reference, b.unit, b.granted, b.reserved, b.used, b.valid_from,
               b.valid_until, b.use_limit, b.use_count, b.goods_code,
               s.shard_id, s.balance_id, s.sender_id, s.message_id, s.certificate_sha256, s.signature, s.raw, s.filed_at
        FROM balance b LEFT JOIN balance_source s USING (shard_id, balance_id)
        ORDER BY b.shard_id, b.kind, b.reference
        """,
        binary=True,
    )
    width = len(_FIELDS)
    return [
        (_balance(row[:width]), BalanceSource(*row[width:]) if row[width] is not None else None)
        for row in cursor.fetchall()
    ]


def select_of_goods(connection: psycopg.Connection[Any], kind: int, goods_code: str) -> list[Balance]:
    """Return the balances of one kind for one commodity code, by holder and reference."""
    cursor = connection.execute(
        """
        SELECT b.shard_id, b.balance_id, b.kind, b.holder_code, b.reference, b.unit, b.granted, b.reserved, b.used, b.valid_from,
               b.valid_until, b.use_limit, b.use_count, b.goods_code
        FROM balance b WHERE b.kind = %s AND b.goods_code = %s ORDER BY b.holder_code, b.reference
        """,
        (int(kind), goods_code),
    )
    return [_balance(row) for row in cursor.fetchall()]


def select_unbalanced(connection: psycopg.Connection[Any]) -> list[tuple[int, str, str]]:
    """Return balances that are outside their limits or not the sum of their movements, and movements of no balance: (shard, reference, text)."""
    return connection.execute(
        """
        SELECT coalesce(b.shard_id, m.shard_id), coalesce(b.reference, m.balance_id::text),
               CASE WHEN b.reference IS NULL THEN 'movements of a balance that is not there'
                    ELSE format('granted %s, reserved %s, used %s, uses %s; its movements give reserved %s, used %s, uses %s',
                                b.granted, b.reserved, b.used, b.use_count, coalesce(m.reserved, 0), coalesce(m.used, 0),
                                coalesce(m.uses, 0)) END
        FROM balance b
        FULL JOIN (SELECT shard_id, balance_id, sum(CASE kind WHEN 1 THEN amount WHEN 4 THEN 0 ELSE -amount END) AS reserved,
                          sum(CASE kind WHEN 2 THEN amount WHEN 4 THEN -amount ELSE 0 END) AS used, count(DISTINCT declaration_id) FILTER (WHERE kind = 1) AS uses
                   FROM balance_movement GROUP BY shard_id, balance_id) m USING (shard_id, balance_id)
        WHERE b.reference IS NULL OR b.reserved <> coalesce(m.reserved, 0) OR b.used <> coalesce(m.used, 0)
           OR b.use_count <> coalesce(m.uses, 0) OR b.use_count > b.use_limit
           OR b.reserved < 0 OR b.used < 0 OR b.used > b.granted - b.reserved
        ORDER BY 1, 2
        """
    ).fetchall()
