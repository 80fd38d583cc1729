"""Clocks, the table of states and what a ruling says of lines, without a database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from haidang.kernel.calendar import VN, WorkingCalendar
from haidang.reference.lookups import book_from_files, lawbook_folder
from haidang.rulings.rules import (
    MOVES,
    Figures,
    doubts,
    due_at,
    in_force,
    load_moves,
    read_against,
    settled_lines,
    years_after,
)
from haidang.rulings.terms import (
    AdvanceRuling,
    Content,
    FileState,
    GoodsLine,
    Outcome,
    RuledStatus,
    RulingAct,
    RulingFile,
    RulingGoods,
    RulingKind,
    StatesInvalid,
)

KEY = (0, 202611, UUID(int=1))
COMPLETE = datetime(2026, 11, 2, 9, tzinfo=VN)
RULING = AdvanceRuling(
    key=KEY, ruling_no="XDT-2026-0042", kind=RulingKind.CODE, trader_code="9900010007", goods=RulingGoods("Máy tính bảng", "TAB-10"),
    content=Content("84713090"), issued_at=COMPLETE, valid_until=date(2029, 11, 2), issued_seq=4,
)  # fmt: skip
LATER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def figures():
    parameters = {
        each.name: each for each in book_from_files(lawbook_folder()).parameters if each.name.startswith("ruling.")
    }
    return Figures(parameters, WorkingCalendar())


def a_file(**changes):
    return RulingFile(
        key=KEY, application_no="DXT-2026-0001", kind=RulingKind.CODE, trader_code="9900010007", applicant_id=1,
        goods=RulingGoods("Máy"), asked=Content("84713090"), submitted_at=COMPLETE, **changes,
    )  # fmt: skip


def last_day(file, at, figures):
    """Return the last Vietnamese day in time."""
    due = due_at(file, at, figures)
    return (due - timedelta(microseconds=1)).astimezone(VN).date()


def test_a_complete_application_is_decided_in_thirty_days_or_sixty_when_complex(figures):
    file = a_file(state=FileState.ANALYSIS, complete_at=COMPLETE)
    assert last_day(file, COMPLETE, figures) == date(2026, 12, 2)
    assert last_day(replace(file, complex=True), LATER, figures) == date(2027, 1, 1)


def test_working_days_count_for_refusals_and_reviews_and_no_clock_runs_while_the_applicant_is_waited_for(figures):
    assert last_day(a_file(), COMPLETE, figures) == date(2026, 11, 9)
    review = a_file(state=FileState.UNDER_REVIEW, review_at=COMPLETE)
    assert last_day(review, LATER, figures) == date(2026, 11, 16)
    assert due_at(a_file(state=FileState.NEED_MORE), COMPLETE, figures) is None


def test_three_years_from_a_day_that_is_not_there_end_the_day_before():
    assert years_after(date(2028, 2, 29), 3) == date(2031, 2, 28)


def test_whatever_may_be_proposed_may_be_decided_and_nothing_leaves_an_end():
    ends = {FileState.REFUSED, FileState.CANCELLED, FileState.ENDED_BY_LAW}
    assert {state for state, _, _ in MOVES} == set(FileState) - ends
    proposed = {(state, outcome) for state, act, outcome in MOVES if act is RulingAct.PROPOSE}
    assert {outcome for _, outcome in proposed} == set(Outcome)
    assert proposed == {(state, outcome) for state, act, outcome in MOVES if act is RulingAct.APPROVE}


@pytest.mark.parametrize(
    "row",
    [
        "NOWHERE,complete,,ANALYSIS,analyst,x,1,no",
        "SUBMITTED,complete,,ANALYSIS,nobody,x,1,no",
        "ANALYSIS,propose,issue,ANALYSIS,analyst,x,1,no",
    ],
)
def test_a_table_that_cannot_be_used_is_refused(row):
    with pytest.raises(StatesInvalid):
        load_moves(f"from,act,outcome,to,by,instrument,article,inferred\n{row}\n")


def said(description="máy", code="84713090", notes="", ruling=RULING, at=LATER):
    return read_against([ruling], [GoodsLine(1, code, "CN", description)], notes, (), at)


def test_a_line_is_of_a_ruling_by_mark_or_number_never_by_code_alone():
    assert said() == ()
    for description, notes in (("máy tab-10 đen", ""), ("theo xdt-2026-0042", ""), ("máy", "Số XDT-2026-0042")):
        (line,) = said(description, notes=notes)
        assert line.status is RuledStatus.RULED and settled_lines([line]) == (1,) and doubts([line]) == ""


def test_other_goods_that_quote_a_ruling_differ_from_it():
    (line,) = said("XDT-2026-0042", "84733010")
    assert line.status is RuledStatus.DIFFERS and line.ruled == "84713090"
    assert doubts([line]) == "XDT-2026-0042: 1" and settled_lines([line]) == ()


def test_a_ruling_ends_by_an_act_or_by_its_last_day_and_says_since_when():
    ended = replace(RULING, ended_at=LATER, ended_seq=6, end_reason="end_by_law")
    assert in_force(ended, LATER - timedelta(microseconds=1)) and not in_force(ended, LATER)
    (line,) = said("XDT-2026-0042", ruling=ended)
    assert (line.status, line.since) == (RuledStatus.ENDED, LATER)
    expired = datetime(2029, 11, 2, tzinfo=VN)
    (line,) = said("XDT-2026-0042", at=expired)
    assert (line.status, line.since) == (RuledStatus.ENDED, expired)
    assert said("TAB-10", at=expired) == (), "who does not quote it relies on nothing"


def test_a_ruling_is_nothing_before_it_is_issued():
    assert said("XDT-2026-0042", at=COMPLETE - timedelta(seconds=1)) == ()
