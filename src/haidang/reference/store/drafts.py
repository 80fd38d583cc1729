"""Drafts of the law book in PostgreSQL: what they say, and every step of them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection, sql

from haidang.reference.terms import Draft, DraftEvent, DraftRow

_DRAFT = sql.SQL(
    "draft_id, title, base_version, author, made_at, rows_digest, submitted_at, approved_by, approved_at, published_by, published_at,"
    " version, book_digest, withdrawn_by, withdrawn_at"
)


def insert_draft(connection: Connection[Any], title: str, base_version: int, author: str, at: datetime) -> int:
    """Add a draft; return its number."""
    row = connection.execute(
        "INSERT INTO law_draft (title, base_version, author, made_at) VALUES (%s, %s, %s, %s) RETURNING draft_id",
        (title, base_version, author, at),
    ).fetchone()
    assert row is not None
    return int(row[0])


def select_drafts(connection: Connection[Any], draft_id: int | None = None) -> list[Draft]:
    """Return one draft, or all in the order of their numbers."""
    found = connection.execute(
        sql.SQL("SELECT {} FROM law_draft WHERE %(id)s::integer IS NULL OR draft_id = %(id)s ORDER BY draft_id").format(
            _DRAFT
        ),
        {"id": draft_id},
    )
    names = Draft.__struct_fields__
    return [Draft(**dict(zip(names, row, strict=True))) for row in found]


def update_draft(connection: Connection[Any], draft_id: int, **changed: object) -> None:
    """Set columns of a draft; the constraints of its table refuse an author who approves or publishes."""
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in changed.items()
    )
    connection.execute(
        sql.SQL("UPDATE law_draft SET {} WHERE draft_id = {}").format(assignments, sql.Literal(draft_id))
    )


def put_draft_row(connection: Connection[Any], draft_id: int, row: DraftRow) -> None:
    """Keep a changed row, in the place of what the draft said of it before."""
    cells = None if row.cells is None else json.dumps(dict(row.cells), ensure_ascii=False)
    connection.execute(
        """INSERT INTO law_draft_row (draft_id, table_name, key, cells) VALUES (%s, %s, %s, %s)
        ON CONFLICT (draft_id, table_name, key) DO UPDATE SET cells = EXCLUDED.cells""",
        (draft_id, row.table, list(row.key), cells),
    )


def drop_draft_row(connection: Connection[Any], draft_id: int, table: str, key: Sequence[str]) -> bool:
    """Take a row out of a draft; False when the draft has none of that key."""
    done = connection.execute(
        "DELETE FROM law_draft_row WHERE draft_id = %s AND table_name = %s AND key = %s", (draft_id, table, list(key))
    )
    return done.rowcount == 1


def select_draft_rows(connection: Connection[Any], draft_id: int) -> tuple[DraftRow, ...]:
    """Return the rows of a draft by table and key."""
    found = connection.execute(
        'SELECT table_name, key, cells FROM law_draft_row WHERE draft_id = %s ORDER BY table_name COLLATE "C", key COLLATE "C"',
        (draft_id,),
    )
    return tuple(DraftRow(table, tuple(key), cells) for table, key, cells in found)


def insert_draft_event(connection: Connection[Any], event: DraftEvent) -> None:
    """Append one step of a draft."""
    connection.execute(
        """INSERT INTO law_draft_event (event_no, draft_id, event, officer_code, power_id, happened_at, detail, digest)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        msgspec.structs.astuple(event),
    )


def select_draft_events(connection: Connection[Any], draft_id: int | None = None) -> tuple[DraftEvent, ...]:
    """Return the steps of a draft, or of all, in order."""
    found = connection.execute(
        """SELECT event_no, draft_id, event, officer_code, power_id, happened_at, detail, digest
        FROM law_draft_event WHERE %(id)s::integer IS NULL OR draft_id = %(id)s ORDER BY event_no""",
        {"id": draft_id},
    )
    return tuple(DraftEvent(*row) for row in found)


def select_last_event(connection: Connection[Any]) -> DraftEvent | None:
    """Return the last step of any draft."""
    found = connection.execute(
        """SELECT event_no, draft_id, event, officer_code, power_id, happened_at, detail, digest
        FROM law_draft_event ORDER BY event_no DESC LIMIT 1"""
    ).fetchone()
    return DraftEvent(*found) if found else None


def versions_of_drafts(connection: Connection[Any]) -> dict[int, int]:
    """Return the version that each draft made, by the number of the draft."""
    found = connection.execute("SELECT draft_id, version FROM law_book_version WHERE draft_id IS NOT NULL")
    return dict(found.fetchall())


def newest_from_files(connection: Connection[Any]) -> tuple[int, str]:
    """Return number and digest (hexadecimal) of the newest version whose book was read from files, (0, "") when there is none."""
    found = connection.execute(
        """SELECT version, encode(digest, 'hex') FROM law_book_version v
        WHERE NOT EXISTS (SELECT FROM law_draft d WHERE d.book_digest = v.digest) ORDER BY version DESC LIMIT 1"""
    ).fetchone()
    return (found[0], found[1]) if found else (0, "")
