"""Rows packed by hand arrive as psycopg would have sent them, whatever is NULL; what does not fit is refused."""

import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.platform import copying
from haidang.platform.db import Table, Transaction

COLUMNS = {
    "a": "int2", "b": "text", "c": "int4", "d": "int8", "e": "bool", "f": "date", "g": "timestamptz", "h": "uuid", "i": "bytea",
    "j": "text[]", "k": "int2[]", "l": "date?", "m": "text?", "n": "timestamptz?",
}  # fmt: skip
TABLE = Table("copied", **COLUMNS)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
VALUES = {
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "bool": st.booleans(),
    "date": st.dates(),
    "timestamptz": st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])),
    "uuid": st.uuids(),
    "text": TEXTS,
    "bytea": st.binary(max_size=40),
    "text[]": st.lists(TEXTS, max_size=3),
    "int2[]": st.lists(st.integers(-(2**15), 2**15 - 1), max_size=3),
}  # fmt: skip
VALUES |= {f"{type_}?": st.none() | VALUES[type_] for type_ in ("date", "text", "timestamptz")}
ROW = (
    7, "Hải quan", -1, 2**63 - 1, True, date(2026, 3, 2), datetime(2026, 3, 2, 1, 0, 0, 5, UTC), UUID(int=3), b"\0\xff", ["a", ""],
    [1, -2], None, None, None,
)  # fmt: skip


@pytest.fixture(scope="module")
def connection(database: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connected:
        columns = ", ".join(f"{name} {type_.rstrip('?')}" for name, type_ in COLUMNS.items())
        connected.execute(f"CREATE TEMPORARY TABLE copied ({columns})")
        yield connected


def _back(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    connection.execute("TRUNCATE copied")
    with Transaction(connection) as transaction:
        transaction.write(TABLE, rows)
    return connection.execute("SELECT * FROM copied").fetchall()


@given(rows=st.lists(st.tuples(*(st.none() | VALUES[type_] for type_ in COLUMNS.values())), max_size=5))
def test_what_was_copied_is_read_back(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    assert _back(connection, rows) == rows


@given(rows=st.lists(st.tuples(*(VALUES[type_] for type_ in COLUMNS.values())), min_size=1, max_size=3))
def test_the_fast_way_and_the_way_with_nulls_give_the_same_bytes(rows: list[tuple[Any, ...]]) -> None:
    types = tuple(COLUMNS.values())
    one_by_one = b"".join(map(copying._with_nulls(types), rows))
    assert copying.packer(types)(rows) == copying._HEADER + one_by_one + copying._END


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, 2**15), (2, -(2**31) - 1), (3, 2**63), (0, 1.0), (0, "1"), (1, 5), (4, "yes"), (5, 3), (6, date(2026, 1, 1)), (7, "x"), (8, 5), (8, "x"),
     (9, [5]), (10, ["x"]), (10, [2**15])],
)  # fmt: skip
def test_a_value_that_is_not_of_its_column_is_refused(place: int, value: object) -> None:
    row = (*ROW[:place], value, *ROW[place + 1 :])
    with pytest.raises((struct.error, AttributeError, TypeError)):
        TABLE.pack([row])


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        TABLE.pack([ROW[:-1]])


def test_what_the_server_refuses_is_its_error_and_the_connection_goes_on(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.CharacterNotInRepertoire):
        _back(connection, [ROW, (ROW[0], "a\0b", *ROW[2:])])
    with pytest.raises(psycopg.errors.UndefinedTable):
        copying.copy(connection, b"COPY nowhere FROM STDIN (FORMAT BINARY)", TABLE.pack([ROW]))
    assert _back(connection, [ROW]) == [ROW]


def test_more_than_the_socket_takes_at_once_arrives_whole(connection: psycopg.Connection[Any]) -> None:
    large = (*ROW[:8], bytes(range(256)) * 4096, *ROW[9:])
    assert _back(connection, [large] * 20) == [large] * 20
