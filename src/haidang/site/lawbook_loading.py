"""The whole law book, law and tariff, loaded from a folder as one version, or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from haidang.reference import actions as reference
from haidang.reference.terms import LawbookProblems
from haidang.site.lawbook_checking import schedule_problems
from haidang.tariff import actions as tariff
from haidang.tariff.terms import LoadedSchedules


def load_book(
    connection: psycopg.Connection[Any],
    folder: Path,
    note: str,
    progress: Callable[[int, int | None], None] | None = None,
) -> LoadedSchedules:
    """Load law and schedules under a folder as the next version (the newest again when no file changed); return what changed of the tariff.

    `progress` is told how many rows of the tariff are written, and of how many. One transaction: nobody sees a version of the book before its tariff. Connect as `haidang_owner`.

    Raises:
        UnreadableLawbook, ScheduleNotUnderstood: a file or row cannot be read; the book in use stays.
        LawbookProblems: the book breaks a rule, or takes back what a draft published; the book in use stays.
    """
    if problems := schedule_problems(folder):
        raise LawbookProblems(problems)
    with connection.transaction():
        version = reference.load_lawbook(connection, folder, note)
        if progress is None:
            return tariff.load_schedules(connection, folder, version)
        return tariff.load_schedules(connection, folder, version, progress)
