"""Statements in one round trip: prepared once, parameters packed here, sent together; and a transaction whose beginning and end go with them.

A batch costs a good deal however small it is, and most of that is talk: for each statement a cursor, dumpers, a wait, two changes of thread. Here what
is known beforehand goes in one message to the server and comes back in one. Batches of many rows are copied as ever (`copying`): a COPY costs more to
begin with and less a row.
"""

import select
from collections.abc import Sequence
from typing import Any, LiteralString, Protocol, Self, cast
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from haidang.platform import copying
from haidang.platform.db import Table, Transaction


class Statement:
    """SQL that every batch sends, with %s for parameters as psycopg takes it, and the PostgreSQL type of each parameter in order."""

    def __init__(self, text: LiteralString, *types: str) -> None:
        pieces = text.split("%s")
        if len(pieces) != len(types) + 1:
            raise ValueError(f"{len(types)} types for {len(pieces) - 1} parameters")
        typed = zip(types, pieces[1:], strict=True)
        self.text = cast(LiteralString, pieces[0] + "".join([f"%s::{type_}{piece}" for type_, piece in typed]))
        """As psycopg sends it."""
        numbered = enumerate(pieces[1:], 1)
        self.command = (pieces[0] + "".join([f"${place}{piece}" for place, piece in numbered])).encode()
        self._packs = tuple(copying.PARAMETERS[type_] for type_ in types)
        self.oids = tuple(copying.OIDS[type_] for type_ in types)

    def pack(self, parameters: Sequence[Any]) -> list[bytes]:
        """Return the parameters as PostgreSQL receives them in binary; none of them may be None."""
        return [pack(value) for pack, value in zip(self._packs, parameters, strict=True)]


class _Known:
    """What one connection has prepared, and how its database lays out the tables that are written to."""

    def __init__(self) -> None:
        self.names: dict[bytes, bytes] = {}
        self.layouts: dict[Table, _Layout] = {}
        self.count = 0


_known: WeakKeyDictionary[psycopg.Connection[Any], _Known] = WeakKeyDictionary()


class _Layout:
    """How rows of a table are sent as one parameter, an array of the table's own row type."""

    def __init__(self, connection: psycopg.Connection[Any], table: Table) -> None:
        found = connection.execute(
            "SELECT attname, atttypid, c.reltype FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.oid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            (f'"{table.name}"',),
        ).fetchall()
        self.pack = copying.row_packer(found[0][2], [row[:2] for row in found], table.columns, table.types)
        self.command = table.insert_command


_BEGIN, _COMMIT = Statement("BEGIN"), Statement("COMMIT")
_BINARY = [[1] * count for count in range(12)]

Step = tuple[bytes, Sequence[int], list[bytes]]
"""A command, the types of its parameters (none: as the server finds), the parameters packed."""


def exchange(connection: psycopg.Connection[Any], steps: Sequence[Step]) -> list[pq.abc.PGresult]:
    """Send statements together and return their results in order. After one that fails the server does none of the others.

    Raises:
        psycopg.Error: what the server says of the first that failed.
    """
    pgconn = connection.pgconn
    known = _known.get(connection) or _known.setdefault(connection, _Known())
    preparing: set[int] = set()
    expected = 0
    pgconn.enter_pipeline_mode()
    try:
        for command, oids, parameters in steps:
            name = known.names.get(command)
            if name is None:
                known.count += 1
                name = known.names[command] = b"hd%d" % known.count
                pgconn.send_prepare(name, command, oids)
                preparing.add(expected)
                expected += 1
            pgconn.send_query_prepared(name, parameters, _BINARY[len(parameters)], 1)
            expected += 1
        pgconn.pipeline_sync()
        results = _results(pgconn)
        pgconn.exit_pipeline_mode()
    except BaseException:
        # Half a talk: nobody knows what of it the server has done, and nothing more can be said over this connection.
        connection.close()
        raise
    for result in results:
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            _forget(connection)
            raise psycopg.errors.error_from_result(result, encoding=connection.info.encoding)
    return [result for place, result in enumerate(results) if place not in preparing] if preparing else results


def _forget(connection: psycopg.Connection[Any]) -> None:
    """Prepare all anew next time: a statement that failed may have been dropped, or its table changed."""
    known = _known[connection]
    for name in known.names.values():
        connection.pgconn.close_prepared(name)
    known.names.clear()
    known.layouts.clear()


def _results(pgconn: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    """Return the results of a whole pipeline. Other threads run while the server works."""
    poller = select.poll()
    while pgconn.flush():
        # The server may have something to say before it takes more: both are waited for, or each could wait for the other.
        poller.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        poller.poll()
        pgconn.consume_input()
    poller.register(pgconn.socket, select.POLLIN)
    results: list[pq.abc.PGresult] = []
    while (result := copying.next_result(pgconn, poller)) is not None:
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)
        if copying.next_result(pgconn, poller) is not None:
            break
    raise psycopg.OperationalError(f"the talk with the server broke off: {pgconn.get_error_message().strip()}")


class Asked(Protocol):
    """What was asked; its rows are there once the round trip is made."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row, None when there is none."""


class _Rows:
    """What was asked together with others."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] | None = None

    def take(self, connection: psycopg.Connection[Any], result: pq.abc.PGresult) -> None:
        """Keep the rows of a result."""
        if not result.ntuples:
            self._rows = []
            return
        transformer = Transformer(connection)
        transformer.set_pgresult(result)
        self._rows = transformer.load_rows(0, result.ntuples, tuple)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        assert self._rows is not None, "asked, but not sent yet"
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row, None when there is none."""
        rows = self.fetchall()
        return rows[0] if rows else None


class Together:
    """Gathers questions within a `with` block and sends them in one round trip at its end."""

    def __init__(self, connection: psycopg.Connection[Any], first: Sequence[Step] = ()) -> None:
        self._connection = connection
        self._steps = list(first)
        self._skipped = len(self._steps)
        self._asked: list[_Rows] = []

    def ask(self, statement: Statement, parameters: Sequence[Any]) -> Asked:
        """Add a question; its rows are there after the block."""
        asked = _Rows()
        self._steps.append((statement.command, statement.oids, statement.pack(parameters)))
        self._asked.append(asked)
        return asked

    def __enter__(self) -> "Together":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for asked, result in zip(
                self._asked, exchange(self._connection, self._steps)[self._skipped :], strict=True
            ):
                asked.take(self._connection, result)


Asker = psycopg.Connection[Any] | Together
"""Where a room asks its question: alone over a connection, or together with others."""


def ask(asker: Asker, statement: Statement, parameters: Sequence[Any]) -> Asked:
    """Ask one question. Together with others (or in a pipeline of psycopg's) its rows are read later."""
    if isinstance(asker, Together):
        return asker.ask(statement, parameters)
    return asker.execute(statement.text, parameters, binary=True)


class JoinedTransaction(Transaction):
    """A transaction that begins with the first statement sent in it, and whose writes, when they are `few`, go with its end.

    Whoever takes the connection out of it finds the transaction begun and everything written before sent.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, few: bool) -> None:
        super().__init__(connection)
        self._few = few
        self._begun = False
        self._held: list[Step] = []

    def __enter__(self) -> Self:
        return self

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection, in the transaction begun, with everything sent that was written so far."""
        if not self._begun or self._held:
            self._send(())
        return self._connection

    def together(self) -> Together:
        """Return what gathers questions and asks them in one round trip, with the beginning of the transaction if that is still to come."""
        first, self._held = [*self._beginning(), *self._held], []
        self._begun = True
        return Together(self._connection, first)

    def write(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Append rows, each a tuple in the order of `table.columns`; few of them later, in the order of writing."""
        if not self._few:
            super().write(table, rows)
        elif rows:
            layout = self._layout(table)
            self._held.append((layout.command, (), [layout.pack(rows)]))

    def _layout(self, table: Table) -> _Layout:
        known = _known.get(self._connection) or _known.setdefault(self._connection, _Known())
        layout = known.layouts.get(table)
        if layout is None:
            layout = known.layouts[table] = _Layout(self.connection, table)
        return layout

    def _beginning(self) -> list[Step]:
        return [] if self._begun else [(_BEGIN.command, (), [])]

    def _send(self, last: Sequence[Step]) -> list[pq.abc.PGresult]:
        steps, self._held = [*self._beginning(), *self._held, *last], []
        self._begun = True
        return exchange(self._connection, steps)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and (self._begun or self._held):
            try:
                self._commit()
            except BaseException:
                self._roll_back()
                raise
        elif self._begun:
            self._roll_back()

    def _commit(self) -> None:
        with self._doubts() as doubts:
            done = self._send([(_COMMIT.command, (), [])])[-1].command_status
        self._confirm((done or b"").decode(), doubts)
