"""What becomes of a cleared declaration that its declarant amends or that customs assesses: money, guarantees, the day to pay, interest. Pure.

What is asked (`Revision`) changes nothing but that it waits; what is accepted is judged by the law of the registration instant, as an amendment before
clearance is. `haidang verify` calls the same rules again.

Law: 54/2014/QH13 Art. 29(4)(b) and 38/2015/TT-BTC Art. 20 (amendment after clearance); 38/2019/QH14 Art. 52, from 1 July 2026 108/2025/QH15 (assessment
ex officio; unverified).
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import resources

from msgspec import Struct
from msgspec.structs import replace

from haidang.balances.terms import Balances
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules import securing
from haidang.clearance.rules.amending import After, Before, obligation_after, settled_by_customs
from haidang.clearance.rules.judging import DayBook, Judgement
from haidang.clearance.rules.states import walk
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.refusals import TableInvalid
from haidang.clearance.terms.revisions import Ground, Revision, RevisionKind
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.ledger import rules as ledger_rules
from haidang.ledger.terms import Transfer
from haidang.reference.terms import Parameter
from haidang.taxes.rules import days_late, late_interest_vnd, totals_difference
from haidang.taxes.terms import TaxKind

AMENDABLE = frozenset((State.CLEARED, State.GATE_OUT, State.AMENDED))
"""States after clearance in which a declaration may be amended or assessed."""
FREE_DAYS = "amendment.after_clearance"
"""The days from clearance in which an amendment bears no penalty; it is taken later too."""
INTEREST = "interest.late_payment"
_E6_PER_BP = 100
_YES_NO = {"yes": True, "no": False}


def load_grounds(text: str) -> tuple[Ground, ...]:
    """Read the table of grounds from CSV text.

    Raises:
        TableInvalid: a column is missing or a value is unknown.
    """
    try:
        return tuple(
            Ground(
                code=row["code"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
                law=f"{row['instrument']} Art. {row['article']}" if row["article"] else row["instrument"],
                verified=_YES_NO[row["verified"]],
                name_vi=row["name_vi"],
                name_en=row["name_en"],
            )
            for row in csv.DictReader(text.splitlines())
        )
    except (KeyError, ValueError) as error:
        raise TableInvalid(f"assessments: {error}") from error


GROUNDS = load_grounds(resources.files("haidang.clearance").joinpath("assessments.csv").read_text("utf-8"))
"""The table, all dates."""


def ground_of(code: str, on: date) -> Ground | None:
    """Return the ground in force on a Vietnamese day, None when there is none of this code."""
    return next(
        (
            each
            for each in GROUNDS
            if each.code == code and each.valid_from <= on and (each.valid_until is None or on < each.valid_until)
        ),
        None,
    )


def ground_findings(code: str, on: date) -> tuple[Finding, ...]:
    """Return HD-GROUND when no ground of this code is in force on the day."""
    if ground_of(code, on) is not None:
        return ()
    return (
        Finding(
            code="HD-GROUND",
            pointer="/ground",
            text_vi=f"Căn cứ ấn định {code} không có hiệu lực ngày {on}.",
            text_en=f"The ground of assessment {code} is not in force on {on}.",
            repair_vi="Chọn căn cứ đang có hiệu lực.",
            repair_en="Choose a ground that is in force.",
        ),
    )


def free_until(cleared_at: datetime, parameters: Mapping[str, Parameter]) -> date:
    """Return the last Vietnamese day on which an amendment bears no penalty.

    Law: 54/2014/QH13 Art. 29(4)(b) (60 days from clearance, and before an audit is decided; unverified).
    """
    return vn_date(cleared_at) + timedelta(days=parameters[FREE_DAYS].value)


def pending(revisions: tuple[Revision, ...]) -> Revision | None:
    """Return what waits for its decision, None when nothing does."""
    return next((each for each in revisions if each.decided_at is None), None)


def asked(before: Before, book: condition_rules.ConditionBook, at: datetime, register_no: int) -> tuple[Condition, ...]:
    """Return the conditions of a declaration whose amendment waits for customs: one more, on the clock of the law. It stays cleared."""
    return condition_rules.open_another(before.conditions, book, "amendment_asked", at, str(register_no))


def answered(before: Before, at: datetime, closed_by: str, evidence: str) -> tuple[Condition, ...]:
    """Return the conditions once customs has decided on an amendment."""
    return condition_rules.close(
        before.conditions, ConditionKind.AMENDMENT, Owner.CUSTOMS, at, evidence, closed_by=closed_by
    )


def revised(
    before: Before,
    new: Declaration,
    judged: Judgement,
    balances: Balances,
    day: DayBook,
    at: datetime,
    journal_seq: int,
    conditions: tuple[Condition, ...],
) -> After | tuple[Finding, ...]:
    """Return what becomes of a cleared declaration that says `new` from now on: the difference of each tax is booked, and what it owes is due;
    or why it cannot draw what it says of goods on file.

    `judged` is the judgement on `new` by the law of the registration (`day`). A guarantee stands for what it stood for before and for no more;
    what is owed less is given back. The channel stays. More tax falls due with the declaration's own day (`own_day`), and counts as a
    debt from the day of the decision (inferred: else it could be years overdue in the second in which it is known).

    Raises:
        MoveRefused: the declaration is not cleared.
    """
    states = walk(before.state, "amend_after_clearance", before.channel)
    settled = settled_by_customs(before, new, judged, balances, day, journal_seq, at)
    if isinstance(settled, tuple):
        return settled
    was_vnd = before.obligation.outstanding_vnd if before.obligation else 0
    due_on = before.obligation.due_on if before.obligation else own_day(new, before.registered_at, day)
    if settled.money.outstanding_vnd > was_vnd:
        due_on = max(due_on, vn_date(at))
    obligation, change = obligation_after(
        before, settled.money.assessed_vnd, settled.money.outstanding_vnd, due_on, journal_seq
    )
    return After(
        channel=before.channel,
        conditions=conditions,
        states=states,
        transfers=settled.money.transfers,
        obligation=obligation,
        change=change,
        moved=settled.moved,
        overpaid_vnd=settled.money.overpaid_vnd,
        drawn=settled.drawn,
    )


def own_day(declared: Declaration, registered_at: datetime, day: DayBook) -> date:
    """Return the last day to pay that the declaration itself has, guarantees apart.

    Law: 38/2019/QH14 Art. 55(4)(a): tax that an amendment or an assessment adds is due with the declaration (general knowledge, unverified).
    """
    return securing.secured_until(declared, registered_at, day.conditions)


def late_since(timing: str, registered_at: datetime, cleared_at: datetime, day: DayBook) -> date:
    """Return the first day on which tax that is still owed after clearance bears interest: the declaration's own day, under a guarantee that of clearance.

    `timing` is the time of payment declared (ENC), `day` the law of the registration.

    Law: 107/2016/QH13 Art. 9.
    """
    if timing in securing.GUARANTEED:
        return vn_date(cleared_at)
    return condition_rules.tax_due_on(timing, registered_at, day.conditions)


class Late(Struct, frozen=True):
    """What the interest on a cleared declaration's tax is computed from: time of payment declared, when it was registered and cleared, what stands booked."""

    timing: str
    registered_at: datetime
    cleared_at: datetime
    transfers: Sequence[Transfer]


def interest_left(late: Late, trader_code: str, outstanding_vnd: int, day: DayBook, today: DayBook) -> int:
    """Return the interest, whole đồng, that a payment of all that is outstanding leaves behind on the day of `today`: on the tax in it, never on interest,
    and not on what a later version of the law book added since the last payment (no source says that interest runs on it: unverified).

    The rate is that of today for all days (inferred where it changed in between).

    Law: 38/2019/QH14 Art. 59, from 1 July 2026 108/2025/QH15 (unverified).
    """
    tax_vnd = outstanding_vnd - ledger_rules.unpaid_interest_vnd(trader_code, late.transfers, outstanding_vnd)
    tax_vnd -= ledger_rules.unpaid_retroactive_vnd(trader_code, late.transfers, tax_vnd)
    since = late_since(late.timing, late.registered_at, late.cleared_at, day)
    rate_e6 = today.codes.parameters[INTEREST].value * _E6_PER_BP
    return late_interest_vnd(tax_vnd, days_late(since, today.on), rate_e6)


class Owing(Struct, frozen=True):
    """What a revision adds or gives back, and what late payment costs: whole đồng, Vietnamese days.

    `by_tax` is the difference of each tax, `additional_vnd` what is to be paid beyond what was owed, `interest_from` the first day that bears interest
    (None before clearance: nothing is late yet), `interest_vnd` the interest when it is all paid on the day asked, `per_day_vnd` what one day more costs.
    """

    by_tax: tuple[tuple[TaxKind, int], ...]
    additional_vnd: int
    interest_from: date | None
    interest_vnd: int
    per_day_vnd: int


def owing(
    before: Before, new: Declaration, judged: Judgement, cleared_at: datetime | None, day: DayBook, today: DayBook
) -> Owing:
    """Return the difference that `judged` makes of what stood before, with the interest as of the day of `today`.

    Interest runs from the declaration's own day, under a guarantee from clearance; the rate is that of today. Goods that are not cleared are not
    cleared before the tax is paid or secured, so none runs (inferred).

    Law: 38/2019/QH14 Art. 59, from 1 July 2026 108/2025/QH15 (unverified); 107/2016/QH13 Art. 9.
    """
    now = {int(kind): amount for kind, amount in judged.assessment.totals}
    if cleared_at is None:
        return replace(difference(before.totals, now, today.on, today.on, 0), interest_from=None)
    since = late_since(new.payment_timing_code, before.registered_at, cleared_at, day)
    return difference(before.totals, now, since, today.on, today.codes.parameters[INTEREST].value)


def difference(was: Mapping[int, int], now: Mapping[int, int], since: date, on: date, rate_bp_per_day: int) -> Owing:
    """Return what taxes of `now` make beside those of `was` (whole đồng by kind), with the interest from `since` when all is paid on the day `on`.

    Taxes that fall are set against those that rise: interest is due on what is to be paid beyond what was owed (inferred).
    """
    by_tax = totals_difference(was, now)
    additional = max(0, sum(amount for _, amount in by_tax))
    rate_e6 = rate_bp_per_day * _E6_PER_BP
    return Owing(
        tuple((kind, amount) for kind, amount in by_tax if amount),
        additional,
        since,
        late_interest_vnd(additional, days_late(since, on), rate_e6),
        late_interest_vnd(additional, 1, rate_e6),
    )


def decided(revision: Revision, by: str, at: datetime, journal_seq: int, accepted: bool, decision: str) -> Revision:
    """Return what was asked with its decision."""
    return replace(
        revision, decided_by=by, decided_at=at, decided_seq=journal_seq, accepted=accepted, decision=decision
    )


KIND_OF_DEED = {
    "accept_amendment": RevisionKind.AMENDMENT,
    "refuse_amendment": RevisionKind.AMENDMENT,
    "approve_assessment": RevisionKind.ASSESSMENT,
    "refuse_assessment": RevisionKind.ASSESSMENT,
    "approve_adjustment": RevisionKind.RETROACTIVE,
    "refuse_adjustment": RevisionKind.RETROACTIVE,
    "approve_cancellation": RevisionKind.CANCELLATION,
    "refuse_cancellation": RevisionKind.CANCELLATION,
}
"""On what each deed decides."""
ACCEPTS = frozenset(("accept_amendment", "approve_assessment", "approve_cancellation", "approve_adjustment"))
"""Deeds that let happen what was asked."""
SECOND_PERSON = frozenset((RevisionKind.ASSESSMENT, RevisionKind.CANCELLATION))
"""What an officer has asked, and another decides."""
