"""`supplement_declarations`: the complete declaration for a number that was registered incomplete, in one signed message.

And what the registration of another incomplete one asks: whether the ground is the trader's, and whether an earlier one is overdue.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from haidang.clearance import store
from haidang.clearance.actions import answers
from haidang.clearance.actions.amending import Amending, Anew, declare_anew
from haidang.clearance.actions.following import (
    Found,
    Written,
    follow,
    not_theirs,
    other_amendment,
    refuse_pending,
    refuse_settled,
)
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.rules import supplementing
from haidang.clearance.rules.amending import MAX_AMENDMENTS
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import State
from haidang.declarations.rules import completing
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.platform.db import Transaction


class Supplementing(Amending, frozen=True, kw_only=True):
    """A supplement: the whole declaration, complete. `read` turns a message as received back into what it declares."""


def supplement_declarations(hands: Hands, batch: list[Supplementing]) -> list[Answer]:
    """Complete declarations that were lodged incomplete, each in a transaction of its own; return one answer each, in order.

    200 with the new number, what changed, figures, whether it came late, and open conditions; 409 when there is nothing to complete, or not now; 422
    with all findings; for a message that was answered before, the stored answer.
    """
    return [follow(hands, each, partial(_supplement, hands, each)) for each in batch]


def _supplement(
    hands: Hands, each: Supplementing, transaction: Transaction, found: Found
) -> Written | tuple[Finding, ...]:
    if stranger := not_theirs(found, each.envelope.sender_id):
        return stranger
    if found.before.state is State.CANCELLED:
        refuse_settled(found, each.procedure)
    supplement = supplementing.to_complete(found.before.conditions)
    refuse_settled(found, each.procedure)
    refuse_pending(found)
    becomes = partial(supplementing.supplemented, sender_code=each.envelope.sender_code)
    told = partial(answers.amended, supplemented=(supplement, found.at))
    return declare_anew(hands, each, transaction, found, Anew(_findings, becomes, told))


def _findings(each: Amending, found: Found, old: Declaration, today: DayBook) -> tuple[Finding, ...]:
    findings = other_amendment(each, found)
    most = today.codes.parameters[MAX_AMENDMENTS].value
    if found.standing.amendment_no >= most:
        findings += (answers.too_many_amendments(most),)
    return findings + completing.supplement_findings(old, each.declared, vn_date(found.before.registered_at))


def read_overdue(transaction: Transaction, declared: Sequence[Declaration], at: datetime) -> Mapping[str, datetime]:
    """Return, for the traders of declarations lodged incomplete, since when one that they lodged before is overdue; nothing is read without any."""
    traders = sorted({each.trader_code for each in declared if each.particulars.incomplete_code})
    if not traders:
        return {}
    return store.select_overdue_supplements(transaction, [shard_of(trader) for trader in traders], traders, at)


def incomplete_findings(
    declared: Declaration, level: int, day: DayBook, overdue: Mapping[str, datetime]
) -> tuple[Finding, ...]:
    """Return why a declaration of a trader of this compliance level cannot be lodged incomplete on that day."""
    findings = completing.ground_findings(declared, level, day.on)
    since = overdue.get(declared.trader_code)
    return findings if since is None else (*findings, answers.supplement_overdue(since))
