"""Reads of the what-ifs that were asked for. Apart from `lookups`, which opens histories: the pages need no columns."""

from typing import Any

from psycopg import Connection

from haidang.insight import store
from haidang.insight.terms import WhatIfRun

LATEST = 50
"""Runs that a list shows."""


def runs(connection: Connection[Any], most: int | None = LATEST) -> list[WhatIfRun]:
    """Return the latest runs, the last asked first; `most` None: all."""
    return store.select_runs(connection, most)


def run(connection: Connection[Any], run_id: int) -> WhatIfRun | None:
    """Return one run, None when there is none that the role may see."""
    found = store.select_runs(connection, 1, run_id)
    return found[0] if found else None


def draft_titles(connection: Connection[Any]) -> list[tuple[int, str]]:
    """Return number and title of every draft of the law book, the newest first; nothing to who may not change the law."""
    return store.select_draft_titles(connection)


def next_waiting(connection: Connection[Any]) -> WhatIfRun | None:
    """Return the run that waits longest, None when none does."""
    return store.select_waiting(connection)
