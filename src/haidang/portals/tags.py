"""What templates say and how they write it: words in the reader's language, đồng, quantities, instants."""

import csv
import re
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from django import template
from django.utils import translation

from haidang.kernel.calendar import VN
from haidang.kernel.money import format_scaled
from haidang.portals.codes import Spoken
from haidang.portals.middleware import LANGUAGE_PARAMETER

register = template.Library()

_ENGLISH = "en"


_TABLES = ("words.csv", "tariff_words.csv")
"""The words of the pages of people, and of the pages for everybody."""


def _read() -> dict[str, tuple[str, str]]:
    texts = [files("haidang.portals").joinpath(name).read_text(encoding="utf-8") for name in _TABLES]
    rows = [row for text in texts for row in list(csv.reader(text.splitlines()))[1:]]
    words = {row[0]: (row[1], row[2]) for row in rows}
    assert len(words) == len(rows), "a word of the pages is there twice"
    return words


WORDS = _read()
"""Every text of the pages by its name, in Vietnamese and English."""


def _is_english() -> bool:
    return bool(translation.get_language() == _ENGLISH)


@register.simple_tag
def w(name: str, **facts: Any) -> str:
    """Return a text in the reader's language; `{fact}` in it is filled in."""
    text = WORDS[name][_is_english()]
    return text.format(**facts) if facts else text


@register.filter
def word(code: str, group: str) -> str:
    """Return what a code of a group is called; a code that has no word stands for itself."""
    found = WORDS.get(f"{group}.{code}")
    return str(code) if found is None else found[_is_english()]


_ARTICLE = re.compile(r"Art\. (\d+\w*)(?:\((\d+)\))?(?:\((\w)\))?(?: of)?")


@register.filter
def cited(law: str) -> str:
    """Return where a law says it as its readers write it: "khoản 1 Điều 66 08/2015/NĐ-CP", in English "Art. 66(1) of 08/2015/NĐ-CP"."""
    if _is_english():
        return law.replace("Điều ", "Art. ")

    def article(found: re.Match[str]) -> str:
        number, clause, point = found.groups()
        return f"{f'điểm {point} ' if point else ''}{f'khoản {clause} ' if clause else ''}Điều {number}"

    return _ARTICLE.sub(article, law)


@register.filter
def either(pair: Any, name: str) -> str:
    """Return `<name>_en` or `<name>_vi` of a mapping or object, by the reader's language; the plain `name` is the English of a problem."""
    names = (f"{name}_en", name) if _is_english() else (f"{name}_vi", name)
    for each in names:
        found = pair.get(each) if isinstance(pair, dict) else getattr(pair, each, None)
        if found:
            return str(found)
    return ""


def grouped(plain: str) -> str:
    """Write a plain decimal as people read it: 1.234.567,89 in Vietnamese, 1,234,567.89 in English."""
    whole, _, fraction = plain.removeprefix("-").partition(".")
    english = "-" * plain.startswith("-") + f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    return english if _is_english() else english.translate({ord(","): ".", ord("."): ","})


@register.filter
def vnd(amount: int | None) -> str:
    """Write whole đồng."""
    return "" if amount is None else f"{grouped(str(amount))}\u00a0₫"


@register.filter
def scaled(value: int | None, places: int) -> str:
    """Write a scaled whole number (`_e4`: 4, `_milli`: 3, basis points as per cent: 2)."""
    return "" if value is None else grouped(format_scaled(value, places))


@register.filter
def moment(instant: datetime | str | None) -> str:
    """Write an instant in Vietnamese time to the minute."""
    if not instant:
        return ""
    at = (datetime.fromisoformat(instant) if isinstance(instant, str) else instant).astimezone(VN)
    return at.strftime("%d %b %Y, %H:%M") if _is_english() else at.strftime("%d/%m/%Y %H:%M")


@register.filter
def day(on: date | None) -> str:
    """Write a date."""
    if on is None:
        return ""
    return on.strftime("%d %b %Y") if _is_english() else on.strftime("%d/%m/%Y")


@register.filter
def declared(value: Any) -> str:
    """Write a declared value that is a text, a number, a date, a code with its names, a list or nothing."""
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "–"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Spoken):
        return " · ".join(part for part in (value.code, either(value, "name")) if part) or "–"
    return str(value) if value not in (None, "") else "–"


@register.simple_tag(takes_context=True)
def speaking(context: Any, language: str) -> str:
    """Return the address of this page in another language."""
    request = context["request"]
    query = request.GET.copy()
    query[LANGUAGE_PARAMETER] = language
    return f"{request.path}?{query.urlencode()}"


@register.filter
def plain_name(name: str) -> str:
    """Return the name of a commodity code without the dashes that give its level."""
    return name.lstrip("- ")


@register.filter
def signed(value: int, places: int = 4) -> str:
    """Write a scaled whole number with its sign."""
    return f"{'−' if value < 0 else '+' if value else ''}{scaled(abs(value), places)}"


@register.filter
def plain_figure(text: str) -> str:
    """Write a decimal text as people read it."""
    return grouped(text)


@register.filter
def spaced(codes: str) -> str:
    """Write codes that stand in one text, separated by semicolons."""
    return ", ".join(codes.split(";"))


@register.filter
def parts(codes: str) -> list[str]:
    """Return the codes of a text that adds them up: `anti_dumping+countervailing`."""
    return codes.split("+")
