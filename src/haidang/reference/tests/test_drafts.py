"""A draft of the law book: rows against a version, made by one person, approved and published by another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference import drafting, lookups, rules
from haidang.reference.actions import load_lawbook
from haidang.reference.terms import (
    DraftNeedsAnother,
    DraftNotNow,
    DraftOfAnother,
    DraftState,
    DraftUnknown,
    Editor,
    LawbookProblems,
    UnreadableLawbook,
)
from haidang.reference.tests import build

LAN, BINH = Editor("PC-01", 1), Editor("PC-02", 2)
LONGER = {"name": "draft.kept", "from": "2026-02-01", "value": "14"}


@pytest.fixture(scope="module")
def loaded(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A database of this module with the small book as version 1."""
    made = cluster.make()
    with psycopg.connect(made.dsn("owner"), autocommit=True) as connection:
        assert load_lawbook(connection, build.lawbook(tmp_path_factory.mktemp("lawbook"))) == 1
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


def approved(owner: psycopg.Connection[Any]) -> int:
    number = drafting.begin(owner, "Kéo dài thời hạn lưu", LAN)
    drafting.set_row(owner, number, "parameters", LONGER, LAN)
    drafting.submit(owner, number, LAN)
    drafting.approve(owner, number, BINH)
    return number


def test_a_draft_becomes_the_next_version_and_changes_nothing_else(owner: psycopg.Connection[Any]) -> None:
    before = lookups.read_book(owner, 1)
    assert drafting.publish(owner, approved(owner), BINH) == 2
    found = rules.changes(before, lookups.read_book(owner, 2))
    assert [(change.key, change.before[:6], change.after[:6]) for change in found] == [
        ("draft.kept", "10 day", "14 day")
    ]
    assert rules.changes(before, lookups.read_book(owner, 1)) == (), "the version before reads as it did"


def test_each_step_is_kept_with_who_and_when_and_chained_to_the_one_before(owner: psycopg.Connection[Any]) -> None:
    number = approved(owner)
    drafting.publish(owner, number, BINH)
    draft, _, events = lookups.draft(owner, number)
    assert [(event.event, event.officer_code, event.power_id) for event in events] == [
        ("made", "PC-01", 1), ("set", "PC-01", 1), ("submitted", "PC-01", 1), ("approved", "PC-02", 2), ("published", "PC-02", 2),
    ]  # fmt: skip
    previous = b""
    for event in events:
        assert event.digest == drafting.sealed(event, previous)
        previous = event.digest
    assert (draft.state, draft.version, draft.author) == (DraftState.PUBLISHED, 2, "PC-01")


def test_an_author_neither_approves_nor_publishes_their_own_draft(owner: psycopg.Connection[Any]) -> None:
    number = drafting.begin(owner, "Một mình", LAN)
    drafting.set_row(owner, number, "parameters", LONGER, LAN)
    drafting.submit(owner, number, LAN)
    with pytest.raises(DraftNeedsAnother):
        drafting.approve(owner, number, LAN)
    drafting.approve(owner, number, BINH)
    with pytest.raises(DraftNeedsAnother):
        drafting.publish(owner, number, LAN)
    assert lookups.latest_version(owner) == 1


@pytest.mark.parametrize("column", ["approved", "published"])
def test_the_table_itself_refuses_a_maker_who_checks(owner: psycopg.Connection[Any], column: str) -> None:
    number = approved(owner)
    drafting.publish(owner, number, BINH)
    with pytest.raises(psycopg.errors.CheckViolation, match="law_draft_needs_a_second_person"), owner.transaction():
        owner.execute(f"UPDATE law_draft SET {column}_by = author")  # type: ignore[arg-type]


def test_steps_are_taken_in_their_order_only(owner: psycopg.Connection[Any]) -> None:
    number = drafting.begin(owner, "Thứ tự", LAN)
    for step in (drafting.approve, drafting.publish):
        with pytest.raises(DraftNotNow):
            step(owner, number, BINH)
    drafting.set_row(owner, number, "parameters", LONGER, LAN)
    drafting.submit(owner, number, LAN)
    for late in (
        lambda: drafting.set_row(owner, number, "parameters", LONGER, LAN),
        lambda: drafting.submit(owner, number, LAN),
        lambda: drafting.publish(owner, number, BINH),
    ):
        with pytest.raises(DraftNotNow):
            late()
    with pytest.raises(DraftUnknown):
        drafting.submit(owner, 999, LAN)


def test_an_open_draft_is_its_author_s_alone(owner: psycopg.Connection[Any]) -> None:
    number = drafting.begin(owner, "Của Lan", LAN)
    for step in (
        lambda: drafting.set_row(owner, number, "parameters", LONGER, BINH),
        lambda: drafting.submit(owner, number, BINH),
        lambda: drafting.withdraw(owner, number, "không", BINH),
    ):
        with pytest.raises(DraftOfAnother):
            step()


def test_a_withdrawn_draft_ends_there(owner: psycopg.Connection[Any]) -> None:
    number = approved(owner)
    drafting.withdraw(owner, number, "văn bản chưa có hiệu lực", BINH)
    with pytest.raises(DraftNotNow):
        drafting.publish(owner, number, BINH)
    assert lookups.draft(owner, number)[0].state is DraftState.WITHDRAWN
    assert lookups.latest_version(owner) == 1


@pytest.mark.parametrize(
    ("table", "cells", "rule"),
    [
        ("parameters", {"name": "draft.kept", "from": "2026-01-15", "value": "9", "unit": "day", "instrument": "1/2020/QH"}, "two_on_one_day"),
        ("parameters", {"name": "draft.kept", "from": "2020-01-01", "until": "2026-01-20"}, "silent_between"),
        ("parameters", {"name": "new.figure", "value": "1", "unit": "fortnight", "instrument": "1/2020/QH"}, "unit_unknown"),
        ("parameters", {"name": "new.figure", "value": "1", "unit": "day", "instrument": "9/9999/NĐ-CP"}, "instrument_unknown"),
        ("parameters", {"name": "draft.kept", "from": "2026-02-01", "value": "10"}, "row_changes_nothing"),
        ("instruments", {"number": "2/2026/NĐ-CP", "suspended_from": "2026-03-01"}, "while_suspended"),
        ("codes/price_condition", {"code": "FOB", "valid_until": "2020-01-01", "valid_from": "", "source": "X"}, "instrument_unknown"),
    ],
)  # fmt: skip
def test_a_draft_that_breaks_a_rule_is_not_submitted_and_the_rule_is_named_in_both_languages(
    owner: psycopg.Connection[Any], table: str, cells: dict[str, str], rule: str
) -> None:
    number = drafting.begin(owner, "Sai", LAN)
    drafting.set_row(owner, number, table, cells, LAN)
    with pytest.raises(LawbookProblems) as refused:
        drafting.submit(owner, number, LAN)
    problem = next(each for each in refused.value.problems if each.rule == rule)
    assert problem.place.startswith(f"draft {number}: ")
    assert problem.text_vi and problem.text_en and problem.repair_vi and problem.repair_en
    assert lookups.draft(owner, number)[0].state is DraftState.OPEN


@pytest.mark.parametrize(
    ("table", "cells", "rule"),
    [
        ("tariffs", {"name": "x"}, "table_unknown"),
        ("codes/nothing", {"code": "x"}, "table_unknown"),
        ("codes/vat_code", {"code": "V08", "rate_bp": "700"}, "tariff_reads_it"),
        ("parameters", {"name": "draft.kept", "worth": "7"}, "column_unknown"),
    ],
)
def test_a_row_that_fits_no_table_is_refused_when_it_is_set(
    owner: psycopg.Connection[Any], table: str, cells: dict[str, str], rule: str
) -> None:
    number = drafting.begin(owner, "Sai bảng", LAN)
    with pytest.raises(LawbookProblems) as refused:
        drafting.set_row(owner, number, table, cells, LAN)
    assert [problem.rule for problem in refused.value.problems] == [rule]
    with pytest.raises(UnreadableLawbook, match="value 'many' is not a whole number"):
        drafting.set_row(owner, number, "parameters", LONGER | {"value": "many"}, LAN)
    assert lookups.draft(owner, number)[1] == ()


def test_a_draft_on_a_row_that_the_book_has_changed_since_is_refused(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    number = approved(owner)
    changed = build.lawbook(tmp_path / "changed", parameters=build.PARAMETERS.replace("10,day", "12,day"))
    load_lawbook(owner, changed)
    with pytest.raises(LawbookProblems) as refused:
        drafting.publish(owner, number, BINH)
    assert [problem.rule for problem in refused.value.problems] == ["row_stale"]
    assert lookups.latest_version(owner) == 2


def test_rows_are_added_taken_out_of_the_book_and_out_of_the_draft(owner: psycopg.Connection[Any]) -> None:
    number = drafting.begin(owner, "Ba việc", LAN)
    drafting.set_row(
        owner, number, "codes/price_condition", {"code": "NEW", "name_vi": "Mới", "valid_from": "2026-05-01"}, LAN
    )
    drafting.remove_row(owner, number, "codes/price_condition", ("OLD",), LAN)
    drafting.set_row(owner, number, "parameters", LONGER, LAN)
    assert drafting.drop_row(owner, number, "parameters", ("draft.kept", "2026-02-01"), LAN)
    assert not drafting.drop_row(owner, number, "parameters", ("draft.kept", "2026-02-01"), LAN)
    drafting.submit(owner, number, LAN)
    drafting.approve(owner, number, BINH)
    version = drafting.publish(owner, number, BINH)
    found = rules.changes(lookups.read_book(owner, 1), lookups.read_book(owner, version))
    assert [(change.key, change.turn.value) for change in found] == [
        ("price_condition NEW", "added"), ("price_condition OLD", "removed"),
    ]  # fmt: skip


def test_unchanged_files_keep_a_published_draft_and_changed_files_may_not_take_it_back_unseen(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    number = approved(owner)
    drafting.publish(owner, number, BINH)
    folder = build.lawbook(tmp_path)
    assert load_lawbook(owner, folder) == 2, "the files did not change"

    (folder / "codes" / "location.csv").write_text(build.LOCATION + "VNSGN,Ho Chi Minh City\n", encoding="utf-8")
    with pytest.raises(LawbookProblems) as refused:
        load_lawbook(owner, folder)
    assert [(problem.rule, problem.key) for problem in refused.value.problems] == [
        ("draft_not_written", ("draft.kept", "2026-02-01"))
    ]
    assert drafting.write_to_files(owner, number, folder) == [folder / "parameters.csv"]
    assert (folder / "parameters.csv").read_text(encoding="utf-8") == build.PARAMETERS.replace("10,day", "14,day")
    assert load_lawbook(owner, folder) == 3
    found = rules.changes(lookups.read_book(owner, 2), lookups.read_book(owner, 3))
    assert [change.key for change in found] == ["location VNSGN"]


def test_drafts_are_read_by_auditors_and_reports_and_written_by_none_of_them(
    loaded: Any,
) -> None:
    for role in ("auditor", "report"):
        with psycopg.connect(loaded.dsn(role), autocommit=True) as connection:
            assert lookups.drafts(connection) == []
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM law_draft_event")
    with (
        psycopg.connect(loaded.dsn("app"), autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        lookups.drafts(connection)
