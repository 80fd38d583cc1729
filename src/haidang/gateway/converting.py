"""`POST /api/v1/conversions`: a workbook, CSV, JSON or XML file in, the declaration ready to be signed out; or the table with everything that is wrong marked in it.

What may hold a declaration is read by the code that reads it when it is lodged. Nothing is stored and nothing is lodged: what comes back is a declaration's JSON, and lodging it is the sender's own signed act.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache

import msgspec

from haidang.clearance.lookups.books import DayBook
from haidang.gateway import problems
from haidang.gateway.messages import wco
from haidang.gateway.messages.declaration import is_export_declaration
from haidang.gateway.messages.envelope import Draft, decode_draft
from haidang.gateway.messages.json_safety import Number, Undecodable, parse
from haidang.gateway.messages.remains import everything, in_order, whole
from haidang.gateway.messages.xml_safety import is_xml
from haidang.gateway.negotiating import chosen
from haidang.gateway.problems import JSON, Response, respond
from haidang.gateway.sheets import apart, guarding, writing
from haidang.kernel.findings import Finding

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = (JSON, WORKBOOK)
_encode = msgspec.json.Encoder().encode


def told_of(declaration: dict[str, object], day: DayBook | None, at: datetime | None) -> list[Finding]:
    """Return what is wrong with a declaration on the wire: its form, and by the law of the day when it is given."""
    procedure = "EDA" if is_export_declaration(declaration) else "IDA"
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
    is_message = _is_message(raw)
    if is_message and form == WORKBOOK:
        return respond(problems.NO_SUCH_CONVERSION)
    found = _of_message(raw) if is_message else apart.read(raw)
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
    told_facts = {"findings": findings, "places": places, "declaration": found.declaration}
    return respond(problems.problem(422, "findings", *_HAS_FINDINGS, told_facts))


def _is_message(raw: bytes) -> bool:
    """Tell whether a file is JSON or XML: it begins with a brace or a bracket, which no workbook does, and no CSV file whose columns we know."""
    return is_xml(raw) or raw.removeprefix(_MARK).lstrip()[:1] == b"{"


def _of_message(raw: bytes) -> apart.Found:
    """Read a declaration on the wire, bare or in the message that carries it; what the message says beside it is left out."""
    if is_xml(raw):
        mapped = wco.read(raw)
        if isinstance(mapped, Undecodable):
            return apart.Found(refused=mapped)
        tree, findings = mapped.tree, mapped.findings
    else:
        parsed = parse(raw.removeprefix(_MARK))
        if isinstance(parsed, Undecodable):
            return apart.Found(refused=parsed)
        tree, findings = parsed, []
    declared = _as_written(tree.get("declaration", tree))
    return apart.Found(declared if isinstance(declared, dict) else {}, findings)


def _as_written(value: object) -> object:
    """Return a tree with every number as it was written, ready to be written again."""
    if isinstance(value, dict):
        return {name: _as_written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_written(each) for each in value]
    return msgspec.Raw(value.text.encode()) if isinstance(value, Number) else value


@cache
def template() -> Response:
    """Return the empty workbook, to be filled in and converted."""
    return Response(200, writing.template(), WORKBOOK, _NAME)


def _unopened(reason: Undecodable) -> Response:
    return respond(problems.undecodable(reason.code, reason.text_en, reason.text_vi))


_MARK = b"\xef\xbb\xbf"
"""Before the text of a file that some editors write (U+FEFF)."""
_HAS_FINDINGS = ("The file has findings; nothing was lodged.", "Tệp có lỗi; chưa khai gì.")
_NAME = (("content-disposition", 'attachment; filename="haidang.xlsx"'),)


def _place(places: dict[str, str], pointer: str) -> str:
    """Return the cell of a pointer, or of the nearest above it."""
    while pointer:
        if pointer in places:
            return places[pointer]
        pointer = pointer.rpartition("/")[0]
    return ""
