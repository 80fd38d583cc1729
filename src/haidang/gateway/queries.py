"""Questions: what a party may read. Asked by token alone, answered as the database role that sees only what is the party's own."""

import logging
import re
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
import psycopg

from haidang.clearance import lookups as clearance
from haidang.clearance.actions import serving
from haidang.clearance.lookups import served
from haidang.clearance.lookups.books import DayBook
from haidang.clearance.rules.serving import parse_service_no
from haidang.declarations import lookups as declarations
from haidang.gateway import (
    converting,
    delivering,
    office_reading,
    openapi,
    page,
    problems,
    receipting,
    ruling_questions,
    showing,
    splitting,
)
from haidang.gateway.intake import Intake
from haidang.gateway.knowledge import Knowledge
from haidang.gateway.negotiating import chosen
from haidang.gateway.problems import HTML, JSON, Reply, Response, respond
from haidang.gateway.routes import Match, RouteTable
from haidang.kernel.calendar import vn_date, vn_text
from haidang.parcels import lookups as parcels
from haidang.parcels.actions import serving as parcel_serving
from haidang.parcels.lookups import served as parcels_served
from haidang.parties.standing import principals
from haidang.parties.terms import Party, PartyKind
from haidang.platform.db import Servers, Transaction, act_as

_log = logging.getLogger("haidang.queries")

_encode = msgspec.json.Encoder().encode
_CURSOR = re.compile(r"[0-9]{31}")
"""An instant to the microsecond (20 digits) and a number (11)."""
PAGE = 50
"""Declarations in one page of a list."""


_LookUp = Callable[[Transaction, int, int, int], dict[str, Any] | None]
_OF_ONE: Mapping[str, _LookUp] = {
    "versions": lambda transaction, shard, no11, _: clearance.version_list(transaction, shard, no11),
    "served": lambda transaction, shard, no11, _: served.served_list(transaction, shard, no11),
    "service": lambda transaction, shard, no11, act: (
        parcels_served if parcels.is_parcel_number(no11) else served
    ).served_view(transaction, shard, no11, act),
    "parcels_served": lambda transaction, shard, no11, _: parcels_served.served_list(transaction, shard, no11),
    "parcel": lambda transaction, shard, no11, _: parcels.parcel_view(transaction, shard, no11),
    "parcel_list_view": lambda transaction, shard, no11, _: parcels.list_view(transaction, shard, no11),
}
"""Questions about one declaration, parcel or list, but for the declaration itself: by transaction, shard, 11 digits and (of what was served) the number of the act."""
_FORMS = {
    "declaration": (showing.FORMS, problems.NOT_ACCEPTABLE), "split": (splitting.FORMS, problems.NO_SUCH_SET),
    "service": (showing.PROOF_FORMS, problems.NO_SUCH_PROOF), "receipt": (showing.RECEIPT_FORMS, problems.NO_SUCH_RECEIPT),
}  # fmt: skip
"""The forms in which something about a declaration is given, and what is said to whoever takes none of them."""
_OF_NOTICES = frozenset(("subscriptions", "deliveries", "retry", "replay"))

Law = Callable[[], tuple[DayBook, datetime]]


def no_law() -> tuple[DayBook, datetime]:
    """Stand for a process that keeps no law book: it converts nothing."""
    raise LookupError("this process keeps no law book")


class Queries:
    """Answers GET requests from worker threads, each with its own connections."""

    def __init__(
        self, servers: Servers, routes: RouteTable, law: Law = no_law, document_bytes: int = 2_000_000
    ) -> None:
        self._servers = servers
        self._law = law
        self._receipts = receipting.Receipts(law)
        self._routes = routes
        self._mine = threading.local()
        self._intake = Intake(servers, self._connection, document_bytes)

    def take(self, raw: bytes, party: Party, knowledge: Knowledge) -> Response:
        """Put a document on file and answer. A broken connection is a 503: the same bytes again are the same document."""
        by_id = knowledge.directory.by_id

        def ask() -> Response:
            day = knowledge.books.day(vn_date(knowledge.legal_now()), self._connection("ingest"))
            return respond(self._intake.take(raw, party, day.codes.lists["currency"], lambda one: by_id[one].code))

        return self._guarded(ask)

    def document(self, match: Match, party: Party, etag: str | None, knowledge: Knowledge, query: str = "") -> Response:
        """Return a document: what is known of it, or its bytes."""
        by_id, number = knowledge.directory.by_id, match.parts["document_no"]
        if match.route.kind == "document_content":
            return self._guarded(lambda: self._intake.send(number, party, parse_qs(query)))
        return self._guarded(lambda: self._intake.show(number, party, etag, lambda one: by_id[one].code))

    def answer(
        self, match: Match, party: Party | None, query: str, etag: str | None, accept: str = "", raw: bytes = b""
    ) -> Response:
        """Return the response. A broken connection is a 503, never a wrong answer."""
        return self._guarded(lambda: self._answer(match, party, query, etag, accept, raw))

    def _answer(
        self, match: Match, party: Party | None, query: str, etag: str | None, accept: str, raw: bytes
    ) -> Response:
        if match.route.kind == "openapi":
            return Response(200, openapi.document_bytes())
        if match.route.kind == "page":
            return Response(200, page.page_bytes(), HTML, (("content-security-policy", page.POLICY),))
        if match.route.kind == "health":
            return self._health()
        if match.route.kind == "template":
            return converting.template()
        if match.route.kind in ruling_questions.KINDS:
            number = match.parts.get("ruling_no", "")
            return ruling_questions.answer(self._connection, self._servers.count, match.route.kind, party, number, etag)
        assert party is not None
        if match.route.kind in _FORMS or match.route.kind in _OF_ONE:
            return self._of_one(match, party, parse_qs(query), etag, accept)
        if match.route.kind in _OF_NOTICES:
            return respond(self._of_notices(match, party, parse_qs(query), raw))
        if match.route.kind == "conversion":
            return converting.answer(raw, accept, self._law)
        return self._declarations(party, parse_qs(query))

    def _guarded(self, ask: Callable[[], Response]) -> Response:
        try:
            return ask()
        except psycopg.OperationalError:
            self._mine.__dict__.clear()
            return respond(problems.NO_DATABASE)
        except Exception:
            incident = uuid.uuid4().hex[:12]
            _log.exception("incident %s", incident)
            return respond(problems.fault(incident))

    def _connection(self, role: str, server: int = 0) -> psycopg.Connection[Any]:
        kept: psycopg.Connection[Any] | None = self._mine.__dict__.get(f"{role}{server}")
        if kept is None or kept.closed:
            kept = self._mine.__dict__[f"{role}{server}"] = self._servers.connect(role, server)
        return kept

    def _admit(
        self, transaction: Transaction, party: Party, query: Mapping[str, list[str]], place: tuple[int, int], kind: str
    ) -> Reply | None:
        directory = self._connection("ingest")
        reader = office_reading.reader_of(directory, party.party_id, query)
        files = office_reading.PARCELS if parcels.is_parcel_number(place[1]) else office_reading.DECLARATIONS
        return office_reading.admit(transaction, directory, reader, files, place, kind)

    def _health(self) -> Response:
        row = self._connection("app").execute("SELECT legal_now()").fetchone()
        assert row is not None
        return Response(200, _encode({"takes_messages": True, "legal_time": vn_text(row[0])}))

    def _of_one(
        self, match: Match, party: Party, query: Mapping[str, list[str]], etag: str | None, accept: str
    ) -> Response:
        """Answer a question about one declaration. What is not the asker's own looks like nothing, in whatever form it is asked for."""
        kind = match.route.kind
        forms, not_acceptable = _FORMS.get(kind, ((JSON,), problems.NOT_ACCEPTABLE))
        form = chosen(accept, forms) if kind in _FORMS else JSON
        if form is None:
            return respond(not_acceptable)
        named = _named(match.parts)
        is_customs = party.kind is PartyKind.CUSTOMS
        nothing = respond(office_reading.ELSEWHERE if is_customs else problems.NOT_FOUND)
        if named is None:
            return nothing
        no11, act = named
        find = parcels.ParcelFinder if parcels.is_parcel_number(no11) else declarations.ShardFinder
        shard = find(self._connection("app")).shard_of_number(no11)
        if shard is None:
            return nothing
        server = self._servers.for_shard(shard)
        with Transaction(self._connection("app", server)) as transaction:
            if is_customs:
                # Customs opens nothing of what was served: it looks on.
                if refused := self._admit(transaction, party, query, (shard, no11), kind):
                    return respond(refused)
            else:
                codes = principals(self._connection("app"), party.party_id)
                act_as(transaction, codes)
                # Whoever reads it for the trader has it from now on; who entrusted it opens nothing.
                _record_reading(transaction, kind, (shard, no11, act), party, codes)
            if kind in _OF_ONE:
                view = _OF_ONE[kind](transaction, shard, no11, act)
                if view is None or form == JSON:
                    return nothing if view is None else showing.tagged(_encode(view), JSON, etag)
                return showing.proof_as_pdf(self._connection("ingest", server), view, etag)
            found = clearance.keyed_view(transaction, shard, no11)
        if found is None:
            return nothing
        key, view = found
        part = query.get("part", [""])[0]
        if kind == "split":
            return splitting.answer(self._connection("ingest", server), key, view, form, etag)
        if kind == "receipt":
            connections = self._connection("ingest"), self._connection("ingest", server)
            return self._receipts.answer(*connections, key, view, form, etag, part)
        if form == JSON:
            return showing.as_json(view, etag)
        # That the asker may read it was judged above, under row-level security; the messages as received are read by the lane's own role.
        if form == showing.XML:
            return showing.as_xml(self._connection("ingest", server), key, view, etag)
        return showing.as_pdf(self._connection("ingest", server), key, view, etag, part)

    def _of_notices(self, match: Match, party: Party, query: dict[str, list[str]], raw: bytes) -> Reply:
        """Answer what a party asks about its own notices; what changes their marks is done by the lane's own role, for this party alone."""
        apps = [self._connection("app", server) for server in range(self._servers.count)]
        if match.route.kind == "subscriptions":
            return delivering.subscriptions(apps[0], party.party_id)
        if match.route.kind == "deliveries":
            return delivering.deliveries(
                apps, party.party_id, query.get("topic", [""])[0], query.get("cursor", [""])[0]
            )
        ingests = [self._connection("ingest", server) for server in range(self._servers.count)]
        if match.route.kind == "retry":
            return delivering.retry(ingests, party.party_id, match.parts["delivery_id"])
        return delivering.replay(apps, ingests, party.party_id, raw)

    def _declarations(self, party: Party, query: dict[str, list[str]]) -> Response:
        before = query.get("cursor", [""])[0]
        if before and not _CURSOR.fullmatch(before):
            return respond(problems.CURSOR)
        codes = principals(self._connection("app"), party.party_id)
        found: list[dict[str, Any]] = []
        for server in range(self._servers.count):
            with Transaction(self._connection("app", server)) as transaction:
                act_as(transaction, codes)
                found += clearance.declaration_list(transaction, codes, before, PAGE)
        found.sort(key=lambda each: str(each["cursor"]), reverse=True)
        page = found[:PAGE]
        body = {"declarations": page, "next_cursor": page[-1]["cursor"] if len(found) >= PAGE else None}
        return Response(200, _encode(body))


def _named(parts: Mapping[str, str]) -> tuple[int, int] | None:
    """Return (11 digits, number of the act or 0) that a path names, or None when it names nothing."""
    if "service_no" in parts:
        return parse_service_no(parts["service_no"])
    (number,) = parts.values()
    if not (number.isascii() and number.isdigit() and len(number) in (11, 12)):
        return None
    return int(number[:11]), 0


def _record_reading(
    transaction: Transaction, kind: str, place: tuple[int, int, int], party: Party, codes: Sequence[str]
) -> None:
    """Record that a list of what was served on the trader reached who reads for it, or that they opened one text: `place` is shard, number, act."""
    if kind not in ("served", "service", "parcels_served"):
        return
    if parcels.is_parcel_number(place[1]):
        parcel_serving.read_by(transaction, place, party.party_id, codes, opens=kind == "service")
        return
    key = declarations.key_of(transaction, *place[:2])
    if key is None or declarations.concerned(transaction, key).codes[0] not in codes:
        return
    if kind == "served":
        serving.delivered(transaction, key, None, party.party_id, "list")
    else:
        serving.opened(transaction, key, place[2], party.party_id, "document")
