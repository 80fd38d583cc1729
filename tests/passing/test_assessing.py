"""Assessment ex officio before clearance: two officers, taxes by the law of the registration, the tax awaited anew; and the final value of released goods."""

import json

from haidang.clearance import lookups
from haidang.clearance.lookups import served
from haidang.kernel.ids import shard_of
from haidang.platform.db import Servers, Transaction
from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, INSPECTOR, declared
from tests.passing.test_amending import codes, more
from tests.passing.test_closing import lodge_with
from tests.passing.test_releasing import ask_release, ask_storage, awaiting_a_result, kinds, paid, release

TRADER = people.trader_code(1)


def propose(rig, number, wanted, signer=CHECKER):
    status, asked = rig.revise("ASSESS", number, wanted, signer)
    assert status == 200, asked
    return asked


def approve(rig, number, asked, outcome="accepted"):
    return rig.rule(number, "assessment", asked["register_no"], HEAD, outcome)


def test_a_proposal_keeps_the_goods_from_clearing_and_its_approval_awaits_the_difference(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    asked = propose(rig, number, more(2))
    assert kinds(asked) == {"tax", "assessment"} and asked["state"] == "tax_pending" and asked["interest_from"] is None
    (waits,) = [each for each in asked["open_conditions"] if each["kind"] == "assessment"]
    assert waits["owner"] == "customs" and "Art. 52" in waits["law"] and "detail" not in waits
    status, answer = rig.pay(number, lodged["payable_vnd"])
    assert status == 200 and not answer["cleared"], "nobody pays what was declared and leaves"
    assert rig.violations() == []
    status, done = approve(rig, number, asked)
    assert status == 200, done
    assert done["declaration_no"] == number[:11] + "1" and done["state"] == "tax_pending" and kinds(done) == {"tax"}
    assert done["outstanding_vnd"] == asked["additional_vnd"] == done["payable_vnd"] - lodged["payable_vnd"] > 0
    assert rig.violations() == []
    assert rig.pay(number[:11], done["outstanding_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_before_payment_one_tax_condition_stands_for_the_whole_and_less_tax_clears_what_was_paid(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    done = approve(rig, number, propose(rig, number, more(2)))[1]
    assert kinds(done) == {"tax"} and done["outstanding_vnd"] == done["payable_vnd"]
    assert rig.pay(number[:11], done["outstanding_vnd"])[1]["cleared"]
    dear = lodge_with(rig, 1, items=more(3).items)
    asked = propose(rig, dear["declaration_no"], more(1))
    assert not rig.pay(dear["declaration_no"], dear["payable_vnd"])[1]["cleared"]
    done = approve(rig, dear["declaration_no"], asked)[1]
    assert done["state"] == "cleared" and done["overpaid_vnd"] == dear["payable_vnd"] - done["payable_vnd"] > 0
    assert rig.violations() == []


def test_a_refused_proposal_lets_the_declaration_go_on_as_declared(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    asked = propose(rig, number, more(2))
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    assert rig.rule(number, "assessment", asked["register_no"], CHECKER, "refused")[1]["code"] == "POWER_MISSING"
    status, done = approve(rig, number, asked, "refused")
    assert status == 200 and done["state"] == "cleared" and done["declaration_no"] == number and kinds(done) == set()
    assert rig.violations() == []


def test_checks_stay_as_they_were_and_the_trader_waits_with_its_amendment(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.result(number, "document_check")[0] == 200
    asked = propose(rig, number, more(2))
    status, answer = rig.amend(number, more(3))
    assert status == 409 and answer["code"] == "REVISION_PENDING" and asked["register_no"] not in answer["title"]
    done = approve(rig, number, asked)[1]
    assert kinds(done) == {"tax"} and done["state"] == "tax_pending", "customs does not check again what it says itself"
    assert rig.violations() == []


def test_a_guarantee_stands_for_what_it_stood_for_and_the_whole_is_awaited(rig):
    key = rig.guarantee(10**11)[1]["guarantee_key"]
    under = {"payment_timing_code": "B", "guarantee_key": key}
    lodged = lodge_with(rig, 2, **under)
    number = lodged["declaration_no"]
    done = approve(rig, number, propose(rig, number, more(2, **under)))[1]
    assert kinds(done) == {"document_check", "tax"}
    assert rig.violations() == []
    paid_now = rig.pay(number[:11], done["outstanding_vnd"])[1]
    assert paid_now["guarantee_released_vnd"] == lodged["payable_vnd"]
    assert rig.violations() == []


def test_who_may_not_and_when_it_cannot_be(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    assert rig.revise("ASSESS", number, more(2), INSPECTOR)[1]["code"] == "POWER_MISSING"
    assert codes(rig.revise("ASSESS", number, declared(), CHECKER)[1]) == ["HD-NOTHING-AMENDED"]
    asked = propose(rig, number, more(2), HEAD)
    assert approve(rig, number, asked)[1]["code"] == "SAME_PERSON"
    assert rig.revise("ASSESS", number, more(3), CHECKER)[1]["code"] == "REVISION_PENDING"
    gone = lodge_with(rig, 1)["declaration_no"]
    assert rig.cancel(gone)[0] == 200 and rig.decide(gone)[1]["state"] == "cancelled"
    status, answer = rig.revise("ASSESS", gone, more(2), CHECKER)
    assert status == 409 and answer["code"] == "SETTLED_ALREADY"
    assert rig.violations() == []


def test_the_trader_reads_of_it_when_it_is_approved(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    asked = propose(rig, number, more(2))
    served_before, shown = as_trader(rig, number)
    assert "assessment" in {each["kind"] for each in shown["conditions"]} and shown["revisions"] == []
    assert asked["register_no"] not in json.dumps([served_before, shown], default=str)
    assert approve(rig, number, asked)[0] == 200
    served_after, shown = as_trader(rig, number)
    assert [each["act"] for each in served_after] == ["approve_assessment", *(each["act"] for each in served_before)]
    assert [each["register_no"] for each in shown["revisions"]] == [asked["register_no"]]
    text = as_trader(rig, number, served_after[0]["service_no"])
    assert text["revisions"][0]["reason"] == "hợp đồng ghi giá khác"
    assert {each["kind"] for each in text["closed_conditions"]} >= {"assessment"}


def as_trader(rig, number, service_no=""):
    """Return what row-level security lets the trader read: what was served and how the declaration stands, or one text."""
    shard, no11 = shard_of(TRADER), int(number[:11])
    with Servers(rig.config).connect("app") as connection, connection.transaction():
        connection.execute("SELECT set_config('haidang.trader_codes', %s, true)", ("{" + TRADER + "}",))
        transaction = Transaction(connection)
        if service_no:
            return served.served_view(transaction, shard, no11, int(service_no.partition("-")[2]))
        listed = served.served_list(transaction, shard, no11)["served"]
        return listed, lookups.declaration_view(transaction, shard, no11)


def doubted_after_release(rig, code="B"):
    number = paid(rig)
    assert ask_release(rig, number, code=code)[0] == 200 and release(rig, number)[0] == 200
    assert rig.result(number, "document_check")[0] == 200
    status, answer = rig.act(number, "doubt_value", CHECKER, text="giá thấp", line_nos=[1])
    assert status == 200 and answer["state"] == "released" and kinds(answer) == {"determination", "value_doubt"}
    return number


def test_a_value_accepted_after_release_is_the_final_one_and_clears(rig):
    number = doubted_after_release(rig)
    assert kinds(rig.act(number, "ask_consultation", TRADER, text="hợp đồng")[1]) == {"determination", "consultation"}
    status, done = rig.act(number, "accept_value", CHECKER, text="đã tham vấn")
    assert status == 200 and done["cleared"]
    other = doubted_after_release(rig, "A")
    done = rig.act(other, "accept_value", CHECKER, text="đã tham vấn")[1]
    assert kinds(done) == {"determination"}, "the code is awaited still"
    assert rig.violations() == []


def test_a_value_rejected_after_release_is_assessed_and_the_difference_paid_before_the_goods_are_cleared(rig):
    number = doubted_after_release(rig)
    done = rig.act(number, "reject_value", CHECKER, text="không đủ căn cứ")[1]
    assert kinds(done) == {"determination", "assessment"} and done["state"] == "released"
    (waits,) = [each for each in done["open_conditions"] if each["kind"] == "assessment"]
    assert waits["detail"] == "1: không đủ căn cứ" and "Art. 25" in waits["law"]
    refused = approve(rig, number, propose(rig, number, more(3)), "refused")[1]
    assert kinds(refused) == {"determination", "assessment"}, "it is still to be assessed"
    assessed = approve(rig, number, propose(rig, number, more(2)))[1]
    assert kinds(assessed) == {"tax"} and assessed["state"] == "tax_pending" and assessed["outstanding_vnd"] > 0
    assert rig.pay(number[:11], assessed["outstanding_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_goods_in_storage_are_doubted_and_assessed_too(rig):
    number, _ = awaiting_a_result(rig)
    assert ask_storage(rig, number)[0] == 200
    assert rig.act(number, "release_to_storage", HEAD, text="đồng ý")[1]["state"] == "storage"
    status, answer = rig.act(number, "doubt_value", CHECKER, text="giá", line_nos=[1])
    assert status == 200 and answer["state"] == "storage" and "value_doubt" in kinds(answer)
    done = rig.act(number, "reject_value", CHECKER, text="bác bỏ")[1]
    assert done["state"] == "storage" and {"assessment", "storage_arrival"} <= kinds(done)
    assert rig.violations() == []
