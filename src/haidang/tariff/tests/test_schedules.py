"""Reading the schedules of a small law book."""

from datetime import date
from pathlib import Path

import pytest

from haidang.tariff.lookups import tariff_from_files
from haidang.tariff.schedules import read_schedules
from haidang.tariff.terms import ScheduleNotUnderstood
from haidang.tariff.tests.build import DAY, SCHEDULE, TABLES, small_lawbook


def test_an_entry_gathers_all_measures_of_its_code(tmp_path: Path) -> None:
    beer = tariff_from_files(small_lawbook(tmp_path), DAY).entries["22030091"]
    assert {schedule: rate.rate_bp for schedule, rate in beer.duties.items()} == {"B01": 3500, "B05": 0, "cptpp": 1500}
    assert beer.duties["B05"].excluded_countries == {"KH"}
    assert beer.duties["cptpp"].country_rates_bp == {"MX": 2000}
    assert [(option.code, option.rate_bp) for option in beer.vat] == [("V10", 1000), ("V08", 800)]
    assert [charge.rate for charge in beer.special_consumption + beer.environment] == [None, None]
    assert beer.unit_codes == ("KGM",)


def test_rates_that_depend_on_the_goods_are_shown_and_none_is_chosen(tmp_path: Path) -> None:
    beer = tariff_from_files(small_lawbook(tmp_path), DAY).entries["22030091"]
    assert beer.export_duty is None
    assert [rate.rate_bp for rate in beer.several["export"]] == [1000, 2000]


def test_a_code_not_in_the_export_schedule_bears_nought(tmp_path: Path) -> None:
    horse = tariff_from_files(small_lawbook(tmp_path), DAY).entries["01012100"]
    assert horse.export_duty is not None
    assert horse.export_duty.rate_bp == 0


def test_a_withheld_agreement_is_told_apart_from_a_missing_one(tmp_path: Path) -> None:
    horse = tariff_from_files(small_lawbook(tmp_path), DAY).entries["01012100"]
    assert horse.withheld == {"B05"}
    assert set(horse.duties) == {"B01"}


def test_goods_not_subject_to_vat_have_an_option_without_a_rate(tmp_path: Path) -> None:
    horse = tariff_from_files(small_lawbook(tmp_path), DAY).entries["01012100"]
    assert [(option.code, option.rate_bp) for option in horse.vat][:2] == [("VKCT", None), ("V05", 500)]


def test_a_code_without_rates_has_an_entry(tmp_path: Path) -> None:
    cooler = tariff_from_files(small_lawbook(tmp_path), DAY).entries["84151020"]
    assert (cooler.duties, cooler.vat, cooler.export_duty, cooler.unit_codes) == ({}, (), None, ())


def test_a_trade_remedy_names_its_origins_and_its_decision(tmp_path: Path) -> None:
    book = read_schedules(small_lawbook(tmp_path))
    (remedy,) = [row for row in book.measures if row.kind == "trade_remedy"]
    assert (remedy.instrument, remedy.origins, remedy.status) == ("1/QĐ-BCT", ("CN", "TH"), "no_amount")
    (charge,) = tariff_from_files(tmp_path, DAY).entries["84151020"].trade_remedies
    assert (charge.origins, charge.rate, charge.measure_id) == ({"CN", "TH"}, None, remedy.measure_id)


PRODUCERS = [
    "hs8,decision,year,remedy,origins,producer,tax_code,rate",
    "84151020,1/QĐ-BCT,2025,anti_dumping,CN TH,,,25.5",
    "84151020,1/QĐ-BCT,2025,anti_dumping,CN,Alpha Co.,CB01,7",
    '84151020,1/QĐ-BCT,2025,anti_dumping,TH,Beta Co.,CB02,"12,25"',
]


def test_a_producer_named_by_a_decision_has_a_rate_of_its_own_and_a_code(tmp_path: Path) -> None:
    tariff = tariff_from_files(small_lawbook(tmp_path, remedies=PRODUCERS), DAY)
    charges = tariff.entries["84151020"].trade_remedies
    told = {(each.producer, each.code, each.rate and each.rate.rate_bp, each.decision) for each in charges}
    assert told == {
        ("", "", 2550, "1/QĐ-BCT"), ("Alpha Co.", "CB01", 700, "1/QĐ-BCT"), ("Beta Co.", "CB02", 1225, "1/QĐ-BCT"),
    }  # fmt: skip


def test_a_remedy_is_of_the_value_of_the_quantity_or_of_both(tmp_path: Path) -> None:
    rows = [
        "hs8,decision,year,remedy,origins,producer,tax_code,rate,specific,currency,unit",
        "84151020,1/QĐ-BCT,2025,anti_dumping,CN,,,,0.25,USD,KGM",
        "84151020,1/QĐ-BCT,2025,anti_dumping,CN,Alpha Co.,CB01,7,1250,VND,PCE",
        "84151020,1/QĐ-BCT,2025,anti_dumping,TH,,,,,,",
    ]
    of_quantity, of_both, unknown = (
        tariff_from_files(small_lawbook(tmp_path, remedies=rows), DAY).entries["84151020"].trade_remedies
    )
    assert of_quantity.rate is not None and of_both.rate is not None and unknown.rate is None
    said = [(r.rate_bp, r.specific_e4, r.currency_code, r.unit_code) for r in (of_quantity.rate, of_both.rate)]
    assert said == [(0, 2_500, "USD", "KGM"), (700, 12_500_000, "VND", "PCE")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("CN,Gamma Co.,,5", r"remedies\.csv:5: a producer has a tax_code and a rate or a specific amount"),
        ("CN,Gamma Co.,CB03,", r"remedies\.csv:5: a producer has a tax_code and a rate or a specific amount"),
        ("CN,,CB03,5", r"remedies\.csv:5: a producer has a tax_code and a rate or a specific amount"),
        ("CN,Gamma Co.,CB01,5", r"remedies\.csv:5: tax_code CB01 is that of line 3"),
        ("CN,Alpha Co.,CB03,5", r"remedies\.csv:5: line 3 says the same of Alpha Co\."),
        (",Alpha Co.,CB03,5", r"remedies\.csv:5: line 3 says the same of Alpha Co\."),
        ("TH,,,9", r"remedies\.csv:5: line 2 says the same of all others"),
        ("KR,Gamma Co.,CB03,5", r"remedies\.csv:5: nothing is said of all others than Gamma Co\."),
        ("CN,Gamma Co.,CB03,5/8", r"remedies\.csv:5: rate: '5/8' is not one rate"),
        ("CN,Gamma Co.,CB03,much", r"remedies\.csv:5: rate: .*'much'"),
    ],
)
def test_producers_of_whom_a_decision_cannot_say_that_stop_the_book(tmp_path: Path, row: str, reason: str) -> None:
    lawbook = small_lawbook(tmp_path, remedies=[*PRODUCERS, f"84151020,1/QĐ-BCT,2025,anti_dumping,{row}"])
    with pytest.raises(ScheduleNotUnderstood, match=reason):
        read_schedules(lawbook)


def test_only_controls_that_ask_for_something_are_listed_on_a_code(tmp_path: Path) -> None:
    tariff = tariff_from_files(small_lawbook(tmp_path), DAY)
    assert [tariff.controls[number].type_code for number in tariff.entries["01012100"].controls] == ["kiem_dich"]
    assert {control.effect for control in tariff.controls.values()} == {"inspection", "place"}


def test_a_code_before_its_first_day_has_no_entry_and_before_the_rates_no_rates(tmp_path: Path) -> None:
    lawbook = small_lawbook(tmp_path)
    assert tariff_from_files(lawbook, date(2022, 11, 30)).entries == {}
    assert tariff_from_files(lawbook, date(2025, 1, 1)).entries["22030091"].duties == {}


def test_members_come_from_the_list_of_tariff_schedules(tmp_path: Path) -> None:
    assert tariff_from_files(small_lawbook(tmp_path), DAY).schedule_members == {"B05": {"CN", "VN"}}


def test_the_longest_heading_speaks_for_a_code(tmp_path: Path) -> None:
    lines = ["heading,group,extent,condition_vi,valid_from", "22030091,beer,partly,bia khác,", "2203,beer,whole,bia,"]
    (charge,) = tariff_from_files(small_lawbook(tmp_path, headings=lines), DAY).entries["22030091"].special_consumption
    assert charge.partly


def test_a_heading_may_begin_later_than_its_law(tmp_path: Path) -> None:
    lines = ["heading,group,extent,condition_vi,valid_from", "2203,beer,whole,bia,2027-01-01"]
    lawbook = small_lawbook(tmp_path, headings=lines)
    assert tariff_from_files(lawbook, DAY).entries["22030091"].special_consumption == ()
    assert len(tariff_from_files(lawbook, date(2027, 1, 1)).entries["22030091"].special_consumption) == 1


@pytest.mark.parametrize(
    ("table", "line", "reason"),
    [
        ("rates", "01012100,kg,,abc,,,8,,,", r"rates\.csv:5: mfn: .*'abc'"),
        ("rates", "99999999,kg,,1,,,8,,,", r"rates\.csv:5: 99999999 is no code"),
        ("rates", "01012100,kg,,1", r"rates\.csv:5: has more or fewer cells"),
        ("rates", "01012100,kg,,1,,,8,,,", "both say"),
        ("rates", "84151020,kg,,1,,,7,,,", r"rates\.csv:5: vat"),
        ("codes", "0101,- Ngựa", r"codes\.csv:6: '0101' is not a code of 8 digits"),
        ("codes", "01012100,- Ngựa", "twice"),
        ("headings", "9999,beer,whole,bia,", r"headings\.csv:3"),
        ("headings", "2203,beer,some,bia,", r"headings\.csv:3"),
        ("remedies", "99999999,1/QĐ-BCT,2025,anti_dumping,CN", r"remedies\.csv:3"),
        ("controls", "01012100,unheard_of,BCT,1/2026,", r"controls\.csv:4"),
    ],
)
def test_a_row_that_cannot_be_true_stops_the_book_and_is_named(
    tmp_path: Path, table: str, line: str, reason: str
) -> None:
    lawbook = small_lawbook(tmp_path, **{table: [*TABLES[table], line]})
    with pytest.raises(ScheduleNotUnderstood, match=reason):
        read_schedules(lawbook)


@pytest.mark.parametrize(
    ("said", "instead"),
    [('number = "1/2026/TEST"', ""), ("verified = false", ""), ("[controls]", "[other]"), ("[codes]", "[codes"), ("2022-12-01", '"x"')],
)  # fmt: skip
def test_a_schedule_file_that_is_not_whole_stops_the_book(tmp_path: Path, said: str, instead: str) -> None:
    with pytest.raises(ScheduleNotUnderstood, match=r"one/schedule\.toml"):
        read_schedules(small_lawbook(tmp_path, SCHEDULE.replace(said, instead)))


def test_a_law_book_without_schedules_is_refused(tmp_path: Path) -> None:
    lawbook = small_lawbook(tmp_path)
    (lawbook / "schedules" / "one" / "schedule.toml").unlink()
    with pytest.raises(ScheduleNotUnderstood, match=r"no schedule\.toml"):
        read_schedules(lawbook)


@pytest.mark.parametrize("gone", ["schedules/one/rates.csv", "codes/unit.csv", "lists.csv"])
def test_a_file_that_is_missing_stops_the_book(tmp_path: Path, gone: str) -> None:
    lawbook = small_lawbook(tmp_path)
    (lawbook / gone).unlink()
    with pytest.raises(ScheduleNotUnderstood, match=gone):
        read_schedules(lawbook)


def test_a_table_that_is_no_text_stops_the_book(tmp_path: Path) -> None:
    lawbook = small_lawbook(tmp_path)
    (lawbook / "schedules" / "one" / "rates.csv").write_bytes(b"hs8,unit\n\xff\xfe")
    with pytest.raises(ScheduleNotUnderstood):
        read_schedules(lawbook)
