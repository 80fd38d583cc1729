"""The RSGI application of one lane process: reads requests, keeps bounds and budgets, hands messages to the lane.

Started by `haidang.gateway.serving`; `general` and the others are the factories it names.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from granian.rsgi import ProtocolClosed

from haidang.gateway import problems
from haidang.gateway.lane import PARCELS, Lane
from haidang.gateway.messages.parcels import parcels_in
from haidang.gateway.negotiating import chosen
from haidang.gateway.patience import Patience
from haidang.gateway.problems import Reply, Response, respond
from haidang.gateway.queries import Queries
from haidang.gateway.routes import PAGES, Match, RouteTable
from haidang.gateway.showing import FORMS_OF, PDF
from haidang.parcels.terms import MOST_PARCELS
from haidang.parties.signing import HEADER as SIGNATURE_HEADER
from haidang.parties.terms import Party
from haidang.platform.budgets import AddressBudgets, Budgets
from haidang.platform.config import Config, load
from haidang.platform.db import Servers
from haidang.platform.forwarded import client_address

_log = logging.getLogger("haidang.lane")

MAX_BODY = 5_000_000
"""Bytes of a message at most; 5,000 goods lines take about 2.5 million."""
_LONGEST_PARCEL = 2_500
"""Bytes of a parcel whose every field is full."""
_EVERYBODY = 0
_BODY_SECONDS = 30
_MOST_ASKED = 256
"""Questions that may wait for the two threads that answer them."""
_MOST_SLOW = 16
"""Of these, printed forms and conversions that may wait for their one thread: each takes a second, and no other question waits behind them."""
_MOST_FILES = 16
"""Messages with files that may wait for them: megabytes each."""
_READ = frozenset(("receipt",))
"""Kinds of routes that a token takes which only reads."""
_SIGNATURE = SIGNATURE_HEADER.lower()
_ALWAYS = (("cache-control", "no-store"), ("x-content-type-options", "nosniff"))


class Application:
    """One process of one lane class."""

    def __init__(self, lane_name: str, config: Config) -> None:
        self._name = lane_name
        self._config = config
        self._routes = RouteTable()
        servers = Servers(config)
        self._lane = Lane(servers, lane_name)
        self._queries = Queries(servers, self._routes, self._lane.knowledge.law_now, config.document_bytes)
        self._counts_parcels = lane_name == PARCELS
        if self._counts_parcels:
            self._budgets = Budgets(config.parcel_rate, max(MOST_PARCELS, config.parcel_rate))
            # What the share lets pass comes evenly: no wave of it stands before general cargo.
            self._share = Budgets(config.parcel_share, 1)
        else:
            self._budgets = Budgets(config.sender_rate, config.sender_burst)
        self._public_budgets = AddressBudgets(config.public_rate, config.public_burst)
        self._question_budgets = Budgets(config.sender_rate, config.sender_burst)
        self._patience = Patience(_BODY_SECONDS)
        self._asked = 0
        self._files = 0
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="query")
        self._slow = 0
        self._slow_pool = ThreadPoolExecutor(1, thread_name_prefix="slow")

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lane.start(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._lane.stop()
        self._pool.shutdown(wait=False)
        self._slow_pool.shutdown(wait=False, cancel_futures=True)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.proto != "http":
            return
        try:
            response = await self._respond(scope, protocol)
        except ProtocolClosed:
            _log.debug("a caller hung up before its message was whole")
            return
        headers = [("content-type", response.content_type), *_ALWAYS, *response.headers]
        protocol.response_bytes(response.status, headers, response.body)

    async def _respond(self, scope: Any, protocol: Any) -> Response:
        match = self._routes.find(scope.method, scope.path)
        if match is None:
            methods = self._routes.methods(scope.path)
            return problems.method_not_taken(methods) if methods else respond(problems.NOT_FOUND)
        route = match.route
        if route.lane != self._name and (not route.public or route.lane == PAGES):
            address = f"http://127.0.0.1:{self._config.port_of(route.lane)}{scope.path}"
            return respond(problems.misdirected(address))
        headers = scope.headers
        if route.public:
            wait = 0.0 if route.kind == "health" else self._public_budgets.wait(self._address(scope))
            return problems.over_budget(wait) if wait else await self._ask(match, None, scope)
        party = self._party(headers.get("authorization"))
        if party is None:
            return respond(problems.NO_TOKEN)
        if route.kind not in _READ and self._lane.knowledge.directory.only_reads(_token(headers.get("authorization"))):
            return respond(problems.ONLY_READS)
        asked = route.method == "GET"
        budgets = self._question_budgets if asked else self._budgets
        # Parcels are counted: a list that is too much by its mere length is not even read.
        wait = (
            budgets.due(party.party_id, _least_parcels(headers))
            if self._counts_parcels and not asked
            else budgets.wait(party.party_id)
        )
        if wait:
            return problems.over_budget(wait)
        if asked:
            return await self._ask(match, party, scope)
        raw = await _body(headers, protocol, self._patience)
        if not isinstance(raw, bytes):
            return respond(raw)
        if self._counts_parcels and (wait := self._wait_for_parcels(party.party_id, parcels_in(raw))):
            return problems.over_budget(wait)
        if route.kind == "document":
            return await self._take_file(raw, party)
        if route.asked:
            return await self._ask(match, party, scope, raw)
        signature, key = headers.get(_SIGNATURE), headers.get("idempotency-key")
        return respond(await self._lane.submit(route.kind, raw, party, signature, key))

    def _wait_for_parcels(self, sender_id: int, parcels: int) -> float:
        """Take so many parcels of the sender's budget and of the whole process's share: 0.0, or the seconds until both have them."""
        # Of the share a single slot must be free and the rest is owed: else a long list would wait for ever behind short ones.
        wait = max(self._budgets.due(sender_id, parcels), self._share.due(_EVERYBODY))
        if not wait:
            self._budgets.take(sender_id, parcels)
            self._share.take(_EVERYBODY, parcels)
        return wait

    def _address(self, scope: Any) -> str:
        """Return the address from which nobody in particular asks, as far as trusted proxies tell it."""
        peer, chain = scope.client.rpartition(":")[0].strip("[]"), scope.headers.get_all("x-forwarded-for")
        return client_address(peer, ",".join(chain), self._config.trusted_proxies)

    def _party(self, authorization: str | None) -> Party | None:
        token = _token(authorization)
        return self._lane.knowledge.authenticate(token) if token else None

    async def _ask(self, match: Match, party: Party | None, scope: Any, raw: bytes = b"") -> Response:
        if self._asked >= _MOST_ASKED:
            return respond(problems.BUSY)
        self._asked += 1
        try:
            return await self._look_up(match, party, scope, raw)
        finally:
            self._asked -= 1

    async def _take_file(self, raw: bytes, party: Party) -> Response:
        if self._files >= _MOST_FILES:
            return respond(problems.BUSY)
        self._files += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._queries.take, raw, party, self._lane.knowledge)
        finally:
            self._files -= 1

    async def _look_up(self, match: Match, party: Party | None, scope: Any, raw: bytes) -> Response:
        etag, accept = scope.headers.get("if-none-match"), scope.headers.get("accept") or ""
        answer = partial(self._queries.answer, match, party, scope.query_string, etag, accept, raw)
        kind = match.route.kind
        if party is not None and "document_no" in match.parts:
            answer = partial(self._queries.document, match, party, etag, self._lane.knowledge, scope.query_string)
        if kind in ("conversion", "split") or (kind in FORMS_OF and chosen(accept, FORMS_OF[kind]) == PDF):
            return await self._slowly(answer)
        return await asyncio.get_running_loop().run_in_executor(self._pool, answer)

    async def _slowly(self, answer: Callable[[], Response]) -> Response:
        if self._slow >= _MOST_SLOW:
            return respond(problems.BUSY)
        self._slow += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._slow_pool, answer)
        finally:
            self._slow -= 1


def _token(authorization: str | None) -> str:
    """Return the token of a header, an empty text where it holds none."""
    return authorization[7:] if authorization and authorization[:7].lower() == "bearer " else ""


def _least_parcels(headers: Any) -> int:
    """Return how many parcels a message of this length holds at least."""
    length = headers.get("content-length") or ""
    return min(max(int(length) // _LONGEST_PARCEL, 1), MOST_PARCELS) if length.isdigit() and len(length) < 10 else 1


async def _body(headers: Any, protocol: Any, patience: Patience) -> bytes | Reply:
    """Return the body, or why it is not taken. What says beforehand that it is too large is not read at all."""
    length = headers.get("content-length")
    if length is not None and (not length.isdigit() or int(length) > MAX_BODY):
        return problems.TOO_LARGE
    try:
        body = await patience.wait(protocol() if length is not None else _bounded(protocol))
    except TimeoutError:
        return problems.SLOW
    # Read first, so that the sender hears the answer; never unpacked.
    return body if headers.get("content-encoding", "identity") == "identity" else problems.ENCODED


async def _bounded(protocol: Any) -> bytes | Reply:
    """Read a body of unknown length. One that turns out too large is read on for a while and thrown away, so that its sender hears why."""
    gathered, size = bytearray(), 0
    async for chunk in protocol:
        size += len(chunk)
        if size <= MAX_BODY:
            gathered += chunk
        elif size > 4 * MAX_BODY:
            break
    return bytes(gathered) if size <= MAX_BODY else problems.TOO_LARGE


def general() -> Application:
    """The general lane with all questions: port 8001."""
    return Application("general", load())


def parcels() -> Application:
    """Lists of parcels: port 8002."""
    return Application(PARCELS, load())


def conditions() -> Application:
    """Payments, arrivals, results: port 8003."""
    return Application("conditions", load())
