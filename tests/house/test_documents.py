"""The pages for people stay true: decisions are listed, commands exist, links lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.house.house import ROOT, in_house

DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")])
COMMAND = re.compile(r"`make ([a-z-]+)[^`]*`|^\s*make ([a-z-]+)", re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
CHANGE_KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def decision_pages() -> list[Path]:
    return sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("page", PAGES, ids=in_house)
def test_every_command_on_a_page_exists(page: Path) -> None:
    named = {one or other for one, other in COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert named - targets() == set()


@pytest.mark.parametrize("page", PAGES, ids=in_house)
def test_every_link_between_pages_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_the_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"run", "test"} <= {one or other for one, other in COMMAND.findall(text)}


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = set(re.findall(r"^\.PHONY: ([a-z-]+)$", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## .{10,}$", makefile, re.MULTILINE))
    assert wanted and wanted == explained


@pytest.mark.parametrize("page", decision_pages(), ids=in_house)
def test_a_decision_has_a_number_of_its_own_a_row_in_the_index_and_a_state(page: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem)
    assert [other.name for other in decision_pages() if other.name[:4] == page.name[:4]] == [page.name]
    assert f"]({page.name})" in (DECISIONS / "README.md").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ") and re.search(r"(?im)^(?:status|state)\b", text), "a title and a line 'Status: …'"


def test_the_index_of_decisions_lists_nothing_twice() -> None:
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (DECISIONS / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(set(listed))


def test_a_fragment_of_change_has_a_kind_and_speaks() -> None:
    fragments = [path for path in (ROOT / "changes").glob("*.md") if path.name != "README.md"]
    wrong = [
        path.name
        for path in fragments
        if path.stem.rpartition(".")[2] not in CHANGE_KINDS or len(path.read_text()) < 20
    ]
    assert wrong == []
