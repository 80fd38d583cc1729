"""Pages for those who decide on law: ask what a draft of the law book would bring, and read the answer in a minute."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from haidang.insight import actions, runs
from haidang.insight.rules.telling import OTHERS, Bar, bars, share_bp
from haidang.insight.terms import TooManyRuns, WhatIfRun
from haidang.kernel.findings import Refusal
from haidang.organisation.terms import Act
from haidang.portals.codes import Names, Spoken, names_of_today
from haidang.portals.reading import reader
from haidang.portals.who import Who, for_lawmakers

_ROWS = 8
_CHARTS = ("chapter", "origin", "province", "firm_size", "month")
_FIELDS = ("draft", "before_on", "after_on")
_LARGEST_NUMBER = 2**31 - 1


class WhatIfNotAsked(Refusal):
    """What was filled in names no draft or no day."""

    code = "WHATIF_NOT_ASKED"
    text_vi = (
        "Ghi số hoặc tên của đúng một dự thảo trong danh sách gợi ý, và ngày của luật để so; tên trùng nhau thì ghi số."
    )
    text_en = "Give the number or title of just one draft of those suggested, and the day whose law is compared; of two with one title give the number."


@require_http_methods(["GET", "HEAD", "POST"])
@for_lawmakers
def whatifs(request: HttpRequest, who: Who) -> HttpResponse:
    """List the what-ifs that were asked for, and ask for another: the worker answers it."""
    given = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    problem: Refusal | None = None
    if request.method == "POST":
        try:
            return HttpResponseRedirect(reverse("whatif", args=[_ask(who, given)]))
        except (WhatIfNotAsked, TooManyRuns) as refusal:
            problem = refusal
    with reader().transaction(person_id=who.person_id) as transaction:
        found, titles = runs.runs(transaction.connection), runs.draft_titles(transaction.connection)
    rows = [{"run": run, **_headline(run)} for run in found]
    facts = {"who": who, "rows": rows, "given": given, "problem": problem, "titles": titles}
    return render(request, "portals/whatifs.html", facts, status=422 if problem else 200)


def _ask(who: Who, given: Mapping[str, str]) -> int:
    """Ask for a what-if in the name of the officer; return its number.

    Raises:
        WhatIfNotAsked: a field is none.
        TooManyRuns: as many wait as may.
    """
    assert who.seat is not None
    power = next(power for power in who.seat.powers if power.act is Act.PUBLISH_LAW)
    before = _day(given["before_on"])
    days = before, _day(given["after_on"]) if given["after_on"] else before
    with reader().transaction(person_id=who.person_id) as transaction:
        draft_id = _draft_called(given["draft"], runs.draft_titles(transaction.connection))
        return actions.ask(transaction.connection, draft_id, days, who.seat.officer_code, power.power_id)


def _draft_called(text: str, titles: list[tuple[int, str]]) -> int:
    """Return the draft that a number or a title names; a title that is a number is not asked for by it.

    Raises:
        WhatIfNotAsked: neither, or several drafts have the title.
    """
    if text.isascii() and text.isdigit():
        if not 0 < int(text[:12]) <= _LARGEST_NUMBER:
            raise WhatIfNotAsked
        return int(text)
    called = [number for number, title in titles if title == text]
    if len(called) != 1:
        raise WhatIfNotAsked
    return called[0]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WhatIfNotAsked from error


@require_safe
@for_lawmakers
def whatif(request: HttpRequest, who: Who, number: int) -> HttpResponse:
    """Show one what-if: how far it is, why it has no answer, or the answer with one headline, bars, who gains and who pays."""
    with reader().transaction(person_id=who.person_id) as transaction:
        run = runs.run(transaction.connection, number) if number <= _LARGEST_NUMBER else None
    if run is None:
        raise Http404
    facts: dict[str, Any] = {"who": who, "run": run, **_headline(run)}
    if run.answer is not None:
        facts |= _shown(facts["answer"], names_of_today())
    return render(request, "portals/whatif.html", facts)


def _headline(run: WhatIfRun) -> dict[str, Any]:
    """Return the answer of a run with its one figure; nothing while there is none."""
    if run.answer is None:
        return {}
    answer = msgspec.json.decode(run.answer)
    difference = answer["total"]["difference_vnd"]
    turn = "more" if difference > 0 else "less" if difference else "same"
    share = share_bp(answer["total"]["before_vnd"], difference)
    return {
        "answer": answer,
        "turn": turn,
        "amount_vnd": abs(difference),
        "share_bp": None if share is None else abs(share),
    }


def _shown(answer: dict[str, Any], names: Names) -> dict[str, Any]:
    """Return what the page shows of an answer beside its headline."""
    charts = [_chart(of, answer, names) for of in _CHARTS]
    told = [chart for chart in charts if any(bar.name for bar, _ in chart.rows)]
    return {
        "taxes": bars(answer["taxes"], len(answer["taxes"]) + 1),
        "charts": told,
        "untold": [chart.of for chart in charts if chart not in told],
        "undecided": _undecided(answer["undecided"]),
        "books": [("before", answer["before_book"]), ("after", answer["after_book"])],
        "unverified": any(answer[f"{law}_book"]["unverified"] for law in ("before", "after")),
        "days": {law: date.fromisoformat(answer[f"{law}_book"]["on"]) for law in ("before", "after")},
    }  # fmt: skip


def _undecided(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each reason once, with how many lines either law does not decide for it; the most first."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for each in told:
        row = rows.setdefault((each["tax"], each["reason"]), {**each, "before": 0, "after": 0})
        row[each["law"]] = each["lines"]
        row["customs_value_vnd"] = max(row["customs_value_vnd"], each["customs_value_vnd"])
    return sorted(rows.values(), key=lambda row: (-max(row["before"], row["after"]), row["tax"], row["reason"]))


class _Chart(NamedTuple):
    """One chart: what its rows are, and each row with what it is called."""

    of: str
    rows: list[tuple[Bar, Spoken]]


def _chart(of: str, answer: dict[str, Any], names: Names) -> _Chart:
    drawn = bars(answer[f"by_{of}"], _ROWS, by_name=of == "month")
    return _Chart(of, [(bar, _called(of, bar, names)) for bar in drawn])


def _called(of: str, bar: Bar, names: Names) -> Spoken:
    """Return what a row of a chart is called: a country by its name; the others by their code."""
    if bar.name == OTHERS or not bar.name:
        return Spoken("")
    called: Callable[[], Spoken] = {
        "origin": lambda: names.of("country", bar.name),
        "province": lambda: names.of("province", bar.name),
        "firm_size": lambda: names.of("firm_size", bar.name),
    }.get(of, lambda: Spoken(bar.name))
    return called()
