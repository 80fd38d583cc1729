"""Rows that say whom a declaration concerns besides its trader: who declares it, and who entrusted it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from haidang.declarations.terms import Declaration, EntrustingParty
from haidang.platform.db import Table, Transaction

ENTRUSTMENT = Table(
    "entrustment", shard_id="int2", registered_month="int4", declaration_id="uuid", amendment_no="int2", entrusting_code="text",
    entrusting_name="text", trader_code="text", customs_office_code="text",
)  # fmt: skip
_NO = ENTRUSTMENT.columns.index("amendment_no")


def entrustment_rows(
    key: tuple[int, int, UUID], declared: Declaration, amendment_no: int = 0
) -> list[tuple[object, ...]]:
    """Return the row that says who entrusted a declaration, or one amendment of it; none when it is the trader's own."""
    if not declared.entrusting_party_code:
        return []
    names = (declared.entrusting_party_code, declared.entrusting_party_name)
    return [(*key, amendment_no, *names, declared.trader_code, declared.customs_office_code)]


def insert_entrustments(transaction: Transaction, rows: Sequence[tuple[object, ...]]) -> None:
    """Append who entrusted declarations."""
    transaction.write(ENTRUSTMENT, rows)


def of_amendment(rows: Sequence[tuple[Any, ...]], amendment_no: int) -> list[tuple[Any, ...]]:
    """Return the rows of one amendment (0: the registration)."""
    return [row for row in rows if row[_NO] == amendment_no]


def select_entrusting(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[EntrustingParty]]:
    """Return who entrusted declarations, in any version, the registration first, by declaration id."""
    found: dict[UUID, list[EntrustingParty]] = {}
    rows = connection.execute(
        """SELECT e.declaration_id, e.amendment_no, e.entrusting_code, e.entrusting_name
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN entrustment e USING (shard_id, registered_month, declaration_id) ORDER BY e.amendment_no""",
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
        binary=True,
    )
    for declaration_id, *facts in rows:
        found.setdefault(declaration_id, []).append(EntrustingParty(*facts))
    return found


def select_concerned(transaction: Transaction, key: tuple[int, int, UUID]) -> tuple[str, int]:
    """Return (trader_code, declarant_id) of a declaration that is there for the role."""
    row = transaction.execute(
        "SELECT trader_code, declarant_id FROM declaration WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s)",
        key,
    ).fetchone()
    assert row is not None, "the declaration was found in this transaction"
    return row[0], row[1]
