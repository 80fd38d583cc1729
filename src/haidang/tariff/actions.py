"""What others may ask of the tariff: load the schedules as one version of the law book."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import astuple, replace
from psycopg import Connection

from haidang.reference import lookups as reference
from haidang.tariff import store
from haidang.tariff.lines import measures_of_line, vat_codes
from haidang.tariff.rules import LINES, control_key, numbered
from haidang.tariff.schedules import read_schedules
from haidang.tariff.terms import (
    CommodityCode,
    Control,
    ControlledCode,
    LoadedSchedules,
    Measure,
    TariffBook,
    VersionOutOfOrder,
)

Row = TypeVar("Row", bound=Hashable)


Progress = Callable[[int, int | None], None]
"""Takes how many rows are done, and of how many."""
_A_STEP = 5_000


def _silent(done: int, total: int | None) -> None:
    """Tell nobody."""


def load_schedules(
    connection: Connection[Any], folder: Path, version: int, progress: Progress = _silent
) -> LoadedSchedules:
    """Load every schedule under a law book folder as what `version` of the book says; returns what changed against the version before.

    Tariff lines come from the version itself: drafts say them too, and files that did not change do not take those back. A row that stays keeps its number; a row that is gone is closed, never deleted, so that earlier versions read as they did. One
    transaction, or part of the one that is open. Loading the newest version again with the same files changes nothing. `progress` is told the rows that are written.

    Raises:
        ScheduleNotUnderstood: a schedule cannot be read.
        VersionOutOfOrder: a later version is loaded already, or this one with other rows.
    """
    book = read_schedules(folder, reference.tariff_lines(connection, version))
    with connection.transaction():
        store.lock(connection)
        last = store.last_change(connection)
        change = _change(connection, book, last)
        if version < max(last, 1) or (version == last and change.rows):
            raise VersionOutOfOrder(f"version {version} cannot follow what is loaded: versions up to {last}")
        change.write(connection, version, progress)
    return LoadedSchedules(version, change.added, change.rows - change.added)


def write_lines(connection: Connection[Any], version: int) -> None:
    """Write the tariff lines that `version` of the book says, the newest, into the tariff; the schedules stay as they are.

    Raises:
        RateNotUnderstood: a rate cannot be read.
        VersionOutOfOrder: a later version is loaded already.
    """
    said = reference.tariff_lines(connection, version)
    vat = vat_codes(reference.values_of_lists(connection, version, "vat_code")["vat_code"])
    with connection.transaction():
        store.lock(connection)
        if version < (last := store.last_change(connection)):
            raise VersionOutOfOrder(f"version {version} cannot follow what is loaded: versions up to {last}")
        made = numbered(measure for line in said for measure in measures_of_line(line, vat))
        new, old = _difference(store.read_measures_from(connection, version, LINES), made, _content)
        first = store.last_measure_id(connection) + 1
        numbers = (replace(row, measure_id=number) for number, row in enumerate(new, first))
        store.close_measures(connection, [row.measure_id for row in old], version)
        store.append(connection, store.MEASURES, map(store.measure_row, numbers), version)


def line_differences(connection: Connection[Any], version: int) -> tuple[Measure, ...]:
    """Return the measures by which the tariff of a version differs from what its tariff lines make: none, unless a hand was in it."""
    said = reference.tariff_lines(connection, version)
    vat = vat_codes(reference.values_of_lists(connection, version, "vat_code")["vat_code"])
    made = numbered(measure for line in said for measure in measures_of_line(line, vat))
    new, old = _difference(store.read_measures_from(connection, version, LINES), made, _content)
    return (*new, *old)


class _Counted:
    """Counts rows on their way into the database, and tells every few thousand."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self._done += 1
            if self._done % _A_STEP == 0 or self._done == self._total:
                self._progress(self._done, self._total)


class _Change(NamedTuple):
    """What a book says that does not stand, and what stands that it no longer says."""

    codes: tuple[list[CommodityCode], list[CommodityCode]]
    measures: tuple[list[Measure], list[Measure]]
    controls: tuple[list[Control], list[Control]]
    controlled: tuple[list[ControlledCode], list[ControlledCode]]

    @property
    def added(self) -> int:
        return sum(len(new) for new, _ in self)

    @property
    def rows(self) -> int:
        return sum(len(new) + len(old) for new, old in self)

    def write(self, connection: Connection[Any], version: int, progress: Progress) -> None:
        """Close first, so that no day is ever said twice, then add."""
        counted = _Counted(progress, self.added)
        store.close_codes(connection, self.codes[1], version)
        store.close_measures(connection, [row.measure_id for row in self.measures[1]], version)
        store.close_controlled(connection, self.controlled[1], version)
        store.close_controls(connection, [row.control_id for row in self.controls[1]], version)
        store.append(connection, store.CODES, counted(map(store.code_row, self.codes[0])), version)
        store.append(connection, store.MEASURES, counted(map(store.measure_row, self.measures[0])), version)
        store.append(connection, store.CONTROLS, counted(map(store.control_row, self.controls[0])), version)
        store.append(connection, store.CONTROLLED, counted(map(store.controlled_row, self.controlled[0])), version)


def _change(connection: Connection[Any], book: TariffBook, last: int) -> _Change:
    new_measures, old_measures = _difference(store.read_measures(connection, last), book.measures, _content)
    first = store.last_measure_id(connection) + 1
    measures = [replace(row, measure_id=number) for number, row in enumerate(new_measures, first)]

    standing = list(store.read_controls(connection, last))
    new_controls, old_controls = _difference(standing, book.controls, lambda row: astuple(row)[1:])
    first = store.last_control_id(connection) + 1
    controls = [replace(row, control_id=number) for number, row in enumerate(new_controls, first)]

    number_of = {control_key(row): row.control_id for row in (*standing, *controls)}
    number_here = {row.control_id: number_of[control_key(row)] for row in book.controls}
    named = [replace(row, control_id=number_here[row.control_id]) for row in book.controlled]
    return _Change(
        codes=_difference(store.read_codes(connection, last), book.codes, _same),
        measures=(measures, old_measures),
        controls=(controls, old_controls),
        controlled=_difference(store.read_controlled(connection, last), named, _same),
    )


def _same(row: Row) -> Row:
    return row


def _difference(
    stand: Iterable[Row], say: Iterable[Row], content: Callable[[Row], Hashable]
) -> tuple[list[Row], list[Row]]:
    """Return what is said and does not stand, and what stands and is no longer said."""
    standing = {content(row): row for row in stand}
    new = [row for row in say if standing.pop(content(row), None) is None]
    return new, list(standing.values())


def _content(measure: Measure) -> Hashable:
    """Return everything a measure says, without its number."""
    rates = tuple(measure.country_rates_bp.items())
    _, *said = (rates if value is measure.country_rates_bp else value for value in astuple(measure))
    return tuple(said)
