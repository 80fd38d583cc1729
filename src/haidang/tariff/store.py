"""Rows of the tariff: terms to rows and back, in bulk; all SQL of the room."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from sys import intern
from typing import Any, LiteralString, cast

from psycopg import Connection
from psycopg.rows import args_row

from haidang.platform.db import Table
from haidang.tariff.terms import CommodityCode, Control, ControlledCode, Measure

CODES = Table(
    "tariff_code",
    hs8="text",
    name_vi="text",
    unit_codes="text[]",
    unit_printed="text",
    corresponds_to="text",
    valid_from="date",
    valid_until="date",
    schedule="text",
    instrument="text",
    verified="bool",
    name_en="text",
    book_from="int4",
)
MEASURES = Table(
    "tariff_measure",
    measure_id="int4",
    hs8="text",
    kind="text",
    option_code="text",
    alternative="int2",
    printed="text",
    status="text",
    rate_bp="int4",
    specific_e4="int8",
    currency_code="text",
    unit_code="text",
    excluded_countries="text[]",
    own_rate_countries="text[]",
    own_rates_bp="int4[]",
    origins="text[]",
    producer="text",
    tax_code="text",
    notes="text",
    partly="bool",
    valid_from="date",
    valid_until="date",
    schedule="text",
    instrument="text",
    verified="bool",
    sample="bool",
    book_from="int4",
)
CONTROLS = Table(
    "tariff_control",
    control_id="int4",
    type_code="text",
    type_name_vi="text",
    effect="text",
    agency="text",
    instrument="text",
    list_no="text",
    verified="bool",
    book_from="int4",
)
CONTROLLED = Table(
    "tariff_controlled_code",
    hs8="text",
    control_id="int4",
    valid_from="date",
    valid_until="date",
    book_from="int4",
)

Row = tuple[object, ...]
_NO_RATES: Mapping[str, int] = {}


def lock(connection: Connection[Any]) -> None:
    """Let nobody else load a version until this transaction ends; readers go on."""
    connection.execute("LOCK TABLE tariff_measure IN SHARE ROW EXCLUSIVE MODE")


def last_change(connection: Connection[Any]) -> int:
    """Return the highest version that changed anything; 0 when none is loaded."""
    return _number(
        connection,
        """SELECT coalesce(max(greatest(book_from, coalesce(book_until, 0))), 0) FROM (
            SELECT book_from, book_until FROM tariff_code UNION ALL SELECT book_from, book_until FROM tariff_measure
            UNION ALL SELECT book_from, book_until FROM tariff_control
            UNION ALL SELECT book_from, book_until FROM tariff_controlled_code) AS rows""",
    )


def unchanged_since(connection: Connection[Any], version: int, on: date) -> tuple[int, date]:
    """Return the last version up to `version` that changed a schedule, and the last day up to `on` on which a row begins or ends."""
    row = connection.execute(
        """SELECT
            greatest(max(book_from) FILTER (WHERE book_from <= %(version)s), max(book_until) FILTER (WHERE book_until <= %(version)s), 0),
            greatest(max(valid_from) FILTER (WHERE valid_from <= %(on)s), max(valid_until) FILTER (WHERE valid_until <= %(on)s), '0001-01-01')
        FROM (
            SELECT book_from, book_until, valid_from, valid_until FROM tariff_code
            UNION ALL SELECT book_from, book_until, valid_from, valid_until FROM tariff_measure
            UNION ALL SELECT book_from, book_until, valid_from, valid_until FROM tariff_controlled_code
            UNION ALL SELECT book_from, book_until, NULL, NULL FROM tariff_control
        ) AS rows""",
        {"version": version, "on": on},
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def last_measure_id(connection: Connection[Any]) -> int:
    """Return the highest number ever given to a measure, 0 for none."""
    return _number(connection, "SELECT coalesce(max(measure_id), 0) FROM tariff_measure")


def last_control_id(connection: Connection[Any]) -> int:
    """Return the highest number ever given to a control, 0 for none."""
    return _number(connection, "SELECT coalesce(max(control_id), 0) FROM tariff_control")


def _number(connection: Connection[Any], statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def append(connection: Connection[Any], table: Table, rows: Iterable[Row], version: int) -> int:
    """Copy rows into a table as of a version; returns how many."""
    count = 0
    with connection.cursor() as cursor, cursor.copy(cast(LiteralString, table.copy_statement)) as copy:
        copy.set_types(table.types)
        for row in rows:
            copy.write_row((*row, version))
            count += 1
    return count


def close_measures(connection: Connection[Any], ids: list[int], version: int) -> None:
    """End measures: they belong to no version from this one on."""
    connection.execute("UPDATE tariff_measure SET book_until = %s WHERE measure_id = ANY(%s)", (version, ids))


def close_controls(connection: Connection[Any], ids: list[int], version: int) -> None:
    """End controls."""
    connection.execute("UPDATE tariff_control SET book_until = %s WHERE control_id = ANY(%s)", (version, ids))


def close_codes(connection: Connection[Any], codes: Iterable[CommodityCode], version: int) -> None:
    """End rows of the nomenclature."""
    keys = [(version, code.commodity_code, code.valid_from) for code in codes]
    statement = "UPDATE tariff_code SET book_until = %s WHERE book_until IS NULL AND hs8 = %s AND valid_from = %s"
    connection.cursor().executemany(statement, keys)


def close_controlled(connection: Connection[Any], rows: Iterable[ControlledCode], version: int) -> None:
    """End that controls name codes."""
    keys = [(version, row.commodity_code, row.control_id, row.valid_from) for row in rows]
    statement = """UPDATE tariff_controlled_code SET book_until = %s
        WHERE book_until IS NULL AND hs8 = %s AND control_id = %s AND valid_from = %s"""
    connection.cursor().executemany(statement, keys)


def code_row(code: CommodityCode) -> Row:
    """Return a code in the order of `CODES`, without the version."""
    return (
        code.commodity_code,
        code.name_vi,
        list(code.unit_codes),
        code.unit_printed,
        code.corresponds_to,
        code.valid_from,
        code.valid_until,
        code.schedule,
        code.instrument,
        code.verified,
        code.name_en,
    )


def measure_row(measure: Measure) -> Row:
    """Return a measure in the order of `MEASURES`, without the version."""
    return (
        measure.measure_id,
        measure.commodity_code,
        measure.kind,
        measure.option_code,
        measure.alternative,
        measure.printed,
        measure.status,
        measure.rate_bp,
        measure.specific_e4,
        measure.currency_code,
        measure.unit_code,
        list(measure.excluded_countries),
        list(measure.country_rates_bp),
        list(measure.country_rates_bp.values()),
        list(measure.origins),
        measure.producer,
        measure.tax_code,
        measure.notes,
        measure.partly,
        measure.valid_from,
        measure.valid_until,
        measure.schedule,
        measure.instrument,
        measure.verified,
        measure.sample,
    )


def control_row(control: Control) -> Row:
    """Return a control in the order of `CONTROLS`, without the version."""
    return (
        control.control_id,
        control.type_code,
        control.type_name_vi,
        control.effect,
        control.agency,
        control.instrument,
        control.list_no,
        control.verified,
    )


def controlled_row(row: ControlledCode) -> Row:
    """Return that a control names a code, in the order of `CONTROLLED`, without the version."""
    return row.commodity_code, row.control_id, row.valid_from, row.valid_until


_IN_BOOK: LiteralString = "book_from <= %s AND (book_until IS NULL OR book_until > %s)"
_ON_DAY: LiteralString = "AND valid_from <= %s AND (valid_until IS NULL OR valid_until > %s)"
_SELECT_CODE: LiteralString = """SELECT hs8, name_vi, unit_codes, unit_printed, corresponds_to, valid_from, valid_until, schedule, instrument, verified,
    name_en FROM tariff_code """
_SELECT_MEASURE: LiteralString = """SELECT measure_id, hs8, kind, option_code, alternative, printed, status, rate_bp, specific_e4, currency_code,
    unit_code, excluded_countries, own_rate_countries, own_rates_bp, origins, producer, tax_code, notes, partly, valid_from, valid_until, schedule,
    instrument, verified, sample FROM tariff_measure """


def read_codes(connection: Connection[Any], version: int, on: date | None = None) -> Iterator[CommodityCode]:
    """Yield the codes of a version, of one day or of every day, in order."""
    statement, parameters = _of(_SELECT_CODE, version, on)
    units: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in connection.execute(statement + " ORDER BY hs8, valid_from", parameters, binary=True):
        hs8, name_vi, unit_codes, *rest = row
        shared = units.setdefault(tuple(unit_codes), tuple(map(intern, unit_codes)))
        yield CommodityCode(hs8, name_vi, shared, *rest)


def read_codes_of(connection: Connection[Any], version: int, codes: list[str]) -> list[CommodityCode]:
    """Return some codes of the nomenclature of a version, of every day."""
    found = connection.execute(_SELECT_CODE + "WHERE " + _IN_BOOK + " AND hs8 = ANY(%s)", (version, version, codes))
    return [CommodityCode(hs8, name, tuple(units), *rest) for hs8, name, units, *rest in found]


def suggest(
    connection: Connection[Any], version: int, on: date, beginning: str, words: list[str], count: int
) -> list[tuple[str, str]]:
    """Return (code, name) of the day's codes that begin so, and whose names hold all words, in order."""
    statement, parameters = _of("SELECT hs8, name_vi FROM tariff_code ", version, on)
    rows = connection.execute(
        statement + " AND hs8 LIKE %s AND name_vi ILIKE ALL (%s) ORDER BY hs8 LIMIT %s",
        (*parameters, beginning + "%", [f"%{word}%" for word in words], count),
    )
    return [(row[0], row[1]) for row in rows]


def read_measures(connection: Connection[Any], version: int, on: date | None = None) -> Iterator[Measure]:
    """Yield the measures of a version, of one day or of every day, by number."""
    statement, parameters = _of(_SELECT_MEASURE, version, on)
    cursor = connection.cursor(row_factory=args_row(_measure), binary=True)
    yield from cursor.execute(statement + " ORDER BY measure_id", parameters)


def read_measures_of(connection: Connection[Any], version: int, codes: list[str]) -> list[Measure]:
    """Return the measures of some codes in a version, of every day, by number."""
    statement = _SELECT_MEASURE + "WHERE " + _IN_BOOK + " AND hs8 = ANY(%s) ORDER BY measure_id"
    return (
        connection.cursor(row_factory=args_row(_measure), binary=True)
        .execute(statement, (version, version, codes))
        .fetchall()
    )


def read_measures_from(connection: Connection[Any], version: int, schedule: str) -> list[Measure]:
    """Return the measures of one schedule in a version, of every day, by number."""
    statement = _SELECT_MEASURE + "WHERE " + _IN_BOOK + " AND schedule = %s ORDER BY measure_id"
    return (
        connection.cursor(row_factory=args_row(_measure), binary=True)
        .execute(statement, (version, version, schedule))
        .fetchall()
    )


def read_measure(connection: Connection[Any], measure_id: int) -> Measure | None:
    """Return one measure of whatever version, or None."""
    cursor = connection.cursor(row_factory=args_row(_measure), binary=True)
    return cursor.execute(_SELECT_MEASURE + "WHERE measure_id = %s", (measure_id,)).fetchone()


def read_controls(connection: Connection[Any], version: int) -> Iterator[Control]:
    """Yield the controls of a version, by number."""
    statement, parameters = _of(
        "SELECT control_id, type_code, type_name_vi, effect, agency, instrument, list_no, verified FROM tariff_control ",
        version,
        None,
    )
    yield from connection.cursor(row_factory=args_row(Control)).execute(statement + " ORDER BY control_id", parameters)


def read_controlled(connection: Connection[Any], version: int, on: date | None = None) -> Iterator[ControlledCode]:
    """Yield which control names which code in a version, of one day or of every day, in order."""
    statement, parameters = _of(
        "SELECT hs8, control_id, valid_from, valid_until FROM tariff_controlled_code ", version, on
    )
    cursor = connection.cursor(row_factory=args_row(ControlledCode), binary=True)
    yield from cursor.execute(statement + " ORDER BY hs8, control_id, valid_from", parameters)


def _of(select: LiteralString, version: int, on: date | None) -> tuple[LiteralString, tuple[object, ...]]:
    if on is None:
        return select + "WHERE " + _IN_BOOK, (version, version)
    return select + "WHERE " + _IN_BOOK + _ON_DAY, (version, version, on, on)


def _measure(*row: Any) -> Measure:
    (measure_id, hs8, kind, option_code, alternative, printed, status, rate_bp, specific_e4, currency_code, unit_code, excluded, countries,
     rates, origins, producer, tax_code, notes, partly, valid_from, valid_until, schedule, instrument, verified, sample) = row  # fmt: skip
    return Measure(
        measure_id=measure_id,
        commodity_code=hs8,
        kind=kind,
        option_code=option_code,
        alternative=alternative,
        printed=printed,
        status=status,
        rate_bp=rate_bp,
        specific_e4=specific_e4,
        currency_code=currency_code,
        unit_code=unit_code,
        excluded_countries=tuple(excluded) if excluded else (),
        country_rates_bp=dict(zip(countries, rates, strict=True)) if countries else _NO_RATES,
        origins=tuple(origins) if origins else (),
        producer=producer,
        tax_code=tax_code,
        notes=notes,
        partly=partly,
        valid_from=valid_from,
        valid_until=valid_until,
        schedule=schedule,
        instrument=instrument,
        verified=verified,
        sample=sample,
    )
