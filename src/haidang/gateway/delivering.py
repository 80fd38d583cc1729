"""What a party may ask about its own notices: where they go, what came of each, and to be told once more."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.gateway import problems
from haidang.gateway.problems import Reply
from haidang.journal import actions as journal
from haidang.journal import lookups
from haidang.journal.terms import Delivery
from haidang.kernel.calendar import vn_text
from haidang.platform.db import Transaction

PAGE = 50
"""Deliveries in one page."""
_TOPIC = re.compile(r"[a-z][a-z0-9_.]{0,63}", re.ASCII)
_encode = msgspec.json.Encoder().encode


class Replay(Struct, frozen=True, forbid_unknown_fields=True):
    """The topic, and the instant of law since when its notices are to be delivered once more."""

    topic: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_.]{0,63}$")]
    since: Annotated[datetime, msgspec.Meta(tz=True)]


def subscriptions(app: psycopg.Connection[Any], party_id: int) -> Reply:
    """Return where a party's notices go, by topic; the secrets are never shown again."""
    with Transaction(app, bulk=False) as transaction:
        found = lookups.subscriptions(transaction, party_id)
    told = [
        {"topic": each.topic, "url": each.url, "active": each.active, "changed_at": vn_text(each.changed_at)}
        for each in found
    ]
    return 200, _encode({"subscriptions": told})


def deliveries(apps: list[psycopg.Connection[Any]], party_id: int, topic: str, cursor: str) -> Reply:
    """Return one page of a party's deliveries over all servers, newest first."""
    before = _uuid(cursor) if cursor else None
    if (cursor and before is None) or (topic and not _TOPIC.fullmatch(topic)):
        return problems.CURSOR
    found: list[Delivery] = []
    for app in apps:
        with Transaction(app, bulk=False) as transaction:
            found += lookups.deliveries(transaction, party_id, topic, before, PAGE)
    found.sort(key=lambda each: each.outbox_id, reverse=True)
    page = found[:PAGE]
    body = {
        "deliveries": [told(each) for each in page],
        "next_cursor": str(page[-1].outbox_id) if len(found) >= PAGE else None,
    }
    return 200, _encode(body)


def retry(ingests: list[psycopg.Connection[Any]], party_id: int, delivery_id: str) -> Reply:
    """Make one of a party's notices due once more; what is not its own looks like nothing."""
    number = _uuid(delivery_id)
    if number is None:
        return problems.NOT_FOUND
    for ingest in ingests:
        with Transaction(ingest) as transaction:
            topic = journal.retry(transaction, party_id, number)
        if topic is not None:
            return 202, _encode({"topic": topic, "notices": 1})
    return problems.NOT_FOUND


def replay(
    apps: list[psycopg.Connection[Any]], ingests: list[psycopg.Connection[Any]], party_id: int, raw: bytes
) -> Reply:
    """Make every notice of a topic since an instant due once more, on every server; only for a topic with an address that is in use."""
    try:
        wanted = msgspec.json.decode(raw, type=Replay)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return problems.REPLAY
    with Transaction(apps[0], bulk=False) as transaction:
        active = {each.topic for each in lookups.subscriptions(transaction, party_id) if each.active}
    if wanted.topic not in active:
        return problems.NO_SUBSCRIPTION
    notices = 0
    for ingest in ingests:
        with Transaction(ingest) as transaction:
            notices += journal.replay(transaction, party_id, wanted.topic, wanted.since)
    return 202, _encode({"topic": wanted.topic, "notices": notices})


def told(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as its recipient reads it: what is owed, where it stands, and every attempt."""
    return {
        "delivery_id": str(delivery.outbox_id),
        "topic": delivery.topic,
        "created_at": vn_text(delivery.created_at),
        "state": delivery.state,
        "next_at": vn_text(delivery.next_at) if delivery.state == "waiting" else None,
        "delivered_at": vn_text(delivery.delivered_at),
        "data": msgspec.Raw(delivery.payload),
        "attempts": [
            {
                "attempt": attempt, "attempted_at": vn_text(at), "url": url, "status": status, "detail": detail,
                "duration_ms": duration_ms,
            }
            for attempt, at, url, status, detail, duration_ms in delivery.made
        ],
    }  # fmt: skip


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
