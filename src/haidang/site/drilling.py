"""A switch of the law, drilled before it comes: what the book says otherwise from an instant on, and which open files and clocks it bears on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from msgspec import Struct

from haidang.balances import lookups as balances
from haidang.balances.terms import BalanceKind
from haidang.clearance.actions.drafting import DRAFT_DAYS
from haidang.clearance.lookups import clocks
from haidang.clearance.terms import SETTLED_STATES, State
from haidang.declarations import lookups as declarations
from haidang.kernel.calendar import WorkingCalendar, day_start, vn_date, vn_text
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.reference import lookups as reference
from haidang.reference import rules
from haidang.reference.rules import Change, Group
from haidang.reference.terms import Book, Parameter
from haidang.site.lawbook_comparing import tariff_changes
from haidang.tariff.lookups import Shelf

STAYS = ("bonded.", "cfs.")
"""Figures that count stays of goods; no room keeps stays yet, so there is nothing on file that they could change."""

_FIXED = {BalanceKind.GUARANTEE: "guarantees", BalanceKind.TEMPORARY_GOODS: "temporary_goods"}


class Moved(Struct, frozen=True, kw_only=True):
    """One clock whose figure changes: whose it is, what it counts, when it began, when it is due, and when by the figure after the switch.

    `due_by_new` is None when no figure is left. What is due is what stands on file: a clock keeps the law of the day on which it began.
    """

    subject: str
    clock: str
    figure: str
    opened_at: str
    due_on_file: str | None
    due_by_new: str | None


class Touched(Struct, frozen=True, kw_only=True):
    """One open declaration that the switch bears on, and by what: codes that are called otherwise, lines whose tariff changes, clocks."""

    declaration_no: str
    state: str
    registered_at: str
    reasons: tuple[str, ...]


class Figure(Struct, frozen=True, kw_only=True):
    """One figure that changes, and how many clocks on file it moves. `on_file` says why there may be none: `counted`, `no_stays`, `not_counted`."""

    name: str
    before: str
    after: str
    clocks: int
    on_file: str


class Drill(Struct, frozen=True, kw_only=True):
    """What an instant changes. `fixed` counts clocks that end on a day written on them, whatever figure changes."""

    instant: datetime
    before: date
    after: date
    book_version: int
    changes: tuple[Change, ...]
    figures: tuple[Figure, ...]
    clocks: tuple[Moved, ...]
    declarations: tuple[Touched, ...]
    open_declarations: int
    open_clocks: int
    fixed: Mapping[str, int]


def drill(config: Config, instant: datetime) -> Drill:
    """Replay the day before and the day of an instant by the newest law book, and hold what changes against every open file.

    Nothing is written. Law changes at the beginning of a Vietnamese day, so any instant of a day drills that day.

    Raises:
        LawbookVersionUnknown: no law book is loaded.
    """
    servers, after = Servers(config), vn_date(instant)
    before = vn_date(day_start(after) - timedelta(microseconds=1))
    with servers.connect("auditor") as first:
        version = reference.latest_version(first)
        book = reference.read_book(first, version, reference.packed_lists(first, version))
        switch = _Switch(book, before, after)
        codes = [reference.read_codes(first, version, on) for on in (before, after)]
        shelf = Shelf()
        tariffs = [shelf.tariff(first, version, each.on, each) for each in codes]
    changes = (*rules.changes_of_days(book, before, after), *tariff_changes(*tariffs))
    moved: list[Moved] = []
    touched: list[Touched] = []
    counts = dict.fromkeys(("declarations", "clocks", *_FIXED.values()), 0)
    for server in range(servers.count):
        with servers.connect("auditor", server) as connection:
            found = list(_moved(connection, switch, counts))
            moved += found
            touched += _touched(connection, changes, found, counts)
    return Drill(
        instant=instant,
        before=before,
        after=after,
        book_version=version,
        changes=changes,
        figures=tuple(_figures(changes, moved)),
        clocks=tuple(moved),
        declarations=tuple(touched),
        open_declarations=counts["declarations"],
        open_clocks=counts["clocks"],
        fixed={name: counts[name] for name in _FIXED.values()},
    )


class _Switch:
    """The figures of both days, of any earlier day, and the working calendar."""

    def __init__(self, book: Book, before: date, after: date) -> None:
        self._parameters = book.parameters
        self._days: dict[date, dict[str, Parameter]] = {}
        self.old, self.new = self.figures(before), self.figures(after)
        self.calendar = WorkingCalendar(
            frozenset(day.on for day in book.holidays if not day.working),
            frozenset(day.on for day in book.holidays if day.working),
        )

    def figures(self, on: date) -> dict[str, Parameter]:
        if on not in self._days:
            self._days[on] = rules.parameters_of_day(self._parameters, on)
        return self._days[on]

    def changes(self, figure: str) -> bool:
        was, now = self.old.get(figure), self.new.get(figure)
        return (was and (was.value, was.unit)) != (now and (now.value, now.unit))


def _moved(connection: psycopg.Connection[Any], switch: _Switch, counts: dict[str, int]) -> Iterator[Moved]:
    for clock in clocks.open_clocks(connection):
        counts["clocks"] += 1
        trigger = clocks.hangs_on(clock, switch.figures(vn_date(clock.opened_at)), switch.calendar)
        if trigger and switch.changes(figure := clocks.figure_of(trigger)):
            due = clocks.due_by(trigger, clock.opened_at, switch.new, switch.calendar)
            what = f"condition {clock.condition_no} {clock.kind.name.lower()}"
            yield _clock(clock.declaration_no, what, figure, clock.opened_at, vn_text(clock.due_at), vn_text(due))
    for tax in clocks.unpaid_taxes(connection):
        counts["clocks"] += 1
        trigger = clocks.tax_hangs_on(tax, switch.figures(vn_date(tax.registered_at)), switch.calendar)
        if trigger and switch.changes(figure := clocks.figure_of(trigger)):
            day = clocks.last_day(trigger, tax.registered_at, switch.new, switch.calendar)
            by_new = day.isoformat() if day else None
            yield _clock(tax.declaration_no, "secured tax", figure, tax.registered_at, tax.due_on.isoformat(), by_new)
    for number, saved_at, expires_at in declarations.draft_clocks(connection):
        counts["clocks"] += 1
        if switch.changes(DRAFT_DAYS):
            kept = switch.new.get(DRAFT_DAYS)
            due = saved_at + timedelta(days=kept.value) if kept else None
            yield _clock(number, "draft", DRAFT_DAYS, saved_at, vn_text(expires_at), vn_text(due))
    for each in balances.on_file(connection):
        if each.balance.kind in _FIXED and each.balance.free + each.balance.reserved > 0:
            counts[_FIXED[BalanceKind(each.balance.kind)]] += 1


def _clock(
    subject: str, clock: str, figure: str, opened_at: datetime, due_on_file: str | None, due_by_new: str | None
) -> Moved:
    return Moved(
        subject=subject,
        clock=clock,
        figure=figure,
        opened_at=vn_text(opened_at) or "",
        due_on_file=due_on_file,
        due_by_new=due_by_new,
    )


def _touched(
    connection: psycopg.Connection[Any], changes: Iterable[Change], moved: Iterable[Moved], counts: dict[str, int]
) -> Iterator[Touched]:
    names = {change.key for change in changes if change.group is Group.CODES}
    commodities = {change.key.split()[0] for change in changes if change.group is Group.TARIFF}
    lines = declarations.open_lines(connection, SETTLED_STATES, commodities) if commodities else {}
    by_clock: dict[str, list[str]] = {}
    for each in moved:
        by_clock.setdefault(each.subject, []).append(f"{each.clock}: {each.figure}")
    for file in declarations.open_files(connection, SETTLED_STATES):
        counts["declarations"] += 1
        coded = (f"customs_office {file.customs_office_code}", f"declaration_kind {file.kind_code}")
        reasons = (
            *(name for name in coded if name in names),
            *(f"tariff {code}" for code in lines.get(file.declaration_no, ())),
            *by_clock.get(file.declaration_no, ()),
        )
        if reasons:
            yield Touched(
                declaration_no=file.declaration_no,
                state=State(file.state).name.lower(),
                registered_at=vn_text(file.registered_at) or "",
                reasons=reasons,
            )


def _figures(changes: Iterable[Change], moved: Iterable[Moved]) -> Iterator[Figure]:
    clocks_of: dict[str, int] = {}
    for each in moved:
        clocks_of[each.figure] = clocks_of.get(each.figure, 0) + 1
    counted = {*clocks.counted_figures(), DRAFT_DAYS}
    for change in changes:
        if change.group is Group.PARAMETERS:
            on_file = (
                "counted" if change.key in counted else "no_stays" if change.key.startswith(STAYS) else "not_counted"
            )
            yield Figure(
                name=change.key,
                before=change.before,
                after=change.after,
                clocks=clocks_of.get(change.key, 0),
                on_file=on_file,
            )
