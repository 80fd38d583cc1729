"""The worker: what is due every so often, and jobs of minutes. `python -m haidang.site.working`, or `haidang worker`.

Each job works on its own connection, as the role it needs; the queue's own tables are the owner's.
"""

import asyncio
import logging
import sys

from procrastinate import App

from haidang.declarations.actions import expire_drafts
from haidang.gateway.serving import die_with_parent, parent_of
from haidang.platform.config import Config, load
from haidang.platform.db import Servers, Transaction
from haidang.platform.jobs import make_app
from haidang.site.setting_up import make_partitions_ahead

_log = logging.getLogger("haidang.worker")


def close_expired_drafts(config: Config) -> int:
    """Close the drafts whose days have passed, on every server; return how many."""
    closed = 0
    for connection in Servers(config).connect_all("ingest"):
        with connection, Transaction(connection) as transaction:
            closed += expire_drafts(transaction)
    return closed


def register(app: App, config: Config) -> None:
    """Tell the queue which jobs there are and when they are due (its clock is the machine's; what they do asks legal time)."""

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="haidang.expire_drafts", queueing_lock="haidang.expire_drafts")
    def _expire_drafts(timestamp: int) -> int:
        return close_expired_drafts(config)

    @app.periodic(cron="17 * * * *")
    @app.task(name="haidang.make_partitions", queueing_lock="haidang.make_partitions")
    def _make_partitions(timestamp: int) -> int:
        return make_partitions_ahead(config)

    @app.periodic(cron="* * * * *")
    @app.task(name="haidang.answer_whatifs", queueing_lock="haidang.answer_whatifs", lock="haidang.answer_whatifs")
    def _answer_whatifs(timestamp: int) -> int:
        # What reads Parquet and multiplies columns is for whoever asks, not for every worker that never hears a question.
        from haidang.site.whatif_runs import answer_waiting

        return answer_waiting(config)


def worker_app(config: Config) -> App:
    """Return the queue's application with all jobs registered."""
    app = make_app(config)
    register(app, config)
    return app


async def work(config: Config, *, wait: bool = True) -> None:
    """Work until SIGTERM or SIGINT; without `wait`, until the queue is empty."""
    async with worker_app(config).open_async() as app:
        await app.run_worker_async(wait=wait, delete_jobs="successful", shutdown_graceful_timeout=20)


def main() -> None:
    """Work until stopped; the log goes to the standard error."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"
    )
    die_with_parent(started_by=parent_of(sys.argv[1:]))
    asyncio.run(work(load()))


if __name__ == "__main__":
    main()
