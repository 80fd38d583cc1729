"""The part of `haidang verify` about drafts of the law book: what they say, who made and published them, and the versions they made."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg

from haidang.organisation.rules import Powers, powers_for
from haidang.organisation.terms import Act
from haidang.reference import drafting, lookups
from haidang.reference.rules.drafting import place_of, row_of
from haidang.reference.terms import Draft, DraftEvent, DraftRow
from haidang.tariff.actions import line_differences

_STEPS = {
    "submitted": "submitted_at",
    "approved": "approved_at",
    "published": "published_at",
    "withdrawn": "withdrawn_at",
}
_PEOPLE = {"approved": "approved_by", "published": "published_by", "withdrawn": "withdrawn_by"}


def check_lawbook(connection: psycopg.Connection[Any], powers: Powers, add: Callable[[str, str, str], None]) -> None:
    """Hold every draft against its steps: the chain of digests, rows and dates as the steps tell them, two people with the power at their instants,
    and the version that it made: its number, its digest, and that it changed exactly the rows of the draft.
    """
    made = lookups.versions_of_drafts(connection)
    drafts = lookups.drafts(connection)
    for found in _chain(lookups.draft_events(connection)):
        add("law book", "drafts", found)
    for number in made.keys() - {draft.draft_id for draft in drafts}:
        add("law book", f"version {made[number]}", f"draft {number}, which it came from, is gone")
    for draft in drafts:
        _, rows, events = lookups.draft(connection, draft.draft_id)
        subject = f"draft {draft.draft_id}"
        for found in (*_told(draft, rows, events), *_people(draft, events, powers)):
            add("law book", subject, found)
        for found in (*_version(connection, draft, rows), *_lines(connection, draft.version)):
            add("law book", subject, found)
    for found in _lines(connection, lookups.latest_version(connection)):
        add("law book", "tariff lines", found)


def _lines(connection: psycopg.Connection[Any], version: int | None) -> Iterator[str]:
    if version is not None and (found := line_differences(connection, version)):
        codes = ", ".join(sorted({measure.commodity_code for measure in found}))
        yield f"version {version}: the tariff of {codes} is not what its tariff lines say"


def _chain(events: Sequence[DraftEvent]) -> Iterator[str]:
    previous = b""
    for number, event in enumerate(events, 1):
        if event.event_no != number or event.digest != drafting.sealed(event, previous):
            yield f"step {event.event_no} ({event.event}) is not as it was written, or one before it is gone"
        previous = event.digest


def _told(draft: Draft, rows: Sequence[DraftRow], events: Sequence[DraftEvent]) -> Iterator[str]:
    if not events or events[0].event != "made":
        yield "its first step is gone"
    said: dict[tuple[str, tuple[str, ...]], Mapping[str, str] | None] = {}
    details = [(event, json.loads(event.detail)) for event in events]
    for event, detail in details:
        if event.event == "set":
            said[detail["table"], tuple(detail["key"])] = detail["cells"]
        elif event.event == "unset":
            said.pop((detail["table"], tuple(detail["key"])), None)
        elif event.event == "made" and (detail["title"], detail["base_version"], event.officer_code, event.happened_at) != (
            draft.title, draft.base_version, draft.author, draft.made_at,
        ):  # fmt: skip
            yield "title, version, author or day of making is not what its first step says"
    if said != {(row.table, row.key): row.cells for row in rows}:
        yield "its rows are not those that its steps set"
    last = {event.event: event for event in events}
    for step, column in _STEPS.items():
        happened = last[step].happened_at if step in last else None
        if getattr(draft, column) != happened:
            yield f"{column} is not when it was {step}"
    for step, column in _PEOPLE.items():
        if getattr(draft, column) != (last[step].officer_code if step in last else None):
            yield f"{column} is not who did it"
    if draft.rows_digest is not None and draft.rows_digest != drafting.rows_digest(tuple(rows)):
        yield "its rows are not those that were sealed when it was submitted"


def _people(draft: Draft, events: Sequence[DraftEvent], powers: Powers) -> Iterator[str]:
    if draft.author in (draft.approved_by, draft.published_by):
        yield "its author approved or published it"
    for event in events:
        held = powers_for(powers.of.get(event.officer_code, ()), Act.PUBLISH_LAW, event.happened_at)
        if event.power_id not in {power.power_id for power in held}:
            yield f"step {event.event_no}: {event.officer_code} did not hold power {event.power_id} then"


def _version(connection: psycopg.Connection[Any], draft: Draft, rows: Sequence[DraftRow]) -> Iterator[str]:
    if draft.version is None:
        return
    before = lookups.version_digest(connection, draft.version - 1)
    named = drafting.book_digest(before, draft.draft_id, draft.rows_digest)
    if not named == draft.book_digest == lookups.version_digest(connection, draft.version):
        yield f"version {draft.version} is not named after this draft and the version before"
    if lookups.versions_of_drafts(connection).get(draft.draft_id) != draft.version:
        yield f"version {draft.version} does not say that it came from this draft"
    lists = lookups.code_lists(connection, draft.version)
    closed, opened = lookups.changed_in(connection, draft.version)
    wanted = {(row.table, row.key): row_of(row.table, row.cells, lists) for row in rows if row.cells is not None}
    if {place_of(row): row for row in opened} != wanted or len(opened) != len(wanted):
        yield f"version {draft.version} does not say what the draft says"
    gone = {place_of(row) for row in closed}
    if (
        gone - {(row.table, row.key) for row in rows}
        or {(row.table, row.key) for row in rows if row.cells is None} - gone
    ):
        yield f"version {draft.version} took out other rows than the draft"
