"""`haidang db`: make, migrate, copy, bring back and look at the databases of this installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.kernel.calendar import vn_text
from haidang.site.cli.output import Json, Refused, facts_table, terminal
from haidang.site.cli.words import moment

app = typer.Typer(no_args_is_help=True, help="Cơ sở dữ liệu · the databases")


@contextmanager
def servers_running(*, old: bool = False) -> Iterator[Any]:
    """Yield the installation's settings while its database servers run; an embedded one that was stopped before is stopped again.

    Raises:
        NothingSetUp: there is no database of ours; none is made.
        MigrationsWaiting: it is of an older version, and `old` does not allow that.
    """
    from haidang.platform.config import load
    from haidang.site import setting_up

    config = load()
    if config.is_embedded and not (config.data_dir / "PG_VERSION").exists():
        raise setting_up.NothingSetUp
    with any_servers_running(config):
        setting_up.refuse_unless_set_up(config, old=old)
        yield config


@contextmanager
def any_servers_running(config: Any = None) -> Iterator[Any]:
    """Yield the settings while the servers run, whatever is in them; an embedded server that does not exist is made."""
    from haidang.platform import server
    from haidang.platform.config import load

    config = config or load()
    with server.running(config):
        yield config


def servers_answer(config: Any) -> None:
    """Look whether the servers run and hold our databases; nothing is started.

    Raises:
        Refused: an embedded server is not running.
        NothingSetUp, MigrationsWaiting: see `servers_running`.
    """
    import psycopg

    from haidang.site import setting_up

    if config.is_embedded and not (config.data_dir / "PG_VERSION").exists():
        raise setting_up.NothingSetUp
    try:
        setting_up.refuse_unless_set_up(config)
    except psycopg.OperationalError as error:
        raise Refused(
            "Máy chủ cơ sở dữ liệu không trả lời: chạy haidang serve trước\n"
            f"The database server does not answer: run haidang serve first ({str(error).splitlines()[0]})"
        ) from None


@app.command("init")
def init(
    trial: Annotated[
        bool, typer.Option("--trial", help="Bản thử với giờ pháp lý riêng · a trial with a clock of its own")
    ] = False,
    json_: Json = False,
) -> None:
    """Tạo cơ sở dữ liệu mới và nạp sách luật · make a new database and load the law book."""
    from haidang.site import setting_up

    with any_servers_running() as config:
        made = setting_up.set_up(config, trial=trial, tell=terminal.tell)
        terminal.result(
            {
                "trial": made.trial, "made_now": made.made_now, "law_book_version": made.law_book_version,
                "legal_now": made.legal_now.isoformat(),
            }
        )  # fmt: skip


@app.command("migrate")
def migrate(json_: Json = False) -> None:
    """Đưa lược đồ lên phiên bản mới nhất · bring the schema to the newest version."""
    from haidang.site import setting_up

    with servers_running(old=True) as config:
        waiting = [setting_up.database_state(config, server) for server in range(config.server_count)]
        setting_up.set_up(config, may_migrate=True, tell=terminal.tell)
        terminal.result({"applied": sorted({name for state in waiting for name in state.missing})})


@app.command("backup")
def backup(
    folder: Annotated[Path, typer.Argument(help="Thư mục mới hoặc rỗng · a new or empty folder")], json_: Json = False
) -> None:
    """Sao lưu khi hệ thống đang chạy · copy every database while the system works."""
    from haidang.platform import backup as copies

    with servers_running(old=True) as config:
        manifest = copies.backup(config, folder, terminal.tell)
        terminal.result({"folder": str(folder), **_counted(manifest)})


@app.command("restore")
def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Bản sao lưu · the copy")],
    json_: Json = False,
) -> None:
    """Khôi phục vào cơ sở dữ liệu rỗng, đối chiếu từng bảng · fill empty databases from a copy and check every count."""
    from haidang.platform import backup as copies

    with any_servers_running() as config:
        manifest = copies.restore(config, folder, terminal.tell)
        terminal.result({"folder": str(folder), **_counted(manifest)})


@app.command("psql-url")
def psql_url(
    role: Annotated[str, typer.Option("--role", help="owner, ingest, app, report, auditor")] = "report",
    server: Annotated[int, typer.Option("--server", min=0, help="Máy chủ thứ mấy, từ 0 · which server, from 0")] = 0,
    json_: Json = False,
) -> None:
    """In chuỗi kết nối cho psql, có mật khẩu: đừng ghi vào nhật ký · a connection string with its password: keep it out of logs."""
    from haidang.platform.config import load

    dsn = load().dsn(role, server)
    terminal.result({"dsn": dsn}, lambda console: console.print(dsn, markup=False, soft_wrap=True))


@app.command("status")
def status(json_: Json = False) -> None:
    """Trạng thái từng cơ sở dữ liệu · where each database stands."""
    from haidang.platform.backup import row_counts
    from haidang.platform.db import Servers
    from haidang.site import setting_up

    with any_servers_running() as config:
        facts = []
        for server in range(config.server_count):
            state = setting_up.database_state(config, server)
            one: dict[str, Any] = {
                "server": server,
                "exists": state.exists,
                "trial": state.trial,
                "missing_migrations": state.missing,
            }
            if state.exists:
                with Servers(config).connect("admin", server) as connection:
                    counts = row_counts(connection)
                    one |= {
                        "version": connection.info.server_version // 10_000,
                        "legal_now": setting_up.legal_now(connection).isoformat(),
                        "tables": len(counts),
                        "rows": sum(counts.values()),
                        "declarations": sum(
                            count for name, count in counts.items() if name.startswith("public.declaration_2")
                        ),
                    }
            facts.append(one)
        terminal.result(facts, lambda console: _show_states(console, facts))


def _show_states(console: Console, facts: list[dict[str, Any]]) -> None:
    for each in facts:
        missing = ", ".join(each["missing_migrations"]) or "không · none"
        told = each | {"missing_migrations": missing}
        if "legal_now" in each:
            told |= {
                "version": f"PostgreSQL {each['version']}",
                "legal_now": moment(vn_text(datetime.fromisoformat(each["legal_now"]))),
            }
        console.print(facts_table(told))
        if each["missing_migrations"]:
            console.print("Chạy · run: haidang db migrate")
        elif not each["exists"]:
            console.print("Chạy · run: haidang db init")


def _counted(manifest: dict[str, Any]) -> dict[str, Any]:
    tables = [table for server in manifest["servers"] for table in server["tables"].values()]
    return {
        "servers": len(manifest["servers"]),
        "tables": len(tables),
        "rows": sum(tables),
        "files": len(manifest.get("files", ())),
    }
