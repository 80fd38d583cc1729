"""Payments, arrivals and results: what closes, what clears, what waits for a person."""

from datetime import date

from haidang.declarations.tests import build
from haidang.kernel.calendar import vn_date
from haidang.site.demo import people
from tests.passing.rig import CUSTOMS, PORT, declared, item


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


def test_a_payment_for_a_number_nobody_has_is_refused_and_kept_nowhere(rig):
    status, answer = rig.pay("199999999990", 1_000)
    assert status == 422 and answer["findings"][0]["code"] == "HD-NOT-FOUND"


def test_money_in_suspense_is_booked_with_its_notice_and_verified(rig):
    lodged = lodge_with(rig, 1)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"] + 1)[0] == 202
    assert rig.violations() == []


def test_only_a_bank_pays_and_others_learn_nothing(rig):
    lodged = lodge_with(rig, 1)
    other = people.trader_code(2)
    for number in (lodged["declaration_no"], "199999999990"):
        status, answer = rig.pay(number, 1, bank=other)
        assert status == 409 and answer["code"] == "NOT_THEIRS_TO_CLOSE" and "outstanding" not in str(answer)


def test_a_payment_under_another_amendment_number_is_refused(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"][:11] + "7"
    status, answer = rig.pay(number, lodged["payable_vnd"])
    assert status == 422 and answer["findings"][0]["code"] == "HD-AMENDMENT"


def two_permits(rig):
    """Lodge goods that two permit regimes control."""
    for _ in range(50):
        status, answer = rig.lodge(declared(items=(item("01012900", tax_codes=("V05",)),)))
        assert status == 201, answer
        permits = [c for c in answer["open_conditions"] if c["kind"] == "permit"]
        if len(permits) > 1:
            return answer, permits
    raise AssertionError("no goods with two permits")


def test_each_of_several_permits_is_closed_by_its_number(rig):
    lodged, permits = two_permits(rig)
    number = lodged["declaration_no"]
    agency = permits[0]["holder"]
    status, answer = rig.result(number, "permit", sender=agency)
    if len({permit["holder"] for permit in permits}) == 1:
        assert status == 409 and answer["code"] == "CONDITION_AMBIGUOUS"
    for permit in permits:
        status, answer = rig.result(number, "permit", sender=permit["holder"], condition_no=permit["condition_no"])
        assert status == 200, answer
    assert rig.violations() == []


def test_another_ministry_cannot_close_a_permit(rig):
    lodged, permits = two_permits(rig)
    status, answer = rig.result(
        lodged["declaration_no"], "permit", sender="BCA", condition_no=permits[0]["condition_no"]
    )
    assert status == 409 and answer["code"] == "NOT_THEIRS_TO_CLOSE"


def test_the_same_failure_twice_holds_once(rig):
    lodged = lodge_with(rig, 2)
    assert rig.result(lodged["declaration_no"], "document_check", "failed")[0] == 200
    status, answer = rig.result(lodged["declaration_no"], "document_check", "failed")
    assert status == 409 and answer["code"] == "FAILED_ALREADY"


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
    assert status == 422 and answer["findings"][0]["code"] == "HD-NOT-FOUND"


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
