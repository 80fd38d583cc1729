"""PostgreSQL itself dies amid a load, all of it, as when the machine's memory ran out; and single connections are cut at any moment."""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.platform import server
from haidang.platform.config import Config, read
from haidang.site.demo.country import build_country
from haidang.site.setting_up import set_up
from tests.torture.harness import History, backends, check, load, load_amid, lodgements, payment, resolve, served

pytestmark = pytest.mark.torture


@pytest.fixture
def installation(public_folder: Callable[[str], Path]) -> Iterator[tuple[Config, server.EmbeddedServer]]:
    """A home with an embedded server of its own, set up as a trial with the demo country."""
    folder = public_folder("haidang-torture-")
    environment = {"HAIDANG_HOME": str(folder / "home")}
    if os.environ.get("HAIDANG_PG_BIN"):
        environment["HAIDANG_PG_BIN"] = os.environ["HAIDANG_PG_BIN"]
    config = read(environment)
    postgres = server.ensure_running(config)
    assert postgres is not None
    try:
        set_up(config, trial=True, may_migrate=True)
        with psycopg.connect(config.dsn("owner"), autocommit=True) as owner:
            build_country(owner, config.home)
        yield config, postgres
    finally:
        postgres.stop()
        from shutil import rmtree

        rmtree(config.data_dir.resolve(), ignore_errors=True)
        rmtree(folder, ignore_errors=True)


def kill_everything(postgres: server.EmbeddedServer) -> None:
    """SIGKILL the postmaster and every child of it; none can tell another."""
    living = postgres._living()
    assert living
    for pid in living:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_what_was_acknowledged_survives_the_death_of_the_database(installation: Any, tmp_path: Path) -> None:
    config, postgres = installation
    environment = {"HAIDANG_HOME": str(config.home)}

    async def scenario() -> None:
        history = History()
        async with served(environment, tmp_path, ("general", "conditions")) as lanes:
            first = lodgements(lanes.config, "b", 300)
            await load(lanes, first, history)
            due = [
                payment(lanes.config, f"bp-{n}", history.answer(message.message_id), n % 280 + 1)
                for n, message in enumerate(first)
            ]
            mixed = [*lodgements(lanes.config, "x", 1_700), *due]
            random.shuffle(mixed)

            async def strike() -> None:
                kill_everything(postgres)
                await asyncio.sleep(random.uniform(0.0, 0.5))
                await asyncio.to_thread(postgres.start)

            assert await load_amid(strike, (0.5, 2.0), lanes, mixed, history, strikes=4, per_second=130) >= 4
            assert history.count()[503] > 0, "nobody noticed"
            assert history.cuts == {}, "a lane must answer although the database is away"
            await resolve(lanes, history)
            assert lanes.restarts == 0, "a lane must outlive the database"
        assert set(history.count()) <= {200, 201, 503}, f"{history.count()}\n{lanes.log('general')}"
        check(config, history)

    asyncio.run(scenario())


def test_connections_cut_at_any_moment_around_a_commit_lose_and_double_nothing(
    fresh_trial: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        history = History()
        async with served(fresh_trial.environment, tmp_path, ("general", "conditions")) as lanes:
            first = lodgements(lanes.config, "c", 400)
            await load(lanes, first, history)
            due = [
                payment(lanes.config, f"cp-{n}", history.answer(message.message_id), n % 280 + 1)
                for n, message in enumerate(first)
            ]
            mixed = [*lodgements(lanes.config, "y", 2_000), *due]
            random.shuffle(mixed)
            with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:

                async def cut() -> None:
                    for pid in backends(fresh_trial.config):
                        admin.execute("SELECT pg_terminate_backend(%s)", (pid,))

                struck = await load_amid(cut, (0.03, 0.15), lanes, mixed, history, strikes=60, per_second=250)
            assert struck >= 60
            assert history.count()[503] > 0, "no cut met a batch"
            assert history.cuts == {} and lanes.restarts == 0
            await resolve(lanes, history)
        assert set(history.count()) <= {200, 201, 503}, f"{history.count()}\n{lanes.log('general')}"
        check(fresh_trial.config, history)

    asyncio.run(scenario())
