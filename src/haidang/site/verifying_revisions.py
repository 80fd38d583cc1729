"""The part of `haidang verify` about what is asked and decided after registration: amendments after clearance, assessments, cancellations.

What was asked is judged again from the bytes that asked, and what was decided from both: each row that an act wrote is compared.
"""

import msgspec

from haidang.balances.terms import Balances
from haidang.clearance.lookups.rows import revision_row
from haidang.clearance.rules import assessing, cancelling, revising
from haidang.clearance.rules.amending import AMEND_CLEARED, ASSESS, CANCEL_RESULT, After, Before, kept
from haidang.clearance.rules.judging import DayBook, Judgement, judge
from haidang.clearance.rules.officers import deed_findings
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.declarations.comparing import said_otherwise
from haidang.declarations.rules.amending import changes
from haidang.declarations.terms import Declaration
from haidang.gateway.messages.following import (
    AssessmentProposal,
    CancellationResult,
    ClearedAmendment,
    Decision,
    NotDeclaring,
    declared_in,
    decode_assessment,
    decode_cancellation_result,
    decode_cleared_amendment,
    decode_decision,
)
from haidang.journal.terms import Entry, Received
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.site.verifying_adjustments import ADJUSTING, adjusted_again
from haidang.site.verifying_balances import OnServer
from haidang.site.verifying_rulings import ruled_faults
from haidang.site.verifying_stored import Again, Day, Stored, ample, declaring, ruled_by


def again(stored: Stored, entry: Entry, raw: bytes, before: Before, day: Day, on_server: OnServer) -> Again:
    """Say what is wrong with an act that asks or decides, and return what it had to make of its declaration."""
    books = (entry.book_version, stored.decided[0].decision.criteria_version)
    registered, today = (day(*books, vn_date(each)) for each in (before.registered_at, entry.acted_at))
    if entry.act == CANCEL_RESULT:
        return (yield from _proposed_again(stored, entry, raw, before))
    if entry.act in ADJUSTING:
        return (yield from adjusted_again(stored, entry, raw, before, registered, on_server))
    if entry.act in (AMEND_CLEARED, ASSESS):
        return (yield from _asked_again(stored, entry, raw, before, (registered, today), on_server))
    return (yield from _ruled_again(stored, entry, raw, before, (registered, today), on_server))


def _officer(stored: Stored, entry: Entry) -> str:
    """Return the officer behind an act, by the row of it; whose key signed it is checked elsewhere."""
    return next((row[_OFFICER] for row in stored.officers.acts if row[_SEQ] == entry.journal_seq), "")


_SEQ, _OFFICER = 3, 5


def _proposed_again(stored: Stored, entry: Entry, raw: bytes, before: Before) -> Again:
    message = decode_cancellation_result(raw)
    if not isinstance(message, CancellationResult):
        raise NotDeclaring
    if cancelling.pending(before.conditions) is None:
        yield "nobody had asked for it"
    approves = message.outcome == "approved"
    was_vnd, asked = sum(before.totals.values()), stored.revisions.asked_by(entry.journal_seq)
    # Requests of the first months keep the paper alone; which of the two stands is in the digest of the act.
    either = (cancelling.why(message.reference, message.note), message.reference or message.note)
    told = (
        RevisionKind.CANCELLATION, cancelling.APPROVE if approves else cancelling.REFUSE,
        asked.reason if asked is not None and asked.reason in either else either[0],
        was_vnd, 0 if approves else was_vnd, None,
    )  # fmt: skip
    yield from _asked_faults(stored, entry, told, _officer(stored, entry))
    return kept(before, before.conditions, ())


def _asked_again(
    stored: Stored, entry: Entry, raw: bytes, before: Before, days: tuple[DayBook, DayBook], on_server: OnServer
) -> Again:
    day, today = days
    amends = entry.act == AMEND_CLEARED
    message = decode_cleared_amendment(raw) if amends else decode_assessment(raw)
    if not isinstance(message, ClearedAmendment | AssessmentProposal):
        raise NotDeclaring
    judged = _judged(stored, message.declaration, before, day)
    if not isinstance(judged, Judgement):
        yield f"is refused today: {[finding.code for finding in judged]}"
        return None
    ruled = ruled_by(stored, entry.journal_seq)
    yield from ruled_faults(message.declaration, ruled, on_server.rulings, before.registered_at)
    cleared_at, is_early = stored.declared.cleared_at, not amends and before.state in assessing.ASSESSABLE
    if not is_early and (cleared_at is None or before.state not in revising.AMENDABLE):
        yield "it was not cleared"
        return None
    if isinstance(message, ClearedAmendment):
        code, by = message.reason_code, message.sender
        assert cleared_at is not None, "an amendment after clearance is of what is cleared"
        free_until = revising.free_until(cleared_at, today.codes.parameters)
    else:
        code, by, free_until = message.ground, _officer(stored, entry), None
    kind = RevisionKind.AMENDMENT if amends else RevisionKind.ASSESSMENT
    told = (kind, code, message.reason, sum(before.totals.values()), judged.assessment.payable_vnd, free_until)
    yield from _asked_faults(stored, entry, told, by)
    asked = stored.revisions.asked_by(entry.journal_seq)
    if is_early and (ground := revising.ground_of(code, today.on)):
        return assessing.proposed(before, today.conditions, entry.acted_at, ground)
    if asked is None or not amends:
        return kept(before, before.conditions, ())
    return kept(before, revising.asked(before, today.conditions, entry.acted_at, asked.register_no), ())


def _asked_faults(stored: Stored, entry: Entry, told: tuple[object, ...], by: str) -> Again:
    """Compare the row of what was asked with what the bytes ask."""
    kind, code, reason, was_vnd, wanted_vnd, free_until = told
    asked = stored.revisions.asked_by(entry.journal_seq)
    if asked is None:
        yield "what it asked is not there"
        return None
    again = Revision(
        revision_no=asked.revision_no, kind=kind, register_no=asked.register_no, asked_by=by, asked_at=entry.acted_at, code=code,  # type: ignore[arg-type]
        reason=reason, was_vnd=was_vnd, wanted_vnd=wanted_vnd, free_until=free_until, asked_seq=entry.journal_seq,  # type: ignore[arg-type]
    )  # fmt: skip
    if revision_row(stored.declared.key, again) != revision_row(stored.declared.key, asked):
        yield "it asked something else"
    return None


def _ruled_again(
    stored: Stored, entry: Entry, raw: bytes, before: Before, days: tuple[DayBook, DayBook], on_server: OnServer
) -> Again:
    day, _ = days
    message = decode_decision(raw)
    if not isinstance(message, Decision):
        raise NotDeclaring
    asked = stored.revisions.decided_by(entry.journal_seq)
    if asked is None:
        yield "what it decided on is not there"
        return None
    for finding in deed_findings(message.deed, {"text": message.text}):
        yield f"is refused today: {finding.code}"
    kind, accepts = revising.KIND_OF_DEED[message.deed], message.deed in revising.ACCEPTS
    said = (message.deed.value, int(message.register_no), kind, accepts, message.text, entry.acted_at)
    kept_as = (entry.act, asked.register_no, asked.kind, asked.accepted, asked.decision, asked.decided_at)
    if said != kept_as or not asked.asked_seq < entry.journal_seq:
        yield "it decided something else"
    if asked.kind is RevisionKind.CANCELLATION:
        return cancelling.settled(before, asked)
    conditions = before.conditions
    if asked.kind is RevisionKind.AMENDMENT:
        # A refusal says why; an acceptance need not.
        evidence = message.text or f"{message.deed} {message.message_id}"
        conditions = revising.answered(before, entry.acted_at, asked.decided_by, evidence)
    if not accepts:
        if before.state in assessing.ASSESSABLE:
            return assessing.refused(before, asked.asked_at, entry.acted_at, asked.decided_by, message.text)
        return kept(before, conditions, ())
    request = next((each for each in stored.messages if each.journal_seq == asked.asked_seq), None)
    if request is None:
        raise LookupError("the message that asked")
    declared = declared_in(request.raw)
    judged = _judged(stored, declared, before, day)
    if not isinstance(judged, Judgement):
        yield f"is refused today: {[finding.code for finding in judged]}"
        return None
    yield from _version_faults(stored, entry, asked, request, declared, judged)
    room = ample(on_server, declared, before, day)
    if before.state in assessing.ASSESSABLE:
        after = _assessed_again(stored, entry, before, declared, judged, room, days, message)
    else:
        after = revising.revised(before, declared, judged, room, day, entry.acted_at, entry.journal_seq, conditions)
    if not isinstance(after, After):
        yield f"it could not draw that: {[finding.code for finding in after]}"
        return None
    return after


def _assessed_again(
    stored: Stored, entry: Entry, before: Before, declared: Declaration, judged: Judgement, room: Balances,
    days: tuple[DayBook, DayBook], message: Decision,
) -> After | tuple[Finding, ...]:  # fmt: skip
    """Return what an assessment before clearance had to make of the declaration; the level is that of the last decision on the channel before it."""
    level = [each.decision.level for each in stored.decided if each.decided_at < entry.acted_at][-1]
    version = next((each for each in stored.declared.versions if each.journal_seq == entry.journal_seq), None)
    if version is None:
        raise LookupError("the version that it made")
    evidence = message.text or f"{message.deed} {message.message_id}"
    return assessing.assessed(
        before, declared_in(declaring(stored, version.amendment_no)), declared, judged, level, room, *days, entry.acted_at,
        entry.journal_seq, _officer(stored, entry), evidence,
    )  # fmt: skip


def _version_faults(
    stored: Stored, entry: Entry, asked: Revision, request: Received, declared: Declaration, judged: Judgement
) -> Again:
    version = next((each for each in stored.declared.versions if each.journal_seq == entry.journal_seq), None)
    if version is None:
        yield "its version is not there"
        return None
    if differs := said_otherwise(stored.declared, declared, judged.assessment, version):
        yield f"the bytes declare something else: {', '.join(differs)}"
    told = msgspec.json.encode(changes(declared_in(declaring(stored, version.amendment_no)), declared)).decode()
    said = (told, asked.reason, entry.acted_at, request.sender_id, entry.book_version)
    if said != (
        version.changes, version.reason, version.amended_at, version.fact("declarant_id"), version.fact("book_version"),
    ):  # fmt: skip
        yield "it changed something else"
    return None


def _judged(stored: Stored, declared: Declaration, before: Before, day: DayBook) -> Judgement | tuple[Finding, ...]:
    """Return the judgement by the law of the registration. Neither level nor draw matters: the channel is not decided anew."""
    return judge(declared, day, before.registered_at, stored.decided[0].decision.level, 0)
