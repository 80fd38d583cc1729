"""Vietnamese time: what a date, a deadline and a month are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haidang.kernel.calendar import (
    OFFICE_HOURS,
    VN,
    WorkingCalendar,
    add_calendar_days,
    day_start,
    month_after,
    month_start,
    registered_month,
    vn_date,
)
from tests.examples import examples

TET = frozenset(date(2026, 2, day) for day in (16, 17, 18, 19, 20))
HOLIDAYS = TET | {date(2026, 1, 1), date(2026, 4, 27), date(2026, 4, 30), date(2026, 5, 1), date(2026, 9, 2)}
EXTRA = frozenset((date(2026, 2, 28), date(2026, 8, 22)))
OFFICE = WorkingCalendar(HOLIDAYS, EXTRA)


def at(text: str) -> datetime:
    """An instant written in Vietnamese time."""
    return datetime.fromisoformat(text).replace(tzinfo=VN).astimezone(UTC)


def slowly(
    calendar: WorkingCalendar, instant: datetime, minutes: int, hours: tuple[tuple[int, int], ...] = OFFICE_HOURS
) -> datetime:
    """The reference: walk minute by minute (from a whole minute) and count those that are worked."""
    while minutes:
        local = instant.astimezone(VN)
        minute = local.hour * 60 + local.minute
        if calendar.is_workday(local.date()) and any(start <= minute < end for start, end in hours):
            minutes -= 1
        instant += timedelta(minutes=1)
    return instant


instants = st.datetimes(datetime(2025, 12, 20), datetime(2026, 12, 31), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(second=0, microsecond=0)
)
around_tet = st.datetimes(datetime(2026, 2, 12), datetime(2026, 3, 2), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(second=0, microsecond=0)
)


@given(st.one_of(instants, around_tet), st.integers(0, 1_500))
@settings(max_examples=examples(150), deadline=None)
def test_working_time_equals_a_walk_minute_by_minute(instant, minutes):
    assert OFFICE.add_working_minutes(instant, minutes) == slowly(OFFICE, instant, minutes)


@given(
    around_tet,
    st.integers(1, 900),
    st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).filter(lambda borders: len(borders) % 2 == 0),
)
@settings(max_examples=examples(75), deadline=None)
def test_any_office_hours_equal_a_walk_minute_by_minute(instant, minutes, borders):
    borders.sort()
    hours = tuple(zip(borders[::2], borders[1::2], strict=True))
    worked = sum(end - start for start, end in hours)
    minutes = min(minutes, 3 * worked)
    calendar = WorkingCalendar(HOLIDAYS, EXTRA, hours)
    assert calendar.add_working_minutes(instant, minutes) == slowly(calendar, instant, minutes, hours)


@given(instants, st.integers(0, 59_999_999), st.integers(1, 20))
@settings(deadline=None)
def test_parts_of_a_minute_are_kept_and_parts_of_a_period_add_up(instant, microseconds, hours):
    instant += timedelta(microseconds=microseconds)
    once = OFFICE.add_working_hours(instant, hours)
    step = instant
    for _ in range(hours):
        step = OFFICE.add_working_hours(step, 1)
    assert once == step


@given(instants, st.integers(0, 40))
@settings(deadline=None)
def test_working_days_are_counted_one_by_one(instant, days):
    end = OFFICE.add_working_days(instant, days)
    last = vn_date(end) - timedelta(days=1)
    between = [vn_date(instant) + timedelta(days=n) for n in range(1, (last - vn_date(instant)).days + 1)]
    assert sum(OFFICE.is_workday(day) for day in between) == days
    assert end == day_start(last + timedelta(days=1))
    assert days == 0 or OFFICE.is_workday(last)


@given(st.dates(date(1971, 1, 1), date(2100, 12, 31)), st.integers(0, 86_399))
def test_a_vietnamese_date_holds_its_own_day(on, seconds):
    instant = day_start(on) + timedelta(seconds=seconds)
    assert vn_date(instant) == on
    assert registered_month(instant) == on.year * 100 + on.month


@given(st.integers(2000, 2400), st.integers(1, 12), st.integers(-200, 200))
def test_months_add_and_take_away(year, number, count):
    month = year * 100 + number
    assert month_after(month_after(month, count), -count) == month
    assert registered_month(month_start(month)) == month
    assert registered_month(month_start(month) - timedelta(microseconds=1)) == month_after(month, -1)


def test_two_hours_asked_for_before_lunch_end_after_it():
    assert OFFICE.add_working_hours(at("2026-03-02 11:00"), 2) == at("2026-03-02 14:00")


def test_time_used_up_at_noon_ends_at_noon_and_not_after_lunch():
    assert OFFICE.add_working_hours(at("2026-03-02 10:00"), 2) == at("2026-03-02 12:00")


def test_a_period_begun_at_noon_counts_from_one_o_clock():
    assert OFFICE.add_working_hours(at("2026-03-02 12:00"), 2) == at("2026-03-02 15:00")


def test_a_period_begun_at_the_end_of_the_day_counts_from_the_next_morning():
    assert OFFICE.add_working_hours(at("2026-03-02 17:00"), 2) == at("2026-03-03 10:00")


def test_a_weekend_does_not_count():
    assert OFFICE.add_working_hours(at("2026-03-06 16:00"), 2) == at("2026-03-09 09:00")


def test_new_year_does_not_count_and_the_saturday_worked_in_exchange_does():
    assert OFFICE.add_working_hours(at("2026-02-13 16:30"), 1) == at("2026-02-23 08:30")
    assert OFFICE.add_working_hours(at("2026-02-27 16:00"), 2) == at("2026-02-28 09:00")


def test_eight_working_hours_are_one_working_day():
    assert OFFICE.add_working_hours(at("2026-03-02 08:00"), 8) == at("2026-03-02 17:00")
    assert OFFICE.add_working_hours(at("2026-03-02 08:00:00.000001"), 8) == at("2026-03-03 08:00:00.000001")


def test_no_time_at_all_ends_where_it_begins_even_at_night():
    night = at("2026-03-02 23:00")
    assert OFFICE.add_working_hours(night, 0) == night


def test_seven_in_the_evening_of_greenwich_is_tomorrow_in_vietnam():
    assert vn_date(datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)) == date(2026, 12, 31)
    assert vn_date(datetime(2026, 12, 31, 17, tzinfo=UTC)) == date(2027, 1, 1)
    assert registered_month(datetime(2026, 12, 31, 17, tzinfo=UTC)) == 202701


def test_calendar_days_end_at_midnight_after_the_last_day():
    assert add_calendar_days(at("2026-03-02 08:00"), 30) == at("2026-04-02 00:00")
    assert add_calendar_days(at("2026-03-02 23:59"), 0) == at("2026-03-03 00:00")


def test_a_leap_day_is_a_day():
    assert add_calendar_days(at("2028-02-28 08:00"), 1) == at("2028-03-01 00:00")


def test_a_period_ending_on_a_rest_day_can_be_carried_to_the_next_working_day():
    assert OFFICE.end_on_workday(at("2026-03-08 00:00")) == at("2026-03-10 00:00")
    assert OFFICE.end_on_workday(at("2026-03-07 00:00")) == at("2026-03-07 00:00")
    assert OFFICE.end_on_workday(at("2026-02-17 00:00")) == at("2026-02-24 00:00")


def test_december_is_followed_by_january():
    assert month_after(202612) == 202701
    assert month_after(202601, -1) == 202512
    assert month_start(202603) == at("2026-03-01 00:00")


@pytest.mark.parametrize("month", [202600, 202613, 3, -202601, 196912])
def test_what_is_no_month_is_refused(month):
    with pytest.raises(ValueError, match="not a month"):
        month_start(month)


@pytest.mark.parametrize(
    "hours", [(), ((720, 480),), ((480, 720), (700, 900)), ((0, 1441),), ((480, 480),), ((480, 720), (720, 900))]
)
def test_sessions_that_overlap_touch_or_leave_the_day_are_refused(hours):
    with pytest.raises(ValueError, match="sessions"):
        WorkingCalendar(hours=hours)


def test_a_day_cannot_be_holiday_and_extra_working_day():
    with pytest.raises(ValueError, match="2026-02-17"):
        WorkingCalendar(TET, frozenset((date(2026, 2, 17),)))


def test_periods_have_no_negative_length():
    now = at("2026-03-02 08:00")
    for add in (OFFICE.add_working_hours, OFFICE.add_working_days, add_calendar_days):
        with pytest.raises(ValueError, match="negative"):
            add(now, -1)


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        vn_date(datetime(2026, 3, 2))
