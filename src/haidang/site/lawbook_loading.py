"""The whole law book, law and tariff, loaded from a folder as one version, or not at all."""

from pathlib import Path
from typing import Any

import psycopg

from haidang.reference import actions as reference
from haidang.reference.terms import LawbookProblems
from haidang.site.lawbook_checking import schedule_problems
from haidang.tariff import actions as tariff
from haidang.tariff.terms import LoadedSchedules


def load_book(connection: psycopg.Connection[Any], folder: Path, note: str) -> LoadedSchedules:
    """Load law and schedules under a folder as the next version (the newest again when no file changed); return what changed of the tariff.

    One transaction: nobody sees a version of the book before its tariff. Connect as `haidang_owner`.

    Raises:
        UnreadableLawbook, ScheduleNotUnderstood: a file or row cannot be read; the book in use stays.
        LawbookProblems: the book breaks a rule, or takes back what a draft published; the book in use stays.
    """
    if problems := schedule_problems(folder):
        raise LawbookProblems(problems)
    with connection.transaction():
        version = reference.load_lawbook(connection, folder, note)
        return tariff.load_schedules(connection, folder, version)
