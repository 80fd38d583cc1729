"""Rows of the law book's files to terms. Every complaint names file, line and column."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, NoReturn

from haidang.kernel.money import AmountOverflow, NotAnAmount, fits, parse_scaled
from haidang.reference.terms import (
    BEGINNING,
    SAMPLE,
    Citation,
    CodeList,
    CodeValue,
    ExchangeRate,
    Holiday,
    Instrument,
    Parameter,
    TariffLine,
    UnreadableLawbook,
)

CODE_COLUMNS = frozenset(("code", "name_vi", "name_en", "valid_from", "valid_until", "source", "verified", "sample"))
"""Columns that every code list has; any other column is an attribute of its values."""

KEY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "instruments": ("number",),
    "parameters": ("name", "from"),
    "holidays": ("date",),
    "tariff_lines": ("commodity_code", "schedule", "from"),
    "lists": ("list",),
    "codes": ("code", "valid_from"),
}
"""The columns that tell one row of a table from another."""

_CODE_AND_NAME = ("code", "name_en")
"""The columns of the places of the world: a hundred thousand rows, read ten times faster than cell by cell."""
_NO_ATTRIBUTES: Mapping[str, str] = {}
_WHOLE_NUMBER_ATTRIBUTES = ("_bp", "_units", "_numerator", "_denominator")
_NUMBER = re.compile(r"-?\d{1,19}", re.ASCII)


class Table(NamedTuple):
    """One file of the law book as text: where it is, its column names, its rows."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def records(self) -> Iterator["Record"]:
        """Yield each row with the means to read its columns."""
        for line, row in enumerate(self.rows, start=2):
            if len(row) != len(self.columns):
                raise UnreadableLawbook(f"{self.name}:{line}: {len(row)} columns, {len(self.columns)} expected")
            yield Record(self.name, line, dict(zip(self.columns, row, strict=True)))


class Record(NamedTuple):
    """One row of a table; every reader names file, line and column when it cannot read."""

    table: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str, fallback: str = "") -> str:
        """Return the text of a column, `fallback` when it is empty or the table has no such column."""
        return self.cells.get(column, "").strip() or fallback

    def required(self, column: str) -> str:
        """Return the text of a column that may not be empty."""
        return self.text(column) or self.refuse(column, "is empty")

    def day(self, column: str) -> date | None:
        """Return a date written `2026-03-02`, None when the column is empty."""
        text = self.text(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            return self.refuse(column, f"{text!r} is not a date written like 2026-03-02")

    def whole(self, column: str) -> int:
        """Return a whole number that fits 64 bits."""
        text = self.required(column)
        if not _NUMBER.fullmatch(text):
            return self.refuse(column, f"{text!r} is not a whole number")
        try:
            return fits(int(text))
        except AmountOverflow:
            return self.refuse(column, f"{text!r} does not fit 64 bits")

    def flag(self, column: str, fallback: bool = False) -> bool:
        """Return True for `yes`, False for `no`, `fallback` when the column is empty."""
        text = self.text(column)
        if text not in ("", "yes", "no"):
            return self.refuse(column, f"{text!r} is neither yes nor no")
        return text == "yes" if text else fallback

    def refuse(self, column: str, why: str) -> NoReturn:
        """Raise `UnreadableLawbook` with the place."""
        raise UnreadableLawbook(f"{self.table}:{self.line}: {column} {why}")


def read_instruments(table: Table) -> tuple[Instrument, ...]:
    """Return the instruments of `instruments.csv`."""
    return tuple(
        Instrument(
            number=row.required("number"),
            kind=row.required("kind"),
            title_vi=row.required("title_vi"),
            issuer=row.text("issuer"),
            issued_on=row.day("issued_on"),
            in_force_from=row.day("in_force_from"),
            in_force_until=row.day("in_force_until"),
            verified=row.flag("verified"),
            source=row.required("source"),
            suspended_from=row.day("suspended_from"),
            suspended_until=row.day("suspended_until"),
            note=row.text("note"),
        )
        for row in table.records()
    )


def read_parameters(table: Table) -> tuple[Parameter, ...]:
    """Return the dated figures of `parameters.csv`, each with its citation."""
    return tuple(
        Parameter(
            name=row.required("name"),
            value=row.whole("value"),
            unit=row.required("unit"),
            valid_from=row.day("from") or BEGINNING,
            valid_until=row.day("until"),
            citation=Citation(row.required("instrument"), row.text("article"), row.flag("verified")),
            note=row.text("note"),
        )
        for row in table.records()
    )


def read_holidays(table: Table) -> tuple[Holiday, ...]:
    """Return the days of `holidays.csv`."""
    return tuple(
        Holiday(
            on=row.day("date") or row.refuse("date", "is empty"),
            name_vi=row.required("name_vi"),
            working=row.flag("working"),
            computed=row.flag("computed"),
            citation=Citation(row.required("instrument"), row.text("article"), row.flag("verified")),
        )
        for row in table.records()
    )


def read_tariff_lines(table: Table) -> tuple[TariffLine, ...]:
    """Return the lines of `tariff_lines.csv`; what they mean to the schedules is for the tariff to say."""
    return tuple(
        TariffLine(
            commodity_code=row.required("commodity_code"),
            schedule_code=row.required("schedule"),
            valid_from=row.day("from") or row.refuse("from", "is empty"),
            valid_until=row.day("until"),
            rate=row.text("rate"),
            specific_e4=_specific(row),
            currency_code=row.text("currency"),
            unit_code=row.text("unit"),
            citation=Citation(row.required("instrument"), row.text("article"), row.flag("verified")),
            note=row.text("note"),
        )
        for row in table.records()
    )


def _specific(row: Record) -> int:
    try:
        return parse_scaled(row.text("specific", "0"), 4)
    except (NotAnAmount, AmountOverflow):
        return row.refuse("specific", f"{row.text('specific')!r} is not an amount with at most four decimals")


def read_lists(table: Table) -> tuple[CodeList, ...]:
    """Return the code lists that `lists.csv` names."""
    return tuple(
        CodeList(
            name=row.required("list"),
            name_vi=row.required("name_vi"),
            name_en=row.required("name_en"),
            source=row.required("source"),
            verified=row.flag("verified"),
            packed=row.flag("packed"),
            note=row.text("note"),
        )
        for row in table.records()
    )


def read_codes(of: CodeList, table: Table) -> tuple[CodeValue, ...]:
    """Return the values of one code list. What a row leaves empty comes from the list; an empty name from the other language."""
    if table.columns == _CODE_AND_NAME and (plain := _read_plain_codes(of, table.rows)) is not None:
        return plain
    extra = [column for column in table.columns if column not in CODE_COLUMNS]
    values = []
    for row in table.records():
        attributes = {name: row.text(name) for name in extra if row.text(name)}
        for name, text in attributes.items():
            if name.endswith(_WHOLE_NUMBER_ATTRIBUTES) and not _NUMBER.fullmatch(text):
                row.refuse(name, f"{text!r} is not a whole number")
        name_en = row.text("name_en") or row.required("name_vi")
        sample = row.flag("sample")
        values.append(
            CodeValue(
                list_name=of.name,
                code=row.required("code"),
                name_vi=row.text("name_vi", name_en),
                name_en=name_en,
                valid_from=row.day("valid_from") or BEGINNING,
                valid_until=row.day("valid_until"),
                attributes=attributes or _NO_ATTRIBUTES,
                source=row.text("source", SAMPLE if sample else of.source),
                verified=row.flag("verified", of.verified and not sample),
                sample=sample,
            )
        )
    return tuple(values)


def _read_plain_codes(of: CodeList, rows: Iterable[Sequence[str]]) -> tuple[CodeValue, ...] | None:
    """Return the values of a list that says nothing but codes and names; None when a row lacks either, which is then told with its place."""
    values = []
    for row in rows:
        code, name = map(str.strip, row) if len(row) == len(_CODE_AND_NAME) else ("", "")
        if not code or not name:
            return None
        values.append(CodeValue(of.name, code, name, name, BEGINNING, None, _NO_ATTRIBUTES, of.source, of.verified))
    return tuple(values)


def read_exchange_rates(table: Table) -> tuple[ExchangeRate, ...]:
    """Return weekly rates, written in đồng per unit of currency with at most four decimals.

    Law: 38/2015/TT-BTC as amended by 39/2018/TT-BTC Art. 35 (the rate of one week serves declarations registered in the next).

    Raises:
        UnreadableLawbook: a rate is none, is zero, or its week does not begin on a Monday.
    """
    rates = []
    for row in table.records():
        week_from = row.day("week_from") or row.refuse("week_from", "is empty")
        if week_from.weekday():
            row.refuse("week_from", f"{week_from} is not a Monday")
        try:
            rate_e4 = parse_scaled(row.required("rate"), 4)
        except (NotAnAmount, AmountOverflow):
            rate_e4 = 0
        if not rate_e4:
            row.refuse("rate", f"{row.text('rate')!r} is not a rate in đồng with at most four decimals")
        rates.append(ExchangeRate(row.required("currency"), week_from, rate_e4, row.required("source")))
    return tuple(rates)
