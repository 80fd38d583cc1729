"""`haidang lawbook drill`: what an instant changes, tried before it comes."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.law_changes import show_changes
from haidang.site.cli.output import Json, Wrong, facts_table, rows_table, terminal
from haidang.site.cli.words import moment

ON_FILE = {
    "counted": "",
    "no_stays": "chưa có lượt lưu kho nào trong hệ thống · no stays are on file yet",
    "not_counted": "chưa có đồng hồ nào tính theo tham số này · no clock is counted by it yet",
}
_LAW = (
    "Tờ khai và thời hạn đã mở giữ luật của ngày mở; cột cuối cho biết nếu luật mới được áp dụng từ lúc mở. Quy định chuyển tiếp do con người quyết định.\n"
    "Declarations and clocks that are open keep the law of the day on which they began; the last column says what the new figure would give from then."
    " What a transitional rule does with them, people decide."
)


def drill(
    instant: Annotated[
        str,
        typer.Argument(
            metavar="INSTANT",
            help="Ngày Việt Nam hoặc thời điểm có múi giờ · a Vietnamese day, or an instant with its offset",
        ),
    ],
    json_: Json = False,
) -> None:
    """Diễn tập một lần đổi luật: điều gì đổi, tờ khai và thời hạn nào chịu ảnh hưởng · what a switch changes, and which open files and clocks."""
    import msgspec

    from haidang.reference import rules
    from haidang.site.drilling import drill as drilled

    at = _instant(instant)
    with servers_running() as config:
        found = drilled(config, at)
    facts: dict[str, Any] = msgspec.to_builtins(found) | {
        "note": _LAW,
        "counts": rules.counted(found.changes),
        "tariff_gaps": [],
    }
    facts["changes"] = [{**msgspec.to_builtins(each), "turn": each.turn.value} for each in found.changes]
    terminal.result(facts, lambda console: _show(console, facts))


def _instant(text: str) -> datetime:
    from haidang.kernel.calendar import day_start

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"INSTANT {text}: cần 2027-03-01 hoặc 2027-03-01T00:00:00+07:00 · is needed") from None
    if at.tzinfo is None:
        if at.time() != datetime.min.time():
            raise Wrong(f"INSTANT {text}: thiếu múi giờ, ví dụ +07:00 · its offset is missing, such as +07:00")
        at = day_start(at.date())
    return at.astimezone(UTC)


def _show(console: Console, facts: dict[str, Any]) -> None:
    show_changes(console, facts)
    if facts["figures"]:
        figures = [(each["name"], each["clocks"], ON_FILE[each["on_file"]]) for each in facts["figures"]]
        console.print("\nTham số đổi và đồng hồ trong hệ thống · figures that change, and clocks on file", style="bold")
        console.print(rows_table(("Tham số · figure", "Đồng hồ · clocks", ""), figures))
    if facts["clocks"]:
        columns = (
            "Của · of",
            "Đồng hồ · clock",
            "Tham số · figure",
            "Mở · began",
            "Hạn · due",
            "Theo luật mới · by the new figure",
        )
        rows = [
            (
                each["subject"],
                each["clock"],
                each["figure"],
                moment(each["opened_at"]),
                _due(each["due_on_file"]),
                _due(each["due_by_new"]),
            )
            for each in facts["clocks"]
        ]
        console.print("\nĐồng hồ đang chạy · running clocks", style="bold")
        console.print(rows_table(columns, rows))
    if facts["declarations"]:
        files = [
            (each["declaration_no"], each["state"], moment(each["registered_at"]), "; ".join(each["reasons"]))
            for each in facts["declarations"]
        ]
        console.print("\nTờ khai chưa xong chịu ảnh hưởng · open declarations it bears on", style="bold")
        console.print(rows_table(("Số · number", "Trạng thái · state", "Đăng ký · registered", "Vì · by"), files))
    told = {name: facts[name] for name in ("open_declarations", "open_clocks")} | facts["fixed"]
    console.print()
    console.print(facts_table(told))
    console.print(_LAW)


def _due(text: str | None) -> str:
    if text is None:
        return "không còn · none"
    return text if len(text) == len("2027-03-01") else moment(text)
