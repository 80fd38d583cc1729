"""Nouns of what comes before the assessment: evidence of a customs value, a tariff quota with its balance, the exchange rates of a week."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from haidang.reference.terms import ExchangeRate
from haidang.taxes.terms import Valuation


class ValueMethod(StrEnum):
    """The six methods of customs valuation, in the order in which they are tried."""

    TRANSACTION = "transaction"
    IDENTICAL = "identical"
    SIMILAR = "similar"
    DEDUCTIVE = "deductive"
    COMPUTED = "computed"
    FALL_BACK = "fall_back"


class Sale(Struct, frozen=True):
    """An earlier import of identical or similar goods whose value was accepted: customs value of one unit, and the day its goods were exported.

    `same_level` says that it was sold at the same commercial level and in much the same quantity, or was adjusted to that.
    """

    unit_value_vnd_e4: int
    exported_on: date
    same_level: bool = True


class Resale(Struct, frozen=True):
    """The sale in Viet Nam that a deductive value starts from, of one unit: price, and what is deducted from it (commission or profit, inland costs, taxes)."""

    unit_price_vnd_e4: int
    profit_vnd_e4: int
    inland_costs_vnd_e4: int
    taxes_vnd_e4: int


class Production(Struct, frozen=True):
    """What a computed value adds up, of one unit: cost of production, profit and general expenses, freight and insurance to the first Vietnamese gate."""

    cost_vnd_e4: int
    profit_and_general_vnd_e4: int
    freight_and_insurance_vnd_e4: int


class ValueEvidence(Struct, frozen=True, kw_only=True):
    """What is known about the value of goods. `exported_on` is the day their own export; `window_days` how far from it a sale may lie.

    `transaction_vnd_e4` is the transaction value of the line where it may be used (None: there is none, or it was rejected); `related` says that
    seller and buyer are, without influence on the price. `computed_first` is the declarant's request to try the computed value before the deductive.
    """

    quantity_milli: int
    exported_on: date
    window_days: int
    transaction_vnd_e4: int | None = None
    related: bool = False
    identical: tuple[Sale, ...] = ()
    similar: tuple[Sale, ...] = ()
    resale: Resale | None = None
    production: Production | None = None
    computed_first: bool = False
    fall_back_vnd_e4: int | None = None


class ValueFound(Struct, frozen=True):
    """The customs value of a line by the first method that gives one: `valuation_code` is its class (VD1); methods tried in vain stand in `passed_over`."""

    method: ValueMethod
    valuation_code: str
    value_vnd_e4: int
    passed_over: tuple[ValueMethod, ...] = ()


class QuotaBalance(Struct, frozen=True):
    """What of a tariff quota is left to a declarant for one commodity code: thousandths of `unit_code`."""

    commodity_code: str
    unit_code: str
    free_milli: int


class QuotaSplit(Struct, frozen=True):
    """A declaration whose lines stand inside or outside their quotas: `taken_milli` by commodity code, and lines whose unit is not that of the quota.

    `origin_lines` gives for each new line the number of the line it comes from.
    """

    declared: Valuation
    taken_milli: Mapping[str, int]
    origin_lines: tuple[int, ...]
    other_unit_lines: tuple[int, ...] = ()


class WhenMissing(StrEnum):
    """What is done about a currency that the bank did not quote on the day: no rate, its latest cross rate, or its rate of the week before."""

    REFUSE = "refuse"
    CROSS_RATE = "cross_rate"
    WEEK_BEFORE = "week_before"


class RateRule(Struct, frozen=True):
    """How the exchange rates of a week are found. A new law is another rule: nothing else changes.

    The week begins on the ISO weekday `week_begins` (Monday 1); rates are those quoted on the weekday `taken_on` of the week before, or on the last
    working day before that. `when_missing` are tried in their order.
    """

    taken_on: int = 4
    week_begins: int = 1
    when_missing: tuple[WhenMissing, ...] = (WhenMissing.CROSS_RATE,)


class WeekRates(Struct, frozen=True):
    """The exchange rates of one week, the day they were quoted, and currencies asked for that have none."""

    quoted_on: date
    rates: tuple[ExchangeRate, ...]
    missing: tuple[str, ...] = ()
