"""What advance rulings said of the lines that a declaration, or somebody who wants to change it, declared: rows that digests cover, and views."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import psycopg

from haidang.clearance import store
from haidang.kernel.calendar import vn_text
from haidang.platform.db import rows_of
from haidang.rulings.terms import RuledLine, RuledStatus, RulingKind

Key = tuple[int, int, UUID]
Row = tuple[Any, ...]


def ruled_rows(key: Key, ruled: Iterable[RuledLine], seq: int) -> list[Row]:
    """Return the rows of what advance rulings said of the lines of a declaration."""
    return [
        (*key, seq, each.line_no, each.ruling_no, int(each.kind), int(each.status), each.ruled, each.since)
        for each in ruled
    ]


def ruled_line(row: Row) -> RuledLine:
    """Turn a row into a term."""
    _, _, _, _, line_no, number, kind, status, ruled, since = row
    return RuledLine(line_no, number, RulingKind(kind), RuledStatus(status), ruled, since)


def stored_ruled(connection: psycopg.Connection[Any], keys: Sequence[Key]) -> dict[UUID, list[Row]]:
    """Return the rows of declarations by id, by act, line and number; absent where no ruling said anything."""
    found = rows_of(connection, store.RULED, keys)
    return {one: sorted(rows, key=lambda row: row[RULED_SEQ:6]) for one, rows in found.items()}


RULED_SEQ = store.RULED.columns.index("journal_seq")


def ruled_by(rows: Iterable[Row], journal_seq: int) -> list[dict[str, object]]:
    """Return what rulings say of what one act declared, for those who read the declaration."""
    return ruled_view(ruled_line(row) for row in rows if row[RULED_SEQ] == journal_seq)


def ruled_view(ruled: Iterable[RuledLine]) -> list[dict[str, object]]:
    """Return what rulings say of lines for those who read the declaration: `ruled`, `differs` (other goods), `ended` (and since when)."""
    return [
        {
            "line_no": each.line_no,
            "ruling_no": each.ruling_no,
            "kind": each.kind.name.lower(),
            "status": each.status.name.lower(),
            "ruled": each.ruled,
            "ended_since": vn_text(each.since),
        }
        for each in ruled
    ]
