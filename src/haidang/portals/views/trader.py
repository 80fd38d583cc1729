"""Pages of the trader and the broker: the list of declarations and the dossier."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from haidang.clearance import lookups as clearance
from haidang.clearance.actions import serving
from haidang.clearance.lookups import files
from haidang.clearance.terms import State
from haidang.declarations.terms import ListFilter
from haidang.portals.codes import names_of_today
from haidang.portals.dossier import dossier, shard_of
from haidang.portals.reading import reader
from haidang.portals.views.acting import work_of
from haidang.portals.who import Who, for_traders

PAGE = 25
"""Declarations in one page of the list."""
STATES = tuple(state.name.lower() for state in State if state not in (State.DRAFT, State.EXPIRED))
CHANNELS = (1, 2, 3)
_CURSOR = re.compile(r"[0-9]{31}")
_NUMBER = re.compile(r"[0-9]{11,12}")


@require_safe
@for_traders
def declarations(request: HttpRequest, who: Who) -> HttpResponse:
    """List the declarations that the person may read, newest first, narrowed by number, state and channel."""
    number, state, channel = (request.GET.get(name, "").strip() for name in ("number", "state", "channel"))
    before = request.GET.get("after", "")
    problem = "number" if number and not _NUMBER.fullmatch(number) else ""
    wanted = ListFilter(
        no11=int(number[:11]) if number and not problem else 0,
        state=int(State[state.upper()]) if state in STATES else None,
        channel=int(channel) if channel in map(str, CHANNELS) else 0,
    )
    rows = [] if problem else _list(who, before if _CURSOR.fullmatch(before) else "", wanted)
    facts = {
        "who": who, "rows": rows[:PAGE], "number": number, "state": state, "channel": channel, "problem": problem,
        "states": STATES, "channels": CHANNELS, "is_later": bool(before),
        "next": rows[PAGE - 1]["cursor"] if len(rows) > PAGE else "",
    }  # fmt: skip
    return render(request, "portals/declarations.html", facts)


def _list(who: Who, before: str, wanted: ListFilter) -> list[dict[str, Any]]:
    codes = list(who.trader_codes)
    found: list[dict[str, Any]] = []
    for server in range(reader().servers.count):
        with reader().transaction(server, trader_codes=codes) as transaction:
            found += clearance.declaration_list(transaction, codes, before, PAGE + 1, wanted)
    names = names_of_today()
    rows = sorted(found, key=lambda each: str(each["cursor"]), reverse=True)[: PAGE + 1]
    return [{**row, "kind_named": names.of("declaration_kind", row["kind_code"])} for row in rows]


@require_safe
@for_traders
def declaration(request: HttpRequest, who: Who, number: str) -> HttpResponse:
    """Show one declaration; another's is not there. What was served about it has reached its reader by this page."""
    place = shard_of(number)
    if place is None:
        raise Http404
    server = reader().servers.for_shard(place[0])
    with reader().transaction(server, person_id=who.person_id, trader_codes=who.trader_codes) as transaction:
        file = files.find_file(transaction, *place)
        if file is None:
            raise Http404
        reader_id = who.readers.get(file.trader_code)
        if request.method == "GET" and reader_id is not None:
            serving.shown(transaction, file.key, reader_id)
        # Within the transaction: a page that could not be made was not shown. Who entrusted it does not see what the trader has paid.
        shown = dossier(transaction, file)
        facts = {
            "who": who, "file": shown, "work": work_of(who, shown), "is_done": "done" in request.GET, "is_entrusting": reader_id is None,
        }  # fmt: skip
        return render(request, "portals/declaration.html", facts)
