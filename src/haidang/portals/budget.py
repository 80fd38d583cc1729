"""Budgets of pages for everybody: so many questions from one address, then 429 with the time of the next slot, as lanes answer a sender that floods."""

import functools
import math

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from haidang.platform.budgets import AddressBudgets
from haidang.platform.config import load
from haidang.portals import tags
from haidang.portals.who import who_asks

PRICED, CHECKED = 4, 10
"""Slots of a question that reckons taxes or compares texts, and of one that reads a whole receipt against its law book; a look-up takes one."""


@functools.cache
def _budgets() -> AddressBudgets:
    config = load()
    return AddressBudgets(config.public_rate, config.public_burst)


def over_budget(request: HttpRequest, cost: int) -> HttpResponse | None:
    """Take the slots of a question from the budget of its address; return the refusal when they are not free.

    Whoever is logged in is known by name and is let in: a whole office may share one address.
    """
    seconds = _budgets().wait(request.META.get("REMOTE_ADDR", ""), cost)
    if not seconds or who_asks(request) is not None:
        return None
    seconds = math.ceil(seconds * 1000) / 1000
    response = _for_machines(seconds) if request.path.startswith("/api/") else _for_people(request, seconds)
    response["Retry-After"] = str(math.ceil(seconds))
    return response


def _for_people(request: HttpRequest, seconds: float) -> HttpResponse:
    facts = {"who": None, "bare": True, "seconds": math.ceil(seconds)}
    return render(request, "portals/over_budget.html", facts, status=429)


def _for_machines(seconds: float) -> HttpResponse:
    vi, en = (words.format(seconds=f"{seconds:.3f}") for words in tags.WORDS["ask.used_up"])
    body = {
        "type": "/problems/budget", "title": en, "title_vi": vi, "status": 429, "next_slot_s": seconds,
    }  # fmt: skip
    return HttpResponse(msgspec.json.encode(body), content_type="application/problem+json", status=429)
