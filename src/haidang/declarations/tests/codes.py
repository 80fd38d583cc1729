"""The code lists of the law book on one day, and the commodity codes that the builders use."""

from datetime import date
from functools import cache

from haidang.declarations.tests import build
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.reference.terms import CodesOfDay

DAY = date(2026, 3, 2)
"""A Monday on which all codes of the builders stand."""
TARIFF_CODES = frozenset(row[0] for row in build._GOODS)


@cache
def codes_of_day(on: date = DAY) -> CodesOfDay:
    """Return the code lists in force on a day, read once."""
    return codes_from_files(lawbook_folder(), on)
