"""What a lane process knows without asking: who is who, and the law of the day. Kept fresh by a thread of its own.

The writer takes up new pictures between two batches; it never waits for them. A day is read before its midnight.
"""

import gc
import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import psycopg

from haidang.clearance.lookups.books import Books, DayBook
from haidang.kernel.calendar import vn_date
from haidang.parties.lookups import CHANNEL as PARTIES_CHANNEL
from haidang.parties.lookups import Directory, read_directory
from haidang.parties.terms import Party
from haidang.platform.db import Servers
from haidang.rulings.lookups import CHANNEL as RULINGS_CHANNEL
from haidang.rulings.lookups import traders_with_rulings
from haidang.tariff.lookups import Shelf

_log = logging.getLogger("haidang.lane")

_LAW_CHANNELS = ("haidang_lawbook", "haidang_risk")
_LOOK_S = 20.0
_AHEAD = timedelta(minutes=15)
"""How long before midnight the law of the next day is read."""


def _spare_collector() -> None:
    """Take what is known out of the garbage collector's rounds: hundreds of thousands of objects that live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Knowledge:
    """Parties, books and who has advance rulings, of one lane process. Each picture is immutable and replaced whole."""

    def __init__(self, servers: Servers, name: str) -> None:
        self._servers = servers
        self._name = name
        self._stopping = threading.Event()
        self._offset_s = 0.0
        self._shelf = Shelf()
        with servers.connect("ingest") as connection:
            self.directory = self._read_directory(connection)
            self.books = self._read_books(connection)
        self.rulings = self._read_rulings()
        _spare_collector()

    def start(self) -> None:
        """Begin to watch for changes."""
        threading.Thread(target=self._watch, name=f"watch-{self._name}", daemon=True).start()

    def stop(self) -> None:
        """Stop watching; the thread ends by itself."""
        self._stopping.set()

    def legal_now(self) -> datetime:
        """Return legal time as the database last told it, carried on: for expiry of tokens and for reading ahead, never for law."""
        read_at = self.directory.read_at
        return read_at.fromtimestamp(time.time() + self._offset_s, tz=read_at.tzinfo)

    def law_now(self) -> tuple[DayBook, datetime]:
        """Return the law of the day and the instant, for questions from other threads: what they are told is no act."""
        at = self.legal_now()
        with self._servers.connect("ingest") as connection:
            return self.books.day(vn_date(at), connection), at

    def authenticate(self, token: str) -> Party | None:
        """Return whose token this is now."""
        return self.directory.authenticate(token, self.legal_now())

    def _read_directory(self, connection: psycopg.Connection[Any]) -> Directory:
        directory = read_directory(connection)
        self._offset_s = directory.read_at.timestamp() - time.time()
        return directory

    def _read_rulings(self) -> frozenset[str]:
        """Return who has advance rulings, on whatever server."""
        connections = self._servers.connect_all("ingest")
        try:
            return traders_with_rulings(connections)
        finally:
            for connection in connections:
                connection.close()

    def _read_books(self, connection: psycopg.Connection[Any]) -> Books:
        books = Books(connection, shelf=self._shelf)
        books.day(vn_date(self.legal_now()), connection)
        return books

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._servers.connect("ingest") as connection:
                    self._watch_over(connection)
            except Exception:
                # Whatever it was, a lane must not go on for ever with what it knew: connect and read again.
                _log.exception("watching for changes was interrupted")
                self._stopping.wait(1)

    def _watch_over(self, connection: psycopg.Connection[Any]) -> None:
        for channel in (PARTIES_CHANNEL, RULINGS_CHANNEL, *_LAW_CHANNELS):
            connection.execute(f"LISTEN {channel}")  # type: ignore[arg-type]  # four names of ours
        # What changed between the first reading and LISTEN, or while the connection was away, told nobody.
        self.directory = self._read_directory(connection)
        self.rulings = self._read_rulings()
        if self.books.is_outdated(connection):
            self.books = self._read_books(connection)
        while not self._stopping.is_set():
            changed = {notice.channel for notice in connection.notifies(timeout=_LOOK_S, stop_after=1)}
            if PARTIES_CHANNEL in changed:
                self.directory = self._read_directory(connection)
            # With several servers another one than this may have been told: then the next look finds it.
            if RULINGS_CHANNEL in changed or (not changed and self._servers.count > 1):
                self.rulings = self._read_rulings()
            # Asked every time: it also notices a dead connection that would tell nothing any more.
            if self.books.is_outdated(connection) or changed.intersection(_LAW_CHANNELS):
                _log.info("law book, exchange rates or criteria changed: reading again")
                self.books = self._read_books(connection)
                _spare_collector()
            self.books.day(vn_date(self.legal_now() + _AHEAD), connection)
