"""A foreign key points down or stays inside; in a model it leaves no name behind (`related_name="+"`)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOMS, dotted, sources, tree
from tools.floors import FLOORS

HEIGHT = {room: -depth for depth, floor in enumerate(FLOORS) for room in floor}

CREATED = re.compile(
    r"\bCREATE\s+(?:UNLOGGED\s+|FOREIGN\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?((?:\w+\.)?\w+)", re.IGNORECASE
)
REFERENCED = re.compile(r"\bREFERENCES\s+((?:\w+\.)?\w+)", re.IGNORECASE)
SQL_COMMENT = re.compile(r"--[^\n]*")
KEYS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def sql_of(folder: Path) -> Iterator[str]:
    """Yield the SQL text of a room's migrations: .sql files whole, and every string in the Python files but docstrings."""
    for path in sorted((folder / "migrations").glob("**/*")):
        if path.suffix == ".sql":
            yield SQL_COMMENT.sub("", path.read_text(encoding="utf-8"))
        elif path.suffix == ".py":
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield SQL_COMMENT.sub("", node.value)


def owners(package: Path, rooms: list[str]) -> dict[str, str]:
    """Return which room creates each table."""
    return {table.lower(): room for room in rooms for text in sql_of(package / room) for table in CREATED.findall(text)}


def references(package: Path, rooms: list[str]) -> set[tuple[str, str]]:
    """Return (room, table) for every REFERENCES in the migrations."""
    return {(room, t.lower()) for room in rooms for text in sql_of(package / room) for t in REFERENCED.findall(text)}


def points_down_or_inside(room: str, owner: str) -> bool:
    return owner == room or HEIGHT[owner] < HEIGHT[room]


def wrong_references(package: Path, rooms: list[str]) -> list[str]:
    owner_of = owners(package, rooms)
    return sorted(
        f"{room} -> {table} of {owner_of.get(table, 'nobody')}"
        for room, table in references(package, rooms)
        if table not in owner_of or not points_down_or_inside(room, owner_of[table])
    )


def wrong_keys(module: ast.Module, room: str) -> list[str]:
    """Return the keys in a module of models that point up or sideways, or that leave a name on the other model."""
    found = []
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in KEYS):
            continue
        options = {each.arg: each.value for each in node.keywords}
        back = options.get("related_name")
        if not (isinstance(back, ast.Constant) and back.value == "+"):
            found.append(f'{node.lineno}: no related_name="+"')
        to = node.args[0] if node.args else options.get("to")
        label = (
            to.value.partition(".")[0]
            if isinstance(to, ast.Constant) and isinstance(to.value, str) and "." in to.value
            else room
        )
        if label in HEIGHT and not points_down_or_inside(room, label):
            found.append(f"{node.lineno}: points to {label}")
    return found


def test_every_reference_in_sql_points_down_or_stays_inside() -> None:
    assert wrong_references(PACKAGE, ROOMS) == []


def test_no_two_rooms_create_a_table_of_one_name() -> None:
    made = [(t.lower(), room) for room in ROOMS for text in sql_of(PACKAGE / room) for t in CREATED.findall(text)]
    rooms_of: dict[str, set[str]] = {}
    for table, room in made:
        rooms_of.setdefault(table, set()).add(room)
    assert made, "the rooms have tables"
    assert {table: rooms for table, rooms in rooms_of.items() if len(rooms) > 1} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_key_of_a_model_points_down_and_leaves_no_name(room: str) -> None:
    assert [wrong for path in sources(room, "models") for wrong in wrong_keys(tree(path), room)] == []


def test_a_reference_that_points_up_is_seen(tmp_path: Path) -> None:
    for room, sql in (
        ("parties", "CREATE TABLE party (id int PRIMARY KEY, unit int REFERENCES unit -- down is fine\n)"),
        ("organisation", "CREATE TABLE IF NOT EXISTS unit (id int PRIMARY KEY, head int REFERENCES party (id))"),
        ("reference", "CREATE TABLE code (id int REFERENCES nothing)"),
    ):
        (tmp_path / room / "migrations").mkdir(parents=True)
        (tmp_path / room / "migrations" / "0001.sql").write_text(sql)
    assert wrong_references(tmp_path, ["parties", "organisation", "reference"]) == [
        "parties -> unit of organisation",
        "reference -> nothing of nobody",
    ]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('models.ForeignKey("parties.Party", related_name="+")', False),
        ('models.ForeignKey("self", related_name="+")', False),
        ('models.ForeignKey("parties.Party")', True),
        ('models.OneToOneField(to="clearance.Condition", related_name="+")', True),
        ('models.ManyToManyField("permits.Permit", related_name="+")', True),
    ],
)
def test_a_key_of_a_model_is_judged(line: str, wrong: bool) -> None:
    assert bool(wrong_keys(ast.parse(line), "taxes")) == wrong
