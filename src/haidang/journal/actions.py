"""Verbs of the journal: record what was done, answer for life, owe a notice."""

import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import datetime
from uuid import UUID

from haidang.journal import lookups, rules, store
from haidang.journal.terms import (
    Attempt,
    Due,
    Entry,
    MessageKey,
    Notice,
    Received,
    Served,
    SubscriptionRefused,
)
from haidang.platform.db import Transaction


def record(transaction: Transaction, entries: list[Entry], received: list[Received]) -> None:
    """Append journal entries with the messages that caused them, inside the caller's transaction."""
    store.insert_entries(transaction, entries, received)


def keep_answers(
    transaction: Transaction, answers: list[tuple[MessageKey, bytes, int, bytes]], answered_at: datetime
) -> None:
    """Store (key, SHA-256 of the message, HTTP status, answer) so that the same message gets the same answer for life.

    In key order: two writers that hold the same messages wait for each other in turn, never crosswise.
    """
    store.insert_answers(
        transaction,
        sorted(
            (key.shard_id, key.sender_id, key.trader_code, key.message_id, digest, status, answer, answered_at)
            for key, digest, status, answer in answers
        ),
    )


def record_service(transaction: Transaction, entry: Entry, event: Served, party_id: int, way: str) -> None:
    """Record that an act was delivered to, or opened by, a party at this legal instant; what is recorded already stays as it is.

    Args:
        transaction: as `haidang_ingest`, or as `haidang_app` showing the declaration.
        entry: the act that was served.
        event: what happened; an opening comes after its delivery.
        party_id: who was reached, or who read.
        way: webhook, list, document or page.
    """
    place = rules.entry_key(entry)
    events = lookups.service_events(transaction.connection, [place[:3]]).get(place[2], [])
    known = [each for each in events if each.journal_seq == entry.journal_seq]
    if int(event) in {each.event for each in known}:
        return
    happened_at = max([store.legal_now(transaction), entry.acted_at, *(each.happened_at for each in known)])
    previous = known[-1] if known else None
    store.insert_service_event(transaction, rules.service_event(entry, event, party_id, happened_at, way, previous))


def owe(transaction: Transaction, notices: list[Notice]) -> None:
    """Put notices to outsiders into the outbox; the relay delivers them after the commit."""
    store.insert_notices(transaction, notices)


_SECRET_PREFIX = "whsec_"  # noqa: S105  (by which Standard Webhooks recognise a leaked secret)
_SECRET_BYTES = range(24, 65)
_TOPIC = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_URL = re.compile(r"https?://[^\s/@]+(/\S*)?", re.ASCII)
_LONGEST_URL = 2_048


def subscribe(transaction: Transaction, party_id: int, topic: str, url: str, secret: str | None = None) -> str:
    """Have notices of a topic to this party sent to an address from now on; return the secret that signs them, shown this once.

    A party has one address for a topic: subscribing again replaces address and secret. With several servers, do it on each, with the secret
    of the first. Runs as `haidang_app`, which may write the party's own only.

    Args:
        transaction: open; part of the caller's.
        party_id: who is told, and on whose behalf this is done.
        topic: such as `declaration.cleared`.
        url: http or https, without user or password. Whether it may be called is judged at every delivery.
        secret: `whsec_` and base64 of 24 to 64 bytes; made when missing.

    Raises:
        SubscriptionRefused: topic, address or secret is not of that form; nothing was changed.
    """
    if not _TOPIC.fullmatch(topic) or not _URL.fullmatch(url) or len(url) > _LONGEST_URL:
        raise SubscriptionRefused
    kept = _SECRET_PREFIX + b64encode(secrets.token_bytes(32)).decode() if secret is None else secret
    try:
        key = b64decode(kept.removeprefix(_SECRET_PREFIX), validate=True)
    except NotBase64:
        raise SubscriptionRefused from None
    if not kept.startswith(_SECRET_PREFIX) or len(key) not in _SECRET_BYTES:
        raise SubscriptionRefused
    store.upsert_subscription(transaction, party_id, topic, url, key)
    return kept


def unsubscribe(transaction: Transaction, party_id: int, topic: str) -> bool:
    """Send no more notices of a topic to this party; False when none were being sent."""
    return store.end_subscription(transaction, party_id, topic)


def claim_due(transaction: Transaction, most: int, busy: list[int], lease_s: int) -> list[Due]:
    """Take up to `most` due notices, oldest first, of recipients not in `busy`; nobody else is given them for `lease_s` seconds.

    Notices that nobody subscribes to are put aside meanwhile.
    """
    store.park_unwanted(transaction, most)
    return store.claim_due(transaction, most, busy, lease_s)


def give_back(transaction: Transaction, dues: list[Due], wait_s: float) -> None:
    """Return claimed notices unsent; they are due again after `wait_s` seconds, and no attempt is counted."""
    if dues:
        store.release(transaction, dues, wait_s)


def record_attempt(transaction: Transaction, made: Attempt, wait_s: float | None) -> None:
    """Log an attempt to deliver. Taken when `detail` is empty; else due again after `wait_s` seconds, or given up when that is None."""
    store.mark_attempt(transaction, made, wait_s)


def address_is_gone(transaction: Transaction, due: Due) -> None:
    """Stop sending to an address that said it is gone for good."""
    store.stop_subscription(transaction, due.recipient_id, due.topic, due.url)


def replay(transaction: Transaction, party_id: int, topic: str, since: datetime) -> int:
    """Deliver once more what a party was owed on a topic since an instant (legal time), delivered or not; return how many notices that is.

    Who asked for what is kept (`redelivery`), and no attempt made before is forgotten.
    """
    notices = store.replay(transaction, party_id, topic, since)
    store.insert_redelivery(transaction, party_id, topic, None, since, notices)
    return notices


def retry(transaction: Transaction, party_id: int, outbox_id: UUID) -> str | None:
    """Deliver one notice of a party once more, delivered or not; return its topic, or None when the party is owed no such notice."""
    topic = store.retry(transaction, party_id, outbox_id)
    if topic is not None:
        store.insert_redelivery(transaction, party_id, topic, outbox_id, None, 1)
    return topic
