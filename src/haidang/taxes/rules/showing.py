"""One commodity code as a book has it on a day: names, every measure as printed with its source, permits and inspections."""

from bisect import bisect_left
from datetime import date
from typing import TypeVar

from haidang.tariff.rules import ASKS, prevailing
from haidang.tariff.terms import CodeControl, CodeMeasure, CodeShown, CommodityCode, ControlledCode, Measure
from haidang.taxes.rules.books import OpenBook

_Row = TypeVar("_Row", CommodityCode, ControlledCode, Measure)


def show_code(book: OpenBook, commodity_code: str, on: date) -> CodeShown | None:
    """Return what a book says of a code on a Vietnamese calendar day; None when the code does not exist that day.

    Measures stand in the order of the book: duties by schedule, export duty, VAT, charges. Controls that open a condition come first.
    """
    tariff = book.book.tariff
    codes = [
        code for code in _of(tariff.codes, commodity_code) if code.in_force(on)
    ]  # fmt: skip
    if not codes:
        return None
    code = codes[0]
    measures = prevailing(row for row in _of(tariff.measures, commodity_code) if row.in_force(on))
    named = [row.control_id for row in _of(tariff.controlled, commodity_code) if row.in_force(on)]
    by_id = {control.control_id: control for control in tariff.controls}
    controls = sorted(
        (by_id[number] for number in named), key=lambda each: (each.effect not in ASKS, each.effect, each.type_code)
    )
    entry = book.day(on).tariff.entries[commodity_code]
    return CodeShown(
        commodity_code=commodity_code,
        name_vi=code.name_vi,
        name_en=code.name_en,
        unit_codes=code.unit_codes,
        unit_printed=code.unit_printed,
        corresponds_to=code.corresponds_to,
        on=on,
        schedule=code.schedule,
        instrument=code.instrument,
        measures=tuple(_measure(row) for row in measures),
        controls=tuple(
            CodeControl(each.type_code, each.type_name_vi, each.effect, each.effect in ASKS, each.agency, each.instrument, each.list_no, each.verified)
            for each in controls
        ),
        quota=entry.quota,
        without_rate=not (entry.duties or entry.several),
        unverified=not code.verified or any(not row.verified for row in measures),
        path=book.index(on).path(commodity_code),
    )  # fmt: skip


def _measure(row: Measure) -> CodeMeasure:
    return CodeMeasure(
        kind=row.kind,
        option_code=row.option_code,
        printed=row.printed,
        status=row.status,
        rate_bp=row.rate_bp,
        specific_e4=row.specific_e4,
        currency_code=row.currency_code,
        unit_code=row.unit_code,
        excluded_countries=row.excluded_countries,
        country_rates_bp=row.country_rates_bp,
        origins=row.origins,
        producer=row.producer,
        tax_code=row.tax_code,
        partly=row.partly,
        notes=row.notes,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        schedule=row.schedule,
        instrument=row.instrument,
        verified=row.verified,
        sample=row.sample,
    )


def _of(rows: tuple[_Row, ...], commodity_code: str) -> tuple[_Row, ...]:
    """Return the rows of one code; a book keeps its rows in the order of their codes."""
    low = bisect_left(rows, commodity_code, key=lambda row: row.commodity_code)
    high = bisect_left(rows, commodity_code + ":", low, key=lambda row: row.commodity_code)
    return rows[low:high]
