"""`haidang lawbook as-of`: what binds on a day, by the version in use, an earlier one, or the files of a folder."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Json, Refused, Wrong, facts_table, rows_table, terminal

DayArgument = Annotated[
    datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="Ngày Việt Nam · a Vietnamese day")
]
FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", exists=True, file_okay=False, help="Đọc từ thư mục này · from the files of this folder"),
]
VersionOption = Annotated[
    int, typer.Option("--version", min=0, help="Phiên bản đã nạp; 0: mới nhất · a loaded version; 0: the newest")
]

FORCES = {
    "in_force": "đang có hiệu lực · in force",
    "revived": "có hiệu lực trở lại · in force again",
    "suspended": "tạm ngưng · suspended",
    "ended": "hết hiệu lực · ended",
    "not_yet": "chưa có hiệu lực · not yet in force",
    "undated": "chưa rõ ngày · no day on file",
}
"""Where an instrument stands, as screens say it."""

_SHOWN = ("in_force", "revived", "suspended", "not_yet", "undated", "ended")


def as_of(
    day: DayArgument,
    version: VersionOption = 0,
    folder: FolderOption = None,
    code: Annotated[
        str, typer.Option("--code", metavar="CODE", help="Lịch sử tên của một mã · every name of one code")
    ] = "",
    json_: Json = False,
) -> None:
    """Pháp luật của một ngày: văn bản, tham số, tên đơn vị và mẫu biểu · the law of a day: instruments, figures, names of offices and forms."""
    from haidang.reference import rules

    book, read_from = book_of(version, folder)
    law = rules.law_of_day(book, day.date())
    facts: dict[str, Any] = {"on": day.date(), **read_from, **_facts_of(law)}
    if code:
        facts["history"] = [
            _code(value) | {"list": name} for name in rules.NAMED for value in rules.history_of(book.codes, name, code)
        ]
        if not facts["history"]:
            raise Refused(
                f"Không danh mục nào trong {', '.join(rules.NAMED)} có mã {code}: xem lawbook/codes\n"
                f"None of the lists {', '.join(rules.NAMED)} has a code {code}: see lawbook/codes"
            )
    terminal.result(facts, lambda console: _show(console, facts))


def book_of(version: int, folder: Path | None) -> tuple[Any, dict[str, Any]]:
    """Return a book of the law, and where it was read: a folder, a loaded version, or the newest one."""
    from haidang.platform.db import Servers
    from haidang.reference import lookups

    if folder is not None:
        return lookups.book_from_files(folder), {"folder": str(folder)}
    with servers_running() as config, Servers(config).connect("report") as connection:
        number = version or lookups.latest_version(connection)
        packed = lookups.packed_lists(connection, number)
        return lookups.read_book(connection, number, packed), {"book_version": number}


def _facts_of(law: Any) -> dict[str, Any]:
    import msgspec

    return {
        "instruments": [
            {"force": force.value, **msgspec.to_builtins(row)}
            for force, rows in law.instruments.items()
            for row in rows
        ],
        "parameters": [_parameter(row) for row in law.parameters],
        "names": {name: [_code(value) for value in values] for name, values in law.names.items()},
    }


def _parameter(row: Any) -> dict[str, Any]:
    return {
        "name": row.name, "value": row.value, "unit": row.unit, "from": day_or_none(row.valid_from), "until": row.valid_until,
        "instrument": row.citation.instrument, "article": row.citation.article, "verified": row.citation.verified, "note": row.note,
    }  # fmt: skip


def _code(value: Any) -> dict[str, Any]:
    return {
        "code": value.code, "name_vi": value.name_vi, "name_en": value.name_en, "from": day_or_none(value.valid_from),
        "until": value.valid_until, "source": value.source, "verified": value.verified, "sample": value.sample,
        "attributes": dict(value.attributes),
    }  # fmt: skip


def day_or_none(on: date) -> date | None:
    """Return a first day, None when it is not on file."""
    from haidang.reference.terms import BEGINNING

    return None if on == BEGINNING else on


def _show(console: Console, facts: dict[str, Any]) -> None:
    console.print(facts_table({name: facts[name] for name in ("on", "folder", "book_version") if name in facts}))
    if "history" in facts:
        _show_codes(console, facts["history"])
        return
    for force in _SHOWN:
        rows = [row for row in facts["instruments"] if row["force"] == force]
        if rows:
            console.print(f"\n{FORCES[force]}: {len(rows)}", style="bold")
            told = [(row["number"], row["title_vi"], _days(row), mark(row["verified"])) for row in rows]
            console.print(rows_table(("Văn bản · instrument", "Tên · title", "Hiệu lực · force", ""), told))
    columns = ("Tham số · parameter", "Giá trị · value", "Đơn vị · unit", "Căn cứ · law", "")
    figures = [
        (row["name"], row["value"], row["unit"], f"{row['instrument']} {row['article']}", mark(row["verified"]))
        for row in facts["parameters"]
    ]
    console.print()
    console.print(rows_table(columns, figures, (columns[1],)))
    for name, values in facts["names"].items():
        console.print(f"\n{name}: {len(values)}", style="bold")
        _show_codes(console, values)


def _show_codes(console: Console, values: Sequence[dict[str, Any]]) -> None:
    columns = ("Mã · code", "Tên · name", "Từ · from", "Đến trước · until", "Nguồn · source", "")
    rows = [
        (each["code"], each["name_vi"], each["from"], each["until"], each["source"], mark(each["verified"]))
        for each in values
    ]
    console.print(rows_table(columns, rows))


def _days(row: dict[str, Any]) -> str:
    force = f"{row['in_force_from'] or '?'} → {row['in_force_until'] or '…'}"
    if not row["suspended_from"]:
        return force
    return f"{force}; tạm ngưng · suspended {row['suspended_from']} → {row['suspended_until'] or '…'}"


def mark(verified: bool) -> str:
    """Return what screens say beside what was not seen in its text."""
    return "" if verified else "chưa kiểm chứng · unverified"


def own_folder() -> Path:
    """Return the folder of the law book of this installation."""
    from haidang.reference.lookups import lawbook_folder
    from haidang.reference.terms import UnreadableLawbook

    try:
        return lawbook_folder()
    except UnreadableLawbook as error:
        raise Wrong(str(error)) from None
