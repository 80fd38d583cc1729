"""`haidang lawbook diff`: what changes between a folder and the version in use, between two versions, or between two days."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.law_reading import own_folder
from haidang.site.cli.output import Json, Wrong, facts_table, rows_table, terminal

GROUPS = {
    "instruments": "Văn bản · instruments",
    "parameters": "Tham số · parameters",
    "holidays": "Ngày nghỉ · holidays",
    "lists": "Danh mục · lists",
    "codes": "Mã · codes",
    "tariff_lines": "Dòng thuế · tariff lines",
    "tariff": "Biểu thuế · tariff",
}
TURNS = {"added": "thêm · added", "removed": "bỏ · removed", "changed": "đổi · changed"}
_MOST = 200
"""Rows of a group that a screen shows; JSON holds all."""


def diff(
    folder: Annotated[
        Path | None,
        typer.Argument(
            exists=True, file_okay=False, help="Thư mục so với phiên bản đang dùng · compared with the version in use"
        ),
    ] = None,
    versions: Annotated[
        tuple[int, int], typer.Option("--versions", help="Hai phiên bản đã nạp · two loaded versions")
    ] = (0, 0),
    days: Annotated[
        tuple[str, str],
        typer.Option("--days", help="Hai ngày của phiên bản đang dùng · two days of the version in use"),
    ] = ("", ""),
    on: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            help="Biểu thuế của ngày nào; mặc định hôm nay · the day whose tariff is compared",
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """So sánh sách luật: văn bản, tham số, mã, dòng thuế · what changes: instruments, figures, codes and tariff lines, grouped and counted."""
    from haidang.platform.db import Servers

    if bool(folder) + bool(any(versions)) + bool(any(days)) > 1:
        raise Wrong("Chỉ một trong: thư mục, --versions, --days · only one of: a folder, --versions, --days")
    with servers_running() as config, Servers(config).connect("owner") as connection:
        if any(days):
            facts = _of_days(connection, _day(days[0]), _day(days[1]))
        elif any(versions):
            facts = _of_versions(connection, versions, on.date() if on else _today(connection))
        else:
            facts = _of_folder(connection, folder or own_folder(), on.date() if on else _today(connection))
    terminal.result(facts, lambda console: show_changes(console, facts))


def _of_folder(connection: Any, folder: Path, on: date) -> dict[str, Any]:
    from haidang.reference import lookups, rules
    from haidang.tariff.lookups import tariff_from_files

    version = lookups.latest_version(connection)
    facts: dict[str, Any] = {"against_version": version, "folder": str(folder)}
    if lookups.digest_of(folder) == lookups.version_digest(connection, version).hex():
        return facts | {"counts": {}, "tariff_on": [on, on], "tariff_gaps": [], "changes": [], "problems": []}
    book = lookups.book_from_files(folder)
    found = rules.changes(lookups.read_book(connection, version), book)
    problems = [problem.told() for problem in lookups.problems_of(folder, book)]
    return (
        facts | told(found, tariff_of(connection, version, on), tariff_from_files(folder, on)) | {"problems": problems}
    )


def _of_versions(connection: Any, versions: tuple[int, int], on: date) -> dict[str, Any]:
    from haidang.reference import lookups, rules

    same = lookups.packed_lists(connection, *versions)
    old, new = (lookups.read_book(connection, version, same) for version in versions)
    tariffs = [tariff_of(connection, version, on) for version in versions]
    return {"versions": list(versions)} | told(rules.changes(old, new), *tariffs)


def _of_days(connection: Any, before: date, after: date) -> dict[str, Any]:
    from haidang.reference import lookups, rules

    version = lookups.latest_version(connection)
    book = lookups.read_book(connection, version, lookups.packed_lists(connection, version))
    found = rules.changes_of_days(book, before, after)
    tariffs = [tariff_of(connection, version, on) for on in (before, after)]
    return {"book_version": version, "days": [before, after]} | told(found, *tariffs)


def told(found: Sequence[Any], old: Any, new: Any) -> dict[str, Any]:
    """Return changes of a book with those between two tariffs: counts by group, each change, and codes that lost their rate."""
    from haidang.reference import rules
    from haidang.site.lawbook_comparing import gaps, tariff_changes

    every = (*found, *tariff_changes(old, new))
    return {
        "counts": rules.counted(every),
        "tariff_on": [old.on, new.on],
        "tariff_gaps": list(gaps(old, new)),
        "changes": [
            {
                "group": each.group.value,
                "key": each.key,
                "since": each.since,
                "turn": each.turn.value,
                "before": each.before,
                "after": each.after,
            }
            for each in every
        ],
    }


def tariff_of(connection: Any, version: int, on: date) -> Any:
    """Return the tariff of a day as a version of the book says it."""
    from haidang.reference import lookups
    from haidang.tariff.lookups import Shelf

    return Shelf().tariff(connection, version, on, lookups.read_codes(connection, version, on))


def show_changes(console: Console, facts: dict[str, Any]) -> None:
    """Write the changes by group: how many of each kind, then what was and what is."""
    console.print(
        facts_table(
            {
                name: value
                for name, value in facts.items()
                if name in ("against_version", "folder", "versions", "days", "book_version")
            }
        )
    )
    if not facts["changes"]:
        console.print("Không có thay đổi · nothing changes")
    for group, counts in facts["counts"].items():
        told_counts = ", ".join(f"{TURNS[turn]} {count}" for turn, count in counts.items() if count)
        console.print(f"\n{GROUPS[group]}: {told_counts}", style="bold")
        rows = [
            (each["key"], each["since"], each["before"], each["after"])
            for each in facts["changes"]
            if each["group"] == group
        ]
        columns = ("Mục · what", "Từ · from", "Trước · before", "Sau · after")
        console.print(rows_table(columns, rows[:_MOST]))
        if rows[_MOST:]:
            console.print(f"… {len(rows) - _MOST} dòng nữa: --json · more rows: --json")
    if facts["tariff_gaps"]:
        console.print(
            f"\nMất thuế suất ưu đãi · without an MFN rate now: {', '.join(facts['tariff_gaps'])}", style="red"
        )
    for problem in facts.get("problems", ()):
        console.print(problem, style="red", markup=False)


def _today(connection: Any) -> date:
    from haidang.kernel.calendar import vn_date
    from haidang.site.setting_up import legal_now

    return vn_date(legal_now(connection))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"--days {text}: cần ngày dạng 2027-03-01 · a day written like 2027-03-01 is needed") from None
