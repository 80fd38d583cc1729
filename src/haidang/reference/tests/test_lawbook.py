"""The law book of this repository: it holds no contradiction, cites what it names, and says what is only a sample."""

import csv
from datetime import date, timedelta

import pytest

from haidang.reference import lookups, rules
from haidang.reference.terms import SAMPLE, Book, CodesOfDay, CodeValue

TRIAL = date(2026, 3, 2)
TRIAL_WEEKS = 104
FOLDER = lookups.lawbook_folder()


@pytest.fixture(scope="module")
def book() -> Book:
    return lookups.book_from_files(FOLDER)


@pytest.fixture(scope="module")
def codes() -> CodesOfDay:
    return lookups.codes_from_files(FOLDER, TRIAL)


def _standing(book: Book, name: str, on: date) -> set[str]:
    return {value.code for value in book.codes if value.list_name == name and rules.stands(value, on)}


def test_the_book_holds_no_contradiction(book: Book) -> None:
    assert rules.check(book) == []


def test_every_citation_names_an_instrument(book: Book) -> None:
    known = {row.number for row in book.instruments} | {SAMPLE}
    cited = {row.citation.instrument for row in (*book.parameters, *book.holidays)}
    cited |= {row.source for row in (*book.lists, *book.codes)}
    assert cited - known == set()


def test_every_figure_of_a_law_names_its_article_or_admits_that_it_is_unverified(book: Book) -> None:
    assert [row.name for row in book.parameters if row.citation.verified and not row.citation.article] == []


def test_nothing_stands_verified_on_an_instrument_that_was_not_read(book: Book) -> None:
    read = {row.number for row in book.instruments if row.verified}
    verified = {row.citation.instrument for row in book.parameters if row.citation.verified}
    verified |= {row.source for row in (*book.lists, *book.codes) if row.verified}
    assert verified - read == set()


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("declaration_kind", 40),
        ("country", 249),
        ("tariff_schedule", 19),
        ("transport_mode", 7),
        ("adjustment_code", 17),
    ],
)
def test_a_list_holds_as_many_codes_as_its_source(codes: CodesOfDay, name: str, count: int) -> None:
    assert len(codes.lists[name]) == count


def test_kinds_of_declaration_are_24_of_import_and_16_of_export(codes: CodesOfDay) -> None:
    directions = [value.attributes["direction"] for value in codes.lists["declaration_kind"].values()]
    assert (directions.count("import"), directions.count("export")) == (24, 16)


def test_locations_are_whole_and_an_unknown_place_of_each_country_is_among_them(codes: CodesOfDay) -> None:
    locations = codes.lists["location"]
    assert len(locations) > 116_000 and isinstance(locations, rules.PackedList)
    assert {"VNHPH", "VNSGN", "SGSIN", "CNSHA"} <= set(locations)
    assert {f"{country}ZZZ" for country in codes.lists["country"]} <= set(locations)


@pytest.mark.parametrize(
    ("name", "code", "day_out", "day_in"),
    [
        ("price_condition", "DPU", date(2026, 1, 31), date(2026, 2, 1)),
        ("declaration_kind", "A12", date(2021, 5, 31), date(2021, 6, 1)),
        ("vat_code", "V08", date(2027, 1, 1), date(2026, 12, 31)),
        ("currency", "HRK", date(2023, 1, 1), date(2022, 12, 31)),
        ("currency", "BGN", date(2026, 1, 1), date(2025, 12, 31)),
        ("country", "AN", date(2010, 12, 15), date(2010, 12, 14)),
    ],
)
def test_a_code_changes_on_its_day(book: Book, name: str, code: str, day_out: date, day_in: date) -> None:
    assert code not in _standing(book, name, day_out)
    assert code in _standing(book, name, day_in)


def test_a_figure_that_the_law_replaces_changes_with_it(book: Book) -> None:
    last, first = (
        rules.parameters_of_day(book.parameters, on)["interest.late_payment"].citation.instrument
        for on in (date(2026, 6, 30), date(2026, 7, 1))
    )
    assert (last, first) == ("38/2019/QH14", "108/2025/QH15")


def test_places_of_the_terminal_hang_on_known_offices(codes: CodesOfDay) -> None:
    offices = codes.lists["customs_office"]
    assert {place.attributes["customs_office"] for place in codes.lists["warehouse"].values()} <= set(offices)


def test_members_of_agreements_are_countries(codes: CodesOfDay) -> None:
    schedules = codes.lists["tariff_schedule"].values()
    members = {country for value in schedules for country in value.attributes.get("members", "").split(";") if country}
    assert members <= set(codes.lists["country"]) and {"JP", "KR", "CL"} <= members


def test_units_convert_within_the_list(codes: CodesOfDay) -> None:
    units = codes.lists["unit"]
    bases = {value.attributes["base_unit"] for value in units.values() if "base_unit" in value.attributes}
    assert bases <= set(units)
    tonne = units["TNE"].attributes
    assert (tonne["base_unit"], tonne["base_numerator"], tonne["base_denominator"]) == ("KGM", "1000", "1")


def test_a_unit_printed_in_the_tariff_has_one_code(codes: CodesOfDay) -> None:
    printed = [
        name
        for value in codes.lists["unit"].values()
        for name in value.attributes.get("unit_vi", "").split(";")
        if name
    ]
    assert len(printed) == len(set(printed))
    assert rules.units_by_vietnamese_name(codes.lists["unit"])["chiếc"] == "PCE"


def test_samples_stand_only_where_no_published_table_was_found(book: Book) -> None:
    samples: dict[str, int] = {}
    for value in book.codes:
        if value.sample:
            samples[value.list_name] = samples.get(value.list_name, 0) + 1
    assert samples == {
        "exemption_code": 7,
        "firm_size": 1,
        "parcel_word": 6,
        "permit_type": 6,
        "vat_code": 5,
        "warehouse": 15,
    }


def test_sample_rates_cover_the_trial_and_the_weeks_before_it() -> None:
    rates = lookups.exchange_rates_from_file(FOLDER / lookups.SAMPLE_RATES)
    weeks = {TRIAL + timedelta(weeks=week) for week in range(-8, TRIAL_WEEKS)}
    by_currency: dict[str, set[date]] = {}
    for rate in rates:
        by_currency.setdefault(rate.currency_code, set()).add(rate.week_from)
    assert len(by_currency) == 20 and all(standing == weeks for standing in by_currency.values())
    assert len(rates) == 20 * len(weeks) and {rate.source for rate in rates} == {SAMPLE}


def test_a_sample_rate_moves_by_no_more_than_a_hundredth_of_a_percent_beyond_its_step() -> None:
    rates = {
        (rate.currency_code, rate.week_from): rate.rate_e4
        for rate in lookups.exchange_rates_from_file(FOLDER / lookups.SAMPLE_RATES)
    }
    for (currency, week), rate_e4 in rates.items():
        next_e4 = rates.get((currency, week + timedelta(weeks=1)), rate_e4)
        step_e4 = 5_000 if rate_e4 >= 1_000_0000 else 100
        assert abs(next_e4 - rate_e4) <= rate_e4 * 6 // 10_000 + step_e4


def test_every_currency_with_a_sample_rate_is_a_currency(codes: CodesOfDay) -> None:
    assert set(codes.exchange_rates_e4) <= set(codes.lists["currency"])
    assert codes.exchange_rates_e4["USD"] == 258_800_000


def test_the_calendar_knows_holidays_and_the_days_worked_for_them(book: Book) -> None:
    days = {day.on: day for day in book.holidays}
    assert {day.year for day in days} == set(range(2020, 2031))
    assert not days[date(2026, 2, 17)].working and not days[date(2026, 2, 17)].computed
    assert days[date(2026, 8, 22)].working and days[date(2027, 2, 6)].computed


def test_codes_are_written_once_and_in_order() -> None:
    for path in sorted((FOLDER / "codes").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["code"], row["valid_from"]) for row in csv.DictReader(file)]
        assert len(rows) == len(set(rows)), path.name


def test_names_of_codes_are_short_enough_to_print(book: Book) -> None:
    def too_long(value: CodeValue) -> bool:
        return len(value.code) > 10 or len(value.name_vi) > 200

    assert [value for value in book.codes if too_long(value)] == []
