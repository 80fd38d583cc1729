"""Who is told of a declaration: who lodged it and whose it is, each once and only when it has subscribed."""

import json

import pytest

from haidang.clearance.actions import telling
from haidang.declarations.tests import build
from haidang.journal import actions as journal
from haidang.platform.db import Servers, Transaction
from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, declared

PRINCIPAL = people.BROKERED_EVERY
TRADER, BROKER = people.trader_code(PRINCIPAL), people.broker_of(PRINCIPAL)
EVERYTHING = sorted({*telling.TOPICS, *telling.ACTS, *telling.AFTERWARDS})


@pytest.fixture(scope="module")
def wanting(rig):
    """Let trader and broker want to be told of everything."""
    for server in range(Servers(rig.config).count):
        with (
            Servers(rig.config).connect("app", server) as connection,
            Transaction(connection, bulk=False) as transaction,
        ):
            for code in (TRADER, BROKER):
                party = rig.lanes["general"].knowledge.directory.by_code[code]
                for topic in EVERYTHING:
                    journal.subscribe(transaction, party.party_id, topic, "https://a.example/", None)
    return rig


def lodge(rig, sender, number=PRINCIPAL, **changes):
    body = build.message(declared(number, **changes), message_id=rig.fresh_id(), sender=sender)
    status, answer = rig.batch([rig.waiting("lodgement", body, sender)])[0]
    assert status == 201, answer
    return answer


def until(rig, channel):
    return next(each for each in (lodge(rig, BROKER) for _ in range(400)) if each["channel"] == channel)


def told(rig, number):
    """Return (topic, code) of every notice that names a declaration."""
    by_id, found = rig.lanes["general"].knowledge.directory.by_id, []
    for server in range(Servers(rig.config).count):
        with Servers(rig.config).connect("auditor", server) as connection:
            for topic, recipient, payload in connection.execute("SELECT topic, recipient_id, payload FROM outbox"):
                body = json.loads(bytes(payload))
                named = body.get("declaration_no") or body.get("service_no", "")
                if str(named)[:11] == number[:11]:
                    found.append((topic, by_id[recipient].code))
    return sorted(found)


def both(*topics):
    return sorted((topic, code) for topic in topics for code in (TRADER, BROKER))


def test_trader_and_broker_are_told_of_what_the_broker_lodged(wanting):
    rig = wanting
    lodged = until(rig, 1)
    assert told(rig, lodged["declaration_no"]) == both(telling.REGISTERED)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
    assert told(rig, lodged["declaration_no"]) == both(telling.REGISTERED, telling.CLEARED)
    assert rig.violations() == []


def test_a_trader_that_lodges_itself_is_told_once_and_its_broker_nothing(wanting):
    lodged = lodge(wanting, TRADER)
    assert told(wanting, lodged["declaration_no"]) == [(telling.REGISTERED, TRADER)]


def test_both_are_told_what_officers_do_and_what_was_amended(wanting):
    rig = wanting
    number = until(rig, 2)["declaration_no"]
    assert rig.act(number, "ask_question", CHECKER, text="Gì?")[0] == 200
    served = told(rig, number).count((telling.SERVED, TRADER))
    assert served == told(rig, number).count((telling.SERVED, BROKER)) > 0
    assert rig.amend(number, declared(PRINCIPAL, notes="đã sửa"), sender=BROKER)[0] == 200
    assert {(telling.AMENDED, TRADER), (telling.AMENDED, BROKER)} <= set(told(rig, number))
    assert rig.act(number[:11], "document_check", HEAD, outcome="passed")[0] == 200
    assert rig.violations() == []


def test_the_trader_of_a_draft_that_its_broker_registers_is_told(wanting):
    rig = wanting
    raw = json.dumps({"procedure": "IDA", "declaration": build.wire(declared(PRINCIPAL))}).encode()
    saved = rig.batch([rig.waiting("draft", raw, BROKER, signature=None)])[0][1]
    body = {"message_id": rig.fresh_id(), "sender": BROKER, "procedure": "IDC", "draft_no": saved["draft_no"]}
    status, answer = rig.batch([rig.waiting("registration", body, BROKER)])[0]
    assert status == 201, answer
    assert told(rig, answer["declaration_no"]) == both(telling.REGISTERED)


def test_who_wants_nothing_is_told_nothing(wanting):
    lodged = lodge(wanting, people.trader_code(1), 1)
    assert told(wanting, lodged["declaration_no"]) == []
