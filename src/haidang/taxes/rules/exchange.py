"""Exchange rates for tax (tỷ giá tính thuế): which day's quotes serve which week, and what is done about a currency without one.

The rule is an object (`RateRule`), made from the parameters of a day: when the law changes, another rule stands beside it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from haidang.kernel.calendar import WorkingCalendar
from haidang.reference.terms import ExchangeRate, Parameter
from haidang.taxes.terms.valuing import RateRule, WeekRates, WhenMissing

Quotes = Mapping[tuple[str, date], int]
"""Đồng per unit of a currency, in ten-thousandths, by currency and day of the quote."""

_TAKEN_ON, _WEEK_BEGINS = "exchange_rate.taken_on", "exchange_rate.week_begins"
_LONGEST_SHIFT = 21
"""Days that rest days may move a quote back; the longest Tết was nine."""


def rule_of(
    parameters: Mapping[str, Parameter], when_missing: Iterable[WhenMissing] = (WhenMissing.CROSS_RATE,)
) -> RateRule:
    """Return the rule that the parameters of a day make.

    Law: 38/2015/TT-BTC Art. 35, amended by 39/2018/TT-BTC.
    """
    return RateRule(parameters[_TAKEN_ON].value, parameters[_WEEK_BEGINS].value, tuple(when_missing))


def week_start(on: date, rule: RateRule) -> date:
    """Return the first day of the week of a day."""
    return on - timedelta(days=(on.isoweekday() - rule.week_begins) % 7)


def quoted_on(week_from: date, calendar: WorkingCalendar, rule: RateRule) -> date:
    """Return the day whose quotes serve a week: the weekday of the rule in the week before, or the last working day before it.

    Raises:
        ValueError: the calendar has no working day within three weeks before.
    """
    back = (week_from.isoweekday() - rule.taken_on - 1) % 7 + 1
    day = week_from - timedelta(days=back)
    for shift in range(_LONGEST_SHIFT):
        if calendar.is_workday(day - timedelta(days=shift)):
            return day - timedelta(days=shift)
    raise ValueError(f"no working day in the three weeks before {day}")


def rates_for_week(
    on: date,
    currencies: Iterable[str],
    quotes: Quotes,
    calendar: WorkingCalendar,
    rule: RateRule,
    cross_rates: Quotes | None = None,
) -> WeekRates:
    """Return the rates of the week of a day for some currencies; one for which the rule finds none is in `missing`, never guessed.

    `quotes` are the bank's, `cross_rates` the central bank's for currencies that it does not quote: of those the latest until the day counts.

    Law: 38/2015/TT-BTC Art. 35, amended by 39/2018/TT-BTC (unverified).
    """
    week = week_start(on, rule)
    day = quoted_on(week, calendar, rule)
    found, missing = [], []
    for currency in sorted(set(currencies)):
        rate = _rate(currency, week, day, quotes, calendar, rule, cross_rates or {})
        if rate is None:
            missing.append(currency)
        else:
            found.append(rate)
    return WeekRates(day, tuple(found), tuple(missing))


def _rate(
    currency: str,
    week: date,
    day: date,
    quotes: Quotes,
    calendar: WorkingCalendar,
    rule: RateRule,
    cross_rates: Quotes,
) -> ExchangeRate | None:
    if (currency, day) in quotes:
        return ExchangeRate(currency, week, quotes[currency, day], f"quoted {day}")
    for step in rule.when_missing:
        if step is WhenMissing.REFUSE:
            return None
        if step is WhenMissing.CROSS_RATE:
            days = [of for name, of in cross_rates if name == currency and of <= day]
            if days:
                return ExchangeRate(currency, week, cross_rates[currency, max(days)], f"cross rate {max(days)}")
        else:
            before = quoted_on(week - timedelta(days=7), calendar, rule)
            if (currency, before) in quotes:
                return ExchangeRate(currency, week, quotes[currency, before], f"quoted {before}, week before")
    return None
