"""The part of `haidang verify` about what later versions of the law book make of declarations: what was prepared, by whom, and what was booked.

Each difference is derived again from the bytes received: what stood by the version that judged them, and what the later one gives.
"""

from collections.abc import Iterator
from typing import Any

import psycopg

from haidang.clearance.lookups import OFFICE
from haidang.clearance.rules import adjusting, revising
from haidang.clearance.rules.amending import After, Before, kept
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.officers import deed_findings
from haidang.clearance.terms.acts import Deed
from haidang.declarations.lookups import DeclarationRows, VersionRows, totals_of
from haidang.gateway.messages.following import Decision, NotDeclaring, declared_in, decode_decision
from haidang.journal.terms import Entry
from haidang.kernel.calendar import vn_date
from haidang.ledger import lookups as ledger
from haidang.ledger.rules import rows_digest, standing
from haidang.ledger.terms import PreparedAdjustment
from haidang.organisation.rules import Powers, powers_for
from haidang.organisation.terms import Act, Concerned
from haidang.platform.db import Servers
from haidang.site.adjustment_signing import signing_fault
from haidang.site.verifying_balances import Add, OnServer
from haidang.site.verifying_conflicts import conflict_fault
from haidang.site.verifying_people import People
from haidang.site.verifying_stored import Again, Day, Stored, ample, declaring

ADJUSTING = frozenset((Deed.APPROVE_ADJUSTMENT.value, Deed.REFUSE_ADJUSTMENT.value))


def check_batches(directory: psycopg.Connection[Any], servers: Servers, people: People, add: Add) -> None:
    """Hold the head of every batch against its rows on all servers: how many, by whom, when, the digest over them, and who signed it."""
    rows: dict[int, list[PreparedAdjustment]] = {}
    for server in range(servers.count):
        with servers.connect("auditor", server) as connection:
            for each in ledger.batch_rows(connection):
                rows.setdefault(each.batch_no, []).append(each)
    for batch in ledger.batches(directory):
        its = rows.pop(batch.batch_no, [])
        if fault := signing_fault(batch, people.directory, people.powers):
            add("adjustments", f"batch {batch.batch_no}", fault)
        said = {(batch.newer_version, batch.prepared_by, batch.prepared_at, batch.reason)}
        if (
            len(its) != batch.row_count
            or {(each.newer_version, each.prepared_by, each.prepared_at, each.reason) for each in its} != said
        ):
            add(
                "adjustments",
                f"batch {batch.batch_no}",
                f"{len(its)} adjustments of {batch.row_count}, or of another head",
            )
        elif rows_digest(its) != batch.rows_digest:
            add("adjustments", f"batch {batch.batch_no}", "what was prepared is not what its digest covers")
    for number in rows:
        add("adjustments", f"batch {number}", "adjustments without the head of their batch")


def check_prepared(stored: Stored, day: Day, powers: Powers, add: Add) -> None:
    """Derive again every adjustment that was prepared for a declaration, whatever was decided on it, and who prepared and decided it."""
    for each in stored.adjustments:
        for fault in (*_people(stored, each, powers), *_amounts(stored, each, day)):
            add("adjustments", stored.subject, f"batch {each.batch_no}: {fault}")
        if each.decided_seq is not None and not any(
            entry.journal_seq == each.decided_seq and entry.act in ADJUSTING for entry in stored.entries
        ):
            add("adjustments", stored.subject, f"batch {each.batch_no}: no act decided it")


def _people(stored: Stored, each: PreparedAdjustment, powers: Powers) -> Iterator[str]:
    if each.prepared_by == each.decided_by:
        yield f"{each.decided_by} decided what they had prepared"
    unit = stored.declared.fact("customs_office_code")[:OFFICE]
    held = powers_for(powers.of.get(each.prepared_by, ()), Act.PREPARE_ADJUSTMENT, each.prepared_at)
    if not any((power.power_id, power.unit) == (each.power_id, unit) for power in held):
        yield f"{each.prepared_by} did not hold the power to prepare it then"
    about = Concerned((stored.declared.fact("trader_code"),), stored.declared.fact("declarant_id"))
    if fault := conflict_fault(powers, each.prepared_by, about, each.prepared_at):
        yield fault


def _amounts(stored: Stored, each: PreparedAdjustment, day: Day) -> Iterator[str]:
    """Say where `was` is not what stood, or `now` not what the later version gives for the bytes that declared it."""
    versions = [one for one in stored.declared.versions if one.amendment_no <= each.amendment_no]
    row: DeclarationRows | VersionRows = versions[-1] if versions else stored.declared
    seq = versions[-1].journal_seq if versions else 0
    booked = [one for one in stored.booked.transfers if each.decided_seq is None or one.journal_seq < each.decided_seq]
    earlier = [one for one in booked if one.booked_at <= each.prepared_at]
    was = standing(totals_of(row), stored.declared.fact("trader_code"), earlier, seq)
    if adjusting.amounts(was) != each.was_vnd:
        yield f"{adjusting.amounts(was)} stood, not {each.was_vnd}"
    earliest = [one.newer_version for one in stored.adjustments if one.accepted and one.batch_no < each.batch_no]
    judged = max([row.fact("book_version"), *earliest])
    if each.judged_version != judged:
        yield f"it stood by version {judged}, not {each.judged_version}"
    try:
        declared = declared_in(declaring(stored, each.amendment_no + 1))
    except NotDeclaring:
        yield "the bytes as received are no longer a declaration"
        return
    at, kept_as = stored.declared.fact("registered_at"), stored.decided[0].decision
    newer = day(each.newer_version, kept_as.criteria_version, vn_date(at))
    again = adjusting.recalculated(declared, newer, at, kept_as.level)
    if again.judged is None or adjusting.amounts(again.now) != each.now_vnd:
        yield f"version {each.newer_version} gives {adjusting.amounts(again.now)}, not {each.now_vnd}"


def adjusted_again(
    stored: Stored, entry: Entry, raw: bytes, before: Before, day: DayBook, on_server: OnServer
) -> Again:
    """Say what is wrong with a decision on an adjustment, and return what it had to make of its declaration."""
    message = decode_decision(raw)
    if not isinstance(message, Decision):
        raise NotDeclaring
    prepared = next((each for each in stored.adjustments if each.decided_seq == entry.journal_seq), None)
    if prepared is None:
        yield "what it decided on is not there"
        return None
    for finding in deed_findings(message.deed, {"text": message.text}):
        yield f"is refused today: {finding.code}"
    accepts = message.deed in revising.ACCEPTS
    said = (message.deed.value, int(message.register_no), accepts, entry.acted_at)
    if said != (entry.act, prepared.batch_no, prepared.accepted, prepared.decided_at):
        yield "it decided something else"
    if not accepts:
        return kept(before, before.conditions, ())
    if before.state not in adjusting.BOOKABLE:
        yield "it was not cleared"
        return None
    declared = declared_in(declaring(stored, prepared.amendment_no + 1))
    again = adjusting.recalculated(declared, day, before.registered_at, stored.decided[0].decision.level)
    if again.judged is None or adjusting.amounts(again.now) != prepared.now_vnd:
        yield f"version {entry.book_version} gives {adjusting.amounts(again.now)}, not {prepared.now_vnd}"
        return None
    if adjusting.amounts(before.totals) != prepared.was_vnd:
        yield f"{adjusting.amounts(before.totals)} stood before it, not {prepared.was_vnd}"
    due_on, room = revising.own_day(declared, before.registered_at, day), ample(on_server, declared, before, day)
    after = adjusting.adjusted_by_law(
        before, declared, again.judged, room, day, due_on, entry.acted_at, entry.journal_seq
    )
    if not isinstance(after, After):
        yield f"it could not draw that: {[finding.code for finding in after]}"
        return None
    return after
