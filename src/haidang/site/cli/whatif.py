"""`haidang whatif`: what a draft of the law would have made of the registered history, or of one in a file."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Json, Refused, Wrong, facts_table, rows_table, terminal, vnd

if TYPE_CHECKING:
    from haidang.insight.lookups import History
    from haidang.insight.terms import RevenueChange, WhatIf
    from haidang.site.whatif_laws import ComparedLaw

REGISTERED = "registered"
_ROWS = 10
_DIMENSIONS = {
    "chapter": "Chương · chapter",
    "origin": "Xuất xứ · origin",
    "province": "Tỉnh, thành phố · province",
    "firm_size": "Quy mô doanh nghiệp · size of firm",
    "month": "Tháng · month",
}
_NUMBERS = ("trước · before", "sau · after", "chênh lệch · difference")


def whatif(
    draft: Annotated[
        str,
        typer.Argument(
            metavar="DRAFT",
            help="Thư mục sách luật, hoặc số hay tên một dự thảo · a draft law book's folder, or number or title of a draft",
        ),
    ],
    on: Annotated[
        datetime,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Ngày của luật để so · the day whose law is compared"),
    ],
    over: Annotated[str, typer.Option("--over", help="registered, hoặc tệp Parquet · or a Parquet file")] = REGISTERED,
    after_on: Annotated[
        datetime | None,
        typer.Option(
            "--draft-date",
            formats=["%Y-%m-%d"],
            help="Ngày của dự thảo, nếu khác · the day of the draft, when it is another",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            exists=True,
            file_okay=False,
            help="Sách luật để so với một thư mục; mặc định: của hệ thống · the book that a folder is compared with",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Ghi lịch sử ra tệp Parquet · write the history to a Parquet file")
    ] = None,
    for_page: Annotated[
        str,
        typer.Option(
            "--for-page",
            metavar="OFFICER",
            help="Lưu cho trang của công chức có thẩm quyền này · keep it for the pages, asked by this officer",
        ),
    ] = "",
    json_: Json = False,
) -> None:
    """Nếu luật là dự thảo này thì thu ngân sách ra sao · what revenue would have been under this draft."""
    from haidang.insight.lookups import History
    from haidang.insight.rules.telling import facts_of
    from haidang.insight.rules.whatif import compare
    from haidang.insight.terms import HistoryNotUnderstood

    days = on.date(), (after_on or on).date()
    is_folder = Path(draft).is_dir()
    if against is not None and not is_folder:
        raise Wrong(
            "--against đi với thư mục: dự thảo được so với phiên bản của nó · it goes with a folder: a draft is compared with its version"
        )
    if for_page:
        if is_folder or over != REGISTERED:
            raise Wrong(
                "--for-page: chỉ cho dự thảo và lịch sử đã đăng ký · only for a draft of the workbasket over the registered history"
            )
        _for_page(draft, days, for_page)
        return
    with History() as history, ExitStack() as running:
        config = running.enter_context(servers_running()) if not is_folder or over == REGISTERED else None
        terminal.tell("Đọc hai bản luật · reading both laws")
        before, after = (
            _laws_of_folders(Path(draft), against, *days) if is_folder else _laws_of_draft(config, draft, *days)
        )
        try:
            count = _read(history, over, config)
        except HistoryNotUnderstood as refusal:
            raise Refused(f"{refusal.text_vi}\n{refusal.text_en}") from None
        if save is not None:
            history.write(save)
        with terminal.progress("dòng hàng · lines", count) as counting:
            found = compare(history.chunks(), before.law, after.law, lambda done: counting.at(done, count))
    facts = facts_of(found) | {"before_book": before.facts(), "after_book": after.facts()}
    terminal.result(facts, lambda console: _show(console, found, facts))


def _for_page(named: str, days: tuple[date, date], officer: str) -> None:
    """Ask in an officer's name, answer at once and keep the answer for the pages."""
    from haidang.insight import actions, runs
    from haidang.platform.db import Servers
    from haidang.site.lawbook_powers import editor
    from haidang.site.whatif_laws import draft_called
    from haidang.site.whatif_runs import answer_one

    with servers_running() as config:
        servers = Servers(config)
        with servers.connect("auditor") as reading:
            draft_id, asking = draft_called(reading, named), editor(reading, officer)
        with servers.connect("ingest") as connection:
            number = actions.ask(connection, draft_id, days, asking.officer_code, asking.power_id)
            asked = runs.run(connection, number)
            assert asked is not None
            run = answer_one(config, connection, asked)
    if run.answer is None:
        raise Refused(f"{run.refused_vi}\n{run.refused_en}")
    terminal.result({"run": number, "page": f"/whatif/{number}"})


def _read(history: "History", over: str, config: Any) -> int:
    if over != REGISTERED:
        path = Path(over)
        if not path.is_file():
            raise Wrong(f"Không có tệp {over} · there is no file {over}")
        terminal.tell(f"Đọc {over} · reading it")
        return history.read(path)
    from haidang.site.whatif_runs import read_registered

    with terminal.progress("dòng hàng · lines", None) as counting:
        return read_registered(config, history, lambda count: counting.at(count, None))


def _laws_of_folders(
    folder: Path, against: Path | None, on: date, after_on: date
) -> tuple["ComparedLaw", "ComparedLaw"]:
    from haidang.reference.lookups import lawbook_folder
    from haidang.reference.terms import UnreadableLawbook
    from haidang.site.whatif_laws import law_of_folder
    from haidang.tariff.terms import ScheduleNotUnderstood

    try:
        return law_of_folder(against or lawbook_folder(), on), law_of_folder(folder, after_on)
    except (UnreadableLawbook, ScheduleNotUnderstood) as error:
        raise Wrong(str(error)) from None


def _laws_of_draft(config: Any, named: str, on: date, after_on: date) -> tuple["ComparedLaw", "ComparedLaw"]:
    from haidang.platform.db import Servers
    from haidang.site.whatif_laws import draft_called, laws_of_draft

    with Servers(config).connect("report") as connection:
        return laws_of_draft(connection, draft_called(connection, named), on, after_on)


def _book(facts: Mapping[str, Any]) -> str:
    """Return where one of the two laws comes from, in words."""
    named = facts["folder"] or f"phiên bản · version {facts['version']}"
    if facts["draft"]:
        named += f" + dự thảo · draft {facts['draft']}: {facts['title']}"
    return f"{named}, {facts['on']}; chưa kiểm chứng · unverified {facts['unverified']}/{facts['measures']}"


def _show(console: Console, found: "WhatIf", facts: Mapping[str, Any]) -> None:
    console.print(
        facts_table({
            "luật trước · law before": _book(facts["before_book"]),
            "luật sau · law after": _book(facts["after_book"]),
            "tờ khai · declarations": found.declarations,
            "dòng hàng · goods lines": found.lines,
            "dòng so được · lines compared": found.compared,
            "trị giá hải quan · customs value": vnd(found.value_vnd) + " đ",
            "thuế trước · taxes before": vnd(found.total.before_vnd) + " đ",
            "thuế sau · taxes after": vnd(found.total.after_vnd) + " đ",
            "chênh lệch · difference": vnd(found.total.difference_vnd) + " đ",
        })
    )  # fmt: skip
    _table(console, "Sắc thuế · tax", {_tax(name): each for name, each in found.taxes.items()}, len(found.taxes))
    for dimension, title in _DIMENSIONS.items():
        if set(found.groups[dimension]) != {""}:
            _table(console, title, found.groups[dimension], _ROWS)
    for title, each in (("Nộp ít hơn · pay less", found.winners), ("Nộp nhiều hơn · pay more", found.losers)):
        if each:
            _table(console, title, dict(each), _ROWS)
    if found.undecided:
        _show_undecided(console, found)


def _show_undecided(console: Console, found: "WhatIf") -> None:
    """Show why lines were left out, with how many lines each law does not decide."""
    from haidang.insight.rules.telling import reason_words

    counted: dict[tuple[str, str], dict[str, int]] = {}
    for each in found.undecided:
        counted.setdefault((each.tax, each.reason), {})[each.law] = each.lines
    console.print(
        rows_table(
            ("Bỏ ra ngoài, vì · left out, because", "Sắc thuế · tax", *_NUMBERS[:2]),
            (
                (" · ".join(reason_words(reason)), _tax(tax), of.get("before", 0), of.get("after", 0))
                for (tax, reason), of in counted.items()
            ),
            right=_NUMBERS[:2],
        )
    )


def _tax(name: str) -> str:
    from haidang.gateway.words import TAXES

    return TAXES[name] if name else ""


def _table(console: Console, title: str, changes: Mapping[str, "RevenueChange"], most: int) -> None:
    """Show the rows that change most; all when none does."""
    changed = {name: each for name, each in changes.items() if each.difference_vnd} or changes
    chosen = sorted(changed.items(), key=lambda each: (-abs(each[1].difference_vnd), each[0]))[:most]
    console.print(
        rows_table(
            (title, *_NUMBERS),
            ((name or "chưa rõ · not told", vnd(each.before_vnd), vnd(each.after_vnd), vnd(each.difference_vnd)) for name, each in chosen),
            right=_NUMBERS,
        )
    )  # fmt: skip
