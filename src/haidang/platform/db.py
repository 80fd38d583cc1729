"""Transactions, bulk copy, and which server holds a shard.

Actions and stores take a `Transaction` over a psycopg 3 connection; Django lends its own. There is one way to write rows:
`Transaction.write(table, rows)`, binary COPY where the role may, one pipelined INSERT each where row-level security forbids COPY.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, LiteralString, Self, cast
from uuid import UUID

import psycopg
from psycopg import sql

from haidang.platform import copying
from haidang.platform.config import Config


class Table:
    """The name and the columns of one table as its room's store writes it.

    `columns` pairs each column with its PostgreSQL type, in the order in which rows are given. The order is part of the journal's digest: never
    reordered once in use.
    """

    def __init__(self, name: str, **columns: str) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.types = tuple(columns.values())
        identifiers = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        table = sql.Identifier(name)
        self.copy_statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, identifiers).as_string()
        values = sql.SQL(", ").join([sql.SQL("%s")] * len(self.columns))
        self.copy_command = self.copy_statement.encode()
        self.insert_statement = (
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, identifiers, values).as_string()
        )
        many = sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM unnest($1::{table}[])")
        self.insert_command = many.format(table=table, columns=identifiers).as_string().encode()
        """Inserts rows given as one parameter, an array of the table's row type."""
        self.select_list = identifiers.as_string()
        """The columns as SQL text."""

    @cached_property
    def pack(self) -> copying.Pack:
        """Turns rows into the bytes of a binary COPY."""
        return copying.packer(self.types)


class OutcomeUnknown(psycopg.OperationalError):
    """A commit was not confirmed: it may be lost with a failing server, or was none. Nobody may be told that it is done."""


class Transaction:
    """One transaction over a psycopg connection in autocommit mode: begun on entering, committed on leaving, rolled back on an exception.

    `bulk` False means the role stands under row-level security, where PostgreSQL refuses COPY.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, bulk: bool = True) -> None:
        self._connection = connection
        self.bulk = bulk

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection of the transaction, for those who ask with a cursor of their own."""
        return self._connection

    def __enter__(self) -> Self:
        self._connection.execute("BEGIN")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._roll_back()
            return
        with self._doubts() as doubts:
            done = self._connection.execute("COMMIT").statusmessage
        self._confirm(done, doubts)

    def _roll_back(self) -> None:
        # Not by psycopg, which would take it for a sign that tables went, and drop every statement that the session has prepared.
        if not self._connection.closed:
            done = self._connection.pgconn.exec_(b"ROLLBACK")
            if done.status != psycopg.pq.ExecStatus.COMMAND_OK:
                self._connection.close()

    @contextmanager
    def _doubts(self) -> Iterator[list[str]]:
        """Gather what the server has to say of a commit."""
        doubts: list[str] = []

        def doubt(notice: psycopg.errors.Diagnostic) -> None:
            doubts.append(notice.message_primary or "")

        self._connection.add_notice_handler(doubt)
        try:
            yield doubts
        finally:
            self._connection.remove_notice_handler(doubt)

    def _confirm(self, done: str | None, doubts: Sequence[str]) -> None:
        if done != "COMMIT" or any("synchronous replication" in doubt for doubt in doubts):
            self._connection.close()
            raise OutcomeUnknown(f"the commit answered {done}: {'; '.join(doubts)}")

    def execute(self, statement: LiteralString, parameters: Sequence[object] | None = None) -> psycopg.Cursor[Any]:
        """Run one statement and return its cursor."""
        return self.connection.execute(statement, parameters, binary=True)

    def write(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Append rows, each a tuple in the order of `table.columns`."""
        if not rows:
            return
        if self.bulk:
            copying.copy(self.connection, table.copy_command, table.pack(rows))
        else:
            with self.connection.cursor() as cursor:
                cursor.executemany(cast(LiteralString, table.insert_statement), rows)


class Servers:
    """The database servers of one installation and the shards each holds."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.count = config.server_count
        self.are_here = config.is_embedded
        """Whether their processes are processes of this machine, started by us."""

    def for_shard(self, shard_id: int) -> int:
        """Return the number of the server that holds a shard: odd and even shards with two servers, all on 0 with one."""
        return shard_id % self.count

    def connect(self, role: str, server: int = 0, **options: Any) -> psycopg.Connection[Any]:
        """Open an autocommit connection as `role` to one server. The caller closes it."""
        return psycopg.connect(self._config.dsn(role, server), autocommit=True, **options)

    def connect_all(self, role: str) -> list[psycopg.Connection[Any]]:
        """Open one connection to every server, in order."""
        return [self.connect(role, server) for server in range(self.count)]


def act_as(transaction: Transaction, trader_codes: Sequence[str], party_id: int | None = None) -> None:
    """Show this transaction only the rows of these traders, and what the party itself has given (row-level security), until it ends."""
    if party_id is not None:
        transaction.execute("SELECT set_config('haidang.party_id', %s, true)", (str(party_id),))
    transaction.execute("SELECT set_config('haidang.trader_codes', %s, true)", ("{" + ",".join(trader_codes) + "}",))


def rows_of(
    connection: psycopg.Connection[Any], table: Table, keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[tuple[Any, ...]]]:
    """Return the rows of a table about declarations, by declaration id, each in the order of the table's columns and sorted by it.

    `keys` are (shard_id, registered_month, declaration_id).
    """
    statement = (
        sql.SQL(
            """SELECT {} FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
            JOIN {} t USING (shard_id, registered_month, declaration_id)"""
        )
        .format(sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(table.name))
        .as_string()
    )
    cursor = connection.execute(
        cast(LiteralString, statement),
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
        binary=True,
    )
    found: dict[UUID, list[tuple[Any, ...]]] = {}
    for row in cursor:
        found.setdefault(row[2], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row[3:5])
    return found


def act_as_person(transaction: Transaction, person_id: int) -> None:
    """Show this transaction what belongs to this person (row-level security), until it ends."""
    transaction.execute("SELECT set_config('haidang.person_id', %s, true)", (str(person_id),))


def act_for_offices(transaction: Transaction, office_codes: Sequence[str]) -> None:
    """Show this transaction the files of these customs offices (row-level security), until it ends."""
    transaction.execute("SELECT set_config('haidang.office_codes', %s, true)", ("{" + ",".join(office_codes) + "}",))
