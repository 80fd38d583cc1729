"""A client of our own lanes: who sends, what is signed, over HTTP as any partner would."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from haidang.gateway.routes import RouteTable
from haidang.parties.signing import HEADER, PrivateKey, sign
from haidang.platform.config import Config
from haidang.site.cli.output import Wrong

_PATIENCE_S = 60.0
_TRIES = 5
_WAIT_S = 0.5

Task = TypeVar("Task")
Result = TypeVar("Result")


class Sender(Struct, frozen=True):
    """Who sends: code, bearer token, and what signs (None: messages go unsigned)."""

    code: str
    token: str
    private_key: PrivateKey | None = None
    certificate: Any = None

    def sign(self, raw: bytes) -> str | None:
        """Return the signature header over the exact bytes."""
        return None if self.private_key is None else sign(raw, self.private_key, self.certificate)


class Reply(Struct, frozen=True):
    """What came back: HTTP status, body, and how long it took in milliseconds; `has_next` when it is a part and another follows."""

    status: int
    body: dict[str, Any]
    ms: float
    raw: bytes = b""
    has_next: bool = False


def reading(office: str, officer: str, reason: str) -> str:
    """Return what a question adds when an officer reads for a customs office: `?officer=…&reason=…`; nothing when nobody is named.

    Where nobody was named at all (`office` empty) the demo's first office reads for the operator, by its officer and with that reason.
    """
    from urllib.parse import urlencode

    from haidang.site.demo import people

    if not office:
        officer = officer or people.officer_code(people.CUSTOMS_OFFICES[0], "document_officer")
        reason = reason or "tra cứu trên dòng lệnh · looked up on the command line"
    given = {name: value for name, value in (("officer", officer), ("reason", reason)) if value}
    return f"?{urlencode(given)}" if given else ""


class Gateway:
    """The lanes of an installation, or another address that serves all of `/api/v1`. Safe to share between threads."""

    def __init__(self, config: Config, url: str = "", connections: int = 16) -> None:
        self._config = config
        self._url = url.rstrip("/")
        self._routes = RouteTable()
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = httpx.Client(limits=limits, timeout=_PATIENCE_S, trust_env=False)

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def address(self, method: str, path: str) -> str:
        """Return the whole address that takes a path: each lane has its own port."""
        if self._url:
            return self._url + path
        match = self._routes.find(method, urlsplit(path).path)
        lane = match.route.lane if match else "general"
        return f"http://127.0.0.1:{self._config.port_of(lane)}{path}"

    def ask(self, path: str, sender: Sender | None, accept: str = "") -> Reply:
        """Ask a question by token, in the form `accept` where there are several."""
        headers = {"authorization": f"Bearer {sender.token}"} if sender else {}
        if accept:
            headers["accept"] = accept
        return self._send("GET", path, None, headers)

    def post(self, path: str, raw: bytes, sender: Sender, signature: str | None = None) -> Reply:
        """Send a message, signed now unless its signature is given.

        Told to wait (429), or with an outcome not known (503, a broken connection), the same bytes are sent again: they get one answer for life.

        Raises:
            httpx.TransportError: the lane was not reachable at any try.
        """
        headers = {"authorization": f"Bearer {sender.token}", "content-type": "application/json"}
        if given := signature or sender.sign(raw):
            headers[HEADER] = given
        for last in (False,) * (_TRIES - 1) + (True,):
            wait_s = _WAIT_S
            try:
                reply = self._send("POST", path, raw, headers)
            except httpx.TransportError:
                if last:
                    raise
            else:
                if last or reply.status not in (429, 503):
                    break
                wait_s = float(reply.body.get("next_slot_s") or _WAIT_S)
            time.sleep(wait_s + 0.01)
        return reply

    def _send(self, method: str, path: str, raw: bytes | None, headers: dict[str, str]) -> Reply:
        began = time.perf_counter()
        address = self.address(method, path)
        try:
            response = self._client.request(method, address, content=raw, headers=headers)
        except httpx.ConnectError as error:
            raise httpx.ConnectError(
                f"Không kết nối được {address}: hệ thống có đang chạy không (haidang serve)?\n"
                f"{address} cannot be reached: is the installation running (haidang serve)? {error}"
            ) from error
        ms = (time.perf_counter() - began) * 1_000
        return Reply(
            response.status_code, body_of(response.content), ms, response.content, has_next="next" in response.links
        )


def body_of(content: bytes) -> dict[str, Any]:
    """Return a JSON object; anything else as text under `text`."""
    try:
        body = msgspec.json.decode(content) if content else {}
    except msgspec.DecodeError:
        body = None
    return body if isinstance(body, dict) else {"text": content.decode(errors="replace")}


def at_once(count: int, tasks: Iterable[Task], work: Callable[[Task], Result]) -> Iterator[tuple[Task, Result]]:
    """Do `work` on all tasks, `count` at the same time; yield each task with its result as it is done. Tasks are drawn as needed."""
    with ThreadPoolExecutor(count) as pool:
        under_way: dict[Future[Result], Task] = {}
        for task in tasks:
            under_way[pool.submit(work, task)] = task
            if len(under_way) >= 2 * count:
                yield from _finished(under_way)
        while under_way:
            yield from _finished(under_way)


def _finished(under_way: dict[Future[Result], Task]) -> Iterator[tuple[Task, Result]]:
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    for future in done:
        yield under_way.pop(future), future.result()


def read_sender(config: Config, code: str, key: Path | None, certificate: Path | None, token: Path | None) -> Sender:
    """Return who sends: by files of token, key and certificate, or a party of the demo country by its code.

    Raises:
        Wrong: only some of the files are named, or the party is none of the demo's.
    """
    if key or certificate or token:
        from haidang.parties.authority import read_certificate, read_private_key

        if token is None or (key is None) != (certificate is None):
            raise Wrong(
                "Cần --token-file; --key và --cert đi cùng nhau · --token-file is needed, and --key goes with --cert"
            )
        held = token.read_text(encoding="ascii").strip()
        if key is None or certificate is None:
            return Sender(code, held)
        return Sender(code, held, read_private_key(key), read_certificate(certificate.read_bytes()))
    from haidang.site.demo.country import credentials

    try:
        found = credentials(config.home, code)
    except FileNotFoundError:
        raise Wrong(
            f"Không có khóa của {code!r} trong {config.home / 'demo' / 'keys'}: chỉ rõ --token-file, --key, --cert, hoặc --as một bên của quốc gia mẫu\n"
            f"There are no keys of {code!r} there: name --token-file, --key and --cert, or --as a party of the demo country (haidang user list)"
        ) from None
    return Sender(found.code, found.token, found.private_key, found.certificate)
