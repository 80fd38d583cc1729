"""Short titles of sections, chapters, headings and subheadings: read from the code list of the law book, and the steps that lead down to a code.

They are wording of this project, so that people find and read the tariff in both languages. No rate, rule or act reads them.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from haidang.reference.rules import stands
from haidang.reference.terms import CodeValue
from haidang.tariff.terms import Title, TitleStep

TITLES = "tariff_title"
"""The code list that holds them."""
STEPS = (2, 4, 6)
"""Digits of a chapter, heading and subheading."""


def titles_of(values: Iterable[CodeValue], on: date | None = None) -> tuple[Title, ...]:
    """Return the titles among some codes of the law book that stand on a Vietnamese calendar day; without a day the newest of each step."""
    listed = [value for value in values if value.list_name == TITLES and (on is None or stands(value, on))]
    newest = {value.code: value for value in sorted(listed, key=lambda value: value.valid_from)}
    return tuple(_title(value) for _, value in sorted(newest.items()))


def _title(value: CodeValue) -> Title:
    return Title(
        digits=value.code,
        name_vi=value.name_vi,
        name_en=value.name_en,
        words=tuple(filter(None, value.attributes.get("words", "").split("|"))),
        chapters=_chapters(value.attributes.get("chapters", "")),
        verified=value.verified,
    )


def _chapters(spans: str) -> tuple[str, ...]:
    """Return the chapters of a section, written `72-76|78-83`: from the first to the last of each part; `15` is one."""
    ends = [(first, last or first) for first, _, last in (span.partition("-") for span in spans.split("|") if span)]
    return tuple(f"{number:02}" for first, last in ends for number in range(int(first), int(last) + 1))


def path_to(digits: str, titles: Mapping[str, Title]) -> tuple[TitleStep, ...]:
    """Return the titles from the chapter down to some digits, their own among them; a step without a title is left out."""
    above = (titles.get(digits[:step]) for step in STEPS if step <= len(digits))
    return tuple(TitleStep(each.digits, each.name_vi, each.name_en, each.verified) for each in above if each)
