"""Tariff lines: rates of single codes ahead of the schedules as issued, and the rules that they are held against."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from haidang.reference.terms import Citation, TariffLine
from haidang.tariff.lines import LINE_RULES, effects, problems_of_lines
from haidang.tariff.lookups import nomenclature_from_files, tariff_from_files
from haidang.tariff.schedules import read_schedules
from haidang.tariff.terms import ScheduleNotUnderstood
from haidang.tariff.tests.build import small_lawbook

BEER, HORSE = "22030091", "01012100"
HEAD = "commodity_code,schedule,from,until,rate,specific,currency,unit,instrument,article,verified,note\n"


def a_line(**fields: object) -> TariffLine:
    plain = {
        "commodity_code": BEER, "schedule_code": "B01", "valid_from": date(2026, 7, 1), "valid_until": None, "rate": "20", "specific_e4": 0,
        "currency_code": "", "unit_code": "", "citation": Citation("1/2026/TEST", "Điều 1", False),
    }  # fmt: skip
    return TariffLine(**(plain | fields))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lawbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_lawbook(tmp_path_factory.mktemp("lines"))
    with (folder / "lists.csv").open("a", encoding="utf-8") as lists:
        lists.write("currency,currency,currency,1/2026/TEST,no,\n")
    (folder / "codes" / "currency.csv").write_text("code,name_vi\nUSD,đô la Mỹ\n", encoding="utf-8")
    return folder


def with_lines(folder: Path, lawbook: Path, *rows: str) -> Path:
    made = small_lawbook(folder)
    (made / "tariff_lines.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return made


def test_a_line_stands_ahead_of_the_schedule_from_its_day_until_its_end_and_then_the_schedule_again(
    lawbook: Path, tmp_path: Path
) -> None:
    folder = with_lines(tmp_path, lawbook, f"{BEER},B01,2026-07-01,2027-01-01,20,,,,1/2026/TEST,,no,")
    rates = [
        tariff_from_files(folder, on).entries[BEER].duties["B01"].rate_bp
        for on in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1))
    ]
    assert rates == [3500, 2000, 2000, 3500]


def test_a_line_adds_a_rate_ends_one_and_speaks_of_its_own_schedule_alone(lawbook: Path, tmp_path: Path) -> None:
    folder = with_lines(
        tmp_path, lawbook,
        f"{HORSE},B03,2026-07-01,,5,,,,1/2026/TEST,,no,", f"{BEER},B05,2026-07-01,,*,,,,1/2026/TEST,,no,",
        f"{BEER},vat,2026-07-01,,5,,,,1/2026/TEST,,no,", f"{BEER},export,2026-07-01,,3,,,,1/2026/TEST,,no,",
    )  # fmt: skip
    before, after = (tariff_from_files(folder, on).entries for on in (date(2026, 6, 30), date(2026, 7, 1)))
    assert "B03" not in before[HORSE].duties
    assert after[HORSE].duties["B03"].rate_bp == 500
    assert "B05" in before[BEER].duties
    assert (after[BEER].duties.keys(), after[BEER].withheld) == (before[BEER].duties.keys() - {"B05"}, {"B05"})
    assert [option.code for option in after[BEER].vat] == ["V05"]
    assert after[BEER].export_duty is not None
    assert after[BEER].export_duty.rate_bp == 300
    assert after[BEER].special_consumption == before[BEER].special_consumption


def test_a_specific_rate_stands_beside_the_printed_one(lawbook: Path, tmp_path: Path) -> None:
    folder = with_lines(tmp_path, lawbook, f"{BEER},B01,2026-07-01,,10,1.25,USD,KGM,1/2026/TEST,,no,")
    rate = tariff_from_files(folder, date(2026, 7, 1)).entries[BEER].duties["B01"]
    assert (rate.rate_bp, rate.specific_e4, rate.currency_code, rate.unit_code) == (1000, 12_500, "USD", "KGM")


def test_a_rate_in_a_file_that_nobody_can_read_stops_the_whole_book(lawbook: Path, tmp_path: Path) -> None:
    folder = with_lines(tmp_path, lawbook, f"{BEER},B01,2026-07-01,,about 20,,,,1/2026/TEST,,no,")
    with pytest.raises(ScheduleNotUnderstood, match=r"tariff_lines.csv: 22030091 B01 2026-07-01.*about 20"):
        read_schedules(folder)


WRONG = {
    "line_code_unknown": a_line(commodity_code="99999999"),
    "line_schedule_unknown": a_line(schedule_code="B99"),
    "line_rate_unknown": a_line(rate="twenty"),
    "line_says_nothing": a_line(rate=""),
    "line_specific_of_vat": a_line(schedule_code="vat", rate="5", specific_e4=1, currency_code="USD", unit_code="KGM"),
    "line_specific_incomplete": a_line(specific_e4=1, currency_code="USD"),
    "line_unit_unknown": a_line(specific_e4=1, currency_code="USD", unit_code="FORTNIGHT"),
    "line_currency_unknown": a_line(specific_e4=1, currency_code="ZZZ", unit_code="KGM"),
    "line_leaves_gap": a_line(commodity_code="84151020", valid_until=date(2026, 8, 1)),
}


@pytest.mark.parametrize("rule", LINE_RULES)
def test_a_line_that_breaks_a_rule_is_told_by_its_name_with_the_repair(lawbook: Path, rule: str) -> None:
    (problem,) = problems_of_lines([WRONG[rule]], nomenclature_from_files(lawbook))
    assert problem.rule == rule
    assert problem.key == (WRONG[rule].commodity_code, WRONG[rule].schedule_code, "2026-07-01")
    assert (problem.repair_vi, problem.repair_en) == (LINE_RULES[rule].repair_vi, LINE_RULES[rule].repair_en)
    assert problem.text_vi != problem.text_en


def test_lines_that_follow_each_other_leave_no_gap(lawbook: Path) -> None:
    first = a_line(commodity_code="84151020", valid_until=date(2026, 8, 1))
    against = nomenclature_from_files(lawbook)
    assert not list(problems_of_lines([first, replace(first, valid_from=date(2026, 8, 1), valid_until=None)], against))
    assert not list(problems_of_lines([a_line(valid_until=date(2026, 8, 1))], against)), "the schedule goes on"


def test_a_line_is_told_with_the_rate_whose_place_it_takes(lawbook: Path) -> None:
    (change,) = effects([a_line()], read_schedules(lawbook).measures)
    assert (change.key, change.since, change.before, change.after) == (
        "22030091 B01",
        "2026-07-01",
        "35 (1/2026/TEST)",
        "20",
    )
