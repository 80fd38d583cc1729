"""The worker does what is due."""

import asyncio

import pytest

from haidang.platform.db import Servers
from haidang.site.tests.conftest import Home
from haidang.site.working import work, worker_app


def save_draft(home: Home, no11: int, days: int) -> None:
    with Servers(home.config).connect("ingest") as connection:
        connection.execute(
            """
            INSERT INTO draft (shard_id, no11, trader_code, sender_id, raw, declared, figures, saved_at, expires_at)
            VALUES (1, %s, '9900010007', 1, '', '', '', legal_now(), legal_now() + make_interval(days => %s))
            """,
            [no11, days],
        )


def closed(home: Home) -> list[tuple[int, str]]:
    with Servers(home.config).connect("auditor") as connection:
        return connection.execute("SELECT no11, closed_by FROM draft ORDER BY no11").fetchall()


async def defer(home: Home, task: str) -> None:
    async with worker_app(home.config).open_async() as app:
        await app.configure_task(task).defer_async(timestamp=0)


def test_what_is_due_every_so_often_is_registered(home: Home) -> None:
    app = worker_app(home.config)
    due = {periodic.task.name for periodic in app.periodic_registry.periodic_tasks.values()}
    assert due == {"haidang.answer_whatifs", "haidang.expire_drafts", "haidang.make_partitions"}


def test_drafts_whose_days_have_passed_are_closed_by_the_worker(home: Home) -> None:
    save_draft(home, 10_000_000_001, -1)
    save_draft(home, 10_000_000_002, 7)
    asyncio.run(defer(home, "haidang.expire_drafts"))
    asyncio.run(work(home.config, wait=False))
    assert closed(home) == [(10_000_000_001, "expired"), (10_000_000_002, "")]


@pytest.mark.processes
def test_the_command_works_off_the_queue_and_ends(home: Home) -> None:
    asyncio.run(defer(home, "haidang.make_partitions"))
    ran = home.haidang("worker", "--once", "--json")
    assert (ran.status, ran.json) == (0, {"stopped": True})
    with Servers(home.config).connect("owner") as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'").fetchone() == (
            0,
        )
        assert connection.execute(
            "SELECT count(*) FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$'"
        ).fetchone() == (4,)
