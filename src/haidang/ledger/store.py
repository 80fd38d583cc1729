"""Rows of the ledger."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec.structs import astuple

from haidang.ledger.terms import Obligation, Suspense, Transfer
from haidang.platform.db import Table, Transaction

TRANSFER = Table(
    "transfer", shard_id="int2", registered_month="int4", declaration_id="uuid", transfer_no="int2", journal_seq="int2", kind="int2",
    debit_account="text", credit_account="text", amount_vnd="int8", booked_at="timestamptz",
)  # fmt: skip
OBLIGATION = Table(
    "obligation", shard_id="int2", registered_month="int4", declaration_id="uuid", trader_code="text", assessed_vnd="int8",
    outstanding_vnd="int8", due_on="date",
)  # fmt: skip
SUSPENSE = Table(
    "suspense", shard_id="int2", suspense_id="uuid", sender_id="int4", reference="text", declaration_no="text", amount_vnd="int8",
    reason="text", received_at="timestamptz",
)  # fmt: skip


def insert(transaction: Transaction, transfers: list[Transfer], obligations: list[Obligation]) -> None:
    """Append transfers and open obligations."""
    transaction.write(TRANSFER, [astuple(transfer) for transfer in transfers])
    transaction.write(OBLIGATION, [astuple(obligation) for obligation in obligations])


def insert_suspense(transaction: Transaction, rows: list[Suspense]) -> None:
    """Append money that waits for a person."""
    transaction.write(SUSPENSE, [astuple(row) for row in rows])


def select_overdue(
    connection: psycopg.Connection[Any], shards: list[int], traders: list[str], days: int
) -> psycopg.Cursor[Any]:
    """Ask which traders have an obligation more than `days` overdue on the Vietnamese date of legal time: rows (trader_code)."""
    return connection.execute(
        """
        SELECT t.code FROM unnest(%s::int2[], %s::text[]) AS t(shard, code)
        WHERE EXISTS (SELECT FROM obligation o WHERE o.shard_id = t.shard AND o.trader_code = t.code
                      AND o.outstanding_vnd > 0
                      AND o.due_on < (legal_now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - %s)
        """,
        (shards, traders, days),
        binary=True,
    )


def lock_obligations(transaction: Transaction, keys: list[tuple[int, int, object]]) -> dict[object, Obligation]:
    """Lock the obligations of declarations in key order and return them by declaration id."""
    cursor = transaction.execute(
        """
        SELECT o.shard_id, o.registered_month, o.declaration_id, o.trader_code, o.assessed_vnd, o.outstanding_vnd, o.due_on
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN obligation o USING (shard_id, registered_month, declaration_id)
        ORDER BY o.shard_id, o.registered_month, o.declaration_id FOR UPDATE OF o
        """,
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
    )
    return {row[2]: Obligation(*row) for row in cursor.fetchall()}


def reduce_obligations(transaction: Transaction, reductions: Sequence[tuple[int, int, UUID, int]]) -> int:
    """Lower what is outstanding by one sum per obligation; return how many rows took it (all, or the batch is at fault)."""
    cursor = transaction.execute(
        """
        UPDATE obligation o SET outstanding_vnd = o.outstanding_vnd - k.amount
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int8[]) AS k(shard_id, registered_month, declaration_id, amount)
        WHERE (o.shard_id, o.registered_month, o.declaration_id) = (k.shard_id, k.registered_month, k.declaration_id)
          AND o.outstanding_vnd >= k.amount
        """,
        tuple(list(column) for column in zip(*reductions, strict=True)),
    )
    return cursor.rowcount
