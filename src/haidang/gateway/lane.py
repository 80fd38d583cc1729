"""The lane: takes bytes, gathers what waits into a batch, runs the pass, answers each caller after the commit.

The event loop only reads requests and hands bytes over; one writer thread decodes, verifies signatures and runs the pass. While one commit is under
way the next batch gathers. Whoever comes alone is never kept waiting; in a crowd the writer gives those just answered a moment to come back, because
a batch costs a good deal however small it is. A fault splits the batch until the culprit stands alone.
"""

import asyncio
import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

from haidang.clearance.actions.acting import act_on_files
from haidang.clearance.actions.advance_rulings import file_rulings
from haidang.clearance.actions.amending import amend_declarations
from haidang.clearance.actions.cancelling import cancel_declarations
from haidang.clearance.actions.closing import close_conditions
from haidang.clearance.actions.drafting import save_drafts
from haidang.clearance.actions.guaranteeing import file_guarantees
from haidang.clearance.actions.listing_goods import file_goods_lists
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.actions.registering import register_batch
from haidang.clearance.actions.revising import revise_declarations
from haidang.clearance.actions.supplementing import supplement_declarations
from haidang.clearance.lookups.books import DayBook
from haidang.declarations.actions import NumberBlocks
from haidang.gateway import problems
from haidang.gateway.knowledge import Knowledge
from haidang.gateway.problems import Reply
from haidang.gateway.reading import Prepared, Reader
from haidang.parcels.actions.changing import amend_parcels, cancel_parcels
from haidang.parcels.actions.following import follow_parcels
from haidang.parcels.actions.numbering import ParcelNumbers
from haidang.parcels.actions.registering import ParcelHands, register_parcels
from haidang.parties.terms import Party
from haidang.platform.db import Servers
from haidang.platform.standing_back import stand_back_in_database
from haidang.platform.writers import Writer, WriterFenced

_log = logging.getLogger("haidang.lane")

MOST = 256
"""Messages in one batch at most."""
MOST_BYTES = 16_000_000
"""Bytes of messages after which a batch takes no more."""
PARCELS = "parcels"
MOST_PARCEL_BYTES = 300_000
"""The same in the lane of parcels, whose messages are large: about a thousand parcels. The lane stands back, and
its processes of the database too, but the locks of a transaction are held as long as it takes."""
QUEUE = 8_192
"""Messages that may wait; beyond, callers are told to come back."""
QUEUE_BYTES = 256_000_000
"""Bytes of the messages that may wait."""
_CROWD = 8
"""A batch of so many messages was taken from a crowd."""
_MOMENT_S = 0.003
"""How long the next batch then gathers at most, until as many wait as were taken before."""
_TRIES = 3
_RACES = (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
"""What happens when two writers take the same message at the same moment: the next look finds the other's answer."""
_STALE = (psycopg.errors.InvalidSqlStatementName, psycopg.errors.DatatypeMismatch)
"""What is said of statements prepared before a table got a column or somebody dropped them: the next time they are prepared anew."""


class Waiting(Struct):
    """A request in the queue."""

    kind: str
    raw: bytes
    party: Party
    signature: str | None
    future: asyncio.Future[Reply]
    idempotency_key: str | None = None


class Lane:
    """One writer of one lane process. `start` before use; `submit` from the event loop."""

    def __init__(self, servers: Servers, name: str) -> None:
        self.name = name
        self._servers = servers
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._waiting = 0
        self._waiting_bytes = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer-{name}", daemon=True)
        self._stopping = False
        self._most_bytes = MOST_PARCEL_BYTES if name == PARCELS else MOST_BYTES
        self._connections: list[psycopg.Connection[Any]] = []
        self._hands: list[Hands] = []
        self._reader: Reader | None = None
        self.knowledge = Knowledge(servers, name)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect and begin to take messages."""
        self._loop = loop
        self._connect()
        self._thread.start()
        self.knowledge.start()

    def stop(self) -> None:
        """Take nothing more, finish what waits."""
        self._stopping = True
        self.knowledge.stop()
        self._queue.put(None)
        self._thread.join(timeout=10)

    def submit(
        self, kind: str, raw: bytes, party: Party, signature: str | None, idempotency_key: str | None = None
    ) -> asyncio.Future[Reply]:
        """Queue a message; the future resolves after its batch has committed."""
        assert self._loop is not None
        future = self._loop.create_future()
        if self._stopping:
            future.set_result(problems.STOPPING)
            return future
        if self._waiting >= QUEUE or self._waiting_bytes + len(raw) > QUEUE_BYTES:
            future.set_result(problems.BUSY)
            return future
        self._waiting += 1
        self._waiting_bytes += len(raw)
        self._queue.put(Waiting(kind, raw, party, signature, future, idempotency_key))
        return future

    def _connect(self) -> None:
        """Open one connection per server, with its writer, and one over which blocks of numbers are opened outside the batches."""
        for connection in self._connections:
            connection.close()
        self._connections = connections = [*self._servers.connect_all("ingest"), self._servers.connect("ingest")]
        hands: list[Hands] = []
        self._hands = []
        for connection in connections[:-1]:
            writer = Writer(connection, self.name)
            numbers = NumberBlocks(connections[-1], writer.writer_id)
            common = (connection, connections[0], writer, numbers, self.knowledge.books)
            if self.name == PARCELS:
                hands.append(ParcelHands(*common, parcel_numbers=ParcelNumbers(connections[-1], writer.writer_id)))
            else:
                hands.append(Hands(*common))
        self._hands = hands
        self._reader = Reader(self.knowledge.directory, connections[0], self._law)
        if self.name == PARCELS and self._servers.are_here:
            stand_back_in_database([each.info.backend_pid for each in connections])

    def _take_up(self) -> None:
        """Before a batch: mend broken connections, take up new pictures of parties and law."""
        if not self._hands or any(hands.connection.closed for hands in self._hands):
            self._connect()
        assert self._reader is not None
        if self._reader.directory is not self.knowledge.directory:
            self._reader = Reader(self.knowledge.directory, self._hands[0].directory, self._law)
        if self._hands[0].books is not self.knowledge.books:
            self._hands = [msgspec.structs.replace(hands, books=self.knowledge.books) for hands in self._hands]
        if self._hands[0].rulings is not self.knowledge.rulings:
            self._hands = [msgspec.structs.replace(hands, rulings=self.knowledge.rulings) for hands in self._hands]

    def _law(self, at: datetime) -> DayBook:
        """Return the law of an instant, for a message that will not be registered."""
        return self._hands[0].day(at)

    def _run(self) -> None:
        taken = 0
        while True:
            first = self._queue.get()
            if first is None:
                return
            if taken >= _CROWD:
                self._gather(taken - 1)
            batch, size = [first], len(first.raw)
            while len(batch) < MOST and size < self._most_bytes:
                try:
                    another = self._queue.get_nowait()
                except queue.Empty:
                    break
                if another is None:
                    self._queue.put(None)
                    break
                batch.append(another)
                size += len(another.raw)
            taken = len(batch)
            replies = self._answer(batch)
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._deliver, batch, size, replies)

    def _gather(self, wanted: int) -> None:
        until = time.monotonic() + _MOMENT_S
        while self._queue.qsize() < wanted and time.monotonic() < until:
            time.sleep(_MOMENT_S / 10)

    def _deliver(self, batch: list[Waiting], size: int, replies: list[Reply]) -> None:
        self._waiting -= len(batch)
        self._waiting_bytes -= size
        for waiting, reply in zip(batch, replies, strict=True):
            if not waiting.future.done():
                waiting.future.set_result(reply)

    def _answer(self, batch: list[Waiting]) -> list[Reply]:
        """Return one reply per message; never raises."""
        replies: list[Reply | None] = [None] * len(batch)
        try:
            self._take_up()
            groups: dict[tuple[str, int], list[tuple[int, Prepared]]] = {}
            at = self.knowledge.legal_now()
            for place, waiting in enumerate(batch):
                prepared = self._read(waiting, at)
                if isinstance(prepared, Prepared):
                    server = self._servers.for_shard(prepared.shard_id)
                    groups.setdefault((prepared.action, server), []).append((place, prepared))
                else:
                    replies[place] = prepared
            for (action, server), group in groups.items():
                answers = self._attempt(action, self._hands[server], [prepared for _, prepared in group])
                for (place, _), reply in zip(group, answers, strict=True):
                    replies[place] = reply
        except (psycopg.Error, OSError) as error:
            _log.warning("the database is not reachable: %s", error)
        except Exception:
            # Whatever it is, the callers are told that they have no outcome, and the writer lives to answer the next batch.
            _log.exception("a batch of %d was not taken", len(batch))
        return [reply if reply is not None else problems.NO_DATABASE for reply in replies]

    def _read(self, waiting: Waiting, at: Any) -> Prepared | Reply:
        """Decode and verify one message; a fault of ours in reading it stays its own."""
        assert self._reader is not None
        try:
            digest = sha256(waiting.raw).digest()
            return self._reader.read(
                waiting.kind, waiting.raw, digest, waiting.party, waiting.signature, at, waiting.idempotency_key
            )
        except psycopg.Error:
            raise
        except Exception:
            return self._fault()

    def _attempt(self, action: str, hands: Hands, group: list[Prepared], tries: int = _TRIES) -> list[Reply]:
        """Run one pass for a group; when it faults, split it until the culprit stands alone."""
        try:
            answers = _ACTIONS[action](hands, [prepared.item for prepared in group])
            return [(answer.status, answer.body) for answer in answers]
        except WriterFenced:
            _log.exception("this writer was replaced")
            hands.connection.close()
            return [problems.NO_DATABASE] * len(group)
        except (*_RACES, *_STALE) as fault:  # its text quotes keys of rows, which are no business of a log
            if tries == 1:
                return self._split(action, hands, group)
            _log.info("another writer was faster or a table has changed, trying again: %s", type(fault).__name__)
            return self._attempt(action, hands, group, tries - 1)
        except Exception as error:
            if isinstance(error, psycopg.OperationalError) or hands.connection.closed:
                _log.warning("the connection broke; outcomes are unknown until asked again: %s", error)
                hands.connection.close()
                return [problems.NO_DATABASE] * len(group)
            return self._split(action, hands, group)

    def _split(self, action: str, hands: Hands, group: list[Prepared]) -> list[Reply]:
        if len(group) == 1:
            return [self._fault()]
        _log.warning("a batch of %d faulted: splitting it", len(group))
        middle = len(group) // 2
        return self._attempt(action, hands, group[:middle]) + self._attempt(action, hands, group[middle:])

    def _fault(self) -> Reply:
        incident = uuid.uuid4().hex[:12]
        _log.exception("incident %s", incident)
        return problems.fault(incident)


_ACTIONS: dict[str, Callable[[Any, list[Any]], list[Answer]]] = {
    "register": register_batch,
    "draft": save_drafts,
    "close": close_conditions,
    "act": act_on_files,
    "guarantee": file_guarantees,
    "goods_list": file_goods_lists,
    "rulings": file_rulings,
    "amend": amend_declarations,
    "supplement": supplement_declarations,
    "cancel": cancel_declarations,
    "revise": revise_declarations,
    "parcels": register_parcels,
    "follow_parcels": follow_parcels,
    "amend_parcels": amend_parcels,
    "cancel_parcels": cancel_parcels,
}
