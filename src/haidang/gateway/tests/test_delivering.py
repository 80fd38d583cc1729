"""A party reads what it was owed and every attempt, and has it delivered once more: its own, and nobody else's."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.gateway import delivering, relay
from haidang.gateway.tests.test_relay import NOW, TOPIC, Receiving, owe, subscribe
from haidang.journal import lookups
from haidang.platform.config import Config
from haidang.platform.db import Servers

pytestmark = pytest.mark.processes

OTHER_TOPIC = "declaration.registered"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiving]:
    made = Receiving(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture
def config(fresh_database: Any) -> Config:
    made: Config = fresh_database.config
    return made


@pytest.fixture
def app(config: Config) -> Iterator[psycopg.Connection[Any]]:
    with Servers(config).connect("app") as connection:
        yield connection


@pytest.fixture
def ingest(config: Config) -> Iterator[psycopg.Connection[Any]]:
    with Servers(config).connect("ingest") as connection:
        yield connection


def page(app: psycopg.Connection[Any], party_id: int, topic: str = "", cursor: str = "") -> dict[str, Any]:
    status, raw = delivering.deliveries([app], party_id, topic, cursor)
    assert status == 200, raw
    body: dict[str, Any] = json.loads(raw)
    return body


def since(seconds: int) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat()


def wish(topic: str, instant: str) -> bytes:
    return json.dumps({"topic": topic, "since": instant}).encode()


def test_each_attempt_is_told_with_instant_status_and_duration(
    config: Config, app: psycopg.Connection[Any], receiver: Receiving
) -> None:
    subscribe(config, 7, f"{receiver.base}/after/1")
    (number,) = owe(config, 7)
    relay.Relay(config, (0.0, 0.0)).drain()
    (delivery,) = page(app, 7)["deliveries"]
    assert (delivery["delivery_id"], delivery["topic"], delivery["state"]) == (number, TOPIC, "delivered")
    assert delivery["data"] == {"ordinal": 0}
    assert [(each["attempt"], each["status"]) for each in delivery["attempts"]] == [(1, 500), (2, 204)]
    assert all(each["duration_ms"] >= 0 and each["attempted_at"].endswith("+07:00") for each in delivery["attempts"])


def test_a_party_sees_its_own_deliveries_only_and_the_database_holds_it_to_that(
    config: Config, app: psycopg.Connection[Any]
) -> None:
    subscribe(config, 7, "https://a.example/")
    owe(config, 7, 2)
    owe(config, 8)
    assert len(page(app, 7)["deliveries"]) == 2
    assert len(page(app, 8)["deliveries"]) == 1
    assert page(app, 9) == {"deliveries": [], "next_cursor": None}
    for table in ("outbox", "delivery_attempt", "redelivery"):
        assert app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_deliveries_come_in_pages_newest_first(config: Config, app: psycopg.Connection[Any]) -> None:
    made = owe(config, 7, delivering.PAGE + 3)
    owe(config, 7, 1, OTHER_TOPIC)
    first = page(app, 7, TOPIC)
    second = page(app, 7, TOPIC, first["next_cursor"])
    assert [each["delivery_id"] for each in first["deliveries"] + second["deliveries"]] == made[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("topic", "cursor"), [("", "x"), ("", "0" * 36), ("Not a topic", ""), ("", "{" + "0" * 34 + "}")]
)
def test_a_cursor_or_topic_that_is_none_is_told(app: psycopg.Connection[Any], topic: str, cursor: str) -> None:
    status, _ = delivering.deliveries([app], 7, topic, cursor)
    assert status == 400 or (cursor == "0" * 36 and status == 200)


def test_one_notice_is_delivered_once_more_and_its_first_attempts_are_kept(
    config: Config, app: psycopg.Connection[Any], ingest: psycopg.Connection[Any], receiver: Receiving
) -> None:
    subscribe(config, 7, f"{receiver.base}/status/200")
    first, _ = owe(config, 7, 2)
    relay.Relay(config).drain()
    assert delivering.retry([ingest], 7, first)[0] == 202
    assert relay.Relay(config).drain() == 1
    assert [each["headers"]["webhook-id"] for each in receiver.received()].count(first) == 2
    told = {each["delivery_id"]: each for each in page(app, 7)["deliveries"]}
    assert [each["attempt"] for each in told[first]["attempts"]] == [1, 1]
    with Servers(config).connect("auditor") as auditor:
        assert auditor.execute("SELECT party_id, topic, outbox_id::text, notices FROM redelivery").fetchall() == [
            (7, TOPIC, first, 1)
        ]
        assert lookups.delivery_faults(auditor) == []


def test_the_notice_of_another_is_nothing(config: Config, ingest: psycopg.Connection[Any]) -> None:
    (number,) = owe(config, 7)
    assert {delivering.retry([ingest], 8, each)[0] for each in (number, str(uuid.uuid4()), "x", "", "9" * 500)} == {404}
    assert ingest.execute("SELECT count(*) FROM redelivery").fetchone() == (0,)


def test_what_was_owed_since_an_instant_is_delivered_once_more(
    config: Config, app: psycopg.Connection[Any], ingest: psycopg.Connection[Any], receiver: Receiving
) -> None:
    subscribe(config, 7, f"{receiver.base}/status/200")
    numbers = owe(config, 7, 4)
    relay.Relay(config).drain()
    status, raw = delivering.replay([app], [ingest], 7, wish(TOPIC, since(2)))
    assert (status, json.loads(raw)) == (202, {"topic": TOPIC, "notices": 2})
    relay.Relay(config).drain()
    assert [each["headers"]["webhook-id"] for each in receiver.received()] == numbers + numbers[2:]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"x", b"[]", b"{}", b'{"topic":"a"}', wish("Bad Topic", since(0)), wish(TOPIC, "2026-03-02"), b"\xff",
        wish(TOPIC, "2026-03-02T08:00:00"), b'{"topic":"a","since":"2026-03-02T08:00:00Z","x":1}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_wish_that_is_none_is_told_how_it_is_written(
    app: psycopg.Connection[Any], ingest: psycopg.Connection[Any], raw: bytes
) -> None:
    status, body = delivering.replay([app], [ingest], 7, raw)
    assert status == 400 and "since" in json.loads(body)["title"]


def test_nothing_is_repeated_to_who_does_not_subscribe(
    config: Config, app: psycopg.Connection[Any], ingest: psycopg.Connection[Any]
) -> None:
    subscribe(config, 8, "https://b.example/")
    owe(config, 7)
    assert delivering.replay([app], [ingest], 7, wish(TOPIC, since(0)))[0] == 409


def test_where_notices_go_is_told_without_the_secret(config: Config, app: psycopg.Connection[Any]) -> None:
    secret = subscribe(config, 7, "https://a.example/")
    status, raw = delivering.subscriptions(app, 7)
    (told,) = json.loads(raw)["subscriptions"]
    assert (status, told["url"], told["active"]) == (200, "https://a.example/", True)
    assert secret.encode() not in raw


@pytest.mark.parametrize("table", ["delivery_attempt", "redelivery"])
def test_the_log_cannot_be_changed_by_any_process(config: Config, table: str) -> None:
    for role in ("ingest", "app", "auditor", "report"):
        with Servers(config).connect(role) as connection:
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET outbox_id = NULL"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE outbox SET delivered_at = created_at", "without an attempt"),
        ("UPDATE outbox SET attempts = 3", "never logged"),
        (
            "INSERT INTO delivery_attempt SELECT 9, gen_random_uuid(), 1, created_at, url, 200, '' FROM outbox, subscription",
            "not there",
        ),
    ],
)
def test_a_mark_that_no_attempt_bears_out_is_seen(config: Config, statement: str, what: str) -> None:
    subscribe(config, 7, "https://a.example/")
    owe(config, 7)
    with Servers(config).connect("auditor") as auditor:
        assert lookups.delivery_faults(auditor) == []
        with Servers(config).connect("owner") as owner:
            owner.execute(statement)  # type: ignore[arg-type]
        ((told, *_),) = lookups.delivery_faults(auditor)
        assert what in told
