"""Reads of the tariff: the tariff of a day from PostgreSQL or straight from the files, and one measure for whoever traces an amount."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from psycopg import Connection

from haidang.reference import lookups as reference
from haidang.reference.terms import CodesOfDay, CodeValue, TariffLine
from haidang.tariff import store
from haidang.tariff.lines import Nomenclature, measures_of_line, vat_codes
from haidang.tariff.rules import LINES, coverage, numbered, schedule_members, tariff_of_day
from haidang.tariff.schedules import read_schedules
from haidang.tariff.terms import Measure, NoSuchMeasure, TariffBook, TariffOfDay, Title
from haidang.tariff.titles import TITLES, titles_of

__all__ = ["Shelf", "book_from_files", "book_of_version", "coverage", "measure", "tariff_from_files"]


class Shelf:
    """Tariffs that were read, for whoever asks day after day and version after version: on most days, and in most versions, nothing changed.

    What was read is not read again, so whoever must see the tables as they are now takes a shelf of its own. Any thread may ask.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], TariffOfDay] = {}

    def tariff(self, connection: Connection[Any], version: int, on: date, codes: CodesOfDay) -> TariffOfDay:
        """Return the tariff of one Vietnamese calendar day as a version of the law book says it; a second when it has to be read.

        `codes` are the code lists of the same version and day.
        """
        changed_in, since = store.unchanged_since(connection, version, on)
        members = schedule_members(codes.lists["tariff_schedule"].values(), on)
        key = (reference.history(connection, changed_in), since, frozenset(members.items()))
        found = self._kept.get(key) or _read(connection, version, on, members)
        others = [(kept, tariff) for kept, tariff in list(self._kept.items()) if kept != key]
        self._kept = dict([*others[1 - _SHELVED :], (key, found)])
        return found if found.on == on else replace(found, on=on)


def tariff_with(
    connection: Connection[Any], version: int, on: date, codes: CodesOfDay, lines: Sequence[TariffLine]
) -> TariffOfDay:
    """Return the tariff of a day as a version would say it with other tariff lines; their measures have numbers that no version has.

    Raises:
        RateNotUnderstood: a rate cannot be read.
    """
    vat = vat_codes(codes.lists["vat_code"].values())
    issued = (each for each in store.read_measures(connection, version, on) if each.schedule != LINES)
    made = numbered(
        (each for line in lines for each in measures_of_line(line, vat)), store.last_measure_id(connection) + 1
    )
    return tariff_of_day(
        on,
        store.read_codes(connection, version, on),
        chain(issued, made),
        store.read_controls(connection, version),
        store.read_controlled(connection, version, on),
        schedule_members(codes.lists["tariff_schedule"].values(), on),
    )


def nomenclature(connection: Connection[Any], version: int, commodity_codes: Sequence[str]) -> Nomenclature:
    """Return what tariff lines of some codes are held against in a version: the codes, their measures as issued, and the lists."""
    lists = reference.values_of_lists(connection, version, "tariff_schedule", "unit", "currency", "vat_code")
    wanted = list(commodity_codes)
    return Nomenclature(
        codes=tuple(store.read_codes_of(connection, version, wanted)),
        measures=tuple(each for each in store.read_measures_of(connection, version, wanted) if each.schedule != LINES),
        **_read_with(lists),
    )


def nomenclature_from_files(lawbook: Path) -> Nomenclature:
    """Return what tariff lines of a law book folder are held against.

    Raises:
        ScheduleNotUnderstood, UnreadableLawbook: a file cannot be read.
    """
    lists = reference.values_from_files(lawbook, "tariff_schedule", "unit", "currency", "vat_code")
    book = read_schedules(lawbook, ())
    return Nomenclature(
        codes=book.codes,
        measures=book.measures,
        **_read_with(lists),
    )


def _read_with(lists: Mapping[str, Iterable[CodeValue]]) -> dict[str, Any]:
    schedules, units, currencies = (
        frozenset(value.code for value in lists[name]) for name in ("tariff_schedule", "unit", "currency")
    )
    return {"schedules": schedules, "units": units, "currencies": currencies, "vat": vat_codes(lists["vat_code"])}


_SHELVED = 3
"""Tariffs on a shelf: yesterday's, today's and tomorrow's when each differs."""


def _read(connection: Connection[Any], version: int, on: date, members: dict[str, frozenset[str]]) -> TariffOfDay:
    return tariff_of_day(
        on,
        store.read_codes(connection, version, on),
        store.read_measures(connection, version, on),
        store.read_controls(connection, version),
        store.read_controlled(connection, version, on),
        members,
    )


def suggest(connection: Connection[Any], version: int, on: date, typed: str, count: int) -> list[tuple[str, str]]:
    """Return (eight digits, name) of codes of the day that begin with the digits typed and whose names hold the words typed, in order."""
    words = re.findall(r"[^\W_]+", typed)
    digits = "".join(word for word in words if word.isascii() and word.isdigit())
    return store.suggest(connection, version, on, digits, [word for word in words if not word.isdigit()], count)


def measure(connection: Connection[Any], measure_id: int) -> Measure:
    """Return one row of the book, of whatever version: the printed text, the schedule and the instrument behind a rate.

    Raises:
        NoSuchMeasure: no version has a measure of this number.
    """
    if (found := store.read_measure(connection, measure_id)) is None:
        raise NoSuchMeasure(f"no measure {measure_id} in any version of the book")
    return found


def book_of_version(connection: Connection[Any], version: int, schedule_codes: Iterable[CodeValue]) -> TariffBook:
    """Return all schedules of a version, of every date; `schedule_codes` are the values of its list `tariff_schedule`. Seconds."""
    return TariffBook(
        codes=tuple(store.read_codes(connection, version)),
        measures=tuple(sorted(store.read_measures(connection, version), key=lambda row: row.commodity_code)),
        controls=tuple(store.read_controls(connection, version)),
        controlled=tuple(store.read_controlled(connection, version)),
        schedule_codes=tuple(schedule_codes),
    )


@lru_cache(maxsize=2)
def book_from_files(lawbook: Path) -> TariffBook:
    """Return all schedules under a law book folder, of every date.

    Raises:
        ScheduleNotUnderstood: a schedule cannot be read.
    """
    return read_schedules(lawbook)


def titles_from_files(lawbook: Path, on: date | None = None) -> tuple[Title, ...]:
    """Return the short titles of a law book folder, of one Vietnamese calendar day or, without one, the last of each step; none where it has no such list.

    Raises:
        UnreadableLawbook: the list cannot be read.
    """
    return titles_of(reference.values_from_files(lawbook, TITLES).get(TITLES, ()), on)


@lru_cache(maxsize=8)
def tariff_from_files(lawbook: Path, on: date) -> TariffOfDay:
    """Return the tariff of one day straight from the files: what a shelf gives once this folder is loaded as the first version.

    Raises:
        ScheduleNotUnderstood: a schedule cannot be read.
    """
    book = book_from_files(lawbook)
    members = schedule_members(book.schedule_codes, on)
    return tariff_of_day(on, book.codes, book.measures, book.controls, book.controlled, members)
