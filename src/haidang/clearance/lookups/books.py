"""The law of a day as one immutable book."""

import threading
from datetime import date
from typing import Any

import psycopg

from haidang.clearance.rules.conditions import compile_conditions
from haidang.clearance.rules.judging import DayBook
from haidang.kernel.calendar import WorkingCalendar
from haidang.reference import lookups as reference
from haidang.risk import lookups as risk
from haidang.risk import rules as risk_rules
from haidang.tariff import lookups as tariff
from haidang.taxes.rules import compile_treatments

__all__ = ["Books", "DayBook"]


class Books:
    """The law book of one version, day by day. A lane keeps one and asks it for the day of each batch.

    A day is read once and kept; another thread may read the next day ahead over its own connection. Books that follow one another share a `shelf`:
    then only what changed of the tariff costs its second.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        version: int | None = None,
        criteria_version: int | None = None,
        shelf: tariff.Shelf | None = None,
    ) -> None:
        self.shelf = shelf or tariff.Shelf()
        self._lock = threading.Lock()
        self._days: dict[date, DayBook] = {}
        self.version = version or reference.latest_version(connection)
        self.calendar = WorkingCalendar(
            reference.holidays(connection, self.version), reference.extra_workdays(connection, self.version)
        )
        self.criteria_version, self._criteria, self._shares = risk.read_criteria(connection, criteria_version)

    def is_outdated(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether a newer law book or newer criteria are loaded."""
        newest = (reference.latest_version(connection), risk.read_criteria(connection)[0])
        return newest != (self.version, self.criteria_version)

    def day(self, on: date, connection: psycopg.Connection[Any]) -> DayBook:
        """Return the law in force on a Vietnamese date, reading it over `connection` the first time."""
        book = self._days.get(on)
        if book is None:
            with self._lock:
                book = self._days.get(on) or self._read(on, connection)
        return book

    def _read(self, on: date, connection: psycopg.Connection[Any]) -> DayBook:
        codes = reference.read_codes(connection, self.version, on)
        book = DayBook(
            version=self.version,
            on=on,
            codes=codes,
            tariff=self.shelf.tariff(connection, self.version, on, codes),
            conditions=compile_conditions(codes.parameters, self.calendar),
            criteria=risk_rules.compile_criteria(self._criteria, on, self.criteria_version),
            shares=self._shares,
            treatments=compile_treatments(codes.lists),
        )
        kept = sorted(self._days)[-2:]
        self._days = {**{day: self._days[day] for day in kept}, on: book}
        return book
