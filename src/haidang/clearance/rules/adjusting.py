"""What a later version of the law book makes of a declaration that was judged by an earlier one: the difference, and what is booked. Pure.

The day is that of the registration, in both versions: an instrument with effect for days that are past, or a mistake of the book that was mended. What the
declaration says of itself does not change and no version of it is made; the difference stands in the ledger, against accounts of its own.
`haidang verify` calls the same rules again.

Law: 107/2016/QH13 Art. 8(2) (the tax is that of the registration). No source on file says whether interest for late payment (38/2019/QH14 Art. 59) runs on
such a difference: none is charged (unverified). It is due as what an amendment adds (`revising.revised`).
"""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from haidang.balances.terms import Balances
from haidang.clearance.rules import revising
from haidang.clearance.rules.amending import After, Before, obligation_after, settled_by_customs
from haidang.clearance.rules.judging import DayBook, Judgement, judge
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.ledger.rules import RETROACTIVE
from haidang.taxes.terms import TaxKind

BOOKABLE = revising.AMENDABLE
"""States in which a difference is booked; before clearance an amendment is judged by the newest version anyway."""
KINDS = tuple(kind for kind in TaxKind if kind is not TaxKind.CUSTOMS_FEE)
"""The taxes that declarations bear, in the order of `PreparedAdjustment.was_vnd`."""


class Recalculated(Struct, frozen=True):
    """Taxes of one declaration by another version, whole đồng by kind; or `undecided`: why that version does not say them (codes and words)."""

    now: Mapping[int, int]
    undecided: tuple[tuple[str, str, str], ...] = ()
    judged: Judgement | None = None


def taxes_differ(one: DayBook, other: DayBook) -> bool:
    """Tell whether two books of a day can give other taxes: tariff, exchange rates, or what kinds of declaration do to taxes."""
    return (
        one.tariff.entries != other.tariff.entries
        or one.codes.exchange_rates_e4 != other.codes.exchange_rates_e4
        or one.treatments != other.treatments
    )


def recalculated(declared: Declaration, day: DayBook, registered_at: datetime, level: int) -> Recalculated:
    """Return the taxes of a declaration by the law of its day in another version, or why they cannot be said.

    A rate that is missing makes a sum of taxes that is too small, never a difference to book.
    """
    judged = judge(declared, day, registered_at, level, 0)
    if not isinstance(judged, Judgement):
        return Recalculated({}, tuple((each.code, each.text_vi, each.text_en) for each in judged))
    if missing := judged.assessment.missing:
        told = "; ".join(f"{each.line_no}: {each.kind.name} ({each.reason})" for each in missing)
        return Recalculated({}, (("RATE_MISSING", f"Chưa có mức thuế: {told}", f"No rate on file: {told}"),))
    return Recalculated({int(kind): amount for kind, amount in judged.assessment.totals}, (), judged)


def amounts(by_kind: Mapping[int, int]) -> tuple[int, ...]:
    """Return whole đồng in the order of `KINDS`, 0 for a tax that is not there."""
    return tuple(by_kind.get(int(kind), 0) for kind in KINDS)


def adjusted_by_law(
    before: Before, declared: Declaration, judged: Judgement, balances: Balances, day: DayBook, due_on: date, at: datetime, journal_seq: int
) -> After | tuple[Finding, ...]:  # fmt: skip
    """Return what becomes of a cleared declaration whose taxes a later version gives as `judged` does: the difference of each is booked, nothing else moves.

    `due_on` is the last day to pay that the declaration itself has; more tax counts as a debt from the day of the decision.
    """
    settled = settled_by_customs(before, declared, judged, balances, day, journal_seq, at, RETROACTIVE)
    if isinstance(settled, tuple):
        return settled
    money, owed = settled.money, before.obligation
    if owed is not None:
        due_on = owed.due_on
    if money.outstanding_vnd > (owed.outstanding_vnd if owed is not None else 0):
        due_on = max(due_on, vn_date(at))
    obligation, change = obligation_after(before, money.assessed_vnd, money.outstanding_vnd, due_on, journal_seq)
    return After(
        channel=before.channel,
        conditions=before.conditions,
        states=(),
        transfers=money.transfers,
        obligation=obligation,
        change=change,
        moved=settled.moved,
        overpaid_vnd=money.overpaid_vnd,
        drawn=settled.drawn,
    )
