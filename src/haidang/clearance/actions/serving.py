"""Proof of delivery: what was served on a person was delivered, and opened for the first time. Each is recorded once and never changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from haidang.clearance.actions import telling
from haidang.clearance.rules.serving import SERVED, parse_service_no, service_no
from haidang.declarations import lookups as declarations
from haidang.journal import actions as journal
from haidang.journal.lookups import entries, service_events
from haidang.journal.terms import Notice, Served
from haidang.platform.db import Transaction

Key = tuple[int, int, UUID]
Acts = Mapping[str, tuple[str, str]]
"""Acts that are served, with their names: those on declarations unless others are given."""


def notices(
    shard_id: int,
    no11: int,
    journal_seq: int,
    act: str,
    recipients: Iterable[int],
    subscribers: telling.Subscribers,
    at: datetime,
    acts: Acts = SERVED,
) -> list[Notice]:
    """Return the notices that an act was served, for recipients that have subscribed. They name the act; the text has to be opened."""
    if act not in acts:
        return []
    vi, en = acts[act]
    body = {"service_no": service_no(no11, journal_seq), "act": act, "name_vi": vi, "name_en": en, "sent_at": at}
    return telling.notices(shard_id, telling.SERVED, recipients, subscribers, _encode(body), at)


def delivered(
    transaction: Transaction, key: Key, seqs: Sequence[int] | None, party_id: int, way: str, acts: Acts = SERVED
) -> None:
    """Record that these acts on a declaration (None: all) reached a party, unless that is recorded already."""
    for entry in entries(transaction.connection, [key]).get(key[2], []):
        if entry.act in acts and (seqs is None or entry.journal_seq in seqs):
            journal.record_service(transaction, entry, Served.DELIVERED, party_id, way)


def opened(transaction: Transaction, key: Key, journal_seq: int, party_id: int, way: str, acts: Acts = SERVED) -> None:
    """Record that a party opened the text of an act, unless it was opened before. What is opened was delivered."""
    for entry in entries(transaction.connection, [key]).get(key[2], []):
        if entry.journal_seq == journal_seq and entry.act in acts:
            journal.record_service(transaction, entry, Served.DELIVERED, party_id, way)
            journal.record_service(transaction, entry, Served.OPENED, party_id, way)


def shown(transaction: Transaction, key: Key, party_id: int) -> None:
    """Record that a party was shown a page with everything that was served about a declaration: each was delivered and opened by it."""
    events = service_events(transaction.connection, [key]).get(key[2], [])
    known = {event.journal_seq for event in events if event.event == Served.OPENED}
    for entry in entries(transaction.connection, [key]).get(key[2], []):
        if entry.act in SERVED and entry.journal_seq not in known:
            journal.record_service(transaction, entry, Served.DELIVERED, party_id, "page")
            journal.record_service(transaction, entry, Served.OPENED, party_id, "page")


def taken_by_webhook(transaction: Transaction, shard_id: int, payload: bytes, party_id: int) -> None:
    """Record that a webhook took the notice of what was served."""
    number = parse_service_no(msgspec.json.decode(payload)["service_no"])
    key = declarations.key_of(transaction, shard_id, number[0]) if number else None
    if number is not None and key is not None:
        delivered(transaction, key, (number[1],), party_id, "webhook")


_encode = msgspec.json.Encoder().encode
