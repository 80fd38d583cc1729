"""Exact scaled integers: where they round, what they refuse."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.kernel.money import (
    BP,
    E4,
    MAX_INT8,
    AmountOverflow,
    NotAnAmount,
    divide_half_up,
    fits,
    format_scaled,
    parse_scaled,
    scale,
    whole_vnd,
)

AMOUNT = st.integers(0, MAX_INT8)
DIVISOR = st.integers(1, 10**12)


def test_half_a_dong_rounds_up() -> None:
    assert [whole_vnd(amount) for amount in (0, 4_999, 5_000, 14_999, 15_000)] == [0, 0, 1, 1, 2]


def test_half_a_dong_given_back_rounds_away_from_zero() -> None:
    assert [whole_vnd(amount) for amount in (-4_999, -5_000, -15_000)] == [0, -1, -2]


@given(AMOUNT, DIVISOR)
def test_division_is_the_exact_fraction_rounded_once(numerator: int, denominator: int) -> None:
    assert divide_half_up(numerator, denominator) == floor(Fraction(numerator, denominator) + Fraction(1, 2))


@given(AMOUNT, DIVISOR)
def test_division_is_symmetric_around_zero(numerator: int, denominator: int) -> None:
    assert divide_half_up(-numerator, denominator) == -divide_half_up(numerator, denominator)


@given(st.integers(-MAX_INT8, MAX_INT8))
def test_whole_dong_agree_with_decimal(amount_e4: int) -> None:
    with localcontext(prec=30):
        assert whole_vnd(amount_e4) == int((Decimal(amount_e4) / E4).quantize(Decimal(1), ROUND_HALF_UP))


@given(AMOUNT, st.integers(0, 30_000))
def test_a_product_beyond_64_bits_stays_exact_until_it_is_divided(base: int, rate_bp: int) -> None:
    exact = floor(Fraction(base * rate_bp, BP) + Fraction(1, 2))
    if exact > MAX_INT8:
        with pytest.raises(AmountOverflow):
            scale(base, rate_bp, per=BP)
    else:
        assert scale(base, rate_bp, per=BP) == exact


def test_a_bigint_keeps_what_fits_and_no_more() -> None:
    assert fits(MAX_INT8) == MAX_INT8
    assert fits(-MAX_INT8 - 1) == -MAX_INT8 - 1
    for beyond in (MAX_INT8 + 1, -MAX_INT8 - 2):
        with pytest.raises(AmountOverflow):
            fits(beyond)


def test_a_quotient_beyond_64_bits_is_refused() -> None:
    assert divide_half_up(MAX_INT8, 1) == MAX_INT8
    with pytest.raises(AmountOverflow):
        divide_half_up(MAX_INT8 + 1, 1)
    with pytest.raises(AmountOverflow):
        whole_vnd((MAX_INT8 + 1) * E4)


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [("12", 4, 120_000), ("0.5", 2, 50), ("1234.5678", 4, 12_345_678), ("007.10", 2, 710), ("0", 0, 0)],
)
def test_a_plain_decimal_is_read_exactly(text: str, places: int, value: int) -> None:
    assert parse_scaled(text, places) == value


@pytest.mark.parametrize(
    "text",
    ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,000", "1 000", " 1", "1\n", "NaN", "Infinity", "0x1F", "1_000", "1.2.3"]
    + ["１２", "١٢", "²", "1.００", "9" * 41],
)
def test_other_texts_are_no_amounts(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_scaled(text, 4)


def test_more_decimals_than_allowed_are_refused_even_when_they_are_zero() -> None:
    assert parse_scaled("1.2500", 4) == 12_500
    with pytest.raises(NotAnAmount):
        parse_scaled("1.25000", 4)
    with pytest.raises(NotAnAmount):
        parse_scaled("1.0", 0)


def test_a_number_too_large_for_64_bits_is_an_overflow_and_not_a_wrap() -> None:
    assert parse_scaled("922337203685477.5807", 4) == MAX_INT8
    with pytest.raises(AmountOverflow):
        parse_scaled("922337203685477.5808", 4)


@given(AMOUNT, st.sampled_from((0, 2, 3, 4, 6)))
def test_what_is_written_is_read_back(value: int, places: int) -> None:
    assert parse_scaled(format_scaled(value, places), places) == value


def test_a_decimal_is_written_as_short_as_it_goes() -> None:
    written = [format_scaled(*each) for each in ((125_000, 4), (120_000, 4), (1, 4), (-5, 1), (0, 4), (7, 0))]
    assert written == ["12.5", "12", "0.0001", "-0.5", "0", "7"]
