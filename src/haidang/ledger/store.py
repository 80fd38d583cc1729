"""Rows of the ledger."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec.structs import astuple
from psycopg import sql

from haidang.ledger.terms import AdjustmentBatch, Obligation, ObligationChange, PreparedAdjustment, Suspense, Transfer
from haidang.platform.db import Table, Transaction
from haidang.platform.pipelining import Asked, Asker, Statement, ask

TRANSFER = Table(
    "transfer", shard_id="int2", registered_month="int4", declaration_id="uuid", transfer_no="int2", journal_seq="int2", kind="int2",
    debit_account="text", credit_account="text", amount_vnd="int8", booked_at="timestamptz",
)  # fmt: skip
OBLIGATION = Table(
    "obligation", shard_id="int2", registered_month="int4", declaration_id="uuid", trader_code="text", assessed_vnd="int8",
    outstanding_vnd="int8", due_on="date",
)  # fmt: skip
CHANGE = Table(
    "obligation_change", shard_id="int2", registered_month="int4", declaration_id="uuid", journal_seq="int2", was_assessed_vnd="int8",
    was_due_on="date", assessed_vnd="int8", due_on="date",
)  # fmt: skip
SUSPENSE = Table(
    "suspense", shard_id="int2", suspense_id="uuid", sender_id="int4", reference="text", declaration_no="text", amount_vnd="int8",
    reason="text", received_at="timestamptz",
)  # fmt: skip

ADJUSTMENT = Table(
    "prepared_adjustment", shard_id="int2", registered_month="int4", declaration_id="uuid", batch_no="int4", amendment_no="int2",
    judged_version="int4", newer_version="int4", was_vnd="int8[]", now_vnd="int8[]", prepared_by="text", power_id="int4",
    prepared_at="timestamptz", reason="text", decided_seq="int2", decided_by="text", decided_at="timestamptz", accepted="bool",
)  # fmt: skip


def insert(transaction: Transaction, transfers: list[Transfer], obligations: list[Obligation]) -> None:
    """Append transfers and open obligations."""
    transaction.write(TRANSFER, [astuple(transfer) for transfer in transfers])
    transaction.write(OBLIGATION, [astuple(obligation) for obligation in obligations])


def insert_change(transaction: Transaction, change: ObligationChange) -> None:
    """Append what an act made of an obligation."""
    transaction.write(CHANGE, [astuple(change)])


def update_obligation(transaction: Transaction, was: Obligation, now: Obligation) -> bool:
    """Let an obligation that stands as `was` stand as `now`; False when it does not."""
    key = (was.shard_id, was.registered_month, was.declaration_id)
    cursor = transaction.execute(
        """
        UPDATE obligation SET assessed_vnd = %s, outstanding_vnd = %s, due_on = %s
        WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) AND (assessed_vnd, outstanding_vnd, due_on) = (%s, %s, %s)
        """,
        (now.assessed_vnd, now.outstanding_vnd, now.due_on, *key, was.assessed_vnd, was.outstanding_vnd, was.due_on),
    )
    return cursor.rowcount == 1


def insert_suspense(transaction: Transaction, rows: list[Suspense]) -> None:
    """Append money that waits for a person."""
    transaction.write(SUSPENSE, [astuple(row) for row in rows])


_OLDEST_DUE = Statement(
    """
    SELECT DISTINCT t.office, oldest.due_on
    FROM unnest(%s, %s) AS t(shard, office)
    CROSS JOIN LATERAL (
        SELECT o.due_on FROM obligation o
        WHERE o.shard_id = t.shard AND left(o.trader_code, 10) = t.office AND o.outstanding_vnd > 0
        ORDER BY o.due_on LIMIT 1
    ) AS oldest
    """,
    "int2[]",
    "text[]",
)


def select_oldest_due(asker: Asker, shards: list[int], offices: list[str]) -> Asked:
    """Ask for the oldest unpaid due date of head offices (first ten digits): rows (office, due_on)."""
    return ask(asker, _OLDEST_DUE, (shards, offices))


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


def select_unexplained_suspense(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return suspense that no transfer books, or with another amount, and transfers to suspense that nobody keeps."""
    return connection.execute(
        """
        SELECT coalesce(s.account, t.credit_account), s.amount_vnd, t.amount_vnd
        FROM (SELECT 'suspense:' || suspense_id AS account, amount_vnd FROM suspense) s
        FULL JOIN (SELECT credit_account, sum(amount_vnd)::bigint AS amount_vnd FROM transfer
                   WHERE credit_account LIKE 'suspense:%' GROUP BY 1) t ON t.credit_account = s.account
        WHERE s.amount_vnd IS DISTINCT FROM t.amount_vnd
        """
    ).fetchall()


def next_batch_no(connection: psycopg.Connection[Any]) -> int:
    """Return the number of the next batch of adjustments; whoever asks at the same time waits until this transaction ends."""
    connection.execute("LOCK TABLE adjustment_batch IN SHARE ROW EXCLUSIVE MODE")
    row = connection.execute("SELECT coalesce(max(batch_no), 0) + 1 FROM adjustment_batch").fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])


def insert_batch(connection: psycopg.Connection[Any], batch: AdjustmentBatch) -> None:
    """Put the head of a batch on file."""
    connection.execute("INSERT INTO adjustment_batch VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", astuple(batch))


def select_batches(connection: psycopg.Connection[Any]) -> list[AdjustmentBatch]:
    """Return every batch, in the order of numbers."""
    cursor = connection.execute(
        "SELECT batch_no, newer_version, reason, prepared_by, prepared_at, row_count, rows_digest, signature FROM adjustment_batch ORDER BY 1"
    )
    return [
        AdjustmentBatch(
            batch_no=row[0], newer_version=row[1], reason=row[2], prepared_by=row[3], prepared_at=row[4], row_count=row[5], rows_digest=row[6],
            signature=row[7],
        )
        for row in cursor
    ]  # fmt: skip


def insert_adjustments(connection: psycopg.Connection[Any], rows: Sequence[tuple[object, ...]]) -> None:
    """Put prepared adjustments on file, each as `rules.prepared_row` writes it."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO prepared_adjustment (shard_id, registered_month, declaration_id, batch_no, amendment_no, judged_version,"
            " newer_version, was_vnd, now_vnd, prepared_by, power_id, prepared_at, reason) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def select_batch_rows(connection: psycopg.Connection[Any], batch_no: int | None) -> list[tuple[Any, ...]]:
    """Return the adjustments of a batch (None: of all) on one server, in the order of keys."""
    statement = sql.SQL(
        "SELECT {} FROM prepared_adjustment WHERE %s::int4 IS NULL OR batch_no = %s ORDER BY batch_no, shard_id, registered_month, declaration_id"
    ).format(sql.SQL(", ").join(map(sql.Identifier, ADJUSTMENT.columns)))
    return connection.execute(statement, (batch_no, batch_no)).fetchall()


def decide_adjustment(transaction: Transaction, each: PreparedAdjustment) -> bool:
    """Write a decision on an adjustment that waits; False when none does."""
    cursor = transaction.execute(
        """
        UPDATE prepared_adjustment SET decided_seq = %s, decided_by = %s, decided_at = %s, accepted = %s
        WHERE (shard_id, registered_month, declaration_id, batch_no) = (%s, %s, %s, %s) AND decided_seq IS NULL
        """,
        (
            *(each.decided_seq, each.decided_by, each.decided_at, each.accepted),
            *(each.shard_id, each.registered_month, each.declaration_id, each.batch_no),
        ),
    )
    return cursor.rowcount == 1


def adjustment_of(row: Sequence[Any]) -> PreparedAdjustment:
    """Return a row of `ADJUSTMENT` as the term."""
    facts = dict(zip(ADJUSTMENT.columns, row, strict=True))
    return PreparedAdjustment(**{**facts, "was_vnd": tuple(facts["was_vnd"]), "now_vnd": tuple(facts["now_vnd"])})
