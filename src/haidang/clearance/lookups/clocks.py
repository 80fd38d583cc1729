"""Clocks that run: open conditions with what they hang on, and what they would say under the figures of another day."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import psycopg
from msgspec import Struct

from haidang.clearance import store
from haidang.clearance.rules.conditions import TERMS, compile_conditions
from haidang.clearance.terms import ConditionKind
from haidang.kernel.calendar import WorkingCalendar
from haidang.reference.terms import Parameter


class OpenClock(Struct, frozen=True, kw_only=True):
    """One open condition of a declaration. `due_at` is None where no time is set."""

    declaration_no: str
    condition_no: int
    kind: ConditionKind
    opened_at: datetime
    due_at: datetime | None


def open_clocks(connection: psycopg.Connection[Any]) -> list[OpenClock]:
    """Return every open condition of one server, oldest first, as far as the role sees it."""
    return [
        OpenClock(
            declaration_no=f"{row[1]}{row[2]}",
            condition_no=row[3],
            kind=ConditionKind(row[4]),
            opened_at=row[5],
            due_at=row[6],
        )
        for row in store.select_open_clocks(connection)
    ]


class UnpaidTax(Struct, frozen=True, kw_only=True):
    """Tax that a declaration owes and that nothing waits for: it is secured, and `due_on` is its last day in time."""

    declaration_no: str
    registered_at: datetime
    due_on: date


def unpaid_taxes(connection: psycopg.Connection[Any]) -> list[UnpaidTax]:
    """Return secured taxes that are still owed, the first due first, as far as the role sees them."""
    return [
        UnpaidTax(declaration_no=f"{row[0]}{row[1]}", registered_at=row[2], due_on=row[3])
        for row in store.select_unpaid_clocks(connection)
    ]


def tax_hangs_on(tax: UnpaidTax, opening: Mapping[str, Parameter], calendar: WorkingCalendar) -> str:
    """Return the reason by which the last day of a secured tax was counted; empty when none gives that day (a guarantee that ends earlier)."""
    for trigger, term in TERMS.items():
        counted = term.kind is ConditionKind.TAX and term.length_parameter in opening
        if counted and last_day(trigger, tax.registered_at, opening, calendar) == tax.due_on:
            return trigger
    return ""


def last_day(
    trigger: str, opened_at: datetime, parameters: Mapping[str, Parameter], calendar: WorkingCalendar
) -> date | None:
    """Return the last Vietnamese day in time of a period by some figures; None when its figure is not among them."""
    if TERMS[trigger].length_parameter not in parameters:
        return None
    return compile_conditions(parameters, calendar, {trigger: TERMS[trigger]}).due_on(trigger, opened_at)


def hangs_on(clock: OpenClock, opening: Mapping[str, Parameter], calendar: WorkingCalendar) -> str:
    """Return the reason (trigger) for which a condition opened, by its kind and, where a kind has several, by its due time; empty when none fits.

    `opening` are the figures of the day on which it opened.
    """
    fitting = [
        trigger
        for trigger, term in TERMS.items()
        if term.kind is clock.kind and due_by(trigger, clock.opened_at, opening, calendar) == clock.due_at
    ]
    return fitting[0] if fitting else ""


def due_by(
    trigger: str, opened_at: datetime, parameters: Mapping[str, Parameter], calendar: WorkingCalendar
) -> datetime | None:
    """Return when a condition opened at an instant for a reason is due by some figures; None when no time is set, or its figure is not among them."""
    if TERMS[trigger].length_parameter and TERMS[trigger].length_parameter not in parameters:
        return None
    return compile_conditions(parameters, calendar, {trigger: TERMS[trigger]}).due_at(trigger, opened_at)


def figure_of(trigger: str) -> str:
    """Return the name of the figure that sets the time of a reason; empty where none does."""
    return TERMS[trigger].length_parameter


def counted_figures() -> frozenset[str]:
    """Return the names of all figures by which conditions are counted."""
    return frozenset(term.length_parameter for term in TERMS.values() if term.length_parameter)
