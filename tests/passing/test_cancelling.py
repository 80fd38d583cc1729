"""Cancellation: what cancels by itself, what customs decides on its clock, and what becomes of the money. And races: one wins, the other is told."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from haidang.site.demo import people
from tests.passing.rig import BANK, CHECKER, CUSTOMS, HEAD, INSPECTOR, Rig, declared
from tests.passing.test_amending import codes, kinds, more
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)


def days_later(database, days):
    with psycopg.connect(database.dsn("admin"), autocommit=True) as admin:
        admin.execute("UPDATE installation SET clock_offset = clock_offset + make_interval(days => %s)", (days,))


def test_a_request_waits_for_customs_on_its_clock_and_is_approved(rig):
    lodged = lodge_with(rig, 2)
    number = lodged["declaration_no"]
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    status, asked = rig.cancel(number)
    assert status == 200 and asked["outcome"] == "requested" and asked["state"] == "doc_check"
    waiting = next(c for c in asked["open_conditions"] if c["kind"] == "cancellation")
    assert waiting["owner"] == "customs" and waiting["due_at"] > waiting["opened_at"] and "Art. 22" in waiting["law"]
    assert rig.cancel(number)[1]["code"] == "CANCELLATION_PENDING"
    assert rig.amend(number, declared(package_count=43))[1]["code"] == "CANCELLATION_PENDING"
    status, done = rig.decide(number)
    assert status == 200 and done["outcome"] == "accepted" and done["state"] == "cancelled"
    assert done["open_conditions"] == [] and done["overpaid_vnd"] == lodged["payable_vnd"]
    assert rig.violations() == []


def test_a_refused_request_lets_the_declaration_go_on_and_clear(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    assert rig.cancel(number)[0] == 200
    status, paid = rig.pay(number, lodged["payable_vnd"])
    assert status == 200 and not paid["cleared"], "it waits for the decision"
    status, answer = rig.decide(number, "refused")
    assert status == 200 and answer["code"] == "refuse" and answer["state"] == "cleared"
    assert rig.violations() == []


def test_who_may_decide(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.decide(number)[1]["code"] == "NO_CANCELLATION_ASKED"
    assert rig.cancel(number)[0] == 200
    assert rig.propose(number, signer=TRADER)[1]["code"] == "OFFICER_NEEDED"
    assert rig.propose(number, signer=CUSTOMS)[1]["code"] == "OFFICER_NEEDED"
    assert rig.propose(number, signer=INSPECTOR)[1]["code"] == "POWER_MISSING"
    other = people.officer_code("01NV", "document_officer")
    told = [rig.propose(no, signer=other) for no in (number, "199999999990")]
    assert told[0] == told[1] and codes(told[0][1]) == ["HD-NOT-FOUND"]
    assert rig.decide(number)[0] == 200
    assert rig.decide(number)[1]["code"] == "SETTLED_ALREADY"
    assert rig.cancel(number)[1]["code"] == "SETTLED_ALREADY"
    status, late = rig.pay(number, 1_000)
    assert status == 202 and late["reason"] == "the declaration is cancelled"
    assert rig.violations() == []


def test_who_proposed_does_not_decide_and_a_proposal_that_is_refused_leaves_the_request_waiting(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.cancel(number)[0] == 200
    status, proposed = rig.propose(number, signer=HEAD)
    assert status == 200 and proposed["outcome"] == "proposed" and kinds(proposed).count("cancellation") == 1
    assert rig.propose(number)[1]["code"] == "REVISION_PENDING"
    assert rig.rule(number, "cancellation", proposed["register_no"], HEAD)[1]["code"] == "SAME_PERSON"
    assert rig.rule(number, "cancellation", proposed["register_no"], CHECKER)[1]["code"] == "POWER_MISSING"
    assert rig.violations() == []
    again = lodge_with(rig, 2)["declaration_no"]
    assert rig.cancel(again)[0] == 200
    proposed = rig.propose(again, signer=CHECKER)[1]
    status, answer = rig.rule(again, "cancellation", proposed["register_no"], HEAD, "refused")
    assert status == 200 and answer["state"] == "doc_check" and kinds(answer).count("cancellation") == 1
    assert rig.decide(again)[1]["state"] == "cancelled"
    assert rig.violations() == []


def test_a_case_of_the_other_direction_and_one_whose_days_have_not_passed_are_findings(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    assert codes(rig.cancel(number, "not_exported")[1]) == ["HD-CANCEL-CASE"]
    status, answer = rig.cancel(number, "goods_not_arrived")
    assert status == 422 and codes(answer) == ["HD-CANCEL-EARLY"] and "2026-03-18" in answer["findings"][0]["text_en"]
    assert rig.cancel(number, "because")[0] == 422
    assert rig.violations() == []


def test_a_cleared_import_is_not_cancelled_and_is_told_when_it_was_cleared(rig):
    lodged = lodge_with(rig, 1)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
    status, answer = rig.cancel(lodged["declaration_no"])
    assert status == 409 and answer["code"] == "SETTLED_ALREADY" and "pay the tax" in answer["title"]


def test_a_cancelled_amended_declaration_owes_nothing(rig):
    lodged = lodge_with(rig, 2)
    amended = rig.amend(lodged["declaration_no"], more(3))[1]
    assert rig.cancel(amended["declaration_no"])[0] == 200
    status, answer = rig.decide(amended["declaration_no"])
    assert status == 200 and answer["overpaid_vnd"] == 0 and kinds(answer) == []
    assert rig.violations() == []


@pytest.mark.parametrize("rival", ["payment", "cancellation", "amendment"])
def test_an_amendment_races_and_one_wins_while_the_other_is_told(fresh_trial, rival):
    one, other = Rig(fresh_trial.config), Rig(fresh_trial.config)
    try:
        lodged = [lodge_with(one, 1) for _ in range(12)]
        amendments = [
            one.waiting("amendment", one.amendment(each["declaration_no"], more(2)), TRADER) for each in lodged
        ]
        rivals = [rival_message(other, rival, each) for each in lodged]
        with ThreadPoolExecutor(2) as threads:
            mine = threads.submit(lambda: [one.batch([each], "conditions")[0] for each in amendments])
            theirs = threads.submit(lambda: [other.batch([each], "conditions")[0] for each in reversed(rivals)])
            pairs = list(zip(mine.result(), reversed(theirs.result()), strict=True))
        for (status, answer), (rival_status, told) in pairs:
            assert status in (200, 409, 422) and rival_status in (200, 202, 409, 422)
            assert status == 200 or rival_status == 200, (answer, told)
            if status == 409:
                assert answer["code"] in ("SETTLED_ALREADY", "CANCELLATION_PENDING")
            if rival == "payment":
                assert (status, rival_status) != (200, 200), "an old amount pays nothing new"
        assert one.violations() == []
    finally:
        one.close()
        other.close()


def rival_message(rig, rival, lodged):
    number = lodged["declaration_no"]
    common = {"message_id": rig.fresh_id(), "declaration_no": number[:11]}
    if rival == "payment":
        body = {
            **common, "sender": BANK, "procedure": "PAYMENT", "amount_vnd": lodged["payable_vnd"], "reference": "BK",
            "payer_code": TRADER,
        }  # fmt: skip
        return rig.waiting("payment", body, BANK)
    if rival == "cancellation":
        body = {**common, "sender": TRADER, "procedure": "CANCEL", "case": "registered_twice", "reason": "trùng"}
        return rig.waiting("cancellation", body, TRADER)
    return rig.waiting("amendment", rig.amendment(number, more(3)), TRADER)


def test_cancelling_races_clearing_and_one_wins(fresh_trial):
    one, other = Rig(fresh_trial.config), Rig(fresh_trial.config)
    try:
        lodged = [lodge_with(one, 1) for _ in range(12)]
        for each in lodged:
            assert one.cancel(each["declaration_no"])[0] == 200
        with ThreadPoolExecutor(2) as threads:
            approved = threads.submit(lambda: [one.decide(each["declaration_no"]) for each in lodged])
            paid = threads.submit(
                lambda: [other.pay(each["declaration_no"], each["payable_vnd"]) for each in reversed(lodged)]
            )
            pairs = list(zip(approved.result(), reversed(paid.result()), strict=True))
        for (status, answer), (pay_status, told) in pairs:
            assert status == 200 and answer["state"] == "cancelled"
            assert pay_status in (200, 202)
            assert answer["overpaid_vnd"] > 0 if pay_status == 200 else told["reason"] == "the declaration is cancelled"
        assert one.violations() == []
    finally:
        one.close()
        other.close()
