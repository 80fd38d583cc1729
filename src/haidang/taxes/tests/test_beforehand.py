"""What comes before the assessment, beyond its examples: sums that hold for any goods, and what is refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.kernel.calendar import WorkingCalendar
from haidang.kernel.money import NegativeAmount
from haidang.taxes.engine import OpenBook
from haidang.taxes.rules.exchange import quoted_on, rates_for_week, rule_of, week_start
from haidang.taxes.rules.quota import split_by_quota
from haidang.taxes.rules.valuing import find_value
from haidang.taxes.terms.valuing import QuotaBalance, RateRule, Sale, ValueEvidence
from haidang.taxes.tests.build import DAY, declaration, item


@given(
    quantities=st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    prices=st.lists(st.integers(0, 10**12), min_size=6, max_size=6),
    free=st.integers(0, 4 * 10**9),
)
def test_a_split_takes_no_more_than_is_left_and_loses_nothing(
    quantities: list[int], prices: list[int], free: int
) -> None:
    lines = tuple(
        item(number, quantity=f"{quantity / 1000:.3f} TNE", price=str(price))
        for number, (quantity, price) in enumerate(zip(quantities, prices, strict=False), 1)
    )
    split = split_by_quota(declaration(*lines), [QuotaBalance("99990001", "TNE", free)])
    parts = split.declared.items
    inside = sum(part.quantity_milli for part in parts if not part.out_of_quota)
    total = sum(line.quantity_milli for line in lines)
    assert inside == split.taken_milli["99990001"] == min(free, total)
    assert sum(part.quantity_milli for part in parts) == total and all(part.quantity_milli for part in parts)
    assert sum(part.invoice_value_e4 or 0 for part in parts) == sum(line.invoice_value_e4 or 0 for line in lines)
    assert [part.line_no for part in parts] == list(range(1, len(parts) + 1))
    assert all(part.out_of_quota is (part.tariff_schedule_code == "B14") for part in parts)


def test_a_balance_below_zero_and_evidence_below_zero_are_faults() -> None:
    with pytest.raises(NegativeAmount):
        split_by_quota(declaration(item()), [QuotaBalance("99990001", "PCE", -1)])
    with pytest.raises(NegativeAmount):
        find_value(ValueEvidence(quantity_milli=1, exported_on=DAY, window_days=60, identical=(Sale(-1, DAY),)))


@given(st.dates(date(2020, 1, 6), date(2030, 12, 31)), st.integers(1, 7), st.integers(1, 7))
def test_a_week_is_served_by_a_working_day_before_it(on: date, taken_on: int, week_begins: int) -> None:
    rule = RateRule(taken_on, week_begins)
    week = week_start(on, rule)
    day = quoted_on(week, WorkingCalendar(), rule)
    assert week <= on < week + timedelta(days=7) and week.isoweekday() == week_begins
    assert week - timedelta(days=10) < day < week and day.isoweekday() <= 5
    assert day.isoweekday() == min(taken_on, 5)


def test_the_rule_of_the_law_book_is_thursday_for_the_week_from_monday(book: OpenBook) -> None:
    rule = rule_of(book.day(DAY).parameters)
    assert (rule.taken_on, rule.week_begins) == (4, 1)
    calendar = WorkingCalendar(frozenset(day.on for day in book.book.holidays if not day.working))
    tet = quoted_on(date(2026, 2, 23), calendar, rule)
    assert calendar.is_workday(tet) and tet < date(2026, 2, 19), "Tết moves the quote to the last working day before it"


def test_a_year_without_working_days_is_told() -> None:
    closed = WorkingCalendar(frozenset(date(2026, 1, 1) + timedelta(days=shift) for shift in range(60)))
    with pytest.raises(ValueError, match="no working day"):
        rates_for_week(date(2026, 2, 23), ["USD"], {}, closed, RateRule())
