"""Reads of risk: the set of criteria for snapshots, decisions for officers and auditors."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

from haidang.platform.db import Transaction, rows_of
from haidang.risk import store
from haidang.risk.terms import Criterion, Decided, NoCriteria, Share


def read_criteria(
    connection: psycopg.Connection[Any], version: int | None = None
) -> tuple[int, tuple[Criterion, ...], Mapping[int, Share]]:
    """Return one set: its version, all its criteria whatever their dates, and its shares by level. Without a version, the newest.

    Raises:
        NoCriteria: no such set is loaded.
    """
    chosen = store.select_version(connection) if version is None else version
    shares = {share.level: share for share in store.select_shares(connection, chosen)}
    if not shares:
        raise NoCriteria(f"no set of risk criteria with version {chosen} is loaded")
    return chosen, store.select_criteria(connection, chosen), shares


def read_decisions(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[Decided]]:
    """Return every decision on these declarations, oldest first, by declaration id: for officers and auditors, never for a trader."""
    return {
        declaration_id: [store.decided_of(row) for row in rows]
        for declaration_id, rows in rows_of(connection, store.RISK_DECISION, keys).items()
    }


def channel_reasons(transaction: Transaction, key: tuple[int, int, UUID]) -> list[dict[str, Any]]:
    """Return why a file has its channel: nothing unless the transaction has named the office of the file. Thresholds are never in it."""
    names = ("decision_no", "decided_at", "channel", "reason", "criterion")
    return [dict(zip(names, row, strict=True)) for row in store.select_reasons(transaction, key)]
