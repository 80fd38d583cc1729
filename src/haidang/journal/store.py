"""Rows of the journal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from msgspec.structs import astuple

from haidang.journal.terms import (
    Attempt,
    Delivery,
    Due,
    Entry,
    MessageKey,
    Notice,
    Received,
    ServiceEvent,
    StoredAnswer,
    Subscription,
)
from haidang.platform.db import Table, Transaction
from haidang.platform.pipelining import Asked, Asker, Statement, ask

INBOX = Table(
    "inbox", shard_id="int2", sender_id="int4", trader_code="text", message_id="text", sha256="bytea", status="int2", answer="bytea",
    answered_at="timestamptz",
)  # fmt: skip
MESSAGE = Table(
    "message", shard_id="int2", registered_month="int4", declaration_id="uuid", journal_seq="int2", sender_id="int4", message_id="text",
    certificate_sha256="bytea", signature="text", raw="bytea",
)  # fmt: skip
JOURNAL_ENTRY = Table(
    "journal_entry", shard_id="int2", registered_month="int4", declaration_id="uuid", journal_seq="int2", act="text", actor_id="int4",
    acted_at="timestamptz", states="int2[]", book_version="int4", writer_id="int2", digest="bytea",
)  # fmt: skip
OUTBOX = Table(
    "outbox", shard_id="int2", outbox_id="uuid", recipient_id="int4", topic="text", payload="bytea", created_at="timestamptz",
)  # fmt: skip
SERVICE_EVENT = Table(
    "service_event", shard_id="int2", registered_month="int4", declaration_id="uuid", journal_seq="int2", event="int2", party_id="int4",
    happened_at="timestamptz", way="text", digest="bytea",
)  # fmt: skip


def legal_now(transaction: Transaction) -> datetime:
    """Return legal time."""
    row = transaction.execute("SELECT legal_now()").fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def insert_service_event(transaction: Transaction, event: ServiceEvent) -> None:
    """Append an event; of two readers who come at once the first is recorded."""
    statement = cast(LiteralString, f"{SERVICE_EVENT.insert_statement} ON CONFLICT DO NOTHING")
    transaction.execute(statement, astuple(event))


def insert_entries(transaction: Transaction, entries: list[Entry], received: list[Received]) -> None:
    """Append journal entries and the messages behind them."""
    transaction.write(JOURNAL_ENTRY, [astuple(entry) for entry in entries])
    transaction.write(MESSAGE, [astuple(message) for message in received])


def insert_answers(transaction: Transaction, rows: list[tuple[object, ...]]) -> None:
    """Append inbox rows in the order of `INBOX`."""
    transaction.write(INBOX, rows)


def insert_notices(transaction: Transaction, notices: list[Notice]) -> None:
    """Append outbox rows."""
    transaction.write(OUTBOX, [astuple(notice) for notice in notices])


_ANSWERS = Statement(
    # One probe of the key for each message: a plan that stays right however fast the table grows.
    """
    SELECT k.ordinal, i.sha256, i.status, i.answer
    FROM unnest(%s, %s, %s, %s)
         WITH ORDINALITY AS k(shard_id, sender_id, trader_code, message_id, ordinal)
    CROSS JOIN LATERAL (
        SELECT sha256, status, answer FROM inbox
        WHERE (shard_id, sender_id, trader_code, message_id) = (k.shard_id, k.sender_id, k.trader_code, k.message_id) LIMIT 1
    ) AS i
    """,
    "int2[]", "int4[]", "text[]", "text[]",
)  # fmt: skip


def select_answers(asker: Asker, keys: list[MessageKey]) -> Asked:
    """Ask for stored answers: rows (ordinal from 1, sha256, status, answer)."""
    return ask(
        asker,
        _ANSWERS,
        (
            [key.shard_id for key in keys],
            [key.sender_id for key in keys],
            [key.trader_code for key in keys],
            [key.message_id for key in keys],
        ),
    )


def answer_of(row: tuple[Any, ...]) -> StoredAnswer:
    """Turn a row of `select_answers` into a term."""
    return StoredAnswer(row[1], row[2], row[3])


def select_orphans(
    connection: psycopg.Connection[Any], kept_apart: Sequence[tuple[int, int, str, bytes]]
) -> list[tuple[Any, ...]]:
    """Return entries without message, messages without entry (drafts apart), and answers without message.

    `kept_apart` are messages about no declaration, which another room keeps: (shard_id, sender_id, message_id, SHA-256 of the bytes).
    """
    return connection.execute(
        """
        SELECT CASE WHEN m.message_id IS NULL THEN 'journal entry without message' ELSE 'message without journal entry' END,
               coalesce(e.shard_id, m.shard_id), coalesce(e.declaration_id, m.declaration_id)::text
        FROM journal_entry e
        FULL JOIN (SELECT * FROM message WHERE journal_seq > 0) m USING (shard_id, registered_month, declaration_id, journal_seq)
        WHERE e.act IS NULL OR m.message_id IS NULL
        UNION ALL
        SELECT CASE WHEN i.message_id IS NULL THEN 'message without answer' ELSE 'answer without message' END,
               coalesce(i.shard_id, m.shard_id), coalesce(i.message_id, m.message_id)
        FROM inbox i
        FULL JOIN (SELECT shard_id, sender_id, message_id, sha256(raw) FROM message WHERE journal_seq > 0
                   UNION ALL
                   SELECT * FROM unnest(%s::int2[], %s::int4[], %s::text[], %s::bytea[]))
             AS m(shard_id, sender_id, message_id, sha256)
             ON (m.shard_id, m.sender_id, m.message_id) = (i.shard_id, i.sender_id, i.message_id) AND m.sha256 = i.sha256
        WHERE i.message_id IS NULL OR m.message_id IS NULL
        """,
        tuple([each[column] for each in kept_apart] for column in range(4)),
    ).fetchall()


def upsert_subscription(transaction: Transaction, party_id: int, topic: str, url: str, secret: bytes) -> None:
    """Add a subscription, or give the party's one on this topic another address and secret. The party's own only, by row-level security."""
    transaction.execute("SELECT set_config('haidang.party_id', %s, true)", (str(party_id),))
    # Not one statement with ON CONFLICT DO UPDATE: that would read the secret, which this role may not.
    added = transaction.execute(
        """
        INSERT INTO subscription (party_id, topic, url, secret, changed_at) VALUES (%s, %s, %s, %s, legal_now())
        ON CONFLICT DO NOTHING
        """,
        (party_id, topic, url, secret),
    )
    if not added.rowcount:
        transaction.execute(
            "UPDATE subscription SET url = %s, secret = %s, active = true, changed_at = legal_now() WHERE party_id = %s AND topic = %s",
            (url, secret, party_id, topic),
        )


def end_subscription(transaction: Transaction, party_id: int, topic: str) -> bool:
    """Make a subscription inactive; False when there was no active one."""
    transaction.execute("SELECT set_config('haidang.party_id', %s, true)", (str(party_id),))
    ended = transaction.execute(
        "UPDATE subscription SET active = false, changed_at = legal_now() WHERE party_id = %s AND topic = %s AND active",
        (party_id, topic),
    )
    return ended.rowcount == 1


def select_subscriptions(transaction: Transaction, party_id: int) -> list[Subscription]:
    """Return the subscriptions of a party, active or not, by topic."""
    transaction.execute("SELECT set_config('haidang.party_id', %s, true)", (str(party_id),))
    found = transaction.execute(
        "SELECT party_id, topic, url, active, changed_at FROM subscription WHERE party_id = %s ORDER BY topic",
        (party_id,),
    )
    return [Subscription(*row) for row in found]


def claim_due(transaction: Transaction, most: int, busy: list[int], lease_s: int) -> list[Due]:
    """Take up to `most` due notices, oldest first, of recipients not in `busy`, and put each off by the lease: whoever dies meanwhile loses nothing.

    Notices that others hold are passed over; those without an active subscription are not due (see `park_unwanted`).
    """
    claimed = transaction.execute(
        """
        WITH due AS (
            SELECT o.shard_id, o.outbox_id, s.url, s.secret
            FROM outbox o JOIN subscription s ON s.party_id = o.recipient_id AND s.topic = o.topic AND s.active
            WHERE o.delivered_at IS NULL AND o.dead_at IS NULL AND (o.next_at IS NULL OR o.next_at <= legal_now())
              AND o.recipient_id <> ALL (%s::int4[])
            ORDER BY o.created_at, o.outbox_id LIMIT %s
            FOR UPDATE OF o SKIP LOCKED
        )
        UPDATE outbox o SET next_at = legal_now() + make_interval(secs => %s)
        FROM due WHERE (o.shard_id, o.outbox_id) = (due.shard_id, due.outbox_id)
        RETURNING o.shard_id, o.outbox_id, o.recipient_id, o.topic, o.payload, o.created_at, o.attempts, due.url, due.secret
        """,
        (busy, most, lease_s),
    )
    return sorted((Due(*row) for row in claimed.fetchall()), key=lambda due: (due.created_at, due.outbox_id))


def park_unwanted(transaction: Transaction, most: int) -> int:
    """Put aside notices that nobody subscribes to, so that they are not looked at again; subscribing and replaying brings them back."""
    return transaction.execute(
        """
        WITH unwanted AS (
            SELECT o.shard_id, o.outbox_id FROM outbox o
            WHERE o.delivered_at IS NULL AND o.dead_at IS NULL AND o.next_at IS NULL
              AND NOT EXISTS (SELECT FROM subscription s WHERE s.party_id = o.recipient_id AND s.topic = o.topic AND s.active)
            LIMIT %s FOR UPDATE OF o SKIP LOCKED
        )
        UPDATE outbox o SET next_at = 'infinity' FROM unwanted u WHERE (o.shard_id, o.outbox_id) = (u.shard_id, u.outbox_id)
        """,
        (most,),
    ).rowcount


def release(transaction: Transaction, dues: list[Due], wait_s: float) -> None:
    """Give claimed notices back unsent: they are due again after `wait_s` seconds."""
    transaction.execute(
        """
        UPDATE outbox o SET next_at = legal_now() + make_interval(secs => %s)
        FROM unnest(%s::int2[], %s::uuid[]) AS k(shard_id, outbox_id) WHERE (o.shard_id, o.outbox_id) = (k.shard_id, k.outbox_id)
        """,
        (wait_s, [due.shard_id for due in dues], [due.outbox_id for due in dues]),
    )


def mark_attempt(transaction: Transaction, made: Attempt, wait_s: float | None) -> None:
    """Log an attempt and mark its notice: delivered when it was taken, due again after `wait_s` seconds, or dead when that is None."""
    transaction.execute(
        """
        INSERT INTO delivery_attempt (shard_id, outbox_id, attempt, attempted_at, url, status, detail, duration_ms)
        VALUES (%s, %s, %s, legal_now(), %s, %s, %s, %s)
        """,
        (made.shard_id, made.outbox_id, made.attempt, made.url, made.status, made.detail, made.duration_ms),
    )
    transaction.execute(
        """
        UPDATE outbox SET attempts = %s,
            delivered_at = CASE WHEN %s THEN legal_now() END,
            dead_at = CASE WHEN %s THEN legal_now() END,
            next_at = CASE WHEN %s THEN next_at ELSE legal_now() + make_interval(secs => %s) END
        WHERE shard_id = %s AND outbox_id = %s AND delivered_at IS NULL
        """,
        (
            made.attempt,
            not made.detail,
            bool(made.detail) and wait_s is None,
            not made.detail or wait_s is None,
            wait_s or 0.0,
            made.shard_id,
            made.outbox_id,
        ),
    )


def stop_subscription(transaction: Transaction, party_id: int, topic: str, url: str) -> None:
    """Stop sending to an address that said it is gone for good (HTTP 410)."""
    transaction.execute(
        "UPDATE subscription SET active = false WHERE party_id = %s AND topic = %s AND url = %s", (party_id, topic, url)
    )


def replay(transaction: Transaction, party_id: int, topic: str, since: datetime) -> int:
    """Make a party's notices on a topic, created since an instant, due once more, delivered or not; return how many."""
    return transaction.execute(
        """
        UPDATE outbox SET next_at = NULL, delivered_at = NULL, dead_at = NULL, attempts = 0
        WHERE recipient_id = %s AND topic = %s AND created_at >= %s
        """,
        (party_id, topic, since),
    ).rowcount


def retry(transaction: Transaction, party_id: int, outbox_id: UUID) -> str | None:
    """Make one notice of a party due once more, delivered or not; return its topic, or None when the party has no such notice."""
    row = transaction.execute(
        """
        UPDATE outbox SET next_at = NULL, delivered_at = NULL, dead_at = NULL, attempts = 0
        WHERE recipient_id = %s AND outbox_id = %s RETURNING topic
        """,
        (party_id, outbox_id),
    ).fetchone()
    return None if row is None else row[0]


def insert_redelivery(
    transaction: Transaction, party_id: int, topic: str, outbox_id: UUID | None, since: datetime | None, notices: int
) -> None:
    """Note that somebody asked to be told once more."""
    transaction.execute(
        """
        INSERT INTO redelivery (party_id, topic, outbox_id, since, notices, requested_at)
        VALUES (%s, %s, %s, %s, %s, legal_now())
        """,
        (party_id, topic, outbox_id, since, notices),
    )


def select_deliveries(
    transaction: Transaction, party_id: int, topic: str, before: UUID | None, count: int
) -> list[Delivery]:
    """Return a party's notices, newest first, from before one of them; with every attempt. The party's own only, by row-level security."""
    transaction.execute("SELECT set_config('haidang.party_id', %s, true)", (str(party_id),))
    found = transaction.execute(
        """
        SELECT shard_id, outbox_id, topic, created_at,
               CASE WHEN delivered_at IS NOT NULL THEN 'delivered' WHEN dead_at IS NOT NULL THEN 'given_up'
                    WHEN next_at = 'infinity' THEN 'aside' ELSE 'waiting' END,
               attempts, nullif(next_at, 'infinity'), delivered_at, payload
        FROM outbox
        WHERE recipient_id = %s AND (%s = '' OR topic = %s) AND (%s::uuid IS NULL OR outbox_id < %s::uuid)
        ORDER BY outbox_id DESC LIMIT %s
        """,
        (party_id, topic, topic, before, before, count),
    ).fetchall()
    made = transaction.execute(
        """
        SELECT a.outbox_id, a.attempt, a.attempted_at, a.url, a.status, a.detail, a.duration_ms
        FROM unnest(%s::int2[], %s::uuid[]) AS k(shard_id, outbox_id) JOIN delivery_attempt a USING (shard_id, outbox_id)
        ORDER BY a.attempted_at, a.attempt
        """,
        ([row[0] for row in found], [row[1] for row in found]),
    ).fetchall()
    tried: dict[UUID, list[tuple[int, datetime, str, int, str, int]]] = {}
    for outbox_id, *attempt in made:
        tried.setdefault(outbox_id, []).append(tuple(attempt))  # type: ignore[arg-type]
    return [
        Delivery(
            outbox_id, topic_, created_at, state, attempts, next_at, delivered_at, payload, tried.get(outbox_id, [])
        )
        for _, outbox_id, topic_, created_at, state, attempts, next_at, delivered_at, payload in found
    ]


def select_delivery_faults(connection: psycopg.Connection[Any]) -> list[tuple[str, int, str]]:
    """Return (what, shard_id, outbox_id) of marks in the outbox that the log of attempts does not bear out, and of attempts of no notice."""
    return connection.execute(
        """
        SELECT CASE WHEN o.outbox_id IS NULL THEN 'an attempt to deliver a notice that is not there'
                    WHEN o.delivered_at IS NOT NULL AND NOT coalesce(a.taken, false) THEN 'marked as delivered without an attempt that was taken'
                    ELSE 'counts attempts that were never logged' END,
               coalesce(o.shard_id, a.shard_id), coalesce(o.outbox_id, a.outbox_id)::text
        FROM outbox o FULL JOIN (
            SELECT shard_id, outbox_id, bool_or(detail = '') AS taken, count(*) AS made FROM delivery_attempt GROUP BY 1, 2
        ) a USING (shard_id, outbox_id)
        WHERE o.outbox_id IS NULL OR (o.delivered_at IS NOT NULL AND NOT coalesce(a.taken, false))
           OR o.attempts > coalesce(a.made, 0)
        """
    ).fetchall()


def count_outbox(transaction: Transaction) -> tuple[int, int, int, int]:
    """Return how many notices are waiting, put aside, delivered, and dead."""
    row = transaction.execute(
        """
        SELECT count(*) FILTER (WHERE delivered_at IS NULL AND dead_at IS NULL AND next_at IS DISTINCT FROM 'infinity'),
               count(*) FILTER (WHERE next_at = 'infinity' AND delivered_at IS NULL),
               count(*) FILTER (WHERE delivered_at IS NOT NULL), count(*) FILTER (WHERE dead_at IS NOT NULL)
        FROM outbox
        """
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2], row[3]


_SUBSCRIBERS = Statement(
    "SELECT party_id, topic FROM subscription WHERE active AND party_id = ANY (%s) AND topic = ANY (%s)",
    "int4[]",
    "text[]",
)


def select_subscribers(asker: Asker, party_ids: list[int], topics: list[str]) -> Asked:
    """Ask which of these parties want to be told of these topics: rows (party_id, topic)."""
    return ask(asker, _SUBSCRIBERS, (party_ids, topics))


def select_wanting(connection: psycopg.Connection[Any], topic: str) -> list[tuple[Any, ...]]:
    """Return who wants to be told of a topic, whomever it concerns: rows (party_id)."""
    return connection.execute("SELECT party_id FROM subscription WHERE active AND topic = %s", (topic,)).fetchall()


_TAILS = Statement(
    """
    SELECT e.declaration_id, e.digest
    FROM unnest(%s, %s, %s, %s) AS k(shard_id, registered_month, declaration_id, journal_seq)
    CROSS JOIN LATERAL (
        SELECT declaration_id, digest FROM journal_entry
        WHERE (shard_id, registered_month, declaration_id, journal_seq) = (k.shard_id, k.registered_month, k.declaration_id, k.journal_seq)
        LIMIT 1
    ) AS e
    """,
    "int2[]", "int4[]", "uuid[]", "int2[]",
)  # fmt: skip


def select_tails(asker: Asker, places: list[tuple[int, int, UUID, int]]) -> Asked:
    """Ask for the digests of entries given as (shard, month, id, journal_seq): rows (id, digest)."""
    return ask(asker, _TAILS, tuple([place[column] for place in places] for column in range(4)))


def select_timeline(transaction: Transaction, key: tuple[int, int, UUID]) -> list[tuple[Any, ...]]:
    """Return what was done with a declaration as the role may see it: (journal_seq, act, actor_id, acted_at, message_id)."""
    return transaction.execute(
        """
        SELECT e.journal_seq, e.act, e.actor_id, e.acted_at, coalesce(m.message_id, '')
        FROM journal_entry e LEFT JOIN message m USING (shard_id, registered_month, declaration_id, journal_seq)
        WHERE (e.shard_id, e.registered_month, e.declaration_id) = (%s, %s, %s) ORDER BY e.journal_seq
        """,
        key,
    ).fetchall()
