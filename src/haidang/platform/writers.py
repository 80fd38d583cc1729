"""Writers: the one hand per lane process that writes, its place, and its instants that never go back.

A writer holds its place by a session lock: two processes never write as the same writer, and a dead one's place is free at once. Its row keeps
the last instant used and an epoch; a writer that was taken for dead and comes back finds another epoch and must stop.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from haidang.platform.pipelining import Asked, Asker, Statement, ask

LANE_BASE = {"general": 0, "parcels": 100, "conditions": 200, "gates": 300, "jobs": 400}
"""First writer number of each lane; a lane has up to 100 places."""

_LOCK_CLASS = 0x4844
_STANDSTILL: LiteralString = "SET idle_in_transaction_session_timeout = '10s'"
"""A batch speaks with its server every few milliseconds; the longest pause is the reading of a day's law, about a second."""

_BY_KEYS: LiteralString = """
SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
SET enable_material = off
"""
"""What a batch asks is found by keys, so one plan for each statement serves for good: made while a table is still empty, it must not read it through
when it has grown; and nothing is planned anew for a batch of one, which costs more than the batch, and more with each month's partition."""
_INSTANT = Statement(
    "UPDATE writer SET last_at = greatest(legal_now(), last_at) WHERE writer_id = %s AND epoch = %s RETURNING last_at",
    "int2",
    "int4",
)


class WriterFenced(Exception):
    """Another process has taken this writer's place: this one must stop without writing."""


class NoWriterPlace(Exception):
    """All writer places of the lane are held by living processes."""


class Writer:
    """One place in a lane on one database server."""

    def __init__(self, connection: psycopg.Connection[Any], lane: str, places: Sequence[int] = range(100)) -> None:
        """Take the first free place of the lane.

        From here on the server ends the session when it stands still between two statements of a transaction: whoever was stopped there gives up
        its locks and its place, and finds its connection closed when it goes on. (Not right after a pipeline, nor within a COPY: there the server
        waits for ever, but what is locked then is of one trader.)

        Raises:
            NoWriterPlace: every place in `places` is taken.
        """
        self.connection = connection
        connection.execute(_STANDSTILL)
        connection.execute(_BY_KEYS)
        for place in places:
            writer_id = LANE_BASE[lane] + place
            row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCK_CLASS, writer_id)).fetchone()
            if row and row[0]:
                break
        else:
            raise NoWriterPlace(f"every writer place of lane {lane} is taken")
        self.writer_id = writer_id
        row = connection.execute(
            """
            INSERT INTO writer (writer_id, lane, epoch, last_at) VALUES (%s, %s, 1, legal_now())
            ON CONFLICT (writer_id) DO UPDATE SET epoch = writer.epoch + 1
            RETURNING epoch
            """,
            (writer_id, lane),
        ).fetchone()
        assert row is not None
        self.epoch: int = row[0]

    def ask_instant(self, asker: Asker | None = None) -> "InstantQuestion":
        """Ask for the instant of the transaction under way, together with other questions or alone."""
        return InstantQuestion(ask(asker or self.connection, _INSTANT, (self.writer_id, self.epoch)), self.writer_id)


class InstantQuestion:
    """The legal instant of one batch."""

    def __init__(self, cursor: Asked, writer_id: int) -> None:
        self._cursor = cursor
        self._writer_id = writer_id

    def instant(self) -> datetime:
        """Return the instant, aware, never before that of the writer's previous batch.

        Raises:
            WriterFenced: the place has another holder.
        """
        row = self._cursor.fetchone()
        if row is None:
            raise WriterFenced(f"writer {self._writer_id} has another holder")
        at: datetime = row[0]
        return at
