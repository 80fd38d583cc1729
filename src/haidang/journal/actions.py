"""Verbs of the journal: record what was done, answer for life, owe a notice."""

from datetime import datetime

from haidang.journal import store
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.platform.db import Transaction


def record(transaction: Transaction, entries: list[Entry], received: list[Received]) -> None:
    """Append journal entries with the messages that caused them, inside the caller's transaction."""
    store.insert_entries(transaction, entries, received)


def keep_answers(
    transaction: Transaction, answers: list[tuple[MessageKey, bytes, int, bytes]], answered_at: datetime
) -> None:
    """Store (key, SHA-256 of the message, HTTP status, answer) so that the same message gets the same answer for life."""
    store.insert_answers(
        transaction,
        [
            (key.shard_id, key.sender_id, key.trader_code, key.message_id, digest, status, answer, answered_at)
            for key, digest, status, answer in answers
        ],
    )


def owe(transaction: Transaction, notices: list[Notice]) -> None:
    """Put notices to outsiders into the outbox; the relay delivers them after the commit."""
    store.insert_notices(transaction, notices)
