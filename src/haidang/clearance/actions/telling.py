"""What outsiders are told of the pass, after the commit: topics, who may want them, and the notices owed.

Told are who lodged and whose declaration it is, each when it has subscribed. The payload is what they may read of the declaration anyway.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from haidang.journal.terms import Notice
from haidang.kernel.ids import uuid7_batch
from haidang.parties.standing import TraderStanding

REGISTERED = "declaration.registered"
CLEARED = "declaration.cleared"
SERVED = "declaration.served"
"""Something was served on the declarant: a decision or a request, whose text has to be opened."""
TOPICS = [REGISTERED, CLEARED, SERVED]
AMENDED = "declaration.amended"
CANCELLED = "declaration.cancelled"
AMENDMENT_ASKED = "declaration.amendment_asked"
AMENDMENT_REFUSED = "declaration.amendment_refused"
ASSESSED = "declaration.assessed"
CANCELLATION_REFUSED = "declaration.cancellation_refused"
ADJUSTED = "declaration.adjusted"
RELEASED = "declaration.released"
STORED = "declaration.stored"
ACTS = [CLEARED, SERVED, RELEASED, STORED]
"""What acts on a file tell of."""
AFTERWARDS = [
    AMENDED,
    CANCELLED,
    CLEARED,
    SERVED,
    AMENDMENT_ASKED,
    AMENDMENT_REFUSED,
    ASSESSED,
    CANCELLATION_REFUSED,
    ADJUSTED,
]
"""What acts after the registration tell of."""


Subscribers = Mapping[str, frozenset[int]]
"""Parties by topic."""


def told(declarant_id: int, trader: TraderStanding | None) -> list[int]:
    """Return who is to be told of a declaration: who declares it, and the trader when that is another."""
    return [declarant_id] if trader is None or trader.party_id == declarant_id else [declarant_id, trader.party_id]


def notices(
    shard_id: int,
    topic: str,
    recipients: Iterable[int],
    subscribers: Subscribers,
    payload: bytes,
    at: datetime,
) -> list[Notice]:
    """Return the notices owed to those of the recipients that have subscribed to the topic."""
    wanting = subscribers.get(topic)
    if not wanting:
        return []
    return [
        Notice(shard_id, uuid7_batch(int(at.timestamp() * 1000), 1)[0], recipient_id, topic, payload, at)
        for recipient_id in recipients
        if recipient_id in wanting
    ]
