"""Public pages of the tariff: search, the tree, and all that the law book says of one code on a day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from haidang.balances import lookups as balances
from haidang.balances.terms import Balance
from haidang.clearance.rules.wording import WORDS as LAW_WORDS
from haidang.clearance.rules.wording import agency_in_words
from haidang.portals.asking import day_asked
from haidang.portals.law import Law, law_of_today
from haidang.portals.public import for_everybody
from haidang.portals.reading import reader
from haidang.portals.who import Who, who_asks
from haidang.reference.rules import nearest
from haidang.reference.terms import CodeValue
from haidang.tariff.terms import (
    CHAPTER_98,
    MFN,
    ORDINARY,
    OUT_OF_QUOTA,
    CodeControl,
    CodeMeasure,
    CodeShown,
    SectionShown,
    Title,
    TreeNode,
)
from haidang.tariff.titles import STEPS
from haidang.taxes.rules.books import lists_of_day
from haidang.taxes.rules.showing import show_code

MOST_FOUND = 50
_LONGEST_WORDS = 200
_ROMAN = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII", "XVIII", "XIX", "XX", "XXI",
)  # fmt: skip
"""Numbers of sections as the nomenclature writes them."""
_GENERAL = (MFN, CHAPTER_98, ORDINARY)
_CHARGES = ("special_consumption", "environment", "trade_remedy")


@for_everybody
def tariff(request: HttpRequest) -> HttpResponse:
    """Search the tariff of a day by words or digits; without any, show its chapters. Eight digits lead to their code."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    words = request.GET.get("words", "").strip()[:_LONGEST_WORDS]
    code = words.replace(".", "").replace(" ", "")
    if (
        len(code) == 8
        and code.isascii()
        and code.isdigit()
        and code in law.book.day(on).tariff.entries
        and not is_no_day
    ):
        return HttpResponseRedirect(_at("tariff-code", code, on, law))
    index = law.book.index(on)
    found = index.search(words, MOST_FOUND) if words else ()
    sections, rest = ([], ()) if words else _by_section(index.sections(), index.children())
    facts = {
        "words": words, "found": found, "is_complete": bool(found) and found[0].complete, "most": MOST_FOUND,
        "steps": _named(index.steps(words)), "sections": sections, "nodes": _named(rest), **day_facts(request, law, on, is_no_day),
    }  # fmt: skip
    return render(request, "portals/tariff.html", facts)


@for_everybody
def branch(request: HttpRequest, digits: str) -> HttpResponse:
    """Show what stands below a chapter, heading or subheading; a subheading of one code leads to the code."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    index = law.book.index(on)
    nodes = index.children(digits) if len(digits) in STEPS else ()
    if not nodes:
        raise Http404
    facts = {
        "digits": digits, "title": index.titles.get(digits), "nodes": _named(nodes), "crumbs": _crumbs(digits, index.titles),
        **day_facts(request, law, on, is_no_day),
    }  # fmt: skip
    return render(request, "portals/tariff_branch.html", facts)


@for_everybody
def code(request: HttpRequest, digits: str) -> HttpResponse:
    """Show all that the law book says of one code on a day; of a code that is not in force that day, codes that are near."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    facts = day_facts(request, law, on, is_no_day)
    found = show_code(law.book, digits, on)
    if found is None:
        alike = [row.commodity_code for row in law.book.index(on).beginning(digits[:2])]
        near = [(each, law.book.name(each)) for each in nearest(digits, alike)]
        return render(request, "portals/tariff_no_code.html", {"digits": digits, "near": near, **facts}, status=404)
    licences = _licences(facts["who"], found)
    crumbs = _crumbs(digits, law.book.index(on).titles)
    facts |= {"code": found, "crumbs": crumbs, "licences": licences, **_measures(found, law)}
    return render(request, "portals/tariff_code.html", facts)


def _licences(who: Who | None, found: CodeShown) -> list[Balance]:
    """Return how the quota licences stand that the person's traders hold for a code on the day; nobody sees those of others."""
    if who is None or not who.is_trader or not found.quota:
        return []
    held: list[Balance] = []
    for server in range(reader().servers.count):
        with reader().transaction(server, person_id=who.person_id, trader_codes=who.trader_codes) as transaction:
            held += balances.quotas_on_file(transaction.connection, found.commodity_code)
    return [each for each in held if each.valid_from <= found.on < each.valid_until]


def _at(name: str, digits: str, on: date, law: Law) -> str:
    """Return the address of a page as of a day; today goes without saying."""
    address = reverse(name, args=[digits])
    return address if on == law.today else f"{address}?on={on.isoformat()}"


def day_facts(request: HttpRequest, law: Law, on: date, is_no_day: bool) -> dict[str, Any]:
    """Return what every page of the tariff says of its day and of the law book behind it."""
    return {
        "who": who_asks(request),
        "on": on,
        "is_no_day": is_no_day,
        "is_today": on == law.today,
        "dated": "" if on == law.today else f"?on={on.isoformat()}",
        "version": law.book.book.version,
        "lawbook_sha256": law.book.book.lawbook_sha256,
    }


def _by_section(
    sections: Sequence[SectionShown], chapters: Sequence[TreeNode]
) -> tuple[list[dict[str, Any]], list[TreeNode]]:
    """Return the sections with their chapters, and the chapters that are of none."""
    told = [
        {"shown": each, "number": _ROMAN[int(each.section[1:]) - 1], "nodes": _named([node for node in chapters if node.digits[:2] in each.chapters])}
        for each in sections
    ]  # fmt: skip
    within = {chapter for each in sections for chapter in each.chapters}
    return told, [node for node in chapters if node.digits[:2] not in within]


def _named(nodes: Iterable[TreeNode]) -> list[dict[str, Any]]:
    return [
        {"node": each, "is_code": each.code_count == 1 and len(each.digits) == 8, "level": len(each.digits)}
        for each in nodes
    ]


def _crumbs(digits: str, titles: Mapping[str, Title]) -> list[dict[str, Any]]:
    """Return the chapter, heading and subheading above some digits, each with how many digits it has, and its title."""
    above = [digits[:step] for step in STEPS if step < len(digits)]
    return [{"digits": each, "level": len(each), "title": titles.get(each)} for each in above]


def _measures(found: CodeShown, law: Law) -> dict[str, Any]:
    """Return the measures of a code as the page groups them, each with what stands behind it."""
    lists = lists_of_day(law.book.book.codes, found.on)
    instruments = {each.number: each.title_vi for each in law.book.book.instruments}
    schedules = {**lists["agreement"], **lists["tariff_schedule"]}
    duties = [_duty(each, schedules) for each in found.measures if each.kind == "duty"]
    general = [each for each in duties if each["schedule"] in _GENERAL or each["quota"]]
    agreed = [each for each in duties if each not in general]
    claimed = {each["schedule"] for each in agreed}
    silent = [each for name, each in lists["agreement"].items() if _schedule_of(name, lists) not in claimed]
    return {
        "general": general,
        "agreed": agreed,
        "silent": silent,
        "has_mfn": any(each["schedule"] in (MFN, CHAPTER_98) for each in general),
        "has_ordinary": any(each["schedule"] == ORDINARY for each in general),
        "exports": [each for each in found.measures if each.kind == "export"],
        "vat": [_vat(each, lists["vat_code"]) for each in found.measures if each.kind == "vat"],
        "charges": [each for kind in _CHARGES for each in found.measures if each.kind == kind],
        "controls": [control_named(each) for each in found.controls],
        "titles": sorted({(each.instrument, instruments.get(each.instrument, "")) for each in found.measures}),
    }


def _schedule_of(agreement: str, lists: Mapping[str, Mapping[str, CodeValue]]) -> str:
    """Return the schedule code that claims the rates of an agreement, the agreement's own name where none is on file."""
    codes = lists["tariff_schedule"].values()
    return next((row.code for row in codes if row.attributes.get("agreement") == agreement), agreement)


def _duty(measure: CodeMeasure, schedules: Mapping[str, CodeValue]) -> dict[str, Any]:
    """Return one import duty: whose it is, and the members that may not have it or have a rate of their own."""
    outside, _, of = measure.option_code.partition(":")
    row = schedules.get(of or outside)
    return {
        "measure": measure,
        "schedule": outside,
        "quota": outside == OUT_OF_QUOTA,
        "of": of,
        "named": row,
        "own_rates": sorted(measure.country_rates_bp.items()),
    }


def _vat(measure: CodeMeasure, codes: Mapping[str, CodeValue]) -> dict[str, Any]:
    """Return one VAT rate with the law of its code: a reduction names it, and its last day."""
    row = codes.get(measure.option_code)
    return {"measure": measure, "named": row, "law": row.attributes.get("law", "") if row else ""}


def control_named(control: CodeControl) -> dict[str, Any]:
    """Return a permit, inspection or limit with its name and its agency in both languages."""
    names = LAW_WORDS["control"].get(control.type_code, (control.name_vi, control.name_vi))
    agency = agency_in_words(control.agency)
    return {
        "control": control, "name_vi": names[0], "name_en": names[1], "agency_vi": agency[0], "agency_en": agency[1],
    }  # fmt: skip
