"""Bad input to the law book: a table or a schedule that breaks a rule is refused with file, row and repair, and the book in use stays as it was."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference.lookups import values_from_files
from haidang.reference.terms import LawbookProblems, UnreadableLawbook
from haidang.reference.tests import build
from haidang.site.lawbook_checking import SCHEDULE_RULES, schedule_problems, titles_on_file
from haidang.site.lawbook_loading import load_book
from haidang.tariff.lookups import nomenclature_from_files
from haidang.tariff.titles import TITLES

HEAD = """number = "{number}"
title = "Biểu thử"
source = "thử"
verified = false
sample = true
"""
COLUMNS = """
[columns.mfn]
kind = "duty"
schedule = "B01"
"""
OLD = {
    "schedule.toml": HEAD.format(number="1/2020/QH") + "[codes]\nvalid_from = 2020-01-01\n"
    "[rates]\nvalid_from = 2020-01-01\nvalid_until = 2026-01-01\n[controls]\nvalid_from = 2020-01-01\n[remedies]\nvalid_from = 2020-01-01\n"
    "[types.x]\nname_vi = 'x'\neffect = 'watch'\n" + COLUMNS,
    "codes.csv": "hs8,name_vi\n01012100,Ngựa\n01012900,Loại khác\n",
    "rates.csv": "hs8,unit,corresponds_to,mfn\n01012100,kg/con,,5\n01012900,con,,10\n",
    "controls.csv": "hs8,type,agency,instrument,list\n01012100,x,BNN,1/2020/QH,M1\n",
    "remedies.csv": "hs8,decision,year,remedy,origins,producer,tax_code,rate,specific,currency,unit\n"
    "01012100,1/2020/QH,2020,anti_dumping,CN,,,,0.25,USD,KGM\n",
}  # fmt: skip
NEW = {
    "schedule.toml": HEAD.format(number="2/2026/NĐ-CP") + "[rates]\nvalid_from = 2026-01-01\n" + COLUMNS,
    "rates.csv": "hs8,unit,corresponds_to,mfn\n01012100,kg,,3\n",
}


def written(folder: Path, old: dict[str, str], new: dict[str, str]) -> Path:
    lists = build.LISTS + "unit,Đơn vị,Unit,STD,no,,\ntariff_schedule,Biểu thuế,Tariff schedule,STD,no,,\n"
    lists += "currency,Tiền tệ,Currency,STD,no,,\n"
    codes = {
        "currency": "code,name_vi\nUSD,Đô la Mỹ\n",
        "unit": "code,name_vi,unit_vi\nKGM,kg,kg\nNAR,con,con\n",
        "tariff_schedule": "code,name_vi,agreement,members\nB01,MFN,mfn,\n",
    }
    build.lawbook(folder, lists=lists, **codes)
    for name, files in (("old", old), ("new", new)):
        (folder / "schedules" / name).mkdir(parents=True)
        for file, text in files.items():
            (folder / "schedules" / name / file).write_text(text, encoding="utf-8")
    return folder


def test_schedules_that_follow_one_another_break_no_rule(tmp_path: Path) -> None:
    assert schedule_problems(written(tmp_path, OLD, NEW)) == ()


TITLE_HEAD = "code,name_vi,name_en,valid_from,valid_until,source,verified,sample,chapters,words\n"


def titled(folder: Path, rows: str) -> Path:
    """Write a law book whose nomenclature has horses alone, with some short titles."""
    written(folder, OLD, NEW)
    (folder / "codes" / f"{TITLES}.csv").write_text(TITLE_HEAD + rows, encoding="utf-8")
    lists = folder / "lists.csv"
    lists.write_text(lists.read_text(encoding="utf-8") + f"{TITLES},Tên,Titles,STD,no,,\n", encoding="utf-8")
    return folder


def test_a_title_under_which_there_is_no_code_is_told(tmp_path: Path) -> None:
    right = "S01,Động vật,Animals,2020-01-01,,,,,01,\n01,Động vật sống,Live animals,2020-01-01,,,,,,\n0101,Ngựa,Horses,2020-01-01,,,,,,\n"
    assert schedule_problems(titled(tmp_path / "right", right)) == ()
    wrong = right.replace("0101,", "0102,").replace(",01,\n", ",01-02,\n")
    told = schedule_problems(titled(tmp_path / "wrong", wrong))
    assert [(each.rule, each.key, each.place) for each in told] == [
        ("title_of_nothing", ("0102",), f"codes/{TITLES}.csv"),
        ("title_of_nothing", ("S01",), f"codes/{TITLES}.csv"),
    ]


def test_what_has_a_title_what_has_none_and_what_is_unverified_is_counted(tmp_path: Path) -> None:
    rows = "S01,Động vật,Animals,2020-01-01,,,,,01,\n01,Động vật sống,Live animals,2020-01-01,,,yes,,,\n0101,Ngựa,Horses,2027-01-01,,,,,,\n"
    folder = titled(tmp_path, rows)
    counted = [
        titles_on_file(values_from_files(folder, TITLES)[TITLES], nomenclature_from_files(folder).codes, on)
        for on in (date(2026, 3, 2), date(2027, 1, 1))
    ]
    assert [(each["headings"], each["headings_without"], each["unverified"]) for each in counted] == [
        (0, 1, 1),
        (1, 0, 2),
    ]
    assert (counted[0]["sections"], counted[0]["chapters"], counted[0]["subheadings_without"]) == (1, 1, 2)


@pytest.mark.parametrize(
    ("which", "file", "was", "now", "rule", "place"),
    [
        ("old", "codes.csv", "01012900,L", "01012100,L", "commodity_code_twice", "old/codes.csv:3"),
        ("old", "rates.csv", "01012900,con", "01012100,con", "commodity_code_twice", "old/rates.csv:3"),
        ("old", "controls.csv", "M1\n", "M1\n01012100,x,BNN,1/2020/QH,M1\n", "schedule_row_twice", "old/controls.csv:3"),
        ("old", "rates.csv", "01012900", "99999999", "commodity_code_unknown", "old/rates.csv:3"),
        ("old", "rates.csv", "kg/con", "kg/thúng", "printed_unit_unknown", "old/rates.csv:2"),
        ("new", "rates.csv", ",3", ",ba phần trăm", "printed_rate_unknown", "new/rates.csv:2"),
        ("old", "controls.csv", "1/2020/QH", "9/9999/QH", "schedule_instrument_unknown", "old/controls.csv:2"),
        ("new", "schedule.toml", "2/2026/NĐ-CP", "9/9999/NĐ-CP", "schedule_instrument_unknown", "new/schedule.toml"),
        ("old", "schedule.toml", "valid_until = 2026-01-01", "valid_until = 2026-01-02", "rates_overlap", "new/rates.csv:2"),
        ("old", "schedule.toml", "valid_until = 2026-01-01", "valid_until = 2025-12-31", "rates_silent", "new/rates.csv:2"),
        ("old", "schedule.toml", "valid_until = 2026-01-01", "valid_until = 2020-01-01", "schedule_period_empty", "old/schedule.toml"),
        ("new", "rates.csv", "01012100,kg,,3", "01012100,kg,3", "schedule_unreadable", "new/rates.csv:2"),
        ("new", "rates.csv", "hs8,unit", "hs8,einheit", "schedule_unreadable", "new/rates.csv:1"),
        ("old", "schedule.toml", "number =", "nummer =", "schedule_unreadable", "old/schedule.toml"),
        ("new", "schedule.toml", "2026-01-01", "'soon'", "schedule_unreadable", "new/schedule.toml"),
        ("old", "remedies.csv", ",,0.25", ",nhiều,0.25", "printed_rate_unknown", "old/remedies.csv:2"),
        ("old", "remedies.csv", ",USD,", ",,", "specific_incomplete", "old/remedies.csv:2"),
        ("old", "remedies.csv", "0.25", "0.25001", "specific_unknown", "old/remedies.csv:2"),
        ("old", "remedies.csv", "USD", "ZZZ", "specific_list_unknown", "old/remedies.csv:2"),
        ("old", "remedies.csv", "KGM", "THUNG", "specific_list_unknown", "old/remedies.csv:2"),
        ("old", "remedies.csv", "CN,,,", "CN,Alpha,,", "schedule_not_understood", "old/remedies.csv:2"),
        ("old", "schedule.toml", "[types.x]", "[types.y]", "schedule_not_understood", "old/controls.csv:2"),
    ],
)  # fmt: skip
def test_a_broken_schedule_is_told_with_file_row_and_repair_in_both_languages(
    tmp_path: Path, which: str, file: str, was: str, now: str, rule: str, place: str
) -> None:
    schedules = {"old": dict(OLD), "new": dict(NEW)}
    assert was in schedules[which][file]
    schedules[which][file] = schedules[which][file].replace(was, now, 1)
    problem = next(each for each in schedule_problems(written(tmp_path, **schedules)) if each.rule == rule)
    assert problem.place == f"schedules/{place}"
    assert problem.repair_vi.partition("{")[0] and problem.repair_en in problem.told()
    assert "{" not in problem.repair_vi + problem.repair_en
    assert "{" not in problem.text_vi + problem.text_en


def test_every_rule_of_schedules_speaks_both_languages() -> None:
    assert [name for name, rule in SCHEDULE_RULES.items() if not all(rule) or rule.text_vi == rule.text_en] == []


@pytest.fixture(scope="module")
def owner(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """The owner of a database with a small law book and its tariff in use."""
    made = cluster.make()
    with psycopg.connect(made.dsn("owner"), autocommit=True) as connection:
        assert load_book(connection, written(tmp_path_factory.mktemp("used"), OLD, NEW), "the first").version == 1
        yield connection
    cluster.drop(made)


def in_use(owner: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return what the book says and how often it was loaded, down to the number of rows of its tables."""
    counted = " UNION ALL ".join(
        f"SELECT '{name}', count(*)::text, max(book_from)::text, count(book_until)::text FROM {name}"
        for name in ("law_parameter", "law_code", "law_instrument", "tariff_measure", "tariff_code")
    )
    return owner.execute(
        f"{counted} UNION ALL SELECT 'version', version::text, encode(digest, 'hex'), '' FROM law_book_version ORDER BY 1, 2"  # type: ignore[arg-type]
    ).fetchall()


@pytest.mark.parametrize(
    ("file", "was", "now", "refusal", "told"),
    [
        ("parameters.csv", "draft.kept,10,day", "draft.kept,10,fortnight", LawbookProblems, "parameters.csv:3: .*fortnight"),
        ("parameters.csv", "draft.kept,10,day", "draft.kept,ten,day", UnreadableLawbook, "parameters.csv:3"),
        ("parameters.csv", "2020-01-01,2026-02-01", "2020-01-01,2026-01-31", LawbookProblems, "parameters.csv:3: "),
        ("parameters.csv", "2020-01-01,2026-02-01", "2020-01-01,2026-02-02", LawbookProblems, "parameters.csv:3: "),
        ("parameters.csv", "2/2026/NĐ-CP", "3/2026/NĐ-CP", LawbookProblems, "parameters.csv:3: .*3/2026/NĐ-CP"),
        ("holidays.csv", "2026-08-22,", "2026-04-30,", LawbookProblems, "holidays.csv:2, holidays.csv:3: "),
        ("codes/price_condition.csv", "DPU,Giao đã dỡ hàng,Delivered at place unloaded,2026-02-01,", "FOB,Hai,Two,2026-02-01,", LawbookProblems, "price_condition.csv:3: "),
        ("schedules/new/rates.csv", ",3", ",ba", LawbookProblems, "schedules/new/rates.csv:2: "),
        ("schedules/old/codes.csv", "01012900,", "01012100,", LawbookProblems, "schedules/old/codes.csv:3: "),
        ("schedules/old/schedule.toml", "[types.x]", "[types.y]", LawbookProblems, "old/controls.csv:2: "),
    ],
)  # fmt: skip
def test_a_book_that_is_refused_leaves_the_book_in_use_untouched(
    owner: psycopg.Connection[Any], tmp_path: Path, file: str, was: str, now: str, refusal: type[Exception], told: str
) -> None:
    before = in_use(owner)
    folder = written(tmp_path, OLD, NEW)
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, now, 1), encoding="utf-8")
    with pytest.raises(refusal, match=told) as refused:
        load_book(owner, folder, "không nên nạp được")
    assert in_use(owner) == before
    for finding in getattr(refused.value, "findings", ()):
        assert all(finding.values()), "each says code, place, text and repair in both languages"


def test_one_row_that_cannot_be_read_is_one_problem_and_not_one_for_every_row_beside_it(tmp_path: Path) -> None:
    broken = {**OLD, "codes.csv": OLD["codes.csv"] + "01019000\n"}
    (problem,) = schedule_problems(written(tmp_path, broken, NEW))
    assert (problem.rule, problem.place) == ("schedule_unreadable", "schedules/old/codes.csv:4")
    assert "Error" not in problem.text_en
