"""What a printed cell means in its column."""

from datetime import date

import pytest

from haidang.tariff.rules import measures_of_cell, numbered
from haidang.tariff.terms import Column, RateNotUnderstood, ScheduleNotUnderstood, ScheduleSource, VatCode
from haidang.tariff.tests.build import a_measure

SINCE = date(2026, 1, 6)
SOURCE = ScheduleSource(
    name="one", instrument="1/2026/TEST", title="t", valid_from=SINCE, valid_until=None, verified=False, sample=False
)
MFN = Column("mfn", "duty", "B01", chapter_98_schedule="B02")
ACFTA = Column("acfta", "duty", "B05")
VAT = Column("vat", "vat")
EXPORT = Column("xk", "export", empty="not_listed")
VAT_CODES = (
    VatCode("V10", 1000, date(2000, 1, 1), None, True),
    VatCode("V08", 800, date(2025, 7, 1), date(2027, 1, 1), True),
    VatCode("V05", 500, date(2000, 1, 1), None, False),
    VatCode("VKCT", None, date(2000, 1, 1), None, True),
)


def said(column: Column, text: str, hs8: str = "22030091") -> list[tuple[str, int, str, int | None]]:
    made = measures_of_cell(column, hs8, text, SOURCE, VAT_CODES)
    return [(row.option_code, row.alternative, row.status, row.rate_bp) for row in made]


def test_a_rate_beyond_the_mfn_quota_goes_to_b14() -> None:
    assert said(MFN, "40 (NHN: 80)") == [("B01", 0, "rate", 4000), ("B14", 0, "rate", 8000)]


def test_a_rate_beyond_an_agreements_quota_is_kept_under_its_own_key() -> None:
    assert said(ACFTA, "0 (NHN: 50)") == [("B05", 0, "rate", 0), ("B14:B05", 0, "rate", 5000)]


def test_chapter_98_feeds_its_own_schedule() -> None:
    assert said(MFN, "27", "98041500") == [("B02", 0, "rate", 2700)]


def test_a_star_withholds_the_agreement() -> None:
    assert said(ACFTA, "*") == [("B05", 0, "withheld", None)]


def test_a_q_says_that_a_quota_exists_without_a_rate() -> None:
    assert said(ACFTA, "Q") == [("B05", 0, "quota", None)]


def test_different_rates_within_a_code_are_numbered_alternatives() -> None:
    assert said(ACFTA, "0/5") == [("B05", 0, "rate", 0), ("B05", 1, "rate", 500)]


def test_an_empty_cell_of_an_agreement_makes_nothing() -> None:
    assert said(ACFTA, "") == []


def test_an_empty_cell_of_a_complete_export_schedule_is_nought_and_says_why() -> None:
    assert said(EXPORT, "") == [("", 0, "not_listed", 0)]


def test_an_announced_rate_takes_over_on_its_day() -> None:
    now, then = measures_of_cell(
        EXPORT, "25231010", "5%. Từ ngày 01/01/2027 áp dụng mức thuế suất 10%.", SOURCE, VAT_CODES
    )
    assert (now.rate_bp, now.valid_from, now.valid_until) == (500, SINCE, date(2027, 1, 1))
    assert (then.rate_bp, then.valid_from, then.valid_until) == (1000, date(2027, 1, 1), None)


def test_vat_rates_become_vat_codes_in_printed_order() -> None:
    assert said(VAT, "10/8") == [("V10", 0, "rate", 1000), ("V08", 1, "rate", 800)]
    assert said(VAT, "*/5") == [("VKCT", 0, "not_subject", None), ("V05", 1, "rate", 500)]


def test_the_reduced_vat_ends_with_its_code() -> None:
    (measure,) = measures_of_cell(VAT, "22030091", "8", SOURCE, VAT_CODES)
    assert (measure.valid_from, measure.valid_until, measure.sample) == (SINCE, date(2027, 1, 1), True)


def test_a_vat_code_that_ended_before_the_schedule_began_makes_nothing() -> None:
    gone = (VatCode("V08", 800, date(2025, 7, 1), date(2025, 12, 31), True),)
    assert measures_of_cell(VAT, "22030091", "8", SOURCE, gone) == []


def test_a_vat_rate_without_a_code_is_refused() -> None:
    with pytest.raises(RateNotUnderstood):
        measures_of_cell(VAT, "22030091", "7", SOURCE, VAT_CODES)


def test_every_measure_carries_its_source_and_the_printed_text() -> None:
    (measure,) = measures_of_cell(ACFTA, "22030091", "0 (-KH)", SOURCE, VAT_CODES)
    assert (measure.printed, measure.schedule, measure.instrument, measure.verified) == (
        "0 (-KH)",
        "one",
        "1/2026/TEST",
        False,
    )
    assert measure.excluded_countries == ("KH",)


def test_measures_are_numbered_by_key_whatever_order_they_come_in() -> None:
    beer, horse = a_measure(), a_measure(commodity_code="01012100")
    assert numbered([beer, horse]) == numbered([horse, beer])
    assert [(row.measure_id, row.commodity_code) for row in numbered([beer, horse])] == [
        (1, "01012100"),
        (2, "22030091"),
    ]


def test_two_rates_of_one_key_on_one_day_are_refused() -> None:
    later = a_measure(rate_bp=3000, valid_from=date(2027, 1, 1))
    with pytest.raises(ScheduleNotUnderstood, match="22030091"):
        numbered([a_measure(), later])


def test_a_rate_may_follow_the_day_another_ends() -> None:
    until, later = a_measure(valid_until=date(2027, 1, 1)), a_measure(rate_bp=3000, valid_from=date(2027, 1, 1))
    assert [row.rate_bp for row in numbered([later, until])] == [3500, 3000]
