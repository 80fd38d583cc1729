"""The law book as the public pages read it: the newest version, kept in this process, and what day it is in law."""

import functools
import logging
import os
import threading
from datetime import date

from msgspec import Struct

from haidang.kernel.calendar import vn_date
from haidang.platform.standing_back import NICENESS
from haidang.portals.classifying import classifier_of
from haidang.portals.reading import reader
from haidang.reference import lookups as reference
from haidang.taxes.bookcase import Bookcase
from haidang.taxes.rules.books import OpenBook

_log = logging.getLogger(__name__)


class Law(Struct, frozen=True):
    """The newest price book, and the Vietnamese date of legal time."""

    book: OpenBook
    today: date


@functools.cache
def _bookcase() -> Bookcase:
    return Bookcase()


def law_of_today() -> Law:
    """Return the newest law; read from the database when a version is first asked for, some seconds, and then kept."""
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


def read_ahead() -> threading.Thread:
    """Begin to read the newest law, its index of words and the classifier, so that the first reader need not wait for them; return the thread.

    Whatever hinders it is in the log; the first reader then tries again.
    """
    reading = threading.Thread(target=_read_ahead, name="law ahead", daemon=True)
    reading.start()
    return reading


def _read_ahead() -> None:
    # What people wait for goes first; who asks for the law meanwhile waits no longer than without this.
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    try:
        law = law_of_today()
        law.book.index(law.today)
        classifier_of(law.book)
    except Exception:
        _log.exception("the law was not read ahead: the first page of it takes some seconds")
