"""Price books of the versions in the database: what the files say, read once for each version, as the role of the pages."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference.actions import load_exchange_rates, load_lawbook
from haidang.reference.lookups import SAMPLE_RATES, latest_version, lawbook_folder
from haidang.reference.terms import ExchangeRate, LawbookVersionUnknown
from haidang.tariff.actions import load_schedules
from haidang.tariff.tests.build import DAY, TABLES, small_lawbook
from haidang.taxes.actions import book_of_files
from haidang.taxes.bookcase import Bookcase
from haidang.taxes.rules.books import OpenBook, lists_of_day
from haidang.taxes.rules.showing import show_code

BEER = "22030091"
RATE = ExchangeRate("USD", date(2026, 3, 2), 258_800_000, "sample")

Connection = psycopg.Connection[Any]


@pytest.fixture
def owner(fresh_database: Any) -> Iterator[Connection]:
    with closing(psycopg.connect(fresh_database.dsn("owner"), autocommit=True)) as connection:
        yield connection


@pytest.fixture
def app(fresh_database: Any) -> Iterator[Connection]:
    with closing(psycopg.connect(fresh_database.dsn("app"), autocommit=True)) as connection:
        yield connection


def load(connection: Connection, folder: Path) -> int:
    version = load_lawbook(connection, folder)
    load_schedules(connection, folder, version)
    return version


def test_a_version_says_what_its_files_say_and_is_read_once(owner: Connection, app: Connection, tmp_path: Path) -> None:
    folder = small_lawbook(tmp_path / "one")
    version = load(owner, folder)
    case = Bookcase()
    found = case.open(app, version)
    files = OpenBook(book_of_files(folder, lawbook_folder() / SAMPLE_RATES))
    assert found.book.version == version
    assert (found.book.tariff, found.book.lawbook_sha256) == (files.book.tariff, files.book.lawbook_sha256)
    assert lists_of_day(found.book.codes, DAY) == lists_of_day(files.book.codes, DAY)
    assert show_code(found, BEER, DAY) == show_code(files, BEER, DAY)
    assert case.open(app, version) is found


def test_a_newer_version_and_new_rates_stand_beside_the_old(owner: Connection, app: Connection, tmp_path: Path) -> None:
    first = load(owner, small_lawbook(tmp_path / "one"))
    rates = [line.replace(f"{BEER},kg,,35,", f"{BEER},kg,,40,") for line in TABLES["rates"]]
    second = load(owner, small_lawbook(tmp_path / "two", rates=rates))
    assert load_exchange_rates(owner, [RATE]) == 1
    third = latest_version(owner)
    case = Bookcase()
    old, new = case.open(app, first), case.open(app, second)
    assert [book.day(DAY).tariff.entries[BEER].duties["B01"].rate_bp for book in (old, new)] == [3500, 4000]
    newest = case.open(app, third)
    assert newest.book.exchange_rates == (RATE,) and new.book.exchange_rates == ()
    assert newest.day(DAY).exchange_rates_e4["USD"] == RATE.rate_e4
    assert case.open(app, first) is not None and case.open(app, third) is newest


def test_a_version_that_was_never_loaded_is_told(owner: Connection, app: Connection, tmp_path: Path) -> None:
    load(owner, small_lawbook(tmp_path / "one"))
    with pytest.raises(LawbookVersionUnknown):
        Bookcase().open(app, 99)
