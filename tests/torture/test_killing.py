"""Kill -9 of workers and of masters amid a load: what was acknowledged is there, once; what was not is there whole, once, or not at all."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.torture.harness import History, Lanes, check, load, lodgements, meanwhile, payment, resolve, served

pytestmark = pytest.mark.torture


def kill_a_worker(lanes: Lanes, lane: str) -> None:
    workers = lanes.workers(lane)
    if workers:
        lanes.kill(random.choice(workers))


def kill_the_master(lanes: Lanes, lane: str) -> None:
    lanes.kill(lanes.processes[lane].pid)


@pytest.mark.parametrize(("kill", "every_s"), [(kill_a_worker, (0.6, 1.4)), (kill_the_master, (1.5, 3.0))])
def test_lodgements_survive_the_death_of(
    kill: Any, every_s: tuple[float, float], fresh_trial: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path) as lanes:

            async def strike() -> None:
                kill(lanes, "general")

            async with meanwhile(strike, every_s) as strikes:
                await load(lanes, lodgements(lanes.config, "k", 2_000), history, per_second=160)
            assert len(strikes) >= 4
            assert history.count()[201] > 500, "the lane was hardly ever up"
            await resolve(lanes, history)
        assert set(history.count()) <= {0, 201, 503}, f"{history.count()}\n{lanes.log('general')}"
        check(fresh_trial.config, history)

    asyncio.run(scenario())


def test_payments_survive_the_death_of_their_lane(fresh_trial: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path, ("general", "conditions")) as lanes:
            await load(lanes, lodgements(lanes.config, "p", 1_000), history)
            payments = [
                payment(lanes.config, f"pay-{n}", history.outcomes[f"p-{n}"][0].json, n % 280 + 1) for n in range(1_000)
            ]

            async def strike() -> None:
                random.choice((kill_a_worker, kill_the_master))(lanes, "conditions")

            async with meanwhile(strike, (0.8, 2.0)) as strikes:
                await load(lanes, payments, history, per_second=120)
            assert len(strikes) >= 3
            await resolve(lanes, history)
        assert set(history.count()) <= {0, 200, 201, 503}, f"{history.count()}\n{lanes.log('conditions')}"
        check(fresh_trial.config, history)

    asyncio.run(scenario())
