"""Lanes as real processes, a load of signed messages, and the oracle: what was acknowledged is there once, unchanged, and nothing else is.

Everything runs in one thread and one event loop. A lane's process gets SIGTERM from the kernel when the *thread* that started it ends, so processes are
started from the test's own thread alone.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from haidang.declarations.actions import BLOCK
from haidang.declarations.tests import build
from haidang.parties.signing import HEADER, sign
from haidang.platform.config import Config, read
from haidang.platform.db import Servers
from haidang.site.demo import people
from haidang.site.demo.country import credentials
from haidang.site.demo.keys import Credentials
from haidang.site.verifying import violations
from tests.passing.rig import BANK, CUSTOMS, declared, officer_for
from tests.ports import free_ports
from tests.torture.wire import Cut, Reply, Wire

TRADERS = 280
"""Traders that lodge in a load: none of them is stopped."""
_START_S = 60.0
_END_S = 60.0
HEALTH = "/api/v1/health"

owner_of = cache(credentials)
"""Keys are files; reading one takes longer than signing with it."""


class Message(Struct, frozen=True):
    """A signed message ready to be sent as often as one likes."""

    message_id: str
    kind: str
    lane: str
    path: str
    raw: bytes
    headers: dict[str, str]


def lodgement(config: Config, message_id: str, trader: int, **changes: Any) -> Message:
    """Return a lodgement of one line of a demo trader, the same bytes for the same arguments."""
    owner = owner_of(config.home, people.trader_code(trader))
    raw = build.message(declared(trader=trader, **changes), message_id=message_id, sender=owner.code)
    return _message(message_id, "lodgement", "general", "/api/v1/declarations", raw, owner)


def payment(config: Config, message_id: str, lodged: Mapping[str, Any], trader: int, bank: str = BANK) -> Message:
    """Return a bank's notice that all of a lodged declaration is paid."""
    body = {
        "message_id": message_id, "sender": bank, "procedure": "PAYMENT", "declaration_no": lodged["declaration_no"],
        "amount_vnd": lodged["payable_vnd"], "reference": f"GNT {message_id}", "payer_code": people.trader_code(trader),
    }  # fmt: skip
    owner = owner_of(config.home, bank)
    return _message(message_id, "payment", "conditions", "/api/v1/payments", json.dumps(body).encode(), owner)


def result(
    config: Config, message_id: str, lodged: Mapping[str, Any], condition: str, office: str = CUSTOMS
) -> Message:
    """Return an office's word that a check of a lodged declaration was passed."""
    body = {
        "message_id": message_id, "sender": office, "procedure": "RESULT", "declaration_no": lodged["declaration_no"],
        "condition": condition, "outcome": "passed", "reference": f"Biên bản {message_id}", "note": "đã kiểm tra",
    }  # fmt: skip
    owner = owner_of(config.home, officer_for(office, condition))
    raw = json.dumps(body, ensure_ascii=False).encode()
    return _message(message_id, "result", "conditions", "/api/v1/results", raw, owner)


def lodgements(config: Config, name: str, count: int) -> list[Message]:
    """Return `count` different lodgements of many traders."""
    return [
        lodgement(config, f"{name}-{n}", n % TRADERS + 1, trader_reference=f"{name}-{n}", package_count=n % 900 + 1)
        for n in range(count)
    ]


def _message(message_id: str, kind: str, lane: str, path: str, raw: bytes, owner: Credentials) -> Message:
    headers = {
        "authorization": f"Bearer {owner.token}",
        "content-type": "application/json",
        HEADER: sign(raw, owner.private_key, owner.certificate),
    }
    return Message(message_id, kind, lane, path, raw, headers)


class Lanes:
    """The lane processes of one installation, restarted when they end, as `haidang serve` does."""

    def __init__(self, environment: Mapping[str, str], folder: Path, **settings: str) -> None:
        ports = free_ports(5)
        names = ("PORTALS", "GENERAL", "PARCELS", "CONDITIONS", "GATES")
        own = {f"HAIDANG_PORT_{name}": str(port) for name, port in zip(names, ports, strict=True)}
        wide = {"HAIDANG_SENDER_RATE": "100000", "HAIDANG_SENDER_BURST": "100000", "HAIDANG_GENERAL_PROCESSES": "2"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HAIDANG_")}
        self.environment = {**kept, **environment, **own, **wide, **settings}
        self.config = read(self.environment)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts = 0
        self._folder = folder
        self._keeper: asyncio.Task[None] | None = None

    async def start(self, *lanes: str) -> None:
        """Start lanes, wait until they take messages, and look after them from now on."""
        for lane in lanes:
            self._spawn(lane)
        await asyncio.gather(*(self.ready(lane) for lane in lanes))
        self._keeper = asyncio.create_task(self._keep())

    async def ready(self, lane: str) -> None:
        """Return when as many workers as the lane should have take messages."""
        wire = Wire(self.config.port_of(lane), patience_s=2.0)
        wanted = self.config.general_processes if lane == "general" else 1
        async with asyncio.timeout(_START_S):
            while True:
                with suppress(Cut):
                    if _listeners(wire.port) >= wanted and (await wire.ask("GET", HEALTH)).status == 200:
                        break
                if self._keeper is None and self.processes[lane].poll() is not None:
                    raise AssertionError(f"{lane} did not start:\n{self.log(lane)}")
                await asyncio.sleep(0.05)
        wire.close()

    async def stop(self) -> None:
        """Stop everything in order."""
        if self._keeper is not None:
            self._keeper.cancel()
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + _END_S
        while any(process.poll() is None for process in self.processes.values()) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        left = [lane for lane, process in self.processes.items() if process.poll() is None]
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert not left, f"{left} did not stop:\n{self.log(left[0])}"

    def workers(self, lane: str) -> list[int]:
        """Return the process ids of a lane's workers."""
        process = self.processes[lane]
        with suppress(OSError):
            found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return [int(pid) for pid in found if _is_running(int(pid))]
        return []

    def kill(self, pid: int) -> None:
        """SIGKILL one of our processes."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def log(self, lane: str) -> str:
        """Return the end of a lane's log."""
        return self._log_path(lane).read_text(errors="replace")[-6_000:]

    def _log_path(self, lane: str) -> Path:
        return self._folder / f"{lane}.log"

    def _spawn(self, lane: str) -> None:
        with open(self._log_path(lane), "ab") as log:
            self.processes[lane] = subprocess.Popen(
                [sys.executable, "-m", "haidang.gateway.serving", lane],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            for lane, process in self.processes.items():
                if process.poll() is not None:
                    self.restarts += 1
                    self._spawn(lane)


@asynccontextmanager
async def served(
    environment: Mapping[str, str], folder: Path, lanes: Iterable[str] = ("general",), **settings: str
) -> AsyncIterator[Lanes]:
    """Run lanes for a block."""
    made = Lanes(environment, folder, **settings)
    try:
        await made.start(*lanes)
        yield made
    finally:
        await made.stop()


class History:
    """What was sent and what came back: one list of outcomes per message id, None for an outcome nobody knows."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.cuts: Counter[str] = Counter()
        """Why no answer came, and how often."""
        self.outcomes: dict[str, list[Reply | None]] = {}

    def record(self, message: Message, reply: Reply | None) -> None:
        known = self.messages.setdefault(message.message_id, message)
        assert known.raw == message.raw
        self.outcomes.setdefault(message.message_id, []).append(reply)

    def count(self) -> Counter[int]:
        """Return how often each status came back; 0 stands for no answer."""
        return Counter(0 if reply is None else reply.status for each in self.outcomes.values() for reply in each)

    def unknown(self) -> list[Message]:
        """Return the messages that nobody has a definite answer for: cut off, or told that the outcome is not known."""
        return [
            self.messages[message_id]
            for message_id, replies in self.outcomes.items()
            if all(reply is None or reply.status == 503 for reply in replies)
        ]

    def answer(self, message_id: str) -> Any:
        """Return what a message was answered with, decoded."""
        return next(reply for reply in self.outcomes[message_id] if reply is not None and reply.status != 503).json

    def answers(self) -> dict[str, Reply]:
        """Return the one definite answer of each message, asserting that all of its definite answers are the same to the byte."""
        found = {}
        for message_id, replies in self.outcomes.items():
            definite = {(reply.status, reply.body) for reply in replies if reply is not None and reply.status != 503}
            assert len(definite) == 1, f"{message_id} was answered in {len(definite)} ways: {definite}"
            found[message_id] = next(reply for reply in replies if reply is not None and reply.status != 503)
        return found


async def load(
    lanes: Lanes, messages: list[Message], history: History, *, connections: int = 16, per_second: float | None = None
) -> None:
    """Send every message once, over so many keep-alive connections, no faster than `per_second`."""
    waiting = iter(enumerate(messages))
    began = time.monotonic()

    async def sender() -> None:
        wires: dict[str, Wire] = {}
        for place, message in waiting:
            if per_second is not None:
                await asyncio.sleep(max(0.0, began + place / per_second - time.monotonic()))
            wire = wires.setdefault(message.lane, Wire(lanes.config.port_of(message.lane), patience_s=8.0))
            try:
                history.record(message, await wire.ask("POST", message.path, message.headers, message.raw))
            except Cut as cut:
                history.record(message, None)
                history.cuts[str(cut)] += 1
                await asyncio.sleep(0.05)
        for wire in wires.values():
            wire.close()

    await asyncio.gather(*(sender() for _ in range(connections)))


async def resolve(lanes: Lanes, history: History, patience_s: float = 90.0) -> int:
    """Send what is unknown again, the same bytes, until each has a definite answer; return how many there were."""
    first = len(history.unknown())
    until = time.monotonic() + patience_s
    while unknown := history.unknown():
        assert time.monotonic() < until, f"{len(unknown)} messages stay without answer; {history.count()}"
        await load(lanes, unknown[:500], history, connections=8)
        await asyncio.sleep(0.5)
    return first


async def load_amid(
    strike: Callable[[], Awaitable[None]],
    pause_s: tuple[float, float],
    lanes: Lanes,
    messages: list[Message],
    history: History,
    *,
    strikes: int,
    per_second: float,
) -> int:
    """Send messages while something strikes again and again, at random moments; return how often it struck.

    All messages are sent; when there were too few strikes then, those whose outcome is unknown are sent again meanwhile, and after them such as
    were answered. A strike that has begun is seen through.
    """
    over = asyncio.Event()
    struck = 0

    async def again() -> None:
        nonlocal struck
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), random.uniform(*pause_s))
            if not over.is_set():
                await strike()
                struck += 1

    striking = asyncio.create_task(again())
    try:
        await load(lanes, messages, history, per_second=per_second)
        while struck < strikes and not striking.done():
            more = history.unknown() or random.sample(messages, min(len(messages), 200))
            await load(lanes, more[:200], history, per_second=per_second)
    finally:
        over.set()
        await striking
    return struck


def check(config: Config, history: History, *, no_gaps: bool = True) -> dict[str, Reply]:
    """Hold the history against the database: every message of it was acknowledged, is there once as sent, with the answer given; and nothing else.

    The database must be of this history alone. Returns the answers.
    """
    answers = history.answers()
    refused = {message_id: reply for message_id, reply in answers.items() if reply.status >= 300}
    assert not refused, f"{len(refused)} messages were not taken, such as {next(iter(refused.items()))}"
    inbox: Counter[tuple[str, int, bytes]] = Counter()
    kept: Counter[tuple[str, bytes]] = Counter()
    numbers: list[int] = []
    servers = Servers(config)
    for server in range(servers.count):
        with servers.connect("auditor", server) as auditor:
            inbox.update(auditor.execute("SELECT message_id, status, answer FROM inbox").fetchall())
            kept.update(auditor.execute("SELECT message_id, raw FROM message").fetchall())
            numbers += [no11 for (no11,) in auditor.execute("SELECT no11 FROM declaration_no")]
    assert inbox == Counter((message_id, reply.status, reply.body) for message_id, reply in answers.items())
    assert kept == Counter((message_id, history.messages[message_id].raw) for message_id in answers)
    given = [int(reply.json["declaration_no"][:11]) for reply in answers.values() if reply.status == 201]
    assert Counter(numbers) == Counter(given) and set(Counter(given).values()) <= {1}
    _check_blocks(servers, numbers, no_gaps)
    found = violations(config).rows
    assert found == [], found[:3]
    return answers


def _check_blocks(servers: Servers, numbers: list[int], no_gaps: bool) -> None:
    """Every number lies in a block that somebody opened, on that block's shard; blocks are filled from their first number on."""
    with servers.connect("auditor") as auditor:
        blocks = dict(auditor.execute("SELECT block_no, shard_id FROM number_block").fetchall())
    assert {no11 // BLOCK for no11 in numbers} <= set(blocks)
    for block in blocks if no_gaps else ():
        inside = [no11 for no11 in numbers if no11 // BLOCK == block]
        assert sorted(inside) == list(range(block * BLOCK, block * BLOCK + len(inside))), f"block {block} has a gap"


def backends(config: Config, lane: str | None = None) -> list[int]:
    """Return the server processes of the writers (of one lane), as they hold their places now."""
    with psycopg.connect(config.dsn("admin"), autocommit=True) as admin:
        found = admin.execute(
            """
            SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
            LEFT JOIN writer w ON w.writer_id = l.objid
            WHERE l.locktype = 'advisory' AND l.classid = 18500 AND l.objsubid = 2 AND (%(lane)s::text IS NULL OR w.lane = %(lane)s)
            """,
            {"lane": lane},
        )
        return [pid for (pid,) in found]


def _listeners(port: int) -> int:
    """Return how many sockets listen on a port of IPv4: each worker has its own."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}") for line in lines)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
