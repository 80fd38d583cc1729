"""The shape of a room: know one, know all."""

import ast
from collections.abc import Callable, Sequence
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


def in_each(paths: Sequence[Path], wrong: Callable[[Path], Sequence[object]]) -> dict[str, Sequence[object]]:
    """Return what is wrong, by module. One test for all modules: a test each, a thousand times, costs more than reading them."""
    assert paths
    return {in_house(path): found for path in paths if (found := wrong(path))}


def test_a_module_has_a_name_that_says_what_is_in_it() -> None:
    assert [in_house(path) for path in FILES if path.stem in HOMELESS and path.parent != PACKAGE] == []


def test_what_a_room_shows_is_explained() -> None:
    def silent(path: Path) -> list[str]:
        return [node.name for node in (*public_classes(path), *public_functions(path)) if not ast.get_docstring(node)]

    assert in_each(PURE, silent) == {}


def test_a_function_is_named_by_a_verb_of_the_field() -> None:
    def said_nothing(path: Path) -> list[str]:
        return [node.name for node in public_functions(path) if node.name.split("_")[0] in SAYS_NOTHING]

    assert in_each(FILES, said_nothing) == {}


def swallowed(path: Path) -> list[int]:
    """Return the lines at which any fault whatever is passed over."""
    return [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
    ]


def test_no_fault_is_swallowed() -> None:
    assert in_each(FILES, swallowed) == {}


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
