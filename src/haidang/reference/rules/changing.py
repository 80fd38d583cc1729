"""What changes from one book to another, or from one day to another: one `Change` each, grouped, with what was said before and what is said after."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from haidang.kernel.money import format_scaled
from haidang.reference.rules.as_of import force_of
from haidang.reference.rules.standing import stands
from haidang.reference.terms import BEGINNING, Book, CodeList, CodeValue, Holiday, Instrument, Parameter, TariffLine

Row = Instrument | Parameter | Holiday | CodeList | CodeValue | TariffLine
R = TypeVar("R", Instrument, Parameter, Holiday, CodeList, CodeValue, TariffLine)


class Group(StrEnum):
    """The parts of the book in which changes are told, in the order of telling."""

    INSTRUMENTS = "instruments"
    PARAMETERS = "parameters"
    HOLIDAYS = "holidays"
    LISTS = "lists"
    CODES = "codes"
    TARIFF_LINES = "tariff_lines"
    TARIFF = "tariff"


class Turn(StrEnum):
    """What became of one thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(Struct, frozen=True, order=True):
    """One thing that is said otherwise. `key` names it (`draft.kept`, `country AN`), `since` tells rows of one thing apart (empty: of every day).

    `before` and `after` are what was and is said, in words; empty for what was added or removed.
    """

    group: Group
    key: str
    since: str
    before: str
    after: str

    @property
    def turn(self) -> Turn:
        """Whether it was added, removed or changed."""
        if not self.before:
            return Turn.ADDED
        return Turn.CHANGED if self.after else Turn.REMOVED


def changes(old: Book, new: Book) -> tuple[Change, ...]:
    """Return what a new book says otherwise than an old one, of every date: a row is known by its name and first day."""
    return (
        *_pairs(Group.INSTRUMENTS, old.instruments, new.instruments, lambda row: (row.number, "")),
        *_pairs(Group.PARAMETERS, old.parameters, new.parameters, lambda row: (row.name, _day(row.valid_from))),
        *_pairs(Group.HOLIDAYS, old.holidays, new.holidays, lambda row: (row.on.isoformat(), "")),
        *_pairs(Group.LISTS, old.lists, new.lists, lambda row: (row.name, "")),
        *_pairs(Group.CODES, old.codes, new.codes, lambda row: (f"{row.list_name} {row.code}", _day(row.valid_from))),
        *_pairs(
            Group.TARIFF_LINES, old.lines, new.lines,
            lambda row: (f"{row.commodity_code} {row.schedule_code}", _day(row.valid_from)),
        ),
    )  # fmt: skip


def changes_of_days(book: Book, before: date, after: date) -> tuple[Change, ...]:
    """Return what one book says of a day otherwise than of an earlier day: where instruments stand, figures, codes and their names."""
    forces = (
        Change(Group.INSTRUMENTS, row.number, "", force_of(row, before).value, force_of(row, after).value)
        for row in book.instruments
        if force_of(row, before) is not force_of(row, after)
    )
    figures = [{row.name: row for row in book.parameters if stands(row, on)} for on in (before, after)]
    codes = [
        {f"{value.list_name} {value.code}": value for value in book.codes if stands(value, on)}
        for on in (before, after)
    ]
    return (
        *sorted(forces),
        *_differing(Group.PARAMETERS, figures[0], figures[1], said),
        *_differing(Group.CODES, codes[0], codes[1], said),
    )


def counted(found: Iterable[Change]) -> dict[str, dict[str, int]]:
    """Return how many changes of each turn there are in each group; a group without any is left out."""
    counts: dict[str, dict[str, int]] = {}
    for change in found:
        turns = counts.setdefault(change.group.value, dict.fromkeys((turn.value for turn in Turn), 0))
        turns[change.turn.value] += 1
    return counts


def said(row: Row) -> str:
    """Return what a row says, in words, without its key."""
    match row:
        case Instrument():
            force = _span(row.in_force_from or BEGINNING, row.in_force_until)
            pause = f", suspended {_span(row.suspended_from, row.suspended_until)}" if row.suspended_from else ""
            return f"{row.title_vi} ({row.kind}, {row.issuer}), in force {force}{pause}{_mark(row.verified)}{_noted(row.note)}"
        case Parameter():
            law = f"{row.citation.instrument} {row.citation.article}".strip()
            return (
                f"{row.value} {row.unit} {_span(row.valid_from, row.valid_until)} ({law})"
                f"{_mark(row.citation.verified)}{_noted(row.note)}"
            )
        case TariffLine():
            law = f"{row.citation.instrument} {row.citation.article}".strip()
            return f"{rate_said(row)} {_span(row.valid_from, row.valid_until)} ({law}){_mark(row.citation.verified)}{_noted(row.note)}"
        case Holiday():
            what = "working day" if row.working else "day off"
            return f"{what}, {row.name_vi} ({row.citation.instrument}){_mark(row.citation.verified)}"
        case CodeList():
            return f"{row.name_vi} / {row.name_en} ({row.source}){_mark(row.verified)}{_noted(row.note)}"
        case CodeValue():
            extra = "".join(f", {name} {text}" for name, text in sorted(row.attributes.items()))
            span = _span(row.valid_from, row.valid_until)
            return f"{row.name_vi} / {row.name_en}{extra} {span} ({row.source}){_mark(row.verified)}"


def rate_said(line: TariffLine) -> str:
    """Return the rate of a line in words: as printed, with the specific rate behind it."""
    specific = f"{format_scaled(line.specific_e4, 4)} {line.currency_code}/{line.unit_code}" if line.specific_e4 else ""
    return " + ".join(filter(None, (line.rate, specific)))


def _pairs(group: Group, old: Sequence[R], new: Sequence[R], key_of: Callable[[R], tuple[str, str]]) -> list[Change]:
    was, now = {key_of(row): row for row in old}, {key_of(row): row for row in new}
    return [
        Change(group, *key, said(was[key]) if key in was else "", said(now[key]) if key in now else "")
        for key in sorted(key for key in {**was, **now} if was.get(key) != now.get(key))
    ]


def _differing(
    group: Group, before: Mapping[str, R], after: Mapping[str, R], say: Callable[[R], str]
) -> Iterable[Change]:
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was != now:
            yield Change(group, key, "", say(was) if was else "", say(now) if now else "")


def _day(on: date) -> str:
    return "" if on == BEGINNING else on.isoformat()


def _span(start: date, end: date | None) -> str:
    since = "always" if start == BEGINNING else f"from {start}"
    return f"{since} until {end}" if end else since


def _mark(verified: bool) -> str:
    return "" if verified else " [unverified]"


def _noted(note: str) -> str:
    return f"; {note}" if note else ""
