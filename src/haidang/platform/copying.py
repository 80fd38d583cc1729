"""Binary COPY, as the lanes write: rows packed by a function made for the table, sent by libpq without a cursor between.

A batch writes a dozen tables. psycopg's own copy spends a fifth of a millisecond on each before the first row, and looks up a dumper for each value;
here a table's function is made once from the types of its columns. The format is PostgreSQL's own (documentation, COPY, "Binary Format").
"""

import select
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter, index
from struct import Struct, error
from typing import Any

import psycopg
from psycopg import pq

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_0 = date(2000, 1, 1).toordinal()
_ARRAY_HEAD = Struct(">iiiii")
_EMPTY_ARRAY = Struct(">iii")
_LENGTH = Struct(">i")
_INT2_MEMBER = Struct(">ih")

Row = tuple[Any, ...]
Pack = Callable[[Sequence[Row]], bytes]


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _texts(values: Sequence[str]) -> bytes:
    """Return a one-dimensional text[] (type 25)."""
    members = [value.encode() for value in values]
    return _array(25, [_LENGTH.pack(len(member)) + member for member in members])


def _int2s(values: Sequence[int]) -> bytes:
    """Return a one-dimensional int2[] (type 21)."""
    return _array(21, [_INT2_MEMBER.pack(2, value) for value in values])


def _array(type_oid: int, members: list[bytes]) -> bytes:
    if not members:
        return _EMPTY_ARRAY.pack(0, 0, type_oid)
    return b"".join((_ARRAY_HEAD.pack(1, 0, type_oid, len(members), 1), *members))


_FIXED = {
    "int2": ("h", 2, "{0}"),
    "int4": ("i", 4, "{0}"),
    "int8": ("q", 8, "{0}"),
    "bool": ("b", 1, "{0}"),
    "date": ("i", 4, f"{{0}}.toordinal() - {_DAY_0}"),
    "timestamptz": ("q", 8, "microseconds({0})"),
    "uuid": ("16s", 16, "{0}.bytes"),
}
"""Of each type: its place in a struct, its length in bytes, and the value that goes there."""
_VARIABLE = {"text": "{0}.encode()", "bytea": "{0}", "text[]": "texts({0})", "int2[]": "int2s({0})"}
"""Of each type the bytes that follow its length."""


def packer(types: Sequence[str]) -> Pack:
    """Return a function that packs rows, tuples of values of these types in this order, into the bytes of a whole binary COPY.

    Known are int2, int4, int8, bool, date, timestamptz, uuid, text, bytea, text[] and int2[]; None is NULL in every one of them.

    Raises (the function): struct.error, AttributeError or TypeError for a value that is not of its column's type or range.
    """
    names = [f"v{place}" for place in range(len(types))]
    prepared: list[str] = []
    parts: list[str] = []
    formats: list[str] = []
    run, values = "h", [str(len(types))]
    for name, type_ in zip(names, types, strict=True):
        if type_ in _FIXED:
            letter, length, value = _FIXED[type_]
            run, values = f"{run}i{letter}", [*values, str(length), value.format(name)]
            continue
        prepared.append(f"b{name} = {_VARIABLE[type_].format(name)}")
        parts.append(f"pack{len(formats)}({', '.join([*values, f'len(b{name})'])}), b{name}")
        formats.append(f"{run}i")
        run, values = "", []
    if values:
        parts.append(f"pack{len(formats)}({', '.join(values)})")
        formats.append(run)
    lines = [
        "def pack(rows):",
        "    out = [header]",
        "    for row in rows:",
        f"        {', '.join(names)}, = row",
        "        try:",
        *(f"            {line}" for line in prepared),
        f"            out += ({', '.join(parts)},)",
        "        except (error, AttributeError, TypeError):",
        "            out.append(with_nulls(row))",
        "    out.append(end)",
        "    return join(out)",
    ]
    known: dict[str, Any] = {
        "header": _HEADER, "end": _END, "join": b"".join, "error": error, "microseconds": _microseconds, "texts": _texts,
        "int2s": _int2s, "with_nulls": _with_nulls(types),
    }  # fmt: skip
    known |= {f"pack{place}": Struct(f">{format_}").pack for place, format_ in enumerate(formats)}
    exec(compile("\n".join(lines), f"<copy of {len(types)} columns>", "exec"), known)  # noqa: S102  (of the table's types alone)
    pack: Pack = known["pack"]
    return pack


def _with_nulls(types: Sequence[str]) -> Callable[[Row], bytes]:
    """Return a function that packs one row value by value: for rows with NULL, which are few. It raises what the values deserve."""
    packs = [_ALONE[type_] for type_ in types]
    head = Struct(">h").pack(len(types))

    def pack_row(row: Row) -> bytes:
        return head + b"".join(
            [_NULL if value is None else pack(value) for value, pack in zip(row, packs, strict=True)]
        )

    return pack_row


def _fixed(letter: str, length: int, value: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    pack = Struct(f">i{letter}").pack
    return lambda given: pack(length, value(given))


def _variable(value: Callable[[Any], bytes | memoryview]) -> Callable[[Any], bytes]:
    return lambda given: _LENGTH.pack(len(bytes_ := value(given))) + bytes_


_ALONE: dict[str, Callable[[Any], bytes]] = {
    "int2": _fixed("h", 2, index),
    "int4": _fixed("i", 4, index),
    "int8": _fixed("q", 8, index),
    "bool": _fixed("b", 1, index),
    "date": _fixed("i", 4, lambda day: day.toordinal() - _DAY_0),
    "timestamptz": _fixed("q", 8, _microseconds),
    "uuid": _fixed("16s", 16, attrgetter("bytes")),
    "text": _variable(str.encode),
    "bytea": _variable(memoryview),
    "text[]": _variable(_texts),
    "int2[]": _variable(_int2s),
}


def copy(connection: psycopg.Connection[Any], statement: bytes, data: bytes) -> None:
    """Run `COPY … FROM STDIN (FORMAT BINARY)` with `data`, within the transaction under way.

    Other threads run while the server works: libpq's own waiting would hold the interpreter.

    Raises:
        psycopg.Error: what the server says of it.
    """
    pgconn = connection.pgconn
    begun = pgconn.exec_(statement)
    if begun.status != pq.ExecStatus.COPY_IN:
        raise psycopg.errors.error_from_result(begun, encoding=connection.info.encoding)
    pgconn.put_copy_data(data)
    pgconn.put_copy_end()
    poller = select.poll()
    while pgconn.flush():
        # The server may have something to say before it takes more: both are waited for, or each could wait for the other.
        poller.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        poller.poll()
        pgconn.consume_input()
    poller.register(pgconn.socket, select.POLLIN)
    failed = None
    while (result := _next_result(pgconn, poller)) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            failed = failed or result
    if failed is not None:
        raise psycopg.errors.error_from_result(failed, encoding=connection.info.encoding)


def _next_result(pgconn: pq.abc.PGconn, poller: select.poll) -> pq.abc.PGresult | None:
    while pgconn.is_busy():
        poller.poll()
        pgconn.consume_input()
    return pgconn.get_result()
