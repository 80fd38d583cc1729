"""What becomes of a declaration that customs assesses ex officio before it is cleared (ấn định thuế): taxes, the tax that is awaited, guarantees. Pure.

One officer proposes the whole declaration as it should be, another decides. While that waits the declaration has one condition more and is not
cleared, so that nobody pays what was declared and leaves in between. What is approved is judged by the law of the registration instant; customs checks
nothing again and decides no channel. `haidang verify` calls the same rules again. After clearance `revising` says what becomes of it.

Law: 38/2019/QH14 Art. 52, from 1 July 2026 108/2025/QH15 (unverified); that it is possible before clearance, and that clearance waits for it, is inferred.
"""

from collections.abc import Sequence
from datetime import datetime

from haidang.balances.terms import Balances
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules.amending import (
    After,
    Anew,
    Before,
    conditions_anew,
    kept,
    obligation_anew,
    settled_by_customs,
)
from haidang.clearance.rules.doubting import AWAITS_VALUE
from haidang.clearance.rules.judging import DayBook, Judgement
from haidang.clearance.rules.states import EDGES, follow, walk_on
from haidang.clearance.terms import Condition, ConditionKind, Owner
from haidang.clearance.terms.revisions import Ground
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding

ACT = "assess_ex_officio"
ASSESSABLE = frozenset(edge.from_state for edge in EDGES if edge.act == ACT)
"""States before clearance in which taxes may be assessed ex officio."""


def proposed(before: Before, book: condition_rules.ConditionBook, at: datetime, ground: Ground) -> After:
    """Return what becomes of a declaration for which an officer proposes an assessment: it waits for another officer, and is not cleared meanwhile.

    The condition says neither figure nor ground: what officers propose is not the declarant's to read.
    """
    conditions = condition_rules.open_another(before.conditions, book, "assessment_proposed", at, law=ground.law)
    return kept(before, conditions, follow(before.state, before.channel, conditions))


def refused(before: Before, asked_at: datetime, at: datetime, officer: str, evidence: str) -> After:
    """Return what becomes of it when the proposal made at `asked_at` is refused: it goes on as declared, and is cleared when nothing else was awaited."""
    conditions = tuple(
        _closed(each, at, officer, evidence) if _is_open(each) and each.opened_at == asked_at else each
        for each in before.conditions
    )
    return kept(before, conditions, follow(before.state, before.channel, conditions))


def assessed(
    before: Before,
    old: Declaration,
    new: Declaration,
    judged: Judgement,
    level: int,
    balances: Balances,
    day: DayBook,
    today: DayBook,
    at: datetime,
    journal_seq: int,
    officer: str,
    evidence: str,
) -> After | tuple[Finding, ...]:
    """Return what becomes of a declaration that said `old` and is assessed as `new`, or why it cannot draw what that says of goods on file.

    The difference of each tax is booked, and what is owed now and not secured is awaited (condition TAX, anew when the tax was paid already). A guarantee
    stands for what it stood for and no more: the bank has not guaranteed the difference. `level` is the compliance level of the last decision on the
    channel. Every assessment that was awaited has come; where it is of a value that was rejected after release, that is the value awaited since.

    Raises:
        MoveRefused: the state allows no assessment.
    """
    settled = settled_by_customs(before, new, judged, balances, day, journal_seq, at)
    if isinstance(settled, tuple):
        return settled
    anew = Anew(judged, before.channel, level, settled.money, settled.moved, settled.drawn, balances)
    conditions = _met(
        conditions_anew(before, old, new, anew, today, at, evidence, by_customs=True), at, officer, evidence
    )
    obligation, change = obligation_anew(before, new, anew, day, journal_seq)
    return After(
        channel=before.channel,
        conditions=conditions,
        states=walk_on(before.state, ACT, before.channel, conditions),
        transfers=settled.money.transfers,
        obligation=obligation,
        change=change,
        moved=settled.moved,
        overpaid_vnd=settled.money.overpaid_vnd,
        drawn=settled.drawn,
    )


def _met(conditions: Sequence[Condition], at: datetime, officer: str, evidence: str) -> tuple[Condition, ...]:
    """Return the list with every assessment that was awaited closed, and the value that was awaited since release when it was rejected."""
    rejected = any(_is_open(each) and each.detail for each in conditions)
    return tuple(
        _closed(each, at, officer, evidence)
        if _is_open(each)
        or (
            rejected
            and each.kind is ConditionKind.DETERMINATION
            and each.closed_at is None
            and each.detail == AWAITS_VALUE
        )
        else each
        for each in conditions
    )


def _is_open(condition: Condition) -> bool:
    return condition.kind is ConditionKind.ASSESSMENT and condition.closed_at is None


def _closed(condition: Condition, at: datetime, officer: str, evidence: str) -> Condition:
    numbered = condition_rules.close(
        (condition,),
        condition.kind,
        Owner.CUSTOMS,
        at,
        evidence,
        closed_by=officer,
        condition_no=condition.condition_no,
    )
    return numbered[0]
