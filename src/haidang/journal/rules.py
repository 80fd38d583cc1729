"""Digests of the rows an act wrote."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from haidang.journal.terms import Entry, Served, ServiceEvent

_encode = msgspec.msgpack.Encoder().encode


def sealed(
    key: tuple[int, int, UUID],
    journal_seq: int,
    act: str,
    actor_id: int,
    acted_at: datetime,
    states: list[int],
    book_version: int,
    writer_id: int,
    *,
    previous: bytes,
    parts: Sequence[object],
) -> Entry:
    """Return the entry of an act whose digest covers the entry itself, the rows it wrote (`parts`), and the digest of the act before (`previous`).

    The first act on a declaration has an empty `previous`. Who changes an old act must rewrite all that follow it.
    """
    head = (*key, journal_seq, act, actor_id, acted_at, states, book_version, writer_id)
    return Entry(*head, digest((previous, head, *parts)))


def digest(parts: Sequence[object]) -> bytes:
    """Return the SHA-256 of rows in canonical MessagePack form.

    Rows are tuples of integers, texts, bytes, dates, aware instants, UUIDs and None, in the order of their table's columns: the same values read back
    from the database give the same digest. No row may hold a float.
    """
    return sha256(_encode(parts)).digest()


def service_event(
    entry: Entry, event: Served, party_id: int, happened_at: datetime, way: str, previous: ServiceEvent | None = None
) -> ServiceEvent:
    """Return that an act was delivered or opened. Its digest covers the digest of the act and of the event before (`previous`)."""
    head = (*entry_key(entry), int(event), party_id, happened_at, way)
    return ServiceEvent(*head, digest((entry.digest, previous.digest if previous else b"", head)))


def entry_key(entry: Entry) -> tuple[int, int, UUID, int]:
    """Return by what an entry is found: (shard_id, registered_month, declaration_id, journal_seq)."""
    return entry.shard_id, entry.registered_month, entry.declaration_id, entry.journal_seq
