"""Reads of the journal."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from haidang.journal import store
from haidang.journal.terms import (
    Delivery,
    Entry,
    MessageKey,
    OutboxCount,
    Received,
    ServiceEvent,
    StoredAnswer,
    Subscription,
)
from haidang.platform.db import Transaction, rows_of
from haidang.platform.pipelining import Asker


class InboxQuestion:
    """Which of these messages were answered before. Asked together with others, read after it."""

    def __init__(self, asker: Asker, keys: list[MessageKey]) -> None:
        self._cursor = store.select_answers(asker, keys)

    def answers(self) -> dict[int, StoredAnswer]:
        """Return stored answers by position in the batch (from 0)."""
        return {row[0] - 1: store.answer_of(row) for row in self._cursor.fetchall()}


def entries(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, list[Entry]]:
    """Return journal entries in order, by declaration id."""
    return {
        declaration_id: [Entry(*row) for row in rows]
        for declaration_id, rows in rows_of(connection, store.JOURNAL_ENTRY, keys).items()
    }


def messages(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, list[Received]]:
    """Return messages as received in order, by declaration id."""
    return {
        declaration_id: [Received(*row) for row in rows]
        for declaration_id, rows in rows_of(connection, store.MESSAGE, keys).items()
    }


def service_events(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[ServiceEvent]]:
    """Return what came of serving acts, by declaration id, in the order of acts and events."""
    return {
        declaration_id: [ServiceEvent(*row) for row in rows]
        for declaration_id, rows in rows_of(connection, store.SERVICE_EVENT, keys).items()
    }


def orphans(
    connection: psycopg.Connection[Any], kept_apart: Sequence[tuple[int, int, str, bytes]] = ()
) -> list[tuple[Any, ...]]:
    """Return (what, shard_id, text) of entries without their message, messages without entry, answers without message, messages without answer.

    `kept_apart` are messages about no declaration, which another room keeps: (shard_id, sender_id, message_id, SHA-256 of the bytes).
    """
    return store.select_orphans(connection, kept_apart)


def subscriptions(transaction: Transaction, party_id: int) -> list[Subscription]:
    """Return where a party wants its notices sent, by topic; without the secrets."""
    return store.select_subscriptions(transaction, party_id)


def deliveries(transaction: Transaction, party_id: int, topic: str, before: UUID | None, count: int) -> list[Delivery]:
    """Return what a party is or was owed, newest first, of one topic or (empty) of all; pass the last `outbox_id` as `before` for the next page."""
    return store.select_deliveries(transaction, party_id, topic, before, count)


def delivery_faults(connection: psycopg.Connection[Any]) -> list[tuple[str, int, str]]:
    """Return marks of delivery that no logged attempt bears out: (what, shard_id, outbox_id)."""
    return store.select_delivery_faults(connection)


def outbox_count(transaction: Transaction) -> OutboxCount:
    """Return how the outbox stands."""
    return OutboxCount(*store.count_outbox(transaction))


class SubscriberQuestion:
    """Which of these parties want to be told of these topics. Asked together with others, read after it."""

    def __init__(self, asker: Asker, party_ids: list[int], topics: list[str]) -> None:
        self._cursor = store.select_subscribers(asker, party_ids, topics)

    def subscribers(self) -> dict[str, frozenset[int]]:
        """Return the parties by topic."""
        found: dict[str, set[int]] = {}
        for party_id, topic in self._cursor.fetchall():
            found.setdefault(topic, set()).add(party_id)
        return {topic: frozenset(parties) for topic, parties in found.items()}


def parties_wanting(connection: psycopg.Connection[Any], topic: str) -> frozenset[int]:
    """Return everybody who wants to be told of a topic, whomever it concerns."""
    return frozenset(row[0] for row in store.select_wanting(connection, topic))


class TailQuestion:
    """The digest of the last act on declarations, to which the next act is chained. Asked together with others, read after it."""

    def __init__(self, asker: Asker, places: list[tuple[int, int, UUID, int]]) -> None:
        self._cursor = store.select_tails(asker, places)

    def digests(self) -> dict[UUID, bytes]:
        """Return the digests by declaration id."""
        return dict(self._cursor.fetchall())


def timeline(transaction: Transaction, key: tuple[int, int, UUID]) -> list[dict[str, Any]]:
    """Return what was done with a declaration, in order, as the role of this transaction may see it."""
    names = ("journal_seq", "act", "actor_id", "acted_at", "message_id")
    return [dict(zip(names, row, strict=True)) for row in store.select_timeline(transaction, key)]
