"""The public page of the help with classification: goods in words, the codes that they speak for, and why. It decides nothing."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from haidang.portals.asking import day_asked
from haidang.portals.classifying import classifier_of, told_to_all
from haidang.portals.law import law_of_today
from haidang.portals.public import for_everybody
from haidang.portals.views.tariff import day_facts
from haidang.tariff.classifying.terms import TEXT, Candidate, Classified, ModelNotUsable, Speaker
from haidang.tariff.searching import TariffIndex

_log = logging.getLogger("haidang.pages")
MOST_CHARACTERS = 1_000
"""Longer than any description of goods on a declaration, and short enough for the address of a page."""
_CODES = 5


@for_everybody
def classification(request: HttpRequest) -> HttpResponse:
    """Ask for goods in words, and show up to five codes of the day with what speaks for each. The whole question stands in the address."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    typed = request.GET.get("text", "").strip()
    text = typed[:MOST_CHARACTERS]
    index = law.book.index(on)
    found, is_without = None, False
    if text:
        try:
            found = told_to_all(classifier_of(law.book).ask(text, on, _CODES))
        except ModelNotUsable:
            _log.exception("the model of the help with classification cannot be used")
            is_without = True
    facts = {
        "text": text, "most": MOST_CHARACTERS, "is_cut": len(typed) > MOST_CHARACTERS, "found": found, "is_without": is_without,
        "candidates": _candidates(found, index) if found else (), **day_facts(request, law, on, is_no_day),
    }  # fmt: skip
    return render(request, "portals/classification.html", facts, status=503 if is_without else 200)


def _candidates(found: Classified, index: TariffIndex) -> list[dict[str, Any]]:
    """Return the codes with the titles above them, and what speaks for each as people are told it."""
    return [
        {
            "candidate": each,
            "path": index.path(each.commodity_code),
            "percent": None if each.confidence_bp is None else round(each.confidence_bp / 100),
            "speakers": _speakers(each),
        }
        for each in found.candidates
    ]


def _speakers(candidate: Candidate) -> list[Speaker]:
    """Return what can be shown: names, titles and rulings with their words; of the texts that a site taught only that there are some."""
    shown = [each for each in candidate.speakers if each.kind != TEXT]
    return shown + [each for each in candidate.speakers if each.kind == TEXT][:1]
