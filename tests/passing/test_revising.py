"""After clearance: the declarant amends, an officer assesses, officers decide; money by transfers, nothing changes before the decision."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from haidang.organisation import actions as organisation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR, Rig, declared
from tests.passing.test_amending import codes, kinds, more
from tests.passing.test_cancelling import days_later
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)


def cleared(rig, **changes):
    """Return the answer to the registration of a declaration that was paid and cleared since."""
    lodged = lodge_with(rig, 1, **changes)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
    return lodged


def test_an_amendment_after_clearance_waits_and_its_acceptance_books_the_difference_that_is_paid_then(rig):
    lodged = cleared(rig)
    number = lodged["declaration_no"]
    status, asked = rig.revise("AMC", number, more(2))
    assert status == 200, asked
    assert asked["outcome"] == "asked" and len(asked["register_no"]) == 12 and asked["register_no"].startswith("5")
    assert asked["state"] == "cleared" and kinds(asked) == ["amendment"] and asked["outstanding_vnd"] == 0
    assert asked["additional_vnd"] == sum(asked["difference"].values()) == asked["payable_vnd"] - lodged["payable_vnd"]
    assert not asked["over_free_days"]
    assert rig.violations() == []
    status, done = rig.rule(number, "amendment", asked["register_no"], CHECKER)
    assert status == 200, done
    assert done["declaration_no"] == number[:11] + "1" and done["state"] == "amended" and kinds(done) == []
    assert done["outstanding_vnd"] == done["additional_vnd"] == asked["additional_vnd"]
    assert done["tax_due_on"] and done["interest_from"] and done["interest_per_day_vnd"] > 0
    assert {change["name_en"] for change in done["changes"]} >= {"Line 1: Invoice value"}
    assert rig.violations() == []
    status, paid = rig.pay(number[:11], done["outstanding_vnd"])
    assert status == 200 and paid["state"] == "amended"
    assert rig.violations() == []


def test_less_tax_is_overpaid_and_the_next_amendment_counts_on(rig):
    lodged = cleared(rig, items=more(3).items)
    number = lodged["declaration_no"]
    asked = rig.revise("AMC", number, more(1))[1]
    assert asked["additional_vnd"] == 0 and asked["overpaid_vnd"] == 0
    done = rig.rule(number, "amendment", asked["register_no"], HEAD)[1]
    assert done["overpaid_vnd"] == lodged["payable_vnd"] - done["payable_vnd"] > 0 and done["tax_due_on"] is None
    again = rig.revise("AMC", done["declaration_no"], more(2))[1]
    assert int(again["register_no"]) == int(asked["register_no"]) + 1
    accepted = rig.rule(done["declaration_no"], "amendment", again["register_no"], HEAD)[1]
    assert accepted["outstanding_vnd"] == 0 and accepted["declaration_no"].endswith("2")
    assert rig.violations() == []


def test_a_refused_amendment_changes_nothing_and_needs_a_reason(rig):
    number = cleared(rig)["declaration_no"]
    asked = rig.revise("AMC", number, more(2))[1]
    assert rig.rule(number, "amendment", asked["register_no"], CHECKER, "refused", text="")[0] == 422
    status, done = rig.rule(number, "amendment", asked["register_no"], CHECKER, "refused")
    assert status == 200 and done["outcome"] == "refused" and done["state"] == "cleared" and kinds(done) == []
    assert done["declaration_no"] == number and done["outstanding_vnd"] == 0
    status, again = rig.rule(number, "amendment", asked["register_no"], HEAD)
    assert status == 409 and again["code"] == "DECIDED_ALREADY" and CHECKER in again["title"]
    assert rig.violations() == []


def test_only_what_is_cleared_is_amended_so_and_one_at_a_time(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    status, answer = rig.revise("AMC", number, more(2))
    assert status == 409 and answer["code"] == "NOT_CLEARED_YET" and "AMEND" in answer["title_vi"]
    assert rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    assert rig.amend(number, more(2))[1]["code"] == "SETTLED_ALREADY"
    asked = rig.revise("AMC", number, more(2))[1]
    for status, answer in (rig.revise("AMC", number, more(3)), rig.revise("ASSESS", number, more(3), CHECKER)):
        assert status == 409 and answer["code"] == "REVISION_PENDING" and asked["register_no"] in answer["title"]
    assert rig.violations() == []


def test_what_may_not_change_after_clearance_an_unknown_reason_and_nothing_changed_are_findings(rig):
    number = cleared(rig)["declaration_no"]
    other = declared(payment_timing_code="A", guarantee_key="NGANHANGM01/2026/BL/0001", transport_mode_code="3")
    status, answer = rig.revise("AMC", number, other)
    told = {f["pointer"] for f in answer["findings"] if f["code"] == "HD-UNAMENDABLE"}
    assert status == 422
    assert told == {
        "/declaration/payment_timing_code",
        "/declaration/guarantee_key",
        "/declaration/transport_mode_code",
    }
    assert codes(rig.revise("AMC", number, more(2), reason_code="9")[1]) == ["HD-CODE"]
    assert codes(rig.revise("AMC", number, declared())[1]) == ["HD-NOTHING-AMENDED"]
    assert codes(rig.revise("AMC", number[:11] + "4", more(2))[1]) == ["HD-AMENDMENT"]
    assert rig.violations() == []


def test_strangers_and_officers_without_the_power_learn_nothing(rig):
    number = cleared(rig)["declaration_no"]
    asked = rig.revise("AMC", number, more(2))[1]
    stranger = people.trader_code(7)
    none = "199999999990"
    told = [rig.revise("AMC", no, more(2), stranger) for no in (number, none)]
    assert told[0] == told[1] and codes(told[0][1]) == ["HD-NOT-FOUND"]
    for no in (number, none):
        assert rig.rule(no, "amendment", asked["register_no"], INSPECTOR)[1]["code"] == "POWER_MISSING"
        assert rig.rule(no, "amendment", asked["register_no"], CUSTOMS)[1]["code"] == "OFFICER_NEEDED"
        assert rig.revise("ASSESS", no, more(2), INSPECTOR)[1]["code"] == "POWER_MISSING"
    other = people.officer_code("01NV", "head_of_unit")
    told = [rig.rule(no, "amendment", asked["register_no"], other) for no in (number, none)]
    assert told[0] == told[1] and codes(told[0][1]) == ["HD-NOT-FOUND"]
    assert rig.rule(number, "amendment", "503999999999", CHECKER)[1]["code"] == "REVISION_UNKNOWN"
    assert rig.rule(number, "assessment", asked["register_no"], HEAD)[1]["code"] == "REVISION_UNKNOWN"


def test_an_assessment_takes_two_officers_and_the_trader_sees_it_when_it_is_decided(rig):
    lodged = cleared(rig)
    number = lodged["declaration_no"]
    status, asked = rig.revise("ASSESS", number, more(2), HEAD)
    assert status == 200 and asked["kind"] == "assessment" and asked["state"] == "cleared" and kinds(asked) == []
    status, waits = rig.revise("AMC", number, more(3))
    assert status == 409 and waits["code"] == "REVISION_PENDING" and "assess" not in waits["title"].lower()
    status, answer = rig.rule(number, "assessment", asked["register_no"], HEAD)
    assert status == 409 and answer["code"] == "SAME_PERSON"
    assert rig.rule(number, "assessment", asked["register_no"], CHECKER)[1]["code"] == "POWER_MISSING"
    assert rig.violations() == []
    second = cleared(rig)["declaration_no"]
    asked = rig.revise("ASSESS", second, more(2), CHECKER)[1]
    status, done = rig.rule(second, "assessment", asked["register_no"], HEAD)
    assert status == 200 and done["state"] == "amended" and done["outstanding_vnd"] == asked["additional_vnd"] > 0
    assert rig.pay(second[:11], done["outstanding_vnd"])[0] == 200
    third = cleared(rig)["declaration_no"]
    asked = rig.revise("ASSESS", third, more(2), CHECKER)[1]
    assert rig.rule(third, "assessment", asked["register_no"], HEAD, "refused")[1]["state"] == "cleared"
    assert rig.violations() == []


def test_after_sixty_days_an_amendment_is_taken_and_told_to_be_late_and_a_power_that_ended_yesterday_is_gone(
    fresh_trial,
):
    rig = Rig(fresh_trial.config)
    try:
        number, late = (cleared(rig)["declaration_no"] for _ in range(2))
        days_later(fresh_trial, 60)
        intime = rig.revise("AMC", number, more(2))[1]
        assert intime["outcome"] == "asked" and not intime["over_free_days"]
        assert intime["interest_vnd"] == pytest.approx(60 * intime["interest_per_day_vnd"], abs=60)
        end_power(rig, 9, CUSTOMS, "document_officer")
        days_later(fresh_trial, 1)
        assert rig.rule(number, "amendment", intime["register_no"], CHECKER)[1]["code"] == "POWER_MISSING"
        done = rig.rule(number, "amendment", intime["register_no"], HEAD)[1]
        assert (
            done["outcome"] == "accepted"
            and not done["over_free_days"]
            and done["interest_vnd"] > intime["interest_vnd"]
        )
        assert rig.revise("AMC", late, more(2))[1]["over_free_days"]
        assert rig.violations() == []
    finally:
        rig.close()


def end_power(rig, act, office, post):
    with Servers(rig.config).connect("owner") as connection:
        power_id, now = connection.execute(
            """SELECT p.power_id, legal_now() FROM unit_power p JOIN unit_post s USING (post_id) JOIN customs_unit u ON u.unit_id = s.unit_id
            WHERE p.act = %s AND u.code = %s AND s.code = %s""",
            (act, office, post),
        ).fetchone()
        assert organisation.end_power(connection, power_id, now)


def test_a_guarantee_stands_for_what_it_stood_for_and_no_more(rig):
    key = rig.guarantee(10**11)[1]["guarantee_key"]
    under = {"payment_timing_code": "B", "guarantee_key": key}
    lodged = lodge_with(rig, 1, **under)
    assert lodged["cleared"]
    number = lodged["declaration_no"]
    up = rig.revise("AMC", number, more(2, **under))[1]
    done = rig.rule(number, "amendment", up["register_no"], HEAD)[1]
    assert done["outstanding_vnd"] == done["payable_vnd"] > lodged["payable_vnd"]
    assert rig.violations() == []
    assert rig.pay(number[:11], done["outstanding_vnd"])[1]["guarantee_released_vnd"] == lodged["payable_vnd"]
    dear = lodge_with(rig, 1, items=more(3).items, **under)
    down = rig.revise("AMC", dear["declaration_no"], more(1, **under))[1]
    done = rig.rule(dear["declaration_no"], "amendment", down["register_no"], HEAD)[1]
    assert 0 < done["outstanding_vnd"] < dear["payable_vnd"] and done["overpaid_vnd"] == 0
    paid = rig.pay(dear["declaration_no"][:11], done["outstanding_vnd"])[1]
    assert paid["guarantee_released_vnd"] == done["outstanding_vnd"], "the rest was given back before"
    assert rig.violations() == []


def test_of_two_amendments_at_once_one_waits_and_the_other_is_told(fresh_trial):
    race(fresh_trial, lambda rig, number: rig.revision("AMC", number[:11], more(2)), "AMC")


def test_amending_races_clearing_and_each_is_told_what_it_met(fresh_trial):
    one, other = Rig(fresh_trial.config), Rig(fresh_trial.config)
    try:
        lodged = [lodge_with(one, 1) for _ in range(10)]
        sent = [one.revision("AMC", each["declaration_no"], more(2)) for each in lodged]
        with ThreadPoolExecutor(2) as threads:
            mine = threads.submit(lambda: [one.batch([each], "conditions")[0] for each in sent])
            paid = threads.submit(
                lambda: [other.pay(each["declaration_no"], each["payable_vnd"]) for each in reversed(lodged)]
            )
            answers, payments = mine.result(), paid.result()
        assert {status for status, _ in payments} == {200} and all(answer["cleared"] for _, answer in payments)
        for status, answer in answers:
            assert status == 200 or answer["code"] == "NOT_CLEARED_YET", answer
        assert one.violations() == []
    finally:
        one.close()
        other.close()


def test_accepting_races_refusing_and_one_wins(fresh_trial):
    rig, other = Rig(fresh_trial.config), Rig(fresh_trial.config)
    try:
        asked = [rig.revise("AMC", cleared(rig)["declaration_no"], more(2))[1] for _ in range(6)]
        sides = [
            [rig.ruling(each["declaration_no"], "amendment", each["register_no"], HEAD) for each in asked],
            [other.ruling(each["declaration_no"], "amendment", each["register_no"], CHECKER, "refused") for each in reversed(asked)],
        ]  # fmt: skip
        with ThreadPoolExecutor(2) as threads:
            done = [
                threads.submit(lambda r=r, s=s: [r.batch([each], "conditions")[0] for each in s])
                for r, s in zip((rig, other), sides, strict=True)
            ]
            pairs = list(zip(done[0].result(), reversed(done[1].result()), strict=True))
        for pair in pairs:
            assert sorted(status for status, _ in pair) == [200, 409], pair
            assert next(answer for status, answer in pair if status == 409)["code"] == "DECIDED_ALREADY"
        assert rig.violations() == []
    finally:
        rig.close()
        other.close()


def race(database, message, loser):
    one, other = Rig(database.config), Rig(database.config)
    try:
        numbers = [cleared(one)["declaration_no"] for _ in range(6)]
        sides = [[message(rig, number) for number in numbers] for rig in (one, other)]
        with ThreadPoolExecutor(2) as threads:
            done = [
                threads.submit(lambda r=r, s=s: [r.batch([each], "conditions")[0] for each in s])
                for r, s in zip((one, other), sides, strict=True)
            ]
            pairs = list(zip(*(each.result() for each in done), strict=True))
        for pair in pairs:
            assert sorted(status for status, _ in pair) == [200, 409], (loser, pair)
            assert next(answer for status, answer in pair if status == 409)["code"] == "REVISION_PENDING"
        assert one.violations() == []
    finally:
        one.close()
        other.close()


def test_the_database_itself_refuses_that_one_officer_does_both(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        number = cleared(rig)["declaration_no"]
        assert rig.revise("ASSESS", number, more(2), CHECKER)[0] == 200
        with Servers(rig.config).connect("ingest") as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(
                """UPDATE revision SET decided_seq = asked_seq + 1, decided_by = asked_by, decided_at = asked_at, accepted = true, decision = ''"""
            )
    finally:
        rig.close()
