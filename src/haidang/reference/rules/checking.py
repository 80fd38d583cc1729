"""Contradictions inside one law book. A rule has a name; its text is its error, with the repair, in Vietnamese and English."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import NamedTuple

from haidang.reference.terms import (
    BEGINNING,
    SAMPLE,
    Book,
    CodeValue,
    Instrument,
    Parameter,
    Problem,
    TariffLine,
)

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*", re.ASCII)

UNITS = frozenset(
    (
        *("day", "working_day", "working_hour", "hour", "minute", "month", "year", "day_of_month", "iso_weekday"),
        *("vnd", "bp", "bp_per_day", "decimals", "decimals_half_up", "yes_no", "count", "line", "currency_unit", "per_month"),
    )
)  # fmt: skip
"""Units that a figure of the law may be in."""


class Rule(NamedTuple):
    """One rule of the book: what is wrong when it is broken and what mends it; `{}` marks what is filled in."""

    text_vi: str
    text_en: str
    repair_vi: str
    repair_en: str


RULES: Mapping[str, Rule] = {
    "stands_twice": Rule(
        "{what}: có hai dòng", "{what}: stands twice",
        "Giữ một dòng, xóa dòng thừa.", "Keep one of the rows and delete the other.",
    ),
    "ends_before_it_begins": Rule(
        "{what}: đến {until}, không sau {since}", "{what}: until {until} is not after {since}",
        "Sửa ngày kết thúc: ngày đầu tiên không còn áp dụng.", "Correct the end: the first day on which it no longer stands.",
    ),
    "force_ends_before_it_begins": Rule(
        "{what}: có hiệu lực đến {until}, không sau {since}", "{what}: in force until {until}, not after {since}",
        "Sửa in_force_from hoặc in_force_until.", "Correct in_force_from or in_force_until.",
    ),
    "suspension_without_days": Rule(
        "{what}: tạm ngưng đến {until}, không sau ngày bắt đầu", "{what}: suspended until {until}, not after its beginning",
        "Ghi suspended_from trước suspended_until.", "Give a suspended_from that lies before suspended_until.",
    ),
    "two_on_one_day": Rule(
        "{what}: hai dòng cùng áp dụng ngày {on}", "{what}: two rows stand on {on}",
        "Kết thúc dòng cũ vào ngày dòng mới bắt đầu.", "End the old row on the day on which the new one begins.",
    ),
    "silent_between": Rule(
        "{what}: không có quy định từ {until} đến trước {since}", "{what}: nothing stands from {until} to the day before {since}",
        "Kéo dài dòng cũ, cho dòng mới bắt đầu sớm hơn, hoặc thêm dòng ở giữa.", "Let the old row last longer, the new one begin earlier, or add one between.",
    ),
    "instrument_unknown": Rule(
        "{what}: không có văn bản {number} trong sách", "{what}: {number} is no instrument of the book",
        "Thêm văn bản vào instruments.csv, hoặc sửa số hiệu.", "Add the instrument to instruments.csv, or correct its number.",
    ),
    "list_source_unknown": Rule(
        "{what}: nguồn {number} không có trong sách", "{what}: source {number} is no instrument of the book",
        "Thêm nguồn vào instruments.csv, hoặc sửa số hiệu.", "Add the source to instruments.csv, or correct its number.",
    ),
    "before_its_instrument": Rule(
        "{what}: áp dụng từ {since}, nhưng {number} có hiệu lực từ {force}", "{what}: stands from {since}, but {number} is in force from {force}",
        "Cho dòng bắt đầu từ ngày văn bản có hiệu lực, hoặc dẫn văn bản trước đó.", "Let the row begin with its instrument, or cite the one before.",
    ),
    "after_its_instrument": Rule(
        "{what}: áp dụng đến {until}, nhưng {number} có hiệu lực đến {force}", "{what}: stands until {until}, but {number} is in force until {force}",
        "Kết thúc dòng cùng văn bản và thêm dòng của văn bản thay thế.", "End the row with its instrument and add the row of what replaces it.",
    ),
    "while_suspended": Rule(
        "{what}: áp dụng khi {number} bị tạm ngưng, từ {force}", "{what}: stands while {number} is suspended, from {force}",
        "Kết thúc dòng vào ngày tạm ngưng và thêm dòng của văn bản áp dụng trở lại.",
        "End the row on the day of the suspension and add the row of what applies again.",
    ),
    "sample_or_law": Rule(
        "{what}: dòng mẫu lại dẫn {number}, hoặc dòng không đánh dấu mẫu lại dẫn 'sample'",
        "{what}: a sample cites {number}, or a row without the mark cites 'sample'",
        "Đánh dấu sample=yes khi và chỉ khi nguồn là sample.", "Mark sample=yes if and only if the source is sample.",
    ),
    "name_not_plain": Rule(
        "{what}: tên chỉ gồm a-z, 0-9, _ và .", "{what}: name is not made of a-z, 0-9, _ and .",
        "Đổi tên, ví dụ draft.kept.", "Rename it, for example draft.kept.",
    ),
    "unit_unknown": Rule(
        "{what}: đơn vị {unit} chưa biết", "{what}: unit {unit} is not known",
        "Dùng một trong các đơn vị của sách luật: " + ", ".join(sorted(UNITS)), "Use one of the units of the law book: " + ", ".join(sorted(UNITS)),
    ),
    "base_unit_unknown": Rule(
        "{what}: đơn vị gốc {unit} không có trong danh mục unit", "{what}: base unit {unit} is not in the list unit",
        "Thêm đơn vị gốc vào codes/unit.csv, hoặc sửa base_unit.", "Add the base unit to codes/unit.csv, or correct base_unit.",
    ),
    "draft_empty": Rule(
        "{what}: chưa có dòng nào", "{what}: holds no row",
        "Thêm dòng: haidang lawbook draft set.", "Add rows: haidang lawbook draft set.",
    ),
    "row_stale": Rule(
        "{what}: sách luật đã đổi dòng này sau phiên bản {version}", "{what}: the book has changed this row since version {version}",
        "Lập dự thảo mới trên phiên bản mới nhất.", "Make a new draft on the newest version.",
    ),
    "row_changes_nothing": Rule(
        "{what}: không khác sách luật", "{what}: says what the book says",
        "Bỏ dòng này khỏi dự thảo (--drop), hoặc sửa nó.", "Take the row out of the draft (--drop), or change it.",
    ),
    "table_unknown": Rule(
        "{what}: không có bảng này", "{what}: no such table",
        "Dùng instruments, parameters, holidays, lists, tariff_lines, hoặc codes/<danh mục>.", "Use instruments, parameters, holidays, lists, tariff_lines, or codes/<list>.",
    ),
    "column_unknown": Rule(
        "{what}: bảng không có cột {column}", "{what}: the table has no column {column}",
        "Xem tên cột trong docs/lawbook.md.", "See the names of columns in docs/lawbook.md.",
    ),
    "row_unknown": Rule(
        "{what}: sách luật không có dòng này để bỏ", "{what}: the book has no such row to take out",
        "Sửa khóa của dòng: xem haidang lawbook as-of.", "Correct the key of the row: see haidang lawbook as-of.",
    ),
    "tariff_reads_it": Rule(
        "{what}: biểu thuế được đọc cùng danh mục này", "{what}: the tariff is read with this list",
        "Sửa tệp và nạp bằng haidang lawbook load, để biểu thuế được đọc lại.", "Change the file and load it with haidang lawbook load, so that the tariff is read again.",
    ),
    "draft_not_written": Rule(
        "{what}: dự thảo {draft} đã ban hành khác với tệp", "{what}: draft {draft} was published and the files say otherwise",
        "Ghi dự thảo vào tệp: haidang lawbook draft write.", "Write the draft into the files: haidang lawbook draft write.",
    ),
    "list_unknown": Rule(
        "{what}: lists.csv không có danh mục này", "{what}: no such list in lists.csv",
        "Thêm danh mục vào lists.csv.", "Add the list to lists.csv.",
    ),
    "not_a_weekend": Rule(
        "{what}: {weekday} không thể là ngày làm việc bù", "{what}: a {weekday} cannot be worked instead of another day",
        "Ghi ngày thứ bảy hoặc chủ nhật, hoặc working=no.", "Give a Saturday or Sunday, or working=no.",
    ),
}  # fmt: skip
"""Every rule by name."""

_Place = tuple[str, tuple[str, ...]]


def check(book: Book) -> list[Problem]:
    """Return a problem for each contradiction in the book; none means that it may be loaded.

    Looked for: one thing said twice, periods that end before they begin, overlap of two rows on one key, days on which a parameter is
    silent between two rows, units nobody knows, a source that is no instrument of the book, a sample that cites the law, and a value that stands
    on days on which its instrument was not in force or was suspended.
    """
    instruments = {row.number: row for row in book.instruments}
    return [
        *_twice("instrument", "instruments", [(row.number,) for row in book.instruments]),
        *_twice("list", "lists", [(row.name,) for row in book.lists]),
        *_twice("holiday", "holidays", [(row.on.isoformat(),) for row in book.holidays]),
        *_instruments(book.instruments),
        *_holidays(book),
        *_parameters(book.parameters),
        *_lists(book, instruments),
        *_citations(book, instruments),
        *_twice("tariff line", "tariff_lines", [_place(row)[1] for row in book.lines]),
        *_periods(
            [(f"tariff line {' '.join(_place(row)[1][:2])}", _place(row), row) for row in book.lines], gaps=False
        ),
        *_periods([(f"parameter {row.name}", _place(row), row) for row in book.parameters], gaps=True),
        *_periods([(f"{row.list_name} {row.code}", _place(row), row) for row in book.codes], gaps=False),
    ]


def broken(rule: str, place: _Place, **facts: object) -> Problem:
    """Return that a rule is broken by the row at a place: (table, key)."""
    named = RULES[rule]
    return Problem(
        rule=rule,
        table=place[0],
        key=place[1],
        text_vi=named.text_vi.format(**{**facts, "what": _in_vietnamese(facts.get("what", ""))}),
        text_en=named.text_en.format(**facts),
        repair_vi=named.repair_vi,
        repair_en=named.repair_en,
    )


_NOUNS = {
    "instrument": "văn bản", "list": "danh mục", "holiday": "ngày nghỉ", "parameter": "tham số", "tariff line": "dòng biểu thuế",
}  # fmt: skip


def _in_vietnamese(what: object) -> str:
    """Return what a rule speaks of with its noun in Vietnamese; a code of a list is named as it is."""
    text = str(what)
    noun = next((noun for noun in _NOUNS if text.startswith(f"{noun} ")), "")
    return _NOUNS[noun] + text.removeprefix(noun) if noun else text


def _place(row: Parameter | CodeValue | TariffLine) -> _Place:
    if isinstance(row, TariffLine):
        return "tariff_lines", (row.commodity_code, row.schedule_code, row.valid_from.isoformat())
    since = "" if row.valid_from == BEGINNING else row.valid_from.isoformat()
    return (
        ("parameters", (row.name, since))
        if isinstance(row, Parameter)
        else (f"codes/{row.list_name}", (row.code, since))
    )


def _twice(what: str, table: str, keys: Sequence[tuple[str, ...]]) -> Iterator[Problem]:
    for key in sorted(key for key, count in Counter(keys).items() if count > 1):
        yield broken("stands_twice", (table, key), what=f"{what} {' '.join(key)}")


def _instruments(rows: Iterable[Instrument]) -> Iterator[Problem]:
    for row in rows:
        place, what = ("instruments", (row.number,)), f"instrument {row.number}"
        if row.in_force_from and row.in_force_until and row.in_force_until <= row.in_force_from:
            yield broken(
                "force_ends_before_it_begins", place, what=what, until=row.in_force_until, since=row.in_force_from
            )
        if row.suspended_until and (row.suspended_from is None or row.suspended_until <= row.suspended_from):
            yield broken("suspension_without_days", place, what=what, until=row.suspended_until)


def _holidays(book: Book) -> Iterator[Problem]:
    for row in book.holidays:
        if row.working and row.on.weekday() < 5:
            day = row.on.isoformat()
            yield broken("not_a_weekend", ("holidays", (day,)), what=f"holiday {day}", weekday=f"{row.on:%A}")


def _parameters(rows: Iterable[Parameter]) -> Iterator[Problem]:
    for row in rows:
        if not _NAME.fullmatch(row.name):
            yield broken("name_not_plain", _place(row), what=f"parameter {row.name}")
        if row.unit not in UNITS:
            yield broken("unit_unknown", _place(row), what=f"parameter {row.name}", unit=row.unit)


def _lists(book: Book, instruments: Mapping[str, Instrument]) -> Iterator[Problem]:
    lists = {row.name for row in book.lists}
    for row in book.codes:
        if row.list_name not in lists:
            yield broken("list_unknown", _place(row), what=f"{row.list_name} {row.code}")
    for of in book.lists:
        if of.source != SAMPLE and of.source not in instruments:
            yield broken("list_source_unknown", ("lists", (of.name,)), what=f"list {of.name}", number=of.source)
    units = {row.code for row in book.codes if row.list_name == "unit"}
    for row in book.codes:
        if (base := row.attributes.get("base_unit")) and base not in units:
            yield broken("base_unit_unknown", _place(row), what=f"{row.list_name} {row.code}", unit=base)


def _citations(book: Book, instruments: Mapping[str, Instrument]) -> Iterator[Problem]:
    for row in book.codes:
        if row.sample != (row.source == SAMPLE):
            yield broken("sample_or_law", _place(row), what=f"{row.list_name} {row.code}", number=row.source)
    cited: list[tuple[str, _Place, str, Parameter | CodeValue | TariffLine | None]] = [
        (f"parameter {row.name}", _place(row), row.citation.instrument, row) for row in book.parameters
    ]
    cited += [(f"{row.list_name} {row.code}", _place(row), row.source, row) for row in book.codes]
    cited += [
        (f"tariff line {' '.join(_place(row)[1][:2])}", _place(row), row.citation.instrument, row) for row in book.lines
    ]
    cited += [
        (f"holiday {day.on}", ("holidays", (day.on.isoformat(),)), day.citation.instrument, None)
        for day in book.holidays
    ]
    for what, place, number, row_or_none in cited:
        if number == SAMPLE:
            continue
        instrument = instruments.get(number)
        if instrument is None:
            yield broken("instrument_unknown", place, what=what, number=number)
        elif row_or_none is not None:
            yield from _outside(what, place, row_or_none, instrument)


def _outside(what: str, place: _Place, row: Parameter | CodeValue | TariffLine, of: Instrument) -> Iterator[Problem]:
    until = row.valid_until or date.max
    if of.in_force_from and BEGINNING < row.valid_from < of.in_force_from:
        yield broken(
            "before_its_instrument", place, what=what, since=row.valid_from, number=of.number, force=of.in_force_from
        )
    elif of.in_force_until and until > of.in_force_until:
        end = row.valid_until or "further notice"
        yield broken("after_its_instrument", place, what=what, until=end, number=of.number, force=of.in_force_until)
    elif of.suspended_from and until > of.suspended_from and row.valid_from < (of.suspended_until or date.max):
        yield broken("while_suspended", place, what=what, number=of.number, force=of.suspended_from)


def _periods(rows: Sequence[tuple[str, _Place, Parameter | CodeValue | TariffLine]], gaps: bool) -> Iterator[Problem]:
    for what, place, row in rows:
        if row.valid_until is not None and row.valid_until <= row.valid_from:
            yield broken("ends_before_it_begins", place, what=what, until=row.valid_until, since=row.valid_from)
    ordered = sorted(rows, key=lambda each: (each[0], each[2].valid_from))
    for what, group in groupby(ordered, key=lambda each: each[0]):
        for (_, _, before), (_, place, after) in pairwise(group):
            if before.valid_until is None or before.valid_until > after.valid_from:
                yield broken("two_on_one_day", place, what=what, on=after.valid_from)
            elif gaps and before.valid_until < after.valid_from:
                yield broken("silent_between", place, what=what, until=before.valid_until, since=after.valid_from)
