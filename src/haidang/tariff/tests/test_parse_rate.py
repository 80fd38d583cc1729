"""How a printed rate cell reads."""

import csv
import gzip
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.tariff.rules import parse_rate
from haidang.tariff.terms import RateAlternative, RateNotUnderstood

RATE_COLUMNS = (
    "tt mfn vat acfta atiga ajcep vjepa akfta aanzfta aifta vkfta vcfta eaeu cptpp ahkfta vncu evfta ukvfta xk"
)


def only(text: str) -> RateAlternative:
    (step,) = parse_rate(text).steps
    (alternative,) = step.alternatives
    return alternative


def rates(text: str) -> list[int | None]:
    (step,) = parse_rate(text).steps
    return [alternative.rate_bp for alternative in step.alternatives]


@pytest.mark.parametrize(("text", "rate_bp"), [("0", 0), ("20", 2000), ("135", 13500), ("75,9", 7590), ("52.5", 5250)])
def test_both_decimal_signs_are_read(text: str, rate_bp: int) -> None:
    assert only(text) == RateAlternative(rate_bp)


def test_an_empty_cell_says_nothing() -> None:
    assert parse_rate("").steps == parse_rate("  ").steps == ()


def test_several_rates_keep_the_printed_order() -> None:
    assert rates("10/8") == [1000, 800]
    assert rates("8/10") == [800, 1000]
    assert rates("*/5/8/10") == [None, 500, 800, 1000]


def test_equal_rates_are_given_once() -> None:
    assert rates("0/0/5") == [0, 500]


def test_the_same_rate_for_other_countries_is_another_rate() -> None:
    (step,) = parse_rate("0 (-KH, LA)/0").steps
    assert [alternative.excluded_countries for alternative in step.alternatives] == [{"KH", "LA"}, set()]


@pytest.mark.parametrize(
    "text", ["0 (-KH, LA, MM, SG)", "0(-KH,LA,MM,SG)", "0(-SG, KH, LA, MM )", "0(-KH, LA, MM, SG, )"]
)
def test_members_without_the_rate_are_read_however_they_are_spaced(text: str) -> None:
    assert only(text) == RateAlternative(0, frozenset({"KH", "LA", "MM", "SG"}))


def test_mexico_has_its_own_rate_in_cptpp() -> None:
    assert only("15; M: 20") == RateAlternative(1500, country_rates_bp={"MX": 2000})


def test_each_of_several_rates_has_mexicos_own_beside_it() -> None:
    (step,) = parse_rate("4,5/9; M: 5,4/9").steps
    assert [(each.rate_bp, each.country_rates_bp) for each in step.alternatives] == [
        (450, {"MX": 540}),
        (900, {"MX": 900}),
    ]


def test_a_rate_beyond_the_quota_stands_beside_the_rate_within() -> None:
    assert only("50 (NHN: 80)") == RateAlternative(5000, outside_quota_bp=8000)


def test_q_gives_a_rate_inside_a_quota_only() -> None:
    assert only("Q") == RateAlternative(None, quota_only=True)


def test_a_star_gives_no_rate() -> None:
    assert only("*") == RateAlternative(None)


def test_goods_of_the_kaesong_complex_are_noted() -> None:
    assert only("0(-MM, PH)(GIC)") == RateAlternative(0, frozenset({"MM", "PH"}), notes=("GIC",))


def test_a_cell_can_announce_a_later_rate() -> None:
    now, then = parse_rate("5%. Từ ngày 01/01/2027 áp dụng mức thuế suất 10%.").steps
    assert (now.valid_from, now.alternatives) == (None, (RateAlternative(500),))
    assert (then.valid_from, then.alternatives) == (date(2027, 1, 1), (RateAlternative(1000),))


@pytest.mark.parametrize(
    "text",
    [
        "abc", "-5", "5%", "1e3", "٥", "5/", "/5", "5//8", "NaN", "0 (-KHM)", "0 (KH)", "15; M:", "15; X: 20", "15; M: 20; M: 5", "15/20; M: 5",
        "15; M: 5/6", "1,234", "99999", "5%. Từ ngày 31/02/2027 áp dụng mức thuế suất 10%.", "40 (NHN: )", "5 8",
    ],
)  # fmt: skip
def test_any_other_text_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(RateNotUnderstood) as refusal:
        parse_rate(text)
    assert refusal.value.text == text


@given(st.integers(0, 99999), st.sampled_from(".,"))
def test_a_rate_of_at_most_two_decimals_reads_back_exactly(rate_bp: int, sign: str) -> None:
    assert only(f"{rate_bp // 100}{sign}{rate_bp % 100:02d}").rate_bp == rate_bp


@given(st.text(max_size=12))
def test_no_text_does_anything_but_read_or_be_refused(text: str) -> None:
    try:
        assert parse_rate(text).text == text
    except RateNotUnderstood as refusal:
        assert refusal.text == text


@pytest.mark.skipif(
    "HAIDANG_TEST_DATA" not in os.environ, reason="HAIDANG_TEST_DATA names no folder with the compilation"
)
def test_every_cell_of_the_compilation_is_read() -> None:
    path = Path(os.environ["HAIDANG_TEST_DATA"]) / "vn-tariff" / "vn-tariff-2026.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        cells = [row[column] for row in csv.DictReader(stream) for column in RATE_COLUMNS.split()]
    shapes: Counter[str] = Counter()
    for text in cells:
        steps = parse_rate(text).steps
        alternatives = [each for step in steps for each in step.alternatives]
        shapes["empty"] += not steps
        shapes["later"] += len(steps) > 1
        shapes["several"] += any(len(step.alternatives) > 1 for step in steps)
        shapes["withheld"] += any(each.rate_bp is None and not each.quota_only for each in alternatives)
        shapes["quota"] += any(each.quota_only for each in alternatives)
        shapes["outside quota"] += any(each.outside_quota_bp is not None for each in alternatives)
        shapes["excluded"] += any(each.excluded_countries for each in alternatives)
        shapes["own rates"] += any(each.country_rates_bp for each in alternatives)
        shapes["noted"] += any(each.notes for each in alternatives)
    assert len(cells) == 9_489 * 19
    assert shapes == EXPECTED


EXPECTED = {
    "empty": 100891,
    "later": 2,
    "withheld": 3342,
    "quota": 17,
    "outside quota": 68,
    "excluded": 3694,
    "own rates": 256,
    "noted": 51,
    "several": 9223,
}
"""Counted from the text alone: cells with `*`, `(-`, `NHN`, `M:`, `(GIC)`, `Từ ngày`, and with different parts between slashes."""
