"""The lane between the network and the pass: what it tells its callers when something breaks, and that telling again repairs it."""

import asyncio
from collections.abc import Iterator
from time import sleep

import psycopg
import pytest

from haidang.clearance.actions import registering
from haidang.declarations.tests import build
from haidang.gateway import lane as lanes
from haidang.gateway.lane import Lane
from haidang.kernel.ids import shard_of
from haidang.platform.db import Servers
from haidang.platform.pipelining import JoinedTransaction
from haidang.platform.writers import NoWriterPlace, Writer
from haidang.site.demo import people
from tests.passing.rig import Rig, declared

TRADER = people.trader_code(1)


@pytest.fixture
def rig(fresh_trial) -> Iterator[Rig]:
    made = Rig(fresh_trial.config)
    yield made
    made.close()


@pytest.fixture
def other(rig, monkeypatch) -> Iterator[Rig]:
    """A second process of the same lanes; what it cannot get within seconds is an error instead of a test that hangs."""
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=10s")
    made = Rig(rig.config)
    yield made
    made.close()


def lodgement(rig: Rig, message_id: str, trader: int = 1) -> lanes.Waiting:
    code = people.trader_code(trader)
    return rig.waiting("lodgement", build.message(declared(trader=trader), message_id=message_id, sender=code), code)


def stored(rig: Rig, message_id: str) -> int:
    servers = Servers(rig.config)
    found = 0
    for server in range(servers.count):
        with servers.connect("auditor", server) as auditor:
            found += auditor.execute("SELECT count(*) FROM message WHERE message_id = %s", (message_id,)).fetchone()[0]
    return found


def trader_on(shard_parity: int, first: int = 1) -> int:
    return next(n for n in range(first, 280) if shard_of(people.trader_code(n)) % 2 == shard_parity)


def fail_once(monkeypatch, place, name, fault):
    """Let a function do its work and then raise, the first time."""
    whole = getattr(place, name)
    calls = []

    def failing(*arguments, **named):
        whole(*arguments, **named)
        calls.append(arguments)
        if len(calls) == 1:
            raise fault

    monkeypatch.setattr(place, name, failing)


def test_a_second_process_opens_blocks_of_numbers_while_the_first_lives(rig, other):
    first = rig.lodge(declared(trader=1))[1]["declaration_no"]
    second = other.lodge(declared(trader=1))[1]["declaration_no"]
    assert first[:8] != second[:8], "two writers share a block"


def test_a_message_that_two_processes_take_at_once_is_registered_once(rig, other, monkeypatch):
    """The other registers it after this one has looked into the inbox and before it writes."""
    write = registering._write
    replies = []

    def slow(hands, transaction, context, accepted):
        if not replies:
            replies.append(None)
            replies[0] = other.batch([lodgement(other, "twice")])[0]
        return write(hands, transaction, context, accepted)

    monkeypatch.setattr(registering, "_write", slow)
    mine = rig.batch([lodgement(rig, "mine-before"), lodgement(rig, "twice"), lodgement(rig, "mine-after")])
    assert mine[1] == replies[0] and mine[1][0] == 201
    assert [status for status, _ in mine] == [201] * 3
    assert stored(rig, "twice") == 1
    assert rig.violations() == []


def test_two_payments_of_one_declaration_by_two_processes_pay_once(rig, other):
    lodged = rig.lodge(declared())[1]
    first = rig.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id="a")
    second = other.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id="b")
    assert [first[0], second[0]] == [200, 202]
    assert other.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id="a") == first


def test_a_block_that_a_failed_batch_opened_is_known_to_everybody_afterwards(rig, other, monkeypatch):
    fail_once(monkeypatch, registering.journal, "keep_answers", RuntimeError("a fault on purpose"))
    assert rig.batch([lodgement(rig, "fault")])[0][0] == 500
    status, lodged = rig.batch([lodgement(rig, "fault")])[0]
    assert status == 201
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 200, "nobody knows the block of this number"
    assert other.lodge(declared(trader=2))[1]["declaration_no"][:8] != lodged["declaration_no"][:8]


@pytest.mark.parametrize("committed", [True, False])
def test_a_connection_cut_around_the_commit_leaves_an_unknown_outcome_that_asking_again_resolves(
    rig, monkeypatch, committed
):
    leave = JoinedTransaction.__exit__

    def cut(self, kind, *rest):
        if committed:
            leave(self, kind, *rest)
        self.connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(JoinedTransaction, "__exit__", cut)
        status, _ = rig.batch([lodgement(rig, "cut")])[0]
    assert status == 503
    assert stored(rig, "cut") == int(committed)
    status, answer = rig.batch([lodgement(rig, "cut")])[0]
    assert status == 201 and stored(rig, "cut") == 1
    assert rig.lodge(declared())[1]["declaration_no"] != answer["declaration_no"]
    assert rig.violations() == []


def test_a_writer_whose_place_was_taken_writes_nothing_and_takes_another_place(rig):
    assert rig.lodge(declared())[0] == 201
    writer = rig.lanes["general"]._hands[0].writer
    with psycopg.connect(rig.config.dsn("owner"), autocommit=True) as owner:
        owner.execute("UPDATE writer SET epoch = epoch + 1 WHERE writer_id = %s", (writer.writer_id,))
    assert rig.batch([lodgement(rig, "fenced")])[0][0] == 503
    assert stored(rig, "fenced") == 0
    assert rig.batch([lodgement(rig, "fenced")])[0][0] == 201
    assert rig.violations() == []


@pytest.mark.processes
def test_a_writer_that_stands_still_in_a_transaction_loses_it_and_says_that_it_does_not_know(rig, other, monkeypatch):
    """It stands between the rows it has written and those of the inbox; meanwhile another takes the message."""
    keep = registering.journal.keep_answers
    replies = []

    def asleep(*arguments):
        if not replies:
            replies.append(None)
            sleep(0.7)
            replies[0] = other.batch([lodgement(other, "slept")])[0]
        return keep(*arguments)

    assert rig.lodge(declared())[0] == 201
    rig.lanes["general"]._hands[0].connection.execute("SET idle_in_transaction_session_timeout = '200ms'")
    monkeypatch.setattr(registering.journal, "keep_answers", asleep)
    assert rig.batch([lodgement(rig, "slept")])[0][0] == 503
    assert rig.batch([lodgement(rig, "slept")])[0] == replies[0]
    assert replies[0][0] == 201 and stored(rig, "slept") == 1
    assert rig.violations() == []


def test_every_writer_has_a_bound_on_standing_still(rig):
    assert rig.lodge(declared())[0] == 201
    (bound,) = rig.lanes["general"]._hands[0].connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
    assert bound == "10s"


def test_the_instants_of_a_writer_never_go_back_even_when_the_clock_does(rig):
    first = rig.lodge(declared())[1]["registered_at"]
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute("UPDATE installation SET clock_offset = clock_offset - interval '1 hour'")
    assert rig.lodge(declared())[1]["registered_at"] == first
    for connection in rig.lanes["general"]._connections:
        connection.close()
    assert rig.lodge(declared())[1]["registered_at"] == first, "a new holder of the place goes back in time"


def test_when_every_place_is_taken_callers_are_told_to_come_back(rig, monkeypatch):
    def taken(*_):
        raise NoWriterPlace("every writer place of lane general is taken")

    assert rig.lodge(declared())[0] == 201
    for connection in rig.lanes["general"]._connections:
        connection.close()
    with monkeypatch.context() as patch:
        patch.setattr(lanes, "Writer", taken)
        assert rig.batch([lodgement(rig, "full")])[0][0] == 503
    assert rig.batch([lodgement(rig, "full")])[0][0] == 201


def test_the_places_of_a_lane_can_run_out(rig):
    with Servers(rig.config).connect("ingest") as one, Servers(rig.config).connect("ingest") as two:
        held = Writer(one, "gates", range(1))
        with pytest.raises(NoWriterPlace):
            Writer(two, "gates", range(1))
        assert held.epoch == 1


def test_one_server_that_is_away_does_not_stop_the_other(two_trials, monkeypatch):
    rig = Rig(two_trials)
    try:
        even, odd = trader_on(0), trader_on(1)
        assert [status for status, _ in rig.batch([lodgement(rig, "e0", even), lodgement(rig, "o0", odd)])] == [
            201,
            201,
        ]
        rig.lanes["general"]._hands[1].connection.close()
        connect = Servers.connect_all

        def only_first(self, role):
            raise psycopg.OperationalError("the second server is away")

        with monkeypatch.context() as patch:
            patch.setattr(Servers, "connect_all", only_first)
            assert {status for status, _ in rig.batch([lodgement(rig, "e1", even), lodgement(rig, "o1", odd)])} == {503}
        assert connect is Servers.connect_all
        assert {status for status, _ in rig.batch([lodgement(rig, "e1", even), lodgement(rig, "o1", odd)])} == {201}
        assert rig.violations() == []
    finally:
        rig.close()


def test_replies_come_in_the_order_of_the_messages_whatever_their_kind(rig):
    lodged = rig.lodge(declared())[1]
    bad = rig.waiting("lodgement", b"{", TRADER)
    draft = {"procedure": "IDA", "declaration": build.wire(declared(trader=2))}
    mixed = [
        lodgement(rig, "m1"),
        bad,
        rig.waiting("draft", draft, people.trader_code(2), signature=None),
        lodgement(rig, "m2", trader=2),
        rig.waiting("payment", {"message_id": "m3"}, TRADER),
    ]
    replies = rig.batch(mixed)
    assert [status for status, _ in replies] == [201, 400, 201, 201, 422]
    assert "draft_no" in replies[2][1] and "channel" in replies[3][1]
    assert lodged["declaration_no"] not in {replies[0][1]["declaration_no"], replies[3][1]["declaration_no"]}


def test_no_statement_of_a_batch_is_planned_anew(rig):
    for _ in range(7):
        _, answer = rig.lodge(declared())
        assert rig.pay(answer["declaration_no"], answer["payable_vnd"])[0] == 200
    for lane in ("general", "conditions"):
        rows = (
            rig.lanes[lane]
            ._hands[0]
            .connection.execute(
                "SELECT statement, custom_plans FROM pg_prepared_statements WHERE custom_plans > 0 OR generic_plans > 5"
            )
            .fetchall()
        )
        assert len(rows) > 5, "each was asked often enough to be prepared"
        assert [statement for statement, custom_plans in rows if custom_plans] == []


@pytest.mark.processes
def test_beyond_what_may_wait_callers_are_told_to_come_back_and_later_ones_are_taken_again(rig, monkeypatch):
    async def scenario() -> None:
        monkeypatch.setattr(lanes, "QUEUE", 3)
        lane = Lane(Servers(rig.config), "general")
        waiting = [lodgement(rig, f"q{n}") for n in range(5)]
        lane._loop = asyncio.get_running_loop()  # not started yet: nothing is taken from the queue
        futures = [lane.submit(each.kind, each.raw, each.party, each.signature) for each in waiting]
        assert [future.result()[0] for future in futures if future.done()] == [503, 503]
        lane.start(asyncio.get_running_loop())
        try:
            assert [(await future)[0] for future in futures] == [201, 201, 201, 503, 503]
            late = lane.submit(waiting[4].kind, waiting[4].raw, waiting[4].party, waiting[4].signature)
            assert (await late)[0] == 201
        finally:
            await asyncio.to_thread(lane.stop)

    asyncio.run(scenario())


@pytest.mark.processes
def test_a_lane_that_stops_answers_what_it_has_taken_and_takes_nothing_more(rig):
    async def scenario() -> None:
        lane = Lane(Servers(rig.config), "general")
        lane.start(asyncio.get_running_loop())
        waiting = [lodgement(rig, f"s{n}", n % 9 + 1) for n in range(300)]
        futures = [lane.submit(each.kind, each.raw, each.party, each.signature) for each in waiting]
        await asyncio.to_thread(lane.stop)
        assert {(await future)[0] for future in futures} == {201}
        late = lane.submit(waiting[0].kind, waiting[0].raw, waiting[0].party, waiting[0].signature)
        assert (await late)[0] == 503

    asyncio.run(scenario())
    assert rig.violations() == []
