"""The law book's rows in PostgreSQL: what one version changes against the one before, and what a version says."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from psycopg import Connection, sql
from psycopg.types.range import Range

from haidang.reference.terms import (
    BEGINNING,
    Book,
    Citation,
    CodeList,
    CodeValue,
    ExchangeRate,
    Holiday,
    Instrument,
    Parameter,
    TariffLine,
)

_ONE_AT_A_TIME = 0x6C61_7762_6F6F_6B  # "lawbook"

_EVERY = sql.SQL("true")
_STANDS = sql.SQL("book_from <= %(version)s AND (book_until IS NULL OR book_until > %(version)s)")


class _Kept(NamedTuple):
    """A table of the book: its columns as rows are written, and those that tell one row of a version from another."""

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


_INSTRUMENTS = _Kept(
    "law_instrument",
    (
        *("number", "kind", "title_vi", "issuer", "issued_on", "in_force_from", "in_force_until", "verified", "source"),
        *("suspended_from", "suspended_until", "note"),
    ),
    ("number",),
)
_PARAMETERS = _Kept(
    "law_parameter",
    ("name", "value", "unit", "valid", "instrument", "article", "verified", "note"),
    ("name", "valid"),
)
_HOLIDAYS = _Kept(
    "law_holiday",
    ("holiday_on", "name_vi", "working", "computed", "instrument", "article", "verified"),
    ("holiday_on",),
)
_LISTS = _Kept("law_list", ("list_name", "name_vi", "name_en", "source", "verified", "packed", "note"), ("list_name",))
_CODES = _Kept(
    "law_code",
    ("list_name", "code", "name_vi", "name_en", "valid", "attributes", "source", "verified", "sample"),
    ("list_name", "code", "valid"),
)


_LINES = _Kept(
    "law_tariff_line",
    (
        *("commodity_code", "schedule_code", "valid", "rate", "specific_e4", "currency_code", "unit_code"),
        *("instrument", "article", "verified", "note"),
    ),
    ("commodity_code", "schedule_code", "valid"),
)


def lock(connection: Connection[Any]) -> None:
    """Let one load of the book run at a time, until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ONE_AT_A_TIME,))


def newest(connection: Connection[Any]) -> tuple[int, str]:
    """Return number and digest (hexadecimal) of the newest version, (0, "") when none is loaded."""
    found = connection.execute(
        "SELECT version, encode(digest, 'hex') FROM law_book_version ORDER BY version DESC LIMIT 1"
    ).fetchone()
    return (found[0], found[1]) if found else (0, "")


def digests(connection: Connection[Any], version: int) -> tuple[bytes, ...]:
    """Return the digests of every version up to one, in order."""
    rows = connection.execute("SELECT digest FROM law_book_version WHERE version <= %s ORDER BY version", (version,))
    return tuple(digest for (digest,) in rows)


def has_version(connection: Connection[Any], version: int) -> bool:
    """Whether that version was loaded."""
    return connection.execute("SELECT FROM law_book_version WHERE version = %s", (version,)).fetchone() is not None


def add_version(connection: Connection[Any], version: int, digest: str, note: str, draft_id: int | None = None) -> None:
    """Number a new version of the book; `digest` (hexadecimal) is that of its files, or of the draft that makes it."""
    connection.execute(
        "INSERT INTO law_book_version (version, loaded_at, digest, note, draft_id) VALUES (%s, legal_now(), decode(%s, 'hex'), %s, %s)",
        (version, digest, note, draft_id),
    )


def write_version(
    connection: Connection[Any],
    version: int,
    book: Book,
    note: str,
    without: Sequence[CodeList] = (),
    draft_id: int | None = None,
) -> None:
    """Write what a new version says anew, and close the rows that it no longer says; plain rows of packed lists left out stay."""
    add_version(connection, version, book.digest, note, draft_id)
    _change(connection, version, _INSTRUMENTS, map(_instrument_row, book.instruments))
    _change(connection, version, _PARAMETERS, map(_parameter_row, book.parameters))
    _change(connection, version, _HOLIDAYS, map(_holiday_row, book.holidays))
    _change(connection, version, _LISTS, map(_list_row, book.lists))
    _change(connection, version, _CODES, map(_code_row, book.codes), _outside(without))
    _change(connection, version, _LINES, map(_line_row, book.lines))


def _outside(without: Sequence[CodeList]) -> sql.Composable:
    """Return the test that leaves out the plain rows of packed lists."""
    return sql.SQL(" AND ").join([_EVERY, *(sql.SQL("NOT ({})").format(_plain(of)) for of in without)])


def _change(
    connection: Connection[Any],
    version: int,
    kept: _Kept,
    rows: Iterable[tuple[object, ...]],
    among: sql.Composable = _EVERY,
) -> None:
    names = {
        "table": sql.Identifier(kept.table),
        "incoming": sql.Identifier(f"incoming_{kept.table}"),
        "columns": sql.SQL(", ").join(map(sql.Identifier, kept.columns)),
        "key": sql.SQL(", ").join(map(sql.Identifier, kept.key)),
        "among": among,
    }
    connection.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
        ).format(**names)
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {incoming} ({columns}) FROM STDIN").format(**names)) as copy,
    ):
        for row in rows:
            copy.write_row(row)
    connection.execute(
        sql.SQL(
            "UPDATE {table} SET book_until = {version} WHERE book_until IS NULL AND ({key}) IN (SELECT {key} FROM"
            " (SELECT {columns} FROM {table} WHERE book_until IS NULL AND {among} EXCEPT SELECT {columns} FROM {incoming}) AS gone)"
        ).format(version=sql.Literal(version), **names)
    )
    connection.execute(
        sql.SQL(
            "INSERT INTO {table} ({columns}, book_from) SELECT {columns}, {version} FROM"
            " (SELECT {columns} FROM {incoming} EXCEPT SELECT {columns} FROM {table} WHERE book_until IS NULL) AS come"
        ).format(version=sql.Literal(version), **names)
    )
    connection.execute(sql.SQL("DROP TABLE {incoming}").format(**names))


def read_instruments(connection: Connection[Any], version: int) -> tuple[Instrument, ...]:
    """Return the instruments of a version, by number."""
    return tuple(Instrument(*row) for row in _standing(connection, version, _INSTRUMENTS))


def read_parameters(connection: Connection[Any], version: int) -> tuple[Parameter, ...]:
    """Return the parameters of a version, of every date, by name."""
    return tuple(map(_parameter, _standing(connection, version, _PARAMETERS)))


def read_holidays(connection: Connection[Any], version: int) -> tuple[Holiday, ...]:
    """Return the days of a version's calendar in order."""
    return tuple(map(_holiday, _standing(connection, version, _HOLIDAYS)))


def read_lines(connection: Connection[Any], version: int) -> tuple[TariffLine, ...]:
    """Return the tariff lines of a version, of every date, by code, schedule and first day."""
    return tuple(map(_line, _standing(connection, version, _LINES)))


def read_values(connection: Connection[Any], version: int, names: Sequence[str]) -> tuple[CodeValue, ...]:
    """Return the values of some code lists of a version, of every date."""
    return tuple(map(_code, _standing(connection, version, _CODES, sql.SQL("list_name = ANY({})").format(list(names)))))


def read_lists(connection: Connection[Any], version: int) -> tuple[CodeList, ...]:
    """Return the code lists of a version, by name."""
    return tuple(CodeList(*row) for row in _standing(connection, version, _LISTS))


def read_codes(connection: Connection[Any], version: int, without: Sequence[CodeList] = ()) -> Iterator[CodeValue]:
    """Yield every value of every code list of a version, of every date, but the plain rows of packed lists left out."""
    return map(_code, _standing(connection, version, _CODES, _outside(without)))


def list_changed(connection: Connection[Any], name: str, first: int, last: int) -> bool:
    """Whether a list or one of its codes came or went between two versions."""
    found = connection.execute(
        """SELECT EXISTS (SELECT FROM law_code WHERE list_name = %(name)s AND (%(first)s < book_from AND book_from <= %(last)s
                OR %(first)s < book_until AND book_until <= %(last)s))
            OR EXISTS (SELECT FROM law_list WHERE list_name = %(name)s AND (%(first)s < book_from AND book_from <= %(last)s
                OR %(first)s < book_until AND book_until <= %(last)s))""",
        {"name": name, "first": first, "last": last},
    ).fetchone()
    return found == (True,)


def read_packed(connection: Connection[Any], version: int, of: CodeList) -> tuple[Sequence[str], Sequence[str]]:
    """Return codes (ascending) and names of the plain rows of a packed list."""
    statement = sql.SQL(
        """SELECT array_agg(code ORDER BY code COLLATE "C"), array_agg(name_en ORDER BY code COLLATE "C")
           FROM law_code WHERE {stands} AND {plain}"""
    ).format(stands=_STANDS, plain=_plain(of))
    found = connection.execute(statement, {"version": version}).fetchone()
    codes, names = found or (None, None)
    return codes or (), names or ()


def read_codes_of_day(
    connection: Connection[Any], version: int, on: date, packed: Sequence[CodeList]
) -> Iterator[CodeValue]:
    """Yield the values that stand on a day, leaving out the plain rows of packed lists."""
    names = sql.SQL(", ").join(map(sql.Identifier, _CODES.columns))
    where = sql.SQL(" AND ").join([_STANDS, sql.SQL("valid @> %(on)s::date"), _outside(packed)])
    statement = sql.SQL("SELECT {} FROM law_code WHERE {}").format(names, where)
    return map(_code, connection.execute(statement, {"version": version, "on": on}))


def differing_rates(connection: Connection[Any], rates: Iterable[ExchangeRate]) -> list[ExchangeRate]:
    """Return those of these weekly rates that the newest version does not say."""
    found = connection.execute(
        """
        SELECT g.currency_code, g.week_from, g.rate_e4, g.source
        FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::text[]) AS g(currency_code, week_from, rate_e4, source)
        LEFT JOIN exchange_rate e ON (e.currency_code, e.week_from) = (g.currency_code, g.week_from) AND e.book_until IS NULL
        WHERE (e.rate_e4, e.source) IS DISTINCT FROM (g.rate_e4, g.source)
        """,
        _rate_columns(rates),
    )
    return [ExchangeRate(*row) for row in found]


def write_rates(connection: Connection[Any], version: int, rates: Sequence[ExchangeRate]) -> None:
    """Write what a new version says anew of weekly rates, and close the rates that they take the place of."""
    connection.execute(
        """
        UPDATE exchange_rate e SET book_until = %s
        FROM unnest(%s::text[], %s::date[]) AS g(currency_code, week_from)
        WHERE (e.currency_code, e.week_from) = (g.currency_code, g.week_from) AND e.book_until IS NULL
        """,
        (version, *_rate_columns(rates)[:2]),
    )
    connection.execute(
        """
        INSERT INTO exchange_rate (currency_code, week_from, rate_e4, source, loaded_at, book_from)
        SELECT g.*, legal_now(), %s FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::text[]) AS g
        """,
        (version, *_rate_columns(rates)),
    )


def _rate_columns(rates: Iterable[ExchangeRate]) -> list[list[Any]]:
    rows = [(rate.currency_code, rate.week_from, rate.rate_e4, rate.source) for rate in rates]
    return [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]


def read_rates(connection: Connection[Any], version: int, week_from: date) -> tuple[ExchangeRate, ...]:
    """Return the rates of one week as a version says them."""
    found = connection.execute(
        sql.SQL(
            "SELECT currency_code, week_from, rate_e4, source FROM exchange_rate WHERE week_from = %(week)s AND {}"
        ).format(_STANDS),
        {"week": week_from, "version": version},
    )
    return tuple(ExchangeRate(*row) for row in found)


def read_all_rates(connection: Connection[Any], version: int) -> tuple[ExchangeRate, ...]:
    """Return the rates of every week as a version says them, by week and currency."""
    found = connection.execute(
        sql.SQL(
            "SELECT currency_code, week_from, rate_e4, source FROM exchange_rate WHERE {} ORDER BY week_from, currency_code"
        ).format(_STANDS),
        {"version": version},
    )
    return tuple(ExchangeRate(*row) for row in found)


def is_trial(connection: Connection[Any]) -> bool:
    """Whether this database was made as a trial."""
    return connection.execute("SELECT trial FROM installation").fetchone() == (True,)


def notify(connection: Connection[Any], version: int) -> None:
    """Tell every listener on channel `haidang_lawbook`, at commit, which version is newest."""
    connection.execute("SELECT pg_notify('haidang_lawbook', %s)", (str(version),))


def _standing(
    connection: Connection[Any], version: int, kept: _Kept, among: sql.Composable = _EVERY
) -> Iterable[tuple[Any, ...]]:
    statement = sql.SQL("SELECT {} FROM {} WHERE {} AND {} ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, kept.columns)),
        sql.Identifier(kept.table),
        _STANDS,
        among,
        sql.SQL(", ").join(map(sql.Identifier, kept.key)),
    )
    return connection.execute(statement, {"version": version})


def _plain(of: CodeList) -> sql.Composed:
    """Return the test that `rules.is_plain` makes, for the rows of one list."""
    return sql.SQL(
        "list_name = {} AND valid = daterange(NULL, NULL) AND attributes = '{{}}' AND name_vi = name_en"
        " AND source = {} AND verified = {} AND NOT sample"
    ).format(sql.Literal(of.name), sql.Literal(of.source), sql.Literal(of.verified))


def _parameter(row: tuple[Any, ...]) -> Parameter:
    name, value, unit, valid, instrument, article, verified, note = row
    return Parameter(name, value, unit, *_bounds(valid), Citation(instrument, article, verified), note)


def _holiday(row: tuple[Any, ...]) -> Holiday:
    on, name_vi, working, computed, instrument, article, verified = row
    return Holiday(on, name_vi, working, computed, Citation(instrument, article, verified))


def _code(row: tuple[Any, ...]) -> CodeValue:
    list_name, code, name_vi, name_en, valid, attributes, source, verified, sample = row
    return CodeValue(list_name, code, name_vi, name_en, *_bounds(valid), attributes, source, verified, sample)


def _line(row: tuple[Any, ...]) -> TariffLine:
    code, schedule, valid, rate, specific_e4, currency, unit, instrument, article, verified, note = row
    law = Citation(instrument, article, verified)
    return TariffLine(code, schedule, *_bounds(valid), rate, specific_e4, currency, unit, law, note)


def _bounds(valid: Range[date]) -> tuple[date, date | None]:
    return valid.lower or BEGINNING, valid.upper


def _valid(row: Parameter | CodeValue | TariffLine) -> str:
    start = "" if row.valid_from == BEGINNING else row.valid_from.isoformat()
    return f"[{start},{row.valid_until or ''})"


def _instrument_row(row: Instrument) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _INSTRUMENTS.columns)


def _parameter_row(row: Parameter) -> tuple[object, ...]:
    law = row.citation
    return row.name, row.value, row.unit, _valid(row), law.instrument, law.article, law.verified, row.note


def _holiday_row(row: Holiday) -> tuple[object, ...]:
    law = row.citation
    return row.on, row.name_vi, row.working, row.computed, law.instrument, law.article, law.verified


def _line_row(row: TariffLine) -> tuple[object, ...]:
    law = row.citation
    return (
        *(
            row.commodity_code,
            row.schedule_code,
            _valid(row),
            row.rate,
            row.specific_e4,
            row.currency_code,
            row.unit_code,
        ),
        *(law.instrument, law.article, law.verified, row.note),
    )


def _list_row(row: CodeList) -> tuple[object, ...]:
    return row.name, row.name_vi, row.name_en, row.source, row.verified, row.packed, row.note


def _code_row(row: CodeValue) -> tuple[object, ...]:
    attributes: Mapping[str, str] = row.attributes
    written = json.dumps(dict(attributes), ensure_ascii=False) if attributes else "{}"
    return (
        *(row.list_name, row.code, row.name_vi, row.name_en, _valid(row), written),
        *(row.source, row.verified, row.sample),
    )


def legal_now(connection: Connection[Any]) -> datetime:
    """Return legal time."""
    row = connection.execute("SELECT legal_now()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


def version_digest(connection: Connection[Any], version: int) -> bytes:
    """Return the digest of a version; empty when it was never loaded."""
    found = connection.execute("SELECT digest FROM law_book_version WHERE version = %s", (version,)).fetchone()
    return bytes(found[0]) if found else b""


def rows_changed_in(
    connection: Connection[Any], version: int
) -> tuple[list[Instrument | Parameter | Holiday | CodeList | CodeValue | TariffLine], ...]:
    """Return the rows that a version closed, and those that it opened."""
    makers: tuple[tuple[_Kept, Callable[..., Any]], ...] = (
        (_INSTRUMENTS, lambda *row: Instrument(*row)),
        (_PARAMETERS, lambda *row: _parameter(row)),
        (_HOLIDAYS, lambda *row: _holiday(row)),
        (_LISTS, lambda *row: CodeList(*row)),
        (_CODES, lambda *row: _code(row)),
        (_LINES, lambda *row: _line(row)),
    )
    changed: tuple[list[Any], list[Any]] = ([], [])
    for rows, column in zip(changed, ("book_until", "book_from"), strict=True):
        for kept, make in makers:
            statement = sql.SQL("SELECT {} FROM {} WHERE {} = %s").format(
                sql.SQL(", ").join(map(sql.Identifier, kept.columns)),
                sql.Identifier(kept.table),
                sql.Identifier(column),
            )
            rows.extend(make(*row) for row in connection.execute(statement, (version,)))
    return changed
