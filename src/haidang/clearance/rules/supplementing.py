"""What the supplement makes of a declaration that was lodged incomplete. Pure, and so replayable.

It is an amendment that completes: the same money, guarantees, goods on file, checks and channel, by the law of the registration. What differs is which
fields it may state, and that it closes the condition which waits for it. Late is late: it is taken all the same, and told.

Law: 54/2014/QH13 Art. 43 (a complete declaration within its days from the registration), unverified.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from haidang.balances.terms import Balances
from haidang.clearance.rules.amending import After, Before, amended
from haidang.clearance.rules.judging import DayBook, Judgement
from haidang.clearance.terms import Condition, ConditionKind
from haidang.clearance.terms.supplements import NotIncomplete, SupplementedAlready
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding
from haidang.risk.terms import Decision


def awaited(conditions: Sequence[Condition]) -> Condition | None:
    """Return the open condition that waits for a supplement, None when none does."""
    return next((c for c in conditions if c.kind is ConditionKind.SUPPLEMENT and c.closed_at is None), None)


def to_complete(conditions: Sequence[Condition]) -> Condition:
    """Return the open condition that a supplement closes.

    Raises:
        NotIncomplete: the declaration was complete from the beginning.
        SupplementedAlready: it was completed, or closed otherwise, before.
    """
    its = [condition for condition in conditions if condition.kind is ConditionKind.SUPPLEMENT]
    if not its:
        raise NotIncomplete
    if its[-1].closed_at is not None:
        raise SupplementedAlready(its[-1])
    return its[-1]


def is_late(supplement: Condition, at: datetime) -> bool:
    """Whether a declaration is completed, or still not, after its days."""
    return supplement.due_at is not None and at >= supplement.due_at


def supplemented(
    before: Before, old: Declaration, new: Declaration, judged: Judgement, decision: Decision, balances: Balances, day: DayBook,
    today: DayBook, at: datetime, journal_seq: int, evidence: str, sender_code: str,
) -> After | tuple[Finding, ...]:  # fmt: skip
    """Return what becomes of an incomplete declaration that said `old` once `sender_code` completes it with `new`, or why its tax is not secured.

    Everything else as `amended`.

    Raises:
        NotIncomplete, SupplementedAlready: there is nothing to complete.
        MoveRefused: the state allows no supplement.
    """
    closed = replace(to_complete(before.conditions), closed_at=at, closed_by=sender_code, evidence=evidence)
    conditions = tuple(closed if c.condition_no == closed.condition_no else c for c in before.conditions)
    return amended(
        replace(before, conditions=conditions), old, new, judged, decision, balances, day, today, at, journal_seq, evidence, "supplement"
    )  # fmt: skip
