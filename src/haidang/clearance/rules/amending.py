"""What an amendment before clearance, or a cancellation, makes of a declaration: money, guarantees, conditions, states. Pure, and so replayable.

The pass calls it with what it has locked; `haidang verify` calls it again with what was stored.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from haidang.balances import rules as balance_rules
from haidang.balances.terms import Balances, Denied, Movement
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules import drawing, securing
from haidang.clearance.rules.honouring import rulings_anew
from haidang.clearance.rules.judging import DayBook, Judgement
from haidang.clearance.rules.states import walk, walk_on
from haidang.clearance.terms import Condition, ConditionKind, State
from haidang.clearance.terms.acts import Deed
from haidang.declarations.rules.amending import changed_lines
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.ledger import rules as ledger_rules
from haidang.ledger.terms import LATE_INTEREST, Adjusted, Obligation, ObligationChange, Transfer
from haidang.risk.terms import Decision

Key = tuple[int, int, UUID]
AMEND, CANCEL, CANCEL_RESULT = "AMEND", "CANCEL", "CANCEL_RESULT"
SUPPLEMENT = "SUPPLEMENT"
"""The act that completes a declaration lodged incomplete (ours)."""
AMENDING = frozenset((AMEND, "IDE", "EDE", SUPPLEMENT))
"""The acts that declare anew before clearance: ours, and the registration of a correction as users know it, import and export."""
AMEND_CLEARED, ASSESS = "AMC", "ASSESS"
"""The declarant amends what is cleared (as users know it); an officer assesses ex officio (ours)."""
DECIDING = frozenset((
    Deed.ACCEPT_AMENDMENT.value, Deed.REFUSE_AMENDMENT.value, Deed.APPROVE_ASSESSMENT.value, Deed.REFUSE_ASSESSMENT.value,
    Deed.APPROVE_CANCELLATION.value, Deed.REFUSE_CANCELLATION.value, Deed.APPROVE_ADJUSTMENT.value, Deed.REFUSE_ADJUSTMENT.value,
))  # fmt: skip
"""Deeds that decide on what somebody has asked (`Revision`)."""
ACCEPTING = frozenset((Deed.ACCEPT_AMENDMENT.value, Deed.APPROVE_ASSESSMENT.value))
"""Those by which a declaration says something else from then on."""
FOLLOWING = AMENDING | {CANCEL, CANCEL_RESULT, AMEND_CLEARED, ASSESS} | DECIDING
"""Acts after registration whose rows are of many kinds (`act_parts`)."""
MAX_AMENDMENTS = "declaration.max_amendments"


class Before(Struct, frozen=True, kw_only=True):
    """A declaration as it stands before an act. `totals` are its taxes as they stand booked (whole đồng by kind), `moved` what it did to guarantees so far,
    `drawn` what it did to goods on file."""

    key: Key
    trader_code: str
    registered_at: datetime
    state: State
    channel: int
    conditions: tuple[Condition, ...]
    totals: Mapping[int, int]
    obligation: Obligation | None
    transfers: Sequence[Transfer]
    moved: Sequence[Movement]
    drawn: Sequence[Movement] = ()


class After(Struct, frozen=True, kw_only=True):
    """What the act makes of it: the list of conditions and the states walked; transfers, obligation and its change; movements of guarantees, and of
    goods on file."""

    channel: int
    conditions: tuple[Condition, ...]
    states: tuple[State, ...]
    transfers: list[Transfer]
    obligation: Obligation | None
    change: ObligationChange | None
    moved: list[Movement]
    overpaid_vnd: int = 0
    drawn: list[Movement] = []


def amended(
    before: Before,
    old: Declaration,
    new: Declaration,
    judged: Judgement,
    decision: Decision,
    balances: Balances,
    day: DayBook,
    today: DayBook,
    at: datetime,
    journal_seq: int,
    evidence: str,
    act: str = "amend",
) -> After | tuple[Finding, ...]:
    """Return what becomes of a declaration that said `old` and says `new` by an `act` of the table of states, or why its tax is not secured as it says.

    `judged` is the judgement on `new` by the law of the registration (`day`); what the act opens runs on the clocks of `today`. `decision` is never
    below the channel before. `balances` are those named and those held, as locked.

    Law: 38/2015/TT-BTC Art. 20 (amendment), 107/2016/QH13 Art. 8(2) (the tax is that of the registration), Art. 9 (securing).

    Raises:
        MoveRefused: the state allows no amendment.
    """
    if findings := securing.deferral_findings(new, decision.level):
        return findings
    now = {int(kind): amount for kind, amount in judged.assessment.totals}
    money = ledger_rules.adjusted(before.key, before.trader_code, before.totals, now, before.transfers, journal_seq, at)
    want = securing.want_of(0, before.key[0], new, money.outstanding_vnd)
    moved = balance_rules.rearranged(before.key, before.moved, want, balances, journal_seq, vn_date(at))
    if isinstance(moved, Denied):
        return securing.denial_findings(new, [moved])
    drawn = redrawn(before, new, balances, day, journal_seq, vn_date(at))
    if isinstance(drawn, tuple):
        return drawn
    anew = Anew(judged, int(decision.channel), decision.level, money, moved, drawn, balances)
    return settled_anew(before, old, new, anew, day, today, at, journal_seq, evidence, act)


class Anew(Struct, frozen=True):
    """What is settled of a declaration that says something else before its conditions are considered: judgement, channel, compliance level; its money, and
    what it holds of `balances`."""

    judged: Judgement
    channel: int
    level: int
    money: Adjusted
    moved: list[Movement]
    drawn: list[Movement]
    balances: Balances


def settled_anew(
    before: Before,
    old: Declaration,
    new: Declaration,
    anew: Anew,
    day: DayBook,
    today: DayBook,
    at: datetime,
    journal_seq: int,
    evidence: str,
    act: str,
) -> After:
    """Return what becomes by `act` of a declaration that is not cleared and says `new` instead of `old`: conditions considered anew, obligation, states.

    Raises:
        MoveRefused: the state allows no amendment.
    """
    conditions = conditions_anew(before, old, new, anew, today, at, evidence)
    obligation, change = obligation_anew(before, new, anew, day, journal_seq)
    return After(
        channel=anew.channel,
        conditions=conditions,
        states=_walked(before, act, anew.channel, conditions),
        transfers=anew.money.transfers,
        obligation=obligation,
        change=change,
        moved=anew.moved,
        overpaid_vnd=anew.money.overpaid_vnd,
        drawn=anew.drawn,
    )


def conditions_anew(
    before: Before, old: Declaration, new: Declaration, anew: Anew, today: DayBook, at: datetime, evidence: str, *,
    by_customs: bool = False,
) -> tuple[Condition, ...]:  # fmt: skip
    """Return the conditions considered anew; `by_customs`: customs itself says what the declaration says now, so it checks nothing again."""
    outstanding_vnd, held = anew.money.outstanding_vnd, balance_rules.held([*before.moved, *anew.moved])
    pass_facts = replace(
        anew.judged.pass_facts,
        channel=anew.channel,
        registered_at=at,
        payable_vnd=outstanding_vnd,
        tax_secured=securing.is_secured(new, anew.level, outstanding_vnd, sum(held.values())),
    )
    wanted = condition_rules.open_conditions(pass_facts, today.conditions)
    changed, but = changed_lines(old, new), {ConditionKind.RULING, *(_CHECKS if by_customs else ())}
    result = condition_rules.reconsidered(
        before.conditions,
        [each for each in wanted if each.kind not in but],
        at,
        evidence,
        changed,
        retimed=old.payment_timing_code != new.payment_timing_code,
    )
    doubt = next((each for each in wanted if each.kind is ConditionKind.RULING), None)
    return rulings_anew(result, doubt, anew.judged.ruled, changed, at, evidence)


_CHECKS = frozenset((ConditionKind.DOCUMENT_CHECK, ConditionKind.INSPECTION))


def obligation_anew(
    before: Before, new: Declaration, anew: Anew, day: DayBook, journal_seq: int
) -> tuple[Obligation | None, ObligationChange | None]:
    """Return the obligation as it stands then, due as the declaration and the guarantees that stand for it say, and the change of it."""
    held = balance_rules.held([*before.moved, *anew.moved])
    guarantees = [balance for balance in anew.balances.values() if balance.balance_id in held]
    due_on = securing.secured_until(new, before.registered_at, day.conditions, guarantees)
    return obligation_after(before, anew.money.assessed_vnd, anew.money.outstanding_vnd, due_on, journal_seq)


class Settled(Struct, frozen=True):
    """What customs settles of a declaration that says `new`: its money, what it does to guarantees, and to goods on file."""

    money: Adjusted
    moved: list[Movement]
    drawn: list[Movement]


def settled_by_customs(
    before: Before,
    new: Declaration,
    judged: Judgement,
    balances: Balances,
    day: DayBook,
    journal_seq: int,
    at: datetime,
    against: str = "revenue",
) -> Settled | tuple[Finding, ...]:
    """Return what becomes of money, guarantees and goods on file when customs says what a declaration owes, or why it cannot draw what it says of goods.

    The difference of each tax is booked against the accounts `against`. A guarantee stands for what it stood for and for no more: the bank has not guaranteed the difference.
    """
    now = {int(kind): amount for kind, amount in judged.assessment.totals}
    money = ledger_rules.adjusted(
        before.key, before.trader_code, before.totals, now, before.transfers, journal_seq, at, against
    )
    standing = sum(balance_rules.held(before.moved).values())
    want = securing.want_of(0, before.key[0], new, min(standing, money.outstanding_vnd))
    moved = balance_rules.rearranged(before.key, before.moved, want, balances, journal_seq, vn_date(at))
    assert not isinstance(moved, Denied), "nothing more is wanted than is held"
    drawn = redrawn(before, new, balances, day, journal_seq, vn_date(at))
    return drawn if isinstance(drawn, tuple) else Settled(money, moved, drawn)


def redrawn(
    before: Before, new: Declaration, balances: Balances, day: DayBook, journal_seq: int, on: date
) -> list[Movement] | tuple[Finding, ...]:
    """Return the movements after which a declaration that says `new` has drawn what it says of goods on file and no more, or why it cannot. `day` is
    the law of its registration."""
    if not before.drawn and not drawing.names_goods(new):
        return []
    draws = drawing.draws_of(0, new, day)
    if findings := drawing.disagreeing(draws):
        return findings
    wants = [draw.want for draw in draws]
    found = balance_rules.redrawn(before.key, before.drawn, wants, balances, journal_seq, on)
    return drawing.denial_findings(draws, found) if isinstance(found, tuple) else found


def cancelled(before: Before, act: str, at: datetime, journal_seq: int, closed_by: str, evidence: str) -> After:
    """Return what becomes of a declaration that is cancelled by `act`: nothing is awaited, nothing is owed, nothing is held; what was paid is overpaid.

    The fee stays: it is for the registration (14/2021/TT-BTC, unverified).

    Raises:
        MoveRefused: the table of states has no such act here.
    """
    states = walk(before.state, act, before.channel)
    nothing: dict[int, int] = {}
    interest_vnd = ledger_rules.interest_vnd(before.trader_code, before.transfers)
    was = {**before.totals, LATE_INTEREST: interest_vnd} if interest_vnd else before.totals
    money = ledger_rules.adjusted(before.key, before.trader_code, was, nothing, before.transfers, journal_seq, at)
    moved = balance_rules.rearranged(before.key, before.moved, None, {}, journal_seq, vn_date(at))
    assert not isinstance(moved, Denied), "nothing was wanted"
    drawn = balance_rules.redrawn(before.key, before.drawn, (), {}, journal_seq, vn_date(at))
    assert not isinstance(drawn, tuple), "nothing was wanted"
    due_on = before.obligation.due_on if before.obligation else vn_date(at)
    obligation, change = obligation_after(before, 0, money.outstanding_vnd, due_on, journal_seq)
    return After(
        channel=before.channel,
        conditions=condition_rules.close_all(before.conditions, at, closed_by, evidence),
        states=states,
        transfers=money.transfers,
        obligation=obligation,
        change=change,
        moved=moved,
        overpaid_vnd=money.overpaid_vnd,
        drawn=drawn,
    )


CLEARED_STATES = frozenset((State.CLEARED, State.GATE_OUT, State.AMENDED))
"""States in which goods are cleared, and what was drawn of goods on file is used up."""


def with_goods_used(before: Before, after: After, journal_seq: int) -> After:
    """Return what an act makes of a declaration with, when it is cleared then, the movements by which it uses up the goods it holds reserved."""
    state = after.states[-1] if after.states else before.state
    if state not in CLEARED_STATES or not (before.drawn or after.drawn):
        return after
    return replace(
        after, drawn=[*after.drawn, *balance_rules.used_up(before.key, before.drawn, after.drawn, journal_seq)]
    )


def kept(before: Before, conditions: tuple[Condition, ...], states: tuple[State, ...]) -> After:
    """Return what becomes of a declaration when an act opens or closes conditions and moves no money."""
    return After(
        channel=before.channel,
        conditions=conditions,
        states=states,
        transfers=[],
        obligation=before.obligation,
        change=None,
        moved=[],
    )


def _walked(before: Before, act: str, channel: int, conditions: tuple[Condition, ...]) -> tuple[State, ...]:
    return walk_on(before.state, act, channel, conditions)


def obligation_after(
    before: Before, assessed_vnd: int, outstanding_vnd: int, due_on: Any, journal_seq: int
) -> tuple[Obligation | None, ObligationChange | None]:
    """Return the obligation as it stands then, and the change when what is assessed or its last day is another."""
    return ledger_rules.reassessed(
        before.key, before.trader_code, before.obligation, assessed_vnd, outstanding_vnd, due_on, journal_seq
    )


def act_parts(
    sha256: bytes | None,
    opened: Sequence[object],
    closed: Sequence[object],
    transfers: Sequence[Transfer],
    change: ObligationChange | None,
    decided: object,
    moved: Sequence[Movement],
    version: object,
    asked_and_decided: Sequence[object] = (),
) -> tuple[object, ...]:
    """Return what the journal's digest covers of an act of `FOLLOWING`: the bytes and every row it wrote.

    `asked_and_decided` are the rows of the officer's act and of what was asked or decided; most acts have none.
    """
    parts = (sha256, list(opened), list(closed), list(transfers), change, decided, list(moved), version)
    return (*parts, list(asked_and_decided)) if asked_and_decided else parts
