"""Pages to lodge with: a file read and mended, a form filled in, taxes tried, and the declaration signed in the browser and handed on byte by byte."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.parties.standing import principals
from haidang.parties.terms import Membership
from haidang.portals import catalogue, codes, filling, handing_on, store
from haidang.portals.handing_on import Answered
from haidang.portals.keys import party_keys
from haidang.portals.reading import reader
from haidang.portals.store import FormNotKept, SavedForm
from haidang.portals.who import Who, for_declarants

LODGE, AMEND, AMEND_CLEARED, SUPPLEMENT = "lodge", "amend", "amend_cleared", "supplement"
_PATHS = {
    LODGE: "declarations", AMEND: "amendments", AMEND_CLEARED: "cleared-amendments", SUPPLEMENT: "supplements",
}  # fmt: skip
"""Where the message of a form is sent, by what the form is for."""
_LEFT_OUT = {LODGE: filling.OF_ONE_SHIPMENT, SUPPLEMENT: filling.INCOMPLETE}
"""What a form about an earlier declaration does not take over from it."""
_PROCEDURES = {LODGE: "LODGE", AMEND: "AMEND", AMEND_CLEARED: "AMC", SUPPLEMENT: "SUPPLEMENT"}


@require_safe
@for_declarants
def lodge(request: HttpRequest, who: Who) -> HttpResponse:
    """Offer the ways to lodge: a file, a new form, and the person's forms that are not sent yet."""
    return _lodge_page(request, who)


def _lodge_page(request: HttpRequest, who: Who, problem: FormNotKept | None = None) -> HttpResponse:
    parties = [{"member": member, "traders": _traders(member)} for member in who.acting]
    with reader().transaction(person_id=who.person_id) as transaction:
        kept = store.forms(transaction)
    facts = {"who": who, "parties": parties, "forms": kept, "problem": problem}
    return render(request, "portals/lodge.html", facts, status=409 if problem else 200)


def _traders(member: Membership) -> list[str]:
    """Return the codes of those for whom a member's party may act now, its own first."""
    with reader().connection() as connection:
        codes_ = principals(connection, member.party_id)
    return sorted(codes_, key=lambda code: (code != member.party_code, code))


@require_POST
@for_declarants
def new_form(request: HttpRequest, who: Who) -> HttpResponse:
    """Begin a form: empty but for what is known already, or with all that an earlier declaration said; or to amend one."""
    number = request.POST.get("number", "")
    purpose = request.POST.get("purpose", LODGE)
    if purpose not in _PATHS or (purpose != LODGE and not number):
        raise Http404
    if number:
        member, content = filling.earlier(request, who, number, _LEFT_OUT.get(purpose, ()))
    else:
        known = _member(who, request.POST.get("party", ""))
        trader = request.POST.get("trader", "") or known.party_code
        if trader not in _traders(known):
            raise Http404
        member, content = known, filling.known_of(who, known, trader, request.POST.get("direction") == "export")
    try:
        form_id = _keep(who, member, content, purpose, number)
    except FormNotKept as refusal:
        return _lodge_page(request, who, refusal)
    return HttpResponseRedirect(reverse("form", args=[form_id]))


def _keep(who: Who, member: Membership, content: dict[str, Any], purpose: str = LODGE, number: str = "") -> UUID:
    """Keep a new form; returns its id.

    Raises:
        FormNotKept: the person keeps as many as one may, or it says too much.
    """
    form_id = uuid4()
    with reader().transaction(person_id=who.person_id) as transaction:
        about = (purpose, "" if purpose == LODGE else number)
        store.add_form(transaction, form_id, (who.person_id, member.party_id), about, _said(content))
    return form_id


_TITLE = ("kind_code", "trader_code", "counterparty_name", "trader_reference")
_TITLE_CHARS = 200


def _said(content: dict[str, Any]) -> tuple[str, str]:
    """Return what a form says as it is kept, and its title."""
    parts = [content[name] for name in _TITLE if isinstance(content.get(name), str)]
    title = " · ".join(part for part in parts if part).replace("\x00", "")[:_TITLE_CHARS]
    return msgspec.json.encode(content).decode(), title


def _member(who: Who, party_code: str) -> Membership:
    member = who.member(party_code)
    if member is None:
        raise Http404
    return member


def _form(who: Who, form_id: UUID) -> tuple[SavedForm, Membership]:
    """Return a form of the person's and the membership that it is for, while it lasts."""
    with reader().transaction(person_id=who.person_id) as transaction:
        found = store.form(transaction, form_id)
    member = next((each for each in who.acting if found is not None and each.party_id == found.party_id), None)
    if found is None or member is None:
        raise Http404
    return found, member


def _content(text: str) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])


def _is_export(content: dict[str, Any]) -> bool:
    kind = content.get("kind_code")
    return isinstance(kind, str) and kind in EXPORT_KINDS


@require_safe
@for_declarants
def form(request: HttpRequest, who: Who, form_id: UUID) -> HttpResponse:
    """Show a form, made from the table of fields; the browser fills it with what is kept."""
    kept, member = _form(who, form_id)
    is_export = _is_export(_content(kept.content))
    facts = {
        "who": who, "form": kept, "member": member, "parts": catalogue.parts(is_export), "line": catalogue.line(is_export),
        "groups": catalogue.groups(is_export), "code_lists": catalogue.code_lists(is_export),
        "keys": party_keys(member.party_id), "procedure": _PROCEDURES[kept.purpose],
        "most_lines": catalogue.MOST_LINES, "is_export": is_export, "reasons": codes.suggest("amendment_reason", ""),
    }  # fmt: skip
    return render(request, "portals/form.html", facts)


@require_safe
@for_declarants
def form_content(request: HttpRequest, who: Who, form_id: UUID) -> HttpResponse:
    """Return what a form says now, as JSON."""
    kept, _ = _form(who, form_id)
    return HttpResponse(kept.content, content_type=handing_on.JSON)


@require_POST
@for_declarants
def save_form(request: HttpRequest, who: Who, form_id: UUID) -> HttpResponse:
    """Keep what a form says now: 200 with its direction, 400 for what is no declaration's JSON or too much of it."""
    _form(who, form_id)
    try:
        content = msgspec.json.decode(request.body, type=dict[str, Any])
        with reader().transaction(person_id=who.person_id) as transaction:
            store.save_form(transaction, form_id, *_said(content))
    except (msgspec.DecodeError, FormNotKept):
        return JsonResponse({"saved": False}, status=400)
    return JsonResponse({"saved": True, "is_export": _is_export(content)})


@require_POST
@for_declarants
def drop_form(request: HttpRequest, who: Who, form_id: UUID) -> HttpResponse:
    """Throw a form away."""
    with reader().transaction(person_id=who.person_id) as transaction:
        store.drop_form(transaction, form_id)
    return HttpResponseRedirect(reverse("lodge"))


@require_POST
@for_declarants
def check_form(request: HttpRequest, who: Who, form_id: UUID) -> HttpResponse:
    """Try what is kept without lodging: everything that is wrong, or the taxes (IDA, EDA). Each form keeps to one number of a draft."""
    kept, member = _form(who, form_id)
    answered = _try(request, who, member, kept, kept.draft_no)
    if any(each.get("pointer") == "/draft_no" for each in answered.facts.get("findings", ())):
        answered = _try(request, who, member, kept, "")
    if answered.is_done:
        with reader().transaction(person_id=who.person_id) as transaction:
            store.note_draft(transaction, form_id, answered.facts["draft_no"])
    return outcome(request, answered, "checked")


def _try(request: HttpRequest, who: Who, member: Membership, kept: SavedForm, draft_no: str) -> Answered:
    content = _content(kept.content)
    message = {"procedure": "EDA" if _is_export(content) else "IDA", "declaration": content}
    if draft_no:
        message["draft_no"] = draft_no
    return handing_on.by_member(request, who, member, "drafts", msgspec.json.encode(message))


@require_POST
@for_declarants
def send_form(request: HttpRequest, who: Who, form_id: UUID) -> HttpResponse:
    """Hand the signed message on and show the answer. What is done is no form any more."""
    kept, member = _form(who, form_id)
    answered = handing_on.by_member(request, who, member, _PATHS[kept.purpose], request.body)
    if answered.is_done:
        with reader().transaction(person_id=who.person_id) as transaction:
            store.drop_form(transaction, form_id)
    return outcome(request, answered, "sent")


@require_POST
@for_declarants
def convert(request: HttpRequest, who: Who, party: str) -> HttpResponse:
    """Read a file as the gateway reads it: a form with what it says, or all that must be mended, with the cell of each."""
    member = _member(who, party)
    answered = handing_on.by_member(request, who, member, "conversions", request.body)
    facts = answered.facts
    if answered.is_done or (request.GET.get("keep") and facts.get("declaration")):
        try:
            form_id = _keep(who, member, facts["declaration"])
        except FormNotKept as refusal:
            told = {"title_vi": refusal.text_vi, "title": refusal.text_en}
            return render(request, "portals/outcome.html", {"outcome": "refused", "answer": told})
        return render(request, "portals/outcome.html", {"outcome": "read", "goto": reverse("form", args=[form_id])})
    return outcome(request, answered, "read")


@require_POST
@for_declarants
def mark(request: HttpRequest, who: Who, party: str) -> HttpResponse:
    """Give a workbook or CSV file back with everything that is wrong marked in it."""
    answered = handing_on.by_member(
        request, who, _member(who, party), "conversions", request.body, accept=handing_on.WORKBOOK
    )
    if answered.content_type != handing_on.WORKBOOK:
        return outcome(request, answered, "read")
    return HttpResponse(answered.content, content_type=handing_on.WORKBOOK)


def outcome(request: HttpRequest, answered: Answered, what: str) -> HttpResponse:
    """Show an answer: `what` was done (`sent`, `checked`, `read`), or what is wrong and where; 503 when the outcome is not known."""
    facts = answered.facts
    if not facts:
        return render(request, "portals/outcome.html", {"outcome": "unreachable"}, status=503)
    if answered.is_done:
        goto = f"{reverse('declaration', args=[facts['declaration_no']])}?done=1" if what == "sent" else ""
        taxes = [(name.removesuffix("_vnd"), amount) for name, amount in facts.get("taxes", {}).items()]
        return render(request, "portals/outcome.html", {"outcome": what, "answer": facts, "goto": goto, "taxes": taxes})
    places = facts.get("places", {})
    findings = [
        {
            "said": each,
            "place": catalogue.place(each.get("pointer", "")),
            "cell": places.get(each.get("pointer", ""), ""),
        }
        for each in facts.get("findings", ())
    ]
    findings.sort(key=lambda each: each["place"].rank)
    shown = {"outcome": "refused", "answer": facts, "findings": findings, "is_file": what == "read"}
    return render(request, "portals/outcome.html", shown)


@require_safe
@for_declarants
def template(request: HttpRequest, who: Who) -> HttpResponse:
    """Give the empty workbook."""
    answered = handing_on.by_member(request, who, who.acting[0], "conversions")
    if answered.content_type != handing_on.WORKBOOK:
        return outcome(request, answered, "read")
    headers = {"Content-Disposition": 'attachment; filename="haidang.xlsx"'}
    return HttpResponse(answered.content, content_type=handing_on.WORKBOOK, headers=headers)


@require_safe
@for_declarants
def suggestions(request: HttpRequest, who: Who, list_name: str) -> HttpResponse:
    """Return codes that fit what was typed, as options of a list."""
    found = codes.suggest(list_name, request.GET.get("q", "")[:100])
    return render(request, "portals/codes.html", {"found": found})


@require_safe
@for_declarants
def signing(request: HttpRequest, who: Who, party: str) -> HttpResponse:
    """Let a member put the key file of the party into this browser, once."""
    member = _member(who, party)
    facts = {"who": who, "holder": member.party_code, "keys": party_keys(member.party_id), "back": "lodge"}
    return render(request, "portals/key.html", facts)
