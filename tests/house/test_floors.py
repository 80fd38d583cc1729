"""The floors, purity and privacy of rooms: the written contracts are complete, and they bite."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOMS, ROOT
from tools.floors import FLOORS, HIDDEN, contracts, floor_table, modules, pure_modules, rooms
from tools.generated import Generated


def _read(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


def _written() -> configparser.ConfigParser:
    return _read((ROOT / ".importlinter").read_text(encoding="utf-8"))


def _lines(value: str) -> list[str]:
    return value.split("\n")[1:] if value.startswith("\n") else [value]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the copy of the house in `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
        "--no-logo",
    ]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """A house of four rooms on real floors, in which every contract is kept."""
    package = tmp_path / "haidang"
    for room in ("kernel", "platform", "tariff", "taxes", "permits"):
        for name in ("__init__", "terms", "rules", "actions", "store"):
            file = package / room / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text('"""A room."""\n')
    (package / "__init__.py").write_text("")
    (package / "taxes" / "rules.py").write_text("from haidang.tariff import rules\nfrom haidang.kernel import terms\n")
    (package / "taxes" / "actions.py").write_text(
        "import os\nfrom haidang.taxes import store\nfrom haidang.tariff import actions\n"
    )
    (tmp_path / ".importlinter").write_text(contracts(package))
    return tmp_path


def test_every_room_stands_on_a_floor() -> None:
    placed = [room for floor in FLOORS for room in floor]
    assert set(ROOMS) <= set(placed)
    assert len(placed) == len(set(placed))


def test_the_written_contracts_are_those_of_the_rooms_that_exist() -> None:
    assert Generated(ROOT / ".importlinter", contracts(PACKAGE)).is_true(), "run: make generate"


def test_the_table_of_floors_in_the_architecture_page_is_the_one_that_is_held() -> None:
    assert Generated(ROOT / "ARCHITECTURE.md", floor_table(PACKAGE), block="floors").is_true(), "run: make generate"


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_hides_is_protected(room: str) -> None:
    hidden = modules(PACKAGE, room, HIDDEN)
    section = f"importlinter:contract:private-{room}"
    written = _written()
    assert written.has_section(section) == bool(hidden)
    if hidden:
        assert set(_lines(written[section]["protected_modules"])) == set(hidden)
        assert _lines(written[section]["allowed_importers"]) == [f"haidang.{room}"]


def test_every_pure_module_is_held_pure() -> None:
    held = set(_lines(_written()["importlinter:contract:purity"]["source_modules"]))
    assert held == set(pure_modules(PACKAGE))
    assert {f"haidang.{room}.terms" for room in ROOMS if (PACKAGE / room / "terms.py").is_file()} <= held


def test_a_room_without_a_floor_stops_the_generator(tmp_path: Path) -> None:
    (tmp_path / "haidang" / "utils").mkdir(parents=True)
    (tmp_path / "haidang" / "utils" / "__init__.py").write_text("")
    with pytest.raises(LookupError, match="no floor for utils"):
        contracts(tmp_path / "haidang")


def test_a_house_that_keeps_its_contracts_passes(small_house: Path) -> None:
    lint = _lint(small_house)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    assert rooms(small_house / "haidang") == ["kernel", "permits", "platform", "tariff", "taxes"]


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("tariff/actions.py", "from haidang.taxes import terms", "Imports run down"),
        ("kernel/terms.py", "import haidang.tariff.terms", "Imports run down"),
        ("taxes/actions.py", "from haidang.permits.terms import *", "Imports run down"),
        ("taxes/actions.py", "from haidang.tariff import store", "store of tariff"),
        ("taxes/terms.py", "from haidang.tariff.store import *", "store of tariff"),
        ("kernel/rules.py", "import os", "are pure"),
        ("taxes/rules.py", "from django.db import models", "are pure"),
        ("taxes/rules.py", "def late():\n    import psycopg", "are pure"),
        ("taxes/rules.py", "from haidang.taxes import actions", "are pure"),
        ("tariff/terms.py", "from haidang.platform import actions", "are pure"),
    ],
)
def test_a_seeded_violation_is_caught(small_house: Path, file: str, line: str, contract: str) -> None:
    path = small_house / "haidang" / file
    path.write_text(path.read_text() + line + "\n")
    lint = _lint(small_house)
    assert lint.returncode == 1, lint.stdout + lint.stderr
    broken = [each for each in lint.stdout.splitlines() if "BROKEN" in each]
    assert any(contract in each for each in broken), lint.stdout


def test_a_violation_seeded_in_a_copy_of_this_house_is_caught(tmp_path: Path) -> None:
    package = tmp_path / "haidang"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "tests", "*.sql"))
    (tmp_path / ".importlinter").write_text(contracts(package))
    before = _lint(tmp_path)
    assert before.returncode == 0, before.stdout + before.stderr
    (package / "kernel" / "seeded.py").write_text("import haidang.reference.terms\nimport socket\n")
    (tmp_path / ".importlinter").write_text(contracts(package))
    lint = _lint(tmp_path)
    assert lint.returncode == 1, lint.stdout + lint.stderr
    assert lint.stdout.count("BROKEN") == 2, lint.stdout
