"""What the commands write: tables for people or one JSON document, progress on the standard error, and how a run ends."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from haidang.site.cli.words import FACTS

_WIDTH_WITHOUT_TERMINAL = 150


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAULT = 3


class Refused(Exception):
    """The command was not carried out, or found what must be mended: exit 1. `findings` are those of an answer, as mappings."""

    def __init__(self, text: str, findings: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(text)
        self.findings = findings


class Wrong(Exception):
    """The command was not called as it can be used: exit 2."""


class Terminal:
    """Where this run writes. With `json` the standard output holds one JSON document and nothing else."""

    def __init__(self) -> None:
        self.json = False
        self.began = time.monotonic()

    @property
    def out(self) -> Console:
        """The standard output."""
        return _console(stderr=False)

    @property
    def err(self) -> Console:
        """The standard error: progress, warnings, faults."""
        return _console(stderr=True)

    def tell(self, text: str) -> None:
        """Say what is being done, with the seconds since the start."""
        self.err.print(Text(f"{time.monotonic() - self.began:6.1f} s  {text}", style="dim"))

    def result(self, facts: Any, show: Callable[[Console], None] | None = None) -> None:
        """Write the result: as JSON, or as `show` shows it; without `show`, one line per fact."""
        if self.json:
            sys.stdout.write(json_of(facts) + "\n")
            sys.stdout.flush()
        elif show is not None:
            show(self.out)
        else:
            self.out.print(facts_table(facts))

    def progress(self, what: str, total: int | None) -> "Counting":
        """Return a progress bar on the standard error, to be used as a context manager."""
        return Counting(what, total, self.err)


class Counting:
    """A progress bar; `advance` may be called from any thread. Where no terminal is, a line every few seconds."""

    def __init__(self, what: str, total: int | None, console: Console) -> None:
        self._console = console
        self._what = what
        self._done = 0
        self._said_at = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(what, total=total)
        self._total = total

    def __enter__(self) -> "Counting":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, count: int = 1) -> None:
        """Note that `count` more are done."""
        self._done += count
        self._progress.advance(self._task, count)
        if not self._console.is_terminal and time.monotonic() - self._said_at > 5:
            self._said_at = time.monotonic()
            of = f" / {self._total:,}" if self._total else ""
            self._console.print(f"{self._what}: {self._done:,}{of}")

    def at(self, done: int, total: int | None) -> None:
        """Note that `done` of `total` are done."""
        if total is not None:
            self._total = total
            self._progress.update(self._task, total=total)
        self.advance(done - self._done)


terminal = Terminal()


def _as_json(value: bool) -> bool:
    terminal.json = terminal.json or value
    return value


Json = Annotated[
    bool,
    typer.Option("--json", callback=_as_json, help="Kết quả là một tài liệu JSON · the result as one JSON document"),
]
"""The option every command has."""


def json_of(facts: Any) -> str:
    """Return facts as indented JSON."""
    return json.dumps(facts, ensure_ascii=False, indent=2, default=_plain)


def facts_table(facts: Mapping[str, Any]) -> Table:
    """Return one row per fact; a name of `words.FACTS` is shown in words."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        table.add_row(Text(FACTS.get(name, name), style="bold"), Text(_word(value)))
    return table


def rows_table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> Table:
    """Return a table; the columns named in `right` hold numbers."""
    table = Table(pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_word(value)) for value in row))
    return table


def show_findings(console: Console, findings: Sequence[Mapping[str, Any]]) -> None:
    """Write findings as a person reads them: what, where, what to do, by which law."""
    for finding in findings:
        console.print(Text(f"{finding.get('code', '')}  {finding.get('pointer', '')}", style="bold red"))
        for key in ("text_vi", "text_en", "repair_vi", "repair_en", "law"):
            if finding.get(key):
                console.print(Text(f"    {finding[key]}"))
        if finding.get("nearest"):
            console.print(Text(f"    gần nhất · nearest: {', '.join(finding['nearest'])}"))


def vnd(amount: int) -> str:
    """Return whole đồng with thousands apart: 1 234 567."""
    return f"{amount:,}".replace(",", " ")


def vnd_e4(amount_e4: int) -> str:
    """Return ten-thousandths of a đồng, with as many decimals as it has."""
    whole, rest = divmod(amount_e4, 10_000)
    decimals = f"{rest:04}".rstrip("0")
    return vnd(whole) + (f".{decimals}" if decimals else "")


def percent(rate_bp: int) -> str:
    """Return basis points as per cent."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}{'.' + f'{rest:02}'.rstrip('0') if rest else ''} %"


def _word(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có · yes" if value else "không · no"
    if isinstance(value, int):
        return vnd(value)
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return str(value)


def _plain(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Path):
        return str(value)
    return msgspec.to_builtins(value)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)
