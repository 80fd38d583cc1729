"""The relay: drains the outbox to the addresses that parties gave, as Standard Webhooks. `python -m haidang.gateway.relay`.

Notices are claimed in short transactions (SKIP LOCKED) and sent outside them, so several relays may run and a dead one loses nothing: what it held
is due again when its lease ends. Delivery is at least once; `webhook-id` is the same at every attempt. To one recipient notices go one after the other, oldest
first, and the first that fails holds back the rest; other recipients are not held up.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import logging
import signal
import socket
import ssl
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psycopg

from haidang.clearance.actions import serving, telling
from haidang.gateway.serving import die_with_parent, parent_of
from haidang.journal import actions as journal
from haidang.journal.terms import Attempt, Due
from haidang.parcels.actions import serving as parcel_serving
from haidang.platform.config import Config, load
from haidang.platform.db import Servers, Transaction

WAITS_S = (5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pause after each failed attempt; after the last one the notice is given up: some three days in all."""
MOST = 64
LEASE_S = 300
"""How long a claimed notice is nobody else's; longer than one recipient's turn can take."""
SENDERS = 8
TIMEOUT_S = 10.0
IDLE_S = 0.5
_TURN = 20
"""Notices sent to one recipient in one turn, so that LEASE_S holds even when each takes all of its time."""
_READ_AT_MOST = 65_536
_GONE = 410

_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""NAT64, 6to4, Teredo: public addresses that carry another one inside."""

_log = logging.getLogger("haidang.relay")


class AddressRefused(Exception):
    """An address that must not be called; the message says why."""


def signature(secret: bytes, webhook_id: str, timestamp: int, payload: bytes) -> str:
    """Return the header `webhook-signature`: HMAC-SHA256 over id, timestamp and payload (Standard Webhooks 1.0, symmetric `v1`)."""
    signed = f"{webhook_id}.{timestamp}.".encode() + payload
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def body_of(due: Due) -> bytes:
    """Return the bytes sent, the same at every attempt: topic, legal instant and the notice itself (Standard Webhooks 1.0: type, timestamp, data)."""
    return msgspec.json.encode(
        {"type": due.topic, "timestamp": due.created_at.astimezone(UTC), "data": msgspec.Raw(due.payload)}
    )


def allowed_address(url: str, allow: tuple[str, ...], own_ports: frozenset[int]) -> tuple[str, int]:
    """Return the IP address and port to connect to for a URL. The name is resolved here, once: what was judged is what is called.

    `allow` is the setting HAIDANG_WEBHOOK_ALLOW, `own_ports` are the ports of this installation.

    Raises:
        AddressRefused: no address, or one of its addresses must not be called.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except (ValueError, OSError) as error:
        raise AddressRefused(f"no such address: {error}") from None
    if not found:
        raise AddressRefused("no such address")
    # One refused address is enough: a name that also points inward is no name to trust.
    for *_, place in found:
        _refuse_unless_allowed(
            ipaddress.ip_address(str(place[0]).partition("%")[0]), port, parts.scheme, allow, own_ports
        )
    return str(found[0][4][0]), port


def _refuse_unless_allowed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
    scheme: str,
    allow: tuple[str, ...],
    own_ports: frozenset[int],
) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        raise AddressRefused(f"{plain} is never called")
    if plain.is_loopback:
        if "loopback" in allow and port not in own_ports:
            return
        raise AddressRefused(f"{plain} port {port} is not for webhooks")
    networks = [ipaddress.ip_network(word) for word in allow if word not in ("loopback", "public")]
    if any(plain in network for network in networks):
        return
    if plain.is_global and "public" in allow and not any(plain in network for network in _TRANSLATED):
        if scheme == "https":
            return
        raise AddressRefused("a public address is called by https only")
    raise AddressRefused(f"{plain} is not allowed by HAIDANG_WEBHOOK_ALLOW")


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was judged, whatever the name says by now; TLS checks the name."""

    def __init__(self, host: str, address: tuple[str, int], *, tls: bool) -> None:
        super().__init__(host, address[1], timeout=TIMEOUT_S)
        self._address = address
        self._tls = tls
        if tls:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, TIMEOUT_S)
        if self._tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def send(due: Due, allow: tuple[str, ...], own_ports: frozenset[int]) -> tuple[int, str]:
    """Make one attempt; return the HTTP status (0: none) and what went wrong (empty: a 2xx took it). Redirects are not followed."""
    try:
        address = allowed_address(due.url, allow, own_ports)
    except AddressRefused as refused:
        return 0, f"refused: {refused}"
    parts = urlsplit(due.url)
    now = int(time.time())
    body = body_of(due)
    headers = {
        "content-type": "application/json",
        "user-agent": "haidang-relay",
        "webhook-id": str(due.outbox_id),
        "webhook-timestamp": str(now),
        "webhook-signature": signature(due.secret, str(due.outbox_id), now, body),
    }
    connection = _Pinned(parts.hostname or "", address, tls=parts.scheme == "https")
    watchdog = threading.Timer(TIMEOUT_S, _cut, [connection])
    watchdog.start()
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        response = connection.getresponse()
        response.read(_READ_AT_MOST)
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{type(error).__name__}: {error}"[:300]
    finally:
        watchdog.cancel()
        connection.close()
    return response.status, "" if 200 <= response.status < 300 else f"HTTP {response.status} {response.reason}"[:300]


def _cut(connection: _Pinned) -> None:
    """End a conversation whose time is over: a peer that sends a byte now and then would otherwise never let go."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


class Relay:
    """Delivers what stands in the outbox of every server, until told to stop."""

    def __init__(self, config: Config, waits_s: tuple[float, ...] = WAITS_S) -> None:
        self._config = config
        self._servers = Servers(config)
        self._waits_s = waits_s
        self._own_ports = frozenset(
            {config.port_portals, *map(config.port_of, ("general", "parcels", "conditions", "gates"))}
        )
        self._stopping = threading.Event()
        self._busy: dict[int, Future[None]] = {}

    def stop(self) -> None:
        """Take nothing more; what is being sent is finished."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`; a broken database connection is made anew."""
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="sender") as pool:
            while not self._stopping.is_set():
                try:
                    with self._connections() as connections:
                        while not self._stopping.is_set():
                            if not self._take(connections, pool):
                                self._stopping.wait(IDLE_S)
                except psycopg.Error as error:
                    _log.warning("the outbox is not reachable: %s", error)
                    self._stopping.wait(2.0)

    def drain(self) -> int:
        """Send everything that is due now and return how many notices were claimed; for tests and for one-off runs."""
        claimed = 0
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="sender") as pool, self._connections() as connections:
            while taken := self._take(connections, pool):
                claimed += taken
                for turn in list(self._busy.values()):
                    turn.result()
        return claimed

    def _connections(self) -> "_All":
        return _All(self._servers.connect_all("ingest"))

    def _take(self, connections: "list[psycopg.Connection[Any]]", pool: ThreadPoolExecutor) -> int:
        """Claim what is due of recipients that nobody is sending to, and give each recipient to one sender."""
        self._busy = {recipient: turn for recipient, turn in self._busy.items() if not _ended(turn)}
        taken = 0
        for server, connection in enumerate(connections):
            with Transaction(connection) as transaction:
                dues = journal.claim_due(transaction, MOST, list(self._busy), LEASE_S)
                by_recipient = {
                    recipient: list(own) for recipient, own in groupby(sorted(dues, key=_recipient), key=_recipient)
                }
                journal.give_back(transaction, [due for own in by_recipient.values() for due in own[_TURN:]], 0.0)
            for recipient, own in by_recipient.items():
                taken += len(own[:_TURN])
                self._busy[recipient] = pool.submit(self._turn, server, own[:_TURN])
        return taken

    def _turn(self, server: int, dues: list[Due]) -> None:
        """Send one recipient its notices in order; after a failure the others wait as long as the failed one."""
        with self._servers.connect("ingest", server) as connection:
            for place, due in enumerate(dues):
                if self._stopping.is_set():
                    with Transaction(connection) as transaction:
                        journal.give_back(transaction, dues[place:], 0.0)
                    return
                began = time.monotonic()
                status, detail = send(due, self._config.webhook_allow, self._own_ports)
                took_ms = round((time.monotonic() - began) * 1_000)
                wait_s = self._waits_s[due.attempts] if due.attempts < len(self._waits_s) and status != _GONE else None
                made = Attempt(due.shard_id, due.outbox_id, due.attempts + 1, due.url, status, detail, took_ms)
                with Transaction(connection) as transaction:
                    journal.record_attempt(transaction, made, wait_s)
                    if not detail and due.topic == telling.SERVED:
                        taken = (transaction, due.shard_id, due.payload, due.recipient_id)
                        if not parcel_serving.taken_by_webhook(*taken):
                            serving.taken_by_webhook(*taken)
                    if status == _GONE:
                        journal.address_is_gone(transaction, due)
                    if detail:
                        journal.give_back(transaction, dues[place + 1 :], wait_s or 0.0)
                if detail:
                    words = "given up" if wait_s is None else f"again in {wait_s} s"
                    _log.warning("%s to party %s: %s, %s", due.outbox_id, due.recipient_id, detail, words)
                    return


class _All:
    """Several connections, closed together."""

    def __init__(self, connections: list[psycopg.Connection[Any]]) -> None:
        self._connections = connections

    def __enter__(self) -> list[psycopg.Connection[Any]]:
        return self._connections

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()


def _recipient(due: Due) -> int:
    return due.recipient_id


def _ended(turn: Future[None]) -> bool:
    """Return whether a sender is done; what it could not do is in the log, and its notices are due again when their lease ends."""
    if turn.done() and (error := turn.exception()) is not None:
        _log.error("a sender failed: %s", error)
    return turn.done()


def main() -> None:
    """Deliver until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"
    )
    die_with_parent(started_by=parent_of(sys.argv[1:]))
    relay = Relay(load())
    for word in (signal.SIGTERM, signal.SIGINT):
        signal.signal(word, lambda *_: relay.stop())
    relay.run()


if __name__ == "__main__":
    main()
