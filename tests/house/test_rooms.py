"""The shape of a room: know one, know all."""

import ast
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOMS, in_house, public_classes, public_functions, pure_sources, sources, tree

HOMELESS = {
    "common",
    "utils",
    "util",
    "helpers",
    "helper",
    "misc",
    "service",
    "services",
    "manager",
    "managers",
    "base",
}
SAYS_NOTHING = {"process", "handle", "manage", "do", "run_all", "data", "info"}
FILES = [path for room in ROOMS for path in sources(room)]
PURE = [path for path in pure_sources() if path.name != "__init__.py"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for(room: str) -> None:
    said = ast.get_docstring(tree(PACKAGE / room / "__init__.py"))
    assert said and len(said) > 60, "one paragraph: what for, which law, whose words, what it leaves to others"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_runs_no_code_and_hands_on_no_names_when_it_is_entered(room: str) -> None:
    body = tree(PACKAGE / room / "__init__.py").body
    assert [type(node).__name__ for node in body if not isinstance(node, ast.Expr)] == [], "import the submodule"


@pytest.mark.parametrize("path", FILES, ids=in_house)
def test_a_module_has_a_name_that_says_what_is_in_it(path: Path) -> None:
    assert path.stem not in HOMELESS or path.parent == PACKAGE


@pytest.mark.parametrize("path", PURE, ids=in_house)
def test_what_a_room_shows_is_explained(path: Path) -> None:
    silent = [node.name for node in (*public_classes(path), *public_functions(path)) if not ast.get_docstring(node)]
    assert silent == []


@pytest.mark.parametrize("path", FILES, ids=in_house)
def test_a_function_is_named_by_a_verb_of_the_field(path: Path) -> None:
    assert [node.name for node in public_functions(path) if node.name.split("_")[0] in SAYS_NOTHING] == []


@pytest.mark.parametrize("path", FILES, ids=in_house)
def test_no_fault_is_swallowed(path: Path) -> None:
    swallowed = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
    ]
    assert swallowed == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_listens_to_django_signals(room: str) -> None:
    listening = [
        in_house(path)
        for path in sources(room)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("django.dispatch", "django.db.models.signals"))
    ]
    assert listening == []
