"""Goods that leave before clearance: released until their final value is known, or stored until a result is; on real PostgreSQL, and verified."""

import pytest

from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, PORT, Rig, declared, item
from tests.passing.spoiling import spoil
from tests.passing.test_amending import more
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)
OTHER = people.trader_code(2)


def kinds(answer):
    return {each["kind"] for each in answer["open_conditions"]}


def ask_release(rig, number, signer=TRADER, code="B"):
    return rig.act(number, "request_release", signer, text="chờ giá chính thức", release_code=code)


def release(rig, number, signer=HEAD):
    return rig.act(number, "release", signer, text="QĐ giải phóng hàng 1")


def paid(rig, channel=2, **changes):
    """Return a declaration of a channel whose tax is paid."""
    lodged = lodge_with(rig, channel, **changes)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 200
    return lodged["declaration_no"]


def inspected_code(rig):
    """Return a commodity code on an agency's list of specialised inspection alone, and that agency."""
    at = rig.lanes["general"].knowledge.legal_now()
    if not rig.lanes["general"]._hands:
        rig.lanes["general"]._take_up()
    day = rig.lanes["general"]._hands[0].day(at)
    for code, entry in sorted(day.tariff.entries.items()):
        found = [day.tariff.controls[each] for each in entry.controls]
        if len(found) == 1 and found[0].effect == "inspection" and found[0].agency in people.MINISTRIES:
            status, answer = rig.lodge(declared(items=(item(code),)))
            if status == 201 and not answer["rates_missing"]:
                return code, found[0].agency
    raise AssertionError("no commodity code under one specialised inspection")


def awaiting_a_result(rig, channel=2):
    """Return a declaration whose documents are checked and tax is paid, which awaits an agency's result; and that agency."""
    code, agency = inspected_code(rig)
    number = paid(rig, channel, items=(item(code),))
    return number, agency


def ask_storage(rig, number, signer=TRADER, **changes):
    facts = {"text": "chờ kiểm dịch", "place_code": "KHO0001", "storage_place": "own", **changes}
    return rig.act(number, "request_storage", signer, **facts)


def report_at(rig, number, place, sender=PORT):
    body = {
        "message_id": rig.fresh_id(), "sender": sender, "procedure": "ARRIVAL", "declaration_no": number, "warehouse_code": place,
    }  # fmt: skip
    return rig.batch([rig.waiting("arrival", body, sender)], "conditions")[0]


def test_a_request_made_with_the_declaration_waits_for_customs_even_when_the_tax_is_paid(rig):
    lodged = lodge_with(rig, 1, release_request_code="A")
    number = lodged["declaration_no"]
    assert kinds(lodged) == {"tax", "release"}
    assert release(rig, number)[1]["code"] == "STILL_IN_THE_WAY"
    assert not rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    assert release(rig, number)[1]["state"] == "released"
    assert rig.result(number, "determination")[1]["cleared"]
    assert rig.violations() == []


def test_a_refused_request_leaves_the_declaration_on_its_way(rig):
    lodged = lodge_with(rig, 1, release_request_code="C")
    number = lodged["declaration_no"]
    assert rig.act(number, "refuse_release", HEAD, text="không đủ căn cứ")[1]["state"] == "tax_pending"
    assert release(rig, number)[1]["code"] == "NOT_ASKED_FOR"
    assert rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_goods_whose_value_is_doubted_are_released_and_consulted_on_meanwhile(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    assert rig.act(number, "doubt_value", CHECKER, text="giá thấp hơn rủi ro", line_nos=[1])[0] == 200
    assert not rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    assert ask_release(rig, number)[0] == 200
    status, answer = release(rig, number)
    assert status == 200 and kinds(answer) == {"value_doubt", "determination"}, answer
    status, asked = rig.act(number, "ask_consultation", TRADER, text="hợp đồng kèm theo")
    assert status == 200 and asked["state"] == "released" and kinds(asked) == {"consultation", "determination"}
    assert rig.act(number, "accept_value", CHECKER, text="đã tham vấn")[1]["cleared"], "this was the value awaited"
    assert rig.violations() == []


def test_a_declaration_whose_goods_were_released_is_amended_after_its_clearance(rig):
    number = paid(rig)
    assert ask_release(rig, number)[0] == 200 and release(rig, number)[0] == 200
    assert rig.result(number, "document_check")[0] == 200
    assert rig.result(number, "determination")[1]["cleared"]
    told = rig.revise("AMC", number, declared(package_count=43))[1]["findings"]
    assert [each["pointer"] for each in told] == ["/declaration/package_count"], "release was asked for"
    asked = rig.revise("AMC", number, more(2))[1]
    assert {each["kind"] for each in asked["open_conditions"]} == {"amendment"} and asked["state"] == "cleared"
    assert rig.violations() == []
    assert rig.rule(number, "amendment", asked["register_no"], HEAD)[1]["state"] == "amended"
    assert rig.violations() == []


def test_who_may_ask_and_who_may_decide(rig):
    number = paid(rig)
    assert ask_release(rig, number, signer=OTHER)[1]["findings"][0]["code"] == "HD-NOT-FOUND"
    assert ask_release(rig, number)[0] == 200
    assert ask_release(rig, number)[1]["code"] == "ASKED_ALREADY"
    assert release(rig, number, signer=CHECKER)[1]["code"] == "POWER_MISSING"
    assert release(rig, number, signer=TRADER)[1]["code"] == "OFFICER_NEEDED"
    status, answer = rig.act(number, "release", HEAD)
    assert status == 422 and answer["findings"][0]["pointer"] == "/text"
    assert release(rig, number)[0] == 200
    status, again = ask_release(rig, number)
    assert status == 409 and again["code"] == "MOVE_REFUSED"


def test_the_law_says_whether_release_may_stand_on_a_guarantee(rig):
    key = rig.guarantee(10**12)[1]["guarantee_key"]
    lodged = lodge_with(rig, 2, payment_timing_code="B", guarantee_key=key)
    number = lodged["declaration_no"]
    assert kinds(lodged) == {"document_check"}
    assert ask_release(rig, number)[0] == 200
    assert release(rig, number)[1]["state"] == "released"
    assert rig.violations() == []


def test_a_result_before_the_goods_are_reported_keeps_them_in_storage(rig):
    number, agency = awaiting_a_result(rig)
    assert rig.result(number, "document_check")[0] == 200
    assert ask_storage(rig, number, storage_place="site", place_code="03CCS03")[0] == 200
    assert rig.act(number, "release_to_storage", HEAD, text="đồng ý")[0] == 200
    assert rig.result(number, "specialised_inspection", sender=agency)[1]["state"] == "storage"
    assert report_at(rig, number, "03CCS03")[1]["cleared"]
    assert rig.violations() == []


def test_storage_and_release_wait_for_their_reasons(rig):
    number = paid(rig)
    assert ask_storage(rig, number)[1]["code"] == "NO_RESULT_AWAITED"
    waiting, _ = awaiting_a_result(rig)
    assert ask_release(rig, waiting)[0] == 200
    assert release(rig, waiting)[1]["code"] == "STILL_IN_THE_WAY"
    assert ask_storage(rig, waiting)[0] == 200
    assert rig.act(waiting, "refuse_storage", HEAD, text="kho không đạt")[0] == 200
    assert rig.act(waiting, "release_to_storage", HEAD, text="đồng ý")[1]["code"] == "NOT_ASKED_FOR"


def test_a_cleared_declaration_is_released_no_more(rig):
    number = paid(rig, 1)
    assert ask_release(rig, number)[1]["code"] == "MOVE_REFUSED"


TAMPERING = {
    "when the value is due": "UPDATE condition SET due_at = due_at + interval '1 day' WHERE kind = 17",
    "a request left open": "UPDATE condition SET closed_seq = NULL, closed_at = NULL, closed_by = NULL, evidence = NULL WHERE kind = 15",
    "what is waited for": "UPDATE condition SET detail = 'C' WHERE kind = 17",
    "who released": "UPDATE officer_act SET officer_code = '03CC-01' WHERE act = 'release'",
    "the decision removed": "DELETE FROM officer_act WHERE act = 'release'",
    "the state": "UPDATE declaration SET state = 9",
}


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return the report before, the number of each spoiled file, and the report after."""
    made = cluster.make_trial()
    one = Rig(made.config)
    numbers = {}
    for what in TAMPERING:
        numbers[what] = paid(one)
        assert ask_release(one, numbers[what])[0] == 200 and release(one, numbers[what])[0] == 200
    before = one.report().rows
    spoil(made.dsn("admin"), numbers, TAMPERING)
    yield before, numbers, one.report().rows
    one.close()
    cluster.drop(made)


def test_what_was_released_has_no_violation(spoiled):
    assert spoiled[0] == []


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_a_release_is_seen(spoiled, what):
    _, numbers, after = spoiled
    assert numbers[what] in {row.subject for row in after}


def test_release_is_derived_again_from_its_reasons(spoiled):
    _, numbers, after = spoiled
    told = {row.subject for row in after if row.invariant == "release and storage"}
    assert {numbers["when the value is due"], numbers["what is waited for"], numbers["a request left open"]} <= told
