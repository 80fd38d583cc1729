"""Lodging through the writer's own code on real PostgreSQL: what is stored, what is refused, what is answered again."""

import json
from datetime import timedelta

import psycopg
import pytest

from haidang.clearance.actions import registering
from haidang.declarations.tests import build
from haidang.parties import actions as parties
from haidang.parties.lookups import read_directory
from haidang.parties.terms import PartyStatus
from haidang.site.demo import people
from tests.passing.rig import FREE, Rig, declared, item

TRADER = people.trader_code(1)


def test_a_lodged_declaration_is_answered_with_number_taxes_channel_and_conditions(rig):
    status, answer = rig.lodge(declared())
    assert status == 201
    assert len(answer["declaration_no"]) == 12 and answer["declaration_no"].startswith("10")
    assert answer["declaration_no"].endswith("0")
    value = answer["customs_value_vnd_e4"]
    duty = (value * 600 + 5_000) // 10_000
    assert answer["taxes"]["import_duty_vnd"] == (duty + 5_000) // 10_000
    assert answer["payable_vnd"] == sum(answer["taxes"].values())
    assert {c["kind"] for c in answer["open_conditions"]} >= {"tax"}
    assert answer["rates_missing"] == []


def test_the_same_bytes_again_get_the_same_answer_and_store_nothing(rig):
    message = build.message(declared(), message_id="same-again", sender=TRADER)
    first = rig.batch([rig.waiting("lodgement", message, TRADER)])[0]
    again = rig.batch([rig.waiting("lodgement", message, TRADER)] * 3)
    assert again == [first] * 3


def test_two_equal_messages_in_one_batch_are_one_declaration(rig):
    message = build.message(declared(), message_id="twins", sender=TRADER)
    first, second = rig.batch([rig.waiting("lodgement", message, TRADER)] * 2)
    assert first[0] == 201 and first == second


def test_a_used_message_id_with_other_bytes_is_refused(rig):
    rig.lodge(declared(), message_id="used")
    status, answer = rig.lodge(declared(package_count=43), message_id="used")
    assert status == 422 and [f["code"] for f in answer["findings"]] == ["HD-ID-REUSED"]


def test_a_bad_declaration_does_not_sink_its_neighbours(rig):
    good = [build.message(declared(), message_id=rig.fresh_id(), sender=TRADER) for _ in range(2)]
    bad = build.message(declared(items=(item("99999999"),)), message_id=rig.fresh_id(), sender=TRADER)
    replies = rig.batch([rig.waiting("lodgement", raw, TRADER) for raw in (good[0], bad, good[1])])
    assert [status for status, _ in replies] == [201, 422, 201]
    assert replies[1][1]["findings"][0]["pointer"] == "/declaration/items/0/commodity_code"


def test_a_fault_of_ours_is_found_alone_and_the_others_are_stored(rig, monkeypatch):
    write = registering._write

    def broken(hands, transaction, context, accepted):
        if any(each.declared.package_count == 666 for each in accepted):
            raise RuntimeError("a fault on purpose")
        return write(hands, transaction, context, accepted)

    monkeypatch.setattr(registering, "_write", broken)
    counts = [1, 2, 666, 3, 4]
    raws = [build.message(declared(package_count=n), message_id=rig.fresh_id(), sender=TRADER) for n in counts]
    replies = rig.batch([rig.waiting("lodgement", raw, TRADER) for raw in raws])
    assert [status for status, _ in replies] == [201, 201, 500, 201, 201]
    numbers = [int(answer["declaration_no"][:11]) for status, answer in replies if status == 201]
    assert len(set(numbers)) == 4 and max(numbers) - min(numbers) == 3, "a number was skipped"


def test_numbers_follow_each_other_without_gap_over_a_restart_of_the_writer(rig):
    before = int(rig.lodge(declared(trader=9))[1]["declaration_no"][:11])
    for hands in rig.lanes["general"]._hands:
        hands.connection.close()
    after = int(rig.lodge(declared(trader=9))[1]["declaration_no"][:11])
    assert after == before + 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signature": None}, "E9990"),
        ({"signature": "xx..yy"}, "HD-SIG-MALFORMED"),
        ({"signer": people.trader_code(2)}, "HD-SIG-PARTY"),
    ],
)
def test_a_signature_that_proves_nothing_is_a_finding_and_stores_nothing(rig, changes, code):
    raw = build.message(declared(), message_id=rig.fresh_id(), sender=TRADER)
    status, answer = rig.batch([rig.waiting("lodgement", raw, TRADER, **changes)])[0]
    assert status == 422 and [f["code"] for f in answer["findings"]] == [code]


def test_a_signature_over_other_bytes_is_refused(rig):
    raw = build.message(declared(), message_id=rig.fresh_id(), sender=TRADER)
    other = rig.waiting("lodgement", raw.replace(b"42", b"43", 1), TRADER)
    status, answer = rig.batch([rig.waiting("lodgement", raw, TRADER, signature=other.signature)])[0]
    assert status == 422 and answer["findings"][0]["code"] == "HD-SIG-BAD"


def test_a_certificate_revoked_a_moment_ago_registers_nothing(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        with psycopg.connect(fresh_trial.dsn("owner"), autocommit=True) as owner:
            directory = read_directory(owner)
            party = directory.by_code[TRADER]
            (thumbprint,) = owner.execute(
                "SELECT thumbprint_sha256 FROM party_certificate WHERE party_id = %s", (party.party_id,)
            ).fetchone()
            parties.revoke_certificate(owner, thumbprint, directory.read_at)
        status, answer = rig.lodge(declared())
        assert status == 422 and "HD-SIG-REVOKED" in [f["code"] for f in answer["findings"]]
        assert rig.violations() == []
    finally:
        rig.close()


def test_a_broker_needs_the_mandate_of_the_trader(rig):
    broker = people.broker_code(1)
    its = next(n for n in range(1, 300) if people.broker_of(n) == broker)
    other = next(n for n in range(1, 300) if people.broker_of(n) != broker)
    for trader, wanted in ((its, 201), (other, 422)):
        raw = build.message(declared(trader=trader), message_id=rig.fresh_id(), sender=broker)
        status, answer = rig.batch([rig.waiting("lodgement", raw, broker)])[0]
        assert status == wanted, answer
    assert answer["findings"][0]["code"] == "HD-NO-MANDATE"


def test_the_sender_in_the_body_must_be_the_owner_of_the_token(rig):
    raw = build.message(declared(), message_id=rig.fresh_id(), sender=people.trader_code(2))
    status, answer = rig.batch([rig.waiting("lodgement", raw, TRADER)])[0]
    assert status == 422 and answer["findings"][0]["code"] == "HD-SENDER"


def test_a_suspended_trader_registers_nothing(rig):
    stopped = people.SUSPENDED
    raw = build.message(declared(trader=stopped), message_id=rig.fresh_id(), sender=people.trader_code(stopped))
    status, answer = rig.batch([rig.waiting("lodgement", raw, people.trader_code(stopped))])[0]
    assert status == 422 and "E8002" in [f["code"] for f in answer["findings"]]
    assert PartyStatus.SUSPENDED.value in json.dumps(answer)


def test_enforcement_stops_imports_but_not_exports_without_duty(rig):
    under = people.UNDER_ENFORCEMENT
    status, answer = rig.lodge(declared(trader=under))
    assert status == 422 and "E8003" in [f["code"] for f in answer["findings"]]
    relief = declared(trader=under, cargo_class_code="C")
    assert rig.lodge(relief)[0] == 201, "emergency relief is not stopped"


def test_debts_older_than_ninety_days_block_registration(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        first = rig.lodge(declared())[1]
        assert first["payable_vnd"] > 0
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            admin.execute("UPDATE obligation SET due_on = due_on - 90")
            assert rig.lodge(declared())[0] == 201, "ninety days exactly do not block"
            admin.execute("UPDATE obligation SET due_on = due_on - 1 WHERE due_on < '2026-01-01'")
        status, answer = rig.lodge(declared())
        assert status == 422 and answer["findings"][0]["code"] == "E8000"
        assert rig.lodge(declared(trader=2))[0] == 201, "other traders are not blocked"
        assert {row.invariant for row in rig.report().rows} == {"journal", "replay"}, "a changed due date is seen"
    finally:
        rig.close()


def test_a_line_without_a_rate_opens_a_condition_of_customs_and_is_never_zero(rig):
    status, answer = rig.lodge(
        declared(items=(item(), item("84713020", 2, unit_code="PCE", unit_price_unit_code="PCE")))
    )
    assert status == 201
    assert {"line_no": 2, "kind": "import_duty", "reason": "no_rate_on_file"} in answer["rates_missing"]
    rate = next(c for c in answer["open_conditions"] if c["kind"] == "rate")
    assert rate["owner"] == "customs" and "2: IMPORT_DUTY" in rate["detail"]
    assert not any(tax["kind"] == 1 for tax in answer["lines"][1]["taxes"]), "a silent zero"


def test_goods_that_are_not_here_yet_await_the_port(rig):
    arrival = build.declaration().arrival_on + timedelta(days=40)
    status, answer = rig.lodge(declared(arrival_on=arrival))
    assert status == 201
    assert next(c for c in answer["open_conditions"] if c["kind"] == "arrival")["owner"] == "port"


def test_everything_that_was_stored_verifies(rig):
    assert rig.lodge(declared(items=tuple(item(FREE, n) for n in range(1, 51))))[0] == 201
    assert rig.violations() == []


def test_an_idempotency_key_must_be_the_signed_message_id(rig):
    raw = build.message(declared(), message_id="key-of-mine", sender=TRADER)
    waiting = rig.waiting("lodgement", raw, TRADER)
    waiting.idempotency_key = "another"
    status, answer = rig.batch([waiting])[0]
    assert status == 422 and answer["findings"][0]["code"] == "HD-IDEMPOTENCY-KEY"
    waiting.idempotency_key = "key-of-mine"
    assert rig.batch([waiting])[0][0] == 201


def damaged(**changes):
    """Return a message with a name that is none, and the rest of its declaration changed."""
    body = json.loads(build.message(declared(items=(item("99999999"),)), message_id="damaged", sender=TRADER))
    body["declaration"] |= {"colour_of_the_box": "red"} | changes
    return body


def told(rig, body, **how):
    status, answer = rig.batch([rig.waiting("lodgement", body, TRADER, **how)])[0]
    assert status == 422
    return [(each["code"], each["pointer"]) for each in answer["findings"]]


def test_faults_of_form_and_of_content_come_in_one_answer_and_nothing_is_stored(rig):
    both = [
        ("HD-UNKNOWN-FIELD", "/declaration/colour_of_the_box"),
        ("E0115", "/declaration/items/0/commodity_code"),
    ]
    assert told(rig, damaged()) == both
    assert told(rig, damaged()) == both
    # The id is still free, so the mended message is registered.
    assert rig.lodge(declared(), message_id="damaged")[0] == 201


def test_values_and_taxes_are_told_beside_a_name_that_is_none(rig):
    body = damaged(invoice_currency_code="XAF")
    body["declaration"]["items"] = json.loads(build.message(declared()))["declaration"]["items"]
    assert "E0108" in {code for code, _ in told(rig, body)}


def test_who_did_not_sign_hears_of_the_form_and_the_signature_alone(rig):
    assert told(rig, damaged(), signature=None) == [
        ("E9990", ""),
        ("HD-UNKNOWN-FIELD", "/declaration/colour_of_the_box"),
    ]


def test_a_wrong_sender_is_told_beside_faults_of_form(rig):
    body = damaged() | {"sender": people.trader_code(2)}
    assert ("HD-SENDER", "/sender") in told(rig, body)


def test_a_draft_is_told_of_form_and_content_at_once(rig):
    body = {"procedure": "IDA", "declaration": damaged()["declaration"]}
    status, answer = rig.batch([rig.waiting("draft", body, TRADER, signature=None)])[0]
    assert status == 422
    assert {each["code"] for each in answer["findings"]} == {"HD-UNKNOWN-FIELD", "E0115"}
