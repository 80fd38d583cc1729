"""What the pass has stored of a declaration, as rows that digests cover: for those who check what stands there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.clearance import store
from haidang.clearance.terms import Condition
from haidang.clearance.terms.revisions import Revision
from haidang.platform.db import Transaction, rows_of


class ConditionRows(Struct, frozen=True):
    """The conditions of one declaration as stored: what opened with which act, what closed with which."""

    opened: list[tuple[Any, ...]]
    closed: list[tuple[Any, ...]]
    conditions: tuple[Condition, ...]

    def opened_by(self, journal_seq: int) -> list[tuple[Any, ...]]:
        """Return what opened with an act."""
        return [row for row in self.opened if row[_OPENED_SEQ] == journal_seq]

    def closed_by(self, journal_seq: int) -> list[tuple[Any, ...]]:
        """Return what closed with an act."""
        return [row for row in self.closed if row[_CLOSED_SEQ] == journal_seq]

    def numbers_opened(self, journal_seq: int) -> list[int]:
        """Return the numbers of what opened with an act."""
        return [row[_NUMBER] for row in self.opened_by(journal_seq)]

    def numbers_closed(self, journal_seq: int) -> list[int]:
        """Return the numbers of what closed with an act."""
        return [row[_NUMBER] for row in self.closed_by(journal_seq)]


_NUMBER = store.OPENED.columns.index("condition_no")


_OPENED_SEQ = store.OPENED.columns.index("opened_seq")


_CLOSED_SEQ = store.CLOSED.columns.index("closed_seq")


def opened_rows(
    key: tuple[int, int, UUID], conditions: Sequence[Condition], journal_seq: int
) -> list[tuple[object, ...]]:
    """Return the rows that these conditions make when they open with an act."""
    return [store.opened_row(key, condition, journal_seq) for condition in conditions]


def closed_rows(
    key: tuple[int, int, UUID], conditions: Sequence[Condition], journal_seq: int
) -> list[tuple[object, ...]]:
    """Return the rows that these conditions make when they close with an act."""
    return [store.closed_row(key, condition, journal_seq) for condition in conditions]


class RevisionRows(Struct, frozen=True):
    """What was asked about one declaration and decided, as stored: the terms, and the rows that digests cover."""

    revisions: tuple[Revision, ...] = ()
    asked: list[tuple[Any, ...]] = []
    decided: list[tuple[Any, ...]] = []

    def written_by(self, journal_seq: int) -> list[tuple[Any, ...]]:
        """Return what an act wrote: what it asked, what it decided."""
        return [row for row in self.asked if row[_REVISION_ASKED] == journal_seq] + [
            row for row in self.decided if row[_REVISION_DECIDED] == journal_seq
        ]

    def asked_by(self, journal_seq: int) -> Revision | None:
        """Return what an act asked, None when it asked nothing."""
        return next((each for each in self.revisions if each.asked_seq == journal_seq), None)

    def decided_by(self, journal_seq: int) -> Revision | None:
        """Return on what an act decided, None when on nothing."""
        return next((each for each in self.revisions if each.decided_seq == journal_seq), None)


_REVISION_ASKED = store.REVISION.columns.index("asked_seq")


_REVISION_DECIDED = store.REVISION_DECIDED.columns.index("decided_seq")


def revision_rows(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, RevisionRows]:
    """Return revisions as stored, by declaration id; absent when nothing was asked."""
    asked, decided = rows_of(connection, store.REVISION, keys), rows_of(connection, store.REVISION_DECIDED, keys)
    revisions = store.select_revisions(Transaction(connection), keys)
    return {
        one: RevisionRows(its, asked[one], [row for row in decided[one] if row[_REVISION_DECIDED] is not None])
        for one, its in revisions.items()
    }


def revision_row(key: tuple[int, int, UUID], revision: Revision) -> tuple[Any, ...]:
    """Return the row that a revision makes when it is asked."""
    return store.revision_row(key, revision)


def misnumbered_revisions(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return where the numbers of revisions and the revisions differ: (shard, number, what)."""
    return store.select_misnumbered(connection)


def condition_rows(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, ConditionRows]:
    """Return conditions as stored, by declaration id; a declaration without any is absent."""
    opened = rows_of(connection, store.OPENED, keys)
    closed = rows_of(connection, store.CLOSED, keys)
    conditions = store.select(Transaction(connection), keys)
    return {
        declaration_id: ConditionRows(
            rows, [row for row in closed[declaration_id] if row[_CLOSED_SEQ] is not None], conditions[declaration_id]
        )
        for declaration_id, rows in opened.items()
    }


class OfficerRows(Struct, frozen=True):
    """What officers did with one declaration, as stored: rows by table, each in the order of its columns."""

    acts: list[tuple[Any, ...]] = []
    proposed: list[tuple[Any, ...]] = []
    decided: list[tuple[Any, ...]] = []
    asked: list[tuple[Any, ...]] = []
    answered: list[tuple[Any, ...]] = []
    orders: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    evidence: list[tuple[Any, ...]] = []
    attached: list[tuple[Any, ...]] = []

    def written_by(self, journal_seq: int) -> list[list[tuple[Any, ...]]]:
        """Return what an act wrote, table by table, in the order in which its digest covers them."""
        return [
            [row for row in rows if row[_SEQ_OF[name]] == journal_seq]
            for name, rows in zip(self.__struct_fields__, self.every(), strict=True)
        ]

    def every(self) -> list[list[tuple[Any, ...]]]:
        """Return all rows, table by table."""
        return [getattr(self, name) for name in self.__struct_fields__]


_OFFICER_TABLES = {
    "acts": store.ACT, "proposed": store.PROPOSED, "decided": store.DECIDED, "asked": store.ASKED,
    "answered": store.ANSWERED, "orders": store.ORDER, "lines": store.LINE, "evidence": store.EVIDENCE, "attached": store.ATTACHED,
}  # fmt: skip


_SEQ_OF = {
    name: next(place for place, column in enumerate(table.columns) if column.endswith("_seq"))
    for name, table in _OFFICER_TABLES.items()
}


ACT_COLUMNS = store.ACT.columns
"""Columns of `OfficerRows.acts`."""


PROPOSED_COLUMNS = store.PROPOSED.columns
"""Columns of `OfficerRows.proposed`."""


def officer_rows(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, OfficerRows]:
    """Return what officers did with these declarations, by declaration id; absent when nobody did anything."""
    found = {name: rows_of(connection, table, keys) for name, table in _OFFICER_TABLES.items()}
    touched = {declaration_id for rows in found.values() for declaration_id in rows}
    result = {}
    for one in touched:
        its = {name: rows.get(one, []) for name, rows in found.items()}
        for later in ("decided", "answered"):
            its[later] = [row for row in its[later] if row[_SEQ_OF[later]] is not None]
        result[one] = OfficerRows(**its)
    return result
