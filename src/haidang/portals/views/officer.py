"""Pages of the officer: the queue of the own unit, a file, and decisions signed in the browser, handed on byte by byte to the lane of conditions."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from haidang.clearance.actions.viewing import ReasonNeeded, note_view
from haidang.clearance.lookups import files
from haidang.clearance.lookups.files import FileNumber
from haidang.clearance.rules.officers import POWER_OF_DEED
from haidang.clearance.rules.revising import KIND_OF_DEED, SECOND_PERSON
from haidang.clearance.terms.acts import Deed, QueuePlace
from haidang.clearance.terms.revisions import Revision
from haidang.organisation import actions as organisation_actions
from haidang.organisation.rules import conflict_over
from haidang.organisation.terms import Conflict, ConflictOfInterest, Seat
from haidang.platform.db import Transaction
from haidang.portals import handing_on
from haidang.portals.codes import names_of_today
from haidang.portals.dossier import dossier, shard_of
from haidang.portals.keys import officer_keys
from haidang.portals.reading import reader
from haidang.portals.views.acting import as_pdf, is_service_of, render_answer
from haidang.portals.who import Who, for_officers
from haidang.risk import lookups as risk

PAGE = 25
"""Conditions in one page of the queue."""
REASON_MINUTES = 60
"""How long a reason for looking at a file of another unit holds before it is asked again."""


def _seat(who: Who) -> Seat:
    assert who.seat is not None, "the page is for officers"
    return who.seat


@require_safe
@for_officers
def queue(request: HttpRequest, who: Who) -> HttpResponse:
    """List what customs holds open on files of the officer's units, the oldest due first."""
    seat = _seat(who)
    after = _place(request.GET.get("after", ""))
    found: list[dict[str, Any]] = []
    for server in range(reader().servers.count):
        with reader().transaction(server, office_codes=seat.homes) as transaction:
            found += files.office_queue(transaction, seat.homes, after, PAGE + 1, seat.conflicts)
    found.sort(key=lambda row: (row["due_at"] is None, row["due_at"] or 0, row["no11"], row["condition_no"]))
    names = names_of_today()
    rows = [{**row, "kind_named": names.of("declaration_kind", row["kind_code"])} for row in found[:PAGE]]
    following = _cursor(rows[-1]) if len(found) > PAGE else ""
    facts = {"who": who, "seat": seat, "rows": rows, "next": following, "is_later": after is not None}
    return render(request, "portals/queue.html", facts)


def _cursor(row: dict[str, Any]) -> str:
    due = row["due_at"].isoformat() if row["due_at"] else "-"
    return f"{due}~{row['no11']}~{row['condition_no']}"


def _place(cursor: str) -> QueuePlace | None:
    """Return the place that a cursor names; one that is none begins at the beginning."""
    try:
        due, no11, condition_no = cursor.split("~")
        return QueuePlace(None if due == "-" else datetime.fromisoformat(due), int(no11), int(condition_no))
    except ValueError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def file(request: HttpRequest, who: Who, number: str) -> HttpResponse:
    """Show one file. One of another unit within reach is shown for a reason, and every look is kept; any other is not there.

    One of a party with which the officer has a conflict of interest is kept from them.
    """
    seat, place = _seat(who), shard_of(number)
    if place is None:
        raise Http404
    server = reader().servers.for_shard(place[0])
    with reader().transaction(server, person_id=who.person_id, office_codes=seat.reach) as transaction:
        found = files.find_file(transaction, *place)
        if found is None:
            raise Http404
        if conflict := conflict_over(seat.conflicts, found.concerned, seat.read_at):
            return kept_away(request, who, number, conflict)
        reason = ""
        if found.unit_code not in seat.homes:
            reason, problem = _reason(request, transaction, found, seat)
            if not reason:
                facts = {"who": who, "number": number, "unit": found.unit_code, "problem": problem}
                return render(request, "portals/reason.html", facts)
        elif request.method == "POST":
            raise Http404
        shown = {} if request.method == "POST" else _file(transaction, found, seat)
    if request.method == "POST":
        return HttpResponseRedirect(reverse("file", args=[number]))
    facts = {"who": who, "seat": seat, "outside_reason": reason, "keys": officer_keys(who), **shown}
    return render(request, "portals/file.html", facts)


def kept_away(request: HttpRequest, who: Who, number: str, conflict: Conflict) -> HttpResponse:
    """Say that a conflict of interest keeps the file from this officer, and to whom it goes; that it was asked for is kept."""
    with reader().transaction(person_id=who.person_id) as transaction:
        organisation_actions.note_conflict(transaction.connection, conflict, number, "view")
    facts = {"who": who, "number": number, "conflict": conflict, "refusal": ConflictOfInterest(conflict)}
    return render(request, "portals/kept_away.html", facts, status=403)


def _reason(
    request: HttpRequest, transaction: Transaction, found: FileNumber, seat: Seat
) -> tuple[str, ReasonNeeded | None]:
    """Return for what reason the officer looks, now kept once more; or what is wrong with the one given."""
    given = request.POST.get("reason", "") if request.method == "POST" else ""
    reason = given or files.reason_for_view(transaction, found.key, seat.officer_code, REASON_MINUTES)
    if not reason and request.method != "POST":
        return "", None
    try:
        note_view(transaction, found, uuid4(), seat.officer_code, reason)
    except ReasonNeeded as refusal:
        return "", refusal
    return reason, None


def _file(transaction: Transaction, found: FileNumber, seat: Seat) -> dict[str, Any]:
    shown = dossier(transaction, found)
    waiting = [each for each in files.proposals_of(transaction, found.key) if each.decided_at is None]
    asked = files.open_revision(transaction, found.key)
    kinds = {each["kind"] for each in shown["open"]}
    offered = [deed for deed in Deed if _offered(deed, seat, found.unit_code, shown, kinds, bool(waiting))]
    return {
        "asked": asked,
        "file": shown,
        "reasons": risk.channel_reasons(transaction, found.key),
        "acts": files.acts_of(transaction, found.key),
        "proposals": waiting,
        "deeds": [each.value for each in Deed if each in offered or _may_decide(each, seat, found.unit_code, asked)],
    }


def _may_decide(deed: Deed, seat: Seat, unit: str, asked: Revision | None) -> bool:
    """Tell whether the form offers a decision on what is asked: of what an officer proposed, not to that officer."""
    if asked is None or KIND_OF_DEED.get(deed) is not asked.kind or not seat.may(POWER_OF_DEED[deed], unit):
        return False
    return asked.kind not in SECOND_PERSON or asked.asked_by != seat.officer_code


_ANSWERS = {
    Deed.ACCEPT_VALUE: "consultation", Deed.REJECT_VALUE: "consultation", Deed.RELEASE: "release", Deed.REFUSE_RELEASE: "release",
    Deed.RELEASE_TO_STORAGE: "storage", Deed.REFUSE_STORAGE: "storage",
}  # fmt: skip
"""Deeds that answer a request of the declarant, by the open condition that is the request."""


def _offered(deed: Deed, seat: Seat, unit: str, shown: dict[str, Any], kinds: set[str], is_proposed: bool) -> bool:
    """Tell whether the form offers a deed: the officer has the power over the unit, and the file is where the deed makes sense."""
    power = POWER_OF_DEED.get(deed)
    if power is None or deed in KIND_OF_DEED or not seat.may(power, unit):
        return False
    if deed in _ANSWERS:
        return _ANSWERS[deed] in kinds
    if deed is Deed.DOUBT_VALUE:
        return not shown["cleared"] and not kinds & {"value_doubt", "consultation"}
    if deed in (Deed.DOCUMENT_CHECK, Deed.INSPECTION_RESULT):
        return ("document_check" if deed is Deed.DOCUMENT_CHECK else "inspection") in kinds
    if deed in (Deed.APPROVE, Deed.REFUSE):
        return is_proposed
    if deed is Deed.PROPOSE_LOWER_CHANNEL:
        return bool(shown["channel"] > 1 and not is_proposed and not shown["cleared"])
    if deed is Deed.RAISE_CHANNEL:
        return bool(shown["channel"] < 3 and not shown["cleared"])
    return not shown["cleared"]


@require_safe
@for_officers
def key(request: HttpRequest, who: Who) -> HttpResponse:
    """Let the officer put the key file into this browser, once; it never leaves the browser and cannot be read out of it."""
    facts = {"who": who, "holder": _seat(who).officer_code, "keys": officer_keys(who), "back": "queue"}
    return render(request, "portals/key.html", facts)


@require_POST
@for_officers
def act(request: HttpRequest, who: Who) -> HttpResponse:
    """Hand a signed act on and show the answer."""
    return _answered(request, who, "acts")


@require_POST
@for_officers
def decision(request: HttpRequest, who: Who) -> HttpResponse:
    """Hand a signed decision on what was asked on and show the answer."""
    return _answered(request, who, "decisions")


def _answered(request: HttpRequest, who: Who, path: str) -> HttpResponse:
    """Hand a signed message on to the lane of conditions, byte by byte, with the token of this session."""
    return render_answer(request, who, handing_on.by_officer(request, path, request.body))


@require_safe
@for_officers
def proof(request: HttpRequest, who: Who, number: str, service_no: str) -> HttpResponse:
    """Give the proof of one service as PDF, of a file that the officer may see without giving a reason."""
    if not is_service_of(number, service_no):
        raise Http404
    if kept_away := require_own(request, who, number):
        return kept_away
    return as_pdf(handing_on.by_officer(request, f"served/{service_no}", accept=handing_on.PDF), service_no)


def require_own(request: HttpRequest, who: Who, number: str) -> HttpResponse | None:
    """Let pass whoever may see a file without giving a reason; return the page that says so when a conflict of interest keeps it from them.

    Raises:
        Http404: there is no such file in the officer's own units.
    """
    place = shard_of(number)
    if place is None:
        raise Http404
    server, seat = reader().servers.for_shard(place[0]), _seat(who)
    with reader().transaction(server, person_id=who.person_id, office_codes=seat.homes) as transaction:
        found = files.find_file(transaction, *place)
    if found is None or found.unit_code not in seat.homes:
        raise Http404
    conflict = conflict_over(seat.conflicts, found.concerned, seat.read_at)
    return kept_away(request, who, number, conflict) if conflict else None
