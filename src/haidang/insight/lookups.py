"""A history of goods lines: from a Parquet file or from declarations given one by one, sorted and numbered for reading in columns.

DuckDB does the reading, sorting and numbering, in memory and beside it on disk; nothing is fetched from anywhere. docs/whatif.md lists the columns.
"""

# ruff: noqa: S608  (the statements are put together from the names of our own columns)

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from haidang.insight.terms import Chunk, Declarations, HistoryNotUnderstood
from haidang.taxes.columns import Lines, Profile

_LINES_A_CHUNK = 500_000
_NEEDED = {"declaration": "VARCHAR", "commodity_code": "VARCHAR", "customs_value_vnd_e4": "BIGINT"}
_OPTIONAL = {
    "is_export": ("BOOLEAN", "false"),
    "kind_code": ("VARCHAR", "''"),
    "origin_country_code": ("VARCHAR", "''"),
    "tariff_schedule_code": ("VARCHAR", "''"),
    "out_of_quota": ("BOOLEAN", "false"),
    "unit_code": ("VARCHAR", "''"),
    "quantity_milli": ("BIGINT", "0"),
    "unit2_code": ("VARCHAR", "''"),
    "quantity2_milli": ("BIGINT", "NULL"),
    "tax_codes": ("VARCHAR", "''"),
    "duty_exemption_code": ("VARCHAR", "''"),
    "trader_code": ("VARCHAR", "''"),
    "province": ("VARCHAR", "''"),
    "firm_size": ("VARCHAR", "''"),
    "registered_on": ("DATE", "NULL"),
}
"""Columns that may be absent or empty: their type, and what they then say. `tax_codes` are joined by blanks."""
COLUMNS = (*_NEEDED, *_OPTIONAL)
_OF_PROFILE = (
    "is_export", "kind_code", "commodity_code", "origin_country_code", "tariff_schedule_code", "out_of_quota", "unit_code", "unit2_code",
    "has_quantity2", "tax_codes", "duty_exemption_code",
)  # fmt: skip


class History:
    """Goods lines of many declarations. Fill it from a file or with `add`, then read `chunks`; a context that gives its memory back."""

    def __init__(self) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._base = duckdb.connect(":memory:", config=settings)
        types = _NEEDED | {name: type_ for name, (type_, _) in _OPTIONAL.items()}
        self._base.execute(f"CREATE TABLE raw ({', '.join(f'{name} {type_}' for name, type_ in types.items())})")

    def __enter__(self) -> "History":
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def read(self, path: Path) -> int:
        """Add the lines of a Parquet file and return how many they are.

        Raises:
            HistoryNotUnderstood: no Parquet file, a column is missing or holds something else, a value is missing or below zero.
        """
        try:
            found = {row[0] for row in self._query("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)])}
            if missing := sorted(set(_NEEDED) - found):
                raise HistoryNotUnderstood(
                    f"thiếu cột {', '.join(missing)}; xem docs/whatif.md",
                    f"the columns {', '.join(missing)} are missing; docs/whatif.md lists them",
                )
            told = ", ".join(_told(name, found) for name in COLUMNS)
            self._base.execute(f"INSERT INTO raw SELECT {told} FROM read_parquet(?)", [str(path)])
        except duckdb.Error as error:
            text = str(error).splitlines()[0]
            raise HistoryNotUnderstood(text, text) from None
        self._check()
        return self._count("raw")

    def add(self, lines: Iterable[Mapping[str, Any]]) -> int:
        """Add lines, each with the columns of a file by name, and return how many they are."""
        rows = list(lines)
        batch = {name: np.array([row.get(name) for row in rows], object) for name in COLUMNS}
        if rows:
            told = ", ".join(_told(name, COLUMNS) for name in COLUMNS)
            self._base.register("batch", batch)
            self._base.execute(f"INSERT INTO raw SELECT {told} FROM batch")
            self._base.unregister("batch")
        self._check()
        return len(rows)

    def write(self, path: Path) -> None:
        """Write the lines to a Parquet file, as `read` takes it."""
        quoted = str(path).replace("'", "''")
        self._base.execute(f"COPY raw TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")

    def chunks(self) -> Iterator[Chunk]:
        """Yield the lines in columns, whole declarations together, some hundred thousand lines at a time."""
        self._number()
        bounds = self._query(
            f"SELECT min(place), max(place) + 1 FROM declared GROUP BY before // {_LINES_A_CHUNK} ORDER BY 1"
        )
        profiles = [
            _profile(row) for row in self._query(f"SELECT {', '.join(_OF_PROFILE)} FROM profile ORDER BY number")
        ]
        for first, last in bounds:
            yield self._chunk(first, last, profiles)

    def _number(self) -> None:
        """Number what lines share: their profile and their declaration."""
        told = ", ".join(
            f"quantity2_milli IS NOT NULL AS {name}" if name == "has_quantity2" else name for name in _OF_PROFILE
        )
        same = " AND ".join(
            f"p.{name} = {'(r.quantity2_milli IS NOT NULL)' if name == 'has_quantity2' else f'r.{name}'}"
            for name in _OF_PROFILE
        )
        self._base.execute(f"""
            CREATE OR REPLACE TABLE profile AS SELECT row_number() OVER () - 1 AS number, * FROM (SELECT DISTINCT {told} FROM raw);
            CREATE OR REPLACE TABLE declared AS
            SELECT *, sum(lines) OVER (ORDER BY place) - lines AS before FROM (
                SELECT row_number() OVER (ORDER BY declaration) - 1 AS place, declaration, count(*) AS lines, min(trader_code) AS trader_code,
                    min(province) AS province, min(firm_size) AS firm_size, coalesce(strftime(min(registered_on), '%Y-%m'), '') AS month
                FROM raw GROUP BY declaration);
            CREATE OR REPLACE TABLE line AS
            SELECT d.place, p.number AS profile, r.customs_value_vnd_e4, r.quantity_milli, coalesce(r.quantity2_milli, 0) AS quantity2_milli
            FROM raw r JOIN declared d USING (declaration) JOIN profile p ON {same} ORDER BY d.place;
        """)

    def _chunk(self, first: int, last: int, profiles: Sequence[Profile]) -> Chunk:
        between = "WHERE place >= ? AND place < ? ORDER BY place"
        lines = self._base.execute(f"SELECT * FROM line {between}", [first, last]).fetchnumpy()
        told = self._base.execute(
            f"SELECT trader_code, province, firm_size, month FROM declared {between}", [first, last]
        ).fetchnumpy()
        numbers, places = np.unique(np.asarray(lines["profile"]), return_inverse=True)
        names = (np.asarray(told[name]).tolist() for name in ("trader_code", "province", "firm_size", "month"))
        return Chunk(
            Lines(
                places.astype(np.int32),
                *(
                    np.asarray(lines[name], np.int64)
                    for name in ("customs_value_vnd_e4", "quantity_milli", "quantity2_milli")
                ),
            ),
            [profiles[number] for number in numbers.tolist()],
            np.asarray(lines["place"], np.int64) - first,
            Declarations(*names),
        )

    def _check(self) -> None:
        wrong = " OR ".join((
            *(f"{name} IS NULL" for name in _NEEDED),
            *(f"{name} < 0" for name in ("customs_value_vnd_e4", "quantity_milli", "quantity2_milli")),
        ))  # fmt: skip
        ((count, example),) = self._query(f"SELECT count(*), min(declaration) FROM raw WHERE {wrong}")
        if count:
            raise HistoryNotUnderstood(
                f"{count} dòng thiếu tờ khai, mã hàng hoặc trị giá, hoặc có số âm; ví dụ tờ khai {example}",
                f"{count} lines lack declaration, commodity code or value, or have a number below zero; for example of declaration {example}",
            )

    def _count(self, table: str) -> int:
        ((count,),) = self._query(f"SELECT count(*) FROM {table}")
        return int(count)

    def _query(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._base.execute(statement, parameters).fetchall()


def _told(name: str, found: Iterable[str]) -> str:
    """Return the expression of one column, with what it says when it is absent or empty."""
    if name in _NEEDED:
        return f"CAST({name} AS {_NEEDED[name]})"
    type_, empty = _OPTIONAL[name]
    return f"coalesce(CAST({name} AS {type_}), {empty})" if name in found else f"CAST({empty} AS {type_})"


def _profile(row: tuple[Any, ...]) -> Profile:
    told = dict(zip(_OF_PROFILE, row, strict=True))
    return Profile(**told | {"tax_codes": tuple(told["tax_codes"].split())})
