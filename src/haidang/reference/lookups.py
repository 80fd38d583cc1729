"""Reads of the law book: the codes of one day, holidays, versions; from PostgreSQL, and the same straight from the files.

The twins that read files serve tools and tests without a database; a test proves that both answer alike.
"""

import csv
import gzip
import hashlib
import io
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from psycopg import Connection

from haidang.reference import rules, store
from haidang.reference.rules import drafting
from haidang.reference.rules.changing import Row
from haidang.reference.store import drafts as kept
from haidang.reference.terms import (
    Book,
    CodeList,
    CodesOfDay,
    CodeValue,
    Draft,
    DraftEvent,
    DraftRow,
    DraftUnknown,
    ExchangeRate,
    Holiday,
    Instrument,
    LawbookVersionUnknown,
    Problem,
    TariffLine,
    UnreadableLawbook,
)

SAMPLE_RATES = "exchange_rates_sample.csv"
"""Weekly rates made by formula, for trials. They are no part of the book's digest: rates come by another hand than the law."""


def latest_version(connection: Connection[Any]) -> int:
    """Return the number of the newest version of the book.

    Raises:
        LawbookVersionUnknown: none is loaded.
    """
    version, _ = store.newest(connection)
    if not version:
        raise LawbookVersionUnknown("no law book is loaded")
    return version


def history(connection: Connection[Any], version: int) -> tuple[bytes, ...]:
    """Return what was loaded up to a version: the digests of its files, version by version. The same history says the same."""
    return store.digests(connection, version)


def read_codes(connection: Connection[Any], version: int, on: date) -> CodesOfDay:
    """Return every code, parameter and exchange rate that stands on a day, as a version of the book says; some tenths of a second.

    Exchange rates are those of the week of the day, by the same version. A currency without a rate for that week is absent.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    _known(connection, version)
    lists = store.read_lists(connection, version)
    packed = [of for of in lists if of.packed]
    values: dict[str, dict[str, CodeValue]] = defaultdict(dict)
    for value in store.read_codes_of_day(connection, version, on, packed):
        values[value.list_name][value.code] = value
    of_day: dict[str, Mapping[str, CodeValue]] = {of.name: values[of.name] for of in lists}
    for of in packed:
        of_day[of.name] = rules.PackedList(of, *store.read_packed(connection, version, of), values[of.name])
    return CodesOfDay(
        on=on,
        lists=of_day,
        parameters=rules.parameters_of_day(store.read_parameters(connection, version), on),
        exchange_rates_e4=rules.rates_of_week(store.read_rates(connection, version, rules.week_of(on)), on),
    )


def codes_with(connection: Connection[Any], version: int, on: date, rows: Sequence[DraftRow]) -> CodesOfDay:
    """Return what `read_codes` would give of a version that also said the rows of a draft.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
        UnreadableLawbook: a cell of the draft cannot be read.
    """
    codes = read_codes(connection, version, on)
    changed = {row.table.partition("/")[2] for row in rows if "/" in row.table}
    untouched = [of for of in store.read_lists(connection, version) if of.packed and of.name not in changed]
    book = drafting.merged(read_book(connection, version, untouched), rows)
    kept = {of.name for of in untouched}
    values: dict[str, list[CodeValue]] = defaultdict(list)
    for value in book.codes:
        values[value.list_name].append(value)
    lists = {
        of.name: codes.lists[of.name] if of.name in kept else rules.codes_of_day(of, values[of.name], on)
        for of in book.lists
    }
    return replace(codes, lists=lists, parameters=rules.parameters_of_day(book.parameters, on))


def rate_sources(connection: Connection[Any], version: int, on: date) -> dict[str, str]:
    """Return where the exchange rate of each currency comes from, for the week of a day as a version says it."""
    return {rate.currency_code: rate.source for rate in store.read_rates(connection, version, rules.week_of(on))}


def exchange_rates(connection: Connection[Any], version: int) -> tuple[ExchangeRate, ...]:
    """Return the exchange rates of every week as a version says them."""
    return store.read_all_rates(connection, version)


def holidays(connection: Connection[Any], version: int) -> frozenset[date]:
    """Return the days off other than Saturdays and Sundays by rule, of every year on file."""
    return frozenset(day.on for day in read_calendar(connection, version) if not day.working)


def extra_workdays(connection: Connection[Any], version: int) -> frozenset[date]:
    """Return the weekend days worked in exchange for another day off."""
    return frozenset(day.on for day in read_calendar(connection, version) if day.working)


def read_calendar(connection: Connection[Any], version: int) -> tuple[Holiday, ...]:
    """Return every day on which the calendar departs from the week, with its name, its law and whether it is only computed.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    _known(connection, version)
    return store.read_holidays(connection, version)


def read_instruments(connection: Connection[Any], version: int) -> Mapping[str, Instrument]:
    """Return the legal instruments of a version by number.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    _known(connection, version)
    return {row.number: row for row in store.read_instruments(connection, version)}


def read_book(connection: Connection[Any], version: int, without: Sequence[CodeList] = ()) -> Book:
    """Return a whole version, of every date, to compare it with another (`rules.changes`). Its digest is left empty.

    Of the packed lists in `without` the plain rows (always valid, nothing beyond a name) are left out: they cost most of the time, and few questions
    are about them.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    _known(connection, version)
    return Book(
        digest="",
        instruments=store.read_instruments(connection, version),
        parameters=store.read_parameters(connection, version),
        holidays=store.read_holidays(connection, version),
        lists=store.read_lists(connection, version),
        codes=tuple(store.read_codes(connection, version, without)),
        lines=store.read_lines(connection, version),
    )


def _known(connection: Connection[Any], version: int) -> None:
    if not store.has_version(connection, version):
        newest, _ = store.newest(connection)
        raise LawbookVersionUnknown(f"law book version {version} was never loaded; the newest is {newest}")


def lawbook_folder() -> Path:
    """Return the folder of the law book: `HAIDANG_LAWBOOK` when set, else the one beside the code.

    Raises:
        UnreadableLawbook: there is none.
    """
    named = os.environ.get("HAIDANG_LAWBOOK")
    package = Path(__file__).resolve().parents[1]
    places = (Path(named),) if named else (package / "lawbook", package.parents[1] / "lawbook")
    for place in places:
        if (place / "instruments.csv").is_file():
            return place
    raise UnreadableLawbook(f"no law book (instruments.csv) in {' or '.join(map(str, places))}: set HAIDANG_LAWBOOK")


def book_from_files(folder: Path) -> Book:
    """Return the whole book as it stands in the files, of every date, with the digest of every file of law under `folder`.

    Raises:
        UnreadableLawbook: a file is missing or a row cannot be read.
    """
    lists = rules.read_lists(_table(folder / "lists.csv"))
    return Book(
        digest=digest_of(folder),
        instruments=rules.read_instruments(_table(folder / "instruments.csv")),
        parameters=rules.read_parameters(_table(folder / "parameters.csv")),
        holidays=rules.read_holidays(_table(folder / "holidays.csv")),
        lists=lists,
        codes=tuple(value for of in lists for value in rules.read_codes(of, _code_table(folder, of.name))),
        lines=lines_from_files(folder),
    )


def lines_from_files(folder: Path) -> tuple[TariffLine, ...]:
    """Return the tariff lines of the files of a law book; no file, no lines.

    Raises:
        UnreadableLawbook: a row cannot be read.
    """
    path = folder / "tariff_lines.csv"
    return rules.read_tariff_lines(_table(path)) if path.is_file() else ()


def line_places(folder: Path) -> Mapping[tuple[str, ...], list[str]]:
    """Return where the tariff lines of the files stand (`tariff_lines.csv:12`), by code, schedule and first day."""
    return _lines(folder, "tariff_lines")


def tariff_lines(connection: Connection[Any], version: int, rows: Sequence[DraftRow] = ()) -> tuple[TariffLine, ...]:
    """Return the tariff lines of a version, with the rows of a draft put in.

    Raises:
        UnreadableLawbook: a cell of the draft cannot be read.
    """
    lines = store.read_lines(connection, version)
    changed = [row for row in rows if row.table == "tariff_lines"]
    return drafting.merged(Book("", (), (), (), (), (), lines), changed).lines if changed else lines


def values_of_lists(connection: Connection[Any], version: int, *names: str) -> dict[str, tuple[CodeValue, ...]]:
    """Return the values, of every date, of some code lists of a version."""
    found = store.read_values(connection, version, names)
    return {name: tuple(value for value in found if value.list_name == name) for name in names}


def values_from_files(folder: Path, *names: str) -> dict[str, tuple[CodeValue, ...]]:
    """Return the values, of every date, of some code lists of the files of a law book; empty for a list that it has not."""
    lists = {of.name: of for of in rules.read_lists(_table(folder / "lists.csv"))}
    return {name: rules.read_codes(lists[name], _code_table(folder, name)) if name in lists else () for name in names}


def instruments_from_files(folder: Path) -> tuple[Instrument, ...]:
    """Return the instruments of the files of a law book."""
    return rules.read_instruments(_table(folder / "instruments.csv"))


def units_from_files(folder: Path) -> dict[str, str]:
    """Return the unit code for each Vietnamese unit name that the files of a law book know."""
    lists = {of.name: of for of in rules.read_lists(_table(folder / "lists.csv"))}
    values = rules.read_codes(lists["unit"], _code_table(folder, "unit")) if "unit" in lists else ()
    return rules.units_by_vietnamese_name({value.code: value for value in values})


@lru_cache(maxsize=8)
def codes_from_files(folder: Path, on: date) -> CodesOfDay:
    """Return the codes of one day straight from the files: what `read_codes` gives once this folder is loaded.

    Exchange rates are those of `exchange_rates_sample.csv` for the week of the day; a currency without a row is absent.
    """
    lists = rules.read_lists(_table(folder / "lists.csv"))
    return CodesOfDay(
        on=on,
        lists={of.name: rules.codes_of_day(of, rules.read_codes(of, _code_table(folder, of.name)), on) for of in lists},
        parameters=rules.parameters_of_day(rules.read_parameters(_table(folder / "parameters.csv")), on),
        exchange_rates_e4=rules.rates_of_week(exchange_rates_from_file(folder / SAMPLE_RATES), on),
    )


def exchange_rates_from_file(path: Path) -> tuple[ExchangeRate, ...]:
    """Return the weekly rates of one file; no file, no rates."""
    return rules.read_exchange_rates(_table(path)) if path.is_file() else ()


def problems_of(folder: Path, book: Book) -> tuple[Problem, ...]:
    """Return the contradictions of a book that was read from a folder, each with the file and the lines of its row."""
    found = rules.check(book)
    tables = {problem.table: _lines(folder, problem.table) for problem in found}
    return tuple(
        replace(problem, place=", ".join(tables[problem.table].get(problem.key, [])) or f"{problem.table}.csv")
        for problem in found
    )


def unwritten_drafts(connection: Connection[Any], since: int, files: Book) -> tuple[Problem, ...]:
    """Return the rows that drafts published after a version and that the files do not say."""
    drafts = [draft for draft in kept.select_drafts(connection) if draft.version is not None and draft.version > since]
    ordered = sorted(drafts, key=lambda draft: draft.version or 0)
    return tuple(
        drafting.unwritten(
            files, {draft.draft_id: kept.select_draft_rows(connection, draft.draft_id) for draft in ordered}
        )
    )


def drafts(connection: Connection[Any]) -> list[Draft]:
    """Return every draft of the law book, in the order of their numbers."""
    return kept.select_drafts(connection)


def draft(connection: Connection[Any], draft_id: int) -> tuple[Draft, tuple[DraftRow, ...], tuple[DraftEvent, ...]]:
    """Return one draft with its rows and its steps.

    Raises:
        DraftUnknown: there is none of that number.
    """
    found = kept.select_drafts(connection, draft_id)
    if not found:
        raise DraftUnknown
    return found[0], kept.select_draft_rows(connection, draft_id), kept.select_draft_events(connection, draft_id)


def packed_lists(connection: Connection[Any], *versions: int) -> list[CodeList]:
    """Return the lists that are too long for one object a row; of several versions, those that say the same in all of them."""
    found = [row for row in store.read_lists(connection, versions[0]) if row.packed]
    return [row for row in found if not store.list_changed(connection, row.name, min(versions), max(versions))]


def code_lists(connection: Connection[Any], version: int) -> dict[str, CodeList]:
    """Return the code lists of a version by name."""
    return {row.name: row for row in store.read_lists(connection, version)}


def draft_events(connection: Connection[Any]) -> tuple[DraftEvent, ...]:
    """Return the steps of all drafts, in their order."""
    return kept.select_draft_events(connection)


def versions_of_drafts(connection: Connection[Any]) -> dict[int, int]:
    """Return the version that each draft made, by the number of the draft."""
    return kept.versions_of_drafts(connection)


def version_digest(connection: Connection[Any], version: int) -> bytes:
    """Return the SHA-256 that a version was numbered with; empty when it was never loaded."""
    return store.version_digest(connection, version)


def changed_in(connection: Connection[Any], version: int) -> tuple[list[Row], list[Row]]:
    """Return the rows that a version closed, and those that it opened."""
    closed, opened = store.rows_changed_in(connection, version)
    return closed, opened


def _lines(folder: Path, name: str) -> Mapping[tuple[str, ...], list[str]]:
    """Return where the rows of a table stand (`parameters.csv:12`), by the columns that tell them apart."""
    columns = rules.KEY_COLUMNS[name.partition("/")[0]]
    table = _code_table(folder, name.partition("/")[2]) if "/" in name else _table(folder / f"{name}.csv")
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for record in table.records():
        found[tuple(record.text(column) for column in columns)].append(f"{table.name}:{record.line}")
    return found


def digest_of(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of every .csv, .csv.gz and .toml file under a folder, exchange rates left out."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.name.endswith((".csv", ".csv.gz", ".toml")) and not path.name.startswith("exchange_rates"):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
            whole.update(content)
    return whole.hexdigest()


def _code_table(folder: Path, name: str) -> rules.Table:
    plain = folder / "codes" / f"{name}.csv"
    return _table(plain if plain.is_file() else plain.with_suffix(".csv.gz"))


def _table(path: Path) -> rules.Table:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except FileNotFoundError as error:
        raise UnreadableLawbook(f"{path.name.removesuffix('.gz')}: không có tệp này · there is no such file") from error
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableLawbook(f"{path.name}: {error}") from error
    if not rows:
        raise UnreadableLawbook(f"{path.name}: no column names")
    return rules.Table(path.name, tuple(rows[0]), rows[1:])
