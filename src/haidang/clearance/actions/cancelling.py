"""`cancel_declarations`: a trader asks for its declaration to be cancelled; what does not cancel by itself waits for customs, which decides here too."""

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from haidang.balances import actions as balances
from haidang.balances.terms import BalanceKey, BalanceKind
from haidang.clearance import store
from haidang.clearance.actions import answers, telling
from haidang.clearance.actions.following import (
    Following,
    Found,
    Written,
    follow,
    not_theirs,
    other_amendment,
    refuse_pending,
)
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.rules import cancelling, revising
from haidang.clearance.rules.amending import After, cancelled, kept
from haidang.clearance.rules.cancelling import (
    AFTER_CLEARANCE,
    APPROVE,
    REFUSE,
    asked,
    case_of,
    pending,
    settled,
    why,
)
from haidang.clearance.rules.drawing import earlier_line
from haidang.clearance.terms import SETTLED_STATES
from haidang.clearance.terms.goods import DrawnUpon
from haidang.clearance.terms.refusals import SettledAlready
from haidang.clearance.terms.revisions import (
    CancellationCase,
    NoCancellationAsked,
    Revision,
    RevisionKind,
    RevisionPending,
)
from haidang.kernel.findings import Finding
from haidang.platform.db import Transaction


class Cancelling(Following, frozen=True, kw_only=True):
    """A request of the trader to cancel for one of the cases of the law, with its reason."""

    case: str
    reason: str


class Deciding(Following, frozen=True, kw_only=True):
    """What an officer proposes that customs decide on a request: `reference` is the paper."""

    approved: bool
    reference: str
    note: str


def cancel_declarations(hands: Hands, batch: list[Cancelling | Deciding]) -> list[Answer]:
    """Take requests to cancel and decisions on them, each in a transaction of its own; return one answer each, in order.

    200 requested (customs decides within its hours), cancelled, or refused; 409 not possible now, with what happened; 422 with findings; for a message
    that was answered before, the stored answer.
    """
    acts: dict[type, Callable[..., Any]] = {Cancelling: _request, Deciding: _decide}
    return [follow(hands, each, partial(acts[type(each)], hands, each)) for each in batch]


def _request(hands: Hands, each: Cancelling, transaction: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    if stranger := not_theirs(found, each.envelope.sender_id):
        return stranger
    day, case = hands.day(found.at), cancelling.CASES[each.case]
    findings = other_amendment(each, found) + cancelling.case_findings(
        case, found.rows.fact("is_export"), found.before.registered_at, found.at, day.codes.parameters
    )
    _refuse_too_late(found, case)
    refuse_pending(found)
    _refuse_drawn_upon(transaction, each, found)
    if findings:
        return findings
    by_itself = cancelling.cancels_by_itself(case, found.before.conditions)
    sender, message_id = each.envelope.sender_code, each.envelope.message_id
    after = (
        cancelled(found.before, cancelling.FOR_TIME, found.at, found.seq, sender, message_id)
        if by_itself
        else asked(found.before, case, day.conditions, found.at, each.reason)
    )
    return _written(each, found, case, after, "cancelled" if by_itself else "requested", day.version)


def _decide(hands: Hands, each: Deciding, transaction: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    """Note how one officer would decide; nothing else changes until another does (`settle`)."""
    if findings := other_amendment(each, found):
        return findings
    waiting = pending(found.before.conditions)
    if waiting is None:
        if found.before.state in SETTLED_STATES:
            raise SettledAlready(found.before.state, found.last.act, found.last.acted_at, each.procedure)
        raise NoCancellationAsked
    if proposed := revising.pending(found.revisions):
        raise RevisionPending(proposed, told=True)
    if each.approved:
        _refuse_drawn_upon(transaction, each, found)
    assert found.authority is not None, "the message needs a power"
    was_vnd = sum(found.before.totals.values())
    revision = Revision(
        revision_no=len(found.revisions) + 1, kind=RevisionKind.CANCELLATION, asked_at=found.at, asked_seq=found.seq,
        register_no=store.next_register_no(transaction, found.before.key[0]), asked_by=found.authority.officer_code,
        code=APPROVE if each.approved else REFUSE, reason=why(each.reference, each.note), was_vnd=was_vnd,
        wanted_vnd=0 if each.approved else was_vnd,
    )  # fmt: skip
    after = kept(found.before, found.before.conditions, ())
    written = _written(
        each, found, case_of(waiting), after, "proposed", hands.day(found.at).version, revision.register_no
    )
    return replace(written, asked=revision)


def settle(hands: Hands, each: Following, transaction: Transaction, found: Found, decided: Revision) -> Written:
    """Return what becomes of a request to cancel when a second officer has decided on the proposal of the first; refused, it waits on."""
    if decided.accepted and decided.code == APPROVE:
        _refuse_drawn_upon(transaction, each, found)
    after, topics = settled(found.before, decided), tuple[str, ...]()
    if decided.accepted:
        topics = (telling.CANCELLED,) if decided.code == APPROVE else (telling.CANCELLATION_REFUSED,)
    number = answers.declaration_no(each.no11, found.standing.amendment_no)
    body = answers.revision(number, decided, found.before, after, None)
    return Written(after, body, topics, hands.day(found.at).version, decided_on=decided)


def _refuse_drawn_upon(transaction: Transaction, each: Following, found: Found) -> None:
    """Refuse while later declarations hold goods of this one."""
    shard, kind = found.before.key[0], int(BalanceKind.TEMPORARY_GOODS)
    lines = range(1, found.rows.now.fact("line_count") + 1)
    keys = [BalanceKey(shard, kind, earlier_line(each.no11, line_no)) for line_no in lines]
    drawn = [balance for balance in balances.lock(transaction, keys).values() if balance.reserved or balance.used]
    if drawn:
        raise DrawnUpon(tuple(balance.reference for balance in drawn))


def _refuse_too_late(found: Found, case: CancellationCase) -> None:
    state = found.before.state
    if state in SETTLED_STATES and not (case.after_clearance and state in AFTER_CLEARANCE):
        raise SettledAlready(state, found.last.act, found.last.acted_at, "cancel")


def _written(
    each: Following,
    found: Found,
    case: CancellationCase,
    after: After,
    outcome: str,
    version: int,
    register_no: int = 0,
) -> Written:
    number = answers.declaration_no(each.no11, found.standing.amendment_no)
    body = answers.cancellation(number, case, found.before, after, outcome, register_no)
    return Written(after, body, (telling.CANCELLED,) if outcome == "cancelled" else (), version)
