"""Contradictions inside one law book, and the differences between two, in words."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise

from haidang.reference.terms import (
    BEGINNING,
    SAMPLE,
    Book,
    CodeList,
    CodeValue,
    Holiday,
    Instrument,
    Parameter,
)

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*", re.ASCII)


def check(book: Book) -> list[str]:
    """Return a sentence for each contradiction in the book; none means that it may be loaded.

    Looked for: one thing said twice, periods that end before they begin, overlap of two rows on one key, days on which a parameter is
    silent between two rows, a source that is no instrument of the book, a sample that cites the law, and a value that stands on days on which
    its instrument was not in force or was suspended.
    """
    instruments = {row.number: row for row in book.instruments}
    lists = {row.name for row in book.lists}
    problems = _twice("instrument", [row.number for row in book.instruments])
    problems += _twice("list", [row.name for row in book.lists])
    problems += _twice("holiday", [row.on.isoformat() for row in book.holidays])
    problems += [
        f"instrument {row.number}: in force until {row.in_force_until}, not after {row.in_force_from}"
        for row in book.instruments
        if row.in_force_from and row.in_force_until and row.in_force_until <= row.in_force_from
    ]
    problems += [
        f"holiday {row.on}: a {row.on:%A} cannot be worked instead of another day"
        for row in book.holidays
        if row.working and row.on.weekday() < 5
    ]
    problems += [
        f"parameter {row.name}: name is not made of a-z, 0-9, _ and ."
        for row in book.parameters
        if not _NAME.fullmatch(row.name)
    ]
    problems += [
        f"{row.list_name} {row.code}: no such list in lists.csv" for row in book.codes if row.list_name not in lists
    ]
    problems += [
        f"list {row.name}: source {row.source} is no instrument of the book"
        for row in book.lists
        if row.source not in (*instruments, SAMPLE)
    ]
    problems += _citations(book, instruments)
    problems += _periods([(f"parameter {row.name}", row) for row in book.parameters], gaps=True)
    problems += _periods([(f"{row.list_name} {row.code}", row) for row in book.codes], gaps=False)
    return problems


def _twice(what: str, keys: Sequence[str]) -> list[str]:
    return [f"{what} {key}: stands twice" for key in sorted({key for key in keys if keys.count(key) > 1})]


def _citations(book: Book, instruments: Mapping[str, Instrument]) -> list[str]:
    cited: list[tuple[str, str, Parameter | CodeValue | None]] = [
        (f"parameter {row.name}", row.citation.instrument, row) for row in book.parameters
    ]
    cited += [(f"{row.list_name} {row.code}", row.source, row) for row in book.codes]
    cited += [(f"holiday {row.on}", row.citation.instrument, None) for row in book.holidays]
    problems = [
        f"{row.list_name} {row.code}: a sample cites {row.source}, or a row without the mark cites {SAMPLE!r}"
        for row in book.codes
        if row.sample != (row.source == SAMPLE)
    ]
    for what, number, row in cited:
        if number == SAMPLE:
            continue
        instrument = instruments.get(number)
        if instrument is None:
            problems.append(f"{what}: {number} is no instrument of the book")
        elif row is not None and (why := _outside(row, instrument)):
            problems.append(f"{what}: {why}")
    return problems


def _outside(row: Parameter | CodeValue, of: Instrument) -> str:
    until = row.valid_until or date.max
    if of.in_force_from and BEGINNING < row.valid_from < of.in_force_from:
        return f"stands from {row.valid_from}, but {of.number} is in force from {of.in_force_from}"
    if of.in_force_until and until > of.in_force_until:
        return (
            f"stands until {row.valid_until or 'further notice'}, but {of.number} is in force until {of.in_force_until}"
        )
    if of.suspended_from and until > of.suspended_from and row.valid_from < (of.suspended_until or date.max):
        return f"stands while {of.number} is suspended, from {of.suspended_from}"
    return ""


def _periods(rows: Sequence[tuple[str, Parameter | CodeValue]], gaps: bool) -> list[str]:
    problems = [
        f"{key}: until {row.valid_until} is not after {row.valid_from}"
        for key, row in rows
        if row.valid_until is not None and row.valid_until <= row.valid_from
    ]
    ordered = sorted(rows, key=lambda pair: (pair[0], pair[1].valid_from))
    for key, group in groupby(ordered, key=lambda pair: pair[0]):
        for (_, before), (_, after) in pairwise(group):
            if before.valid_until is None or before.valid_until > after.valid_from:
                problems.append(f"{key}: two rows stand on {after.valid_from}")
            elif gaps and before.valid_until < after.valid_from:
                problems.append(f"{key}: nothing stands from {before.valid_until} to the day before {after.valid_from}")
    return problems


def diff(old: Book | None, new: Book) -> list[str]:
    """Return what a new book changes, one line each: `+` comes in, `-` goes out. Lines of one thing stand together.

    Without an old book each part is only counted.
    """
    if old is None:
        return [f"+ {len(rows)} {what}" for what, rows in _parts(new)]
    lines = []
    for (_, before), (_, after) in zip(_parts(old), _parts(new), strict=True):
        gone, come = set(map(_line, before)), set(map(_line, after))
        changed = [(text, "-") for text in gone - come] + [(text, "+") for text in come - gone]
        lines += [
            f"{sign} {text}"
            for text, sign in sorted(changed, key=lambda pair: (pair[0].split(" = ")[0], pair[1] == "+"))
        ]
    return lines


def _parts(book: Book) -> tuple[tuple[str, Sequence[Instrument | Parameter | Holiday | CodeList | CodeValue]], ...]:
    return (
        ("instruments", book.instruments),
        ("parameters", book.parameters),
        ("holidays", book.holidays),
        ("code lists", book.lists),
        ("codes", book.codes),
    )


def _line(row: Instrument | Parameter | Holiday | CodeList | CodeValue) -> str:
    match row:
        case Instrument():
            force = _span(row.in_force_from or BEGINNING, row.in_force_until)
            pause = f", suspended {_span(row.suspended_from, row.suspended_until)}" if row.suspended_from else ""
            return f"instrument {row.number} = {row.title_vi} ({row.kind}, {row.issuer}), in force {force}{pause}{_mark(row.verified)}"
        case Parameter():
            law = f"{row.citation.instrument} {row.citation.article}".strip()
            return f"parameter {row.name} = {row.value} {row.unit} {_span(row.valid_from, row.valid_until)} ({law}){_mark(row.citation.verified)}"
        case Holiday():
            what = "working day" if row.working else "day off"
            return f"holiday {row.on} = {what}, {row.name_vi} ({row.citation.instrument}){_mark(row.citation.verified)}"
        case CodeList():
            return f"list {row.name} = {row.name_vi} / {row.name_en} ({row.source}){_mark(row.verified)}"
        case CodeValue():
            extra = "".join(f", {name} {text}" for name, text in sorted(row.attributes.items()))
            span = _span(row.valid_from, row.valid_until)
            return f"code {row.list_name} {row.code} = {row.name_vi} / {row.name_en}{extra} {span} ({row.source}){_mark(row.verified)}"


def _span(start: date, end: date | None) -> str:
    since = "always" if start == BEGINNING else f"from {start}"
    return f"{since} until {end}" if end else since


def _mark(verified: bool) -> str:
    return "" if verified else " [unverified]"
