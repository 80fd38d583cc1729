"""What binds on one day: instruments by where they stand, figures with their citation, and what offices, forms and kinds are called that day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum

from msgspec import Struct

from haidang.reference.rules.standing import stands
from haidang.reference.terms import Book, CodeValue, Instrument, Parameter

NAMED = ("customs_region", "customs_office", "form", "declaration_kind")
"""Lists whose names the law changes while their codes stay: they are shown as they were called on the day."""


class Force(StrEnum):
    """Where an instrument stands on a day. `REVIVED` is in force again after a suspension; `UNDATED` binds by no day that is on file."""

    IN_FORCE = "in_force"
    REVIVED = "revived"
    SUSPENDED = "suspended"
    ENDED = "ended"
    NOT_YET = "not_yet"
    UNDATED = "undated"


class LawOfDay(Struct, frozen=True):
    """The law on one Vietnamese calendar day. `instruments` holds every instrument of the book, `names` the codes of some lists that stand."""

    on: date
    instruments: Mapping[Force, tuple[Instrument, ...]]
    parameters: tuple[Parameter, ...]
    names: Mapping[str, tuple[CodeValue, ...]]


def force_of(instrument: Instrument, on: date) -> Force:
    """Return where an instrument stands on a day: an end beats a suspension, a suspension beats force.

    Before a suspension or an end that is on file an instrument was in force, even if its first day is not.
    """
    if instrument.in_force_until is not None and instrument.in_force_until <= on:
        return Force.ENDED
    if instrument.in_force_from is not None and on < instrument.in_force_from:
        return Force.NOT_YET
    if instrument.suspended_from is not None and instrument.suspended_from <= on:
        over = instrument.suspended_until is not None and instrument.suspended_until <= on
        return Force.REVIVED if over else Force.SUSPENDED
    dated = (instrument.in_force_from, instrument.in_force_until, instrument.suspended_from)
    return Force.IN_FORCE if any(dated) else Force.UNDATED


def law_of_day(book: Book, on: date, lists: Sequence[str] = NAMED) -> LawOfDay:
    """Return what a book says of one day: every instrument, the figures that stand, and the codes that stand of the lists asked for."""
    instruments: dict[Force, list[Instrument]] = {force: [] for force in Force}
    for row in book.instruments:
        instruments[force_of(row, on)].append(row)
    wanted = frozenset(lists)
    standing: dict[str, list[CodeValue]] = {name: [] for name in lists}
    for value in book.codes:
        if value.list_name in wanted and stands(value, on):
            standing[value.list_name].append(value)
    return LawOfDay(
        on=on,
        instruments={force: tuple(rows) for force, rows in instruments.items()},
        parameters=tuple(sorted((row for row in book.parameters if stands(row, on)), key=lambda row: row.name)),
        names={name: tuple(sorted(values, key=lambda value: value.code)) for name, values in standing.items()},
    )


def history_of(codes: Iterable[CodeValue], list_name: str, code: str) -> tuple[CodeValue, ...]:
    """Return everything that one code of a list was, is and will be called, in the order of its days."""
    found = (value for value in codes if value.list_name == list_name and value.code == code)
    return tuple(sorted(found, key=lambda value: value.valid_from))
