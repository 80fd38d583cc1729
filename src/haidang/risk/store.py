"""Rows of criteria, shares and decisions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from haidang.platform.db import Table, Transaction
from haidang.risk.terms import Channel, Criterion, Decided, Decision, Share

RISK_DECISION = Table(
    "risk_decision", shard_id="int2", registered_month="int4", declaration_id="uuid", decision_no="int2", channel="int2", reasons="text[]",
    draw="int4", level="int2", criteria_version="int4", facts_digest="bytea", decided_at="timestamptz",
)  # fmt: skip


def decision_rows(decided: Sequence[Decided]) -> list[tuple[object, ...]]:
    """Return decisions as rows in the order of `RISK_DECISION`."""
    return [
        (
            each.shard_id,
            each.registered_month,
            each.declaration_id,
            each.decision_no,
            int(each.decision.channel),
            list(each.decision.reasons),
            each.decision.draw,
            each.decision.level,
            each.decision.criteria_version,
            each.facts_digest,
            each.decided_at,
        )
        for each in decided
    ]


def decided_of(row: tuple[Any, ...]) -> Decided:
    """Turn a row of `RISK_DECISION` into a term."""
    return Decided(
        shard_id=row[0],
        registered_month=row[1],
        declaration_id=row[2],
        decision_no=row[3],
        decision=Decision(Channel(row[4]), tuple(row[5]), row[6], row[7], row[8]),
        facts_digest=row[9],
        decided_at=row[10],
    )


def select_version(connection: psycopg.Connection[Any]) -> int:
    """Return the newest version loaded, 0 when there is none."""
    row = connection.execute("SELECT coalesce(max(version), 0) FROM risk_set").fetchone()
    assert row is not None
    return int(row[0])


def select_criteria(connection: psycopg.Connection[Any], version: int) -> tuple[Criterion, ...]:
    """Return the criteria of one version by id."""
    rows = connection.execute(
        "SELECT criterion_id, name, condition, channel, valid_from, valid_until, sample FROM risk_criterion"
        " WHERE version = %s ORDER BY criterion_id",
        (version,),
    ).fetchall()
    return tuple(
        Criterion(
            criterion_id=row[0],
            name=row[1],
            condition=row[2],
            channel=Channel(row[3]),
            valid_from=row[4],
            valid_until=row[5],
            sample=row[6],
        )
        for row in rows
    )


def select_shares(connection: psycopg.Connection[Any], version: int) -> tuple[Share, ...]:
    """Return the shares of one version by level."""
    rows = connection.execute(
        "SELECT level, yellow_bp, red_bp, sample FROM risk_share WHERE version = %s ORDER BY level", (version,)
    ).fetchall()
    return tuple(Share(level=row[0], yellow_bp=row[1], red_bp=row[2], sample=row[3]) for row in rows)


def lock_sets(transaction: Transaction) -> None:
    """Let nobody else load a set until the transaction ends; readers go on."""
    transaction.execute("LOCK TABLE risk_set IN SHARE ROW EXCLUSIVE MODE")


def insert_set(transaction: Transaction, version: int, criteria: Sequence[Criterion], shares: Sequence[Share]) -> None:
    """Append one version, loaded at the legal time of the database; at commit the channel `haidang_risk` carries its number."""
    transaction.execute("INSERT INTO risk_set (version, loaded_at) VALUES (%s, legal_now())", (version,))
    transaction.execute("SELECT pg_notify('haidang_risk', %s)", (str(version),))
    with transaction.connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO risk_criterion (version, criterion_id, name, condition, channel, valid_from, valid_until, sample)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    version,
                    each.criterion_id,
                    each.name,
                    Jsonb(each.condition),
                    int(each.channel),
                    each.valid_from,
                    each.valid_until,
                    each.sample,
                )
                for each in criteria
            ],
        )
        cursor.executemany(
            "INSERT INTO risk_share (version, level, yellow_bp, red_bp, sample) VALUES (%s, %s, %s, %s, %s)",
            [(version, each.level, each.yellow_bp, each.red_bp, each.sample) for each in shares],
        )


def select_reasons(transaction: Transaction, key: tuple[int, int, UUID]) -> list[tuple[Any, ...]]:
    """Return the reasons of a file's channel for officers of its office: (decision_no, decided_at, channel, reason, name of the criterion)."""
    return transaction.execute("SELECT * FROM channel_reasons(%s::smallint, %s::integer, %s::uuid)", key).fetchall()
