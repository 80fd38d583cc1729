"""Nouns of the journal."""

from datetime import datetime
from enum import IntEnum
from uuid import UUID

from msgspec import Struct

from haidang.kernel.findings import Refusal


class MessageKey(Struct, frozen=True):
    """What makes a message one message, for life: who sent it, about which trader, under which id of the sender's own."""

    shard_id: int
    sender_id: int
    trader_code: str
    message_id: str


class StoredAnswer(Struct, frozen=True):
    """The answer that was given to a message, to be given again to the same bytes."""

    sha256: bytes
    status: int
    answer: bytes


class Entry(Struct, frozen=True):
    """One act on one declaration. `states` are the states walked at this instant; `digest` is the SHA-256 of all rows the act wrote."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    journal_seq: int
    act: str
    actor_id: int
    acted_at: datetime
    states: list[int]
    book_version: int
    writer_id: int
    digest: bytes


class Received(Struct, frozen=True):
    """A message as it came: raw bytes, the signature header over them, the certificate that verifies it."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    journal_seq: int
    sender_id: int
    message_id: str
    certificate_sha256: bytes
    signature: str
    raw: bytes


class Notice(Struct, frozen=True):
    """Something an outsider must be told: topic, to whom, and the bytes to send."""

    shard_id: int
    outbox_id: UUID
    recipient_id: int
    topic: str
    payload: bytes
    created_at: datetime


class Due(Struct, frozen=True):
    """A notice that is due for delivery, with the address of its recipient. `attempts` counts those made before this one."""

    shard_id: int
    outbox_id: UUID
    recipient_id: int
    topic: str
    payload: bytes
    created_at: datetime
    attempts: int
    url: str
    secret: bytes


class Subscription(Struct, frozen=True):
    """Where a party wants notices of a topic sent. The secret that signs them is never shown again."""

    party_id: int
    topic: str
    url: str
    active: bool
    changed_at: datetime


class Attempt(Struct, frozen=True):
    """What came of one attempt to deliver: the HTTP status (0: no answer), in words what went wrong (empty: it was taken), and how long it took in
    milliseconds.
    """

    shard_id: int
    outbox_id: UUID
    attempt: int
    url: str
    status: int
    detail: str
    duration_ms: int = 0


class Delivery(Struct, frozen=True):
    """A notice owed to a party, and where its delivery stands: waiting, aside (nobody subscribed), delivered or given up. `attempts` are those
    since it was last asked for; `made` every one ever made: (attempt, instant, address, status, what went wrong, milliseconds).
    """

    outbox_id: UUID
    topic: str
    created_at: datetime
    state: str
    attempts: int
    next_at: datetime | None
    delivered_at: datetime | None
    payload: bytes
    made: list[tuple[int, datetime, str, int, str, int]]


class OutboxCount(Struct, frozen=True):
    """Notices waiting for delivery, put aside because nobody subscribes to them, delivered, and given up."""

    waiting: int
    aside: int
    delivered: int
    dead: int


class Served(IntEnum):
    """What came of serving a decision or request on a person (numbers are stored). When it was sent stands in the entry of the act."""

    DELIVERED = 1
    """It reached what the person reads with: a webhook took the notice, or a list that names it was fetched."""
    OPENED = 2
    """Its text was fetched for the first time."""


class ServiceEvent(Struct, frozen=True):
    """Delivery or first opening of one act of the journal: by whom, when and how. `digest` chains it to the act and to what came before it."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    journal_seq: int
    event: int
    party_id: int
    happened_at: datetime
    way: str
    digest: bytes


class SubscriptionRefused(Refusal):
    """A topic, an address or a secret that cannot be used."""

    code = "SUBSCRIPTION_REFUSED"
    text_vi = "Chủ đề, địa chỉ hoặc khóa bí mật không đúng dạng."
    text_en = "Topic (a-z, 0-9, _ and .), address (http or https, without user) or secret (whsec_ and base64 of 24 to 64 bytes) is not of the agreed form."
