"""The page on which an officer declares conflicts of interest: parties whose files go to somebody else."""

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from haidang.kernel.calendar import day_start
from haidang.organisation import actions as organisation
from haidang.organisation.terms import ConflictRefused, Relation
from haidang.portals.reading import reader
from haidang.portals.who import Who, for_officers

LONGEST_NOTE = 600
_FIELDS = ("party_code", "relation", "note", "valid_from", "valid_until")


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def conflicts(request: HttpRequest, who: Who) -> HttpResponse:
    """Show the officer's conflicts of interest in force, and enter the one that the officer declares: it counts from this moment."""
    assert who.seat is not None, "the page is for officers"
    given = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    problem = None
    if request.method == "POST":
        try:
            _declare(who, given)
            return HttpResponseRedirect(reverse("conflicts"))
        except ConflictRefused as refusal:
            problem = refusal
    facts = {
        "who": who, "seat": who.seat, "relations": [each.value for each in Relation], "given": given, "problem": problem,
        "longest": LONGEST_NOTE,
    }  # fmt: skip
    return render(request, "portals/conflicts.html", facts, status=422 if problem else 200)


def _declare(who: Who, given: dict[str, str]) -> None:
    """Enter what the officer declares.

    Raises:
        ConflictRefused: a field is none, or the register refuses it.
    """
    assert who.seat is not None
    officer = who.seat.officer_code
    if given["relation"] not in list(Relation) or len(given["note"]) > LONGEST_NOTE:
        raise ConflictRefused
    with reader().transaction(person_id=who.person_id) as transaction:
        organisation.record_conflict(
            transaction.connection, officer=officer, party_code=given["party_code"], relation=Relation(given["relation"]),
            recorded_by=officer, note=given["note"], valid_from=_day(given["valid_from"]), valid_until=_day(given["valid_until"]),
        )  # fmt: skip


def _day(text: str) -> datetime | None:
    """Return the first instant of a Vietnamese day written YYYY-MM-DD, None for an empty text."""
    if not text:
        return None
    try:
        return day_start(date.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise ConflictRefused from error
