"""The relay against a receiver that is a process of its own: signed, retried, in order, given up, never where it must not."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from haidang.gateway import relay
from haidang.journal import actions as journal
from haidang.journal import lookups
from haidang.journal.terms import Notice, SubscriptionRefused
from haidang.kernel.ids import uuid7_batch
from haidang.platform.config import Config
from haidang.platform.db import Servers, Transaction

pytestmark = pytest.mark.processes

TOPIC = "declaration.cleared"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Receiving:
    """The receiver process and what it has been sent."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "received.jsonl"
        self._log.touch()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "haidang.gateway.tests.receiver", str(self._log)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.base = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]


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


def subscribe(config: Config, party_id: int, url: str, topic: str = TOPIC) -> str:
    with Servers(config).connect("app") as connection, Transaction(connection, bulk=False) as transaction:
        return journal.subscribe(transaction, party_id, topic, url)


def owe(config: Config, party_id: int, count: int = 1, topic: str = TOPIC) -> list[str]:
    notices = [
        Notice(3, number, party_id, topic, json.dumps({"ordinal": place}).encode(), NOW + timedelta(seconds=place))
        for place, number in enumerate(uuid7_batch(int(NOW.timestamp() * 1000), count))
    ]
    with Servers(config).connect("ingest") as connection, Transaction(connection) as transaction:
        journal.owe(transaction, notices)
    return [str(notice.outbox_id) for notice in notices]


def outbox(config: Config) -> Any:
    with Servers(config).connect("auditor") as connection, Transaction(connection) as transaction:
        return lookups.outbox_count(transaction)


def due_now(config: Config) -> None:
    with Servers(config).connect("owner") as connection:
        connection.execute("UPDATE outbox SET next_at = legal_now() WHERE next_at <> 'infinity'")


def attempts(config: Config) -> list[tuple[int, int, str]]:
    with Servers(config).connect("auditor") as connection:
        return connection.execute(
            "SELECT attempt, status, detail FROM delivery_attempt ORDER BY attempted_at, attempt"
        ).fetchall()


def test_the_signature_is_the_one_of_the_published_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = relay.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_notice_arrives_once_signed_with_the_secret_that_was_shown(config: Config, receiver: Receiving) -> None:
    secret = subscribe(config, 7, f"{receiver.base}/status/204?a=1")
    (number,) = owe(config, 7)
    assert relay.Relay(config).drain() == 1
    assert relay.Relay(config).drain() == 0
    (request,) = receiver.received()
    headers = request["headers"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    timestamp = int(headers["webhook-timestamp"])
    assert request["path"] == "/status/204?a=1"
    assert headers["webhook-id"] == number
    assert headers["webhook-signature"] == relay.signature(key, number, timestamp, request["body"].encode())
    assert timestamp > 1_700_000_000  # the machine's clock, by which receivers judge age, not the legal time of a trial
    assert json.loads(request["body"]) == {"type": TOPIC, "timestamp": "2026-03-02T02:00:00Z", "data": {"ordinal": 0}}
    assert outbox(config).delivered == 1
    assert attempts(config) == [(1, 204, "")]


def test_what_was_refused_is_sent_again_with_the_same_id_and_bytes(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/after/2")
    owe(config, 7)
    for _ in range(4):
        relay.Relay(config).drain()
        due_now(config)
    requests = receiver.received()
    assert len(requests) == 3
    assert len({(each["headers"]["webhook-id"], each["body"]) for each in requests}) == 1
    assert [status for _, status, _ in attempts(config)] == [500, 500, 204]
    assert outbox(config).delivered == 1


def test_a_failed_notice_waits_before_it_is_tried_again(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/status/503")
    owe(config, 7)
    assert relay.Relay(config, (3_600,)).drain() == 1
    assert relay.Relay(config, (3_600,)).drain() == 0
    assert len(receiver.received()) == 1


def test_after_the_last_attempt_a_notice_is_given_up_and_can_be_replayed(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/after/2")
    owe(config, 7)
    for _ in range(3):
        relay.Relay(config, (0,)).drain()
        due_now(config)
    assert (outbox(config).dead, outbox(config).waiting, len(receiver.received())) == (1, 0, 2)
    with Servers(config).connect("ingest") as connection, Transaction(connection) as transaction:
        assert journal.replay(transaction, 7, TOPIC, NOW) == 1
    relay.Relay(config).drain()
    assert (outbox(config).dead, outbox(config).delivered) == (0, 1)


def test_notices_of_one_recipient_keep_their_order_and_wait_behind_the_one_that_failed(
    config: Config, receiver: Receiving
) -> None:
    subscribe(config, 7, f"{receiver.base}/after/1")
    owe(config, 7, 5)
    relay.Relay(config).drain()
    assert len(receiver.received()) == 1
    due_now(config)
    relay.Relay(config).drain()
    assert [json.loads(each["body"])["data"]["ordinal"] for each in receiver.received()] == [0, 0, 1, 2, 3, 4]


def test_a_recipient_that_does_not_answer_holds_up_nobody_else(
    config: Config, receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TIMEOUT_S", 0.5)
    subscribe(config, 7, f"{receiver.base}/silent")
    subscribe(config, 8, f"{receiver.base}/status/200")
    owe(config, 7)
    owe(config, 8)
    relay.Relay(config).drain()
    assert outbox(config).delivered == 1
    assert sorted(status for _, status, _ in attempts(config)) == [0, 200]


def test_an_address_that_is_gone_is_not_called_again(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/status/410")
    owe(config, 7)
    relay.Relay(config).drain()
    owe(config, 7, 2)
    relay.Relay(config).drain()
    assert len(receiver.received()) == 1
    assert (outbox(config).dead, outbox(config).aside) == (1, 2)


def test_a_redirect_is_not_followed(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/redirect")
    owe(config, 7)
    relay.Relay(config).drain()
    assert [each["path"] for each in receiver.received()] == ["/redirect"]
    assert outbox(config).waiting == 1


def test_notices_nobody_subscribes_to_are_put_aside_and_come_back_by_replay(
    config: Config, receiver: Receiving
) -> None:
    owe(config, 9, 3)
    assert relay.Relay(config).drain() == 0
    assert outbox(config).aside == 3
    subscribe(config, 9, f"{receiver.base}/status/200")
    with Servers(config).connect("ingest") as connection, Transaction(connection) as transaction:
        assert journal.replay(transaction, 9, TOPIC, NOW - timedelta(days=1)) == 3
    assert relay.Relay(config).drain() == 3


def relays_up(config: Config, since: datetime) -> int:
    with Servers(config).connect("admin") as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'haidang_ingest' AND backend_start > %s",
            (since,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_two_relays_share_the_work_and_send_nothing_twice(config: Config, receiver: Receiving) -> None:
    environment = {**os.environ, "HAIDANG_HOME": str(config.home), "HAIDANG_DATABASE_URL": config.database_urls[0]}
    since, until = datetime.now(UTC), time.monotonic() + 60
    relays = [subprocess.Popen([sys.executable, "-m", "haidang.gateway.relay"], env=environment) for _ in range(2)]
    try:
        # Both are up before there is anything to do: else one may have done it all, and be told to end before it can listen.
        while relays_up(config, since) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        for party in range(20, 40):
            subscribe(config, party, f"{receiver.base}/status/200")
            owe(config, party, 3)
        while outbox(config).delivered < 60 and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        for process in relays:
            process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process in relays] == [0, 0]
    ids = [each["headers"]["webhook-id"] for each in receiver.received()]
    assert (len(ids), len(set(ids))) == (60, 60)


def test_a_killed_relay_loses_nothing(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/status/200")
    owe(config, 7)
    with Servers(config).connect("ingest") as connection, Transaction(connection) as transaction:
        assert len(journal.claim_due(transaction, 10, [], 300)) == 1  # and nothing more is ever heard of it
    assert relay.Relay(config).drain() == 0
    due_now(config)  # the lease is over
    assert relay.Relay(config).drain() == 1


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("http://169.254.169.254/latest/meta-data", ("loopback", "public", "169.254.0.0/16")),
        ("http://10.0.0.1/", ("loopback", "public")),
        ("http://192.168.1.1/", ("loopback", "public")),
        ("http://[fd00:ec2::254]/", ("loopback", "public")),
        ("http://[::ffff:169.254.169.254]/", ("loopback", "public")),
        ("http://[64:ff9b::a9fe:a9fe]/", ("public",)),
        ("http://0.0.0.0/", ("loopback", "public")),
        ("http://100.100.100.200/", ("loopback", "public")),
        ("http://93.184.215.14/", ("loopback", "public")),
        ("https://93.184.215.14/", ("loopback",)),
        ("http://127.0.0.1:8003/", ("loopback",)),
        ("http://127.0.0.1:9000/", ("public",)),
        ("http://localhost.invalid/", ("loopback",)),
    ],
)
def test_an_address_inside_the_house_or_not_allowed_is_refused(url: str, allow: tuple[str, ...]) -> None:
    with pytest.raises(relay.AddressRefused):
        relay.allowed_address(url, allow, frozenset({8000, 8001, 8003}))


def test_allowed_addresses_are_called() -> None:
    own = frozenset({8001})
    assert relay.allowed_address("http://127.0.0.1:9000/x", ("loopback",), own) == ("127.0.0.1", 9000)
    assert relay.allowed_address("http://10.20.3.4/x", ("10.20.0.0/16",), own) == ("10.20.3.4", 80)
    assert relay.allowed_address("https://93.184.215.14/x", ("public",), own) == ("93.184.215.14", 443)


def test_a_refused_address_counts_as_a_failed_attempt_and_is_never_called(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/status/200")
    owe(config, 7)
    relay.Relay(replace_allow(config, ("public",))).drain()
    assert receiver.received() == []
    ((_, status, detail),) = attempts(config)
    assert (status, detail[:8]) == (0, "refused:")


def replace_allow(config: Config, allow: tuple[str, ...]) -> Config:
    from dataclasses import replace as with_fields

    return with_fields(config, webhook_allow=allow)


@pytest.mark.parametrize(
    ("topic", "url", "secret"),
    [
        ("Not A Topic", "https://a.example/", None),
        (TOPIC, "ftp://a.example/", None),
        (TOPIC, "https://user:word@a.example/", None),
        (TOPIC, "https://a.example/" + "x" * 2_048, None),
        (TOPIC, "https://a.example/", "whsec_c2hvcnQ="),
        (TOPIC, "https://a.example/", "no secret"),
    ],
)
def test_a_subscription_of_another_form_is_refused(config: Config, topic: str, url: str, secret: str | None) -> None:
    with (
        pytest.raises(SubscriptionRefused),
        Servers(config).connect("app") as connection,
        Transaction(connection, bulk=False) as transaction,
    ):
        journal.subscribe(transaction, 7, topic, url, secret)


def test_a_party_sees_its_own_subscriptions_only_and_no_page_reads_a_secret(config: Config) -> None:
    subscribe(config, 7, "https://a.example/")
    subscribe(config, 8, "https://b.example/")
    with Servers(config).connect("app") as connection:
        with Transaction(connection, bulk=False) as transaction:
            assert [each.url for each in lookups.subscriptions(transaction, 7)] == ["https://a.example/"]
        assert connection.execute("SELECT count(*) FROM subscription").fetchone() == (0,)
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("SELECT secret FROM subscription")


def test_who_ends_a_subscription_is_told_no_more(config: Config, receiver: Receiving) -> None:
    subscribe(config, 7, f"{receiver.base}/status/200")
    with Servers(config).connect("app") as connection, Transaction(connection, bulk=False) as transaction:
        assert journal.unsubscribe(transaction, 7, TOPIC)
        assert not journal.unsubscribe(transaction, 7, TOPIC)
    owe(config, 7)
    assert relay.Relay(config).drain() == 0
    assert receiver.received() == []


def test_the_body_is_the_same_at_every_attempt(config: Config) -> None:
    subscribe(config, 7, "https://a.example/")
    owe(config, 7)
    with Servers(config).connect("ingest") as connection, Transaction(connection) as transaction:
        (due,) = journal.claim_due(transaction, 10, [], 1)
    assert relay.body_of(due) == relay.body_of(replace(due, attempts=5))
