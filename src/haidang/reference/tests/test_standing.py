"""What stands on one day: boundaries, packed lists, weekly rates, nearest codes."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.reference import lookups, rules
from haidang.reference.terms import BEGINNING, CodeList, CodeValue, ExchangeRate, Instrument, UnreadableLawbook
from haidang.reference.tests import build

PACKED = CodeList("location", "Địa điểm", "Location", "STD", False, True)


@pytest.mark.parametrize(
    ("on", "standing"),
    [(date(2026, 1, 31), {"FOB", "OLD"}), (date(2026, 2, 1), {"FOB", "DPU"})],
)
def test_a_code_stands_from_its_first_day_and_no_longer_on_the_day_it_ends(
    tmp_path: Path, on: date, standing: set[str]
) -> None:
    assert set(lookups.codes_from_files(build.lawbook(tmp_path), on).lists["price_condition"]) == standing


@pytest.mark.parametrize(("on", "days"), [(date(2026, 1, 31), 7), (date(2026, 2, 1), 10)])
def test_a_parameter_changes_at_midnight(tmp_path: Path, on: date, days: int) -> None:
    assert lookups.codes_from_files(build.lawbook(tmp_path), on).parameters["draft.kept"].value == days


def test_a_parameter_is_absent_before_its_first_day(tmp_path: Path) -> None:
    assert "draft.kept" not in lookups.codes_from_files(build.lawbook(tmp_path), date(2019, 12, 31)).parameters


@pytest.mark.parametrize(
    ("on", "binds"),
    [
        (date(2026, 1, 25), False),
        (date(2026, 1, 26), True),
        (date(2026, 2, 3), True),
        (date(2026, 2, 4), False),
        (date(2026, 4, 1), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_suspended_instrument_does_not_bind(on: date, binds: bool) -> None:
    decree = Instrument(
        *("46/2026/NĐ-CP", "nghị định", "Thử", "Chính phủ", None, date(2026, 1, 26), date(2027, 1, 1), False, "x"),
        *(date(2026, 2, 4), date(2026, 4, 1)),
    )
    assert decree.in_force(on) is binds


def test_a_week_is_keyed_by_its_monday() -> None:
    week = [rules.week_of(date(2026, 3, 2) + timedelta(days=day)) for day in range(8)]
    assert week == [date(2026, 3, 2)] * 7 + [date(2026, 3, 9)]


def test_a_currency_without_a_rate_for_the_week_is_absent() -> None:
    rates = [ExchangeRate("USD", date(2026, 3, 2), 258_800_000, "x"), ExchangeRate("EUR", date(2026, 3, 9), 1, "x")]
    assert rules.rates_of_week(rates, date(2026, 3, 8)) == {"VND": 10_000, "USD": 258_800_000}
    assert rules.rates_of_week(rates, date(2026, 3, 16)) == {"VND": 10_000}


_codes = st.dictionaries(
    st.text("0129AMZ", min_size=5, max_size=5), st.text(max_size=8).filter(lambda name: "\x00" not in name), max_size=60
)


@given(_codes, st.text("0129AMZa_ +٣", max_size=6))
def test_a_packed_list_answers_as_the_dictionary_would(names: dict[str, str], asked: str) -> None:
    values = [CodeValue("location", code, name, name, BEGINNING, None, {}, "STD") for code, name in names.items()]
    packed = rules.codes_of_day(PACKED, values, date(2026, 3, 2))
    plain = {value.code: value for value in values}
    assert isinstance(packed, rules.PackedList)
    assert dict(packed) == plain and len(packed) == len(plain)
    assert all(code in packed for code in plain)
    assert (asked in packed) == (asked in plain) and packed.get(asked) == plain.get(asked)
    assert sorted(packed.starting_with(asked[:2])) == sorted(code for code in plain if code.startswith(asked[:2]))


def test_a_dated_row_of_a_packed_list_keeps_its_dates() -> None:
    dated = CodeValue("location", "VNNEW", "Mới", "New", date(2026, 1, 1), date(2026, 6, 1), {}, "STD")
    plain = CodeValue("location", "VNHPH", "Haiphong", "Haiphong", BEGINNING, None, {}, "STD")
    assert dict(rules.codes_of_day(PACKED, [dated, plain], date(2026, 5, 31))) == {"VNHPH": plain, "VNNEW": dated}
    assert list(rules.codes_of_day(PACKED, [dated, plain], date(2026, 6, 1))) == ["VNHPH"]


def test_a_packed_list_of_codes_of_several_widths_is_refused() -> None:
    with pytest.raises(UnreadableLawbook, match="one width"):
        rules.PackedList(PACKED, ["VNHPH", "VN"], ["a", "b"], {})
    with pytest.raises(UnreadableLawbook, match="ascend"):
        rules.PackedList(PACKED, ["VNHPH", "VNHAN"], ["a", "b"], {})


@pytest.mark.parametrize(
    ("wrong", "codes", "best"),
    [
        ("A1I", ["A11", "A12", "B11"], "A11"),
        ("XYZ", ["A11", "B13"], None),
        (" kmg", ["KGM", "LTR"], "KGM"),
        ("X", ["1", "2"], "1"),
        ("", ["A11"], None),
    ],
)
def test_the_nearest_code_is_within_two_slips_of_the_hand(wrong: str, codes: list[str], best: str | None) -> None:
    assert (rules.nearest(wrong, codes) or (None,))[0] == best


def test_the_nearest_code_of_a_packed_list_keeps_the_country() -> None:
    codes = ["SGSIN", "VNHAN", "VNHPH", "VNSGN"]
    packed = rules.PackedList(PACKED, codes, codes, {})
    assert rules.nearest("VNHPN", packed, limit=2) == ("VNHPH", "VNHAN")


def test_printed_units_lead_to_codes() -> None:
    units = {
        "KGM": CodeValue("unit", "KGM", "kg", "kilogram", BEGINNING, None, {"unit_vi": "kg"}),
        "C62": CodeValue("unit", "C62", "one", "one", BEGINNING, None, {"unit_vi": "quả;củ"}),
        "LTR": CodeValue("unit", "LTR", "lít", "litre", BEGINNING, None, {}),
    }
    assert rules.units_by_vietnamese_name(units) == {"kg": "KGM", "quả": "C62", "củ": "C62"}
