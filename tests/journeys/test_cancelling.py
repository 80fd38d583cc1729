"""A cancellation in each case of 38/2015/TT-BTC Art. 22: who decides, and what becomes of the money."""

from datetime import date

import pytest

from haidang.clearance.rules.cancelling import CASES
from haidang.declarations.tests import build
from tests.journeys.walking import TRADER, YELLOW, codes, consignment, kinds, lodged
from tests.passing.rig import Rig
from tests.passing.test_cancelling import days_later
from tests.passing.test_releasing import awaiting_a_result

ON_REQUEST = ("no_permit", "registered_twice", "on_spot_withdrawn", "unamendable_error")


def abroad():
    return build.export_declaration(trader_code=TRADER, items=(build.export_item(3),))


def test_every_case_of_the_law_has_its_journey():
    walked = {*ON_REQUEST, "inspection_failed", "not_exported", "goods_not_arrived", "goods_not_presented"}
    assert walked == set(CASES)


@pytest.mark.parametrize("case", ON_REQUEST)
def test_on_request_two_officers_decide_and_what_was_paid_is_overpaid(rig, case):
    number = lodged(rig, consignment(), YELLOW)["declaration_no"]
    assert rig.pay(number, 163_044_000)[0] == 200
    status, asked = rig.cancel(number, case)
    assert status == 200 and asked["outcome"] == "requested" and "cancellation" in kinds(asked)
    status, done = rig.decide(number)
    assert status == 200 and (done["state"], done["overpaid_vnd"], kinds(done)) == ("cancelled", 163_044_000, set())
    assert rig.violations() == []


def test_goods_that_failed_their_inspection_are_held_and_their_declaration_is_cancelled(rig):
    number, agency = awaiting_a_result(rig)
    status, held = rig.result(number, "specialised_inspection", "failed", sender=agency)
    assert status == 200 and "hold" in kinds(held)
    assert rig.cancel(number, "inspection_failed")[1]["outcome"] == "requested"
    assert rig.decide(number)[1]["state"] == "cancelled"
    assert rig.violations() == []


def test_a_cleared_export_that_never_left_is_cancelled_with_approval(rig):
    answer = lodged(rig, abroad())
    number = answer["declaration_no"]
    for waiting in answer["open_conditions"]:
        status, answer = rig.result(number, waiting["kind"])
        assert status == 200, answer
    assert answer["cleared"]
    assert rig.cancel(number, "no_permit")[1]["code"] == "SETTLED_ALREADY"
    status, asked = rig.cancel(number, "not_exported")
    assert status == 200 and asked["outcome"] == "requested" and asked["state"] == "cleared"
    assert rig.decide(number)[1]["state"] == "cancelled"
    assert rig.violations() == []


def test_after_fifteen_days_goods_that_have_not_come_cancel_by_themselves_and_goods_not_presented_by_decision(
    fresh_trial,
):
    rig = Rig(fresh_trial.config)
    try:
        key = rig.guarantee(10**11)[1]["guarantee_key"]
        under = {"payment_timing_code": "B", "guarantee_key": key, "arrival_on": date(2026, 3, 10)}
        number, there = (lodged(rig, consignment(**under), YELLOW)["declaration_no"] for _ in range(2))
        export = lodged(rig, abroad(), YELLOW)["declaration_no"]
        assert rig.arrive(there)[0] == 200
        days_later(fresh_trial, 15)
        assert codes(rig.cancel(number, "goods_not_arrived")[1]) == ["HD-CANCEL-EARLY"]
        assert codes(rig.cancel(export, "goods_not_presented")[1]) == ["HD-CANCEL-EARLY"]
        days_later(fresh_trial, 1)
        status, answer = rig.cancel(number, "goods_not_arrived")
        assert status == 200 and (answer["outcome"], answer["guarantee_released_vnd"]) == ("cancelled", 163_044_000)
        status, answer = rig.cancel(there, "goods_not_arrived")
        assert status == 200 and answer["outcome"] == "requested", "the goods are there: customs decides"
        assert rig.cancel(export, "goods_not_presented")[1]["outcome"] == "requested"
        assert rig.decide(export)[1]["state"] == "cancelled"
        assert rig.violations() == []
    finally:
        rig.close()
