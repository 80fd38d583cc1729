"""What is installed is pinned, hashed, and named without addresses."""

import itertools
import re
from pathlib import Path

import pytest

from tests.house.house import ROOT

FOLDER = ROOT / "requirements"
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(?P<version>[A-Za-z0-9.!+]+)(?: ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
WANTED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")
PINNED = sorted(FOLDER.glob("*.txt"))


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {match["name"]: match["version"] for line in lines if (match := PIN.match(line))}


def wanted(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {match[1].lower().replace("_", "-").replace(".", "-") for line in lines if (match := WANTED.match(line))}


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_line_is_a_pin_or_its_hash(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not (PIN.match(line) or HASH.match(line))] == []
    assert all(HASH.match(after) for before, after in itertools.pairwise(lines) if PIN.match(before))


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_package_we_name_is_pinned(path: Path) -> None:
    named = wanted(path.with_suffix(".in"))
    assert named and named - set(pins(path)) == set()


def test_development_and_running_use_the_same_versions() -> None:
    running, development = pins(FOLDER / "runtime.txt"), pins(FOLDER / "dev.txt")
    assert running and {name: development.get(name) for name in running} == running


def test_every_package_we_run_on_has_its_row_in_the_decision_on_dependencies() -> None:
    page = (ROOT / "docs" / "decisions" / "0008-dependencies.md").read_text(encoding="utf-8")
    first_cells = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| "))
    assert {name for name in wanted(FOLDER / "runtime.in") if name not in first_cells} == set()
    assert {name for name in wanted(FOLDER / "dev.in") if name not in page} == set()
