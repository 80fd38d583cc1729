"""What is sent together arrives as if it were sent one by one; a fault in the middle leaves nothing, and the connection goes on."""

import struct
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.platform.db import OutcomeUnknown, Table
from haidang.platform.pipelining import JoinedTransaction, Statement, Together, ask
from haidang.platform.tests.test_copying import COLUMNS, VALUES

ROWS = Table("sent", **COLUMNS)
KEPT = Table("kept", id="int4", label="text")
_IDS = Statement("SELECT id, label FROM kept WHERE id = ANY (%s) AND label <> %s ORDER BY id", "int4[]", "text")
_ECHO = Statement(
    "SELECT %s, %s, %s, %s, %s, %s", "int8", "text[]", "bytea[]", "uuid", "bool", "bytea"
)  # fmt: skip


@pytest.fixture(scope="module")
def connection(database: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connected:
        # In another order than the rows, with columns that nobody writes and one that went.
        columns = ", ".join(f"{name} {type_.rstrip('?')}" for name, type_ in reversed(COLUMNS.items()))
        connected.execute(f"CREATE TEMPORARY TABLE sent (first int4 DEFAULT 7, gone text, {columns}, last text[])")
        connected.execute("ALTER TABLE sent DROP COLUMN gone")
        connected.execute("CREATE TEMPORARY TABLE kept (id int4 PRIMARY KEY, label text CHECK (label <> 'refused'))")
        yield connected


@pytest.fixture(autouse=True)
def empty(connection: psycopg.Connection[Any]) -> None:
    connection.execute("TRUNCATE kept")


def _names(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT id, label FROM kept ORDER BY id").fetchall()


@given(rows=st.lists(st.tuples(*(st.none() | VALUES[type_] for type_ in COLUMNS.values())), min_size=1, max_size=5))
def test_rows_sent_with_the_commit_are_read_back(
    connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]
) -> None:
    connection.execute("TRUNCATE sent")
    with JoinedTransaction(connection, few=True) as transaction:
        transaction.write(ROWS, rows)
    assert connection.execute(f"SELECT first, last, {ROWS.select_list} FROM sent").fetchall() == [
        (7, None, *row) for row in rows
    ]


@pytest.mark.parametrize("few", [True, False])
def test_few_rows_and_many_are_written_alike(connection: psycopg.Connection[Any], few: bool) -> None:
    with JoinedTransaction(connection, few=few) as transaction:
        transaction.write(KEPT, [(1, "Cầu Treo"), (2, None)])
        transaction.write(KEPT, [])
        transaction.write(KEPT, [(3, "Lạng Sơn")])
    assert _names(connection) == [(1, "Cầu Treo"), (2, None), (3, "Lạng Sơn")]


def test_questions_asked_together_are_answered_each(connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO kept VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    with JoinedTransaction(connection, few=True) as transaction:
        with transaction.together() as together:
            some, none = ask(together, _IDS, ([1, 3, 9], "c")), ask(together, _IDS, ([], ""))
            echoed = ask(together, _ECHO, (-(2**63), ["ă", ""], [b"", b"\0"], UUID(int=5), True, b"\xff"))
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert some.fetchall() == [(1, "a")] and some.fetchone() == (1, "a")
    assert none.fetchall() == [] and none.fetchone() is None
    assert echoed.fetchone() == (-(2**63), ["ă", ""], [b"", b"\0"], UUID(int=5), True, b"\xff")
    assert ask(connection, _IDS, ([2], "")).fetchall() == [(2, "b")], "and alone"


def test_who_takes_the_connection_finds_what_was_written_before(connection: psycopg.Connection[Any]) -> None:
    with JoinedTransaction(connection, few=True) as transaction:
        transaction.write(KEPT, [(1, "a")])
        assert _names(transaction.connection) == [(1, "a")]
        transaction.write(KEPT, [(2, "b")])
        assert transaction.execute("SELECT count(*) FROM kept").fetchone() == (2,)
        transaction.write(KEPT, [(3, "c")])
        with transaction.together() as together:
            asked = ask(together, _IDS, ([3], ""))
        assert asked.fetchall() == [(3, "c")]
    assert [row[0] for row in _names(connection)] == [1, 2, 3]


def test_a_row_that_is_refused_leaves_nothing_and_the_next_batch_passes(connection: psycopg.Connection[Any]) -> None:
    for wrong, error in (
        ((1, "again"), psycopg.errors.UniqueViolation),
        ((2, "refused"), psycopg.errors.CheckViolation),
    ):
        with pytest.raises(error), JoinedTransaction(connection, few=True) as transaction:
            transaction.write(KEPT, [(1, "a")])
            transaction.write(KEPT, [wrong])
            transaction.write(KEPT, [(3, "c")])
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert _names(connection) == []
    with JoinedTransaction(connection, few=True) as transaction:
        transaction.write(KEPT, [(1, "a")])
    assert _names(connection) == [(1, "a")]


def test_an_exception_leaves_nothing(connection: psycopg.Connection[Any]) -> None:
    for asks in (False, True):
        with pytest.raises(ZeroDivisionError), JoinedTransaction(connection, few=True) as transaction:
            transaction.write(KEPT, [(1, "a")])
            if asks:
                assert _names(transaction.connection) == [(1, "a")]
            raise ZeroDivisionError
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert _names(connection) == []


def test_statements_that_somebody_dropped_and_tables_that_grew_are_prepared_anew(
    connection: psycopg.Connection[Any],
) -> None:
    def write(id_: int) -> None:
        with JoinedTransaction(connection, few=True) as transaction:
            transaction.write(KEPT, [(id_, "a")])

    write(1)
    for change in ("DEALLOCATE ALL", "ALTER TABLE kept ADD COLUMN more text"):
        connection.execute(change)
        with pytest.raises((psycopg.errors.InvalidSqlStatementName, psycopg.errors.DatatypeMismatch)):
            write(2)
        write(2)
        connection.execute("DELETE FROM kept WHERE id = 2")
    assert _names(connection) == [(1, "a")]


def test_a_commit_that_the_server_doubts_is_no_commit(database: Any) -> None:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connected:
        connected.execute("CREATE TEMPORARY TABLE kept (id int4, label text)")
        connected.execute(
            "CREATE FUNCTION pg_temp.doubt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL; END $$"
        )
        connected.execute(
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON kept DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp.doubt()"
        )
        with pytest.raises(OutcomeUnknown), JoinedTransaction(connected, few=True) as transaction:
            transaction.write(KEPT, [(1, "a")])
        assert connected.closed


def test_a_connection_that_breaks_is_closed(database: Any) -> None:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connected:
        with pytest.raises(psycopg.OperationalError), Together(connected) as together:
            ask(together, Statement("SELECT pg_terminate_backend(pg_backend_pid())"), ())
        assert connected.closed


def test_a_session_that_is_ended_before_its_commit_has_no_outcome(
    database: Any, connection: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connected:
        connected.execute("CREATE TEMPORARY TABLE kept (id int4, label text)")
        with pytest.raises(psycopg.OperationalError), JoinedTransaction(connected, few=True) as transaction:
            transaction.write(KEPT, [(1, "a")])
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (connected.info.backend_pid,))
        assert connected.closed


def test_a_statement_has_a_type_for_each_parameter() -> None:
    with pytest.raises(ValueError, match="2 types for 1"):
        Statement("SELECT %s", "int4", "text")
    assert Statement("SELECT %s, %s", "int4", "text").command == b"SELECT $1, $2"


@pytest.mark.parametrize("row", [(2**31, "a"), ("1", "a"), (1, 5)])
def test_a_value_that_is_not_of_its_column_leaves_nothing(connection: psycopg.Connection[Any], row: Any) -> None:
    with pytest.raises((struct.error, TypeError)), JoinedTransaction(connection, few=True) as transaction:
        transaction.write(KEPT, [(7, "a")])
        transaction.write(KEPT, [row])
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert _names(connection) == []
