"""`haidang lawbook`: check, load and compare the law book; reading it by day stands in `law_reading`."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli import law_changes, law_drafts, law_drill, law_reading, law_retroactive
from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Json, facts_table, terminal

_FIRST_DAY = datetime(2026, 3, 2)  # noqa: DTZ001  (a calendar date; the first of a trial)

app = typer.Typer(no_args_is_help=True, help="Sách luật · the law book")
app.command("as-of")(law_reading.as_of)
app.command("diff")(law_changes.diff)
app.command("drill")(law_drill.drill)
app.add_typer(law_drafts.app, name="draft")
app.add_typer(law_retroactive.app, name="retro")

FolderArgument = Annotated[
    Path | None,
    typer.Argument(exists=True, file_okay=False, help="Thư mục sách luật; mặc định: của hệ thống · its folder"),
]


@app.command("check")
def check(
    folder: FolderArgument = None,
    on: Annotated[
        datetime,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Ngày đếm biểu thuế · the day whose tariff is counted"),
    ] = _FIRST_DAY,
    json_: Json = False,
) -> None:
    """Tìm mâu thuẫn trong sách luật, đếm phần chưa kiểm chứng · find contradictions, count what is unverified or sample."""
    import msgspec

    from haidang.reference.lookups import SAMPLE_RATES, book_from_files, exchange_rates_from_file, problems_of
    from haidang.reference.terms import LawbookProblems
    from haidang.site.lawbook_checking import schedule_problems, titles_on_file
    from haidang.tariff.lookups import book_from_files as tariff_book
    from haidang.tariff.lookups import coverage, tariff_from_files

    place = folder or law_reading.own_folder()
    book = book_from_files(place)
    problems = problems_of(place, book)
    if unreadable := schedule_problems(place):
        raise LawbookProblems((*problems, *unreadable))
    rates = exchange_rates_from_file(place / SAMPLE_RATES)
    facts: dict[str, Any] = {
        "folder": str(place),
        "digest": book.digest,
        "instruments": len(book.instruments),
        "instruments_unverified": sum(not row.verified for row in book.instruments),
        "parameters": len(book.parameters),
        "parameters_unverified": sum(not row.citation.verified for row in book.parameters),
        "codes": len(book.codes),
        "codes_unverified": sum(not row.verified for row in book.codes),
        "codes_sample": sum(row.sample for row in book.codes),
        "samples": {
            **_samples(book),
            **dict(sorted(Counter(row.schedule for row in tariff_book(place).measures if row.sample).items())),
            SAMPLE_RATES: sum(rate.source == "sample" for rate in rates),
        },
        "titles": titles_on_file(book.codes, tariff_book(place).codes, on.date()),
        "exchange_rate_weeks": len({rate.week_from for rate in rates}),
        "tariff_on": on.date(),
        "tariff": msgspec.to_builtins(coverage(tariff_from_files(place, on.date()))),
        "problems": list(problems),
    }

    def show(console: Console) -> None:
        console.print(
            facts_table(
                {
                    name: value
                    for name, value in facts.items()
                    if name not in ("tariff", "problems", "samples", "titles")
                }
            )
        )
        for name, count in facts["samples"].items():
            console.print(f"  mẫu · sample: {name}: {count}", markup=False)
        console.print(facts_table({f"titles.{name}": value for name, value in facts["titles"].items()}))
        console.print(facts_table({f"tariff.{name}": value for name, value in facts["tariff"].items()}))
        for problem in problems:
            console.print(problem.told(), style="red", markup=False)

    terminal.result(facts, show)
    if problems:
        raise typer.Exit(1)


@app.command("load")
def load(
    folder: FolderArgument = None,
    note: Annotated[str, typer.Option("--note", help="Lý do, lưu cùng phiên bản · why; kept with the version")] = "",
    json_: Json = False,
) -> None:
    """Nạp sách luật thành phiên bản mới; không đổi thì giữ phiên bản cũ · load it as a new version; unchanged files keep the old one."""
    from haidang.platform.db import Servers
    from haidang.site.lawbook_loading import load_book

    place = folder or law_reading.own_folder()
    with servers_running() as config, Servers(config).connect("owner") as connection:
        terminal.tell("Nạp sách luật và biểu thuế · loading the law book and the tariff")
        with terminal.progress("dòng biểu thuế · rows of the tariff", None) as counting:
            changed = load_book(connection, place, note, counting.at)
        terminal.result(
            {"version": changed.version, "tariff_rows_added": changed.added, "tariff_rows_closed": changed.closed}
        )


def _samples(book: Any) -> dict[str, int]:
    """Return how many rows of each list only show its form."""
    counts = Counter(row.list_name for row in book.codes if row.sample)
    counts["parameters"] = sum(row.citation.instrument == "sample" for row in book.parameters)
    return dict(sorted(counts.items()))
