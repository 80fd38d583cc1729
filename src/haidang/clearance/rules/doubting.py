"""The doubt of a value and what becomes of it: amended, consulted on, accepted or rejected, before clearance and once goods are released or stored. Pure.

The clocks are the same wherever the goods are: the declarant amends the lines or asks for consultation within its working days, customs decides within its
days from registration. While goods are released or in storage the outcome becomes their final value: what is accepted ends the wait for the value,
what is rejected is assessed by two officers before the goods are cleared. Otherwise the goods go on as declared and are assessed afterwards.

Law: 38/2015/TT-BTC Art. 25 (unverified); what follows a rejection is inferred.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from haidang.clearance.rules.conditions import ConditionBook, close, meant, open_another
from haidang.clearance.rules.states import open_kinds, was_released, was_stored
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.refusals import LineUnknown, MoveRefused
from haidang.clearance.terms.revisions import DoubtTooLate

DOUBTING = frozenset((Deed.DOUBT_VALUE, Deed.ASK_CONSULTATION, Deed.ACCEPT_VALUE, Deed.REJECT_VALUE))
"""The deeds of these rules."""
AWAITS_VALUE = "B"
"""The detail of a determination when release was asked for because the value is awaited (item BP of VNACCS)."""

Conditions = tuple[Condition, ...]


def doubted(
    conditions: Conditions, state: State, book: ConditionBook, at: datetime, registered_at: datetime,
    line_nos: Iterable[int], line_count: int, text: str,
) -> Conditions:  # fmt: skip
    """Return the list with the doubt about the value of some lines, which is the declarant's on its clock of working days.

    Raises:
        LineUnknown: the declaration has no such line.
        DoubtTooLate: the days of customs from registration have passed.
        MoveRefused: a doubt or a consultation is open already.
    """
    lines = sorted(set(line_nos))
    for line_no in lines:
        if line_no > line_count:
            raise LineUnknown(line_no)
    until = decided_until(book, registered_at)
    if at >= until:
        raise DoubtTooLate(until)
    if {ConditionKind.VALUE_DOUBT, ConditionKind.CONSULTATION} & set(open_kinds(conditions)):
        raise MoveRefused(state, Deed.DOUBT_VALUE)
    return open_another(conditions, book, "value_doubted", at, f"{', '.join(map(str, lines))}: {text}")


def decided_until(book: ConditionBook, registered_at: datetime) -> datetime:
    """Return until when customs may doubt a value and decide on it: the days of the law from registration."""
    until = book.due_at("consultation_asked", registered_at)
    assert until is not None, "the clock of consultation counts days"
    return until


def consulted(
    conditions: Conditions,
    book: ConditionBook,
    at: datetime,
    registered_at: datetime,
    by: str,
    text: str,
    evidence: str,
) -> Conditions:
    """Return the list after the declarant `by` has answered the doubt by asking for consultation: customs decides within its days, though not before it was asked.

    Raises:
        ConditionUnknown, ConditionClosedAlready: no doubt is open.
    """
    doubt = meant(conditions, ConditionKind.VALUE_DOUBT, Owner.CUSTOMS, by, None)
    closed = close(conditions, ConditionKind.VALUE_DOUBT, Owner.CUSTOMS, at, evidence, closed_by=by)
    detail = f"{doubt.detail.partition(':')[0]}: {text}"
    opened = open_another(closed, book, "consultation_asked", at, detail)
    return (*closed, replace(opened[-1], due_at=max(at, decided_until(book, registered_at))))


def decided(
    deed: Deed, conditions: Conditions, book: ConditionBook, at: datetime, officer: str, text: str
) -> Conditions:
    """Return the list after the doubt or the consultation has ended with the value accepted or rejected, and why.

    Raises:
        ConditionUnknown, ConditionClosedAlready: neither is open.
    """
    kind, evidence = _in_question(conditions), f"{deed}: {text}"
    ended = meant(conditions, kind, Owner.CUSTOMS, officer, None)
    after = close(conditions, kind, Owner.CUSTOMS, at, evidence, closed_by=officer)
    if deed is Deed.ACCEPT_VALUE:
        awaited = [
            c
            for c in after
            if c.kind is ConditionKind.DETERMINATION and c.closed_at is None and c.detail == AWAITS_VALUE
        ]
        for _ in awaited:
            after = close(after, ConditionKind.DETERMINATION, Owner.CUSTOMS, at, evidence, closed_by=officer)
        return after
    if was_released(after) or was_stored(after):
        return open_another(after, book, "value_rejected", at, f"{ended.detail.partition(':')[0]}: {text}")
    return after


def _in_question(conditions: Conditions) -> ConditionKind:
    """Return what a decision on a value ends: the open doubt, else the consultation when there was one."""
    asked = any(c.kind is ConditionKind.CONSULTATION for c in conditions)
    if asked and ConditionKind.VALUE_DOUBT not in open_kinds(conditions):
        return ConditionKind.CONSULTATION
    return ConditionKind.VALUE_DOUBT
