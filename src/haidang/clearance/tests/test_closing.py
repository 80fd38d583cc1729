"""Payments, arrivals and results: what closes, what clears, what waits for a person."""

from datetime import date

from haidang.clearance.tests.rig import CUSTOMS, PORT, declared, item
from haidang.declarations.tests import build
from haidang.kernel.calendar import vn_date
from haidang.site.demo import people


def lodge_with(rig, channel, **changes):
    """Lodge until the recorded draw gives the channel that the test needs."""
    for _ in range(400):
        status, answer = rig.lodge(declared(**changes))
        assert status == 201, answer
        if answer["channel"] == channel:
            return answer
    raise AssertionError(f"no declaration of channel {channel} in 400")


def test_a_payment_of_what_is_owed_clears_a_green_declaration_in_its_own_transaction(rig):
    lodged = lodge_with(rig, 1)
    assert lodged["state"] == "tax_pending" and not lodged["cleared"]
    status, answer = rig.pay(lodged["declaration_no"], lodged["payable_vnd"])
    assert status == 200 and answer["cleared"] and answer["state"] == "cleared"
    assert answer["closed"]["kind"] == "tax" and answer["open_conditions"] == []
    assert rig.violations() == []


def test_the_same_payment_again_is_answered_the_same_and_booked_once(rig):
    lodged = lodge_with(rig, 1)
    first = rig.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id="pay-once")
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id="pay-once") == first
    assert rig.violations() == []


def test_a_second_payment_waits_in_suspense(rig):
    lodged = lodge_with(rig, 1)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 200
    status, answer = rig.pay(lodged["declaration_no"], lodged["payable_vnd"])
    assert status == 202 and answer["reason"] == "nothing is outstanding"


def test_two_payments_in_one_batch_pay_once(rig):
    lodged = lodge_with(rig, 1)
    bodies = [
        {
            "message_id": rig.fresh_id(), "sender": "NGANHANGM01", "procedure": "PAYMENT", "declaration_no": lodged["declaration_no"],
            "amount_vnd": lodged["payable_vnd"], "reference": f"BK {n}", "payer_code": people.trader_code(1),
        }
        for n in range(2)
    ]  # fmt: skip
    replies = rig.batch([rig.waiting("payment", body, "NGANHANGM01") for body in bodies], "conditions")
    assert [status for status, _ in replies] == [200, 202]
    assert rig.violations() == []


def test_one_dong_too_much_or_too_little_releases_nothing(rig):
    lodged = lodge_with(rig, 1)
    for wrong in (-1, 1):
        status, answer = rig.pay(lodged["declaration_no"], lodged["payable_vnd"] + wrong)
        assert status == 202 and "outstanding" in answer["reason"]
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]


def test_a_payment_for_a_number_nobody_has_waits_in_suspense(rig):
    status, answer = rig.pay("199999999990", 1_000)
    assert status == 202 and answer["reason"] == "no declaration has this number"


def test_yellow_clears_when_the_later_of_check_and_payment_comes_in(rig):
    lodged = lodge_with(rig, 2)
    assert lodged["state"] == "doc_check"
    status, paid = rig.pay(lodged["declaration_no"], lodged["payable_vnd"])
    assert status == 200 and not paid["cleared"] and paid["state"] == "doc_check"
    status, checked = rig.result(lodged["declaration_no"], "document_check")
    assert status == 200 and checked["cleared"]
    assert rig.violations() == []


def test_red_walks_document_check_inspection_tax(rig):
    lodged = lodge_with(rig, 3)
    number = lodged["declaration_no"]
    assert rig.result(number, "document_check")[1]["state"] == "inspection"
    assert rig.result(number, "inspection")[1]["state"] == "tax_pending"
    assert rig.pay(number, lodged["payable_vnd"])[1]["state"] == "cleared"
    assert rig.violations() == []


def test_a_failed_result_holds_the_goods(rig):
    lodged = lodge_with(rig, 2)
    status, answer = rig.result(lodged["declaration_no"], "document_check", "failed")
    assert status == 200
    assert {c["kind"] for c in answer["open_conditions"]} >= {"document_check", "hold"}
    assert rig.violations() == []


def test_who_does_not_own_a_condition_cannot_close_it(rig):
    lodged = lodge_with(rig, 2)
    status, answer = rig.result(lodged["declaration_no"], "document_check", sender=people.trader_code(1))
    assert status == 409 and answer["code"] == "NOT_THEIRS_TO_CLOSE"


def test_another_office_cannot_close_the_checks_of_this_one(rig):
    lodged = lodge_with(rig, 2)
    status, answer = rig.result(lodged["declaration_no"], "document_check", sender="01NV")
    assert status == 409 and answer["code"] == "NOT_THEIR_OFFICE"


def test_a_closed_condition_says_who_closed_it_and_when(rig):
    lodged = lodge_with(rig, 2)
    assert rig.result(lodged["declaration_no"], "document_check")[0] == 200
    status, answer = rig.result(lodged["declaration_no"], "document_check")
    assert status == 409 and answer["code"] == "CONDITION_CLOSED_ALREADY" and CUSTOMS in answer["title"]


def test_an_arrival_closes_what_the_port_owns(rig):
    soon = date(2026, 12, 30)
    status, lodged = rig.lodge(declared(arrival_on=soon))
    assert status == 201 and "arrival" in {c["kind"] for c in lodged["open_conditions"]}
    status, answer = rig.arrive(lodged["declaration_no"], sender=PORT)
    assert status == 200 and answer["closed"]["kind"] == "arrival"


def test_an_export_without_duty_on_file_is_not_cleared_silently(rig):
    exported = build.export_declaration(trader_code=people.trader_code(3), items=(build.export_item(1, commodity_code="39269059", unit_code="KGM", unit_price_unit_code="KGM"),))  # fmt: skip
    status, answer = rig.lodge(exported)
    assert status == 201, answer
    kinds = {c["kind"] for c in answer["open_conditions"]}
    assert answer["cleared"] == (not kinds)
    assert item and vn_date
    assert rig.violations() == []
