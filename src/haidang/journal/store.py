"""Rows of the journal."""

from typing import Any

import psycopg
from msgspec.structs import astuple

from haidang.journal.terms import Entry, MessageKey, Notice, Received, StoredAnswer
from haidang.platform.db import Table, Transaction

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


def select_answers(connection: psycopg.Connection[Any], keys: list[MessageKey]) -> psycopg.Cursor[Any]:
    """Ask for stored answers: rows (ordinal from 1, sha256, status, answer). Inside a pipeline the answer is read later."""
    return connection.execute(
        """
        SELECT k.ordinal, i.sha256, i.status, i.answer
        FROM unnest(%s::int2[], %s::int4[], %s::text[], %s::text[])
             WITH ORDINALITY AS k(shard_id, sender_id, trader_code, message_id, ordinal)
        JOIN inbox i USING (shard_id, sender_id, trader_code, message_id)
        """,
        (
            [key.shard_id for key in keys],
            [key.sender_id for key in keys],
            [key.trader_code for key in keys],
            [key.message_id for key in keys],
        ),
        binary=True,
    )


def answer_of(row: tuple[Any, ...]) -> StoredAnswer:
    """Turn a row of `select_answers` into a term."""
    return StoredAnswer(row[1], row[2], row[3])
