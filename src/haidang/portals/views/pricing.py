"""The public calculator: every duty that a line of goods could bear, cheapest first, and each đồng of the one chosen."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from haidang.portals.asking import AMOUNTS, EXPORT, Line, line_asked
from haidang.portals.budget import PRICED
from haidang.portals.law import Law, law_of_today
from haidang.portals.public import at_the_cost_of
from haidang.portals.views.tariff import control_named
from haidang.portals.who import who_asks
from haidang.taxes.rules.books import lists_of_day
from haidang.taxes.rules.quoting import quote
from haidang.taxes.terms.quoting import Quote
from haidang.taxes.terms.receipts import NotPriceable

_USUAL = ("USD", "EUR", "CNY", "JPY", "VND")


@at_the_cost_of(PRICED)
def price(request: HttpRequest) -> HttpResponse:
    """Ask for a line of goods, and show what it would pay. All of the question stands in the address."""
    law = law_of_today()
    is_asked = "hs" in request.GET and "value" in request.GET
    line = line_asked(request.GET, law)
    found, refused = (None, "")
    if line.asked is not None:
        try:
            found = quote(law.book, line.asked)
        except NotPriceable as error:
            refused = str(error)
    problems = dict(line.problems) if is_asked else {}
    facts = {
        "who": who_asks(request), "line": line, "typed": line.typed, "problems": problems, "refused": refused, "quote": found, "is_asked": is_asked,
        "is_export": line.typed["direction"] == EXPORT, "address": _address(request), **_choices(law, line), **_result(found),
    }  # fmt: skip
    return render(request, "portals/price.html", facts)


def _address(request: HttpRequest) -> str:
    """Return the question without the schedule whose steps are shown, to which another is added."""
    query = request.GET.copy()
    for name in ("schedule", "lang"):
        query.pop(name, None)
    return query.urlencode()


def _choices(law: Law, line: Line) -> dict[str, Any]:
    """Return what the form lets choose on the day: countries, currencies with a rate that week, terms, units and tax codes of the code."""
    on = line.asked.on if line.asked else law.today
    day = law.book.day(on)
    lists = lists_of_day(law.book.book.codes, on)
    code = line.typed["hs"].replace(".", "").replace(" ", "")
    entry = day.tariff.entries.get(code)
    rates = sorted(day.exchange_rates_e4, key=lambda each: (each not in _USUAL, each))
    printed = [each.code for each in (*entry.vat, *_charges(entry))] if entry else []
    return {
        "countries": sorted(lists["country"].values(), key=lambda each: each.code),
        "currencies": rates,
        "terms": list(lists["price_condition"].values()),
        "units": entry.unit_codes if entry else (),
        "name": law.book.name(code),
        "tax_codes": [{"code": each, "named": lists["vat_code"].get(each)} for each in dict.fromkeys(printed)],
        "has_quota": bool(entry and entry.quota),
        "amounts": AMOUNTS,
    }


def _charges(entry: Any) -> list[Any]:
    charges = (*entry.trade_remedies, *entry.special_consumption, *entry.environment)
    return [each for each in charges if each.code]


def _result(found: Quote | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"receipt": found.receipt, "needs": [control_named(each) for each in found.controls]}
