"""Answering what-ifs over the registered history, for the worker and for the command line."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import psycopg

from haidang.insight import actions, runs
from haidang.insight.lookups import History
from haidang.insight.rules.telling import facts_of
from haidang.insight.rules.whatif import compare
from haidang.insight.terms import WhatIfRun
from haidang.kernel.findings import Refusal
from haidang.parties.profiles import read_profiles
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.reference.terms import LawbookProblems
from haidang.site.history import registered
from haidang.site.whatif_laws import laws_of_draft

_TOLD_EVERY = 500
"""Declarations that are read between two notes of how far it is."""


def read_registered(config: Config, history: History, tell: Callable[[int], None]) -> int:
    """Fill a history with what is registered, on every server; return how many lines. `tell` hears how many are there, now and then."""
    count = declarations = 0
    servers = Servers(config)
    with servers.connect("auditor") as first:
        profiles = read_profiles(first)
    for server in range(servers.count):
        with servers.connect("auditor", server) as connection:
            for lines in registered(connection, profiles):
                count += history.add(lines)
                declarations += 1
                if declarations % _TOLD_EVERY == 0:
                    tell(count)
    tell(count)
    return count


def answer_of(
    config: Config, draft_id: int, days: tuple[date, date], tell: Callable[[int, int], None]
) -> dict[str, Any]:
    """Return what a draft would have made of the registered history, as JSON holds it; `tell` hears how many lines were read, and taxed.

    Raises:
        DraftUnknown: there is no such draft.
        LawbookProblems: it may not be published as it stands, so it says no law.
    """
    with Servers(config).connect("auditor") as connection:
        before, after = laws_of_draft(connection, draft_id, *days)
    with History() as history:
        count = read_registered(config, history, lambda read: tell(read, 0))
        found = compare(history.chunks(), before.law, after.law, lambda done: tell(count, done))
    return facts_of(found) | {"before_book": before.facts(), "after_book": after.facts()}


def answer_waiting(config: Config) -> int:
    """Answer every what-if that waits, one after the other; return how many. One that was begun and left by a worker that ended is begun anew."""
    answered = 0
    with Servers(config).connect("ingest") as connection:
        while (waiting := runs.next_waiting(connection)) is not None:
            answer_one(config, connection, waiting)
            answered += 1
    return answered


def answer_one(config: Config, connection: psycopg.Connection[Any], run: WhatIfRun) -> WhatIfRun:
    """Answer one what-if and keep the answer, or why there is none; returns it as it stands now."""

    def tell(read: int, taxed: int) -> None:
        actions.note_progress(connection, run.run_id, read, taxed)

    try:
        facts = answer_of(config, run.draft_id, (run.before_on, run.after_on), tell)
    except (Refusal, LawbookProblems) as refusal:
        return actions.refuse(connection, run, refusal.text_vi, refusal.text_en)
    return actions.answer(connection, run, msgspec.json.encode(facts).decode())
