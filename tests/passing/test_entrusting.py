"""Entrusted imports and exports: who entrusted one is a party of it, known to the directory, that reads it as long as it is named."""

import json

import psycopg
import pytest
from msgspec.structs import replace

from haidang.declarations import lookups as declarations
from haidang.declarations.tests import build
from haidang.organisation import actions as organisation
from haidang.organisation.terms import Relation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, Rig, declared
from tests.passing.test_closing import lodge_with
from tests.passing.test_revising import cleared

ENTRUSTING, OTHER = people.trader_code(11), people.trader_code(12)
STRANGER = "0100109106"
"""A tax code with the right digits that is nobody's here."""


def entrusted(code=ENTRUSTING, **changes):
    return declared(1, entrusting_party_code=code, entrusting_party_name="Công ty giao ủy thác", **changes)


@pytest.fixture
def lodged(rig):
    status, answer = rig.lodge(entrusted())
    assert status == 201, answer
    return answer["declaration_no"]


@pytest.fixture(scope="module")
def ask(rig):
    """Ask the gateway as a party, by the code that answers questions there."""

    def asked(path, code):
        reply = rig.ask(path, code)
        return reply.status, reply.body

    return asked


def test_who_entrusted_a_declaration_reads_it_and_everybody_else_sees_nothing(rig, ask, lodged):
    status, body = ask(f"/declarations/{lodged}", ENTRUSTING)
    assert status == 200
    view = json.loads(body)
    assert view["entrusting_party"] == {"code": ENTRUSTING, "name": "Công ty giao ủy thác"}
    assert view["trader_code"] == people.trader_code(1) and view["conditions"] and view["lines"]
    assert ask(f"/declarations/{lodged}", OTHER) == ask("/declarations/199999999990", OTHER)
    assert ask(f"/declarations/{lodged}", OTHER)[0] == 404
    listed = json.loads(ask("/declarations", ENTRUSTING)[1])["declarations"]
    assert lodged in {each["declaration_no"] for each in listed}
    assert lodged not in {each["declaration_no"] for each in json.loads(ask("/declarations", OTHER)[1])["declarations"]}
    assert rig.violations() == []


def test_who_entrusted_it_may_not_act_on_it(rig, lodged):
    mine = replace(entrusted(), trader_code=people.trader_code(1), notes="x")
    status, answer = rig.amend(lodged, mine, sender=ENTRUSTING)
    assert status == 422 and answer["findings"][0]["code"] == "HD-NOT-FOUND"


def test_what_is_served_is_served_on_the_trader_alone(rig, ask):
    number = lodge_with(rig, 2, entrusting_party_code=ENTRUSTING)["declaration_no"]
    assert rig.act(number, "ask_question", CHECKER, text="Gì?")[0] == 200
    before = ask(f"/declarations/{number}/served", ENTRUSTING)
    assert before[0] == 200 and "delivered_at" not in before[1].decode()
    assert ask(f"/declarations/{number}/served", ENTRUSTING) == before, (
        "reading it for the entrusting party delivers nothing"
    )
    ask(f"/declarations/{number}/served", people.trader_code(1))
    assert "delivered_at" in ask(f"/declarations/{number}/served", people.trader_code(1))[1].decode()
    assert rig.violations() == []


def test_an_entrusting_party_that_is_nobody_is_told_with_everything_else(rig, lodged):
    pointer = "/declaration/entrusting_party_code"
    for status, answer in (
        rig.lodge(entrusted(STRANGER)),
        rig.amend(lodged, entrusted(STRANGER, notes="x")),
        rig.revise("AMC", cleared(rig)["declaration_no"], entrusted(STRANGER, notes="x")),
    ):
        assert status == 422 and ("E8001", pointer) in {(f["code"], f["pointer"]) for f in answer["findings"]}


def test_an_amendment_that_names_another_shows_it_to_that_party_and_no_more_to_the_first(rig, ask, lodged):
    status, answer = rig.amend(lodged, entrusted(OTHER))
    assert status == 200, answer
    assert ask(f"/declarations/{lodged}", OTHER)[0] == 200
    assert ask(f"/declarations/{lodged}", ENTRUSTING)[0] == 404
    status, answer = rig.amend(answer["declaration_no"], declared(1))
    assert status == 200, answer
    assert ask(f"/declarations/{lodged}", OTHER)[0] == 404
    assert "entrusting_party" not in json.loads(ask(f"/declarations/{lodged}", people.trader_code(1))[1])
    assert rig.violations() == []


def test_an_amendment_after_clearance_may_name_one(rig, ask):
    number = cleared(rig)["declaration_no"]
    status, asked = rig.revise("AMC", number, entrusted())
    assert status == 200, asked
    assert ask(f"/declarations/{number}", ENTRUSTING)[0] == 404, "asked for is not decided"
    status, answer = rig.rule(number, "amendment", asked["register_no"], HEAD)
    assert status == 200, answer
    assert ask(f"/declarations/{number}", ENTRUSTING)[0] == 200
    assert rig.violations() == []


def test_an_interest_in_who_entrusted_it_keeps_an_officer_away_even_after_a_correction(rig):
    number = lodge_with(rig, 2, entrusting_party_code=ENTRUSTING)["declaration_no"]
    with Servers(rig.config).connect("owner") as owner:
        event = organisation.record_conflict(
            owner, officer=CHECKER, party_code=ENTRUSTING, relation=Relation.OWNERSHIP, recorded_by=CHECKER
        )
        status, answer = rig.act(number, "ask_question", CHECKER, text="Gì?")
        assert status == 409 and answer["code"] == "CONFLICT_OF_INTEREST"
        organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)
    assert rig.act(number, "ask_question", CHECKER, text="Gì?")[0] == 200
    assert rig.violations() == []


def test_the_role_of_the_pages_sees_rows_of_whom_it_acts_for_alone(rig, lodged):
    for server in range(Servers(rig.config).count):
        with Servers(rig.config).connect("app", server) as connection:
            assert connection.execute("SELECT count(*) FROM entrustment").fetchone() == (0,)
            connection.execute("BEGIN")
            connection.execute("SELECT set_config('haidang.trader_codes', %s, true)", (f"{{{ENTRUSTING}}}",))
            seen = connection.execute("SELECT DISTINCT entrusting_code FROM entrustment").fetchall()
            assert seen in ([], [(ENTRUSTING,)])
            for statement in ("UPDATE entrustment SET entrusting_name = ''", "DELETE FROM entrustment"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(statement)
            connection.execute("ROLLBACK")


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE entrustment SET entrusting_code = '{OTHER}'",
        "UPDATE entrustment SET entrusting_name = 'khác'",
        "UPDATE entrustment SET customs_office_code = '01NV'",
        "DELETE FROM entrustment",
    ],
)
def test_a_hand_in_who_entrusted_it_is_seen(fresh_trial, statement):
    rig = Rig(fresh_trial.config)
    try:
        lodged = rig.lodge(entrusted())[1]["declaration_no"]
        number = rig.amend(lodged, entrusted(OTHER))[1]["declaration_no"]
        assert rig.violations() == []
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            for no in (0, 1):
                assert admin.execute(f"{statement} WHERE amendment_no = {no}").rowcount == 1
        found = {row.invariant for row in rig.report().rows if row.subject == number}
        assert {"journal", "replay"} <= found
    finally:
        rig.close()


def test_a_draft_says_so_before_it_is_registered(rig):
    code = people.trader_code(1)
    for party, status in ((STRANGER, 422), (ENTRUSTING, 201)):
        raw = json.dumps({"procedure": "IDA", "declaration": build.wire(entrusted(party))}).encode()
        assert rig.batch([rig.waiting("draft", raw, code, signature=None)])[0][0] == status


def test_versions_name_each_their_own(rig, lodged):
    rig.amend(lodged, entrusted(OTHER))
    shard = rig.lanes["general"]._reader._shards.shard_of_number(int(lodged[:11]))
    with Servers(rig.config).connect("auditor", Servers(rig.config).for_shard(shard)) as connection:
        row = connection.execute(
            "SELECT shard_id, registered_month, declaration_id FROM declaration_no WHERE no11 = %s", (int(lodged[:11]),)
        ).fetchone()
        its = declarations.entrusting(connection, [row])[row[2]]
    assert [(each.amendment_no, each.code) for each in its] == [(0, ENTRUSTING), (1, OTHER)]
