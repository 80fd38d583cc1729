"""A decree issued, suspended and its predecessor revived: 46/2026/NĐ-CP, suspended by 09/2026/NQ-CP and 15/2026/NQ-CP; 15/2018/NĐ-CP applies again.

The book leaves the first day of 46/2026/NĐ-CP open, because sources differ on it; here it is 2026-01-26, so that a file of 2026-01-30 falls under it.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference import lookups, rules
from haidang.reference.actions import load_lawbook
from haidang.reference.rules import Force
from haidang.reference.terms import Book
from haidang.reference.tests import build

OLD, NEW = "15/2018/NĐ-CP", "46/2026/NĐ-CP"
UNDER_NEW, SUSPENDED, UNDER_OLD = date(2026, 1, 30), date(2026, 2, 4), date(2026, 2, 10)
_STD = "STD,standard,A standard,A body,,,,,,no,table,\n1/2020/QH,luật,Luật thử,Quốc hội,,2020-01-01,,,,no,named,\n"
_HEAD = build.INSTRUMENTS.splitlines()[0] + "\n"
ISSUED = {
    "instruments": _HEAD + _STD
    + "15/2018/NĐ-CP,nghị định,An toàn thực phẩm,Chính phủ,2018-02-02,2018-02-02,2026-01-26,,,no,named,\n"
    + "46/2026/NĐ-CP,nghị định,An toàn thực phẩm,Chính phủ,,2026-01-26,,,,no,named,\n",
    "parameters": build.PARAMETERS.splitlines()[0] + "\n"
    + "food.inspection_answer,3,working_day,2018-02-02,2026-01-26,15/2018/NĐ-CP,,no,\n"
    + "food.inspection_answer,2,working_day,2026-01-26,,46/2026/NĐ-CP,,no,\n",
    "price_condition": build.PRICE_CONDITION.splitlines()[0] + "\n"
    + "F1,Danh mục cũ,Old list,2018-02-02,2026-01-26,15/2018/NĐ-CP,,,\n"
    + "F1,Danh mục mới,New list,2026-01-26,,46/2026/NĐ-CP,,,\n",
}  # fmt: skip
REVIVED = {
    "instruments": _HEAD + _STD
    + "15/2018/NĐ-CP,nghị định,An toàn thực phẩm,Chính phủ,2018-02-02,2018-02-02,,2026-01-26,2026-02-04,no,named,applies again\n"
    + "46/2026/NĐ-CP,nghị định,An toàn thực phẩm,Chính phủ,,2026-01-26,,2026-02-04,,no,named,by 09/2026/NQ-CP and 15/2026/NQ-CP\n",
    "parameters": ISSUED["parameters"].replace("2026-01-26,,46", "2026-01-26,2026-02-04,46")
    + "food.inspection_answer,3,working_day,2026-02-04,,15/2018/NĐ-CP,,no,applies again\n",
    "price_condition": ISSUED["price_condition"].replace("2026-01-26,,46", "2026-01-26,2026-02-04,46")
    + "F1,Danh mục cũ,Old list,2026-02-04,,15/2018/NĐ-CP,,,\n",
}  # fmt: skip


def told(book: Book, on: date) -> tuple[int, str, Force, Force]:
    """Return what a day says: the figure, the name of the code, and where the two decrees stand."""
    law = rules.law_of_day(book, on, ("price_condition",))
    force = {row.number: force for force, rows in law.instruments.items() for row in rows}
    (figure,), (code,) = law.parameters, law.names["price_condition"]
    assert figure.citation.instrument == code.source
    return figure.value, code.name_vi, force[OLD], force[NEW]


AGAIN_OLD = (3, "Danh mục cũ", Force.REVIVED, Force.SUSPENDED)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (date(2026, 1, 25), (3, "Danh mục cũ", Force.IN_FORCE, Force.NOT_YET)),
        (date(2026, 1, 26), (2, "Danh mục mới", Force.SUSPENDED, Force.IN_FORCE)),
        (UNDER_NEW, (2, "Danh mục mới", Force.SUSPENDED, Force.IN_FORCE)),
        (date(2026, 2, 3), (2, "Danh mục mới", Force.SUSPENDED, Force.IN_FORCE)),
        (SUSPENDED, AGAIN_OLD),
        (UNDER_OLD, AGAIN_OLD),
    ],
)
def test_each_day_is_judged_by_the_decree_that_bound_on_it(tmp_path: Path, on: date, says: tuple[Any, ...]) -> None:
    book = lookups.book_from_files(build.lawbook(tmp_path, **REVIVED))
    assert rules.check(book) == []
    assert told(book, on) == says


def test_a_figure_left_standing_on_a_suspended_decree_is_refused(tmp_path: Path) -> None:
    book = lookups.book_from_files(build.lawbook(tmp_path, **REVIVED | {"parameters": ISSUED["parameters"]}))
    found = {(problem.rule, problem.key) for problem in rules.check(book)}
    assert ("while_suspended", ("food.inspection_answer", "2026-01-26")) in found


@pytest.fixture
def owner(fresh_database: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(fresh_database.dsn("owner"), autocommit=True) as connection:
        yield connection


def test_a_file_of_before_the_suspension_is_judged_later_as_it_was_then(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    issued = load_lawbook(owner, build.lawbook(tmp_path / "issued", **ISSUED))
    then = lookups.read_book(owner, issued)
    first = told(then, UNDER_NEW)
    assert (first[0], told(then, UNDER_OLD)[0]) == (2, 2), "nobody knew of the suspension"

    revived = load_lawbook(owner, build.lawbook(tmp_path / "revived", **REVIVED), "09/2026/NQ-CP")
    later = lookups.read_book(owner, revived)
    assert told(later, UNDER_NEW)[:2] == first[:2], "the day itself says what it said"
    assert told(later, UNDER_OLD) == AGAIN_OLD
    assert told(lookups.read_book(owner, issued), UNDER_NEW) == first, "and the version reads as on its day"
    by_version = [lookups.read_codes(owner, version, UNDER_NEW).parameters for version in (issued, revived)]
    assert len({(row.value, row.citation) for day in by_version for row in day.values()}) == 1


def test_the_law_of_a_day_is_the_same_from_files_and_from_a_loaded_version(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    folder = build.lawbook(tmp_path, **REVIVED)
    version = load_lawbook(owner, folder)
    for on in (UNDER_NEW, UNDER_OLD):
        loaded, written = lookups.read_book(owner, version), lookups.book_from_files(folder)
        assert told(loaded, on) == told(written, on)
        assert rules.law_of_day(loaded, on).parameters == rules.law_of_day(written, on).parameters


def test_the_book_says_which_decree_on_food_safety_is_suspended() -> None:
    book = lookups.book_from_files(lookups.lawbook_folder())
    force = {row.number: rules.force_of(row, UNDER_OLD) for row in book.instruments}
    assert (force[OLD], force[NEW], force["09/2026/NQ-CP"]) == (Force.IN_FORCE, Force.SUSPENDED, Force.IN_FORCE)
