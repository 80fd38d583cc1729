"""The answers about one's own notices, as the interface describes them."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct


class SubscriptionListed(Struct):
    """Where notices of a topic go. The secret that signs them is never shown again."""

    topic: str
    url: str
    active: bool
    changed_at: datetime


class SubscriptionList(Struct):
    """All subscriptions of the asker, by topic."""

    subscriptions: list[SubscriptionListed]


class AttemptMade(Struct):
    """One attempt to deliver: HTTP status (0: no answer), what went wrong (empty: it was taken), and how long it took."""

    attempt: int
    attempted_at: datetime
    url: str
    status: int
    detail: str
    duration_ms: int


class DeliveryListed(Struct):
    """A notice owed to the asker; `delivery_id` is its `webhook-id`, `data` what it says."""

    delivery_id: str
    topic: str
    created_at: datetime
    state: Literal["waiting", "aside", "delivered", "given_up"]
    next_at: datetime | None
    delivered_at: datetime | None
    data: Any
    attempts: list[AttemptMade]


class DeliveryPage(Struct):
    """One page of deliveries, newest first; `next_cursor` is null on the last."""

    deliveries: list[DeliveryListed]
    next_cursor: str | None


class Redelivered(Struct):
    """So many notices of a topic are due once more."""

    topic: str
    notices: int


def webhook() -> dict[str, Any]:
    """Return what the description says of a notice as its subscriber gets it."""
    headers = {"webhook-id": "string", "webhook-timestamp": "integer", "webhook-signature": "string"}
    return {
        "operationId": "tell_subscriber",
        "summary": "Thông báo gửi đến địa chỉ đã đăng ký (Standard Webhooks) · a notice to an address subscribed before",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": kind}} for name, kind in headers.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "2XX": {"description": "Đã nhận · taken"},
            "410": {"description": "Ngừng gửi đến địa chỉ này · this address is gone for good"},
            "default": {"description": "Gửi lại sau · will be sent again"},
        },
    }
