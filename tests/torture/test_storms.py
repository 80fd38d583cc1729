"""The same messages again and again, over many connections and several processes: stored once, answered the same to the byte."""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.torture.harness import History, Message, check, load, lodgements, payment, result, served
from tests.torture.wire import Wire

pytestmark = pytest.mark.torture

MESSAGES, COPIES = 200, 20


def shuffled(messages: list[Any], copies: int) -> list[Any]:
    many = messages * copies
    random.shuffle(many)
    return many


def test_a_storm_of_copies_is_stored_once_and_answered_the_same(fresh_trial: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path) as lanes:
            storm = shuffled(lodgements(lanes.config, "s", MESSAGES), COPIES)
            await load(lanes, storm, history, connections=48)
            assert history.count() == {201: MESSAGES * COPIES}, lanes.log("general")
        assert len(check(fresh_trial.config, history)) == MESSAGES

    asyncio.run(scenario())


def test_copies_that_arrive_at_the_same_instant_meet_in_different_writers(fresh_trial: Any, tmp_path: Path) -> None:
    """One message at a time, on all connections at once: the writers look for it, do not find it, and write it together."""

    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path) as lanes:
            wires = [Wire(lanes.config.port_general) for _ in range(12)]

            async def send(wire: Wire, message: Message) -> None:
                history.record(message, await wire.ask("POST", message.path, message.headers, message.raw))

            for message in lodgements(lanes.config, "i", 400):
                await asyncio.gather(*(send(wire, message) for wire in wires))
            assert history.count() == {201: 400 * 12}, lanes.log("general")
            assert "another writer was faster" in lanes.log("general"), "the writers never met"
        check(fresh_trial.config, history)

    asyncio.run(scenario())


def test_payments_race_in_two_processes_and_each_declaration_is_paid_once(fresh_trial: Any, tmp_path: Path) -> None:
    """Two banks' notices for each declaration, each notice in many copies, on two gateways over one database."""

    async def scenario() -> None:
        history = History()
        second = tmp_path / "second"
        second.mkdir()
        async with (
            served(fresh_trial.environment, tmp_path, ("general", "conditions")) as one,
            served(fresh_trial.environment, second, ("conditions",)) as two,
        ):
            messages = lodgements(one.config, "d", MESSAGES)
            await load(one, messages, history)
            assert history.count() == {201: MESSAGES}
            lodged = [history.answer(message.message_id) for message in messages]
            notices = [
                payment(one.config, f"{bank}-{n}", each, n % 280 + 1, bank)
                for n, each in enumerate(lodged)
                for bank in ("NGANHANGM01", "NGANHANGM02")
            ]
            await asyncio.gather(*(load(lanes, shuffled(notices, 5), history, connections=16) for lanes in (one, two)))
            assert set(history.count()) == {200, 201, 202}, f"{history.count()}\n{one.log('conditions')}"
        answers = check(fresh_trial.config, history)
        paid = Counter(reply.status for message_id, reply in answers.items() if message_id.startswith("NGANHANG"))
        assert paid == {200: MESSAGES, 202: MESSAGES}

    asyncio.run(scenario())


def test_two_officers_decide_at_once_and_exactly_one_has_decided(fresh_trial: Any, tmp_path: Path) -> None:
    """The other is told that it was decided, when and by whom; two gateways over one database."""

    async def scenario() -> None:
        history = History()
        second = tmp_path / "second"
        second.mkdir()
        async with (
            served(fresh_trial.environment, tmp_path, ("general", "conditions")) as one,
            served(fresh_trial.environment, second, ("conditions",)) as two,
        ):
            messages = lodgements(one.config, "e", 700)
            await load(one, messages, history)
            wires = [Wire(lanes.config.port_conditions) for lanes in (one, two)]
            checked = 0
            for message in messages:
                lodged = history.answer(message.message_id)
                if "document_check" not in {condition["kind"] for condition in lodged["open_conditions"]}:
                    continue
                checked += 1
                both = [result(one.config, f"{side}-{message.message_id}", lodged, "document_check") for side in "ab"]
                replies = await asyncio.gather(
                    *(
                        wire.ask("POST", each.path, each.headers, each.raw)
                        for wire, each in zip(wires, both, strict=True)
                    )
                )
                assert sorted(reply.status for reply in replies) == [200, 409], replies
                for each, reply in zip(both, replies, strict=True):
                    if reply.status == 200:
                        history.record(each, reply)
                    else:
                        assert reply.json["code"] == "CONDITION_CLOSED_ALREADY" and "03CC" in reply.json["title"]
            assert checked >= 50
        check(fresh_trial.config, history)

    asyncio.run(scenario())
