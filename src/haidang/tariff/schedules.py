"""Reads `lawbook/schedules/`: one folder per source, each with a `schedule.toml` that says what its tables mean.

A folder holds any of `codes.csv`, `rates.csv`, `headings.csv`, `remedies.csv`, `controls.csv`; the section of that name in `schedule.toml`
gives the days the rows are in force. Everything is read before anything is returned, and a row that cannot be read stops the whole book: half a
tariff is worse than yesterday's.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from haidang.reference.lookups import lines_from_files
from haidang.reference.rules import Table, read_codes, read_lists, units_by_vietnamese_name
from haidang.reference.terms import CodeValue, TariffLine
from haidang.tariff.lines import measures_of_line, vat_codes
from haidang.tariff.remedies import remedy_measures
from haidang.tariff.rules import control_key, measures_of_cell, numbered
from haidang.tariff.terms import (
    Column,
    CommodityCode,
    Control,
    ControlledCode,
    Measure,
    RateNotUnderstood,
    ScheduleNotUnderstood,
    ScheduleSource,
    TariffBook,
)

TABLES = ("codes", "rates", "headings", "remedies", "controls")
EFFECTS = frozenset({"permit", "inspection", "prohibition", "place", "regime", "used", "relief", "watch"})
MARKED_KINDS = frozenset({"environment"})
"""Kinds whose column holds a mark instead of a rate: the code is subject, the amount is not on file; `?` marks a doubt."""


class CodeLists:
    """The three code lists a tariff is read with: tariff schedules, VAT codes, units of measure."""

    def __init__(self, lawbook: Path) -> None:
        lists = {of.name: of for of in read_lists(_reference_table(lawbook / "lists.csv"))}

        def values(name: str) -> tuple[CodeValue, ...]:
            if name not in lists:
                raise ScheduleNotUnderstood(f"lists.csv has no list {name}")
            return read_codes(lists[name], _reference_table(lawbook / "codes" / f"{name}.csv"))

        self.schedules = values("tariff_schedule")
        self.schedule_of_agreement = {
            value.attributes["agreement"]: value.code for value in self.schedules if "agreement" in value.attributes
        }
        self.vat = vat_codes(values("vat_code"))
        self.units = units_by_vietnamese_name({value.code: value for value in values("unit")})


def read_schedules(lawbook: Path, lines: Sequence[TariffLine] | None = None) -> TariffBook:
    """Return everything the schedules under a law book folder say, of every date, numbered in the order of its keys.

    `lines` are the tariff lines ahead of them; without, those of the folder.

    Raises:
        ScheduleNotUnderstood: a file, row or rate cannot be read, or two rows contradict each other.
        UnreadableLawbook: a code list the schedules need cannot be read.
    """
    try:
        return _read(lawbook, lines_from_files(lawbook) if lines is None else lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScheduleNotUnderstood(f"{lawbook}: {error}") from error


def _read(lawbook: Path, lines: Sequence[TariffLine]) -> TariffBook:
    lists = CodeLists(lawbook)
    folders = [_Folder(path.parent, lists) for path in sorted((lawbook / "schedules").glob("*/schedule.toml"))]
    if not folders:
        raise ScheduleNotUnderstood(f"{lawbook / 'schedules'}: no schedule.toml in any folder")
    units: dict[str, tuple[str, str]] = {}
    for folder in folders:
        units |= folder.units()
    codes = tuple(sorted((code for f in folders for code in f.codes(units)), key=lambda code: code.commodity_code))
    known = {code.commodity_code for code in codes}
    if len(known) != len(codes):
        raise ScheduleNotUnderstood("a commodity code stands twice in codes.csv")
    ahead = (measure for line in lines for measure in _of_line(line, lists))
    measures = numbered(chain((measure for folder in folders for measure in folder.measures(known)), ahead))
    controls, controlled = _numbered_controls(row for folder in folders for row in folder.controls(known))
    return TariffBook(codes, measures, controls, controlled, lists.schedules)


def _of_line(line: TariffLine, lists: CodeLists) -> list[Measure]:
    try:
        return measures_of_line(line, lists.vat)
    except RateNotUnderstood as error:
        place = f"{line.commodity_code} {line.schedule_code} {line.valid_from}"
        raise ScheduleNotUnderstood(f"tariff_lines.csv: {place}: {error}") from error


class _Folder:
    """One source: its `schedule.toml` and the tables beside it."""

    def __init__(self, path: Path, lists: CodeLists) -> None:
        self.path = path
        self.lists = lists
        try:
            self.toml = tomllib.loads((path / "schedule.toml").read_text(encoding="utf-8"))
            self.sources = {name: self._source(self.toml[name]) for name in TABLES if name in self.toml}
            self.columns = [self._column(name, said) for name, said in self.toml.get("columns", {}).items()]
        except (KeyError, tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
            raise ScheduleNotUnderstood(f"{path.name}/schedule.toml: {error!r}") from error
        if untold := [file.name for file in path.glob("*.csv") if file.stem not in self.sources]:
            raise ScheduleNotUnderstood(f"{path.name}/schedule.toml says nothing about {', '.join(untold)}")

    def _source(self, said: Mapping[str, Any], **own: Any) -> ScheduleSource:
        common = {"name": self.path.name, "instrument": self.toml["number"], "title": self.toml["title"]}
        marks = {"verified": self.toml["verified"], "sample": self.toml["sample"]}
        days = said["valid_from"], said.get("valid_until")
        if type(days[0]) is not date or type(days[1]) not in (date, type(None)):
            raise TypeError(f"{days} are not dates")
        return ScheduleSource(**(common | marks | {"valid_from": days[0], "valid_until": days[1]} | own))

    def _column(self, name: str, said: Mapping[str, str]) -> Column:
        agreement = said.get("agreement", "")
        schedule = said.get("schedule") or self.lists.schedule_of_agreement.get(agreement, agreement)
        return Column(name, said["kind"], schedule, said.get("chapter_98_schedule", ""), said.get("empty", ""))

    def _rows(self, table: str, *needed: str) -> Iterator[tuple[int, dict[str, str]]]:
        if table not in self.sources:
            return
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            if missing := [column for column in needed if column not in (reader.fieldnames or ())]:
                raise ScheduleNotUnderstood(f"{self.path.name}/{table}.csv has no column {', '.join(missing)}")
            for row in reader:
                if None in row or None in row.values():
                    raise self._refusal(table, reader.line_num, "has more or fewer cells than the head")
                yield reader.line_num, row

    def _refusal(self, table: str, line: int, why: str) -> ScheduleNotUnderstood:
        return ScheduleNotUnderstood(f"{self.path.name}/{table}.csv:{line}: {why}")

    def _day(self, table: str, line: int, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self._refusal(table, line, f"{text!r} is not a date written like 2026-03-02") from None

    def units(self) -> dict[str, tuple[str, str]]:
        """Return units as printed and the corresponding code (chapter 98) of each commodity code."""
        return {row["hs8"]: (row["unit"], row["corresponds_to"]) for _, row in self._rows("rates", "hs8", "unit")}

    def codes(self, units: Mapping[str, tuple[str, str]]) -> Iterator[CommodityCode]:
        for line, row in self._rows("codes", "hs8", "name_vi"):
            hs8, source = row["hs8"], self.sources["codes"]
            if not (hs8.isascii() and hs8.isdigit() and len(hs8) == 8):
                raise self._refusal("codes", line, f"{hs8!r} is not a code of 8 digits")
            printed, corresponds_to = units.get(hs8, ("", ""))
            names = (name.strip() for name in printed.split("/"))
            yield CommodityCode(
                commodity_code=hs8,
                name_vi=row["name_vi"],
                unit_codes=tuple(self.lists.units[name] for name in names if name in self.lists.units),
                unit_printed=printed,
                corresponds_to=corresponds_to,
                valid_from=source.valid_from,
                valid_until=source.valid_until,
                schedule=source.name,
                instrument=source.instrument,
                verified=source.verified,
                name_en=row.get("name_en", ""),
            )

    def measures(self, known: set[str]) -> Iterator[Measure]:
        yield from self._rates(known)
        yield from self._headings(known)
        yield from self._remedies(known)

    def _known(self, table: str, line: int, row: Mapping[str, str], known: set[str]) -> str:
        if row["hs8"] not in known:
            raise self._refusal(table, line, f"{row['hs8']} is no code of the nomenclature")
        return row["hs8"]

    def _rates(self, known: set[str]) -> Iterator[Measure]:
        named = [column.name for column in self.columns]
        for line, row in self._rows("rates", "hs8", *named):
            hs8, source = self._known("rates", line, row, known), self.sources["rates"]
            for column in self.columns:
                if column.kind in MARKED_KINDS:
                    if row[column.name]:
                        yield _subject(hs8, column.kind, "", row[column.name], source, partly="?" in row[column.name])
                    continue
                try:
                    made = measures_of_cell(column, hs8, row[column.name], source, self.lists.vat)
                except RateNotUnderstood as error:
                    raise self._refusal("rates", line, f"{column.name}: {error}") from error
                if column.kind == "vat" and (annex := row.get("vat_cut_annex")):
                    made = [replace(measure, notes=annex) for measure in made]
                yield from made

    def _headings(self, known: set[str]) -> Iterator[Measure]:
        """Yield a measure for each code under each heading; the longest heading that names a code speaks for it."""
        rows = list(self._rows("headings", "heading", "group", "extent", "condition_vi", "valid_from"))
        named: dict[tuple[str, str], Measure] = {}
        for line, row in sorted(rows, key=lambda numbered_row: len(numbered_row[1]["heading"])):
            codes = [hs8 for hs8 in known if hs8.startswith(row["heading"])]
            if not codes or row["extent"] not in ("whole", "partly"):
                raise self._refusal("headings", line, "names no code, or its extent is neither whole nor partly")
            source = self.sources["headings"]
            if row["valid_from"]:
                source = self._source(self.toml["headings"], valid_from=self._day("headings", line, row["valid_from"]))
            for hs8 in codes:
                named[hs8, row["group"]] = _subject(
                    hs8,
                    "special_consumption",
                    row["group"],
                    row["heading"],
                    source,
                    partly=row["extent"] == "partly",
                    notes=row["condition_vi"],
                )
        yield from named.values()

    def _remedies(self, known: set[str]) -> Iterator[Measure]:
        rows = list(self._rows("remedies", "hs8", "decision", "year", "remedy", "origins"))
        for line, row in rows:
            self._known("remedies", line, row, known)
        yield from remedy_measures(
            rows,
            lambda number: self._source(self.toml["remedies"], instrument=number),
            partial(self._refusal, "remedies"),
        )

    def controls(self, known: set[str]) -> Iterator[tuple[Control, ControlledCode]]:
        types = self.toml.get("types", {})
        for line, row in self._rows("controls", "hs8", "type", "agency", "instrument", "list"):
            hs8, said, source = (
                self._known("controls", line, row, known),
                types.get(row["type"]),
                self.sources["controls"],
            )
            if said is None or said.get("effect") not in EFFECTS:
                raise self._refusal("controls", line, f"schedule.toml gives no known effect for {row['type']}")
            yield (
                Control(
                    0,
                    row["type"],
                    said["name_vi"],
                    said["effect"],
                    row["agency"],
                    row["instrument"],
                    row["list"],
                    source.verified,
                ),
                ControlledCode(hs8, 0, source.valid_from, source.valid_until),
            )


def _subject(
    commodity_code: str, kind: str, option_code: str, printed: str, source: ScheduleSource, **fields: Any
) -> Measure:
    return Measure(
        measure_id=0,
        commodity_code=commodity_code,
        kind=kind,
        option_code=option_code,
        printed=printed,
        status="no_amount",
        valid_from=source.valid_from,
        valid_until=source.valid_until,
        schedule=source.name,
        instrument=source.instrument,
        verified=source.verified,
        sample=source.sample,
        **fields,
    )


def _numbered_controls(
    rows: Iterable[tuple[Control, ControlledCode]],
) -> tuple[tuple[Control, ...], tuple[ControlledCode, ...]]:
    gathered = list(rows)
    kinds = sorted({control_key(control): control for control, _ in gathered}.items())
    ids = {key: number for number, (key, _) in enumerate(kinds, 1)}
    controls = tuple(replace(control, control_id=ids[key]) for key, control in kinds)
    named = {
        ControlledCode(code.commodity_code, ids[control_key(control)], code.valid_from, code.valid_until)
        for control, code in gathered
    }
    ordered = sorted(named, key=lambda code: (code.commodity_code, code.control_id, code.valid_from))
    return controls, tuple(ordered)


def _reference_table(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, strict=True))
    return Table(path.name, tuple(rows[0]), rows[1:])
