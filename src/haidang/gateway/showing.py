"""A declaration in the form its reader asks for: JSON, XML of the WCO Data Model, or the printed form as PDF."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.clearance import lookups as clearance
from haidang.clearance.lookups import Declaring
from haidang.gateway import problems
from haidang.gateway.messages import wco_writing
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.messages.envelope import Lodgement, Registration, decode_lodgement, decode_registration
from haidang.gateway.messages.following import (
    Amendment,
    AssessmentProposal,
    ClearedAmendment,
    NotDeclaring,
    declared_in,
    decode_amendment,
    decode_assessment,
    decode_cleared_amendment,
    decode_supplement,
)
from haidang.gateway.printing import proving, saying, setting
from haidang.gateway.problems import JSON, Reply, Response, respond
from haidang.tariff.lookups import measure
from haidang.tariff.terms import Measure

XML, PDF = "application/xml", "application/pdf"
FORMS = (JSON, XML, PDF)
"""The forms of a declaration; the first is given to who asks for none."""
PROOF_FORMS = (JSON, PDF)
"""The forms of the proof of one service."""
RECEIPT_FORMS = (JSON, PDF)
"""The forms of a tax receipt."""
FORMS_OF = {"declaration": FORMS, "service": PROOF_FORMS, "receipt": RECEIPT_FORMS}
"""The forms of an answer, by the kind of its route; all others are JSON alone."""
VARY = (("vary", "accept"),)
_encode = msgspec.json.Encoder().encode


def as_json(view: dict[str, Any], etag: str | None) -> Response:
    """Return what the platform knows of a declaration."""
    return tagged(_encode(view), JSON, etag, VARY)


def as_xml(
    ingest: psycopg.Connection[Any], key: tuple[int, int, UUID], view: dict[str, Any], etag: str | None
) -> Response:
    """Return what was declared, as XML that says the same when it is lodged: message number and sender are those of the message that said it."""
    behind = clearance.declaring(ingest, key, int(view["declaration_no"][11:]))
    message_id, sender = sent_by(behind)
    body = wco_writing.write(message_id, sender, encode_declaration(declared_in(behind.raw)))
    return tagged(body, XML, etag, (*VARY, named(view, "xml")))


class Part(Struct, frozen=True):
    """One part of what is printed of a declaration: the part `at`, from 1, of `count`, with its goods lines."""

    at: int
    count: int
    line_nos: range

    @property
    def file_kind(self) -> str:
        """How the name of the file ends: that of a part has its place in it."""
        return "pdf" if self.count == 1 else f"{self.at}-{self.count}.pdf"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header that names the next part; none after the last."""
        return () if self.at == self.count else (("link", f'<?part={self.at + 1}>; rel="next"'),)


def part_asked(line_count: int, part: str) -> Part | Reply:
    """Return the part of a print that was asked for (the first unless `part` says another); 404 when there is no such part."""
    most = setting.MOST_LINES
    count = -(-line_count // most)
    at = int(part) if part.isascii() and part.isdigit() and len(part) < 5 else int(not part)
    if not 1 <= at <= count:
        return problems.no_such_part(count)
    return Part(at, count, range((at - 1) * most + 1, min(at * most, line_count) + 1))


def as_pdf(
    ingest: psycopg.Connection[Any], key: tuple[int, int, UUID], view: dict[str, Any], etag: str | None, part: str = ""
) -> Response:
    """Return the printed form, of a declaration of many lines one part (the first unless `part` says another); 404 when there is no such part.

    Whose form did not change gets 304, and nothing is set.
    """
    asked = part_asked(view["line_count"], part)
    if not isinstance(asked, Part):
        return respond(asked)
    behind = clearance.declaring(ingest, key, int(view["declaration_no"][11:]))
    declared = declared_in(behind.raw)
    form = saying.spoken(
        saying.Printed(
            view, encode_declaration(declared), declared.is_export, behind, measures_of(ingest, view), is_trial(ingest),
            asked.line_nos,
        )
    )  # fmt: skip
    headers = (("etag", setting.tag_of(form)), *VARY, named(view, asked.file_kind), *asked.headers)
    if etag == headers[0][1]:
        return Response(304, b"", headers=headers)
    return Response(200, setting.pdf(form, behind.acted_at), PDF, headers)


def proof_as_pdf(ingest: psycopg.Connection[Any], view: dict[str, Any], etag: str | None) -> Response:
    """Return the proof of one service as PDF; whose proof did not change gets 304, and nothing is set."""
    form = proving.spoken(view, is_trial(ingest))
    name = ("content-disposition", f'inline; filename="{view["service_no"]}.pdf"')
    headers = (("etag", setting.tag_of(form, setting.PROOF)), *VARY, name)
    if etag == headers[0][1]:
        return Response(304, b"", headers=headers)
    return Response(200, setting.pdf(form, proving.last_at(view), setting.PROOF), PDF, headers)


def tagged(body: bytes, content_type: str, etag: str | None, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return a body with its ETag, or 304 when the asker has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = (("etag", tag), *headers)
    return Response(304, b"", headers=headers) if etag == tag else Response(200, body, content_type, headers)


def named(view: dict[str, Any], suffix: str) -> tuple[str, str]:
    """Return the header that names the file of a declaration."""
    return "content-disposition", f'inline; filename="{view["declaration_no"]}.{suffix}"'


def sent_by(behind: Declaring) -> tuple[str, str]:
    """Return message id and sender of the message that registered or amended."""
    for decode in _SENDING:
        message = decode(behind.sent)
        if isinstance(message, Lodgement | Amendment | Registration | ClearedAmendment | AssessmentProposal):
            return message.message_id, message.sender
    raise NotDeclaring


_SENDING: tuple[Callable[[bytes], Any], ...] = (
    decode_lodgement, decode_amendment, decode_registration, decode_supplement, decode_cleared_amendment, decode_assessment,
)  # fmt: skip


def measures_of(connection: psycopg.Connection[Any], view: dict[str, Any]) -> dict[int, Measure]:
    """Return every row of the law book that the taxes of a declaration name, by number."""
    numbers = {each["measure_id"] for each in view["lines"] if each["measure_id"]}
    return {number: measure(connection, number) for number in sorted(numbers)}


def is_trial(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database was made as a trial."""
    row = connection.execute("SELECT trial FROM installation").fetchone()
    assert row is not None
    return bool(row[0])
