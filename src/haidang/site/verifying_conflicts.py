"""The part of `haidang verify` about conflicts of interest: the register is what was recorded, by who could, and nobody acted against it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from haidang.organisation.lookups import conflict_events, conflict_head, conflict_refusals, read_powers
from haidang.organisation.rules import Powers, conflict_digest, conflict_over, conflicts_in_force, powers_for
from haidang.organisation.terms import Act, Concerned, ConflictEvent

Add = Callable[[str, str, str], None]
"""Notes a violation: invariant, subject, what was found."""


def conflict_fault(powers: Powers, officer_code: str, concerned: Concerned, at: datetime) -> str:
    """Return that an officer acted although a conflict of interest, known to customs by then, was in force; an empty text when none was."""
    known = [each for each in powers.conflicts.get(officer_code, ()) if each.recorded_at <= at]
    found = conflict_over(known, concerned, at)
    return f"{officer_code} had the conflict of interest {found.conflict_no} then" if found is not None else ""


def check_conflicts(connection: psycopg.Connection[Any], add: Add) -> None:
    """Derive the register again: the chain of digests, where it ends, and that each entry was made by who could.

    A file that was kept from an officer must have had a conflict in force then.
    """
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    powers = read_powers(connection)
    previous, last = b"", 0
    for event in conflict_events(connection):
        if event.event_no != last + 1 or conflict_digest(event, previous) != event.digest:
            add("conflicts", f"conflict {event.conflict_no}", f"entry {event.event_no} is not the one recorded")
        if not _could_record(event, powers):
            add(
                "conflicts",
                f"conflict {event.conflict_no}",
                f"{event.recorded_by} could not make entry {event.event_no}",
            )
        previous, last = event.digest, event.event_no
    if conflict_head(connection) != (last, previous):
        add("conflicts", "the register", f"it ends with entry {last}, another was recorded last")
    for number, officer, file, act, at in conflict_refusals(connection):
        its = [each for each in powers.conflicts.get(officer, ()) if each.conflict_no == number]
        if not conflicts_in_force(its, at):
            add("conflicts", f"file {file}", f"{act}: kept from {officer} by conflict {number}, which was none then")
    connection.execute("COMMIT")


def _could_record(event: ConflictEvent, powers: Powers) -> bool:
    """Tell whether who made an entry could: the officer, for one of their own; else who held the power then. Nobody ends their own."""
    if event.recorded_by == event.officer_code:
        return event.event == "recorded"
    return bool(powers_for(powers.of.get(event.recorded_by, ()), Act.RECORD_CONFLICT, event.recorded_at))
