"""What officers decide about parcels is served on the operator: when it was sent, delivered and first opened can be proved and not altered."""

import json

import psycopg
import pytest

from haidang.parcels.actions import serving
from haidang.parties import lookups as parties
from haidang.platform.db import Servers, Transaction
from haidang.site.demo import people
from tests.passing.parcels import ParcelRig, in_green, parcels
from tests.passing.rig import CHECKER, CUSTOMS, HEAD
from tests.passing.test_office_reading import Asking

OPERATOR, STRANGER = people.trader_code(2), people.trader_code(3)


@pytest.fixture(scope="module")
def rig(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(cluster.spread(made))
    yield rig
    rig.finish()
    cluster.drop(made)


@pytest.fixture(scope="module")
def ask(rig):
    return Asking(rig)


def body(reply):
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def acted(rig):
    """Return the numbers of a list and of its parcel, which was held, released, and whose cancellation was proposed and refused."""
    answer = in_green(rig, parcels(1))
    list_no, number = answer["list_no"], answer["parcels"][0]["parcel_no"]
    assert rig.act_on(number, "hold", HEAD, "nghi hàng giả")[0] == 200
    assert rig.act_on(number, "release", HEAD, "hàng thật")[0] == 200
    assert rig.cancel_parcels(list_no, [number])[0] == 200
    assert rig.act_on(number, "propose_cancellation", CHECKER, "hàng đã đến kho")[0] == 200
    assert rig.act_on(number, "refuse_cancellation", HEAD, "hàng đã về")[0] == 200
    return list_no, number


def test_decisions_on_a_parcel_are_sent_delivered_by_the_list_and_opened_by_reading_them_once(rig, ask):
    list_no, number = acted(rig)
    looked = body(ask(f"/parcel-lists/{list_no}/served", CUSTOMS))["served"]
    assert not any("delivered_at" in each for each in looked), "customs looks on"
    served = body(ask(f"/parcel-lists/{list_no}/served", OPERATOR))["served"]
    assert [each["act"] for each in served] == [
        "PARCEL_ACT:refuse_cancellation", "PARCEL_CANCEL", "PARCEL_ACT:release", "PARCEL_ACT:hold", "MIC",
    ]  # fmt: skip
    place = f"/served/{served[0]['service_no']}"
    text = body(ask(place, OPERATOR))
    assert (text["declaration_no"], text["reasons"]) == (number, ["hàng đã về"])
    assert (
        text["name_vi"] == "Từ chối hủy lô hàng" and text["delivered_by"] == "list" and text["opened_by"] == "document"
    )
    assert [each["kind"] for each in text["closed_conditions"]] == ["cancellation"]
    again = body(ask(place, OPERATOR))
    assert again["opened_sha256"] == text["opened_sha256"]
    assert "nghi hàng giả" in body(ask(f"/served/{served[3]['service_no']}", OPERATOR))["reasons"]
    assert "hàng đã đến kho" not in json.dumps([served, text], ensure_ascii=False), "what was proposed stays inside"
    assert rig.violations() == []


def test_what_is_anothers_and_what_is_not_served_is_nothing(rig, ask):
    list_no, number = acted(rig)
    unknown = ask("/parcel-lists/699999999990/served", STRANGER)
    proposed = f"/served/{list_no[:11]}-5"
    for path in (f"/parcel-lists/{list_no}/served", f"/served/{list_no[:11]}-2", proposed):
        assert ask(path, STRANGER) == unknown and unknown.status == 404
    for path in (proposed, f"/served/{number[:11]}-2", f"/parcel-lists/{number}/served", f"/served/{list_no[:11]}-99"):
        assert ask(path, OPERATOR) == unknown
    with Servers(rig.config).connect("app") as connection:
        connection.execute("SELECT set_config('haidang.trader_codes', %s, false)", ("{" + OPERATOR + "}",))
        seen = {row[0] for row in connection.execute("SELECT act FROM journal_entry").fetchall()}
    assert "PARCEL_ACT:hold" in seen and "PARCEL_ACT:propose_cancellation" not in seen


def test_the_proof_prints_and_a_hand_in_it_is_seen(rig, ask):
    list_no, _ = acted(rig)
    knowledge = rig.lanes["general"].knowledge
    match = ask.routes.find("GET", f"/api/v1/served/{list_no[:11]}-2")
    printed = ask.queries.answer(match, knowledge.directory.by_code[OPERATOR], "", None, "application/pdf")
    assert printed.status == 200 and printed.body.startswith(b"%PDF")
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        for change, back in (
            ("- interval '1 day'", "+ interval '1 day'"),
            ("+ interval '1 day'", "- interval '1 day'"),
        ):
            which = "UPDATE service_event SET happened_at = happened_at {} WHERE event = 2"
            assert admin.execute(which.format(change)).rowcount
            assert "service" in {row.invariant for row in rig.report().rows}
            admin.execute(which.format(back))
    assert rig.violations() == []


def test_a_webhook_that_took_the_notice_was_reached(rig, ask):
    list_no, _ = acted(rig)
    with Servers(rig.config).connect("ingest") as connection:
        party_id = parties.read_directory(connection).by_code[OPERATOR].party_id
        payload = json.dumps({"service_no": f"{list_no[:11]}-2"}).encode()
        with Transaction(connection) as transaction:
            shard = connection.execute("SELECT shard_id FROM parcel_list WHERE list_no11 = %s", (int(list_no[:11]),))
            assert serving.taken_by_webhook(transaction, shard.fetchone()[0], payload, party_id)
            assert not serving.taken_by_webhook(transaction, 1, b'{"service_no": "10000000001-2"}', party_id)
    (hold,) = (
        each for each in body(ask(f"/parcel-lists/{list_no}/served", CUSTOMS))["served"] if each["act"] == "PARCEL_ACT:hold"
    )  # fmt: skip
    assert hold["delivered_by"] == "webhook" and "opened_at" not in hold
    assert rig.violations() == []
