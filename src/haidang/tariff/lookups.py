"""Reads of the tariff: the tariff of a day from PostgreSQL or straight from the files, and one measure for whoever traces an amount."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from psycopg import Connection

from haidang.reference import lookups as reference
from haidang.reference.terms import CodesOfDay
from haidang.tariff import store
from haidang.tariff.rules import coverage, schedule_members, tariff_of_day
from haidang.tariff.schedules import read_schedules
from haidang.tariff.terms import Measure, NoSuchMeasure, TariffBook, TariffOfDay

__all__ = ["book_from_files", "coverage", "measure", "read_tariff", "tariff_from_files"]


def read_tariff(connection: Connection[Any], version: int, on: date, codes: CodesOfDay | None = None) -> TariffOfDay:
    """Return the tariff of one Vietnamese calendar day as a version of the law book says it; about a second.

    A version whose loading changed no schedule reads like the one before it. `codes` are the code lists of the same version and day, for whoever
    holds them already; otherwise they are read.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    codes = codes or reference.read_codes(connection, version, on)
    schedules = codes.lists["tariff_schedule"].values()
    return tariff_of_day(
        on,
        store.read_codes(connection, version, on),
        store.read_measures(connection, version, on),
        store.read_controls(connection, version),
        store.read_controlled(connection, version, on),
        schedule_members(schedules, on),
    )


def measure(connection: Connection[Any], measure_id: int) -> Measure:
    """Return one row of the book, of whatever version: the printed text, the schedule and the instrument behind a rate.

    Raises:
        NoSuchMeasure: no version has a measure of this number.
    """
    if (found := store.read_measure(connection, measure_id)) is None:
        raise NoSuchMeasure(f"no measure {measure_id} in any version of the book")
    return found


@lru_cache(maxsize=2)
def book_from_files(lawbook: Path) -> TariffBook:
    """Return all schedules under a law book folder, of every date.

    Raises:
        ScheduleNotUnderstood: a schedule cannot be read.
    """
    return read_schedules(lawbook)


@lru_cache(maxsize=8)
def tariff_from_files(lawbook: Path, on: date) -> TariffOfDay:
    """Return the tariff of one day straight from the files: what `read_tariff` gives once this folder is loaded as the first version.

    Raises:
        ScheduleNotUnderstood: a schedule cannot be read.
    """
    book = book_from_files(lawbook)
    members = schedule_members(book.schedule_codes, on)
    return tariff_of_day(on, book.codes, book.measures, book.controls, book.controlled, members)
