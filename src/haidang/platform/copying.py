"""Binary COPY, as the lanes write: rows packed by a function made for the table, sent by libpq without a cursor between.

A batch writes a dozen tables. psycopg's own copy spends a fifth of a millisecond on each before the first row, and looks up a dumper for each value;
here a table's function is made once from the types of its columns. The format is PostgreSQL's own (documentation, COPY, "Binary Format").
"""

import select
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter, index
from struct import Struct, error
from typing import Any, NamedTuple

import psycopg
from psycopg import pq

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_0 = date(2000, 1, 1).toordinal()
_ARRAY = Struct(">iiiii")
_EMPTY_ARRAY = Struct(">iii")
_LENGTH = Struct(">i")
_INT2_MEMBER = Struct(">ih")
_INT4_MEMBER = Struct(">ii")

Row = tuple[Any, ...]
Pack = Callable[[Sequence[Row]], bytes]


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _texts(values: Sequence[str]) -> bytes:
    """Return a one-dimensional text[] (type 25)."""
    return _bytes(25, [value.encode() for value in values])


def _bytes(type_oid: int, members: Sequence[bytes]) -> bytes:
    return _array(type_oid, [_LENGTH.pack(len(member)) + member for member in members])


def _int2s(values: Sequence[int]) -> bytes:
    """Return a one-dimensional int2[] (type 21)."""
    return _array(21, [_INT2_MEMBER.pack(2, value) for value in values])


def _array(type_oid: int, members: list[bytes]) -> bytes:
    if not members:
        return _EMPTY_ARRAY.pack(0, 0, type_oid)
    return b"".join((_ARRAY.pack(1, 0, type_oid, len(members), 1), *members))


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


OIDS = {
    "int2": 21, "int4": 23, "int8": 20, "bool": 16, "date": 1082, "timestamptz": 1184, "uuid": 2950, "text": 25, "bytea": 17,
    "text[]": 1009, "int2[]": 1005, "int4[]": 1007, "bytea[]": 1001, "uuid[]": 2951,
}  # fmt: skip
"""The numbers of PostgreSQL's own types, the same in every database (catalogue pg_type)."""


_OFTEN_NULL = "?"


class _Field(NamedTuple):
    """One column as it is sent: its type, its place in a row (None: always NULL), and what stands before it."""

    type_: str
    place: int | None
    head: tuple[int, ...] = ()


def packer(types: Sequence[str]) -> Pack:
    """Return a function that packs rows, tuples of values of these types in this order, into the bytes of a whole binary COPY.

    Known are int2, int4, int8, bool, date, timestamptz, uuid, text, bytea, text[] and int2[]; None is NULL in every one of them. A question mark
    after a type says that NULL is usual there: other rows that have one go the slow way.

    Raises (the function): struct.error, AttributeError or TypeError for a value that is not of its column's type or range.
    """
    fields = [_Field(type_, place) for place, type_ in enumerate(types)]
    known = {"begin": _HEADER, "end": _END, "with_nulls": _with_nulls(types)}
    lines = ["out = [begin]", "out += ({parts},)", "out.append(with_nulls(row))", "out.append(end)"]
    return _compiled(len(types), "h", fields, lines, known)


def row_packer(
    row_type: int, attributes: Sequence[tuple[str, int]], columns: Sequence[str], types: Sequence[str]
) -> Pack:
    """Return a function that packs one row or more into the bytes of one parameter: an array of a row type.

    The row type is given by its number in the catalogue and its attributes in order, each with the number of its type.

    Rows are tuples of the values of `columns`, of these `types`; other attributes are NULL. Types and errors are those of `packer`.
    """
    places = {column: place for place, column in enumerate(columns)}
    fields = [
        _Field(types[places[name]], places[name], (oid,)) if name in places else _Field("", None, (oid,))
        for name, oid in attributes
    ]
    known = {
        "head": _ARRAY.pack,
        "length": _LENGTH.pack,
        "row_type": row_type,
        "with_nulls": _record_with_nulls(fields),
    }
    lines = [
        "out = [head(1, 0, row_type, len(rows), 1)]",
        "whole = join(({parts},)); out += (length(len(whole)), whole)",
        "whole = with_nulls(row); out += (length(len(whole)), whole)",
        "",
    ]
    return _compiled(len(columns), "i", fields, lines, known)


def _compiled(count: int, run: str, fields: Sequence[_Field], lines: Sequence[str], known: dict[str, Any]) -> Pack:
    """Return the function that packs rows of `count` values; `lines` begin, add a row, add a row with NULL, and end.

    `run` is the type of the number of fields that stands before a row.
    """
    names = [f"v{place}" for place in range(count)]
    prepared: list[str] = []
    parts: list[str] = []
    formats: list[str] = []
    values = [str(len(fields))]
    for type_, place, head in fields:
        run, values = run + "i" * len(head), [*values, *map(str, head)]
        if place is None:
            run, values = f"{run}i", [*values, "-1"]
        elif type_.endswith(_OFTEN_NULL):
            parts.append(f"pack{len(formats)}({', '.join(values)})")
            parts.append(f"null if {names[place]} is None else alone{place}({names[place]})")
            known[f"alone{place}"] = _ALONE[type_.removesuffix(_OFTEN_NULL)]
            formats.append(run)
            run, values = "", []
        elif type_ in _FIXED:
            letter, length, value = _FIXED[type_]
            run, values = f"{run}i{letter}", [*values, str(length), value.format(names[place])]
        else:
            prepared.append(f"b{place} = {_VARIABLE[type_].format(names[place])}")
            parts.append(f"pack{len(formats)}({', '.join([*values, f'len(b{place})'])}), b{place}")
            formats.append(f"{run}i")
            run, values = "", []
    if values:
        parts.append(f"pack{len(formats)}({', '.join(values)})")
        formats.append(run)
    begin, add, add_with_nulls, end = lines
    code = [
        "def pack(rows):",
        f"    {begin}",
        "    for row in rows:",
        f"        {', '.join(names)}, = row",
        "        try:",
        *(f"            {line}" for line in prepared),
        f"            {add.format(parts=', '.join(parts))}",
        "        except (error, AttributeError, TypeError):",
        f"            {add_with_nulls}",
        f"    {end}",
        "    return join(out)",
    ]
    known |= {"null": _NULL, "join": b"".join, "error": error, "microseconds": _microseconds, "texts": _texts, "int2s": _int2s}  # fmt: skip
    known |= {f"pack{place}": Struct(f">{format_}").pack for place, format_ in enumerate(formats)}
    exec(compile("\n".join(code), f"<rows of {count} columns>", "exec"), known)  # noqa: S102  (of the table's types alone)
    pack: Pack = known["pack"]
    return pack


def _with_nulls(types: Sequence[str]) -> Callable[[Row], bytes]:
    """Return a function that packs one row value by value: for rows with NULL, which are few. It raises what the values deserve."""
    packs = [_ALONE[type_.removesuffix(_OFTEN_NULL)] for type_ in types]
    head = Struct(">h").pack(len(types))

    def pack_row(row: Row) -> bytes:
        return head + b"".join(
            [_NULL if value is None else pack(value) for value, pack in zip(row, packs, strict=True)]
        )

    return pack_row


def _record_with_nulls(fields: Sequence[_Field]) -> Callable[[Row], bytes]:
    """Return the same for a row type: before each value stands the number of its type."""
    packs = [
        (field.place, _LENGTH.pack(*field.head), _ALONE.get(field.type_.removesuffix(_OFTEN_NULL))) for field in fields
    ]
    head = _LENGTH.pack(len(fields))

    def pack_row(row: Row) -> bytes:
        out = [head]
        for place, before, pack in packs:
            value = None if place is None else row[place]
            out += (before, _NULL if value is None or pack is None else pack(value))
        return b"".join(out)

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


def _value(pack: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Return what packs a value without its length, which a parameter's message holds apart."""
    return lambda given: pack(given)[_LENGTH.size :]


PARAMETERS: dict[str, Callable[[Any], bytes]] = {
    **{type_: _value(pack) for type_, pack in _ALONE.items()},
    "text[]": _texts,
    "int2[]": _int2s,
    "int4[]": lambda values: _array(23, [_INT4_MEMBER.pack(4, value) for value in values]),
    "bytea[]": lambda values: _bytes(17, values),
    "uuid[]": lambda values: _bytes(2950, [value.bytes for value in values]),
}
"""Of each type what packs a value that is not None as a parameter in binary."""


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
    while (result := next_result(pgconn, poller)) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            failed = failed or result
    if failed is not None:
        raise psycopg.errors.error_from_result(failed, encoding=connection.info.encoding)


def next_result(pgconn: pq.abc.PGconn, poller: select.poll) -> pq.abc.PGresult | None:
    """Return libpq's next result, None at the end of a statement's; other threads run meanwhile."""
    while pgconn.is_busy():
        poller.poll()
        pgconn.consume_input()
    return pgconn.get_result()
