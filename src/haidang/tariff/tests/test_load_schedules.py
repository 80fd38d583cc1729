"""Versions of the tariff in PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.reference.actions import load_exchange_rates, load_lawbook
from haidang.reference.lookups import read_codes
from haidang.reference.terms import ExchangeRate, LawbookVersionUnknown
from haidang.tariff import store
from haidang.tariff.actions import load_schedules
from haidang.tariff.lookups import Shelf, measure, tariff_from_files
from haidang.tariff.schedules import read_schedules
from haidang.tariff.terms import LoadedSchedules, NoSuchMeasure, TariffOfDay, VersionOutOfOrder
from haidang.tariff.tests.build import DAY, LAWBOOK, TABLES, a_measure, small_lawbook

Connection = psycopg.Connection[Any]


@pytest.fixture
def owner(fresh_database: Any) -> Iterator[Connection]:
    with closing(psycopg.connect(fresh_database.dsn("owner"), autocommit=True)) as connection:
        yield connection


def load(connection: Connection, lawbook: Path) -> LoadedSchedules:
    return load_schedules(connection, lawbook, load_lawbook(connection, lawbook))


def read_tariff(connection: Connection, version: int, on: date, shelf: Shelf | None = None) -> TariffOfDay:
    return (shelf or Shelf()).tariff(connection, version, on, read_codes(connection, version, on))


def dearer(folder: Path) -> Path:
    """The small law book with beer at 40 % instead of 35 %, and without the control on horses."""
    rates = [line.replace("22030091,kg,,35,", "22030091,kg,,40,") for line in TABLES["rates"]]
    controls = [line for line in TABLES["controls"] if "kiem_dich" not in line]
    return small_lawbook(folder, rates=rates, controls=controls)


@pytest.mark.torture
def test_the_shipped_tariff_reads_from_the_database_as_from_the_files(fresh_database: Any) -> None:
    with closing(psycopg.connect(fresh_database.dsn("owner"), autocommit=True)) as connection:
        version = load_lawbook(connection, LAWBOOK)
        loaded = load_schedules(connection, LAWBOOK, version)
    with closing(psycopg.connect(fresh_database.dsn("ingest"), autocommit=True)) as connection:
        for day in (DAY, date(2027, 1, 1)):
            assert read_tariff(connection, version, day) == tariff_from_files(LAWBOOK, day)
        traced = measure(connection, tariff_from_files(LAWBOOK, DAY).entries["22030091"].duties["B05"].measure_id)
    assert (traced.printed, traced.instrument, traced.verified) == (
        "0 (-KH, LA, MM, SG)",
        "BIEU THUE XNK 2026.01.06",
        False,
    )
    assert (loaded.closed, loaded.added > 100_000) == (0, True)


def test_loading_the_same_again_changes_nothing(owner: Connection, tmp_path: Path) -> None:
    lawbook = small_lawbook(tmp_path)
    first = load(owner, lawbook)
    assert load(owner, lawbook) == LoadedSchedules(first.version, 0, 0)


def test_an_earlier_version_reads_as_it_did(owner: Connection, tmp_path: Path) -> None:
    load(owner, small_lawbook(tmp_path / "old"))
    before = read_tariff(owner, 1, DAY)
    load(owner, dearer(tmp_path / "new"))
    assert read_tariff(owner, 1, DAY) == before
    after = read_tariff(owner, 2, DAY)
    assert after.entries["22030091"].duties["B01"].rate_bp == 4000
    assert after.entries["01012100"].controls == ()


def test_a_shelf_reads_only_what_changed_and_says_what_the_tables_say(owner: Connection, tmp_path: Path) -> None:
    shelf = Shelf()
    days = (DAY, DAY + timedelta(days=1), date(2022, 11, 30), date(2027, 1, 1), DAY)
    for version, lawbook in ((1, small_lawbook(tmp_path / "old")), (2, dearer(tmp_path / "new"))):
        load(owner, lawbook)
        for known in range(1, version + 1):
            for day in days:
                assert read_tariff(owner, known, day, shelf) == read_tariff(owner, known, day)
    today, tomorrow = (read_tariff(owner, 2, day, shelf) for day in days[:2])
    assert (today.on, tomorrow.on) == days[:2]
    assert tomorrow.entries is today.entries
    load_exchange_rates(owner, [ExchangeRate("USD", DAY - timedelta(days=DAY.weekday()), 262_000_000, "ngân hàng")])
    assert read_tariff(owner, 3, DAY, shelf).entries is today.entries


def test_a_row_that_stays_keeps_its_number_and_a_new_one_gets_a_new_number(owner: Connection, tmp_path: Path) -> None:
    load(owner, small_lawbook(tmp_path / "old"))
    loaded = load(owner, dearer(tmp_path / "new"))
    old, new = (read_tariff(owner, version, DAY).entries["22030091"] for version in (1, 2))
    assert new.duties["B05"] == old.duties["B05"]
    assert new.vat == old.vat
    highest = max(row.measure_id for row in store.read_measures(owner, 1))
    assert new.duties["B01"].measure_id == highest + 1
    assert measure(owner, old.duties["B01"].measure_id).rate_bp == 3500
    assert (loaded.added, loaded.closed) == (1, 3), "one rate changed; one control and the code it named went"


def test_going_back_makes_new_rows(owner: Connection, tmp_path: Path) -> None:
    first = small_lawbook(tmp_path / "old")
    load(owner, first)
    load(owner, dearer(tmp_path / "new"))
    (tmp_path / "old" / "schedules" / "one" / "schedule.toml").open("a").write("# again\n")
    assert load(owner, first).version == 3
    before, again = (read_tariff(owner, version, DAY).entries["22030091"].duties["B01"] for version in (1, 3))
    assert (before.rate_bp, again.rate_bp) == (3500, 3500)
    assert again.measure_id > before.measure_id


def test_a_version_says_one_thing_only(owner: Connection, tmp_path: Path) -> None:
    load(owner, small_lawbook(tmp_path / "old"))
    with pytest.raises(VersionOutOfOrder):
        load_schedules(owner, dearer(tmp_path / "new"), 1)
    assert read_tariff(owner, 1, DAY).entries["22030091"].duties["B01"].rate_bp == 3500


def test_an_earlier_version_cannot_be_loaded_after_a_later_one(owner: Connection, tmp_path: Path) -> None:
    old = small_lawbook(tmp_path / "old")
    load(owner, old)
    load(owner, dearer(tmp_path / "new"))
    with pytest.raises(VersionOutOfOrder):
        load_schedules(owner, old, 1)


def test_a_book_that_cannot_be_loaded_leaves_nothing(owner: Connection, tmp_path: Path) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        load_schedules(owner, small_lawbook(tmp_path), 7)
    assert store.last_change(owner) == store.last_measure_id(owner) == store.last_control_id(owner) == 0


def test_loading_joins_the_transaction_that_is_open(owner: Connection, tmp_path: Path) -> None:
    owner.execute("BEGIN")
    load(owner, small_lawbook(tmp_path))
    owner.execute("ROLLBACK")
    assert store.last_measure_id(owner) == 0


def test_the_database_refuses_two_rates_of_one_key_on_one_day(owner: Connection, tmp_path: Path) -> None:
    load(owner, small_lawbook(tmp_path))
    again = a_measure(measure_id=9_999, rate_bp=1, valid_from=date(2030, 1, 1))
    with pytest.raises(psycopg.errors.ExclusionViolation, match="says_one_thing_a_day"):
        store.append(owner, store.MEASURES, [store.measure_row(again)], 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "rate", "rate_bp": None},
        {"status": "no_amount"},
        {"specific_e4": 5},
        {"valid_until": date(2026, 1, 6)},
        {"kind": "octroi"},
        {"rate_bp": -1},
    ],
)
def test_the_database_refuses_a_measure_that_makes_no_sense(
    owner: Connection, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    load(owner, small_lawbook(tmp_path))
    row = store.measure_row(a_measure(measure_id=9_999, option_code="other", **wrong))
    with pytest.raises(psycopg.errors.CheckViolation):
        store.append(owner, store.MEASURES, [row], 1)


def test_a_specific_rate_reads_back(owner: Connection, tmp_path: Path) -> None:
    load(owner, small_lawbook(tmp_path))
    mixed = a_measure(measure_id=9_999, option_code="B16", specific_e4=1_000_000, currency_code="USD", unit_code="KGM")
    store.append(owner, store.MEASURES, [store.measure_row(mixed)], 1)
    assert measure(owner, 9_999) == mixed
    rate = read_tariff(owner, 1, DAY).entries["22030091"].duties["B16"]
    assert (rate.rate_bp, rate.specific_e4, rate.currency_code, rate.unit_code) == (3500, 1_000_000, "USD", "KGM")


def test_a_version_that_was_never_loaded_is_refused(owner: Connection) -> None:
    with pytest.raises(LawbookVersionUnknown):
        read_tariff(owner, 3, DAY)


def test_a_number_that_no_version_gave_is_refused(owner: Connection) -> None:
    with pytest.raises(NoSuchMeasure, match="12345"):
        measure(owner, 12345)


@pytest.mark.parametrize("role", ["ingest", "app", "report", "auditor"])
def test_every_role_reads_and_none_but_the_owner_writes(fresh_database: Any, tmp_path: Path, role: str) -> None:
    with closing(psycopg.connect(fresh_database.dsn("owner"), autocommit=True)) as connection:
        load(connection, small_lawbook(tmp_path))
    with closing(psycopg.connect(fresh_database.dsn(role), autocommit=True)) as connection:
        assert len(list(store.read_measures(connection, 1))) == len(read_schedules(tmp_path).measures)
        for statement in (
            "UPDATE tariff_measure SET rate_bp = 0",
            "DELETE FROM tariff_code",
            "TRUNCATE tariff_control CASCADE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_english_names_that_a_site_adds_are_kept_and_change_the_codes_alone(owner: Connection, tmp_path: Path) -> None:
    plain = load(owner, small_lawbook(tmp_path / "plain"))
    named = ["hs8,name_vi,name_en", "01012100,- Ngựa,- Horses", *(f"{line}," for line in TABLES["codes"][2:])]
    loaded = load(owner, small_lawbook(tmp_path / "named", codes=named))
    assert (loaded.version, loaded.added, loaded.closed) == (plain.version + 1, 1, 1)
    names = {
        version: {code.commodity_code: code.name_en for code in store.read_codes(owner, version)} for version in (1, 2)
    }
    assert (names[1]["01012100"], names[2]["01012100"], names[2]["22030091"]) == ("", "- Horses", "")
