"""What somebody asks of the tariff in an address: a day, words, and the line of goods whose taxes are wanted. The same for pages and for machines."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from django.http import QueryDict
from msgspec import Struct

from haidang.kernel.money import AmountOverflow, NotAnAmount, parse_scaled
from haidang.portals.law import Law
from haidang.taxes.rules.books import lists_of_day
from haidang.taxes.terms.quoting import QuoteAsked

_CODE = re.compile(r"[0-9]{8}")
_FORMS = ("%Y-%m-%d", "%d/%m/%Y")
_LONGEST = 40
_MOST_CODES = 5
EXPORT = "export"
AMOUNTS: Mapping[str, int] = {"value": 4, "quantity": 3, "freight": 4, "insurance": 4, "quota_left": 3}
"""The fields that are amounts, with the decimals they may have."""


class Line(Struct, frozen=True, kw_only=True):
    """A line of goods as it was asked for: each field as typed, what is wrong with which, and the whole when nothing is."""

    typed: Mapping[str, str]
    tax_codes: tuple[str, ...]
    problems: Mapping[str, str]
    asked: QuoteAsked | None


def day_asked(query: QueryDict, law: Law) -> tuple[date, bool]:
    """Return the day asked for (2026-03-02 or 02/03/2026), today when none is; and whether what was typed is no day, so that today stands for it."""
    typed = query.get("on", "").strip()
    if not typed:
        return law.today, False
    for form in _FORMS:
        try:
            return datetime.strptime(typed[:10], form).date(), len(typed) > 10  # noqa: DTZ007  (a calendar date)
        except ValueError:
            continue
    return law.today, True


def line_asked(query: QueryDict, law: Law) -> Line:
    """Return the line of goods that an address asks about. `problems` names for each wrong field the word that says what to do."""
    on, is_no_day = day_asked(query, law)
    typed = {name: query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    problems = {"on": "problem.on"} if is_no_day else {}
    for name, places in AMOUNTS.items():
        if not _is_amount(typed[name], places) and (typed[name] or name == "value"):
            problems[name] = "problem.amount" if places > 3 else "problem.quantity"
    code = typed["hs"].replace(".", "").replace(" ", "")
    if not _CODE.fullmatch(code) or code not in law.book.day(on).tariff.entries:
        problems["hs"] = "problem.hs"
    problems |= _unlisted(typed, law, on)
    problems = {name: problems[name] for name in (*_FIELDS, "on") if name in problems}
    tax_codes = tuple(each for each in query.getlist("tax")[:_MOST_CODES] if each and len(each) <= _LONGEST)
    asked = None if problems else _asked(typed, code, on, tax_codes)
    return Line(typed={**typed, "on": on.isoformat()}, tax_codes=tax_codes, problems=problems, asked=asked)


_FIELDS = (
    "hs", "origin", "value", "currency", "quantity", "unit", "terms", "freight", "freight_currency", "insurance", "insurance_currency", "schedule",
    "direction", "quota_left",
)  # fmt: skip


def _is_amount(text: str, places: int) -> bool:
    try:
        parse_scaled(text, places)
    except (NotAnAmount, AmountOverflow):
        return False
    return True


def _unlisted(typed: Mapping[str, str], law: Law, on: date) -> dict[str, str]:
    """Return the fields whose code stands in no list of the day."""
    lists = lists_of_day(law.book.book.codes, on)
    rates = law.book.day(on).exchange_rates_e4
    known = {
        "origin": lists["country"], "terms": lists["price_condition"], "schedule": lists["tariff_schedule"], "unit": lists["unit"],
        "direction": ("import", EXPORT), "currency": rates, "freight_currency": rates, "insurance_currency": rates,
    }  # fmt: skip
    return {
        name: f"problem.{'currency' if name.endswith('currency') else name}"
        for name, codes in known.items()
        if typed[name] and typed[name] not in codes
    }


def _asked(typed: Mapping[str, str], code: str, on: date, tax_codes: tuple[str, ...]) -> QuoteAsked:
    is_export = typed["direction"] == EXPORT
    return QuoteAsked(
        commodity_code=code,
        on=on,
        value=typed["value"],
        currency_code=typed["currency"] or "USD",
        origin_country_code=typed["origin"],
        schedule_code=typed["schedule"],
        quantity=typed["quantity"] or "1",
        unit_code=typed["unit"],
        price_condition_code=typed["terms"] or ("FOB" if is_export else "CIF"),
        freight=typed["freight"],
        freight_currency_code=typed["freight_currency"],
        insurance=typed["insurance"],
        insurance_currency_code=typed["insurance_currency"],
        tax_codes=tax_codes,
        is_export=is_export,
        quota_left=typed["quota_left"],
    )
