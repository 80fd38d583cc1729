"""The law book as the public pages read it: the newest version, kept in this process, and what day it is in law."""

import functools
from datetime import date

from msgspec import Struct

from haidang.kernel.calendar import vn_date
from haidang.portals.reading import reader
from haidang.reference import lookups as reference
from haidang.taxes.bookcase import Bookcase
from haidang.taxes.rules.books import OpenBook


class Law(Struct, frozen=True):
    """The newest price book, and the Vietnamese date of legal time."""

    book: OpenBook
    today: date


@functools.cache
def _bookcase() -> Bookcase:
    return Bookcase()


def law_of_today() -> Law:
    """Return the newest law; read from the database when a version is first asked for, two seconds, and then kept."""
    with reader().connection() as connection:
        row = connection.execute("SELECT legal_now()").fetchone()
        assert row is not None
        book = _bookcase().open(connection, reference.latest_version(connection))
    return Law(book, vn_date(row[0]))


def book_of(version: int) -> OpenBook | None:
    """Return the price book of a version; None when this installation never loaded it."""
    with reader().connection() as connection:
        if not 1 <= version <= reference.latest_version(connection):
            return None
        return _bookcase().open(connection, version)
