"""Vietnamese time: calendar dates, working hours and working days, registration months.

Instants are aware UTC datetimes; a date is always the one on the wall in Viet Nam (UTC+7, no summer time).
Deadlines are half-open: an act is in time when it happens *before* the instant returned here.

Law: how a period in days begins and ends, 91/2015/QH13 (Bộ luật Dân sự) Art. 147 and 148; hours, Art. 147(1).
"""

from datetime import UTC, date, datetime, timedelta, timezone

VN = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""The offset of Asia/Ho_Chi_Minh since 1975; every instant this platform meets is later."""

OFFICE_HOURS = ((480, 720), (780, 1020))
"""8:00-12:00 and 13:00-17:00, in minutes of the day: the usual hours of a customs office; an office's own may differ."""

_MINUTE_US = 60_000_000
_DAY_US = 86_400_000_000
_SATURDAY, _SUNDAY = 6, 0
"""`date.toordinal() % 7`: ordinal 1 is a Monday."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC) - timedelta(hours=7)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def vn_date(instant: datetime) -> date:
    """Return the Vietnamese calendar date of an aware instant."""
    return _local(instant).date()


def day_start(on: date) -> datetime:
    """Return the instant (UTC) at which a Vietnamese calendar date begins."""
    return _instant(on.toordinal(), 0)


def vn_text(instant: datetime | None) -> str | None:
    """Return an instant as people in Viet Nam read it, ISO 8601 with +07:00; None stays None."""
    return None if instant is None else instant.astimezone(VN).isoformat()


def add_calendar_days(instant: datetime, days: int) -> datetime:
    """Return the end (24:00 in Viet Nam, as UTC) of the last of `days` calendar days after the date of `instant`.

    The day on which the period begins does not count. With 0 days the period ends with that day. Rest days count like others: where
    a law carries a period that ends on one over to the next working day (91/2015/QH13 Art. 148(5)), `WorkingCalendar.end_on_workday` does so.

    Raises:
        ValueError: `days` is negative.
    """
    if days < 0:
        raise ValueError("a period has no negative length")
    return _instant(_local(instant).toordinal() + days + 1, 0)


def registered_month(instant: datetime) -> int:
    """Return the Vietnamese month of an instant as an integer: 202603 is March 2026."""
    local = _local(instant)
    return local.year * 100 + local.month


def month_after(month: int, count: int = 1) -> int:
    """Return the month `count` months after `month` (before it when negative): `month_after(202612)` is 202701."""
    years, ordinal = divmod(_month_ordinal(month) + count, 12)
    return years * 100 + ordinal + 1


def month_start(month: int) -> datetime:
    """Return the instant (UTC) at which a month begins in Viet Nam."""
    ordinal = _month_ordinal(month)
    return day_start(date(ordinal // 12, ordinal % 12 + 1, 1))


class WorkingCalendar:
    """Working hours and working days of an office.

    Saturdays and Sundays are rest days unless they are in `extra_workdays` (a working day moved to join a holiday to a weekend);
    `holidays` are rest days. `hours` are half-open sessions in minutes of the day, ascending. Immutable; one object serves all.

    Raises:
        ValueError: a date is both a holiday and an extra working day, or the sessions overlap, are empty or leave the day.
    """

    __slots__ = ("_extra", "_holidays", "_sessions")

    def __init__(
        self,
        holidays: frozenset[date] = frozenset(),
        extra_workdays: frozenset[date] = frozenset(),
        hours: tuple[tuple[int, int], ...] = OFFICE_HOURS,
    ) -> None:
        if both := holidays & extra_workdays:
            raise ValueError(f"both holiday and extra working day: {min(both)}")
        borders = [minute for session in hours for minute in session]
        if not hours or borders != sorted(set(borders)) or borders[0] < 0 or borders[-1] > 1440:
            raise ValueError(f"sessions must be ascending, apart and within one day: {hours}")
        self._holidays = frozenset(day.toordinal() for day in holidays)
        self._extra = frozenset(day.toordinal() for day in extra_workdays)
        self._sessions = tuple((start * _MINUTE_US, end * _MINUTE_US) for start, end in hours)

    def is_workday(self, on: date) -> bool:
        """Whether the office works on a Vietnamese date."""
        return self._works(on.toordinal())

    def add_working_hours(self, instant: datetime, hours: int) -> datetime:
        """Return the instant (UTC) at which `hours` of working time have passed since `instant`; with 0 hours, `instant`."""
        return self.add_working_minutes(instant, 60 * hours)

    def add_working_minutes(self, instant: datetime, minutes: int) -> datetime:
        """Return the instant (UTC) at which `minutes` of working time have passed since `instant`; with 0 minutes, `instant`.

        Time outside sessions does not run. Work that is used up exactly at the end of a session ends there, not at the start of the next.

        Raises:
            ValueError: `minutes` is negative.
        """
        if minutes <= 0:
            if minutes:
                raise ValueError("a period has no negative length")
            return instant
        local = _local(instant)
        day = local.toordinal()
        at = ((local.hour * 60 + local.minute) * 60 + local.second) * 1_000_000 + local.microsecond
        left = minutes * _MINUTE_US
        while True:
            if self._works(day):
                for start, end in self._sessions:
                    begin = at if at > start else start
                    if begin < end:
                        if left <= end - begin:
                            return _instant(day, begin + left)
                        left -= end - begin
            day += 1
            at = 0

    def add_working_days(self, instant: datetime, days: int) -> datetime:
        """Return the end (24:00 in Viet Nam, as UTC) of the last of `days` working days after the date of `instant`.

        The day on which the period begins does not count. With 0 days the period ends with that day.

        Raises:
            ValueError: `days` is negative.
        """
        if days < 0:
            raise ValueError("a period has no negative length")
        day = _local(instant).toordinal()
        while days:
            day += 1
            days -= self._works(day)
        return _instant(day + 1, 0)

    def end_on_workday(self, end: datetime) -> datetime:
        """Return the end of a period in days, carried to the end of the next working day when its last day is a rest day."""
        day = _local(end).toordinal() - 1
        while not self._works(day):
            day += 1
        return _instant(day + 1, 0)

    def _works(self, day: int) -> bool:
        if day % 7 in (_SATURDAY, _SUNDAY):
            return day in self._extra
        return day not in self._holidays


def _local(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return instant.astimezone(VN)


def _instant(day: int, microseconds: int) -> datetime:
    return _EPOCH + timedelta(day - _EPOCH_ORDINAL, 0, microseconds)


def _month_ordinal(month: int) -> int:
    year, number = divmod(month, 100)
    if not (1 <= number <= 12 and 1970 <= year <= 9998):
        raise ValueError(f"not a month of the form 202603: {month}")
    return year * 12 + number - 1
