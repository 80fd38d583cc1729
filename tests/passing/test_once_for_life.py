"""An answer is for life: who sends the same bytes again gets it, whatever has become of the certificate or the mandate since. Nothing new is done."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from haidang.declarations.tests import build
from haidang.gateway.lane import Waiting
from haidang.parties import actions as parties
from haidang.parties.lookups import read_directory
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import BANK, CHECKER, CUSTOMS, PORT, Rig, declared

TRADER = people.trader_code(1)
SIGNERS = (TRADER, BANK, CUSTOMS, PORT)
ENDINGS = {
    "HD-SIG-REVOKED": "UPDATE party_certificate SET revoked_at = legal_now() WHERE party_id = ANY (%s)",
    "HD-SIG-EXPIRED": "UPDATE party_certificate SET not_after = legal_now() WHERE party_id = ANY (%s)",
    "HD-SIG-PARTY": "UPDATE party_certificate SET party_id = (SELECT party_id FROM party WHERE code = '9900020005') WHERE party_id = ANY (%s)",
}


@pytest.fixture
def rig(fresh_trial) -> Iterator[Rig]:
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def send(rig: Rig, lane: str, waiting: Waiting) -> tuple[int, dict[str, Any]]:
    return rig.batch([waiting], lane)[0]


def lodgement(rig: Rig, message_id: str, sender: str = TRADER, trader: int = 1, **changes: Any) -> Waiting:
    raw = build.message(declared(trader=trader, **changes), message_id=message_id, sender=sender)
    return rig.waiting("lodgement", raw, sender)


def everything(rig: Rig, of: str, amount: int, change: str = "") -> dict[str, tuple[str, Waiting]]:
    """Return a signed message of each kind under ids that begin with `of`, by kind, with its lane; a `change` makes other bytes."""
    numbers = rig.numbers  # type: ignore[attr-defined]
    bodies = {
        "registration": (TRADER, {"procedure": "IDC", "draft_no": numbers["draft"], "accept_repricing": bool(change)}),
        "payment": (BANK, {"procedure": "PAYMENT", "declaration_no": numbers["paid"], "amount_vnd": amount, "payer_code": TRADER}),
        "arrival": (PORT, {"procedure": "ARRIVAL", "declaration_no": numbers["arriving"], "warehouse_code": "03CCS03"}),
        "result": (CUSTOMS, {
            "procedure": "RESULT", "declaration_no": numbers["rate"], "condition": "rate", "outcome": "passed", "note": change}),
        "guarantee": (BANK, {
            "procedure": "GUARANTEE", "trader_code": TRADER, "year": 2026, "sign": "BL", "number": of, "amount_vnd": 1_000_000,
            "kind": "general", "valid_from": "2026-03-01", "valid_until": "2027-03-01"}),
    }  # fmt: skip
    made = {"lodgement": ("general", lodgement(rig, f"{of}-lodgement", package_count=43 if change else 42))}
    for kind, (sender, members) in bodies.items():
        body = {"message_id": f"{of}-{kind}", "sender": sender, "reference": "BK 1" + change, **members}
        if kind not in ("payment", "result"):
            del body["reference"]
        raw = json.dumps(body, ensure_ascii=False).encode() + b" " * len(change)
        lane = "general" if kind == "registration" else "conditions"
        made[kind] = (lane, rig.waiting(kind, raw, sender, signer=CHECKER if kind == "result" else ""))
    return made


@pytest.fixture
def answered(rig) -> dict[str, Any]:
    """Return the first answer to a message of each kind; the rig knows the numbers they are about."""
    body = {"procedure": "IDA", "declaration": build.wire(declared())}
    draft = rig.batch([rig.waiting("draft", body, TRADER, signature=None)])[0][1]
    paid = rig.lodge(declared())[1]
    later = build.declaration().arrival_on.replace(year=2027)
    arriving = rig.lodge(declared(arrival_on=later))[1]
    unrated = build.goods_item(
        1, commodity_code="84713020", tax_codes=("V10",), unit_code="PCE", unit_price_unit_code="PCE"
    )
    rate = rig.lodge(declared(items=(unrated,)))[1]
    rig.numbers = {
        "draft": draft["draft_no"], "paid": paid["declaration_no"], "arriving": arriving["declaration_no"],
        "rate": rate["declaration_no"], "amount": paid["payable_vnd"],
    }  # fmt: skip
    first = {
        kind: send(rig, lane, waiting)
        for kind, (lane, waiting) in everything(rig, "first", rig.numbers["amount"]).items()
    }
    assert {kind: status for kind, (status, _) in first.items()} == {
        "lodgement": 201, "registration": 201, "payment": 200, "arrival": 200, "result": 200, "guarantee": 201,
    }, first  # fmt: skip
    return first


def count(rig: Rig) -> list[tuple[int, ...]]:
    tables = ("declaration", "journal_entry", "inbox", "transfer", "balance", "suspense")
    with Servers(rig.config).connect("auditor") as auditor:
        return [auditor.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]  # type: ignore[arg-type, misc]


@pytest.mark.parametrize("fault", ENDINGS)
def test_the_same_bytes_get_their_answer_after_the_certificate_has_ended_and_nothing_new_is_done(rig, answered, fault):
    amount = rig.numbers["amount"]
    again = everything(rig, "first", amount)
    others = everything(rig, "first", amount, change="!")
    never = everything(rig, "never", amount)
    stored = count(rig)
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        ids = [read_directory(admin).by_code[code].party_id for code in SIGNERS]
        assert admin.execute(ENDINGS[fault], (ids,)).rowcount == len(SIGNERS) + len(
            people.SEATS
        )  # the office has keys of its officers too
    rig.learn()
    for _ in range(2):
        assert {kind: send(rig, *each) for kind, each in again.items()} == answered
    for messages, code in ((others, "HD-ID-REUSED"), (never, fault)):
        for kind, each in messages.items():
            status, answer = send(rig, *each)
            assert (kind, status, [f["code"] for f in answer["findings"]]) == (kind, 422, [code])
    assert count(rig) == stored


def test_in_one_batch_the_answered_the_changed_and_the_new_are_told_apart(rig, answered):
    messages = [
        lodgement(rig, "new"),
        lodgement(rig, "first-lodgement"),
        lodgement(rig, "first-lodgement", package_count=43),
    ]
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute(ENDINGS["HD-SIG-REVOKED"], ([read_directory(admin).by_code[TRADER].party_id],))
    rig.learn()
    replies = rig.batch([*messages, lodgement(rig, "of-another", people.trader_code(2), trader=2)])
    assert replies[1] == answered["lodgement"]
    assert [status for status, _ in replies] == [422, 201, 422, 201]
    assert [replies[n][1]["findings"][0]["code"] for n in (0, 2)] == ["HD-SIG-REVOKED", "HD-ID-REUSED"]


def test_a_signature_that_never_fitted_the_bytes_brings_no_answer_back(rig, answered):
    lane, again = everything(rig, "first", rig.numbers["amount"])["lodgement"]
    again.signature = lodgement(rig, "another").signature
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute(ENDINGS["HD-SIG-REVOKED"], ([read_directory(admin).by_code[TRADER].party_id],))
    rig.learn()
    status, answer = send(rig, lane, again)
    assert status == 422 and [f["code"] for f in answer["findings"]] == ["HD-SIG-REVOKED"]


def test_the_bytes_of_another_sender_bring_nobody_an_answer(rig, answered):
    """Same bytes, same id, but the token of somebody else: the sender named in the bytes is not he."""
    lane, again = everything(rig, "first", rig.numbers["amount"])["lodgement"]
    again.party = rig.lanes["general"].knowledge.directory.by_code[people.trader_code(2)]
    status, answer = send(rig, lane, again)
    assert status == 422 and answer["findings"][0]["code"] == "HD-SENDER"


def test_an_agent_gets_its_answer_after_its_mandate_has_ended(rig):
    broker = people.broker_code(1)
    trader = next(n for n in range(1, 300) if people.broker_of(n) == broker)
    first = send(rig, "general", lodgement(rig, "by-mandate", broker, trader))
    assert first[0] == 201
    with psycopg.connect(rig.config.dsn("owner"), autocommit=True) as owner:
        directory = read_directory(owner)
        agent = directory.by_code[broker].party_id
        mandates = owner.execute("SELECT mandate_id FROM mandate WHERE agent_id = %s", (agent,)).fetchall()
        assert all(parties.revoke_mandate(owner, mandate_id, directory.read_at) for (mandate_id,) in mandates)
    rig.learn()
    assert send(rig, "general", lodgement(rig, "by-mandate", broker, trader)) == first
    status, answer = send(rig, "general", lodgement(rig, "without", broker, trader))
    assert status == 422 and answer["findings"][0]["code"] == "HD-NO-MANDATE"
