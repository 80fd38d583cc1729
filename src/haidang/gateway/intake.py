"""Documents come in and go out here: beside the lanes, so that files of megabytes keep no declaration waiting.

A document is given by token: it does nothing by itself. What refers to it is signed, and the number stands for bytes whose hash is sealed. The same
bytes again are the same document, so that a lost answer is asked for by sending them once more.
"""

from collections.abc import Callable, Container, Mapping
from hashlib import sha256
from typing import Any

import msgspec
import psycopg
from msgspec.structs import replace

from haidang.clearance.actions.answers import no_mandate
from haidang.clearance.actions.passing import refused
from haidang.clearance.lookups.files import names_document
from haidang.documents import actions, lookups
from haidang.documents.rules import wording
from haidang.documents.rules.content import check_content
from haidang.documents.rules.filing import document_no, parse_document_no
from haidang.documents.rules.tables import media_types
from haidang.documents.terms import Document, Given
from haidang.gateway import office_reading, problems
from haidang.gateway.messages.documents import decode_document
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.remains import Faults
from haidang.gateway.problems import Reply, Response, respond
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.organisation.terms import Concerned, OfficeReader
from haidang.parties.standing import principals
from haidang.parties.terms import Party, PartyKind
from haidang.platform.db import Servers, Transaction, act_as, act_for_offices

Connect = Callable[[str, int], psycopg.Connection[Any]]
"""Gives the connection of a role to a server."""
_encode = msgspec.json.Encoder().encode
_INERT = "default-src 'none'; sandbox"
"""What a browser may do with a file that somebody gave: nothing."""


class Intake:
    """Takes documents and gives them back, for the threads that answer questions."""

    def __init__(self, servers: Servers, connect: Connect, limit: int) -> None:
        self._servers = servers
        self._connect = connect
        self._limit = limit

    def take(self, raw: bytes, party: Party, currencies: Container[str], parties: Callable[[int], str]) -> Reply:
        """Put a document on file: 201 with its number, 200 when it was there, 400 for no message, 422 with findings.

        Args:
            raw: the message.
            party: whose token it came with.
            currencies: codes of the law book of the day.
            parties: the code of a party by its number.
        """
        message = decode_document(raw)
        if isinstance(message, Undecodable):
            return problems.undecodable(message.code, message.text_en, message.text_vi)
        if isinstance(message, Faults):
            return _refused(message)
        trader = message.trader_code or party.code
        findings: list[Finding] = []
        if trader not in principals(self._connect("app", 0), party.party_id):
            findings.append(replace(no_mandate(trader), pointer="/trader_code"))
        currency = message.fields.get("currency")
        if isinstance(currency, str) and currency not in currencies:
            findings.append(wording.unknown_currency(currency))
        media = check_content(message.content, message.media_type, self._limit)
        if isinstance(media, Finding):
            return _refused([*findings, media])
        if findings:
            return _refused(findings)
        given = Given(
            giver_id=party.party_id, trader_code=trader, type_code=message.type_code, media_type=media.media_type,
            file_name=message.file_name, facts=message.facts, content=message.content, sha256=sha256(message.content).digest(),
        )  # fmt: skip
        server = self._servers.for_shard(shard_of(trader))
        with Transaction(self._connect("ingest", server)) as transaction:
            document, is_new = actions.file_document(transaction, given)
        if not is_new and (document.type_code, document.facts) != (message.type_code, message.facts):
            return _refused([wording.known_otherwise(document_no(document.shard_id, document.ordinal))])
        return (201 if is_new else 200), _encode(lookups.document_view(document, parties(document.giver_id)))

    def show(self, number: str, party: Party, etag: str | None, parties: Callable[[int], str]) -> Response:
        """Return what is known of a document; 404 alike for one that is not there and one that is none of the party's."""
        found = self._find(number, party, with_content=False)
        if found is None:
            return respond(problems.NOT_FOUND)
        body = _encode(lookups.document_view(found[0], parties(found[0].giver_id)))
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        if etag == tag:
            return Response(304, b"", headers=(("etag", tag),))
        return Response(200, body, headers=(("etag", tag),))

    def send(self, number: str, party: Party, query: Mapping[str, list[str]]) -> Response:
        """Return the bytes of a document, for saving and for nothing else; the reading of an officer is logged in the same transaction.

        Customs names its officer in the question, and a reason when the document is on no file of the own office (`office_reading`).
        """
        if party.kind is PartyKind.CUSTOMS:
            reader = office_reading.reader_of(self._connect("ingest", 0), party.party_id, query)
            return self._send_to_customs(number, reader)
        found = self._find(number, party, with_content=True)
        if found is None or found[1] is None:
            return respond(problems.NOT_FOUND)
        return _saved(found[0], found[1])

    def _find(self, number: str, party: Party, *, with_content: bool) -> tuple[Document, bytes | None] | None:
        key = parse_document_no(number)
        if key is None:
            return None
        is_customs = party.kind is PartyKind.CUSTOMS
        codes = [] if is_customs else principals(self._connect("app", 0), party.party_id)
        connection = self._connect("report" if is_customs else "app", self._servers.for_shard(key[0]))
        with Transaction(connection) as transaction:
            if not is_customs:
                act_as(transaction, codes, party.party_id)
            document = lookups.document(transaction, number)
            if document is None:
                return None
            return document, lookups.content(transaction, document) if with_content else None

    def _send_to_customs(self, number: str, reader: OfficeReader) -> Response:
        """Return the bytes of a document, the reading logged, or why an officer does not get them."""
        key = parse_document_no(number)
        if key is None:
            return respond(office_reading.ELSEWHERE)
        if not reader.officer_code:
            return respond(office_reading.OFFICER_NEEDED)
        server = self._servers.for_shard(key[0])
        with Transaction(self._connect("report", server)) as transaction:
            document = lookups.document(transaction, number)
            if document is None:
                return respond(office_reading.ELSEWHERE)
            is_own = self._is_on_own_file(document, number, reader)
            if not is_own and not reader.reason:
                return respond(office_reading.ELSEWHERE)
            concerned = Concerned((document.trader_code,), document.giver_id)
            if kept := office_reading.kept_away(self._connect("ingest", 0), reader, concerned, number):
                return respond(kept)
            reason = "" if is_own else reader.reason
            content = actions.open_for_customs(transaction, *key, reader.party_id, reader.officer_code, reason)
        assert content is not None, "the document was there"
        return _saved(document, content)

    def _is_on_own_file(self, document: Document, number: str, reader: OfficeReader) -> bool:
        """Tell whether a file of the reader's own office names the document."""
        with Transaction(self._connect("app", self._servers.for_shard(document.shard_id))) as transaction:
            act_for_offices(transaction, reader.units)
            return names_document(transaction, document.shard_id, document.trader_code, number)


def _saved(document: Document, content: bytes) -> Response:
    name = f"{document_no(document.shard_id, document.ordinal)}.{media_types()[document.media_type].suffix}"
    headers = (
        ("content-disposition", f'attachment; filename="{name}"'),
        ("content-security-policy", _INERT),
        ("cross-origin-resource-policy", "same-origin"),
    )
    return Response(200, content, document.media_type, headers)


def _refused(findings: list[Finding]) -> Reply:
    answer = refused(findings)
    return answer.status, answer.body
