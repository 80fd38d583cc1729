"""Loading the book into PostgreSQL: versions, idempotence, refusals, and the same answers as the files."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference import lookups, rules
from haidang.reference.actions import load_exchange_rates, load_lawbook
from haidang.reference.terms import (
    Book,
    CodesOfDay,
    ExchangeRate,
    LawbookProblems,
    LawbookVersionUnknown,
    SampleRatesRefused,
)
from haidang.reference.tests import build

MONDAY = date(2026, 3, 2)
ON = date(2026, 3, 4)


@pytest.fixture
def owner(fresh_database: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(fresh_database.dsn("owner"), autocommit=True) as connection:
        yield connection


def _plain(codes: CodesOfDay) -> tuple[object, ...]:
    return (
        {name: dict(rows) for name, rows in codes.lists.items()},
        dict(codes.parameters),
        dict(codes.exchange_rates_e4),
    )


def _sorted(book: Book) -> tuple[object, ...]:
    return tuple(
        sorted(map(repr, rows)) for rows in (book.instruments, book.parameters, book.holidays, book.lists, book.codes)
    )


@pytest.mark.torture
def test_the_whole_book_answers_alike_from_database_and_files(owner: psycopg.Connection[Any]) -> None:
    folder = lookups.lawbook_folder()
    load_lawbook(owner, folder)
    load_exchange_rates(owner, lookups.exchange_rates_from_file(folder / lookups.SAMPLE_RATES))
    version = lookups.latest_version(owner)
    for on in (MONDAY, date(2027, 1, 1)):
        assert _plain(lookups.read_codes(owner, version, on)) == _plain(lookups.codes_from_files(folder, on))
    book = lookups.book_from_files(folder)
    assert rules.changes(lookups.read_book(owner, version), book) == ()
    assert dict(lookups.read_instruments(owner, version)) == {row.number: row for row in book.instruments}


def test_unchanged_files_give_the_same_version(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    folder = build.lawbook(tmp_path)
    assert (load_lawbook(owner, folder), load_lawbook(owner, folder), lookups.latest_version(owner)) == (1, 1, 1)
    assert owner.execute("SELECT count(*) FROM law_book_version").fetchone() == (1,)


def test_an_old_version_reads_as_it_did_after_a_new_one_is_loaded(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    first = load_lawbook(owner, build.lawbook(tmp_path / "first"))
    before, day_before = lookups.read_book(owner, first), _plain(lookups.read_codes(owner, first, ON))
    changed = build.lawbook(
        tmp_path / "second",
        parameters=build.PARAMETERS.replace("10,day", "14,day"),
        price_condition=build.PRICE_CONDITION.replace("Free on board", "Free on board a ship"),
        location=build.LOCATION.replace("SGSIN,Singapore\n", "").replace("Haiphong", "Hai Phong"),
        holidays=build.HOLIDAYS.splitlines()[0] + "\n",
        lists=build.LISTS.replace("Price condition", "Terms of delivery"),
        instruments=build.INSTRUMENTS.replace("Luật thử", "Luật thử (sửa đổi)"),
    )
    second = load_lawbook(owner, changed, "a test")
    assert second == first + 1
    assert _sorted(lookups.read_book(owner, first)) == _sorted(before)
    assert _plain(lookups.read_codes(owner, first, ON)) == day_before
    assert _plain(lookups.read_codes(owner, second, ON)) == _plain(lookups.codes_from_files(changed, ON))
    told = rules.changes(before, lookups.read_book(owner, second))
    assert told == rules.changes(before, lookups.book_from_files(changed)) != ()


def test_a_row_that_stays_is_not_written_again(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    load_lawbook(owner, build.lawbook(tmp_path))
    load_lawbook(owner, build.lawbook(tmp_path, location=build.LOCATION + "VNSGN,Ho Chi Minh City\n"))
    assert owner.execute("SELECT book_from, count(*) FROM law_code GROUP BY 1 ORDER BY 1").fetchall() == [
        (1, 7),
        (2, 1),
    ]
    assert owner.execute("SELECT count(*) FROM law_code WHERE book_until IS NOT NULL").fetchone() == (0,)


def test_going_back_to_an_earlier_book_makes_a_new_version(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    parameters = build.PARAMETERS.replace("10,day", "14,day")
    one, other = build.lawbook(tmp_path / "one"), build.lawbook(tmp_path / "other", parameters=parameters)
    assert [load_lawbook(owner, folder) for folder in (one, other, one)] == [1, 2, 3]
    days = [lookups.read_codes(owner, version, ON).parameters["draft.kept"].value for version in (1, 2, 3)]
    assert days == [10, 14, 10]


@pytest.mark.parametrize(
    "row",
    [
        """INSERT INTO law_parameter SELECT name, 99, unit, daterange('2026-01-31', '2026-02-02'), instrument, article, verified, note, 1
           FROM law_parameter LIMIT 1""",
        """INSERT INTO law_code SELECT list_name, code, 'x', 'x', daterange('2030-01-01', NULL), attributes, source, verified, sample, 1
           FROM law_code WHERE code = 'VNHPH'""",
        """INSERT INTO law_code SELECT list_name, code, 'x', 'x', daterange('2026-12-31', NULL), attributes, source, verified, sample, 1
           FROM law_code WHERE code = 'V08'""",
        "INSERT INTO law_holiday SELECT holiday_on, 'x', NOT working, computed, instrument, article, verified, 1 FROM law_holiday",
        "INSERT INTO law_list SELECT list_name, 'x', 'x', source, verified, packed, note, 1 FROM law_list",
        "INSERT INTO exchange_rate VALUES ('USD', '2026-03-02', 1, 'x', now(), 2)",
    ],
)  # fmt: skip
def test_two_rows_for_one_day_are_impossible_in_the_database(
    owner: psycopg.Connection[Any], tmp_path: Path, row: str
) -> None:
    load_lawbook(owner, build.lawbook(tmp_path))
    load_exchange_rates(owner, [ExchangeRate("USD", MONDAY, 258_800_000, "a bank")])
    with pytest.raises(psycopg.errors.ExclusionViolation):
        owner.execute(row)  # type: ignore[arg-type]


def test_periods_that_meet_do_not_overlap(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    load_lawbook(owner, build.lawbook(tmp_path))
    owner.execute(
        """INSERT INTO law_code SELECT list_name, code, 'x', 'x', daterange('2027-01-01', NULL), attributes, source, verified, sample, 1
           FROM law_code WHERE code = 'V08'"""
    )
    assert lookups.read_codes(owner, 1, date(2026, 12, 31)).lists["vat_code"]["V08"].name_en == "Tax 8 % (sample)"
    assert lookups.read_codes(owner, 1, date(2027, 1, 1)).lists["vat_code"]["V08"].name_en == "x"


def test_a_book_that_contradicts_itself_is_refused_whole(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    load_lawbook(owner, build.lawbook(tmp_path))
    wrong = build.PARAMETERS.replace("2020-01-01,2026-02-01", "2020-01-01,2026-02-02")
    with pytest.raises(LawbookProblems, match="two rows stand on 2026-02-01"):
        load_lawbook(owner, build.lawbook(tmp_path, parameters=wrong))
    assert lookups.latest_version(owner) == 1


def test_a_version_that_was_never_loaded_is_refused(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    with pytest.raises(LawbookVersionUnknown, match="no law book"):
        lookups.latest_version(owner)
    load_lawbook(owner, build.lawbook(tmp_path))
    for version in (0, 2):
        with pytest.raises(LawbookVersionUnknown, match="newest is 1"):
            lookups.read_codes(owner, version, ON)


def test_holidays_and_days_worked_instead_are_kept_apart(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    version = load_lawbook(owner, build.lawbook(tmp_path))
    assert lookups.holidays(owner, version) == {date(2026, 4, 30)}
    assert lookups.extra_workdays(owner, version) == {date(2026, 8, 22)}
    assert [day.name_vi for day in lookups.read_calendar(owner, version)] == ["Ngày Chiến thắng", "Ngày làm việc bù"]


def test_a_listener_hears_of_a_new_version_and_of_new_rates_only(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    owner.execute("LISTEN haidang_lawbook")
    rates = [ExchangeRate("USD", MONDAY, 258_800_000, "a bank")]
    for _ in range(2):
        load_lawbook(owner, build.lawbook(tmp_path))
        load_exchange_rates(owner, rates)
    assert [heard.payload for heard in owner.notifies(timeout=0.2)] == ["1", "2"]


def test_a_load_inside_a_transaction_that_fails_leaves_nothing(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), owner.transaction():
        load_lawbook(owner, build.lawbook(tmp_path))
        raise ZeroDivisionError
    assert owner.execute("SELECT count(*) FROM law_book_version").fetchone() == (0,)
    assert load_lawbook(owner, tmp_path) == 1


def test_a_corrected_rate_makes_a_version_and_earlier_ones_go_on_to_say_the_old_one(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    assert load_lawbook(owner, build.lawbook(tmp_path)) == 1
    week = [ExchangeRate("USD", MONDAY, 258_800_000, "a bank"), ExchangeRate("EUR", MONDAY, 301_500_000, "a bank")]
    assert load_exchange_rates(owner, week) == 2
    assert load_exchange_rates(owner, week) == 0
    assert lookups.latest_version(owner) == 2
    assert load_exchange_rates(owner, [ExchangeRate("USD", MONDAY, 258_900_000, "a bank"), week[1]]) == 1
    assert [lookups.read_codes(owner, version, ON).exchange_rates_e4 for version in (1, 2, 3)] == [
        {"VND": 10_000},
        {"VND": 10_000, "USD": 258_800_000, "EUR": 301_500_000},
        {"VND": 10_000, "USD": 258_900_000, "EUR": 301_500_000},
    ]
    assert lookups.read_codes(owner, 3, date(2026, 3, 9)).exchange_rates_e4 == {"VND": 10_000}


def test_a_version_of_rates_says_the_law_as_the_one_before_and_unchanged_files_make_none(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    folder = build.lawbook(tmp_path)
    load_lawbook(owner, folder)
    load_exchange_rates(owner, [ExchangeRate("USD", MONDAY, 258_800_000, "a bank")])
    assert lookups.read_book(owner, 2) == lookups.read_book(owner, 1)
    assert load_lawbook(owner, folder) == 2
    assert owner.execute("SELECT count(DISTINCT digest), count(*) FROM law_book_version").fetchone() == (1, 2)


def test_a_new_law_goes_on_with_the_rates_of_the_version_before(owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    load_lawbook(owner, build.lawbook(tmp_path))
    load_exchange_rates(owner, [ExchangeRate("USD", MONDAY, 258_800_000, "a bank")])
    changed = build.lawbook(tmp_path, location="code,name_en\nVNSGN,Ho Chi Minh City\n")
    assert load_lawbook(owner, changed) == 3
    assert lookups.read_codes(owner, 3, ON).exchange_rates_e4["USD"] == 258_800_000


def test_no_rates_at_all_change_nothing(owner: psycopg.Connection[Any]) -> None:
    assert load_exchange_rates(owner, []) == 0


def test_rates_without_a_law_book_belong_to_nothing_and_are_refused(owner: psycopg.Connection[Any]) -> None:
    with pytest.raises(LawbookVersionUnknown, match="no law book"):
        load_exchange_rates(owner, [ExchangeRate("USD", MONDAY, 258_800_000, "a bank")])
    assert owner.execute("SELECT count(*) FROM exchange_rate").fetchone() == (0,)


def test_sample_rates_are_refused_where_real_declarations_are_kept(
    owner: psycopg.Connection[Any], tmp_path: Path
) -> None:
    load_lawbook(owner, build.lawbook(tmp_path))
    sample = ExchangeRate("USD", MONDAY, 258_800_000, "sample")
    assert load_exchange_rates(owner, [sample]) == 1
    owner.execute("TRUNCATE installation")
    owner.execute("INSERT INTO installation (trial) VALUES (false)")
    with pytest.raises(SampleRatesRefused):
        load_exchange_rates(owner, [ExchangeRate("USD", date(2026, 3, 9), 258_800_000, "sample")])


@pytest.mark.parametrize("role", ["ingest", "app", "report", "auditor"])
def test_every_role_reads_the_book_and_none_writes_it(fresh_database: Any, tmp_path: Path, role: str) -> None:
    with psycopg.connect(fresh_database.dsn("owner"), autocommit=True) as owner:
        version = load_lawbook(owner, build.lawbook(tmp_path))
    with psycopg.connect(fresh_database.dsn(role), autocommit=True) as connection:
        assert lookups.read_codes(connection, version, ON).lists["location"]["VNHPH"].name_en == "Haiphong"
        for statement in (
            "DELETE FROM law_code",
            "UPDATE law_parameter SET value = 0",
            "INSERT INTO exchange_rate DEFAULT VALUES",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            load_lawbook(connection, build.lawbook(tmp_path, location="code,name_en\nVNSGN,Ho Chi Minh City\n"))
