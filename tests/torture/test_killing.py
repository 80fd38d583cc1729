"""Kill -9 of workers and of masters amid a load: what was acknowledged is there, once; what was not is there whole, once, or not at all."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.torture.harness import History, Lanes, check, load, load_amid, lodgements, payment, resolve, served

pytestmark = pytest.mark.torture


async def kill_a_worker(lanes: Lanes, lane: str) -> None:
    workers = lanes.workers(lane)
    if workers:
        lanes.kill(random.choice(workers))


async def kill_the_master(lanes: Lanes, lane: str) -> None:
    lanes.kill(lanes.processes[lane].pid)
    await lanes.ready(lane)


@pytest.mark.parametrize(
    ("kill", "pause_s", "strikes"), [(kill_a_worker, (0.6, 2.0), 8), (kill_the_master, (0.5, 1.5), 4)]
)
def test_lodgements_survive_the_death_of(
    kill: Any, pause_s: tuple[float, float], strikes: int, fresh_trial: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path) as lanes:

            async def strike() -> None:
                await kill(lanes, "general")

            messages = lodgements(lanes.config, "k", 2_000)
            struck = await load_amid(strike, pause_s, lanes, messages, history, strikes=strikes, per_second=160)
            assert struck >= strikes
            await resolve(lanes, history)
        assert set(history.count()) <= {0, 201, 503}, f"{history.count()}\n{lanes.log('general')}"
        check(fresh_trial.config, history)

    asyncio.run(scenario())


def test_payments_survive_the_death_of_their_lane(fresh_trial: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path, ("general", "conditions")) as lanes:
            await load(lanes, lodgements(lanes.config, "p", 1_000), history)
            payments = [payment(lanes.config, f"pay-{n}", history.answer(f"p-{n}"), n % 280 + 1) for n in range(1_000)]

            async def strike() -> None:
                await random.choice((kill_a_worker, kill_the_master))(lanes, "conditions")

            struck = await load_amid(strike, (0.5, 2.0), lanes, payments, history, strikes=4, per_second=120)
            assert struck >= 4
            await resolve(lanes, history)
        assert set(history.count()) <= {0, 200, 201, 503}, f"{history.count()}\n{lanes.log('conditions')}"
        check(fresh_trial.config, history)

    asyncio.run(scenario())
