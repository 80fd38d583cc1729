"""Every text of the pages has its words in both languages, and every word is used."""

import os
import re
from importlib.resources import files
from pathlib import Path

import django
import pytest
from django.utils import translation

from haidang.clearance.rules.amending import FOLLOWING
from haidang.clearance.rules.serving import SERVED
from haidang.clearance.terms import ConditionKind, Owner, State
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.revisions import RevisionKind
from haidang.insight.rules.whatif import DIMENSIONS
from haidang.organisation.terms import Relation
from haidang.portals import tags
from haidang.portals.dossier import TAX_KINDS

FOLDER = Path(str(files("haidang.portals"))) / "templates" / "portals"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.html")}
NAMED = re.compile(r"""\{% w ["']([^"']+)["']""")
GROUPED = re.compile(r"""\|word:"([a-z_]+)\"""")
CODES = {
    "state": [state.name.lower() for state in State],
    "condition": [kind.name.lower() for kind in ConditionKind],
    "owner": [owner.name.lower() for owner in Owner],
    "tax": list(TAX_KINDS.values()),
    "channel": ["1", "2", "3"],
    "act": [*(deed.value for deed in Deed), *sorted(FOLLOWING | {*SERVED})],
    "revision": [kind.value for kind in RevisionKind],
    "relation": [each.value for each in Relation],
    "whatif_turn": ["more", "less", "same"],
    "whatif_headline": ["more", "less"],
    "whatif_law": ["before", "after"],
    "whatif_by": list(DIMENSIONS),
    "whatif_name": list(DIMENSIONS),
    "way": ["webhook", "list", "document", "page"],
}


def named() -> set[str]:
    return {name for text in TEXTS.values() for name in NAMED.findall(text)}


def test_every_text_that_a_page_names_exists():
    assert named() - set(tags.WORDS) == set()


def test_every_code_of_ours_has_a_word():
    assert [
        f"{group}.{code}" for group, codes in CODES.items() for code in codes if f"{group}.{code}" not in tags.WORDS
    ] == []


def test_every_word_is_used():
    groups = {group for text in TEXTS.values() for group in GROUPED.findall(text)}
    used = named()
    assert [name for name in tags.WORDS if name not in used and name.partition(".")[0] not in groups] == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_page_holds_text_of_its_own(name):
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&[a-z]+;", " ", TEXTS[name], flags=re.DOTALL)
    assert set(re.findall(r"[^\W\d_]{3,}", text)) <= {"Hải", "Đăng", "Tiếng", "Việt", "English"}


@pytest.fixture
def speaking():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haidang.site.settings")
    django.setup()
    return translation.override


@pytest.mark.parametrize(
    ("filter_", "value", "place", "vi", "en"),
    [
        (tags.vnd, 1234567, (), "1.234.567\u00a0₫", "1,234,567\u00a0₫"),
        (tags.scaled, 12345678, (4,), "1.234,5678", "1,234.5678"),
        (tags.scaled, 1050, (2,), "10,5", "10.5"),
        (tags.scaled, -29, (2,), "-0,29", "-0.29"),
        (tags.moment, "2026-03-02T01:05:00+00:00", (), "02/03/2026 08:05", "02 Mar 2026, 08:05"),
        (tags.cited, "54/2014/QH13 Art. 23", (), "54/2014/QH13 Điều 23", "54/2014/QH13 Art. 23"),
        (
            tags.cited,
            "Art. 66(1)(a) of 08/2015/NĐ-CP",
            (),
            "điểm a khoản 1 Điều 66 08/2015/NĐ-CP",
            "Art. 66(1)(a) of 08/2015/NĐ-CP",
        ),
        (tags.cited, "38/2015/TT-BTC, Điều 18", (), "38/2015/TT-BTC, Điều 18", "38/2015/TT-BTC, Art. 18"),
    ],
)
def test_figures_and_laws_are_written_as_the_reader_writes_them(speaking, filter_, value, place, vi, en):
    with speaking("vi"):
        assert filter_(value, *place) == vi
    with speaking("en"):
        assert filter_(value, *place) == en
