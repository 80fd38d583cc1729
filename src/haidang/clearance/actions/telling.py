"""What outsiders are told of the pass, after the commit: topics, who may want them, and the notices owed.

Told is the one who lodged, when it has subscribed. The payload is what it may read of the declaration anyway.
"""

from collections.abc import Mapping
from datetime import datetime

from haidang.journal.terms import Notice
from haidang.kernel.ids import uuid7_batch

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
RELEASED = "declaration.released"
STORED = "declaration.stored"
ACTS = [CLEARED, SERVED, RELEASED, STORED]
"""What acts on a file tell of."""
AFTERWARDS = [AMENDED, CANCELLED, CLEARED, SERVED, AMENDMENT_ASKED, AMENDMENT_REFUSED, ASSESSED, CANCELLATION_REFUSED]
"""What acts after the registration tell of."""


Subscribers = Mapping[str, frozenset[int]]
"""Parties by topic."""


def notices(
    shard_id: int,
    topic: str,
    recipient_id: int,
    subscribers: Subscribers,
    payload: bytes,
    at: datetime,
) -> list[Notice]:
    """Return the notice owed to a recipient, or none when it has not subscribed to the topic."""
    if recipient_id not in subscribers.get(topic, frozenset()):
        return []
    return [Notice(shard_id, uuid7_batch(int(at.timestamp() * 1000), 1)[0], recipient_id, topic, payload, at)]
