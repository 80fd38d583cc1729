"""Tariff lines in a draft of the law book: held against rules, published as a version, kept when the files are loaded again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference import drafting as law
from haidang.reference import lookups as reference
from haidang.reference.actions import load_lawbook
from haidang.reference.terms import DraftNeedsAnother, Editor, LawbookProblems, UnreadableLawbook
from haidang.tariff import drafting
from haidang.tariff.actions import line_differences, load_schedules
from haidang.tariff.lookups import Shelf, tariff_from_files
from haidang.tariff.tests.build import small_lawbook

LAN, BINH = Editor("PC-01", 1), Editor("PC-02", 2)
BEER, ON = "22030091", date(2026, 7, 1)
LINE = {
    "commodity_code": BEER, "schedule": "B01", "from": "2026-07-01", "rate": "20", "instrument": "1/2026/TEST",
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A database of this module with the small tariff as version 1."""
    made = cluster.make()
    folder = small_lawbook(tmp_path_factory.mktemp("lawbook"))
    with psycopg.connect(made.dsn("owner"), autocommit=True) as connection:
        load_schedules(connection, folder, load_lawbook(connection, folder))
    yield made
    cluster.drop(made)


@pytest.fixture
def owner(loaded: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose work is undone after the test."""
    with (
        psycopg.connect(loaded.dsn("owner"), autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


def drafted(owner: psycopg.Connection[Any], *lines: dict[str, str]) -> int:
    number = law.begin(owner, "Giảm thuế bia", LAN)
    for line in lines:
        law.set_row(owner, number, "tariff_lines", line, LAN)
    return number


def published(owner: psycopg.Connection[Any], number: int) -> int:
    drafting.submit(owner, number, LAN)
    law.approve(owner, number, BINH)
    return drafting.publish(owner, number, BINH)


def mfn(owner: psycopg.Connection[Any], version: int, on: date = ON) -> int:
    tariff = Shelf().tariff(owner, version, on, reference.read_codes(owner, version, on))
    return tariff.entries[BEER].duties["B01"].rate_bp


def test_a_published_line_is_the_rate_of_its_version_and_the_version_before_reads_as_it_did(
    owner: psycopg.Connection[Any],
) -> None:
    version = published(owner, drafted(owner, LINE))
    assert (mfn(owner, version), mfn(owner, 1), mfn(owner, version, date(2026, 6, 30))) == (2000, 3500, 3500)
    assert line_differences(owner, version) == ()


def test_a_line_needs_two_people_like_every_row(owner: psycopg.Connection[Any]) -> None:
    number = drafted(owner, LINE)
    drafting.submit(owner, number, LAN)
    with pytest.raises(DraftNeedsAnother):
        law.approve(owner, number, LAN)
    law.approve(owner, number, BINH)
    with pytest.raises(DraftNeedsAnother):
        drafting.publish(owner, number, LAN)
    law.withdraw(owner, number, "nghị định chưa ký", BINH)
    assert mfn(owner, reference.latest_version(owner)) == 3500


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"rate": "twenty"}, "line_rate_unknown"),
        ({"commodity_code": "99999999"}, "line_code_unknown"),
        ({"schedule": "B99"}, "line_schedule_unknown"),
        ({"instrument": "9/9999/NĐ-CP"}, "instrument_unknown"),
        ({"specific": "1", "currency": "USD", "unit": "STONE"}, "line_unit_unknown"),
        ({"until": "2026-01-01"}, "ends_before_it_begins"),
    ],
)
def test_a_line_that_breaks_a_rule_is_not_submitted_and_is_told_with_its_row_and_repair(
    owner: psycopg.Connection[Any], cells: dict[str, str], rule: str
) -> None:
    number = drafted(owner, LINE | cells)
    with pytest.raises(LawbookProblems) as refused:
        drafting.submit(owner, number, LAN)
    assert rule in {problem.rule for problem in drafting.problems(owner, number)}
    problem = next(each for each in refused.value.problems if each.rule in (rule, "line_currency_unknown"))
    assert problem.place.startswith(f"draft {number}: tariff_lines ")
    assert problem.repair_vi and problem.repair_en


def test_two_lines_of_one_code_and_schedule_do_not_overlap(owner: psycopg.Connection[Any]) -> None:
    number = drafted(owner, LINE, LINE | {"from": "2026-08-01", "rate": "10"})
    assert [problem.rule for problem in drafting.problems(owner, number)] == ["two_on_one_day"]
    law.set_row(owner, number, "tariff_lines", LINE | {"until": "2026-08-01"}, LAN)
    assert drafting.problems(owner, number) == ()
    with pytest.raises(UnreadableLawbook, match="from '1/8' is not a date"):
        law.set_row(owner, number, "tariff_lines", LINE | {"from": "1/8"}, LAN)


def test_a_line_is_changed_ended_and_taken_back_by_later_drafts(owner: psycopg.Connection[Any]) -> None:
    published(owner, drafted(owner, LINE))
    version = published(
        owner, drafted(owner, {name: LINE[name] for name in ("commodity_code", "schedule", "from")} | {"rate": "25"})
    )
    assert mfn(owner, version) == 2500
    ended = published(owner, drafted(owner, LINE | {"rate": "25", "until": "2027-01-01"}))
    assert (mfn(owner, ended), mfn(owner, ended, date(2027, 1, 1))) == (2500, 3500)
    number = law.begin(owner, "Bãi bỏ", LAN)
    law.remove_row(owner, number, "tariff_lines", (BEER, "B01", "2026-07-01"), LAN)
    assert mfn(owner, published(owner, number)) == 3500
    assert mfn(owner, version) == 2500, "earlier versions read as they did"


def test_lawyers_see_the_line_and_the_rate_whose_place_it_takes(owner: psycopg.Connection[Any]) -> None:
    number = drafted(owner, LINE)
    told = [
        (change.group.value, change.key, change.since, change.before, change.after)
        for change in drafting.changes(owner, number)
    ]
    assert told == [
        ("tariff_lines", "22030091 B01", "2026-07-01", "", "20 from 2026-07-01 (1/2026/TEST) [unverified]"),
        ("tariff", "22030091 B01", "2026-07-01", "35 (1/2026/TEST)", "20"),
    ]


def test_files_that_did_not_change_keep_a_published_line_and_files_that_did_must_say_it(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    number = drafted(owner, LINE)
    version = published(owner, number)
    folder = small_lawbook(tmp_path)
    load_schedules(owner, folder, load_lawbook(owner, folder))
    assert mfn(owner, version) == 2000, "the files did not change"

    with (folder / "holidays.csv").open("a", encoding="utf-8") as holidays:
        holidays.write("2026-09-02,Quốc khánh,no,no,1/2026/TEST,,no\n")
    with pytest.raises(LawbookProblems) as refused:
        load_lawbook(owner, folder)
    assert [problem.rule for problem in refused.value.problems] == ["draft_not_written"]
    assert law.write_to_files(owner, number, folder) == [folder / "tariff_lines.csv"]
    later = load_lawbook(owner, folder)
    load_schedules(owner, folder, later)
    assert (later, mfn(owner, later)) == (version + 1, 2000)
    assert tariff_from_files(folder, ON).entries[BEER].duties["B01"].rate_bp == 2000
    assert line_differences(owner, later) == ()
