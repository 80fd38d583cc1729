"""Rows that say whom a declaration concerns."""

from uuid import UUID

from haidang.platform.db import Transaction


def select_concerned(transaction: Transaction, key: tuple[int, int, UUID]) -> tuple[str, int]:
    """Return (trader_code, declarant_id) of a declaration that is there for the role."""
    row = transaction.execute(
        "SELECT trader_code, declarant_id FROM declaration WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s)",
        key,
    ).fetchone()
    assert row is not None, "the declaration was found in this transaction"
    return row[0], row[1]
