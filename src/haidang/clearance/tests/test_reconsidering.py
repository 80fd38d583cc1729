"""An amended declaration: which conditions stay, which open anew, which have no reason any more. And the cases of cancellation."""

from datetime import date, timedelta

import pytest

from haidang.clearance.rules import cancelling
from haidang.clearance.rules.conditions import AMENDED, close, close_all, open_another, open_conditions, reconsidered
from haidang.clearance.terms import ConditionKind, Owner
from haidang.clearance.terms.refusals import TableInvalid
from haidang.clearance.tests.build import BOOK, MORNING, a_book, a_parameter, a_permit, facts

LATER = MORNING + timedelta(hours=1)
PARAMETERS = {"clearance.cancel_without_goods_days": a_parameter("clearance.cancel_without_goods_days", 15)}


def opened(**changes):
    return open_conditions(facts(**changes), BOOK)


def again(before, lines=frozenset(), retimed=False, **changes):
    wanted = opened(registered_at=LATER, **changes)
    return reconsidered(before, wanted, LATER, "m-1", lines, retimed=retimed)


def still_open(conditions):
    return [(c.condition_no, c.kind.name) for c in conditions if c.closed_at is None]


def test_what_is_open_and_wanted_stays_as_it_was():
    before = opened(channel=3, controlled=(a_permit(1),))
    assert again(before, frozenset((1,)), channel=3, controlled=(a_permit(1),)) == before


def test_documents_that_were_passed_are_checked_again_and_goods_are_not():
    before = opened(channel=3)
    for kind in (ConditionKind.DOCUMENT_CHECK, ConditionKind.INSPECTION):
        before = close(before, kind, Owner.CUSTOMS, MORNING, "paper")
    after = again(before, channel=3)
    assert still_open(after) == [(3, "TAX"), (4, "DOCUMENT_CHECK")]
    assert after[-1].opened_at == LATER


def test_tax_is_awaited_as_long_as_something_is_outstanding():
    before = opened()
    none_left = again(before, payable_vnd=0)
    assert (none_left[0].closed_by, none_left[0].closed_at, none_left[0].evidence) == (AMENDED, LATER, "m-1")
    paid = close(before, ConditionKind.TAX, Owner.BANK, MORNING, "notice")
    assert still_open(again(paid)) == [(2, "TAX")]
    assert still_open(again(before, retimed=True, payment_timing_code="A")) == [(2, "TAX")]


def test_a_proof_of_consignment_stays_met_until_the_place_or_a_line_it_covers_says_something_else():
    book = a_book(clearance__direct_consignment=1)
    before = open_conditions(facts(payable_vnd=0, consigned_otherwise="HKHKG: 1, 3"), book)
    proved = close(before, ConditionKind.ORIGIN, Owner.CUSTOMS, MORNING, "through bill 7")

    def amended(conditions, lines=frozenset(), elsewhere="HKHKG: 1, 3"):
        wanted = open_conditions(facts(payable_vnd=0, registered_at=LATER, consigned_otherwise=elsewhere), book)
        return reconsidered(conditions, wanted, LATER, "m-1", lines, retimed=False)

    assert amended(proved, frozenset((2,))) == proved
    assert still_open(amended(proved, frozenset((3,)))) == [(2, "ORIGIN")]
    assert still_open(amended(proved, elsewhere="TWKHH: 1, 3")) == [(2, "ORIGIN")]
    assert still_open(amended(before, elsewhere="HKHKG: 1")) == [(2, "ORIGIN")]
    (ended,) = amended(before, elsewhere="")
    assert (ended.closed_by, ended.evidence) == (AMENDED, "m-1")


def test_a_permit_is_asked_for_again_when_its_line_says_something_else():
    before = close(
        opened(channel=2, controlled=(a_permit(1),)), ConditionKind.PERMIT, Owner.MINISTRY, MORNING, "permit 7"
    )
    permits = {"channel": 2, "controlled": (a_permit(1),)}
    assert "PERMIT" not in dict(map(reversed, still_open(again(before, frozenset((2,)), **permits))))
    assert "PERMIT" in dict(map(reversed, still_open(again(before, frozenset((1,)), **permits))))
    more_lines = again(before, channel=2, controlled=(a_permit(1, 2),))
    assert [c.detail for c in more_lines if c.closed_at is None and c.kind is ConditionKind.PERMIT] == ["AB: 1, 2"]


def test_a_permit_that_an_amendment_closed_was_never_granted():
    before = opened(channel=2, controlled=(a_permit(1),))
    without = again(before, channel=2)
    assert "PERMIT" not in dict(map(reversed, still_open(without)))
    back = again(without, channel=2, controlled=(a_permit(1),))
    assert "PERMIT" in dict(map(reversed, still_open(back)))


def test_a_hold_and_the_arrival_are_not_the_traders_to_undo():
    before = open_another(opened(payable_vnd=0, arrival_on=date(2026, 3, 9)), BOOK, "ordered", MORNING)
    assert again(before, payable_vnd=0, arrival_on=date(2026, 3, 1)) == before


def test_closing_all_leaves_nothing_open_and_what_was_closed_as_it_was():
    before = close(opened(channel=2), ConditionKind.DOCUMENT_CHECK, Owner.CUSTOMS, MORNING, "paper")
    after = close_all(before, LATER, "03CC", "decision 7")
    assert still_open(after) == [] and after[0] is before[0] and after[1].closed_by == "03CC"


@pytest.mark.parametrize("case", cancelling.CASES.values(), ids=lambda case: case.code)
def test_each_case_fits_its_direction_and_its_days(case):
    is_export = case.direction == "export"
    first = cancelling.first_day(case, MORNING, PARAMETERS)
    fits = MORNING + timedelta(days=(first - date(2026, 3, 2)).days)
    assert cancelling.case_findings(case, is_export, MORNING, fits, PARAMETERS) == ()
    if case.days_parameter:
        early = cancelling.case_findings(case, is_export, MORNING, fits - timedelta(days=1), PARAMETERS)
        assert [finding.code for finding in early] == ["HD-CANCEL-EARLY"] and first == date(2026, 3, 18)
    if case.direction != "both":
        wrong = cancelling.case_findings(case, not is_export, MORNING, fits, PARAMETERS)
        assert [finding.code for finding in wrong] == ["HD-CANCEL-CASE"]


def test_only_goods_that_the_port_has_not_reported_cancel_by_themselves():
    case, waiting = cancelling.CASES["goods_not_arrived"], opened(arrival_on=date(2026, 3, 9))
    assert cancelling.cancels_by_itself(case, waiting)
    there = close(waiting, ConditionKind.ARRIVAL, Owner.PORT, MORNING, "arrival")
    assert not cancelling.cancels_by_itself(case, there)
    assert not cancelling.cancels_by_itself(cancelling.CASES["no_permit"], waiting)


def test_a_table_of_cases_that_cannot_be_meant_is_refused_with_its_line():
    head = "code,direction,days_parameter,needs_no_arrival,after_clearance,valid_from,valid_until,instrument,article,verified,name_vi,name_en\n"
    row = "a,import,,no,no,2018-06-05,,38/2015/TT-BTC,22,no,tên,name\n"
    with pytest.raises(TableInvalid, match="line 3"):
        cancelling.load_cases(head + row + row)
    with pytest.raises(TableInvalid, match="perhaps"):
        cancelling.load_cases(head + row.replace("no,no", "perhaps,no"))
