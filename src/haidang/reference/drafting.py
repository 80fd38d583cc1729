"""What is done with drafts of the law book: made, edited, submitted, approved by a second person, published as a numbered version, withdrawn.

Each step runs in one transaction (the caller's, when there is one) as `haidang_owner`, and appends an event whose digest covers the one before. Whether
somebody has the power is judged by whoever calls: powers stand on a higher floor.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from psycopg import Connection
from psycopg.errors import CheckViolation

from haidang.journal.rules import digest
from haidang.reference import lookups, store
from haidang.reference.rules import KEY_COLUMNS, Change
from haidang.reference.rules import changes as changes_of
from haidang.reference.rules import drafting as rules
from haidang.reference.store import drafts as kept
from haidang.reference.terms import (
    CodeList,
    Draft,
    DraftEvent,
    DraftNeedsAnother,
    DraftNotNow,
    DraftOfAnother,
    DraftRow,
    DraftState,
    Editor,
    LawbookProblems,
    Problem,
)


def begin(connection: Connection[Any], title: str, editor: Editor) -> int:
    """Make an empty draft on the newest version; return its number.

    Raises:
        LawbookVersionUnknown: no law book is loaded.
    """
    with _alone(connection):
        version = lookups.latest_version(connection)
        at = store.legal_now(connection)
        number = kept.insert_draft(connection, title, version, editor.officer_code, at)
        _note(connection, number, "made", editor, {"title": title, "base_version": version}, at)
    return number


def set_row(
    connection: Connection[Any], draft_id: int, table: str, cells: Mapping[str, str], editor: Editor
) -> DraftRow:
    """Have a draft say a row: cells that are not given stay as the book or the draft has them; returns the whole row.

    Raises:
        DraftUnknown, DraftNotNow, DraftOfAnother: there is no such draft, it is no longer open, or it is another's.
        LawbookProblems: no such table or column, or a list that the tariff is read with.
        UnreadableLawbook: a cell cannot be read.
    """
    with _alone(connection):
        draft, rows, _ = _open(connection, draft_id, editor)
        left_out = _left_out(connection, draft.base_version, (*rows, DraftRow(table, (), None)))
        book = lookups.read_book(connection, draft.base_version, left_out)
        said = rules.merged(book, [row for row in rows if row.table == "lists"])
        _refuse(rules.misplaced(said, table, cells))
        key = rules.key_of(table, cells)
        before = rules.index(rules.merged(book, rows)).get((table, key))
        whole = {**(rules.cells_of(before) if before is not None else {}), **cells}
        rules.row_of(table, whole, {of.name: of for of in said.lists})
        made = DraftRow(table, key, {name: text.strip() for name, text in whole.items()})
        _put(connection, draft_id, made, editor)
    return made


def remove_row(
    connection: Connection[Any], draft_id: int, table: str, key: tuple[str, ...], editor: Editor
) -> DraftRow:
    """Have a draft take a row out of the book, from the version that it makes on; earlier versions go on to say it.

    Raises:
        DraftUnknown, DraftNotNow, DraftOfAnother: as `set_row`.
        LawbookProblems: no such table, or a list that the tariff is read with.
    """
    with _alone(connection):
        draft, _, _ = _open(connection, draft_id, editor)
        _refuse(
            rules.misplaced(
                lookups.read_book(connection, draft.base_version, lookups.packed_lists(connection, draft.base_version)),
                table,
                (),
            )
        )
        width = len(KEY_COLUMNS[table.partition("/")[0]])
        made = DraftRow(table, (*key, *("",) * (width - len(key)))[:width], None)
        _put(connection, draft_id, made, editor)
    return made


def drop_row(connection: Connection[Any], draft_id: int, table: str, key: tuple[str, ...], editor: Editor) -> bool:
    """Take a row out of a draft, so that it says nothing of it any more; False when it said nothing.

    Raises:
        DraftUnknown, DraftNotNow, DraftOfAnother: as `set_row`.
    """
    with _alone(connection):
        _open(connection, draft_id, editor)
        width = len(KEY_COLUMNS.get(table.partition("/")[0], key))
        whole = (*key, *("",) * (width - len(key)))[:width]
        dropped = kept.drop_draft_row(connection, draft_id, table, whole)
        if dropped:
            _note(connection, draft_id, "unset", editor, {"table": table, "key": list(whole)})
    return dropped


def problems(connection: Connection[Any], draft_id: int) -> tuple[Problem, ...]:
    """Return everything that keeps a draft from being published on the newest version; none: it may be.

    Raises:
        DraftUnknown: there is no such draft.
    """
    draft, rows, _ = lookups.draft(connection, draft_id)
    version = lookups.latest_version(connection)
    left_out = _left_out(connection, version, rows)
    newest = lookups.read_book(connection, version, left_out)
    base = newest if draft.base_version == version else lookups.read_book(connection, draft.base_version, left_out)
    found = rules.problems_of_draft(draft.base_version, base, newest, rows)
    return tuple(
        replace(problem, place=f"draft {draft_id}: {problem.table} {' '.join(problem.key)}".strip())
        for problem in found
    )


def changes(connection: Connection[Any], draft_id: int) -> tuple[Change, ...]:
    """Return what a draft changes of the version it was made on.

    Raises:
        DraftUnknown: there is no such draft.
    """
    draft, rows, _ = lookups.draft(connection, draft_id)
    base = lookups.read_book(connection, draft.base_version, _left_out(connection, draft.base_version, rows))
    return changes_of(base, rules.merged(base, rows))


def submit(connection: Connection[Any], draft_id: int, editor: Editor) -> None:
    """Seal the rows of a draft and lay it before a second person.

    Raises:
        DraftUnknown, DraftNotNow, DraftOfAnother: as `set_row`.
        LawbookProblems: it may not be published as it stands.
    """
    with _alone(connection):
        _, rows, _ = _open(connection, draft_id, editor)
        _refuse(problems(connection, draft_id))
        sealed = rows_digest(rows)
        at = _note(connection, draft_id, "submitted", editor, {"rows": sealed.hex()})
        kept.update_draft(connection, draft_id, rows_digest=sealed, submitted_at=at)


def approve(connection: Connection[Any], draft_id: int, editor: Editor) -> None:
    """Approve a submitted draft as a second person.

    Raises:
        DraftUnknown, DraftNotNow: there is no such draft, or it is not submitted.
        DraftNeedsAnother: its author approves it.
    """
    with _alone(connection), _by_another():
        draft = _of_another(connection, draft_id, DraftState.SUBMITTED, editor)
        at = _note(connection, draft_id, "approved", editor, {"rows": (draft.rows_digest or b"").hex()})
        kept.update_draft(connection, draft_id, approved_by=editor.officer_code, approved_at=at)


def publish(connection: Connection[Any], draft_id: int, editor: Editor) -> int:
    """Make an approved draft the next version of the book; return its number. At commit the channel `haidang_lawbook` carries it.

    The version is written as a load writes it: what is unchanged is not touched, what the draft says otherwise is closed and opened, nothing is
    deleted. The tariff stays as it is.

    Raises:
        DraftUnknown, DraftNotNow: there is no such draft, or it is not approved.
        DraftNeedsAnother: its author publishes it.
        LawbookProblems: the book has changed so that it may not be published any more.
    """
    with _alone(connection), _by_another():
        draft = _of_another(connection, draft_id, DraftState.APPROVED, editor)
        rows = kept.select_draft_rows(connection, draft_id)
        if rows_digest(rows) != draft.rows_digest:
            raise DraftNotNow
        _refuse(problems(connection, draft_id))
        version = lookups.latest_version(connection)
        named = book_digest(lookups.version_digest(connection, version), draft_id, draft.rows_digest)
        left_out = _left_out(connection, version, rows)
        book = replace(rules.merged(lookups.read_book(connection, version, left_out), rows), digest=named.hex())
        store.write_version(connection, version + 1, book, f"draft {draft_id}: {draft.title}", left_out, draft_id)
        at = _note(connection, draft_id, "published", editor, {"version": version + 1, "book": named.hex()})
        kept.update_draft(
            connection,
            draft_id,
            published_by=editor.officer_code,
            published_at=at,
            version=version + 1,
            book_digest=named,
        )
        store.notify(connection, version + 1)
    return version + 1


def withdraw(connection: Connection[Any], draft_id: int, reason: str, editor: Editor) -> None:
    """End a draft that is not published: by its author while it is open, by anybody with the power once it is submitted.

    Raises:
        DraftUnknown, DraftNotNow, DraftOfAnother: there is no such draft, it is published or withdrawn, or it is another's and still open.
    """
    with _alone(connection):
        draft, _, _ = lookups.draft(connection, draft_id)
        if draft.state in (DraftState.PUBLISHED, DraftState.WITHDRAWN):
            raise DraftNotNow
        if draft.state is DraftState.OPEN and draft.author != editor.officer_code:
            raise DraftOfAnother
        at = _note(connection, draft_id, "withdrawn", editor, {"reason": reason})
        kept.update_draft(connection, draft_id, withdrawn_by=editor.officer_code, withdrawn_at=at)


def write_to_files(connection: Connection[Any], draft_id: int, folder: Path) -> list[Path]:
    """Write the rows of a published draft into the files of a law book, so that they say what the database says; return the files changed.

    Raises:
        DraftUnknown, DraftNotNow: there is no such draft, or it is not published.
        UnreadableLawbook: a file cannot be read.
    """
    _standing(connection, draft_id, DraftState.PUBLISHED)
    by_table: dict[str, list[DraftRow]] = {}
    for row in kept.select_draft_rows(connection, draft_id):
        by_table.setdefault(row.table, []).append(row)
    return [_rewrite(folder, table, rows) for table, rows in by_table.items()]


def rows_digest(rows: tuple[DraftRow, ...]) -> bytes:
    """Return the SHA-256 of the rows of a draft, in the order of table and key."""
    ordered = sorted(rows, key=lambda row: (row.table, row.key))
    return digest(
        [(row.table, list(row.key), None if row.cells is None else sorted(row.cells.items())) for row in ordered]
    )


def book_digest(before: bytes, draft_id: int, rows: bytes | None) -> bytes:
    """Return the SHA-256 that names the version which a draft makes: of the version before, its number and its rows."""
    return sha256(before + f"\ndraft {draft_id}\n".encode() + (rows or b"")).digest()


def sealed(event: DraftEvent, previous: bytes) -> bytes:
    """Return the digest of a step: of everything it says and of the digest of the step before (empty for the first)."""
    head = (
        *(event.event_no, event.draft_id, event.event, event.officer_code, event.power_id),
        *(event.happened_at, event.detail),
    )
    return digest((previous, head))


@contextmanager
def _alone(connection: Connection[Any]) -> Iterator[None]:
    with connection.transaction():
        store.lock(connection)
        yield


@contextmanager
def _by_another() -> Iterator[None]:
    """The table itself refuses an author who approves or publishes."""
    try:
        yield
    except CheckViolation as error:
        if error.diag.constraint_name != "law_draft_needs_a_second_person":
            raise
        raise DraftNeedsAnother from error


def _open(
    connection: Connection[Any], draft_id: int, editor: Editor
) -> tuple[Draft, tuple[DraftRow, ...], tuple[DraftEvent, ...]]:
    draft, rows, events = lookups.draft(connection, draft_id)
    if draft.state is not DraftState.OPEN:
        raise DraftNotNow
    if draft.author != editor.officer_code:
        raise DraftOfAnother
    return draft, rows, events


def _standing(connection: Connection[Any], draft_id: int, state: DraftState) -> Draft:
    draft, _, _ = lookups.draft(connection, draft_id)
    if draft.state is not state:
        raise DraftNotNow
    return draft


def _of_another(connection: Connection[Any], draft_id: int, state: DraftState, editor: Editor) -> Draft:
    draft = _standing(connection, draft_id, state)
    if draft.author == editor.officer_code:
        raise DraftNeedsAnother
    return draft


def _left_out(connection: Connection[Any], version: int, rows: tuple[DraftRow, ...]) -> list[CodeList]:
    """Return the packed lists that rows cannot bear on: neither they nor what their codes cite is among them."""
    tables = {row.table for row in rows}
    if tables & {"instruments", "lists"}:
        return []
    return [of for of in lookups.packed_lists(connection, version) if f"codes/{of.name}" not in tables]


def _refuse(found: list[Problem] | tuple[Problem, ...]) -> None:
    if found:
        raise LawbookProblems(tuple(found))


def _put(connection: Connection[Any], draft_id: int, row: DraftRow, editor: Editor) -> None:
    kept.put_draft_row(connection, draft_id, row)
    said = {"table": row.table, "key": list(row.key), "cells": None if row.cells is None else dict(row.cells)}
    _note(connection, draft_id, "set", editor, said)


def _note(
    connection: Connection[Any],
    draft_id: int,
    event: str,
    editor: Editor,
    said: Mapping[str, object],
    at: datetime | None = None,
) -> datetime:
    """Append a step, chained to the one before; return its instant (`at`, else now)."""
    last = kept.select_last_event(connection)
    number, previous = (last.event_no + 1, last.digest) if last else (1, b"")
    now = at or store.legal_now(connection)
    detail = json.dumps(said, ensure_ascii=False, sort_keys=True)
    made = DraftEvent(number, draft_id, event, editor.officer_code, editor.power_id, now, detail, b"")
    kept.insert_draft_event(connection, replace(made, digest=sealed(made, previous)))
    return now


def _rewrite(folder: Path, table: str, rows: list[DraftRow]) -> Path:
    """Put rows into one file: a row that stands is replaced where it stands, a new one comes after the last of its name."""
    path = folder / f"{table}.csv"
    packed = path.with_suffix(".csv.gz")
    if packed.is_file():
        path = packed
    known = path.is_file()
    raw = path.read_bytes() if known else b""
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    columns, *lines = list(csv.reader(io.StringIO(text, newline=""), strict=True)) or [list(rows[0].cells or {})]
    wanted = KEY_COLUMNS[table.partition("/")[0]]
    columns += [name for row in rows for name in row.cells or () if name not in columns]
    written = [dict(zip(columns, line, strict=False)) for line in lines]
    for row in rows:
        places = [at for at, each in enumerate(written) if tuple(each.get(name, "") for name in wanted) == row.key]
        for at in reversed(places[1:] if row.cells is not None else places):
            del written[at]
        if row.cells is not None:
            same = [at for at, each in enumerate(written) if each.get(wanted[0]) == row.key[0]]
            at = places[0] if places else same[-1] + 1 if same else len(written)
            written[at : at + 1 if places else at] = [dict(row.cells)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(written)
    content = out.getvalue().encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)
    return path
