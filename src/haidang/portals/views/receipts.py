"""The tax receipt of a registered declaration as a page, and the public page where anybody has a receipt checked."""

import re
from typing import Any

import msgspec
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from haidang.declarations.terms import PRINTED_LINES
from haidang.portals import handing_on
from haidang.portals.budget import CHECKED, over_budget
from haidang.portals.handing_on import Answered
from haidang.portals.law import book_of, law_of_today
from haidang.portals.views.acting import reading_for
from haidang.portals.views.officer import require_own
from haidang.portals.who import Who, for_officers, for_traders, who_asks
from haidang.taxes.rules.books import OpenBook
from haidang.taxes.rules.receipts import verify
from haidang.taxes.terms.receipts import NotPriceable, Receipt

MOST_BYTES = 2_000_000
"""Bytes of a receipt that is checked here; a longer one is checked by the command, offline."""
MOST_SHOWN = 50
_HEAD_BYTES = 10_000
"""Bytes of a form around its file."""
_PART = re.compile("[0-9]{1,4}", re.ASCII)
_FORMS = {"json": handing_on.JSON, "pdf": handing_on.PDF}


@require_safe
@for_traders
def receipt(request: HttpRequest, who: Who, number: str) -> HttpResponse:
    """Show the tax receipt of a declaration to every member of the party that reads it; `form` json or pdf gives the file."""
    member = reading_for(who, number)
    form = request.GET.get("form", "")
    answered = handing_on.by_reader(
        request, who, member, _path(request, number), accept=_FORMS.get(form, handing_on.JSON)
    )
    return _given(request, who, number, answered, "declaration")


@require_safe
@for_officers
def file_receipt(request: HttpRequest, who: Who, number: str) -> HttpResponse:
    """Show the tax receipt of a file of the officer's own units; `form` json or pdf gives the file."""
    if kept_away := require_own(request, who, number):
        return kept_away
    form = request.GET.get("form", "")
    answered = handing_on.by_officer(request, _path(request, number), accept=_FORMS.get(form, handing_on.JSON))
    return _given(request, who, number, answered, "file")


def _path(request: HttpRequest, number: str) -> str:
    part = request.GET.get("part", "")
    return f"declarations/{number}/receipt{f'?part={int(part)}' if _PART.fullmatch(part) else ''}"


def _given(request: HttpRequest, who: Who, number: str, answered: Answered, back: str) -> HttpResponse:
    """Return a receipt as its page or its file; why it cannot be given otherwise, and 503 when the lane cannot be reached."""
    form = request.GET.get("form", "")
    if answered.status == 404:
        raise Http404
    if not answered.is_done:
        facts = {"who": who, "number": number, "back": back, "refusal": answered.facts}
        return render(request, "portals/receipt_refused.html", facts, status=answered.status or 503)
    if form in _FORMS:
        headers = {"Content-Disposition": f'attachment; filename="{number}.receipt.{_part_in_name(request)}{form}"'}
        return HttpResponse(answered.content, content_type=_FORMS[form], headers=headers)
    found = msgspec.json.decode(answered.content, type=Receipt)
    facts = {"who": who, "number": number, "back": back, "receipt": found, "parts": parts_of(len(found.lines))}
    return render(request, "portals/receipt.html", facts)


def parts_of(line_count: int) -> range:
    """Return the parts in which so many goods lines are printed; one part has no number."""
    count = -(-line_count // PRINTED_LINES)
    return range(1, count + 1) if count > 1 else range(0)


def _part_in_name(request: HttpRequest) -> str:
    part = request.GET.get("part", "")
    return f"{int(part)}." if _PART.fullmatch(part) else ""


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def check_receipt(request: HttpRequest) -> HttpResponse:
    """Check a receipt that anybody gives: read in memory, held against the law book of its version, forgotten."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + _HEAD_BYTES:
        return _check_page(request, {"problem": "large"}, 413)
    # Before anything reads the form: a receipt never touches the disk.
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _check(request)


@csrf_protect
def _check(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _check_page(request, {}, 200)
    if refused := over_budget(request, CHECKED):
        return refused
    given = request.FILES.get("receipt")
    content = given.read(MOST_BYTES + 1) if given is not None else request.POST.get("text", "").strip().encode()
    if not content:
        return _check_page(request, {"problem": "empty"}, 422)
    if len(content) > MOST_BYTES:
        return _check_page(request, {"problem": "large"}, 413)
    try:
        return _check_page(request, _checked(content), 200)
    except NotPriceable:
        return _check_page(request, {"problem": "unreadable"}, 422)


def _checked(content: bytes) -> dict[str, Any]:
    """Return what checking a receipt found, by the law book of the version that it names or else the newest.

    Raises:
        NotPriceable: it is no receipt.
    """
    result = verify(content, _book_for(content))
    shown = [_told(each.pointer, each.says, each.should_be) for each in result.differences[:MOST_SHOWN]]
    return {
        "result": result,
        "receipt": result.receipt,
        "differences": shown,
        "count": len(result.differences),
        "more": len(result.differences) - len(shown),
    }


class _Named(msgspec.Struct):
    """What of a receipt names its law book."""

    law_book_version: int = 0


def _book_for(content: bytes) -> OpenBook:
    try:
        version = msgspec.json.decode(content, type=_Named).law_book_version
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotPriceable("no receipt") from None
    return book_of(version) or law_of_today().book


def _told(pointer: str, says: str, should_be: str | None) -> dict[str, Any]:
    return {"pointer": pointer or "/", "says": says, "should_be": should_be, "is_mark": should_be is None}


def _check_page(request: HttpRequest, facts: dict[str, Any], status: int) -> HttpResponse:
    whole = {"who": who_asks(request), "problem": "", "most_bytes": MOST_BYTES, **facts}
    return render(request, "portals/receipt_check.html", whole, status=status)
