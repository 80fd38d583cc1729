"""Every public term has its row in the glossary, with its Vietnamese word."""

import re
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOMS, ROOT, in_house, public_classes, sources

GLOSSARY = ROOT / "docs" / "glossary.md"
ROW = re.compile(r"^\| (?P<term>[^|]+) \| (?P<vietnamese>[^|]+) \| (?P<meaning>[^|]+) \| (?P<source>[^|]+) \|$")
VIETNAMESE_LETTER = re.compile("[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]", re.IGNORECASE)
TERMS = [path for room in ROOMS for path in sources(room, "terms")]


def rows() -> list[re.Match[str]]:
    """Return the rows of all tables in the glossary, without heads and rules."""
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    tables = [line for line in lines if line.startswith("|") and not re.match(r"^\|[-:| ]+\|$", line)]
    matched = [(line, ROW.match(line)) for line in tables]
    assert [line for line, match in matched if not match] == [], "four columns each"
    return [match for _, match in matched if match and match["term"] != "English"]


def explained() -> list[str]:
    """Return every name in backticks in the first column."""
    return [name for row in rows() for name in re.findall(r"`([^`]+)`", row["term"])]


@pytest.mark.parametrize("path", TERMS, ids=in_house)
def test_every_public_term_has_a_row(path: Path) -> None:
    known = set(explained())
    assert [node.name for node in public_classes(path) if node.name not in known] == []


def test_every_row_has_a_vietnamese_word_a_meaning_and_a_source() -> None:
    incomplete = [
        row["term"]
        for row in rows()
        if not VIETNAMESE_LETTER.search(row["vietnamese"]) or len(row["meaning"].strip()) < 12
    ]
    assert incomplete == []


def test_no_term_is_explained_twice() -> None:
    names = explained()
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_row_explains_a_class_that_is_gone() -> None:
    classes = {
        node.name for path in PACKAGE.rglob("*.py") if "tests" not in path.parts for node in public_classes(path)
    }
    code_names = [name for name in explained() if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]*)*", name)]
    assert [name for name in code_names if name not in classes] == []
