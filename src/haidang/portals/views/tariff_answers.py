"""The tariff for machines: search, tree, one code, a quote, and codes for a description of goods, as JSON under `/api/v1/tariff`; the same facts as the pages, by the same rules.

Served by the process of the pages, so that no flood of look-ups stands before a declaration. Described in the OpenAPI of the gateway.
"""

import logging
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from haidang.kernel.findings import Finding
from haidang.portals import tags
from haidang.portals.asking import day_asked, line_asked
from haidang.portals.budget import PRICED
from haidang.portals.classifying import classifier_of, told_to_all
from haidang.portals.law import Law, law_of_today
from haidang.portals.public import at_the_cost_of, for_everybody
from haidang.tariff.classifying.asking import MOST_CHARACTERS
from haidang.tariff.classifying.terms import NOT_A_DECISION, ClassificationHelp, ModelNotUsable
from haidang.taxes.rules.quoting import quote
from haidang.taxes.rules.showing import show_code
from haidang.taxes.terms.quoting import CodesFound, TreeFound
from haidang.taxes.terms.receipts import NotPriceable

_log = logging.getLogger("haidang.pages")
_encode = msgspec.json.Encoder().encode
_MOST = 200
_USUAL = 20
_LONGEST_WORDS = 200
_TOPS = frozenset(str(number) for number in range(1, 11))
_CODE = "HD-QUESTION"
_JSON, _PROBLEM = "application/json", "application/problem+json"


@for_everybody
def codes(request: HttpRequest) -> HttpResponse:
    """Answer a search by words or digits."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    wanted = request.GET.get("limit", "")
    limit = min(int(wanted), _MOST) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else _USUAL
    if is_no_day:
        return _refused({"on": "problem.on"})
    words, index = request.GET.get("words", "")[:_LONGEST_WORDS], law.book.index(on)
    return _answer(CodesFound(on, law.book.book.version, index.search(words, limit), index.steps(words)))


@for_everybody
def tree(request: HttpRequest) -> HttpResponse:
    """Answer what stands one step below some digits, all chapters below none."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    if is_no_day:
        return _refused({"on": "problem.on"})
    digits, index = request.GET.get("digits", "")[:8], law.book.index(on)
    if not (nodes := index.children(digits)):
        return _nothing()
    sections = () if digits else index.sections()
    return _answer(TreeFound(on, law.book.book.version, nodes, index.path(digits), sections))


@for_everybody
def code(request: HttpRequest, digits: str) -> HttpResponse:
    """Answer all that the law book says of one code on a day."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    if is_no_day:
        return _refused({"on": "problem.on"})
    found = show_code(law.book, digits, on)
    return _answer(found) if found is not None else _nothing()


@at_the_cost_of(PRICED)
def quotes(request: HttpRequest) -> HttpResponse:
    """Answer what a line of goods would pay: every duty it could bear, and the receipt of the one asked for."""
    law: Law = law_of_today()
    line = line_asked(request.GET, law)
    if line.asked is None:
        return _refused(dict(line.problems))
    try:
        found = quote(law.book, line.asked)
    except NotPriceable as error:
        vi, _, en = str(error).partition(" · ")
        return _with_findings([Finding(code=_CODE, pointer="/" + vi.partition(":")[0], text_vi=vi, text_en=en)])
    return _answer(found)


@at_the_cost_of(PRICED)
def classification(request: HttpRequest) -> HttpResponse:
    """Answer which codes of a day a description of goods speaks for: `text`, `top` (5, at most 10), `on`. No decision, and no text of others."""
    law = law_of_today()
    on, is_no_day = day_asked(request.GET, law)
    text, wanted = request.GET.get("text", "").strip(), request.GET.get("top", "5")
    problems = {"on": "problem.on"} if is_no_day else {}
    if not text or len(text) > MOST_CHARACTERS:
        problems["text"] = "problem.text"
    if wanted not in _TOPS:
        problems["top"] = "problem.top"
    if problems:
        return _refused(problems)
    try:
        found = classifier_of(law.book).ask(text, on, int(wanted))
    except ModelNotUsable:
        _log.exception("the model of the help with classification cannot be used")
        vi, en = tags.WORDS["ask.no_model"]
        return _problem(503, "no-model", en, vi, {})
    return _answer(ClassificationHelp(told_to_all(found), law.book.book.version, *NOT_A_DECISION))


def _answer(found: Any) -> HttpResponse:
    return HttpResponse(_encode(found), content_type=_JSON)


def _nothing() -> HttpResponse:
    vi, en = tags.WORDS["tariff.nothing"]
    return _problem(404, "not-found", en, vi, {})


def _refused(problems: dict[str, str]) -> HttpResponse:
    """Say of every field of a question what is wrong with it."""
    words = {name: tags.WORDS[f"ask.{word}"] for name, word in problems.items()}
    return _with_findings(
        [Finding(code=_CODE, pointer=f"/{name}", text_vi=vi, text_en=en) for name, (vi, en) in words.items()]
    )


def _with_findings(findings: list[Finding]) -> HttpResponse:
    vi, en = tags.WORDS["ask.problem"]
    return _problem(422, "findings", en, vi, {"findings": findings})


def _problem(status: int, kind: str, title: str, title_vi: str, extra: dict[str, Any]) -> HttpResponse:
    body = {"type": f"/problems/{kind}", "title": title, "title_vi": title_vi, "status": status, **extra}
    return HttpResponse(_encode(body), content_type=_PROBLEM, status=status)
