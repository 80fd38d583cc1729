"""Contradictions inside a book: each rule has its text, its row and its repair."""

from pathlib import Path

import pytest

from haidang.reference import lookups, rules
from haidang.reference.tests import build


def _problems(folder: Path, **replaced: str) -> list[str]:
    return [problem.text_en for problem in rules.check(lookups.book_from_files(build.lawbook(folder, **replaced)))]


def test_the_small_book_holds_no_contradiction(tmp_path: Path) -> None:
    assert _problems(tmp_path) == []


_PAUSED = "2026-02-01,,2026-03-01,2026-04-01,no"


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("parameters", build.PARAMETERS.replace("2020-01-01,2026-02-01", "2020-01-01,2026-02-02"), "parameter draft.kept: two rows stand on 2026-02-01"),
        ("parameters", build.PARAMETERS.replace("2020-01-01,2026-02-01", "2020-01-01,2026-01-31"), "parameter draft.kept: nothing stands from 2026-01-31 to the day before 2026-02-01"),
        ("parameters", build.PARAMETERS.replace("2020-01-01,2026-02-01", "2020-01-01,2020-01-01"), "parameter draft.kept: until 2020-01-01 is not after 2020-01-01"),
        ("parameters", build.PARAMETERS.replace("2/2026/NĐ-CP", "3/2026/NĐ-CP"), "parameter draft.kept: 3/2026/NĐ-CP is no instrument of the book"),
        ("parameters", build.PARAMETERS.replace("2020-01-01,2026", "2019-06-01,2026"), "parameter draft.kept: stands from 2019-06-01, but 1/2020/QH is in force from 2020-01-01"),
        ("parameters", build.PARAMETERS.replace("draft.kept", "Draft kept"), "parameter Draft kept: name is not made of a-z, 0-9, _ and ."),
        ("instruments", build.INSTRUMENTS.replace("2026-02-01,,,,no", "2026-02-01,2026-12-01,,,no"), "parameter draft.kept: stands until further notice, but 2/2026/NĐ-CP is in force until 2026-12-01"),
        ("instruments", build.INSTRUMENTS.replace("2026-02-01,,,,no", _PAUSED), "parameter draft.kept: stands while 2/2026/NĐ-CP is suspended, from 2026-03-01"),
        ("instruments", build.INSTRUMENTS.replace("2020-01-01,,", "2020-01-01,2019-01-01,"), "instrument 1/2020/QH: in force until 2019-01-01, not after 2020-01-01"),
        ("instruments", build.INSTRUMENTS.replace("STD,", "1/2020/QH,"), "instrument 1/2020/QH: stands twice"),
        ("price_condition", build.PRICE_CONDITION.replace("OLD,", "DPU,").replace(",,2026-02-01,,", ",,2026-02-02,,"), "price_condition DPU: two rows stand on 2026-02-01"),
        ("price_condition", build.PRICE_CONDITION.replace("2/2026/NĐ-CP", "sample"), "price_condition DPU: a sample cites sample, or a row without the mark cites 'sample'"),
        ("vat_code", build.VAT_CODE.replace(",,yes", ",1/2020/QH,,yes").replace("01,,1", "01,1"), "vat_code V08: a sample cites 1/2020/QH, or a row without the mark cites 'sample'"),
        ("lists", build.LISTS.replace("Location,STD", "Location,ISO 0"), "list location: source ISO 0 is no instrument of the book"),
        ("holidays", build.HOLIDAYS.replace("2026-08-22", "2026-08-21"), "holiday 2026-08-21: a Friday cannot be worked instead of another day"),
        ("holidays", build.HOLIDAYS.replace("2026-08-22,Ngày làm việc bù,yes", "2026-04-30,Lễ,no"), "holiday 2026-04-30: stands twice"),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_in_one_sentence(tmp_path: Path, file: str, text: str, problem: str) -> None:
    assert problem in _problems(tmp_path, **{file: text})


def test_a_code_may_pause_where_a_parameter_may_not(tmp_path: Path) -> None:
    paused = build.PRICE_CONDITION + "OLD,,Old term,2026-03-01,,2/2026/NĐ-CP,,,yes\n"
    assert _problems(tmp_path, price_condition=paused) == []
