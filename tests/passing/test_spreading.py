"""Shards spread over two servers, odd and even: each declaration on its own, everybody's standing on the first, one list for the reader."""

import json
from collections import Counter

import psycopg
import pytest

from haidang.declarations.lookups import ShardFinder
from haidang.declarations.tests import build
from haidang.gateway.queries import PAGE
from haidang.kernel.ids import shard_of
from haidang.parties import actions as parties
from haidang.parties.lookups import read_directory
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import BANK, Rig, declared

pytestmark = pytest.mark.wide

TRADERS = range(1, 21)
EVEN = next(n for n in TRADERS if shard_of(people.trader_code(n)) % 2 == 0)
ODD = next(n for n in TRADERS if shard_of(people.trader_code(n)) % 2 == 1)


@pytest.fixture
def rig(two_trials):
    made = Rig(two_trials)
    yield made
    made.close()


def lodgement(rig, trader, sender="", message_id=""):
    code = sender or people.trader_code(trader)
    raw = build.message(declared(trader=trader), message_id=message_id or rig.fresh_id(), sender=code)
    return rig.waiting("lodgement", raw, code)


def rows(rig, server, statement):
    with Servers(rig.config).connect("auditor", server) as auditor:
        return auditor.execute(statement).fetchall()


def ask(rig, code, path, query=""):
    response = rig.ask(path.removeprefix("/api/v1"), code, query)
    return response.status, json.loads(response.body)


def test_twenty_traders_lodge_in_one_batch_and_each_declaration_is_on_the_server_of_its_shard(rig):
    replies = rig.batch([lodgement(rig, trader) for trader in TRADERS])
    assert {status for status, _ in replies} == {201}
    numbers = [int(answer["declaration_no"][:11]) for _, answer in replies]
    assert len(set(numbers)) == len(TRADERS)
    for server in (0, 1):
        here = {people.trader_code(n) for n in TRADERS if shard_of(people.trader_code(n)) % 2 == server}
        assert {code for (code,) in rows(rig, server, "SELECT trader_code FROM declaration")} == here
        assert {code for (code,) in rows(rig, server, "SELECT trader_code FROM inbox")} == here
    with Servers(rig.config).connect("auditor") as first:
        finder = ShardFinder(first)
        found = [finder.shard_of_number(number) for number in numbers]
    assert found == [shard_of(people.trader_code(n)) for n in TRADERS]
    assert rows(rig, 1, "SELECT count(*) FROM number_block") == [(0,)]
    assert rig.violations() == []


def test_payments_for_both_servers_in_one_batch_all_pay(rig):
    lodged = [rig.lodge(declared(trader=trader))[1] for trader in TRADERS]
    notices = [
        {
            "message_id": f"spread-{n}", "sender": BANK, "procedure": "PAYMENT", "declaration_no": each["declaration_no"],
            "amount_vnd": each["payable_vnd"], "reference": "GNT", "payer_code": people.trader_code(n),
        }
        for n, each in zip(TRADERS, lodged, strict=True)
    ]  # fmt: skip
    first = rig.batch([rig.waiting("payment", notice, BANK) for notice in notices], "conditions")
    assert Counter(status for status, _ in first) == {200: len(TRADERS)}
    assert rig.batch([rig.waiting("payment", notice, BANK) for notice in notices], "conditions") == first
    assert [answer["declaration_no"] for _, answer in first] == [each["declaration_no"] for each in lodged]
    assert rig.violations() == []


def test_one_message_id_of_one_sender_may_stand_for_two_traders_on_two_servers(rig):
    broker = people.broker_code(1)
    its = [n for n in range(1, 280) if people.broker_of(n) == broker]
    pair = [next(n for n in its if shard_of(people.trader_code(n)) % 2 == parity) for parity in (0, 1)]
    both = [lodgement(rig, trader, sender=broker, message_id="the-same") for trader in pair]
    replies = rig.batch(both)
    assert [status for status, _ in replies] == [201, 201]
    assert replies[0][1]["declaration_no"] != replies[1][1]["declaration_no"]
    assert rig.batch(both) == replies
    assert rig.violations() == []


@pytest.mark.parametrize("trader", [EVEN, ODD])
def test_a_draft_is_registered_on_its_own_server(rig, trader):
    code = people.trader_code(trader)
    raw = json.dumps({"procedure": "IDA", "declaration": build.wire(declared(trader=trader))}).encode()
    saved = rig.batch([rig.waiting("draft", raw, code, signature=None)])[0][1]
    body = {"message_id": rig.fresh_id(), "sender": code, "procedure": "IDC", "draft_no": saved["draft_no"]}
    status, answer = rig.batch([rig.waiting("registration", body, code)])[0]
    assert status == 201 and answer["declaration_no"] == saved["draft_no"]
    assert ask(rig, code, f"/api/v1/declarations/{saved['draft_no']}")[0] == 200
    assert rig.violations() == []


def test_what_customs_takes_from_a_party_counts_on_both_servers(rig):
    """Parties live on the first server; the batch of the second asks there."""
    for trader in (EVEN, ODD):
        assert rig.lodge(declared(trader=trader))[0] == 201
    with psycopg.connect(rig.config.dsn("owner"), autocommit=True) as owner:
        directory = read_directory(owner)
        for trader in (EVEN, ODD):
            party = directory.by_code[people.trader_code(trader)]
            (thumbprint,) = owner.execute(
                "SELECT thumbprint_sha256 FROM party_certificate WHERE party_id = %s", (party.party_id,)
            ).fetchone()
            parties.revoke_certificate(owner, thumbprint, directory.read_at)
    replies = rig.batch([lodgement(rig, trader) for trader in (EVEN, ODD)])
    assert [status for status, _ in replies] == [422, 422]
    assert {answer["findings"][0]["code"] for _, answer in replies} == {"HD-SIG-REVOKED"}


def test_a_list_over_two_servers_is_one_list_newest_first(rig):
    broker = people.broker_code(1)
    its = [n for n in range(1, 280) if people.broker_of(n) == broker]
    assert {shard_of(people.trader_code(n)) % 2 for n in its} == {0, 1}
    lodged = []
    for place in range(PAGE + 13):
        lodged.append(rig.lodge(declared(trader=its[place % len(its)]))[1]["declaration_no"])
    first = ask(rig, broker, "/api/v1/declarations")[1]
    second = ask(rig, broker, "/api/v1/declarations", f"cursor={first['next_cursor']}")[1]
    listed = [each["declaration_no"] for page in (first, second) for each in page["declarations"]]
    assert listed == lodged[::-1] and second["next_cursor"] is None


def test_the_same_number_is_seen_by_its_trader_by_customs_and_by_nobody_else(rig):
    for trader, other in ((EVEN, ODD), (ODD, EVEN)):
        path = f"/api/v1/declarations/{rig.lodge(declared(trader=trader))[1]['declaration_no']}"
        assert ask(rig, people.trader_code(trader), path)[0] == 200
        assert ask(rig, "03CC", path)[0] == 200
        assert ask(rig, people.trader_code(other), path)[0] == 404
