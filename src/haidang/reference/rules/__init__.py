"""The law book as pure functions: rows to terms, what stands on one day, contradictions, changes, nearest codes.

Reading files and talking to PostgreSQL is for `lookups` and `store`; here everything comes in as tables of text and goes out as terms.
"""

from haidang.reference.rules.as_of import NAMED, Force, LawOfDay, force_of, history_of, law_of_day
from haidang.reference.rules.changing import Change, Group, Turn, changes, changes_of_days, counted, rate_said
from haidang.reference.rules.checking import RULES, check
from haidang.reference.rules.reading import (
    KEY_COLUMNS,
    Table,
    read_codes,
    read_exchange_rates,
    read_holidays,
    read_instruments,
    read_lists,
    read_parameters,
    read_tariff_lines,
)
from haidang.reference.rules.standing import (
    PackedList,
    codes_of_day,
    is_plain,
    nearest,
    parameters_of_day,
    rates_of_week,
    stands,
    units_by_vietnamese_name,
    week_of,
)

__all__ = (
    "KEY_COLUMNS",
    "NAMED",
    "RULES",
    "Change",
    "Force",
    "Group",
    "LawOfDay",
    "PackedList",
    "Table",
    "Turn",
    "changes",
    "changes_of_days",
    "check",
    "codes_of_day",
    "counted",
    "force_of",
    "history_of",
    "is_plain",
    "law_of_day",
    "nearest",
    "parameters_of_day",
    "rate_said",
    "rates_of_week",
    "read_codes",
    "read_exchange_rates",
    "read_holidays",
    "read_instruments",
    "read_lists",
    "read_parameters",
    "read_tariff_lines",
    "stands",
    "units_by_vietnamese_name",
    "week_of",
)
