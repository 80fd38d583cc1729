"""`haidang user conflict`: conflicts of interest of officers, recorded, ended and listed."""

from datetime import date, datetime
from typing import Annotated, Any

import typer

from haidang.kernel.calendar import day_start, vn_text
from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Json, Wrong, rows_table, terminal
from haidang.site.cli.words import moment

app = typer.Typer(no_args_is_help=True, help="Xung đột lợi ích của công chức · conflicts of interest of officers")

OfficerArgument = Annotated[str, typer.Argument(metavar="OFFICER", help="Mã công chức · code of the officer")]
ByOption = Annotated[str, typer.Option("--by", help="Mã công chức ghi · code of the officer who records")]
NoteOption = Annotated[str, typer.Option("--note", help="Nói rõ · in words")]


@app.command("add")
def add(
    officer: OfficerArgument,
    party: Annotated[str, typer.Option("--party", help="Mã số thuế hoặc số định danh · tax code or personal number")],
    relation: Annotated[str, typer.Option("--relation", help="family, ownership, employment, credit, other")],
    by: ByOption = "",
    from_: Annotated[str, typer.Option("--from", help="Từ ngày; rỗng: từ bây giờ · from this day; empty: now")] = "",
    until: Annotated[str, typer.Option("--until", help="Đến trước ngày · until before this day")] = "",
    note: NoteOption = "",
    json_: Json = False,
) -> None:
    """Ghi xung đột lợi ích: chính công chức khai, hoặc lãnh đạo ghi (--by) · record one: declared by the officer, or recorded by the head (--by)."""
    from haidang.organisation import actions
    from haidang.organisation.terms import Relation
    from haidang.platform.db import Servers

    if relation not in list(Relation):
        raise Wrong(f"--relation {relation}: phải là một trong · must be one of {', '.join(Relation)}")
    begins, ends = _day("--from", from_), _day("--until", until)
    with servers_running() as config, Servers(config).connect("owner") as connection:
        event = actions.record_conflict(
            connection, officer=officer, party_code=party, relation=Relation(relation), recorded_by=by or officer, note=note,
            valid_from=begins, valid_until=ends,
        )  # fmt: skip
        terminal.result(_facts(event))


@app.command("end")
def end(
    number: Annotated[int, typer.Argument(metavar="NO", help="Số xung đột · number of the conflict", min=1)],
    by: ByOption,
    note: NoteOption = "",
    json_: Json = False,
) -> None:
    """Chấm dứt ngay; chỉ lãnh đạo đơn vị · end one now; the head of the unit alone."""
    from haidang.organisation import actions
    from haidang.platform.db import Servers

    with servers_running() as config, Servers(config).connect("owner") as connection:
        terminal.result(_facts(actions.end_conflict(connection, number, recorded_by=by, note=note)))


@app.command("list")
def list_(
    officer: Annotated[str, typer.Option("--officer", help="Chỉ của công chức này · of this officer only")] = "",
    refusals: Annotated[
        bool, typer.Option("--refusals", help="Những lần hồ sơ bị giữ lại · each time a file was kept away")
    ] = False,
    json_: Json = False,
) -> None:
    """Liệt kê sổ xung đột lợi ích · list the register."""
    from haidang.organisation import lookups
    from haidang.platform.db import Servers

    with servers_running() as config, Servers(config).connect("owner") as connection:
        if refusals:
            names = ("conflict_no", "officer_code", "number", "act", "refused_at")
            kept = [
                (*row[:4], vn_text(row[4])) for row in lookups.conflict_refusals(connection) if officer in ("", row[1])
            ]
            heads = ("Số · no", "Công chức · officer", "Hồ sơ · file", "Việc · act", "Lúc · at")
            rows = [(*row[:4], moment(row[4])) for row in kept]
            shown = [dict(zip(names, row, strict=True)) for row in kept]
            terminal.result(shown, lambda console: console.print(rows_table(heads, rows, heads[:1])))
            return
        events = [each for each in lookups.conflict_events(connection) if officer in ("", each.officer_code)]
        columns = (
            *("Số · no", "Việc · event", "Công chức · officer", "Đối tượng · party", "Quan hệ · relation"),
            *("Từ · from", "Đến · until", "Người ghi · by", "Lúc · at"),
        )
        lines = [
            (
                each.conflict_no, each.event, each.officer_code, each.party_code, each.relation.value, _at(each.valid_from),
                _at(each.valid_until), each.recorded_by,
                _at(each.recorded_at),
            )
            for each in events
        ]  # fmt: skip
        terminal.result(
            [_facts(each) for each in events], lambda console: console.print(rows_table(columns, lines, columns[:1]))
        )


def _facts(event: Any) -> dict[str, object]:
    """Return an entry of the register as a mapping of plain values."""
    import msgspec

    its = msgspec.structs.asdict(event)
    times = {name: vn_text(its[name]) for name in ("valid_from", "valid_until", "recorded_at")}
    return {**its, "relation": its["relation"].value, "digest": its["digest"].hex(), **times}


def _at(instant: datetime | None) -> str:
    return moment(vn_text(instant))


def _day(option: str, text: str) -> datetime | None:
    """Return the first instant of a Vietnamese day, None for an empty text."""
    if not text:
        return None
    try:
        return day_start(date.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Wrong(f"{option} {text}: cần ngày YYYY-MM-DD · a day YYYY-MM-DD is needed") from None
