"""Processes that stand still and come back: drained by SIGTERM, stopped while another takes their place, kept waiting by slow senders."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.site.demo import people
from tests.torture.harness import (
    HEALTH,
    History,
    backends,
    check,
    load,
    load_amid,
    lodgements,
    owner_of,
    resolve,
    served,
)
from tests.torture.wire import Cut, Wire

pytestmark = pytest.mark.torture

STOPPED_S = 20.0


def test_a_lane_told_to_stop_finishes_what_it_has_taken(fresh_trial: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        history = History()
        ended: list[int | None] = []
        async with served(fresh_trial.environment, tmp_path) as lanes:

            async def renew() -> None:
                process = lanes.processes["general"]
                process.send_signal(signal.SIGTERM)
                while process.poll() is None:
                    await asyncio.sleep(0.02)
                ended.append(process.returncode)
                await lanes.ready("general")

            messages = lodgements(lanes.config, "r", 2_000)
            assert await load_amid(renew, (0.5, 2.0), lanes, messages, history, strikes=4, per_second=400) >= 4
            assert set(ended) == {0}
            assert "Killing" not in lanes.log("general")
            # A connection may end just as a request sets out on it; what a worker has read it answers.
            met = sum(times for cut, times in history.cuts.items() if "Connect call failed" not in cut)
            assert met <= len(ended), f"requests were taken and forgotten: {history.cuts}"
            await resolve(lanes, history)
        assert set(history.count()) <= {0, 201, 503}, f"{history.count()}\n{lanes.log('general')}"
        check(fresh_trial.config, history)

    asyncio.run(scenario())


@pytest.mark.parametrize("its_place_is_taken", [True, False])
def test_a_writer_that_stood_still_for_long_doubles_nothing(
    its_place_is_taken: bool, fresh_trial: Any, tmp_path: Path
) -> None:
    """The database ends the session of the one that stands still, another takes its place, then it goes on where it was."""

    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path) as lanes:
            messages = lodgements(lanes.config, "t", 2_000)
            running = asyncio.create_task(load(lanes, messages, history, per_second=100))
            await asyncio.sleep(2.0)
            stopped = lanes.workers("general")[0]
            os.kill(stopped, signal.SIGSTOP)
            try:
                await asyncio.sleep(2.0)
                if its_place_is_taken:
                    with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
                        for pid in backends(fresh_trial.config, "general"):
                            admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
                await asyncio.sleep(STOPPED_S - 2.0)
            finally:
                os.kill(stopped, signal.SIGCONT)
            await running
            assert stopped in lanes.workers("general"), "it must live on"
            await resolve(lanes, history)
        assert set(history.count()) <= {0, 201, 503}, f"{history.count()}\n{lanes.log('general')}"
        assert history.count()[201] > 1_000, "the other writer did not go on"
        check(fresh_trial.config, history)

    asyncio.run(scenario())


def test_senders_that_never_finish_are_sent_away_and_keep_nobody_out(fresh_trial: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path, HAIDANG_GENERAL_PROCESSES="1") as lanes:
            port = lanes.config.port_general
            token = owner_of(lanes.config.home, people.trader_code(1)).token
            begun = (
                f"POST /api/v1/declarations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
                "content-length: 900000\r\n\r\n"
            )

            async def drip(first: bytes) -> int:
                wire = Wire(port, patience_s=60.0)
                await wire.send(first)

                async def on() -> None:
                    with suppress(Cut):
                        while True:
                            await asyncio.sleep(1.0)
                            await wire.send(b"x")

                dripping = asyncio.create_task(on())
                try:
                    async with asyncio.timeout(50.0):
                        return (await wire.read()).status
                except Cut:
                    return 0
                finally:
                    dripping.cancel()
                    wire.close()

            slow = [asyncio.create_task(drip(begun.encode())) for _ in range(150)]
            slow += [asyncio.create_task(drip(b"POST /api/v1/declarations HTTP/1.1\r\nx: ")) for _ in range(150)]
            await load(lanes, lodgements(lanes.config, "w", 1_500), history, per_second=100)
            assert history.count() == {201: 1_500}, f"{history.count()} {history.cuts}"
            ends = [await each for each in slow]
            assert set(ends[:150]) == {408} and set(ends[150:]) <= {0, 408}
            assert (await Wire(port).ask("GET", HEALTH)).status == 200
        check(fresh_trial.config, history)

    asyncio.run(scenario())
