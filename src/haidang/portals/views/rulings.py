"""Pages of advance rulings: for traders and officers their files, and for everybody what is published. Steps are signed in the browser."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from haidang.organisation.rules import conflict_over
from haidang.organisation.terms import Concerned, Seat
from haidang.platform.db import Transaction
from haidang.portals import handing_on
from haidang.portals.filling import acting_for
from haidang.portals.handing_on import Answered
from haidang.portals.keys import officer_keys, party_keys
from haidang.portals.public import for_everybody
from haidang.portals.reading import reader
from haidang.portals.views.officer import kept_away
from haidang.portals.who import Who, for_declarants, for_officers, for_people, who_asks
from haidang.rulings import lookups
from haidang.rulings.lookups import RulingRows
from haidang.rulings.rules import ASKED_FIELD, MOVES, POWER_OF
from haidang.rulings.terms import Actor, Outcome, RulingAct, RulingFile, RulingKind

_KINDS = frozenset(("ruling-applications", "ruling-steps"))
_WITH_CONTENT = frozenset((Outcome.ISSUE, Outcome.REPLACE))


@require_safe
@for_people
def rulings(request: HttpRequest, who: Who) -> HttpResponse:
    """List the files that the person may read, newest first; offer an application to who may act for a party."""
    rows: list[dict[str, Any]] = []
    for server in range(reader().servers.count):
        with _reading(who, server) as transaction:
            rows += lookups.list_view(transaction, _now(transaction))
    rows.sort(key=lambda each: str(each["submitted_at"]), reverse=True)
    if who.seat is not None:
        rows = [each for each in rows if not _is_apart(who.seat, each["trader_code"], 0)]
    facts = {"who": who, "rows": rows, "kinds": [kind.name.lower() for kind in RulingKind], "member": None}
    if who.acting:
        member = who.acting[0]
        facts |= {"member": member, "keys": party_keys(member.party_id), "traders": who.trader_codes}
    return render(request, "portals/rulings.html", facts)


@for_everybody
def published(request: HttpRequest) -> HttpResponse:
    """List the rulings in force for everybody, without whose they are."""
    rows: list[dict[str, Any]] = []
    for server in range(reader().servers.count):
        with reader().transaction(server) as transaction:
            rows += lookups.published(transaction.connection, _now(transaction))
    rows.sort(key=lambda each: str(each["issued_at"]), reverse=True)
    return render(request, "portals/published_rulings.html", {"who": who_asks(request), "rows": rows})


@require_safe
@for_people
def ruling(request: HttpRequest, who: Who, number: str) -> HttpResponse:
    """Show one file with its clocks, steps and rulings, and the steps that the person may take in it now."""
    for server in range(reader().servers.count):
        with _reading(who, server) as transaction:
            trader = lookups.trader_of(transaction, number)
            rows = lookups.rows_of_number(transaction, trader, number) if trader is not None else None
            at = _now(transaction)
        if rows is not None:
            return _shown(request, who, rows, at)
    raise Http404


def _shown(request: HttpRequest, who: Who, rows: RulingRows, at: datetime) -> HttpResponse:
    file, seat = rows.file, who.seat
    if seat is not None:
        conflict = conflict_over(seat.conflicts, Concerned((file.trader_code,), file.applicant_id), seat.read_at)
        if conflict is not None:
            return kept_away(request, who, file.application_no, conflict)
    facts = {
        "who": who, "file": lookups.file_view(rows, at, for_customs=seat is not None), "proposal": file.proposal if seat else None,
        "content": ASKED_FIELD[file.kind], "steps": _offered(who, file), "with_content": _WITH_CONTENT,
    }  # fmt: skip
    if seat is not None:
        facts |= {"keys": officer_keys(who), "sender": seat.party_code, "holder": seat.officer_code}
    elif (member := acting_for(who, file.trader_code)) is not None:
        facts |= {"keys": party_keys(member.party_id), "sender": member.party_code, "holder": member.party_code}
    return render(request, "portals/ruling.html", facts)


def _offered(who: Who, file: RulingFile) -> list[str]:
    """Return the steps of the table that the person may take in this state; the lane judges each."""
    found = []
    for (state, act, outcome), move in MOVES.items():
        if state is not file.state or not _may(who, file, move.by):
            continue
        if act is RulingAct.APPROVE:
            mine = who.seat is not None and file.proposal is not None and file.proposal.by_code == who.seat.officer_code
            if file.proposal is not None and file.proposal.outcome == outcome and not mine:
                found += [RulingAct.APPROVE.value, RulingAct.RETURN.value]
        elif act is RulingAct.PROPOSE:
            found.append(f"{act.value}_{outcome}")
        else:
            found.append(act.value)
    return found


def _may(who: Who, file: RulingFile, by: Actor) -> bool:
    if by is Actor.TRADER:
        return who.seat is None and acting_for(who, file.trader_code) is not None
    return who.seat is not None and any(power.act is POWER_OF[by] for power in who.seat.powers)


def _is_apart(seat: Seat, trader_code: str, declarant_id: int) -> bool:
    return conflict_over(seat.conflicts, Concerned((trader_code,), declarant_id), seat.read_at) is not None


@require_POST
@for_declarants
def send(request: HttpRequest, who: Who, party: str, kind: str) -> HttpResponse:
    """Hand a signed application or step of a member on and show the answer."""
    member = who.member(party)
    if member is None or kind not in _KINDS:
        raise Http404
    return _answered(request, who, handing_on.by_member(request, who, member, kind, request.body))


@require_POST
@for_officers
def send_step(request: HttpRequest, who: Who) -> HttpResponse:
    """Hand a signed step of an officer on and show the answer."""
    return _answered(request, who, handing_on.by_officer(request, "ruling-steps", request.body))


def _answered(request: HttpRequest, who: Who, answered: Answered) -> HttpResponse:
    if not answered.facts:
        return render(request, "portals/answer.html", {"answer": {}, "outcome": "unreachable"}, status=503)
    if not answered.is_done:
        return render(request, "portals/answer.html", {"who": who, "answer": answered.facts, "outcome": "refused"})
    return render(request, "portals/ruling_answer.html", {"who": who, "answer": answered.facts})


def _reading(who: Who, server: int) -> Any:
    offices = who.seat.reach if who.seat is not None else ()
    return reader().transaction(server, person_id=who.person_id, trader_codes=who.trader_codes, office_codes=offices)


def _now(transaction: Transaction) -> datetime:
    row = transaction.execute("SELECT legal_now()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at
