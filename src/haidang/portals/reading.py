"""Transactions of the pages: as the role under row-level security, told whose they are before anything is read."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any

import psycopg

from haidang.platform.config import Config, load
from haidang.platform.db import Servers, Transaction, act_as, act_as_person, act_for_offices

_KEPT = 8
"""Idle connections kept for each server."""


class Reader:
    """Lends connections as the role of the pages; one at a time to each caller, kept for the next."""

    def __init__(self, config: Config) -> None:
        self.servers = Servers(config)
        self._idle: list[LifoQueue[psycopg.Connection[Any]]] = [LifoQueue(_KEPT) for _ in range(self.servers.count)]

    @contextmanager
    def connection(self, server: int = 0) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection to a server, in autocommit mode, outside any transaction."""
        lent = self._take(server)
        try:
            yield lent
        finally:
            if lent.closed or self._idle[server].full():
                lent.close()
            else:
                self._idle[server].put(lent)

    @contextmanager
    def transaction(
        self,
        server: int = 0,
        *,
        person_id: int = 0,
        trader_codes: Sequence[str] = (),
        office_codes: Sequence[str] = (),
    ) -> Iterator[Transaction]:
        """Open a transaction that sees what is this person's, of these traders, of these offices; without a word, nothing."""
        with self.connection(server) as lent, Transaction(lent, bulk=False) as transaction:
            act_as_person(transaction, person_id)
            act_as(transaction, trader_codes)
            act_for_offices(transaction, office_codes)
            yield transaction

    def _take(self, server: int) -> psycopg.Connection[Any]:
        while True:
            try:
                kept = self._idle[server].get_nowait()
            except Empty:
                return self.servers.connect("app", server)
            # A server that was restarted has closed what lay here; asking costs a tenth of a millisecond.
            try:
                kept.execute("SELECT 1")
                return kept
            except psycopg.OperationalError:
                kept.close()


@functools.cache
def reader() -> Reader:
    """Return this process's reader."""
    return Reader(load())
