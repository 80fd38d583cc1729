"""A hand in the database: every file is spoiled in one way of its own, and what `haidang verify` tells is led back to it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import psycopg

from haidang.site.verifying_report import Violation


def spoil(dsn: str, numbers: Mapping[str, str], statements: Mapping[str, str]) -> dict[str, UUID]:
    """Run, as superuser, each way's statement on the rows of its file alone; return the ids of the files.

    A statement may name the file itself as `%(id)s` and may end with a condition, to which the file is added. One that changes nothing is a fault of the test.
    """
    with psycopg.connect(dsn, autocommit=True) as admin:
        known = dict(admin.execute("SELECT no11, declaration_id FROM declaration_no").fetchall())
        ids = {what: known[int(number[:11])] for what, number in numbers.items()}
        for what, statement in statements.items():
            where = "AND" if " WHERE " in statement else "WHERE"
            its: Any = f"{statement} {where} declaration_id = %(id)s"
            assert admin.execute(its, {"id": ids[what]}).rowcount > 0, what
    return ids


def told_of(rows: Iterable[Violation], numbers: Mapping[str, str], ids: Mapping[str, UUID]) -> dict[str, set[str]]:
    """Return, by way of spoiling, which invariants were told to be broken of its file."""
    told: dict[str, set[str]] = {what: set() for what in numbers}
    for row in rows:
        for what, number in numbers.items():
            if number[:11] in row.subject or str(ids[what]) in row.subject:
                told[what].add(row.invariant)
    return told
