"""One lane as a real process, a client that sends exactly what a test says, and the rows of the whole database before and after."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import sql

from haidang.gateway.routes import ROUTES
from haidang.parties.signing import HEADER, sign
from haidang.platform.config import Config, read
from haidang.site.demo.country import credentials
from tests.bad_input.messages import TRADER
from tests.ports import free_ports

OWN = "the party's own"
"""Stands for the right signature of the bytes."""
PATHS = {route.kind: route.path for route in ROUTES if route.method == "POST"}
_START_S, _END_S, _PATIENCE_S = 60.0, 30.0, 30.0
_LANES = ("PORTALS", "GENERAL", "PARCELS", "CONDITIONS", "GATES")
_WIDE = {"HAIDANG_SENDER_RATE": "100000", "HAIDANG_SENDER_BURST": "100000", "HAIDANG_GENERAL_PROCESSES": "1"}

owner_of = cache(credentials)
"""Keys are files; reading one takes longer than signing with it."""


class Reply(Struct, frozen=True):
    """What came back; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """One lane of an installation as a process, with one worker. `environment` says which database, and `ports()` where each lane stands."""

    def __init__(self, environment: Mapping[str, str], log: Path, lane: str = "general") -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HAIDANG_")}
        self.environment = {**kept, **_WIDE, **environment}
        self.config: Config = read(self.environment)
        self.lane = lane
        self.port = self.config.port_of(lane)
        self._log = log
        with open(log, "ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "haidang.gateway.serving", lane],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    def wait(self) -> None:
        """Return once messages are taken."""
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            assert self._process.poll() is None, f"the lane did not start:\n{self.log()}"
            with suppress(OSError, HTTPException):
                if self.ask("GET", "/api/v1/health").status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the lane takes no messages:\n{self.log()}")

    def stop(self) -> None:
        """End the process and its worker."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_END_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log(self) -> str:
        """Return what the process wrote."""
        return self._log.read_text(errors="replace")

    def faults(self) -> str:
        """Return the log when it tells of a fault, else nothing. That a client went away is none of ours."""
        log = self.log()
        faults = log.count("Traceback") - log.count("RSGIProtocolClosed") + log.count("incident")
        return log if faults else ""

    @contextmanager
    def within_kb(self, most: int) -> Iterator[None]:
        """Hold the worker to take no more memory in a block than `most` kB beyond what it holds before (Linux)."""
        (worker,) = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        before = _kilobytes(worker, "VmRSS")
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # the peak begins anew
        yield
        assert _kilobytes(worker, "VmHWM") - before <= most

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Reply:
        """Send one well-formed request and return the answer."""
        fields = {"host": f"127.0.0.1:{self.port}", **(headers or {})}
        if body is not None:
            fields["content-length"] = str(len(body))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return self.exchange(head.encode() + b"\r\n" + (body or b""), method)

    def exchange(self, raw: bytes, method: str | None = None) -> Reply:
        """Send these very bytes on a connection of their own and read one answer (`method` HEAD: one without body); an answer that comes
        before all was sent is read too.

        Raises:
            HTTPException, OSError: no answer came.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE_S) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(raw)
            response = HTTPResponse(connection, method=method)
            response.begin()
            return Reply(response.status, {name.lower(): text for name, text in response.getheaders()}, response.read())

    def send(self, kind: str, raw: bytes, code: str = TRADER, signature: str | None = OWN, **headers: str) -> Reply:
        """Send a message with the token of a party, signed by it unless `signature` is given (None: no signature)."""
        return self.ask("POST", PATHS[kind], self.credentials(raw, code, signature) | headers, raw)

    def credentials(self, raw: bytes, code: str = TRADER, signature: str | None = OWN) -> dict[str, str]:
        """Return the headers of a message: type, token, and the signature of the party unless another is given."""
        owner = owner_of(self.config.home, code)
        headers = {"authorization": f"Bearer {owner.token}", "content-type": "application/json"}
        if signature is OWN:
            signature = sign(raw, owner.private_key, owner.certificate)
        if signature is not None:
            headers[HEADER.lower()] = signature
        return headers


@contextmanager
def served(environment: Mapping[str, str], log: Path, lane: str = "general") -> Iterator[Served]:
    """Run a lane for a block."""
    made = Served(environment, log, lane)
    try:
        made.wait()
        yield made
    finally:
        made.stop()


class Rows:
    """Counts the rows of every table, and finds the newest change of each."""

    OWN_OF_A_WRITER = frozenset(("writer",))
    """Each batch notes its instant there, also one that is refused: bookkeeping of the process, nothing of the message."""

    LAW = ("law_", "tariff_")

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        found = self._connection.execute(
            """
            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public' ORDER BY 1
            """
        ).fetchall()
        tables = [name for (name,) in found if name not in self.OWN_OF_A_WRITER]
        self._law = self._question([name for name in tables if name.startswith(self.LAW)])
        self._written = self._question([name for name in tables if not name.startswith(self.LAW)])

    def _question(self, tables: list[str]) -> sql.Composed:
        one = sql.SQL("SELECT {}, count(*), coalesce(max(xmin::text::int8), 0) FROM {}")
        return sql.SQL(" UNION ALL ").join(
            one.format(sql.Literal(name), sql.Identifier("public", name)) for name in tables
        )

    def now(self) -> dict[str, tuple[int, int]]:
        """Return, by table that is none of the law book: how many rows, and the transaction that wrote the newest."""
        return self._answer(self._written)

    def law(self) -> dict[str, tuple[int, int]]:
        """Return the same of the tables of the law book: a quarter of a million rows, looked at once."""
        return self._answer(self._law)

    def _answer(self, question: sql.Composed) -> dict[str, tuple[int, int]]:
        return {name: (count, newest) for name, count, newest in self._connection.execute(question)}

    def raw_of(self, message_id: str) -> list[bytes]:
        """Return the bytes kept of a message."""
        found = self._connection.execute("SELECT raw FROM message WHERE message_id = %s", (message_id,)).fetchall()
        return [bytes(raw) for (raw,) in found]

    def descriptions(self, message_id: str) -> list[str]:
        """Return the descriptions of goods that a message declared, as they are kept."""
        found = self._connection.execute(
            """
            SELECT g.description FROM message m JOIN goods_item g USING (shard_id, registered_month, declaration_id)
            WHERE m.message_id = %s ORDER BY g.line_no
            """,
            (message_id,),
        ).fetchall()
        return [description for (description,) in found]

    def close(self) -> None:
        self._connection.close()


def _kilobytes(pid: str, name: str) -> int:
    found = re.search(rf"{name}:\s+([0-9]+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def ports() -> dict[str, str]:
    """Return settings that give each lane a free port."""
    free = map(str, free_ports(len(_LANES)))
    return dict(zip((f"HAIDANG_PORT_{lane}" for lane in _LANES), free, strict=True))
