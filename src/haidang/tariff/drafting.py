"""Drafts of the law book with the tariff in them: what `reference.drafting` does of a draft, and the tariff lines of it held against rules and written.

Whoever submits or publishes a draft does it here, so that no version says a line that the tariff does not.
"""

from typing import Any

from msgspec.structs import replace
from psycopg import Connection

from haidang.reference import drafting
from haidang.reference import lookups as reference
from haidang.reference.rules import Change
from haidang.reference.terms import DraftRow, Editor, LawbookProblems, Problem, TariffLine
from haidang.tariff import actions, store
from haidang.tariff.lines import effects, problems_of_lines
from haidang.tariff.lookups import nomenclature
from haidang.tariff.rules import LINES


def problems(connection: Connection[Any], draft_id: int) -> tuple[Problem, ...]:
    """Return everything that keeps a draft from being published on the newest version, of law and of tariff lines.

    Raises:
        DraftUnknown: there is no such draft.
    """
    return (*drafting.problems(connection, draft_id), *_of_lines(connection, draft_id))


def changes(connection: Connection[Any], draft_id: int) -> tuple[Change, ...]:
    """Return what a draft changes of the version it was made on; of each tariff line also which rate it takes the place of.

    Raises:
        DraftUnknown: there is no such draft.
    """
    draft, rows, _ = reference.draft(connection, draft_id)
    said = _said(rows, reference.tariff_lines(connection, draft.base_version, rows))
    standing = store.read_measures_of(connection, draft.base_version, [line.commodity_code for line in said])
    keys = {(row.key[0], row.key[1], row.key[2]) for row in rows if row.table == LINES}
    others = (
        each for each in standing if each.schedule != LINES or (each.commodity_code, each.option_code or each.kind, each.valid_from.isoformat()) not in keys
    )  # fmt: skip
    return (*drafting.changes(connection, draft_id), *effects(said, others))


def submit(connection: Connection[Any], draft_id: int, editor: Editor) -> None:
    """Seal the rows of a draft and lay it before a second person.

    Raises:
        DraftUnknown, DraftNotNow, DraftOfAnother: as `reference.drafting.submit`.
        LawbookProblems: it may not be published as it stands.
    """
    with connection.transaction():
        drafting.submit(connection, draft_id, editor)
        _refuse(_of_lines(connection, draft_id))


def publish(connection: Connection[Any], draft_id: int, editor: Editor) -> int:
    """Make an approved draft the next version of the book, with its tariff lines in the tariff; return its number.

    Raises:
        DraftUnknown, DraftNotNow, DraftNeedsAnother: as `reference.drafting.publish`.
        LawbookProblems: the book has changed so that it may not be published any more.
    """
    with connection.transaction():
        found = _of_lines(connection, draft_id)
        version = drafting.publish(connection, draft_id, editor)
        _refuse(found)
        if any(row.table == LINES for row in reference.draft(connection, draft_id)[1]):
            actions.write_lines(connection, version)
    return version


def _of_lines(connection: Connection[Any], draft_id: int) -> tuple[Problem, ...]:
    """Return the rules that lines break whose code a draft names: a line taken out may leave a gap behind another."""
    _, rows, _ = reference.draft(connection, draft_id)
    codes = {row.key[0] for row in rows if row.table == LINES}
    if not codes:
        return ()
    version = reference.latest_version(connection)
    lines = [line for line in reference.tariff_lines(connection, version, rows) if line.commodity_code in codes]
    found = problems_of_lines(lines, nomenclature(connection, version, sorted(codes)))
    return tuple(replace(each, place=f"draft {draft_id}: {LINES} {' '.join(each.key)}") for each in found)


def _said(rows: tuple[DraftRow, ...], lines: tuple[TariffLine, ...]) -> list[TariffLine]:
    keys = {row.key for row in rows if row.table == LINES and row.cells is not None}
    return [line for line in lines if (line.commodity_code, line.schedule_code, line.valid_from.isoformat()) in keys]


def _refuse(found: tuple[Problem, ...]) -> None:
    if found:
        raise LawbookProblems(found)
