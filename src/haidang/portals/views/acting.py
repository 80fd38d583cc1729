"""What a trader does with a registered declaration on its page: answers, asks, attaches, amends, cancels; and the proof of what was served."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from haidang.clearance.lookups import files
from haidang.clearance.rules.cancelling import CASES
from haidang.clearance.rules.releasing import RELEASE_CODES, STORAGE_TRIGGER
from haidang.clearance.rules.serving import parse_service_no
from haidang.clearance.terms.acts import Deed
from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.documents.rules.tables import document_types, fields_of, media_types
from haidang.parties.terms import Membership
from haidang.platform.config import load
from haidang.portals import handing_on
from haidang.portals.dossier import shard_of
from haidang.portals.filling import acting_for
from haidang.portals.handing_on import Answered
from haidang.portals.keys import party_keys
from haidang.portals.reading import reader
from haidang.portals.who import Who, for_declarants, for_traders

CANCEL = "CANCEL"
_KINDS = frozenset(("acts", "cancellations", "documents"))
"""What the page of a declaration sends: paths of the API."""
_OVER = frozenset(("cancelled", "expired"))
_RELEASED = frozenset(("released", "storage"))


def work_of(who: Who, file: dict[str, Any]) -> dict[str, Any]:
    """Return what the page offers the person to do with a declaration: nothing to those who only read."""
    member = acting_for(who, file["trader_code"])
    if member is None or file["state"] in _OVER:
        return {"member": None}
    return {
        "member": member,
        "keys": party_keys(member.party_id),
        "deeds": _offered(file),
        "purposes": _purposes(file),
        "unanswered": [each for each in file["questions"] if not each.get("answer")],
        "cases": [each for each in CASES.values() if _fits(each.direction, file)],
        "release_codes": RELEASE_CODES,
        "storage_places": tuple(STORAGE_TRIGGER),
        "document_types": [{"type": each, "fields": fields_of(code)} for code, each in document_types().items()],
        "document_bytes": load().document_bytes,
        "suffixes": ",".join(f".{each.suffix}" for each in media_types().values()),
    }


def _purposes(file: dict[str, Any]) -> list[str]:
    """Return what a form about the declaration may be for, the most pressing first."""
    if any(each["kind"] == "supplement" for each in file["open"]):
        return ["supplement"]
    return ["amend_cleared" if file["cleared"] else "amend"]


def _is_export(file: dict[str, Any]) -> bool:
    return file["kind_code"] in EXPORT_KINDS


def _fits(direction: str, file: dict[str, Any]) -> bool:
    return direction in ("both", "export" if _is_export(file) else "import")


def _offered(file: dict[str, Any]) -> list[str]:
    """Return the deeds that make sense now, the most pressing first; the lane judges each."""
    kinds = {each["kind"] for each in file["open"]}
    under_way = not file["cleared"]
    imports = under_way and not _is_export(file) and file["state"] not in _RELEASED
    offered = {
        Deed.ANSWER_QUESTION: any(not each.get("answer") for each in file["questions"]),
        Deed.ASK_CONSULTATION: "value_doubt" in kinds and "consultation" not in kinds,
        Deed.REQUEST_RELEASE: imports and "release" not in kinds,
        Deed.REQUEST_STORAGE: imports and "storage" not in kinds and "specialised_inspection" in kinds,
        Deed.ATTACH: True,
    }
    deeds = [deed.value for deed, makes_sense in offered.items() if makes_sense]
    return deeds if "cancellation" in kinds else [*deeds, CANCEL]


@require_POST
@for_declarants
def message(request: HttpRequest, who: Who, party: str, kind: str) -> HttpResponse:
    """Hand a message of a member on and show the answer; of a document the answer goes to the page as it came, for the act that names it."""
    member = who.member(party)
    if member is None or kind not in _KINDS:
        raise Http404
    answered = handing_on.by_member(request, who, member, kind, request.body)
    if kind == "documents" and answered.facts:
        return HttpResponse(answered.content, status=answered.status, content_type=answered.content_type)
    return render_answer(request, who, answered)


def render_answer(request: HttpRequest, who: Who, answered: Answered) -> HttpResponse:
    """Show what a lane answered to an act; 503 when the outcome is not known."""
    if not answered.facts:
        return render(request, "portals/answer.html", {"answer": {}, "outcome": "unreachable"}, status=503)
    outcome = "done" if answered.is_done else "refused"
    return render(request, "portals/answer.html", {"who": who, "answer": answered.facts, "outcome": outcome})


@require_safe
@for_traders
def proof(request: HttpRequest, who: Who, number: str, service_no: str) -> HttpResponse:
    """Give the proof of one service as PDF, to who may act on the declaration; asking for it opens the text."""
    if not is_service_of(number, service_no):
        raise Http404
    member = member_for(who, number)
    return as_pdf(handing_on.by_member(request, who, member, f"served/{service_no}", accept=handing_on.PDF), service_no)


def member_for(who: Who, number: str) -> Membership:
    """Return the member for whose party the person may act on a declaration.

    Raises:
        Http404: there is no such declaration, or they may only read it.
    """
    member = acting_for(who, _trader_of(who, number))
    if member is None:
        raise Http404
    return member


def reading_for(who: Who, number: str) -> Membership:
    """Return the member for whose party the person may read a declaration, in whatever role.

    Raises:
        Http404: there is no such declaration for them.
    """
    party_id = who.readers.get(_trader_of(who, number))
    member = next((each for each in who.members if each.party_id == party_id), None)
    if member is None:
        raise Http404
    return member


def _trader_of(who: Who, number: str) -> str:
    place = shard_of(number)
    if place is None:
        raise Http404
    server = reader().servers.for_shard(place[0])
    with reader().transaction(server, person_id=who.person_id, trader_codes=who.trader_codes) as transaction:
        file = files.find_file(transaction, *place)
    return file.trader_code if file is not None else ""


def is_service_of(number: str, service_no: str) -> bool:
    """Tell whether a service number is one of a declaration's."""
    return service_no.startswith(f"{number[:11]}-") and parse_service_no(service_no) is not None


def as_pdf(answered: Answered, service_no: str) -> HttpResponse:
    """Return a PDF to be saved; what is no PDF is not there."""
    if answered.content_type != handing_on.PDF:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{service_no}.pdf"'}
    return HttpResponse(answered.content, content_type=handing_on.PDF, headers=headers)
