"""One keep-alive HTTP/1.1 connection, byte by byte: what a test sends is what goes out, however wrong, and a cut is seen as a cut."""

import asyncio
import json
from typing import Any

from msgspec import Struct


class Reply(Struct, frozen=True):
    """What a lane answered. Header names are lower case; a header that was sent twice is there twice."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header that may be there once at most."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name} was sent {len(found)} times: {found}"
        return found[0] if found else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Cut(Exception):
    """The connection ended, or stood still, before the answer was whole: the outcome is unknown."""


class Wire:
    """A connection to one port of this machine; opened at the first use, and again after a cut."""

    def __init__(self, port: int, patience_s: float = 15.0) -> None:
        self.port = port
        self._patience_s = patience_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Send one request with its length and return the answer.

        Raises:
            Cut: no whole answer came.
        """
        fields = {"host": f"127.0.0.1:{self.port}", **(headers or {})}
        if body is not None:
            fields["content-length"] = str(len(body))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return await self.exchange(head.encode() + b"\r\n" + (body or b""))

    async def exchange(self, raw: bytes) -> Reply:
        """Send bytes as they are and read one answer."""
        try:
            async with asyncio.timeout(self._patience_s):
                await self.send(raw)
                return await self.read()
        except TimeoutError:
            self.close()
            raise Cut("no answer") from None

    async def send(self, raw: bytes) -> None:
        """Send bytes, opening the connection when there is none."""
        try:
            if self._streams is not None and self._streams[0].at_eof():
                self.close()  # the other side ended a connection that nobody was using
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self.port)
            writer = self._streams[1]
            writer.write(raw)
            await writer.drain()
        except OSError as error:
            self.close()
            raise Cut(str(error)) from None

    async def read(self) -> Reply:
        """Read one answer."""
        assert self._streams is not None, "nothing was sent"
        reader = self._streams[0]
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = tuple(_field(line) for line in head[1:] if line)
            status = int(head[0].split()[1])
            length = int(dict(headers).get("content-length", "0"))
            body = await reader.readexactly(length if status != 304 else 0)
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            self.close()
            raise Cut(f"{type(error).__name__}: {error}") from None
        assert "transfer-encoding" not in dict(headers), "the lanes answer with a length"
        if dict(headers).get("connection") == "close":
            self.close()
        return Reply(status, headers, body)

    def close(self) -> None:
        """End the connection at once."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()
