"""Asking for a what-if, and answering it: officers ask on the pages or the command line, the worker answers."""

from datetime import date
from typing import Any

from msgspec.structs import replace
from psycopg import Connection

from haidang.insight import store
from haidang.insight.terms import TooManyRuns, WhatIfRun
from haidang.journal.rules import digest

MOST_WAITING = 5
"""What-ifs that may wait at a time: each reads the whole registered history."""


def ask(connection: Connection[Any], draft_id: int, days: tuple[date, date], asked_by: str, power_id: int) -> int:
    """Ask what a draft would bring, by the law of one day and the draft's of another; return the number of the run.

    The power is the asker's: the table refuses another's.

    Raises:
        TooManyRuns: as many wait as may.
    """
    with connection.transaction():
        if store.count_waiting(connection) >= MOST_WAITING:
            raise TooManyRuns
        return store.insert_run(connection, draft_id, days, asked_by, power_id)


def note_progress(connection: Connection[Any], run_id: int, lines_read: int, lines_taxed: int) -> None:
    """Note how many lines were read, and how many taxed under both laws."""
    store.update_progress(connection, run_id, lines_read, lines_taxed)


def answer(connection: Connection[Any], run: WhatIfRun, told: str) -> WhatIfRun:
    """Keep the answer (JSON) of a run, sealed; returns the run as it stands now. One that was answered before keeps that answer."""
    return _ended(connection, replace(run, answer=told))


def refuse(connection: Connection[Any], run: WhatIfRun, text_vi: str, text_en: str) -> WhatIfRun:
    """Keep why there is no answer, in both languages; returns the run as it stands now."""
    return _ended(connection, replace(run, refused_vi=text_vi, refused_en=text_en))


def sealed(run: WhatIfRun) -> bytes:
    """Return the digest of a run: of what was asked, by whom, under which power, when, and what was answered."""
    asked = (run.run_id, run.draft_id, run.before_on, run.after_on, run.asked_by, run.power_id, run.asked_at)
    return digest([(*asked, run.done_at, run.answer, run.refused_vi, run.refused_en)])


def _ended(connection: Connection[Any], run: WhatIfRun) -> WhatIfRun:
    ended = replace(run, done_at=store.legal_now(connection))
    ended = replace(ended, digest=sealed(ended))
    return ended if store.finish(connection, ended) else store.select_runs(connection, 1, run.run_id)[0]
