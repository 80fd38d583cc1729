"""Files of advance rulings: who may do what when, clocks, two officers, and one chain in the journal."""

import json

import pytest

from haidang.clearance.actions.telling_rulings import DECIDED, PUBLISHED
from haidang.journal import actions as journal
from haidang.kernel.ids import shard_of
from haidang.organisation import actions as organisation
from haidang.organisation.terms import Relation
from haidang.platform.db import Servers, Transaction
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, FREE, HEAD, INSPECTOR

MINE = people.trader_code(1)
OTHER = "84713090"


def apply(rig, trader=1, sender="", **facts):
    code = people.trader_code(trader)
    body = {
        "message_id": rig.fresh_id(), "sender": sender or code, "procedure": "RULING_APPLY", "trader_code": code, "kind": "code",
        "goods_name": "Bộ phận bằng nhựa", "goods_mark": "MAU-PART 7", "commodity_code": FREE, "text": "tài liệu kèm theo", **facts,
    }  # fmt: skip
    return rig.batch([rig.waiting("ruling_application", body, body["sender"])], "conditions")[0]


def step(rig, number, act, signer=CHECKER, trader=1, **facts):
    sender = people.machine_of(signer)
    body = {
        "message_id": rig.fresh_id(), "sender": sender, "procedure": "RULING_STEP", "trader_code": people.trader_code(trader),
        "number": number, "act": act, "text": "lý do", **facts,
    }  # fmt: skip
    return rig.batch([rig.waiting("ruling_step", body, sender, signer=signer)], "conditions")[0]


def done(answer):
    status, body = answer
    assert status in (200, 201), body
    return body


def decided(rig, number, outcome, by=CHECKER, trader=1, **content):
    done(step(rig, number, "propose", by, trader, outcome=outcome, **content))
    return done(step(rig, number, "approve", HEAD, trader))


def issued(rig, trader=1, code=FREE, **facts):
    """Return the number of an application and its view once a ruling is issued."""
    file = done(apply(rig, trader, **facts))
    number = file["application_no"]
    done(step(rig, number, "complete", trader=trader))
    asked = {name: file[name] for name in ("value_method", "origin_country_code") if file[name]}
    if file["kind"] == "code":
        asked["commodity_code"] = code
    return number, decided(rig, number, "issue", trader=trader, **asked)


def test_an_application_becomes_a_ruling_by_two_officers_and_every_clock_is_told(rig):
    file = done(apply(rig))
    assert file["state"] == "submitted" and file["due_at"].startswith("2026-03-10T00:00")
    number = file["application_no"]
    waiting = done(step(rig, number, "need_more", text="ảnh hàng"))
    assert waiting["state"] == "need_more" and waiting["due_at"] is None, "customs waits: no clock of its own runs"
    assert done(step(rig, number, "supplement", MINE, text="đã gửi ảnh"))["due_at"].startswith("2026-03-10T00:00")
    complete = done(step(rig, number, "complete"))
    assert complete["state"] == "analysis" and complete["due_at"].startswith("2026-04-02T00:00")
    assert step(rig, number, "flag_complex")[1]["code"] == "POWER_MISSING"
    assert done(step(rig, number, "flag_complex", HEAD))["due_at"].startswith("2026-05-02T00:00")
    done(step(rig, number, "propose", outcome="issue", commodity_code=OTHER))
    assert step(rig, number, "approve")[1]["code"] == "POWER_MISSING"
    ruled = done(step(rig, number, "approve", HEAD))["rulings"][0]
    assert ruled["ruling_no"].startswith("XDT-2026-") and ruled["commodity_code"] == OTHER
    assert ruled["status"] == "in_force" and ruled["valid_until"] == "2029-03-02"
    assert rig.violations() == []


def test_nobody_decides_on_what_they_proposed(rig):
    number = done(apply(rig))["application_no"]
    done(step(rig, number, "complete", HEAD))
    done(step(rig, number, "propose", HEAD, outcome="issue", commodity_code=FREE))
    assert step(rig, number, "approve", HEAD)[1]["code"] == "SAME_PERSON"
    assert step(rig, number, "return", HEAD)[1]["code"] == "SAME_PERSON"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"commodity_code": ""}, "HD-MISSING"),
        ({"commodity_code": "00000000"}, "HD-COMMODITY-CODE"),
        ({"kind": "origin", "origin_country_code": "ZZ"}, "HD-CODE"),
        ({"kind": "value", "value_method": "1"}, "HD-MISSING"),
        ({"kind": "value", "value_method": "GATT", "lot": "MAWB-1"}, "HD-CODE"),
        ({"goods_name": ""}, "HD-MISSING"),
        ({"kind": "colour"}, "HD-CODE"),
    ],
)
def test_an_application_that_asks_for_nothing_that_can_be_ruled_is_told_why(rig, facts, code):
    status, answer = apply(rig, **facts)
    assert status == 422 and code in {each["code"] for each in answer["findings"]}, answer


def test_documents_that_are_referred_to_are_on_file_for_the_trader(rig):
    number = rig.give(b"photo of the goods")
    assert done(apply(rig, documents=[number]))["steps"][0]["documents"] == [number]
    for documents in (["000000000001"], [rig.give(b"of another", people.trader_code(2))]):
        status, answer = apply(rig, documents=documents)
        assert status == 422 and answer["findings"][0]["pointer"] == "/documents/0"


def test_only_the_trader_and_who_holds_its_mandate_apply(rig):
    stranger = people.trader_code(2)
    status, answer = apply(rig, sender=stranger)
    assert status == 422 and answer["findings"][0]["code"] == "HD-NO-MANDATE"
    number = done(apply(rig))["application_no"]
    assert step(rig, number, "supplement", stranger)[1]["findings"][0]["code"] == "HD-NOT-FOUND"
    assert step(rig, number, "complete", INSPECTOR)[1]["code"] == "POWER_MISSING"
    assert step(rig, number, "complete", CUSTOMS)[1]["code"] == "OFFICER_NEEDED"
    assert step(rig, "DXT-2026-9999", "complete")[1]["findings"][0]["code"] == "HD-NOT-FOUND"
    assert step(rig, number, "complete", trader=2)[1]["findings"][0]["code"] == "HD-NOT-FOUND"


def test_a_step_that_the_state_does_not_allow_is_refused(rig):
    number = done(apply(rig))["application_no"]
    for act, signer in (("approve", HEAD), ("supplement", MINE), ("request_review", MINE), ("flag_complex", HEAD)):
        assert step(rig, number, act, signer)[1]["code"] in ("STEP_NOT_NOW", "NOTHING_PROPOSED")
    refused = decided(rig, number, "refuse")
    assert refused["state"] == "refused" and refused["rulings"] == []
    assert step(rig, number, "complete")[1]["code"] == "STEP_NOT_NOW"


def test_the_same_message_gets_the_same_answer_and_makes_one_file(rig):
    body = {
        "message_id": rig.fresh_id(), "sender": MINE, "procedure": "RULING_APPLY", "trader_code": MINE, "kind": "code",
        "goods_name": "Hàng", "commodity_code": FREE,
    }  # fmt: skip
    waiting = rig.waiting("ruling_application", body, MINE)
    first, second = rig.batch([waiting, waiting], "conditions")
    assert first == second == rig.batch([waiting], "conditions")[0] and first[0] == 201
    other = rig.waiting("ruling_application", {**body, "goods_name": "Khác"}, MINE)
    assert rig.batch([other], "conditions")[0][1]["findings"][0]["code"] == "HD-ID-REUSED"


def test_a_review_keeps_or_replaces_and_a_replaced_ruling_says_by_which(rig):
    number, file = issued(rig)
    first = file["rulings"][0]["ruling_no"]
    asked = done(step(rig, first, "request_review", MINE, text="mã khác"))
    assert asked["state"] == "under_review" and asked["due_at"].startswith("2026-03-17T00:00")
    assert asked["rulings"][0]["status"] == "in_force", "it stands while it is reviewed"
    reviewed = decided(rig, number, "replace", commodity_code=OTHER)
    was, now = reviewed["rulings"]
    assert (was["status"], was["replaced_by"], now["status"]) == ("replaced", now["ruling_no"], "in_force")
    kept, _ = issued(rig)
    done(step(rig, kept, "request_review", MINE))
    assert decided(rig, kept, "keep")["state"] == "reviewed"
    assert step(rig, kept, "request_review", MINE)[1]["code"] == "STEP_NOT_NOW", "one review of a ruling"
    assert decided(rig, kept, "end_by_law")["rulings"][0]["status"] == "ended_by_law"
    cancelled, _ = issued(rig)
    assert decided(rig, cancelled, "cancel")["rulings"][0]["status"] == "cancelled"


def subscribe(rig, topic, *codes):
    """Let parties be told of a topic, on every server."""
    directory, servers = rig.lanes["general"].knowledge.directory, Servers(rig.config)
    for server in range(servers.count):
        with servers.connect("app", server) as connection, Transaction(connection, bulk=False) as transaction:
            for code in codes:
                journal.subscribe(transaction, directory.by_code[code].party_id, topic, "http://127.0.0.1:1/")


def owed(rig, topic, trader):
    """Return what is owed of a topic on the server of a trader: who is told, and the notice."""
    directory, servers = rig.lanes["general"].knowledge.directory, Servers(rig.config)
    with servers.connect("owner", servers.for_shard(shard_of(trader))) as owner:
        rows = owner.execute(
            "SELECT recipient_id, payload FROM outbox WHERE topic = %s ORDER BY created_at, outbox_id", (topic,)
        )
        return [(directory.by_id[row[0]].code, json.loads(row[1])) for row in rows.fetchall()]


def test_trader_and_brokers_with_a_mandate_are_told_of_a_decision_and_nobody_else(rig):
    number = next(each for each in range(7, 99) if people.broker_of(each))
    trader, broker = people.trader_code(number), people.broker_of(number)
    subscribe(rig, DECIDED, trader, broker, MINE)
    file = done(apply(rig, number, broker))
    done(step(rig, file["application_no"], "complete", trader=number))
    decided(rig, file["application_no"], "issue", trader=number, commodity_code=FREE)
    told = [each for each in owed(rig, DECIDED, trader) if each[1]["application_no"] == file["application_no"]]
    assert {code for code, _ in told} == {trader, broker}
    assert {each["act"] for each in told[0][1]["steps"]} == {"apply", "complete", "approve"}, "no proposal is told"


def test_whoever_wants_to_know_is_told_of_what_is_published_and_of_its_end_without_whose_it_is(rig):
    trader = people.trader_code(8)
    subscribe(rig, PUBLISHED, MINE)
    number, file = issued(rig, 8, goods_mark="MAU-TOLD")
    decided(rig, number, "end_by_law", trader=8)
    ruled = file["rulings"][0]["ruling_no"]
    told = [each for each in owed(rig, PUBLISHED, trader) if each[1]["ruling_no"] == ruled]
    assert [(code, each["status"]) for code, each in told] == [(MINE, "in_force"), (MINE, "ended_by_law")]
    assert told[0][1]["commodity_code"] == FREE
    assert not any(secret in json.dumps([each for _, each in told]) for secret in (trader, "MAU-TOLD", "lot"))
    lot = {"kind": "value", "value_method": "6", "lot": "MAWB-TOLD", "commodity_code": ""}
    of_value = issued(rig, 8, **lot)[1]["rulings"][0]["ruling_no"]
    assert of_value not in {each["ruling_no"] for _, each in owed(rig, PUBLISHED, trader)}, "a lot is nobody else's"


def test_a_ruling_lasts_three_years_at_most(rig):
    number = done(apply(rig))["application_no"]
    done(step(rig, number, "complete"))
    for until in ("2026-03-02", "2029-03-03"):
        status, answer = step(rig, number, "propose", outcome="issue", commodity_code=FREE, valid_until=until)
        assert status == 422 and answer["findings"][0]["code"] == "HD-PERIOD"
    ruled = decided(rig, number, "issue", commodity_code=FREE, valid_until="2027-01-01")["rulings"][0]
    assert ruled["valid_until"] == "2027-01-01"


def test_a_proposal_is_between_officers_until_it_is_decided(rig):
    number = done(apply(rig))["application_no"]
    done(step(rig, number, "complete"))
    told = done(step(rig, number, "propose", outcome="issue", commodity_code=FREE))
    assert [each["act"] for each in told["steps"]] == ["apply", "complete", "propose"]
    seen = done(step(rig, number, "return", HEAD, text="thiếu căn cứ"))
    assert seen["state"] == "analysis"
    assert step(rig, number, "approve", HEAD)[1]["code"] == "NOTHING_PROPOSED"


def test_an_officer_with_a_conflict_of_interest_keeps_away(rig):
    number = done(apply(rig, 6))["application_no"]
    with Servers(rig.config).connect("owner") as owner:
        organisation.record_conflict(
            owner, officer=CHECKER, party_code=people.trader_code(6), relation=Relation.FAMILY, recorded_by=CHECKER
        )
    assert step(rig, number, "complete", trader=6)[1]["code"] == "CONFLICT_OF_INTEREST"
    done(step(rig, number, "complete", HEAD, trader=6))
