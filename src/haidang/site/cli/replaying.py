"""`haidang replay`: registered declarations run again from the bytes received, with the book of their instant."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Exit, Json, Wrong, facts_table, terminal

if TYPE_CHECKING:
    from haidang.site.replaying import Chosen

_NUMBER = re.compile("[0-9]{11,12}", re.ASCII)


def replay(
    numbers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NO…", help="Số tờ khai, danh sách hoặc kiện · numbers; without any, all or --from --to"
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Đăng ký từ ngày · registered from this day"),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="đến hết ngày · to the end of this day")
    ] = None,
    json_: Json = False,
) -> None:
    """Chạy lại tờ khai từ bản tin đã nhận theo luật của lúc đó, so từng trường · judge again from the bytes received, by the book of their instant; compare."""
    import msgspec

    from haidang.site.replaying import replay as replayed

    chosen = _chosen(numbers or [], since, until)
    with servers_running() as config, terminal.progress("Tờ khai · declarations", None) as progress:
        found = replayed(config, chosen, lambda done: progress.at(done, None))
    facts: dict[str, Any] = {**msgspec.to_builtins(found), "same": not found.differing}
    terminal.result(facts, lambda console: _show(console, facts))
    if found.differing or found.unknown:
        raise typer.Exit(Exit.REFUSED)


def _chosen(numbers: list[str], since: datetime | None, until: datetime | None) -> "Chosen":
    from haidang.site.replaying import Chosen

    if numbers and (since or until):
        raise Wrong("Chỉ một trong: số, --from --to · either numbers, or --from and --to")
    if wrong := [each for each in numbers if not _NUMBER.fullmatch(each)]:
        raise Wrong(f"{wrong[0]}: cần số có 11 hoặc 12 chữ số · a number of 11 or 12 digits is needed")
    if since and until and until < since:
        raise Wrong("--to: trước --from · before --from")
    return Chosen(
        since=since.date() if since else None,
        until=until.date() + timedelta(days=1) if until else None,
        numbers=tuple(int(each[:11]) for each in numbers),
    )


def _show(console: Console, facts: dict[str, Any]) -> None:
    for each in facts["differences"]:
        console.print(f"{each['subject']}: {each['where']}: {each['what']}", style="red", markup=False)
    for number in facts["unknown"]:
        console.print(f"{number}: không có trong hệ thống · is not on file", style="red", markup=False)
    names = {
        "declarations": "tờ khai · declarations",
        "acts": "nghiệp vụ · acts",
        "lists": "danh sách kiện · lists of parcels",
        "parcels": "kiện · parcels",
        "differing": "khác biệt · differences",
    }
    console.print(facts_table({told: facts[name] for name, told in names.items()}))
    if facts["same"] and not facts["unknown"]:
        console.print(
            "Giống từng byte: câu trả lời, thuế, phát hiện, mã băm · the same: answers, taxes, findings, digests"
        )
