"""Conditions open from the facts of the pass, close by whoever may close them, and stand in the way of release and storage."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from haidang.clearance.rules.conditions import (
    CLOSERS,
    TERMS,
    awaits_result,
    blocks_release,
    blocks_storage,
    close,
    compile_conditions,
    load_conditions,
    open_another,
    open_checks,
    open_conditions,
)
from haidang.clearance.rules.states import open_kinds, path
from haidang.clearance.terms import Clock, ConditionKind, Owner, State
from haidang.clearance.terms.naming import OWNERS
from haidang.clearance.terms.refusals import (
    ConditionAmbiguous,
    ConditionClosedAlready,
    ConditionUnknown,
    EvidenceMissing,
    NotTheirsToClose,
    ParameterMissing,
    TableInvalid,
)
from haidang.clearance.tests.build import (
    BOOK,
    FIGURES,
    MORNING,
    a_book,
    a_parameter,
    a_permit,
    an_inspection,
    facts,
    vn,
)
from haidang.kernel.calendar import WorkingCalendar

ROOM = Path(__file__).parent.parent
DEADLINES = yaml.safe_load((ROOM / "tests" / "examples" / "deadlines.yaml").read_text("utf-8"))
LATER = MORNING + timedelta(hours=1)


def opened(**changes):
    return open_conditions(facts(**changes), BOOK)


def kinds(**changes):
    return [condition.kind.name for condition in opened(**changes)]


@pytest.mark.parametrize("example", DEADLINES, ids=lambda example: example["what"])
def test_conditions_are_due_when_the_law_says(example):
    conditions = opened(
        channel=example["channel"],
        registered_at=vn(example["registered"]),
        payment_timing_code=example.get("timing", "D"),
        arrival_on=example.get("arrival"),
    )
    found = {condition.kind.name: condition for condition in conditions}
    for kind, due in example["due"].items():
        assert found[kind].due_at == vn(due)
        assert found[kind].law == example["law"]


def test_green_with_tax_awaits_the_bank_alone():
    (condition,) = opened()
    assert (condition.kind, condition.owner, condition.condition_no) == (ConditionKind.TAX, Owner.TRADER, 1)
    assert condition.opened_at == MORNING
    assert condition.closed_at is None


def test_green_without_tax_opens_nothing():
    assert opened(payable_vnd=0) == ()


def test_tax_secured_by_the_pass_itself_opens_nothing():
    assert opened(payment_timing_code="B", tax_secured=True) == ()


def test_yellow_is_checked_on_paper_and_red_on_the_goods_too():
    assert kinds(channel=2) == ["DOCUMENT_CHECK", "TAX"]
    assert kinds(channel=3) == ["DOCUMENT_CHECK", "INSPECTION", "TAX"]


def test_each_permit_and_each_regime_is_one_condition_for_all_its_lines():
    conditions = opened(channel=2, controlled=(a_permit(1, 3), a_permit(2, code="CD"), an_inspection(3)))
    ministry = [condition for condition in conditions if condition.owner is Owner.MINISTRY]
    assert [condition.detail for condition in ministry] == ["AB: 1, 3", "CD: 2", "KD: 3"]
    assert [condition.law for condition in ministry] == ["a decree Annex I"] * 2 + [TERMS["inspected_line"].law]
    assert [condition.condition_no for condition in conditions] == [1, 2, 3, 4, 5]
    assert ministry[2].due_at == vn("2026-04-02 00:00")


def test_a_rate_nobody_has_determined_is_for_customs_to_find_and_says_which():
    rate = opened(missing=("1: VALUE_ADDED", "2: SPECIAL_CONSUMPTION"))[0]
    assert (rate.kind, rate.owner, rate.due_at) == (ConditionKind.RATE, Owner.CUSTOMS, None)
    assert rate.detail == "1: VALUE_ADDED; 2: SPECIAL_CONSUMPTION"


def test_imports_still_on_their_way_await_the_port():
    assert kinds(payable_vnd=0, arrival_on=date(2026, 3, 3)) == ["ARRIVAL"]
    assert kinds(payable_vnd=0, arrival_on=date(2026, 3, 2)) == []
    assert kinds(payable_vnd=0, arrival_on=None) == []


def test_the_day_of_arrival_is_compared_with_the_vietnamese_date():
    late_evening_in_greenwich = vn("2026-03-03 01:00")
    assert kinds(payable_vnd=0, registered_at=late_evening_in_greenwich, arrival_on=date(2026, 3, 3)) == []


def test_exports_await_no_arrival():
    assert kinds(is_export=True, payable_vnd=0, arrival_on=date(2026, 3, 30)) == []


def test_proof_of_origin_holds_goods_only_when_the_law_book_switches_it_on():
    waiting = facts(origin_proof_awaited=True, payable_vnd=0)
    assert open_conditions(waiting, BOOK) == ()
    assert open_conditions(waiting, a_book(clearance__origin_condition=0)) == ()
    (condition,) = open_conditions(waiting, a_book(clearance__origin_condition=1))
    assert (condition.kind, condition.owner) == (ConditionKind.ORIGIN, Owner.TRADER)


def test_goods_loaded_outside_their_agreement_await_a_proof_only_when_the_law_book_switches_it_on():
    elsewhere = facts(consigned_otherwise="HKHKG: 1, 3", payable_vnd=0)
    assert open_conditions(elsewhere, BOOK) == ()
    assert open_conditions(elsewhere, a_book(clearance__direct_consignment=0)) == ()
    (condition,) = open_conditions(elsewhere, a_book(clearance__direct_consignment=1))
    assert (condition.kind, condition.owner, condition.detail) == (ConditionKind.ORIGIN, Owner.TRADER, "HKHKG: 1, 3")
    assert condition.law == "33/2023/TT-BTC Art. 18"


@given(
    st.integers(1, 3), st.integers(0, 2), st.booleans(), st.sampled_from("ABCD"), st.booleans(), st.integers(-3, 3),
    st.lists(st.sampled_from([a_permit(), an_inspection()]), max_size=3),
)  # fmt: skip
def test_whatever_opens_is_numbered_from_one_and_fits_a_state(channel, payable, rate, timing, export, days, controlled):
    conditions = opened(
        channel=channel,
        payable_vnd=payable,
        missing=("1: EXPORT_DUTY",) if rate else (),
        payment_timing_code=timing,
        is_export=export,
        arrival_on=date(2026, 3, 2) + timedelta(days=days),
        controlled=tuple(controlled),
    )
    assert [condition.condition_no for condition in conditions] == list(range(1, len(conditions) + 1))
    assert all(condition.due_at is None or condition.due_at >= MORNING for condition in conditions)
    last = path(State.DRAFT, channel, open_kinds(conditions))[-1]
    assert (last is State.CLEARED) == (not conditions)


def test_closing_keeps_who_when_and_on_what_and_leaves_the_others():
    before = opened(channel=2)
    after = close(before, ConditionKind.TAX, Owner.BANK, LATER, "notice 1", closed_by="VCB")
    assert after[0] is before[0]
    assert (after[1].closed_at, after[1].closed_by, after[1].evidence) == (LATER, "VCB", "notice 1")
    assert before[1].closed_at is None
    assert open_kinds(after) == (ConditionKind.DOCUMENT_CHECK,)


@pytest.mark.parametrize("kind", list(ConditionKind))
@pytest.mark.parametrize("by", list(Owner))
def test_only_those_the_table_names_may_close(kind, by):
    conditions = opened(
        channel=3,
        controlled=(a_permit(), an_inspection()),
        missing=("1: VALUE_ADDED",),
        arrival_on=date(2026, 3, 9),
    )
    for more in (
        "ordered",
        "origin_proof_awaited",
        "correction_instructed",
        "cancellation_requested",
        "amendment_asked",
        "declared_incomplete",
        "ruling_doubted",
        "value_doubted",
        "consultation_asked",
        "value_rejected",
        *("release_requested", "storage_at_site", "released", "sent_to_storage"),
    ):
        conditions = open_another(conditions, BOOK, more, MORNING, "1: x")
    if by in CLOSERS[kind]:
        after = close(conditions, kind, by, LATER, "paper")
        assert [each.kind for each in after if each.closed_at] == [kind]
    else:
        with pytest.raises(NotTheirsToClose) as refusal:
            close(conditions, kind, by, LATER, "paper")
        assert OWNERS[by][0] in refusal.value.text_vi
        assert OWNERS[min(CLOSERS[kind])][1] in refusal.value.text_en


def test_closing_twice_is_refused_with_who_and_when():
    once = close(opened(), ConditionKind.TAX, Owner.BANK, LATER, "notice 1", closed_by="VCB")
    with pytest.raises(ConditionClosedAlready) as refusal:
        close(once, ConditionKind.TAX, Owner.BANK, LATER, "notice 2")
    assert "VCB" in refusal.value.text_en
    assert "09:00:00 02/03/2026" in refusal.value.text_vi


def test_closing_what_never_opened_is_refused():
    with pytest.raises(ConditionUnknown):
        close(opened(), ConditionKind.INSPECTION, Owner.CUSTOMS, LATER, "paper")
    with pytest.raises(ConditionUnknown):
        close(opened(), ConditionKind.TAX, Owner.BANK, LATER, "paper", condition_no=2)


def test_one_of_two_permits_must_be_named():
    conditions = opened(payable_vnd=0, controlled=(a_permit(1), a_permit(2, code="CD")))
    with pytest.raises(ConditionAmbiguous, match="1"):
        close(conditions, ConditionKind.PERMIT, Owner.MINISTRY, LATER, "paper")
    one = close(conditions, ConditionKind.PERMIT, Owner.MINISTRY, LATER, "paper", condition_no=2)
    assert [condition.closed_at for condition in one] == [None, LATER]
    both = close(one, ConditionKind.PERMIT, Owner.MINISTRY, LATER, "paper")
    assert open_kinds(both) == ()


def test_nothing_closes_without_evidence():
    with pytest.raises(EvidenceMissing):
        close(opened(), ConditionKind.TAX, Owner.BANK, LATER, "")


def test_a_hold_is_numbered_after_all_others_and_cites_its_order():
    held = open_another(opened(channel=2), BOOK, "ordered", LATER, "a tip", "an order")
    assert (held[-1].condition_no, held[-1].kind, held[-1].law) == (3, ConditionKind.HOLD, "an order")
    assert held[-1].detail == "a tip"


def test_a_raised_channel_adds_the_checks_the_declaration_has_not_had():
    green = opened()
    yellow = open_checks(green, BOOK, 2, LATER)
    assert [condition.kind.name for condition in yellow] == ["TAX", "DOCUMENT_CHECK"]
    assert yellow[1].opened_at == LATER
    checked = close(yellow, ConditionKind.DOCUMENT_CHECK, Owner.CUSTOMS, LATER, "result")
    red = open_checks(checked, BOOK, 3, LATER)
    assert open_kinds(red) == (ConditionKind.TAX, ConditionKind.INSPECTION)
    assert red[2].condition_no == 3
    assert [condition.kind.name for condition in open_checks(green, BOOK, 3, LATER)] == [
        "TAX",
        "DOCUMENT_CHECK",
        "INSPECTION",
    ]
    assert open_checks(green, BOOK, 1, LATER) == green


def test_release_waits_for_tax_and_permits_and_not_for_checks_or_rates():
    conditions = opened(channel=3, controlled=(a_permit(),), missing=("1: VALUE_ADDED",))
    assert [condition.kind.name for condition in blocks_release(conditions)] == ["PERMIT", "TAX"]
    conditions = close(conditions, ConditionKind.PERMIT, Owner.MINISTRY, LATER, "paper")
    conditions = close(conditions, ConditionKind.TAX, Owner.BANK, LATER, "notice")
    assert blocks_release(conditions) == ()


def test_storage_is_for_goods_that_await_a_ministry_and_are_not_held():
    conditions = opened(channel=2, controlled=(an_inspection(),))
    assert blocks_storage(conditions) == ()
    assert awaits_result(conditions)
    held = open_another(conditions, BOOK, "ordered", LATER)
    assert [condition.kind for condition in blocks_storage(held)] == [ConditionKind.HOLD]
    answered = close(conditions, ConditionKind.SPECIALISED_INSPECTION, Owner.CUSTOMS, LATER, "result")
    assert not awaits_result(answered)


def test_every_kind_has_a_row_and_somebody_who_may_close_it():
    assert {term.kind for term in TERMS.values()} == set(ConditionKind)
    assert all(CLOSERS.values())


def test_a_figure_the_law_book_does_not_hold_is_refused_before_any_declaration():
    parameters = {name: a_parameter(name, value) for name, value in FIGURES.items()}
    del parameters["tax.guarantee_days"]
    with pytest.raises(ParameterMissing, match=r"tax\.guarantee_days"):
        compile_conditions(parameters, WorkingCalendar())


def test_the_figures_named_by_the_table_are_the_ones_the_tests_give():
    assert {term.length_parameter for term in TERMS.values()} - {""} == set(FIGURES)
    assert {term.clock for term in TERMS.values() if not term.length_parameter} == {Clock.NONE, Clock.AT_ONCE}


def test_every_figure_and_switch_the_table_names_stands_in_the_law_book():
    with (ROOM.parents[2] / "lawbook" / "parameters.csv").open(encoding="utf-8", newline="") as rows:
        known = {row["name"]: row["unit"] for row in csv.DictReader(rows)}
    units = {
        Clock.CALENDAR_DAYS: "day",
        Clock.WORKING_HOURS: "working_hour",
        Clock.WORKING_DAYS: "working_day",
        Clock.DAY_OF_NEXT_MONTH: "day_of_month",
    }
    for term in TERMS.values():
        if term.length_parameter:
            assert known.get(term.length_parameter) == units[term.clock], term.length_parameter
        assert not term.switch_parameter or known.get(term.switch_parameter) == "yes_no"


TABLE = (ROOM / "conditions.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("RATE,rate_missing", "RATES,rate_missing", "RATES"),
        ("rate_missing", "payable_now", "stands twice"),
        ("HOLD,ordered", "HOLD,on_a_whim", "on_a_whim"),
        ("working_hours,clearance.inspection_hours", "working_hours,", "do not go together"),
        ("BANK,107/2016/QH13,9,at_once", "TREASURER,107/2016/QH13,9,at_once", "TREASURER"),
        (",no,no,no", ",no,no,maybe", "yes or no"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(old, new, reason):
    assert old in TABLE
    with pytest.raises(TableInvalid, match=reason):
        load_conditions(TABLE.replace(old, new, 1))


def test_a_table_without_a_row_for_a_reason_is_refused():
    with pytest.raises(TableInvalid, match="cancellation_requested"):
        load_conditions("\n".join(TABLE.splitlines()[:-1]))
