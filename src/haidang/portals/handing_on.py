"""Hands messages of the pages on to the lanes, byte by byte, with the token of the session, as any partner's software sends them; and asks questions.

The pages and the gateway know nothing of each other's code: they speak `/api/v1` over loopback.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec
from django.http import HttpRequest
from msgspec import Struct

from haidang.parties.signing import HEADER
from haidang.parties.terms import Membership
from haidang.platform.config import load
from haidang.portals import store
from haidang.portals.reading import reader
from haidang.portals.who import LONGEST_HOURS, Who, member_token, reading_token, session_token

JSON, XML, PDF = "application/json", "application/xml", "application/pdf"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_GENERAL = frozenset(("declarations", "drafts", "registrations", "conversions", "documents", "served"))
"""First words of the paths that the general lane takes; all others that the pages use are the lane's of conditions."""
_PATIENCE_S = 60.0
_NEW_TOKEN_TRIES = 10
_NEW_TOKEN_WAIT_S = 0.2
"""A lane hears of a new token within moments of its being opened."""


class Answered(Struct, frozen=True):
    """What a lane answered; status 0 when it could not be reached, so that the outcome is not known."""

    status: int
    content: bytes = b""
    content_type: str = ""

    @property
    def is_done(self) -> bool:
        return self.status in (200, 201)

    @property
    def facts(self) -> dict[str, Any]:
        """The answer as read; nothing when it is none of ours."""
        if not self.status or "json" not in self.content_type:
            return {}
        return msgspec.json.decode(self.content, type=dict[str, Any])


def by_officer(request: HttpRequest, path: str, raw: bytes | None = None, accept: str = JSON) -> Answered:
    """Send a message of the officer before the browser, or ask (`raw` None). Its token was opened at the login."""
    return _send(path, raw, _headers(request, session_token(_key(request)), accept))


def by_member(
    request: HttpRequest, who: Who, member: Membership, path: str, raw: bytes | None = None, accept: str = JSON
) -> Answered:
    """Send a message for the party of a member who may act for it, or ask. Its token is opened when it is first needed."""
    token = member_token(_key(request), member.party_id)

    def open_token() -> None:
        with reader().connection() as connection:
            store.open_member_token(connection, token, who.person_id, member.party_id, LONGEST_HOURS)

    return _send(path, raw, _headers(request, token, accept), open_token)


def by_reader(request: HttpRequest, who: Who, member: Membership, path: str, accept: str = JSON) -> Answered:
    """Ask for the party of a member who may perhaps only read, with a token that can do nothing else. It is opened when it is first needed."""
    token = reading_token(_key(request), member.party_id)

    def open_token() -> None:
        with reader().connection() as connection:
            store.open_reading_token(connection, token, who.person_id, member.party_id, LONGEST_HOURS)

    return _send(path, None, _headers(request, token, accept), open_token)


def _key(request: HttpRequest) -> str:
    return str(request.session.session_key)


def _headers(request: HttpRequest, token: str, accept: str) -> dict[str, str]:
    headers = {"authorization": f"Bearer {token}", "content-type": JSON, "accept": accept}
    if signature := request.headers.get(HEADER, ""):
        headers[HEADER] = signature
    return headers


def _send(
    path: str, raw: bytes | None, headers: Mapping[str, str], open_token: Callable[[], None] | None = None
) -> Answered:
    config = load()
    port = config.port_general if path.partition("/")[0] in _GENERAL else config.port_conditions
    address = f"http://127.0.0.1:{port}/api/v1/{path}"
    method = "GET" if raw is None else "POST"
    try:
        for left in reversed(range(_NEW_TOKEN_TRIES)):
            reply = httpx.request(
                method, address, content=raw, headers=dict(headers), timeout=_PATIENCE_S, trust_env=False
            )
            if reply.status_code != httpx.codes.UNAUTHORIZED or not left:
                break
            if open_token is not None:
                open_token()
                open_token = None
            time.sleep(_NEW_TOKEN_WAIT_S)
    except httpx.TransportError:
        return Answered(0)
    return Answered(reply.status_code, reply.content, reply.headers.get("content-type", ""))
