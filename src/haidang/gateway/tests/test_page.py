"""The page at `/api/v1` can be read by anybody: on a narrow screen, by a screen reader, in either language, with nothing loaded or run."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from haidang.gateway import page
from haidang.gateway.examples import EXAMPLES
from haidang.gateway.messages.declaration import GROUPS, HEADER
from haidang.gateway.openapi import MESSAGES, operation_id
from haidang.gateway.routes import ROUTES

TEXT = page.page_bytes().decode()
VOID = {"meta", "br", "link", "hr", "img", "input"}
NARROWEST_PX = 320
ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}
HEAD_ROLES = {"col": "columnheader", "row": "rowheader"}
ENGLISH = re.compile(r"\b(the|of the|is|and|with|for|when|required|conditional|field|message)\b")
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


class Outline(HTMLParser):
    """Reads a page: its tags in balance, its attributes, and each text with the language it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str | None, str]] = []
        self.blocks: list[tuple[str | None, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if "pre" in tags:
            self.blocks.append((self.open[-1][1].get("class"), data))
        elif data.strip() and "code" not in tags and "style" not in tags:
            self.texts.append(
                (next((given["lang"] for _, given in reversed(self.open) if "lang" in given), None), data)
            )

    def tables(self) -> list[tuple[str, dict[str, str | None]]]:
        """Return what tables are made of."""
        return [(tag, given) for tag, given in self.seen if tag in {*ROLES, "th"}]


@pytest.fixture(scope="module")
def outline() -> Outline:
    made = Outline()
    made.feed(TEXT)
    return made


def stylesheet() -> str:
    (style,) = re.findall(r"<style>(.*?)</style>", TEXT, re.DOTALL)
    return str(style)


def luminance(colour: str) -> float:
    digits = colour * 2 if len(colour) == 3 else colour
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_page_is_whole_and_loads_and_runs_nothing(outline: Outline) -> None:
    tags = [tag for tag, _ in outline.seen]
    assert outline.open == []
    assert not {"script", "iframe", "img", "link", "object"} & set(tags)
    assert tags.count("style") == 1
    assert not [given for _, given in outline.seen if any(name == "style" or name.startswith("on") for name in given)]
    assert not re.search(r"url\(|@import", stylesheet())


def test_the_policy_of_the_page_allows_its_own_stylesheet_alone() -> None:
    digest = b64encode(sha256(stylesheet().encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.POLICY
    assert page.POLICY.startswith("default-src 'none';")


def test_nothing_is_wider_than_a_narrow_screen(outline: Outline) -> None:
    """Long words break, code wraps, tables are stacked; and no width is fixed beyond 320 px."""
    style = stylesheet()
    narrow = style[style.index("@media (max-width") :]
    assert "overflow-wrap: anywhere" in style
    assert re.search(r"pre \{[^}]*white-space: pre-wrap", style)
    assert "nowrap" not in style
    assert re.search(r"table, caption, tbody, tr, th, td \{ display: block; \}", narrow)
    for name, number, unit in re.findall(r"[{;]\s*(min-width|width): ([0-9.]+)(px|rem|em)", style):
        assert float(number) * (1 if unit == "px" else 16) <= NARROWEST_PX, name
    assert not [given for _, given in outline.tables() if {"width", "nowrap"} & set(given)]


def test_stacked_tables_stay_tables_for_those_who_hear_them(outline: Outline) -> None:
    for tag, given in outline.tables():
        assert given.get("role") == (HEAD_ROLES[given["scope"] or ""] if tag == "th" else ROLES[tag])


def test_every_table_has_a_caption_and_heads() -> None:
    tables = re.findall(r"<table[^>]*>(.*?)</table>", TEXT, re.DOTALL)
    assert len(tables) > len(ROUTES)
    assert all("<caption>" in table and 'scope="col"' in table and 'scope="row"' in table for table in tables)


def test_there_is_one_first_heading_and_no_level_is_skipped(outline: Outline) -> None:
    levels = [int(tag[1]) for tag, _ in outline.seen if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_each_text_stands_in_the_language_it_is_written_in(outline: Outline) -> None:
    assert ("html", {"lang": "vi"}) in outline.seen
    assert {language for language, _ in outline.texts} == {"vi", "en"}
    assert [text for language, text in outline.texts if language == "vi" and ENGLISH.search(text)] == []
    words_of_law = ("đồng", "Hải Đăng")
    assert [
        text
        for language, text in outline.texts
        if language == "en" and VIETNAMESE.search(re.sub("|".join(words_of_law), "", text))
    ] == []


def test_every_example_is_json_and_every_message_has_its_own(outline: Outline) -> None:
    shown = [json.loads(text) for kind, text in outline.blocks if kind == "json"]
    assert {kind for kind, _ in outline.blocks} == {"json", "sh", "csv"}
    assert all(example in shown for example in EXAMPLES.values())


def test_the_finding_that_is_shown_is_one_that_is_given(outline: Outline) -> None:
    (problem,) = [
        each for each in (json.loads(text) for kind, text in outline.blocks if kind == "json") if "findings" in each
    ]
    (finding,) = problem["findings"]
    assert problem["status"] == 422
    assert finding["pointer"] == "/declaration/package_count"
    assert all(finding[name] for name in ("code", "text_vi", "text_en", "repair_vi", "repair_en"))


def test_every_field_of_every_message_is_on_the_page() -> None:
    named = set(re.findall(r'<th role="rowheader" scope="row"><code>([^<]+)</code>', TEXT))
    wanted = {name for _, fields in MESSAGES.values() for name in fields} | set(HEADER)
    assert wanted | {name for fields in GROUPS.values() for name in fields} <= named


def test_the_page_describes_every_operation_and_its_links_lead_somewhere(outline: Outline) -> None:
    identifiers = [given["id"] or "" for _, given in outline.seen if "id" in given]
    targets = {given["href"] or "" for tag, given in outline.seen if tag == "a"}
    assert len(identifiers) == len(set(identifiers))
    assert {target[1:] for target in targets if target.startswith("#")} <= set(identifiers)
    assert {operation_id(route) for route in ROUTES} <= {target[1:] for target in targets}
    labels = {given["aria-labelledby"] or "" for _, given in outline.seen if "aria-labelledby" in given}
    assert labels <= set(identifiers)
    assert all(escape(route.summary_en) in TEXT and escape(route.summary_vi) in TEXT for route in ROUTES)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "least"), [("ink", 4.5), ("quiet", 4.5), ("link", 4.5), ("seen", 4.5), ("line", 3.0)])
def test_every_colour_stands_out_from_the_paper(name: str, least: float, scheme: int) -> None:
    colours = {each: re.findall(rf"--{each}: #([0-9a-f]+)", stylesheet()) for each in (name, "paper", "soft")}
    assert contrast(colours[name][scheme], colours["paper"][scheme]) >= least
    assert contrast(colours[name][scheme], colours["soft"][scheme]) >= least


def test_the_focus_can_be_seen() -> None:
    assert re.search(r":focus-visible \{ outline: 3px solid", stylesheet())
    assert not re.search(r"outline: (0|none)", stylesheet())
