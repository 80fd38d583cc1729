"""Proof of delivery: what is served on a declarant says when it was sent, delivered and first opened, and nobody can change that."""

import json

import psycopg
import pytest

from haidang.clearance.actions import telling
from haidang.gateway import relay
from haidang.gateway.tests.test_relay import Receiving, subscribe
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, Rig
from tests.passing.test_closing import lodge_with
from tests.passing.test_officers import ORDER

TRADER, STRANGER = people.trader_code(1), people.trader_code(2)


@pytest.fixture(scope="module")
def one(cluster):
    cluster.ensure_country()
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    yield rig, made
    assert rig.violations() == []
    rig.close()
    cluster.drop(made)


def ask(rig, code, path):
    response = rig.ask(path.removeprefix("/api/v1"), code)
    return response.status, json.loads(response.body)


def served(rig, number, code=TRADER):
    return ask(rig, code, f"/api/v1/declarations/{number}/served")[1]["served"]


def asked_about(rig):
    """Return the number of a declaration about which customs has a question."""
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.act(number, "ask_question", CHECKER, text="Hàng làm bằng gì?")[0] == 200
    return number


def test_a_question_is_sent_delivered_by_the_list_and_opened_by_reading_it_once(one):
    rig, _ = one
    number = asked_about(rig)
    question, registration = served(rig, number)
    assert (question["act"], question["delivered_by"], "opened_at" in question) == ("ask_question", "list", False)
    assert registration["act"] == "LODGE" and question["sent_at"] <= question["delivered_at"]
    _, text = ask(rig, TRADER, f"/api/v1/served/{question['service_no']}")
    assert text["questions"][0]["question"] == "Hàng làm bằng gì?"
    assert text["delivered_at"] == question["delivered_at"] <= text["opened_at"]
    assert ask(rig, TRADER, f"/api/v1/served/{question['service_no']}")[1] == text


def test_an_order_tells_where_and_what_but_never_why(one):
    rig, _ = one
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.act(number, "raise_channel", HEAD, text="cân lệch", channel="red", order=ORDER)[0] == 200
    _, text = ask(rig, TRADER, f"/api/v1/served/{served(rig, number)[0]['service_no']}")
    assert text["inspections"][0]["place_code"] == ORDER["place_code"]
    assert [each["kind"] for each in text["opened_conditions"]] == ["inspection"]
    assert "cân lệch" not in json.dumps(text, ensure_ascii=False)


def test_requests_for_release_and_the_decisions_on_them_are_served(one):
    rig, _ = one
    lodged = lodge_with(rig, 2)
    number = lodged["declaration_no"]
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    for decision in ("refuse_release", "release"):
        assert rig.act(number, "request_release", TRADER, text="chờ giá", release_code="B")[0] == 200
        assert rig.act(number, decision, HEAD, text="QĐ 1")[0] == 200
    told = served(rig, number)
    assert [each["act"] for each in told] == [
        "release",
        "request_release",
        "refuse_release",
        "request_release",
        "LODGE",
    ]
    _, text = ask(rig, TRADER, f"/api/v1/served/{told[0]['service_no']}")
    assert text["states"] == ["released"] and [c["kind"] for c in text["opened_conditions"]] == ["determination"]


def test_customs_sees_the_proof_and_opens_nothing(one):
    rig, _ = one
    number = asked_about(rig)
    seen = served(rig, number, CUSTOMS)[0]
    assert "delivered_at" not in seen
    status, text = ask(rig, CUSTOMS, f"/api/v1/served/{seen['service_no']}")
    assert status == 200 and "opened_at" not in text
    assert "opened_at" not in served(rig, number)[0]


@pytest.mark.parametrize("path", ["/api/v1/served/{}-2", "/api/v1/declarations/{}/served"])
def test_a_stranger_learns_nothing_and_leaves_no_trace(one, path):
    rig, _ = one
    number = asked_about(rig)
    unknown = ask(rig, STRANGER, path.format("19999999999"))
    assert ask(rig, STRANGER, path.format(number[:11])) == unknown
    assert unknown[0] == 404
    assert "delivered_at" not in served(rig, number, CUSTOMS)[0]


@pytest.mark.parametrize("name", ["1", "x-1", "10000000001-", "10000000001-0000099", "10000000001-99", "-1", "1-1-1"])
def test_what_names_nothing_is_not_found(one, name):
    assert ask(one[0], TRADER, f"/api/v1/served/{name}")[0] == 404


def test_an_answer_to_a_question_is_not_served_on_who_gave_it(one):
    rig, _ = one
    number = asked_about(rig)
    assert rig.act(number, "answer_question", TRADER, text="Nhựa", question_no=1)[0] == 200
    assert [each["act"] for each in served(rig, number)] == ["ask_question", "LODGE"]


@pytest.fixture
def receiver(tmp_path):
    made = Receiving(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def test_a_webhook_that_takes_the_notice_delivers_and_opens_nothing(one, receiver):
    rig, made = one
    party = rig.lanes["general"].knowledge.directory.by_code[TRADER]
    subscribe(made.config, party.party_id, f"{receiver.base}/status/204", telling.SERVED)
    number = asked_about(rig)
    assert relay.Relay(made.config).drain() == 1
    (request,) = receiver.received()
    told = json.loads(request["body"])["data"]
    assert (told["service_no"], told["act"]) == (f"{number[:11]}-2", "ask_question")
    assert "Hàng làm bằng gì?" not in request["body"]
    seen = served(rig, number, CUSTOMS)[0]
    assert seen["delivered_by"] == "webhook" and "opened_at" not in seen
    assert served(rig, number)[0] == seen


TAMPERING = {
    "when it was delivered": "UPDATE service_event SET happened_at = happened_at + interval '1 s' WHERE event = 1",
    "when it was opened": "UPDATE service_event SET happened_at = happened_at + interval '1 s' WHERE event = 2",
    "who opened it": "UPDATE service_event SET party_id = party_id + 1 WHERE event = 2",
    "how it came": "UPDATE service_event SET way = 'page' WHERE event = 1",
    "that it was delivered": "DELETE FROM service_event WHERE event = 1",
    "opened before it was sent": "UPDATE service_event SET happened_at = '2020-01-01' WHERE event = 2",
    "which act it was": "UPDATE service_event SET journal_seq = 9",
}


def test_a_hand_in_the_proof_is_seen(cluster):
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    numbers = {what: asked_about(rig) for what in TAMPERING}
    for number in numbers.values():
        ask(rig, TRADER, f"/api/v1/served/{number[:11]}-2")
    assert rig.violations() == []
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        ids = dict(admin.execute("SELECT no11, declaration_id FROM declaration_no").fetchall())
        for what, statement in TAMPERING.items():
            joined = "AND" if " WHERE " in statement else "WHERE"
            changed = admin.execute(f"{statement} {joined} declaration_id = %s", (ids[int(numbers[what][:11])],))
            assert changed.rowcount > 0, what
    seen = {row.subject for row in rig.report().rows if row.invariant == "service"}
    assert seen == set(numbers.values())
    rig.close()
    cluster.drop(made)


@pytest.mark.parametrize("role", ["ingest", "app"])
@pytest.mark.parametrize("statement", ["UPDATE service_event SET way = 'page'", "DELETE FROM service_event"])
def test_no_role_of_ours_may_change_or_delete_a_proof(one, role, statement):
    _, made = one
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(made.dsn(role), autocommit=True) as connection, refused:
        connection.execute(statement)


def test_the_role_of_the_pages_records_nothing_about_what_it_may_not_see(one):
    rig, made = one
    number = asked_about(rig)
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        key = admin.execute(
            "SELECT shard_id, registered_month, declaration_id FROM declaration_no WHERE no11 = %s", (int(number[:11]),)
        ).fetchone()
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(made.dsn("app"), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM journal_entry").fetchone() == (0,)
        with refused:
            connection.execute("INSERT INTO service_event VALUES (%s, %s, %s, 1, 1, 1, now(), 'list', sha256(''))", key)
