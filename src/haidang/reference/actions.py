"""What others may ask of the law book: load it from its files, or weekly exchange rates, as a new version."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import Connection

from haidang.reference import store
from haidang.reference.lookups import book_from_files, latest_version, problems_of, unwritten_drafts
from haidang.reference.store import drafts as kept
from haidang.reference.terms import SAMPLE, ExchangeRate, LawbookProblems, SampleRatesRefused


def load_lawbook(connection: Connection[Any], folder: Path, note: str = "") -> int:
    """Load the files under a folder as a new version of the book and return its number; files unchanged give the newest version again.

    Drafts that were published since the files were loaded last stand as long as the files do not change; files that changed must say what those drafts say.

    One transaction, or part of the one that is open; connect as `haidang_owner`. At commit the channel `haidang_lawbook` carries the number.
    The digest covers the schedules of the tariff too, so a change there alone makes a new version: `tariff` loads its rows under it.

    Args:
        connection: autocommit, or inside a transaction.
        folder: the law book, as `lookups.lawbook_folder` finds it.
        note: why, in the words of whoever loads it; kept with the version.

    Raises:
        UnreadableLawbook: a file is missing or a row cannot be read.
        LawbookProblems: the book contradicts itself, or takes back what a draft published; nothing was changed.
    """
    book = book_from_files(folder)
    if problems := problems_of(folder, book):
        raise LawbookProblems(problems)
    with connection.transaction():
        store.lock(connection)
        version, _ = store.newest(connection)
        last_loaded, digest = kept.newest_from_files(connection)
        if digest == book.digest:
            return version
        if problems := unwritten_drafts(connection, last_loaded, book):
            raise LawbookProblems(problems)
        store.write_version(connection, version + 1, book, note)
        store.notify(connection, version + 1)
    return version + 1


def load_exchange_rates(connection: Connection[Any], rates: Iterable[ExchangeRate]) -> int:
    """Load weekly rates as a new version of the book and return how many are new; the same again changes nothing and makes no version.

    The new version says the law as the one before it. A corrected rate closes the old one, which earlier versions go on to say: a decision keeps the
    number of its version, and so its rates. One transaction, or part of the one that is open; connect as `haidang_owner`. At commit the channel
    `haidang_lawbook` carries the number.

    Law: 38/2015/TT-BTC as amended by 39/2018/TT-BTC Art. 35.

    Raises:
        SampleRatesRefused: a sample rate for a database that is no trial; nothing was changed.
        LawbookVersionUnknown: there are rates, and no book is loaded that they could belong to.
    """
    given = tuple(rates)
    with connection.transaction():
        store.lock(connection)
        if any(rate.source == SAMPLE for rate in given) and not store.is_trial(connection):
            raise SampleRatesRefused
        new = store.differing_rates(connection, given)
        if new:
            version = latest_version(connection) + 1
            _, digest = store.newest(connection)
            store.add_version(connection, version, digest, f"{len(new)} exchange rates")
            store.write_rates(connection, version, new)
            store.notify(connection, version)
    return len(new)
