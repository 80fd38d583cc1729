"""Asking lanes that run as real processes, one question after the other."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg

from haidang.declarations.tests import build
from haidang.parties.signing import HEADER, sign
from haidang.site.demo import people
from tests.passing.rig import declared
from tests.torture.harness import Lanes, Message, lodgement, owner_of, payment
from tests.torture.wire import Cut, Reply, Wire

DECLARATIONS = "/api/v1/declarations"
_numbers = count(1)


class Asker:
    """A client of the lanes with one kept connection per lane."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.config = lanes.config
        self._loop = asyncio.new_event_loop()
        self._wires: dict[str, Wire] = {}

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()
        self._loop.close()

    def wire(self, lane: str = "general") -> Wire:
        return self._wires.setdefault(lane, Wire(self.config.port_of(lane)))

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        lane: str = "general",
    ) -> Reply:
        return self._loop.run_until_complete(self.wire(lane).ask(method, path, headers, body))

    def run(self, coroutine: Any) -> Any:
        return self._loop.run_until_complete(coroutine)

    def send(self, message: Message, **headers: str) -> Reply:
        return self.ask("POST", message.path, {**message.headers, **headers}, message.raw, message.lane)

    def lodge(self, trader: int, **changes: Any) -> Reply:
        return self.send(lodgement(self.config, fresh_id(), trader, **changes))

    def lodge_as(self, code: str, trader: int) -> Reply:
        """Lodge for a trader, as somebody else."""
        raw = build.message(declared(trader=trader), message_id=fresh_id(), sender=code)
        owner = owner_of(self.config.home, code)
        signed = {HEADER: sign(raw, owner.private_key, owner.certificate)}
        return self.ask("POST", DECLARATIONS, {**self.token(code), **signed}, raw)

    def pay(self, lodged: dict[str, Any], trader: int) -> Reply:
        return self.send(payment(self.config, fresh_id(), lodged, trader))

    def draft(self, trader: int) -> Reply:
        body = {"procedure": "IDA", "declaration": build.wire(declared(trader=trader))}
        return self.ask("POST", "/api/v1/drafts", self.token(people.trader_code(trader)), json.dumps(body).encode())

    def see(self, code: str, number: str, **headers: str) -> Reply:
        return self.ask("GET", f"{DECLARATIONS}/{number}", {**self.token(code), **headers})

    def list(self, code: str, cursor: str = "") -> Reply:
        return self.ask("GET", DECLARATIONS + (f"?cursor={cursor}" if cursor else ""), self.token(code))

    def token(self, code: str) -> dict[str, str]:
        return {"authorization": f"Bearer {owner_of(self.config.home, code).token}"}

    @contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection with the owner's rights, as an operator's command has it."""
        with psycopg.connect(self.config.dsn("owner"), autocommit=True) as connection:
            yield connection


def fresh_id() -> str:
    return f"http-{next(_numbers)}"


__all__ = ["DECLARATIONS", "Asker", "Cut", "Reply", "Wire", "fresh_id", "lodgement", "owner_of", "payment"]
