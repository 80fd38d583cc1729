"""The schedules of the tariff held against named rules before anything is loaded: each row that breaks one is told with its file, its line and its repair."""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from haidang.kernel.money import AmountOverflow, NotAnAmount, parse_scaled
from haidang.reference.lookups import (
    instruments_from_files,
    line_places,
    lines_from_files,
    units_from_files,
    values_from_files,
)
from haidang.reference.rules.checking import Rule
from haidang.reference.terms import SAMPLE, CodeValue, Problem
from haidang.tariff.lines import problems_of_lines
from haidang.tariff.lookups import nomenclature_from_files, titles_from_files
from haidang.tariff.remedies import SPECIFIC
from haidang.tariff.rules import parse_rate
from haidang.tariff.terms import CommodityCode, RateNotUnderstood, ScheduleNotUnderstood
from haidang.tariff.titles import STEPS, TITLES, titles_of

SCHEDULE_RULES: Mapping[str, Rule] = {
    "schedule_unreadable": Rule(
        "không đọc được: {why_vi}", "cannot be read: {why_en}",
        "Sửa tệp theo docs/tariff.md.", "Mend the file as docs/tariff.md says.",
    ),
    "schedule_period_empty": Rule(
        "[{table}]: đến {until}, không sau {since}", "[{table}]: until {until} is not after {since}",
        "Sửa valid_from hoặc valid_until trong schedule.toml.", "Correct valid_from or valid_until in schedule.toml.",
    ),
    "schedule_instrument_unknown": Rule(
        "không có văn bản {number} trong sách", "{number} is no instrument of the book",
        "Thêm văn bản vào instruments.csv, hoặc sửa số hiệu.", "Add the instrument to instruments.csv, or correct its number.",
    ),
    "schedule_row_twice": Rule(
        "dòng này đã có ở {first}", "this row stands in {first} already",
        "Xóa một trong hai dòng.", "Delete one of the two rows.",
    ),
    "commodity_code_twice": Rule(
        "mã hàng {code} đã có ở {first}", "commodity code {code} stands in {first} already",
        "Giữ một dòng cho mỗi mã hàng.", "Keep one row for each commodity code.",
    ),
    "commodity_code_unknown": Rule(
        "danh mục hàng hóa không có mã {code}", "{code} is no code of the nomenclature",
        "Thêm mã vào codes.csv, hoặc sửa mã.", "Add the code to codes.csv, or correct it.",
    ),
    "title_of_nothing": Rule(
        "danh mục hàng hóa không có mã nào bắt đầu bằng {code}", "no code of the nomenclature begins with {code}",
        "Sửa mã của tên gọi ngắn, hoặc cho tên đó hết hạn (valid_until).", "Correct the code of the title, or let it end (valid_until).",
    ),
    "printed_unit_unknown": Rule(
        "đơn vị tính {unit!r} chưa biết", "unit {unit!r} is not known",
        "Thêm tên vào cột unit_vi của codes/unit.csv, hoặc sửa đơn vị.", "Add the name to column unit_vi of codes/unit.csv, or correct the unit.",
    ),
    "printed_rate_unknown": Rule(
        "cột {column}: chưa ai dạy cách đọc thuế suất {text!r}", "column {column}: nobody has taught the book to read the rate {text!r}",
        "Viết theo một dạng của docs/tariff.md, ví dụ: 20 · 7,5 · 10/8 · * · 0 (-KH, LA) · 15; M: 20 · 50 (NHN: 80); thuế tuyệt đối ghi ở tariff_lines.csv.",
        "Write it in one of the shapes of docs/tariff.md, such as: 20 · 7,5 · 10/8 · * · 0 (-KH, LA) · 15; M: 20 · 50 (NHN: 80); an amount by quantity stands in tariff_lines.csv.",
    ),
    "specific_incomplete": Rule(
        "thuế tuyệt đối cần cả specific, currency và unit", "a specific amount needs specific, currency and unit",
        "Ghi đủ ba ô, hoặc để trống cả ba.", "Fill in all three, or none.",
    ),
    "specific_unknown": Rule(
        "specific: {text!r} không phải số tiền lớn hơn 0", "specific: {text!r} is no amount above 0",
        "Viết số thập phân, tối đa 4 số lẻ, ví dụ 0.25.", "Write a plain decimal with at most 4 decimals, such as 0.25.",
    ),
    "specific_list_unknown": Rule(
        "{column}: {code} không có trong danh mục {list}", "{column}: {code} is not in the list {list}",
        "Dùng một mã của codes/{list}.csv.", "Use a code of codes/{list}.csv.",
    ),
    "schedule_not_understood": Rule(
        "chưa nạp được: {why}", "cannot be loaded: {why}",
        "Sửa dòng này theo docs/tariff.md, rồi chạy lại haidang lawbook check.", "Mend this row as docs/tariff.md says, then run haidang lawbook check again.",
    ),
    "rates_overlap": Rule(
        "cột {column} của {code}: {first} cũng áp dụng ngày {on}", "column {column} of {code}: {first} stands on {on} too",
        "Kết thúc biểu cũ (valid_until) vào ngày biểu mới bắt đầu.", "End the old schedule (valid_until) on the day on which the new one begins.",
    ),
    "rates_silent": Rule(
        "cột {column} của {code}: không có thuế suất từ {until} đến trước {since}", "column {column} of {code}: no rate from {until} to the day before {since}",
        "Kéo dài biểu cũ, hoặc cho biểu mới bắt đầu sớm hơn.", "Let the old schedule last longer, or the new one begin earlier.",
    ),
}  # fmt: skip
"""Every rule of schedules by name."""

_TABLES = ("codes", "rates", "headings", "remedies", "controls")
_CITING = {"controls": "instrument", "remedies": "decision"}
_MARKS = frozenset(("environment",))
_LIST_OF = {"currency": "currency", "unit": "unit"}
"""The code list of each column of a specific amount."""


_COLUMNS: Mapping[str, frozenset[str]] = {
    "codes": frozenset(("hs8",)), "rates": frozenset(("hs8", "unit")), "headings": frozenset(),
    "remedies": frozenset(("hs8", "decision", "origins")), "controls": frozenset(("hs8", "instrument")),
}  # fmt: skip
"""The columns of each table without which no rule can be asked."""


class _Unreadable(Exception):
    """A table that cannot be read: (place, why in both languages)."""


def _why(error: Exception) -> tuple[str, str]:
    """Return what is wrong with a file in both languages, without the name that the machine has for it."""
    if isinstance(error, KeyError):
        return f"thiếu {error.args[0]}", f"{error.args[0]} is missing"
    if isinstance(error, UnicodeDecodeError):
        return "không phải UTF-8", "not UTF-8"
    if isinstance(error, FileNotFoundError):
        return "không có tệp này", "there is no such file"
    told = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return told, told


class _Table(NamedTuple):
    """One table of a schedule: where it is, since when its rows stand, its rows with their lines."""

    place: str
    name: str
    valid_from: date
    valid_until: date | None
    rows: list[tuple[int, dict[str, str]]]


def schedule_problems(folder: Path) -> tuple[Problem, ...]:
    """Return everything in the schedules of a law book for which it is not loaded; none for a book without schedules."""
    instruments = frozenset(row.number for row in instruments_from_files(folder))
    found: list[Problem] = []
    tables: list[_Table] = []
    columns: dict[str, Mapping[str, Mapping[str, str]]] = {}
    samples: set[str] = set()
    for path in sorted((folder / "schedules").glob("*/schedule.toml")):
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
            own = list(_tables(path.parent, said))
            if said["sample"]:
                samples.add(path.parent.name)
            if said["number"] not in instruments and (said["number"] != SAMPLE or not said["sample"]):
                found.append(_broken("schedule_instrument_unknown", _in(path), number=said["number"]))
        except (_Unreadable, OSError, ValueError, KeyError, TypeError, csv.Error) as error:
            place, (vi, en) = error.args if isinstance(error, _Unreadable) else (_in(path), _why(error))
            found.append(_broken("schedule_unreadable", place, why_vi=vi, why_en=en))
            continue
        columns[path.parent.name] = said.get("columns", {})
        tables += own
    if any(each.rule == "schedule_unreadable" for each in found):
        return tuple(found)  # of a book that was read in part every row of the others would seem wrong
    codes = {row["hs8"] for table in tables if table.name == "codes" for _, row in table.rows}
    units, lists = units_from_files(folder), _code_lists(folder)
    for table in tables:
        found += _periods(table)
        found += _twice(table)
        found += _unknown(table, codes, instruments | {SAMPLE} if table.place in samples else instruments)
        if table.name == "rates":
            found += _printed(table, units, columns[table.place])
        if table.name == "remedies":
            found += _amounts(table, lists)
    found += _codes_twice(tables)
    found += _titles_of_nothing(folder, codes)
    found += _over_time([table for table in tables if table.name == "rates"], columns)
    if not found and tables:
        found += _as_read(folder)
    return tuple(found)


def _as_read(folder: Path) -> Iterator[Problem]:
    """Read the tariff as loading would: tell what stops that although no row breaks a rule by itself, else what tariff lines break."""
    try:
        against = nomenclature_from_files(folder)
    except ScheduleNotUnderstood as error:
        place, separator, why = str(error).partition(": ")
        yield _broken("schedule_not_understood", place if separator else "", why=why or place)
        return
    lines = lines_from_files(folder)
    places = line_places(folder) if lines else {}
    for each in problems_of_lines(lines, against):
        yield replace(each, place=", ".join(places.get(each.key, ())) or each.place)


def _titles_of_nothing(folder: Path, codes: set[str]) -> Iterator[Problem]:
    """Tell the titles of chapters, headings and subheadings under which there is no code, and the sections with such a chapter."""
    if not codes:
        return
    steps = {code[:length] for code in codes for length in STEPS}
    for title in titles_from_files(folder):
        for digits in title.chapters or (title.digits,):
            if digits not in steps:
                told = _broken("title_of_nothing", "", code=digits)
                yield replace(told, table=f"codes/{TITLES}", key=(title.digits,), place=f"codes/{TITLES}.csv")


def titles_on_file(values: Iterable[CodeValue], codes: Iterable[CommodityCode], on: date) -> dict[str, int]:
    """Return how many sections, chapters, headings and subheadings have a short title on a day, how many chapters and headings none, and how many titles are unverified."""
    titles = titles_of(values, on)
    named = {title.digits for title in titles}
    steps = {code.commodity_code[:length] for code in codes if code.in_force(on) for length in STEPS}
    counted = {length: [each for each in steps if len(each) == length] for length in STEPS}
    return {
        "sections": sum(bool(title.chapters) for title in titles),
        "chapters": len(named.intersection(counted[2])),
        "chapters_without": len(set(counted[2]) - named),
        "headings": len(named.intersection(counted[4])),
        "headings_without": len(set(counted[4]) - named),
        "subheadings": len(named.intersection(counted[6])),
        "subheadings_without": len(set(counted[6]) - named),
        "unverified": sum(not title.verified for title in titles),
    }


def _tables(folder: Path, said: Mapping[str, Any]) -> Iterator[_Table]:
    for name in _TABLES:
        if name not in said:
            continue
        since, until = said[name]["valid_from"], said[name].get("valid_until")
        if not isinstance(since, date) or not isinstance(until, date | None):
            raise _Unreadable(
                f"{folder.name}/schedule.toml",
                (
                    f"[{name}]: valid_from và valid_until là ngày viết như 2026-03-02",
                    f"[{name}]: valid_from and valid_until are dates written like 2026-03-02",
                ),
            )
        place = f"{folder.name}/{name}.csv"
        try:
            with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
                reader = csv.DictReader(stream, strict=True)
                rows = [(reader.line_num, row) for row in reader]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise _Unreadable(place, _why(error)) from error
        if missing := _COLUMNS[name] - frozenset(reader.fieldnames or ()):
            names = ", ".join(sorted(missing))
            raise _Unreadable(f"{place}:1", (f"thiếu cột {names}", f"no column {names}"))
        for line, row in rows:
            if None in row or None in row.values():
                raise _Unreadable(
                    f"{place}:{line}", ("nhiều hoặc ít ô hơn dòng đầu", "has more or fewer cells than the head")
                )
        yield _Table(folder.name, name, since, until, rows)


def _periods(table: _Table) -> Iterator[Problem]:
    if table.valid_until is not None and table.valid_until <= table.valid_from:
        place = f"{table.place}/schedule.toml"
        yield _broken("schedule_period_empty", place, table=table.name, until=table.valid_until, since=table.valid_from)


def _twice(table: _Table) -> Iterator[Problem]:
    key = "hs8" if table.name in ("codes", "rates") else ""
    first: dict[tuple[str, ...], int] = {}
    for line, row in table.rows:
        said = (row[key],) if key else tuple(row.values())
        if said in first:
            before = f"{table.name}.csv:{first[said]}"
            rule = "commodity_code_twice" if key else "schedule_row_twice"
            yield _broken(rule, _at(table, line), code=said[0], first=before)
        first.setdefault(said, line)


def _codes_twice(tables: list[_Table]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for table in tables:
        if table.name == "codes":
            for line, row in table.rows:
                if first.setdefault(row["hs8"], table.place) != table.place:
                    yield _broken("commodity_code_twice", _at(table, line), code=row["hs8"], first=first[row["hs8"]])


def _unknown(table: _Table, codes: set[str], instruments: frozenset[str]) -> Iterator[Problem]:
    citing = _CITING.get(table.name, "")
    for line, row in table.rows:
        if row.get("hs8", "") and row["hs8"] not in codes:
            yield _broken("commodity_code_unknown", _at(table, line), code=row["hs8"])
        if citing and row[citing] not in instruments:
            yield _broken("schedule_instrument_unknown", _at(table, line), number=row[citing])


def _printed(table: _Table, units: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    known: set[str] = set()
    for line, row in table.rows:
        for unit in filter(None, (name.strip() for name in row["unit"].split("/"))):
            if unit not in units:
                yield _broken("printed_unit_unknown", _at(table, line), unit=unit)
        for name, said in columns.items():
            text = row.get(name, "")
            if said["kind"] in _MARKS or text in known:
                continue
            try:
                parse_rate(text)
                known.add(text)
            except RateNotUnderstood:
                yield _broken("printed_rate_unknown", _at(table, line), column=name, text=text)


def _code_lists(folder: Path) -> Mapping[str, frozenset[str]]:
    values = values_from_files(folder, *_LIST_OF.values())
    return {column: frozenset(value.code for value in values[name]) for column, name in _LIST_OF.items()}


def _amounts(table: _Table, lists: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    """Tell what of a remedy's amount nobody can levy: a rate or amount that is none, a currency or unit that no list holds."""
    for line, row in table.rows:
        place = _at(table, line)
        try:
            parse_rate(row.get("rate", ""))
        except RateNotUnderstood:
            yield _broken("printed_rate_unknown", place, column="rate", text=row["rate"])
        said = [row.get(name, "") for name in SPECIFIC]
        if any(said) and not all(said):
            yield _broken("specific_incomplete", place)
        if said[0] and not _is_amount(said[0]):
            yield _broken("specific_unknown", place, text=said[0])
        for column, name in _LIST_OF.items():
            if (code := row.get(column, "")) and code not in lists[column]:
                yield _broken("specific_list_unknown", place, column=column, code=code, list=name)


def _is_amount(text: str) -> bool:
    try:
        return parse_scaled(text, 4) > 0
    except (NotAnAmount, AmountOverflow):
        return False


def _over_time(tables: list[_Table], columns: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[Problem]:
    """Tell where two schedules give a rate of one kind for one code on one day, or none between the end of one and the beginning of the next."""
    folders: dict[str, list[tuple[_Table, int, dict[str, str]]]] = {}
    for table in tables:
        for line, row in table.rows:
            folders.setdefault(row["hs8"], []).append((table, line, row))
    for code, rows in folders.items():
        if len(rows) < 2:
            continue
        by_kind: dict[tuple[str, str], list[tuple[_Table, int, str]]] = {}
        for table, line, row in rows:
            for name, said in columns[table.place].items():
                if row.get(name):
                    kind = (said["kind"], said.get("schedule", "") or said.get("agreement", ""))
                    by_kind.setdefault(kind, []).append((table, line, name))
        for said_rows in by_kind.values():
            yield from _neighbours(code, sorted(said_rows, key=lambda each: each[0].valid_from))


def _neighbours(code: str, rows: list[tuple[_Table, int, str]]) -> Iterator[Problem]:
    for (before, line_before, _), (after, line, column) in pairwise(rows):
        if before.place == after.place:
            continue
        if before.valid_until is None or before.valid_until > after.valid_from:
            first = _at(before, line_before)
            yield _broken("rates_overlap", _at(after, line), column=column, code=code, first=first, on=after.valid_from)
        elif before.valid_until < after.valid_from:
            days = {"until": before.valid_until, "since": after.valid_from}
            yield _broken("rates_silent", _at(after, line), column=column, code=code, **days)


def _at(table: _Table, line: int) -> str:
    return f"{table.place}/{table.name}.csv:{line}"


def _in(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _broken(rule: str, place: str, **facts: object) -> Problem:
    named = SCHEDULE_RULES[rule]
    return Problem(
        rule=rule,
        table=place.partition(":")[0],
        key=(),
        text_vi=named.text_vi.format(**facts),
        text_en=named.text_en.format(**facts),
        repair_vi=named.repair_vi.format(**facts),
        repair_en=named.repair_en.format(**facts),
        place=f"schedules/{place}" if place else "schedules",
    )
