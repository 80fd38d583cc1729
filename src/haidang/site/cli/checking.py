"""`haidang verify`, `bench` and `openapi`."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Exit, Json, facts_table, terminal


def verify(json_: Json = False) -> None:
    """Tính lại mọi bất biến từ cơ sở dữ liệu; 0 vi phạm hoặc mã 1 · re-derive every invariant from the database; 0 violations or exit 1."""
    import msgspec

    from haidang.site.verifying import violations

    with servers_running() as config, terminal.progress("Tờ khai · declarations", None) as progress:
        report = violations(config, lambda done: progress.at(done, None))
    facts: dict[str, Any] = msgspec.to_builtins(report)

    def show(console: Console) -> None:
        for each in report.rows:
            console.print(f"{each.invariant}: {each.subject}: {each.found}", style="red", markup=False)
        console.print(facts_table({name: value for name, value in facts.items() if name != "rows"}))

    terminal.result(facts, show)
    if report.violations:
        raise typer.Exit(Exit.REFUSED)


def bench(
    only: Annotated[str, typer.Option("--only", help="Chỉ phép đo này · this measurement only")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Một cặp ngắn, xem có chạy không · one short pair")] = False,
    json_: Json = False,
) -> None:
    """Đo các tỷ số trong một lần chạy, dòng cuối là JSON · ratios measured in one run, the last line is JSON."""
    from haidang.site.bench import main

    raise typer.Exit(main([*(["--only", only] if only else []), *(["--quick"] if quick else [])]))


def openapi(json_: Json = False) -> None:
    """In mô tả OpenAPI 3.1 của /api/v1 · print the OpenAPI 3.1 description of /api/v1."""
    import msgspec

    from haidang.gateway.openapi import document_bytes

    sys.stdout.buffer.write(msgspec.json.format(document_bytes(), indent=2) + b"\n")
