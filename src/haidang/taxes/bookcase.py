"""Price books of the versions of the law book, each read from the database once for a whole process."""

import threading
from typing import Any

from psycopg import Connection

from haidang.reference import lookups as reference
from haidang.tariff import lookups as tariff
from haidang.taxes.rules.books import PRICED_LISTS, OpenBook
from haidang.taxes.terms.receipts import PriceBook

_KEPT_BOOKS = 2
"""The newest version, and the one asked for last among the others: each takes some hundred megabytes."""


class Bookcase:
    """Books that were read. A version never changes, so what was read stands for the life of the process. Any thread may ask; one reads at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, OpenBook] = {}

    def open(self, connection: Connection[Any], version: int) -> OpenBook:
        """Return the price book of a version, of every date; some seconds the first time.

        Raises:
            LawbookVersionUnknown: that version was never loaded.
        """
        found = self._kept.get(version)
        if found is not None:
            return found
        with self._lock:
            found = self._kept.get(version) or OpenBook(book_of_version(connection, version))
            newest = max((version, *self._kept))
            kept = [(each, book) for each, book in self._kept.items() if each == newest]
            self._kept = dict([*kept[: _KEPT_BOOKS - 1], (version, found)])
        return found


def book_of_version(connection: Connection[Any], version: int) -> PriceBook:
    """Return what a version of the law book says of price and tax on every date.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    packed = reference.packed_lists(connection, version)
    book = reference.read_book(connection, version, without=[of for of in packed if of.name not in PRICED_LISTS])
    codes = tuple(row for row in book.codes if row.list_name in PRICED_LISTS)
    return PriceBook(
        version=version,
        lawbook_sha256=reference.history(connection, version)[-1].hex(),
        tariff=tariff.book_of_version(
            connection, version, (row for row in codes if row.list_name == "tariff_schedule")
        ),
        codes=codes,
        parameters=book.parameters,
        instruments=book.instruments,
        holidays=book.holidays,
        exchange_rates=reference.exchange_rates(connection, version),
    )
