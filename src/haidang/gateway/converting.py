"""`POST /api/v1/conversions`: a workbook or CSV file in, the declaration ready to be signed out; or the file with everything that is wrong marked in it.

Nothing is stored and nothing is lodged: what comes back is a declaration's JSON, and lodging it is the sender's own signed act.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from haidang.clearance.lookups.books import DayBook
from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.gateway import problems
from haidang.gateway.messages.envelope import Draft, decode_draft
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.remains import everything, in_order, whole
from haidang.gateway.negotiating import chosen
from haidang.gateway.problems import JSON, Response, respond
from haidang.gateway.sheets import apart, guarding
from haidang.kernel.findings import Finding

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = (JSON, WORKBOOK)
_encode = msgspec.json.Encoder().encode


def told_of(declaration: dict[str, object], day: DayBook | None, at: datetime | None) -> list[Finding]:
    """Return what is wrong with a declaration on the wire: its form, and by the law of the day when it is given."""
    procedure = "EDA" if declaration.get("kind_code") in EXPORT_KINDS else "IDA"
    message = decode_draft(_encode({"procedure": procedure, "declaration": declaration}))
    assert not isinstance(message, Undecodable), message.code
    if isinstance(message, Draft):
        return [] if day is None or at is None else whole(message.declaration, day, at)
    return in_order(message) if day is None or at is None else everything(message, day, at)


def answer(raw: bytes, accept: str, law: Callable[[], tuple[DayBook, datetime]]) -> Response:
    """Return the declaration of a file as JSON or the file marked, as `accept` wants it; 422 when something in it must be mended."""
    form = chosen(accept, FORMS)
    if form is None:
        return respond(problems.NO_SUCH_CONVERSION)
    found = apart.read(raw)
    if found.refused is not None:
        return _unopened(found.refused)
    unread = {each.pointer for each in found.findings}
    told = told_of(found.declaration, *law())
    findings = [*found.findings, *(each for each in told if each.code != "HD-MISSING" or each.pointer not in unread)]
    status = 422 if findings else 200
    if form == WORKBOOK:
        marked = apart.marked(raw, findings)
        if marked is None:
            return _unopened(guarding.TOO_MUCH)
        return Response(status, marked, WORKBOOK, _NAME)
    if not findings:
        lines = found.declaration.get("items")
        body = {"declaration": found.declaration, "line_count": len(lines) if isinstance(lines, list) else 0}
        return Response(200, _encode(body))
    places = {each.pointer: place for each in findings if (place := _place(found.places, each.pointer))}
    return respond(problems.problem(422, "findings", *_HAS_FINDINGS, {"findings": findings, "places": places}))


def _unopened(reason: Undecodable) -> Response:
    return respond(problems.undecodable(reason.code, reason.text_en, reason.text_vi))


_HAS_FINDINGS = ("The file has findings; nothing was lodged.", "Tệp có lỗi; chưa khai gì.")
_NAME = (("content-disposition", 'attachment; filename="haidang.xlsx"'),)


def _place(places: dict[str, str], pointer: str) -> str:
    """Return the cell of a pointer, or of the nearest above it."""
    while pointer:
        if pointer in places:
            return places[pointer]
        pointer = pointer.rpartition("/")[0]
    return ""
