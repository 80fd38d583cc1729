"""What the tests of the house look at: the rooms that exist, their files, and the classes and functions in them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools.floors import rooms

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "haidang"
ROOMS = rooms(PACKAGE)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def sources(room: str, *names: str) -> Iterator[Path]:
    """Yield the files of the modules `names` of a room, whether each is a file or a package; without names, all but tests."""
    folder = PACKAGE / room
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if "tests" not in parts and (not names or parts[0] in names):
            yield path


def pure_sources() -> Iterator[Path]:
    """Yield the files that must be pure: all of kernel, and terms and rules of every room."""
    for room in ROOMS:
        yield from sources(room) if room == "kernel" else sources(room, "terms", "rules")


def in_house(path: Path) -> str:
    """Return the path as a person would say it, from the top of the repository."""
    return str(path.relative_to(ROOT))


def public_classes(path: Path) -> Iterator[ast.ClassDef]:
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node


def public_functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a name or a chain of attributes; whatever else stands at the head is left out."""
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else node.attr
    return node.id if isinstance(node, ast.Name) else ""
