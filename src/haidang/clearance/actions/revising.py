"""`revise_declarations`: the declarant amends what is cleared (AMA and AMC in one signed message), an officer proposes an assessment ex officio, customs decides.

What is asked changes nothing but that it waits; the decision does: the accepted declaration becomes a version, the difference of each tax is booked, and
the answer says what is to be paid and since when interest runs. An assessment takes two officers.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from haidang.balances.terms import Balances
from haidang.clearance import store
from haidang.clearance.actions import adjusting, answers, honouring, naming, telling
from haidang.clearance.actions.amending import OTHER_DIRECTION, lock_balances, put_on_file, release_requested
from haidang.clearance.actions.cancelling import settle
from haidang.clearance.actions.following import (
    Following,
    Found,
    Written,
    declaring,
    follow,
    not_theirs,
    other_amendment,
    refuse_pending,
    refuse_settled,
)
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.rules import assessing, drawing, revising
from haidang.clearance.rules.amending import MAX_AMENDMENTS, After, kept, redrawn
from haidang.clearance.rules.judging import DayBook, Judgement, judge
from haidang.clearance.rules.officers import deed_findings
from haidang.clearance.rules.revising import ACCEPTS, KIND_OF_DEED, SECOND_PERSON
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.refusals import DecidedAlready, MoveRefused, SamePerson
from haidang.clearance.terms.revisions import NotClearedYet, Revision, RevisionKind, RevisionUnknown
from haidang.declarations import actions as declarations
from haidang.declarations.rules import amending as declaration_rules
from haidang.declarations.terms import Declaration
from haidang.journal.lookups import messages
from haidang.journal.terms import Received
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.platform.db import Transaction
from haidang.risk import lookups as risk_rows

REASONS = "amendment_reason"
"""The code list of why a cleared declaration is amended."""


class Asking(Following, frozen=True, kw_only=True):
    """The whole declaration as it should be: of the declarant (`kind` AMENDMENT) or of an officer who proposes an assessment (ASSESSMENT).

    `code` is the reason of the one or the ground of the other, `reason` says it in words. `read` turns a message as received into what it declares.
    """

    kind: RevisionKind
    declared: Declaration
    code: str
    reason: str
    read: Callable[[bytes], Declaration]


class Ruling(Following, frozen=True, kw_only=True):
    """The decision of an officer on what waits under `register_no`."""

    deed: Deed
    register_no: int
    read: Callable[[bytes], Declaration]


def revise_declarations(hands: Hands, batch: list[Asking | Ruling]) -> list[Answer]:
    """Take what is asked about cleared declarations and decisions on it, each in a transaction of its own; return one answer each, in order.

    200 with the number of what is asked, the difference of each tax and the interest, or with what was decided; 409 not possible now, with what happened;
    422 with findings; for a message that was answered before, the stored answer.
    """
    acts: dict[type, Callable[..., Any]] = {Asking: _ask, Ruling: _rule}
    return [follow(hands, each, partial(acts[type(each)], hands, each)) for each in batch]


def _ask(hands: Hands, each: Asking, transaction: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    is_amendment = each.kind is RevisionKind.AMENDMENT
    if is_amendment and (stranger := not_theirs(found, each.envelope.sender_id)):
        return stranger
    _refuse_state(found, each.procedure, is_amendment=is_amendment)
    refuse_pending(found)
    today = hands.day(found.at)
    day = hands.books.day(vn_date(found.before.registered_at), hands.directory)
    old = each.read(declaring(transaction, found))
    findings = _code_findings(each, today) + _findings(each.declared, old, found, today)
    named = naming.read_named(transaction, [each.declared])
    findings += naming.named_findings(each.declared, named, day)
    findings += naming.entrusting_findings(each.declared, found.standings)
    judged = _judged(each.declared, day, found)
    if findings or not isinstance(judged, Judgement):
        return (*other_amendment(each, found), *findings, *(() if isinstance(judged, Judgement) else judged))
    findings = other_amendment(each, found) or _goods_findings(transaction, each, old, named.earlier, found, day)
    if findings:
        return findings
    cleared_at = found.rows.cleared_at
    revision = Revision(
        revision_no=len(found.revisions) + 1, kind=each.kind, register_no=store.next_register_no(transaction, found.before.key[0]),
        asked_by=found.authority.officer_code if found.authority else each.envelope.sender_code, asked_at=found.at, asked_seq=found.seq,
        code=each.code, reason=each.reason, was_vnd=sum(found.before.totals.values()), wanted_vnd=judged.assessment.payable_vnd,
        free_until=revising.free_until(cleared_at, today.codes.parameters) if is_amendment and cleared_at else None,
    )  # fmt: skip
    after = _waiting(found, revision, today)
    owing = revising.owing(found.before, each.declared, judged, cleared_at, day, today)
    # Who decides reads it: what is cleared opens no condition about a ruling, because customs looks at the whole amendment anyway.
    ruled = honouring.ruled_anew(hands, transaction, each.declared, found.before.registered_at)
    body = answers.revision(_number(each, found), revision, found.before, after, owing, ruled=ruled)
    topics = (telling.AMENDMENT_ASKED,) if is_amendment else ()
    return Written(after, body, topics, day.version, asked=revision, ruled=ruled)


def _refuse_state(found: Found, procedure: str, *, is_amendment: bool) -> None:
    """Raise what stands in the way: an amendment after clearance is of what is cleared, an assessment of that or of what somebody still looks at."""
    state = found.before.state
    if state in revising.AMENDABLE or (state in assessing.ASSESSABLE and not is_amendment):
        return
    refuse_settled(found, procedure)
    raise NotClearedYet(state) if is_amendment else MoveRefused(state, procedure)


def _waiting(found: Found, revision: Revision, today: DayBook) -> After:
    """Return the declaration as it waits for a decision: with a condition when it is the declarant's, or when it is not cleared and must not be meanwhile."""
    before, at = found.before, found.at
    if revision.kind is RevisionKind.AMENDMENT:
        return kept(before, revising.asked(before, today.conditions, at, revision.register_no), ())
    ground = revising.ground_of(revision.code, today.on)
    assert ground is not None, "an unknown ground is a finding"
    if before.state in assessing.ASSESSABLE:
        return assessing.proposed(before, today.conditions, at, ground)
    return kept(before, before.conditions, ())


def _code_findings(each: Asking, today: DayBook) -> tuple[Finding, ...]:
    if each.kind is RevisionKind.ASSESSMENT:
        return revising.ground_findings(each.code, today.on)
    return () if each.code in today.codes.lists[REASONS] else (answers.unknown_reason(each.code),)


def _findings(declared: Declaration, old: Declaration, found: Found, today: DayBook) -> tuple[Finding, ...]:
    """Return what forbids that a cleared declaration says this, apart from the declaration's own findings."""
    findings: tuple[Finding, ...] = ()
    most = today.codes.parameters[MAX_AMENDMENTS].value
    if found.standing.amendment_no >= most:
        findings += (answers.too_many_amendments(most),)
    if declared.is_export != old.is_export:
        findings += (OTHER_DIRECTION,)
    if old == declared:
        findings += (declaration_rules.NOTHING_AMENDED,)
    asked = release_requested(found)
    return findings + declaration_rules.unamendable_findings(
        old, declared, today.on, cleared=True, release_requested=asked
    )


def _goods_findings(
    transaction: Transaction, each: Asking, old: Declaration, earlier: naming.Earlier, found: Found, day: DayBook
) -> tuple[Finding, ...]:
    """Return why goods on file could not be drawn as asked, were it decided now; nothing is drawn yet."""
    locked, _ = lock_balances(transaction, each.no11, old, each.declared, earlier, found, day)
    if findings := drawing.drawn_upon_findings(each.no11, old, each.declared, locked):
        return findings
    drawn = redrawn(found.before, each.declared, locked, day, found.seq, vn_date(found.at))
    return drawn if isinstance(drawn, tuple) else ()


def _judged(declared: Declaration, day: DayBook, found: Found) -> Judgement | tuple[Finding, ...]:
    """Return the judgement by the law of the registration; the channel is not decided anew, so the draw is none."""
    level = found.standings.traders[found.standing.trader_code].compliance_level
    return judge(declared, day, found.before.registered_at, level, 0)


def _rule(hands: Hands, each: Ruling, transaction: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    if findings := deed_findings(each.deed, {"text": each.text}):
        return findings
    authority = found.authority
    assert authority is not None, "the deed needs a power"
    kind = KIND_OF_DEED[each.deed]
    if kind is RevisionKind.RETROACTIVE:
        return adjusting.settle(hands, each, transaction, found, each.register_no, each.deed in ACCEPTS, each.read)
    its = (one for one in found.revisions if (one.register_no, one.kind) == (each.register_no, kind))
    revision = next(its, None)
    if revision is None:
        raise RevisionUnknown
    if revision.decided_at is not None:
        no = revision.register_no
        raise DecidedAlready(f"Đề nghị số {no}", f"Request {no}", revision.decided_by, revision.decided_at)
    if kind in SECOND_PERSON and revision.asked_by == authority.officer_code:
        raise SamePerson
    if findings := other_amendment(each, found):
        return findings
    decided = revising.decided(revision, authority.officer_code, found.at, found.seq, each.deed in ACCEPTS, each.text)
    if kind is RevisionKind.CANCELLATION:
        return settle(hands, each, transaction, found, decided)
    if not decided.accepted:
        return _refused(hands, each, found, decided)
    return _accepted(hands, each, transaction, found, decided)


def _refused(hands: Hands, each: Ruling, found: Found, decided: Revision) -> Written:
    before, topics = found.before, tuple[str, ...]()
    after = kept(before, before.conditions, ())
    if decided.kind is RevisionKind.AMENDMENT:
        after = kept(before, revising.answered(before, found.at, decided.decided_by, each.text), ())
        topics = (telling.AMENDMENT_REFUSED,)
    elif before.state in assessing.ASSESSABLE:
        after = assessing.refused(before, decided.asked_at, found.at, decided.decided_by, each.text)
    body = answers.revision(_number(each, found), decided, before, after, None)
    return Written(after, body, topics, hands.day(found.at).version, decided_on=decided)


def _accepted(
    hands: Hands, each: Ruling, transaction: Transaction, found: Found, decided: Revision
) -> Written | tuple[Finding, ...]:
    """Let the declaration say what was asked from now on, judged again by the law of its registration in the newest version."""
    today = hands.day(found.at)
    day = hands.books.day(vn_date(found.before.registered_at), hands.directory)
    asked = _asked(transaction, found, decided)
    declared, old = each.read(asked.raw), each.read(declaring(transaction, found))
    judged = _judged(declared, day, found)
    findings = _findings(declared, old, found, today)
    if findings or not isinstance(judged, Judgement):
        return (*findings, *(() if isinstance(judged, Judgement) else judged))
    named = naming.read_named(transaction, [declared])
    if findings := naming.named_findings(declared, named, day):
        return findings
    locked, fresh = lock_balances(transaction, each.no11, old, declared, named.earlier, found, day)
    if findings := drawing.drawn_upon_findings(each.no11, old, declared, locked):
        return findings
    after = _revised(each, transaction, found, decided, old, judged, locked, day, today)
    if not isinstance(after, After):
        return after
    put_on_file(transaction, after, fresh)
    amendment_no = found.standing.amendment_no + 1
    changes = declaration_rules.changes(old, declared)
    rows = declarations.amended_rows(
        found.before.key, each.no11, amendment_no, declared, judged.assessment, asked.sender_id, day.version,
        found.before.registered_at, (found.seq, found.at, decided.reason, answers.as_json(changes)),
    )  # fmt: skip
    owing = revising.owing(found.before, declared, judged, found.rows.cleared_at, day, today)
    number = answers.declaration_no(each.no11, amendment_no)
    body = answers.revision(number, decided, found.before, after, owing, changes)
    topic = telling.AMENDED if decided.kind is RevisionKind.AMENDMENT else telling.ASSESSED
    return Written(after, body, (topic,), day.version, version=rows, amendment_no=amendment_no, decided_on=decided)


def _revised(
    each: Ruling, transaction: Transaction, found: Found, decided: Revision, old: Declaration, judged: Judgement,
    locked: Balances, day: DayBook, today: DayBook,
) -> After | tuple[Finding, ...]:  # fmt: skip
    """Return what becomes of the declaration that says from now on what was asked: by other rules while it is not cleared."""
    before, declared = found.before, each.read(_asked(transaction, found, decided).raw)
    evidence, conditions = each.text or f"{each.deed} {each.envelope.message_id}", before.conditions
    if before.state in assessing.ASSESSABLE:
        level = risk_rows.read_decisions(transaction.connection, [before.key])[before.key[2]][-1].decision.level
        return assessing.assessed(
            before, old, declared, judged, level, locked, day, today, found.at, found.seq, decided.decided_by, evidence
        )
    if decided.kind is RevisionKind.AMENDMENT:
        conditions = revising.answered(before, found.at, decided.decided_by, evidence)
    return revising.revised(before, declared, judged, locked, day, found.at, found.seq, conditions)


def _asked(transaction: Transaction, found: Found, revision: Revision) -> Received:
    """Return the message that asked for what is decided now."""
    received = messages(transaction.connection, [found.before.key])[found.before.key[2]]
    return next(each for each in received if each.journal_seq == revision.asked_seq)


def _number(each: Following, found: Found) -> str:
    return answers.declaration_no(each.no11, found.standing.amendment_no)
