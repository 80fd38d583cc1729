"""`cancel_declarations`: a trader asks for its declaration to be cancelled; what does not cancel by itself waits for customs, which decides here too."""

from collections.abc import Callable
from functools import partial
from typing import Any

from haidang.clearance.actions import answers, telling
from haidang.clearance.actions.following import (
    Following,
    Found,
    Written,
    follow,
    may_act,
    other_amendment,
)
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.rules import cancelling
from haidang.clearance.rules.amending import After, cancelled
from haidang.clearance.rules.cancelling import (
    AFTER_CLEARANCE,
    approving_act,
    asked,
    case_of,
    declined,
    pending,
)
from haidang.clearance.terms import (
    SETTLED_STATES,
    CancellationCase,
    CancellationPending,
    NoCancellationAsked,
    OnlyCustomsDecides,
    Owner,
    SettledAlready,
)
from haidang.kernel.findings import Finding
from haidang.platform.db import Transaction


class Cancelling(Following, frozen=True, kw_only=True):
    """A request of the trader to cancel for one of the cases of the law, with its reason."""

    case: str
    reason: str


class Deciding(Following, frozen=True, kw_only=True):
    """The decision of customs on a request: `by` is what the sender is to customs, `reference` its paper."""

    by: Owner
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


def _request(hands: Hands, each: Cancelling, _: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    if not may_act(found, each.envelope.sender_id):
        return (answers.UNKNOWN_DECLARATION,)
    day, case = hands.day(found.at), cancelling.CASES[each.case]
    findings = other_amendment(each, found) + cancelling.case_findings(
        case, found.rows.fact("is_export"), found.before.registered_at, found.at, day.codes.parameters
    )
    _refuse_too_late(found, case)
    if pending(found.before.conditions) is not None:
        raise CancellationPending
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


def _decide(hands: Hands, each: Deciding, _: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    # Asked first: who may not decide learns nothing of the declaration.
    if each.by is not Owner.CUSTOMS:
        raise OnlyCustomsDecides
    if each.envelope.sender_code != found.standing.customs_office_code[:4]:
        return (answers.UNKNOWN_DECLARATION,)
    if findings := other_amendment(each, found):
        return findings
    waiting = pending(found.before.conditions)
    if waiting is None:
        if found.before.state in SETTLED_STATES:
            raise SettledAlready(found.before.state, found.last.act, found.last.acted_at, each.procedure)
        raise NoCancellationAsked
    sender, evidence = each.envelope.sender_code, each.reference or each.note
    if each.approved:
        after = cancelled(found.before, approving_act(found.before.state), found.at, found.seq, sender, evidence)
    else:
        after = declined(found.before, found.at, sender, evidence)
    outcome = "cancelled" if each.approved else "refused"
    return _written(each, found, case_of(waiting), after, outcome, hands.day(found.at).version)


def _refuse_too_late(found: Found, case: CancellationCase) -> None:
    state = found.before.state
    if state in SETTLED_STATES and not (case.after_clearance and state in AFTER_CLEARANCE):
        raise SettledAlready(state, found.last.act, found.last.acted_at, f"cancel ({case.code})")


def _written(
    each: Following, found: Found, case: CancellationCase, after: After, outcome: str, version: int
) -> Written:
    number = answers.declaration_no(each.no11, found.standing.amendment_no)
    body = answers.cancellation(number, case, found.before, after, outcome)
    return Written(after, body, (telling.CANCELLED,) if outcome == "cancelled" else (), version)
