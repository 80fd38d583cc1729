"""What release and storage ask for, what stands in their way, and what they make of the list."""

from datetime import timedelta

import pytest

from haidang.clearance.rules import releasing
from haidang.clearance.rules.conditions import close, open_another, open_conditions
from haidang.clearance.rules.states import follow, walk_on
from haidang.clearance.terms import ConditionKind, Owner, State
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.goods import (
    AskedAlready,
    ImportsOnly,
    NoResultAwaited,
    NotAskedFor,
    StillInTheWay,
    TaxUnpaid,
)
from haidang.clearance.terms.refusals import MoveRefused
from haidang.clearance.tests.build import BOOK, MORNING, a_parameter, an_inspection, facts

LATER = MORNING + timedelta(hours=1)
ON = {releasing.ON_GUARANTEE: a_parameter(releasing.ON_GUARANTEE, 1)}
OFF = {releasing.ON_GUARANTEE: a_parameter(releasing.ON_GUARANTEE, 0)}


def checked(**changes):
    """A yellow import whose tax is secured."""
    return open_conditions(facts(channel=2, tax_secured=True, **changes), BOOK)


def asked(conditions, state=State.DOC_CHECK):
    return releasing.release_asked(conditions, state, BOOK, MORNING, "B", "chờ giá", is_export=False)


def released(conditions, owed=(0, "D"), parameters=ON):
    return releasing.released(conditions, BOOK, LATER, "03CC-03", "QĐ 1", owed, parameters)


def stored_at(conditions, place="KHO0001", kind="own"):
    return releasing.storage_asked(
        conditions, State.DOC_CHECK, BOOK, MORNING, place, kind, "chờ kết quả", is_export=False
    )


def kinds(conditions):
    return {each.kind for each in conditions if each.closed_at is None}


def test_release_closes_the_request_and_starts_the_days_of_the_official_value():
    after = released(asked(checked()))
    assert kinds(after) == {ConditionKind.DOCUMENT_CHECK, ConditionKind.DETERMINATION}
    determination = after[-1]
    assert determination.detail == "B" and determination.due_at >= LATER + timedelta(days=30)
    assert walk_on(State.DOC_CHECK, Deed.RELEASE, 2, after) == (State.RELEASED,)
    assert releasing.goods_are(State.RELEASED, after) == "released" and releasing.may_be_used("released")


@pytest.mark.parametrize("parameters", [OFF, {}], ids=["off", "not on file"])
def test_with_the_switch_off_a_guarantee_is_not_enough(parameters):
    waiting = asked(checked())
    for timing in ("A", "B"):
        with pytest.raises(TaxUnpaid) as refusal:
            released(waiting, (1_234_567, timing), parameters)
        assert "1,234,567" in refusal.value.text_vi and "1,234,567" in refusal.value.text_en
    released(waiting, (0, "B"), parameters)
    released(waiting, (1_234_567, "C"), parameters)


def test_with_the_switch_on_a_guarantee_is_enough():
    assert ConditionKind.DETERMINATION in kinds(released(asked(checked()), (1_234_567, "B"), ON))


def test_tax_that_is_neither_paid_nor_secured_stands_in_the_way_whatever_the_switch_says():
    unpaid = open_conditions(facts(channel=2), BOOK)
    for parameters in (ON, OFF):
        with pytest.raises(StillInTheWay, match="release"):
            released(asked(unpaid), (1_000_000, "D"), parameters)


def test_what_is_asked_for_once_is_not_asked_for_again_and_not_decided_twice():
    waiting = asked(checked())
    with pytest.raises(AskedAlready):
        asked(waiting)
    declined = releasing.declined(Deed.REFUSE_RELEASE, waiting, LATER, "03CC-03", "không")
    with pytest.raises(NotAskedFor):
        released(declined)
    assert kinds(declined) == {ConditionKind.DOCUMENT_CHECK}
    assert ConditionKind.RELEASE in kinds(asked(declined))


def test_exports_and_states_that_know_no_release_are_refused():
    with pytest.raises(ImportsOnly):
        releasing.release_asked(checked(), State.DOC_CHECK, BOOK, MORNING, "B", "", is_export=True)
    for state in (State.CLEARED, State.CANCELLED, State.STORAGE, State.RELEASED, State.MANUAL):
        with pytest.raises(MoveRefused):
            asked(checked(), state)
    with pytest.raises(MoveRefused):
        asked(released(asked(checked())), State.TAX_PENDING)


def test_a_request_with_the_declaration_opens_at_its_registration():
    conditions = open_conditions(facts(release_code="A"), BOOK)
    assert (conditions[-1].kind, conditions[-1].detail) == (ConditionKind.RELEASE, "A")
    assert released(close(conditions, ConditionKind.TAX, Owner.BANK, LATER, "BK 1"))[-1].detail == "A"


def test_storage_is_for_goods_that_await_a_result():
    with pytest.raises(NoResultAwaited):
        stored_at(checked())
    waiting = stored_at(checked(controlled=(an_inspection(),)))
    result_in = close(waiting, ConditionKind.SPECIALISED_INSPECTION, Owner.MINISTRY, LATER, "KQ 1")
    with pytest.raises(NoResultAwaited):
        releasing.stored(result_in, BOOK, LATER, "03CC-03", "đồng ý")


@pytest.mark.parametrize(("kind", "hours"), [("own", 2), ("site", 1)])
def test_customs_answers_within_the_hours_of_the_place(kind, hours):
    waiting = stored_at(checked(controlled=(an_inspection(),)), kind=kind)
    assert waiting[-1].due_at == MORNING + timedelta(hours=hours)


def test_stored_goods_are_not_to_be_used_and_leave_storage_when_both_arrival_and_result_are_in():
    waiting = stored_at(checked(controlled=(an_inspection(),)))
    after = releasing.stored(waiting, BOOK, LATER, "03CC-03", "đồng ý")
    assert releasing.place_of(after) == "KHO0001"
    assert walk_on(State.DOC_CHECK, Deed.RELEASE_TO_STORAGE, 2, after) == (State.STORAGE,)
    assert releasing.goods_are(State.STORAGE, after) == "stored" and not releasing.may_be_used("stored")
    result = close(after, ConditionKind.SPECIALISED_INSPECTION, Owner.MINISTRY, LATER, "KQ 1")
    result = close(result, ConditionKind.DOCUMENT_CHECK, Owner.CUSTOMS, LATER, "đạt")
    assert follow(State.STORAGE, 2, result) == ()
    reported = close(result, ConditionKind.STORAGE_ARRIVAL, Owner.TRADER, LATER, "đã đến")
    assert follow(State.STORAGE, 2, reported) == (State.CLEARED,)


def test_a_hold_forbids_both():
    held = open_another(checked(controlled=(an_inspection(),)), BOOK, "ordered", MORNING, "nghi vấn")
    with pytest.raises(StillInTheWay) as refusal:
        releasing.stored(stored_at(held), BOOK, LATER, "03CC-03", "đồng ý")
    assert "tạm dừng" in refusal.value.text_vi and "“hold”" in refusal.value.text_en
    with pytest.raises(StillInTheWay):
        released(asked(held))
