"""The tariff that this repository ships, on the day the trial begins."""

from datetime import date

import pytest

from haidang.tariff.lookups import book_from_files, coverage, tariff_from_files
from haidang.tariff.terms import TariffOfDay
from haidang.tariff.tests.build import DAY, LAWBOOK, rows_of


@pytest.fixture(scope="module")
def tariff() -> TariffOfDay:
    return tariff_from_files(LAWBOOK, DAY)


@pytest.mark.parametrize(
    ("hs8", "mfn_bp", "ordinary_bp"),
    [("22030091", 3500, 5250), ("24022090", 13500, 20250), ("22042111", 5000, 7500), ("27101224", 1000, 1500), ("10063099", 4000, 6000)],
)  # fmt: skip
def test_known_rates_are_as_in_the_decrees(tariff: TariffOfDay, hs8: str, mfn_bp: int, ordinary_bp: int) -> None:
    duties = tariff.entries[hs8].duties
    assert (duties["B01"].rate_bp, duties["B03"].rate_bp) == (mfn_bp, ordinary_bp)


def test_every_code_has_an_entry_also_those_of_chapters_84_and_87(tariff: TariffOfDay) -> None:
    assert set(tariff.entries) == {row["hs8"] for row in rows_of(LAWBOOK / "schedules" / "tt31-2022" / "codes.csv")}
    engine = tariff.entries["84073100"]
    assert (engine.duties, engine.vat, engine.export_duty) == ({}, (), None)


def test_eggs_have_a_quota_and_a_rate_beyond_it(tariff: TariffOfDay) -> None:
    eggs = tariff.entries["04072100"]
    assert eggs.quota
    assert (eggs.duties["B01"].rate_bp, eggs.duties["B14"].rate_bp, eggs.duties["B14:B03"].rate_bp) == (
        4000,
        8000,
        12000,
    )


def test_agreements_without_a_known_code_are_under_their_own_name(tariff: TariffOfDay) -> None:
    pork = tariff.entries["02031100"].duties
    assert pork["cptpp"].rate_bp == 270
    assert pork["cptpp"].country_rates_bp == {"MX": 540}
    named = {schedule for entry in tariff.entries.values() for schedule in entry.duties}
    assert {"eaeu", "cptpp", "ahkfta", "vncu", "evfta", "ukvfta"} <= named
    assert not {"atiga", "acfta", "akfta", "aanzfta", "aifta", "ajcep", "vjepa", "vcfta", "vkfta"} & named


def test_members_without_the_rate_are_kept(tariff: TariffOfDay) -> None:
    assert tariff.entries["22030091"].duties["B05"].excluded_countries == {"KH", "LA", "MM", "SG"}


def test_export_duty_is_none_where_no_column_says_it(tariff: TariffOfDay) -> None:
    assert tariff.entries["72083600"].export_duty is None


def test_export_duty_announced_for_2027_takes_over() -> None:
    rates = [tariff_from_files(LAWBOOK, day).entries["25231010"].export_duty for day in (DAY, date(2027, 1, 1))]
    assert [rate and rate.rate_bp for rate in rates] == [500, 1000]


def test_the_vat_cut_ends_with_2026() -> None:
    last, first = (
        tariff_from_files(LAWBOOK, day).entries["22030091"] for day in (date(2026, 12, 31), date(2027, 1, 1))
    )
    assert [option.code for option in last.vat] == ["V10", "V08"]
    assert [option.code for option in first.vat] == ["V10"]


def test_sugary_drinks_are_subject_from_2027() -> None:
    before, after = (tariff_from_files(LAWBOOK, day).entries["22021090"] for day in (DAY, date(2027, 1, 1)))
    assert not before.special_consumption
    assert [charge.partly for charge in after.special_consumption] == [True]


def test_petrol_bears_special_consumption_and_environment_tax_without_an_amount_on_file(tariff: TariffOfDay) -> None:
    petrol = tariff.entries["27101224"]
    assert [charge.rate for charge in petrol.special_consumption + petrol.environment] == [None, None]


def test_steel_from_china_is_named_by_a_decision(tariff: TariffOfDay) -> None:
    assert [charge.origins for charge in tariff.entries["72083600"].trade_remedies] == [{"CN"}]


def test_a_chapter_98_code_has_its_own_schedule_and_no_mfn(tariff: TariffOfDay) -> None:
    assert set(tariff.entries["98041500"].duties) == {"B02", "B03"}


def test_every_printed_unit_has_a_code() -> None:
    printed = [code for code in book_from_files(LAWBOOK).codes if code.unit_printed]
    assert len(printed) == 9_032
    assert [code.unit_printed for code in printed if len(code.unit_codes) != code.unit_printed.count("/") + 1] == []


def test_countries_in_rates_are_iso_codes_in_force(tariff: TariffOfDay) -> None:
    known = {row["code"] for row in rows_of(LAWBOOK / "codes" / "country.csv")}
    rates = [rate for entry in tariff.entries.values() for rate in entry.duties.values()]
    used = {country for rate in rates for country in (*rate.excluded_countries, *rate.country_rates_bp)}
    charged = {
        country for entry in tariff.entries.values() for charge in entry.trade_remedies for country in charge.origins
    }
    assert used | charged <= known


def test_coverage_counts_what_is_missing(tariff: TariffOfDay) -> None:
    counted = coverage(tariff)
    assert (counted.codes, counted.priced, counted.without_rate) == (11_871, 9_489, 2_382)
    assert counted.several_vat == 9_032
    assert counted.without_vat == 11_871 - 9_032
    assert counted.unverified == counted.measures
    assert 0 < counted.samples < counted.measures


def test_no_goods_policy_prose_is_shipped() -> None:
    for path in (LAWBOOK / "schedules").glob("*/*.csv"):
        heads = set(rows_of(path)[0])
        assert not heads & {"policy_vi", "giam_vat", "description_vi", "name_en"}, path.name
