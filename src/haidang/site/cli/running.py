"""`haidang serve` and `haidang worker`."""

from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_answer
from haidang.site.cli.output import Json, facts_table, terminal


def serve(
    trial: Annotated[
        bool,
        typer.Option(
            "--trial",
            help="Cơ sở dữ liệu mới là bản thử, giờ pháp lý bắt đầu 2026-03-02 08:00 · a new database is a trial whose legal time begins"
            " 2026-03-02 08:00 in Viet Nam and runs on",
        ),
    ] = False,
    json_: Json = False,
) -> None:
    """Chạy toàn bộ hệ thống cho đến Ctrl-C · run the whole installation until Ctrl-C."""
    from haidang.platform.config import load
    from haidang.site import serving

    config = load()
    with serving.running(config, trial=trial, tell=terminal.tell) as installation, suppress(serving.StopAsked):
        facts = {
            "home": str(config.home),
            "trial": installation.set_up.trial,
            "made_now": installation.set_up.made_now,
            "law_book_version": installation.set_up.law_book_version,
            "legal_now": installation.set_up.legal_now.isoformat(),
            **{lane: f"http://127.0.0.1:{config.port_of(lane)}/api/v1" for lane in serving.SERVED},
            "logs": str(config.home / "logs"),
        }

        def show(console: Console) -> None:
            console.print(facts_table(facts))
            console.print("Ctrl-C để dừng · to stop")

        terminal.result(facts, show)
        installation.watch()
    terminal.tell("Đã dừng · stopped")


def worker(
    once: Annotated[
        bool, typer.Option("--once", help="Làm hết việc đang chờ rồi dừng · stop when the queue is empty")
    ] = False,
    json_: Json = False,
) -> None:
    """Làm việc nền: việc định kỳ, báo cáo, xuất dữ liệu · work off background jobs."""
    import asyncio

    from haidang.platform.config import load
    from haidang.site.working import work

    config = load()
    servers_answer(config)
    terminal.tell("Đang làm việc, Ctrl-C để dừng · working, Ctrl-C to stop")
    asyncio.run(work(config, wait=not once))
    terminal.result({"stopped": True})
