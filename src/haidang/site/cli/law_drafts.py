"""`haidang lawbook draft`: a change of the law as a set of rows, drafted by one member of staff, approved and published by another."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.law_changes import show_changes
from haidang.site.cli.law_reading import own_folder
from haidang.site.cli.output import Exit, Json, Refused, Wrong, facts_table, rows_table, terminal
from haidang.site.cli.words import moment

app = typer.Typer(no_args_is_help=True, help="Dự thảo sách luật · drafts of the law book")

NumberArgument = Annotated[int, typer.Argument(metavar="DRAFT", min=1, help="Số dự thảo · number of the draft")]
TableArgument = Annotated[
    str,
    typer.Argument(
        metavar="TABLE", help="instruments, parameters, holidays, lists, tariff_lines, codes/<danh mục · list>"
    ),
]
AsOption = Annotated[
    str, typer.Option("--as", metavar="OFFICER", help="Mã công chức có thẩm quyền · code of an officer with the power")
]

STATES = {
    "open": "đang soạn · open",
    "submitted": "đã trình · submitted",
    "approved": "đã duyệt · approved",
    "published": "đã ban hành · published",
    "withdrawn": "đã rút · withdrawn",
}


@app.command("new")
def new(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="Vì sao, văn bản nào · why, which instrument")],
    officer: AsOption,
    json_: Json = False,
) -> None:
    """Lập dự thảo trên phiên bản mới nhất · make an empty draft on the newest version."""
    from haidang.reference import drafting

    if not title.strip():
        raise Wrong("TITLE: cần ghi lý do · say why")
    with _acting(officer) as (connection, editor):
        number = drafting.begin(connection, title.strip(), editor)
        terminal.result({"draft": number, "title": title.strip(), "author": officer})


@app.command("set")
def set_(
    draft: NumberArgument,
    table: TableArgument,
    cells: Annotated[
        list[str],
        typer.Argument(
            metavar="COLUMN=VALUE…", help="Ô của dòng, khóa trước; hoặc khóa khi --remove, --drop · cells, or the key"
        ),
    ],
    officer: AsOption,
    remove: Annotated[
        bool, typer.Option("--remove", help="Bỏ dòng khỏi sách luật · take the row out of the book")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Bỏ dòng khỏi dự thảo · take the row out of the draft")] = False,
    json_: Json = False,
) -> None:
    """Sửa, thêm hoặc bỏ một dòng; ô không ghi giữ như cũ · change, add or remove a row; cells not given stay."""
    from haidang.reference import drafting

    if remove and drop:
        raise Wrong("Chỉ một trong: --remove, --drop · only one of: --remove, --drop")
    with _acting(officer) as (connection, editor):
        if remove or drop:
            key = tuple(cells)
            if drop and not drafting.drop_row(connection, draft, table, key, editor):
                raise Refused(
                    f"Dự thảo {draft} không có dòng này: xem draft show {draft}\nDraft {draft} has no such row: see draft show {draft}"
                )
            if remove:
                drafting.remove_row(connection, draft, table, key, editor)
            terminal.result({"draft": draft, "table": table, "key": list(key), "cells": None})
            return
        row = drafting.set_row(connection, draft, table, dict(map(_cell, cells)), editor)
        terminal.result({"draft": draft, "table": table, "key": list(row.key), "cells": dict(row.cells or {})})


@app.command("list")
def list_(json_: Json = False) -> None:
    """Liệt kê dự thảo · list the drafts."""
    from haidang.reference import lookups

    with _reading() as connection:
        facts = [_facts(draft) for draft in lookups.drafts(connection)]
    columns = ("Số · no.", "Tên · title", "Trạng thái · state", "Người soạn · author", "Phiên bản · version")
    rows = [(each["draft"], each["title"], STATES[each["state"]], each["author"], each["version"]) for each in facts]
    terminal.result(facts, lambda console: console.print(rows_table(columns, rows)))


@app.command("show")
def show(draft: NumberArgument, json_: Json = False) -> None:
    """Dự thảo đổi gì so với phiên bản nó dựa trên, ai đã làm gì · what a draft changes, and who did what."""
    from haidang.reference import lookups, rules
    from haidang.tariff import drafting

    with _reading() as connection:
        found, _, events = lookups.draft(connection, draft)
        changes = drafting.changes(connection, draft)
    facts: dict[str, Any] = {
        **_facts(found),
        "counts": rules.counted(changes),
        "tariff_gaps": [],
        "changes": [
            {
                "group": each.group.value,
                "key": each.key,
                "since": each.since,
                "turn": each.turn.value,
                "before": each.before,
                "after": each.after,
            }
            for each in changes
        ],
        "events": [
            {
                "event": each.event,
                "officer": each.officer_code,
                "at": each.happened_at.isoformat(),
                "detail": each.detail,
            }
            for each in events
        ],
    }
    terminal.result(facts, lambda console: _show(console, facts))


@app.command("check")
def check(draft: NumberArgument, json_: Json = False) -> None:
    """Kiểm tra dự thảo theo từng quy tắc có tên · hold a draft against every named rule."""
    import msgspec

    from haidang.tariff import drafting

    with _reading() as connection:
        problems = drafting.problems(connection, draft)

    def told(console: Console) -> None:
        for problem in problems:
            console.print(problem.told(), style="red", markup=False)
        if not problems:
            console.print("Không có lỗi: có thể trình · nothing is wrong: it may be submitted")

    terminal.result({"draft": draft, "problems": [msgspec.to_builtins(problem) for problem in problems]}, told)
    if problems:
        raise typer.Exit(Exit.REFUSED)


@app.command("submit")
def submit(draft: NumberArgument, officer: AsOption, json_: Json = False) -> None:
    """Trình dự thảo: các dòng được niêm phong · lay a draft before a second person; its rows are sealed."""
    from haidang.tariff import drafting

    with _acting(officer) as (connection, editor):
        drafting.submit(connection, draft, editor)
        terminal.result({"draft": draft, "state": "submitted", "by": officer})


@app.command("approve")
def approve(draft: NumberArgument, officer: AsOption, json_: Json = False) -> None:
    """Duyệt dự thảo của người khác · approve a draft of another person."""
    from haidang.reference import drafting

    with _acting(officer) as (connection, editor):
        drafting.approve(connection, draft, editor)
        terminal.result({"draft": draft, "state": "approved", "by": officer})


@app.command("publish")
def publish(draft: NumberArgument, officer: AsOption, json_: Json = False) -> None:
    """Ban hành dự thảo đã duyệt thành phiên bản mới · make an approved draft the next version of the book."""
    from haidang.tariff import drafting

    with _acting(officer) as (connection, editor):
        version = drafting.publish(connection, draft, editor)
        terminal.result({"draft": draft, "state": "published", "version": version, "by": officer})


@app.command("withdraw")
def withdraw(
    draft: NumberArgument,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Lý do · why")],
    officer: AsOption,
    json_: Json = False,
) -> None:
    """Rút dự thảo chưa ban hành · end a draft that is not published."""
    from haidang.reference import drafting

    with _acting(officer) as (connection, editor):
        drafting.withdraw(connection, draft, reason, editor)
        terminal.result({"draft": draft, "state": "withdrawn", "by": officer})


@app.command("write")
def write(
    draft: NumberArgument,
    folder: Annotated[
        Path | None, typer.Argument(exists=True, file_okay=False, help="Thư mục sách luật · folder of the law book")
    ] = None,
    json_: Json = False,
) -> None:
    """Ghi dự thảo đã ban hành vào tệp, để tệp nói như cơ sở dữ liệu · write a published draft into the files, so that they say what the database says."""
    from haidang.reference import drafting

    with _reading() as connection:
        changed = drafting.write_to_files(connection, draft, folder or own_folder())
        terminal.result({"draft": draft, "files": [str(path) for path in changed]})


@contextmanager
def _acting(officer: str) -> Iterator[tuple[Any, Any]]:
    """Yield a connection and who acts, in one transaction: an officer who holds the power over the law at this legal instant."""
    from haidang.platform.db import Servers
    from haidang.site.lawbook_powers import editor

    with servers_running() as config, Servers(config).connect("owner") as connection, connection.transaction():
        yield connection, editor(connection, officer)


@contextmanager
def _reading() -> Iterator[Any]:
    from haidang.platform.db import Servers

    with servers_running() as config, Servers(config).connect("report") as connection:
        yield connection


def _cell(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Wrong(f"{text}: cần dạng cột=giá trị · COLUMN=VALUE is needed")
    return name, value


def _facts(draft: Any) -> dict[str, Any]:
    instants = ("made_at", "submitted_at", "approved_at", "published_at", "withdrawn_at")
    people = ("approved_by", "published_by", "withdrawn_by")
    return {
        "draft": draft.draft_id,
        "title": draft.title,
        "state": draft.state.value,
        "base_version": draft.base_version,
        "author": draft.author,
        "version": draft.version,
        **{name: getattr(draft, name) for name in people},
        **{name: at.isoformat() if (at := getattr(draft, name)) else None for name in instants},
    }


def _show(console: Console, facts: dict[str, Any]) -> None:
    names = ("draft", "title", "base_version", "author", "approved_by", "published_by", "withdrawn_by", "version")
    console.print(facts_table({"state": STATES[facts["state"]]} | {name: facts[name] for name in names if facts[name]}))
    show_changes(console, {name: facts[name] for name in ("counts", "changes", "tariff_gaps")})
    rows = [(moment(each["at"]), each["event"], each["officer"], each["detail"]) for each in facts["events"]]
    console.print()
    console.print(rows_table(("Lúc · at", "Việc · step", "Ai · who", ""), rows))
