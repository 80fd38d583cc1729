"""Conflicts of interest: nobody acts on a file of a party in which they have an interest, from the instant at which customs came to know."""

import threading
import time

import pytest

from haidang.clearance.lookups import files
from haidang.declarations.tests import build
from haidang.organisation import actions as organisation
from haidang.organisation import lookups
from haidang.organisation.terms import ConflictRefused, Relation
from haidang.platform.db import Servers, Transaction, act_for_offices
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, FREE, HEAD, INSPECTOR, declared
from tests.passing.test_closing import lodge_with

MINE = people.trader_code(1)
HAND_OVER = "hand it over to another officer"
GOODS = {"line_no": 1, "commodity_code": FREE, "quantity": "10", "unit_code": "KGM"}


@pytest.fixture
def owner(rig):
    with Servers(rig.config).connect("owner") as connection:
        yield connection


def recorded(owner, officer=CHECKER, party=MINE, by="", **facts):
    return organisation.record_conflict(
        owner, officer=officer, party_code=party, relation=Relation.FAMILY, recorded_by=by or officer, **facts
    )


@pytest.fixture
def apart(owner):
    """Let the document officer keep away from the first trader for the length of a test."""
    event = recorded(owner)
    yield event
    organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)


def test_an_officer_with_a_conflict_decides_nothing_and_is_told_what_to_do(rig, owner, apart):
    lodged = lodge_with(rig, 2)
    number = lodged["declaration_no"]
    for status, answer in (
        rig.act(number, "document_check", CHECKER, outcome="passed"),
        rig.act(number, "ask_question", CHECKER, text="Gì?"),
        rig.result(number, "document_check"),
    ):
        assert status == 409 and answer["code"] == "CONFLICT_OF_INTEREST" and HAND_OVER in answer["title"]
    kept = [each for each in lookups.conflict_refusals(owner) if each[2] == number[:11]]
    assert [(each[0], each[1], each[3]) for each in kept] == [
        (apart.conflict_no, CHECKER, "document_check"),
        (apart.conflict_no, CHECKER, "ask_question"),
        (apart.conflict_no, CHECKER, "RESULT"),
    ]
    assert rig.act(number, "document_check", HEAD, outcome="passed")[0] == 200
    assert rig.violations() == []


def test_a_proposal_to_cancel_is_kept_from_them_too(rig, apart):
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.cancel(number)[0] == 200
    status, answer = rig.propose(number)
    assert status == 409 and answer["code"] == "CONFLICT_OF_INTEREST"


def test_a_list_of_exempt_goods_is_not_put_on_file_for_them(rig, owner):
    recorded(owner, HEAD, people.trader_code(7))
    status, answer = rig.goods_list([GOODS], trader=7)
    assert status == 409 and answer["code"] == "CONFLICT_OF_INTEREST"
    assert rig.goods_list([GOODS], trader=8)[0] == 201
    assert rig.violations() == []


def test_a_file_out_of_reach_still_looks_like_none(rig, owner):
    other = people.officer_code("01NV", "document_officer")
    recorded(owner, other)
    number = lodge_with(rig, 2)["declaration_no"]
    replies = [rig.act(each, "document_check", other, outcome="passed") for each in (number, "199999999990")]
    assert replies[0] == replies[1] and replies[0][1]["findings"][0]["code"] == "HD-NOT-FOUND"


def test_the_broker_that_declares_counts_as_much_as_the_trader(rig, owner):
    principal = people.BROKERED_EVERY
    broker = people.broker_of(principal)
    event = recorded(owner, party=broker)
    body = build.message(
        declared(trader=principal, customs_office_code=CUSTOMS), message_id=rig.fresh_id(), sender=broker
    )
    status, lodged = rig.batch([rig.waiting("lodgement", body, broker)])[0]
    assert status == 201, lodged
    status, answer = rig.act(lodged["declaration_no"], "ask_question", CHECKER, text="Gì?")
    assert status == 409 and answer["code"] == "CONFLICT_OF_INTEREST"
    organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)


def test_a_conflict_that_was_ended_or_has_not_begun_keeps_nobody_away(rig, owner):
    event = recorded(owner)
    organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.act(number, "document_check", CHECKER, outcome="passed")[0] == 200
    assert rig.violations() == []


@pytest.mark.parametrize(
    ("facts", "by"),
    [
        ({}, INSPECTOR),
        ({}, people.officer_code("01NV", "head_of_unit")),
        ({"party": "1234567890"}, ""),
        ({"party": "abc"}, ""),
        ({"officer": "03CC-77"}, ""),
        ({"officer": HEAD}, CHECKER),
    ],
)
def test_who_may_not_record_one_and_what_is_none_is_refused(owner, facts, by):
    before = lookups.conflict_head(owner)
    with pytest.raises(ConflictRefused):
        recorded(owner, **{"party": MINE, **facts}, by=by)
    assert lookups.conflict_head(owner) == before


def test_nobody_ends_their_own_and_none_is_recorded_twice(owner, apart):
    with pytest.raises(ConflictRefused):
        recorded(owner)
    for by in (CHECKER, INSPECTOR):
        with pytest.raises(ConflictRefused):
            organisation.end_conflict(owner, apart.conflict_no, recorded_by=by)


def test_the_head_of_the_unit_records_one_and_the_queue_leaves_the_file_out(rig, owner):
    number = lodge_with(rig, 2)["declaration_no"]
    event = recorded(owner, INSPECTOR, by=HEAD)
    shard, no11 = queue_place(rig, number)
    servers = Servers(rig.config)
    with (
        servers.connect("app", servers.for_shard(shard)) as connection,
        Transaction(connection, bulk=False) as transaction,
    ):
        act_for_offices(transaction, [CUSTOMS])
        everything = files.office_queue(transaction, [CUSTOMS], None, 1_000)
        its = lookups.read_powers(owner).conflicts[INSPECTOR][-1:]
        left = files.office_queue(transaction, [CUSTOMS], None, 1_000, its)
    assert no11 in {row["no11"] for row in everything}
    assert {row["trader_code"] for row in everything} - {row["trader_code"] for row in left} == {MINE}
    organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)


def queue_place(rig, number):
    shard = rig.lanes["general"]._reader._shards.shard_of_number(int(number[:11]))
    return shard, int(number[:11])


def test_a_conflict_that_is_being_recorded_is_waited_for(rig, owner):
    """The act asks while the entry is made: it is answered once that is committed, and finds it."""
    number = lodge_with(rig, 2)["declaration_no"]
    answered = []
    acting = threading.Thread(
        target=lambda: answered.append(rig.act(number, "document_check", CHECKER, outcome="passed"))
    )
    with owner.transaction():
        event = recorded(owner)
        acting.start()
        while not waiting_for_a_lock(rig):
            assert acting.is_alive(), answered
            time.sleep(0.01)
    acting.join(30)
    assert answered[0][0] == 409 and answered[0][1]["code"] == "CONFLICT_OF_INTEREST"
    organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)
    assert rig.violations() == []


def waiting_for_a_lock(rig):
    with Servers(rig.config).connect("owner") as connection:
        counted = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return connection.execute(counted).fetchone() != (0,)
