"""What import-linter cannot see: a pure module reads no clock, opens no file, draws no unseeded number, and counts no money in floats."""

import ast
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, dotted, in_house, pure_sources, tree

IMPURE_CALLS = {"open", "input", "print", "__import__", "breakpoint"}
CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "localtime"}
ENVIRONMENT = {"sys.argv", "sys.stdin", "sys.stdout", "sys.stderr"}
MONEY_ROOMS = {"kernel", "tariff", "taxes", "balances", "ledger"}

PURE = list(pure_sources())
MONEY = [path for path in PURE if path.relative_to(PACKAGE).parts[0] in MONEY_ROOMS]


def impurities(module: ast.Module) -> list[str]:
    """Return the calls and reads of a module that depend on more than its arguments, each with its line."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            called = dotted(node.func)
            head, _, last = called.rpartition(".")
            ambient = called in IMPURE_CALLS or (head and last in CLOCKS and not node.args)
            unseeded = (head == "random" and last != "Random") or called in (
                "uuid.uuid1",
                "uuid.uuid4",
                "uuid1",
                "uuid4",
            )
            if ambient or unseeded:
                found.append(f"{node.lineno}: {called}()")
        elif isinstance(node, ast.Attribute) and dotted(node) in ENVIRONMENT:
            found.append(f"{node.lineno}: {dotted(node)}")
    return found


def floats(module: ast.Module) -> list[str]:
    """Return where a module makes a float: a literal, a true division, `float()`."""
    found = []
    for node in ast.walk(module):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        call = isinstance(node, ast.Call) and dotted(node.func) == "float"
        if literal or division or call:
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", PURE, ids=in_house)
def test_a_pure_module_depends_on_its_arguments_alone(path: Path) -> None:
    assert impurities(tree(path)) == []


@pytest.mark.parametrize("path", MONEY, ids=in_house)
def test_no_float_stands_where_money_is_counted(path: Path) -> None:
    assert floats(tree(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "x = datetime.now()",
        "x = date.today()",
        "x = open('f')",
        "x = random.choice(y)",
        "x = uuid4()",
        "x = sys.argv[1]",
    ],
)
def test_an_impure_line_is_seen(line: str) -> None:
    assert impurities(ast.parse(line)) != []


@pytest.mark.parametrize("line", ["x = 0.1", "x = a / b", "x /= 2", "x = float(y)", "x = 1e4"])
def test_a_float_is_seen(line: str) -> None:
    assert floats(ast.parse(line)) != []


@pytest.mark.parametrize("line", ["x = a // b", "x = 10**4", "x = random.Random(seed)", "x = clock.now_argument"])
def test_an_honest_line_passes(line: str) -> None:
    assert impurities(ast.parse(line)) + floats(ast.parse(line)) == []
