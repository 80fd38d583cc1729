"""Where a party is and how large, by date."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from haidang.parties import actions
from haidang.parties.profiles import Profiles, read_profiles, record_profile, record_profiles, seal_faults
from haidang.parties.terms import Aspect, PartyKind, Profile, ProfileRefused, UnknownParty
from haidang.reference.actions import load_lawbook
from haidang.reference.tests import build
from haidang.site.verifying_people import check_profiles

CODE = "0100109106"
LISTS = build.LISTS + "province,Tỉnh,Province,STD,no,,\nfirm_size,Quy mô,Size,STD,no,,\n"
PROVINCE = "code,name_vi,valid_from,valid_until\n79,Thành phố Hồ Chí Minh,2025-07-01,\n01,Hà Nội,2025-07-01,\n74,Bình Dương,,2025-07-01\n"
FIRM_SIZE = "code,name_vi\nsmall,Nhỏ\nlarge,Lớn\n"


@pytest.fixture(scope="module")
def made(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A database of this module with a law book of two provinces and one of before."""
    database = cluster.make()
    folder = build.lawbook(tmp_path_factory.mktemp("lawbook"), lists=LISTS, province=PROVINCE, firm_size=FIRM_SIZE)
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connection:
        load_lawbook(connection, folder)
    yield database
    cluster.drop(database)


@pytest.fixture
def owner(made: Any) -> Iterator[psycopg.Connection[Any]]:
    with (
        psycopg.connect(made.dsn("owner"), autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


@pytest.fixture
def party(owner: psycopg.Connection[Any]) -> int:
    return actions.add_party(owner, code=CODE, kind=PartyKind.TRADER, name="Công ty")


def a_profile(
    party: int, code: str, since: date, aspect: Aspect = Aspect.PROVINCE, source: str = "đăng ký kinh doanh"
) -> Profile:
    return Profile(party_id=party, aspect=aspect, code=code, valid_from=since, source=source)


def test_a_party_that_moves_is_where_it_was_on_each_day(owner: psycopg.Connection[Any], party: int) -> None:
    record_profile(owner, a_profile(party, "79", date(2025, 7, 1)))
    record_profile(owner, a_profile(party, "01", date(2026, 4, 1)))
    record_profile(owner, a_profile(party, "small", date(2026, 1, 1), Aspect.FIRM_SIZE))
    found = read_profiles(owner)
    days = [date(2025, 6, 30), date(2025, 7, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [found.code(CODE, Aspect.PROVINCE, on) for on in days] == ["", "79", "79", "01"]
    assert found.code(CODE, Aspect.FIRM_SIZE, days[-1]) == "small"


def test_a_branch_is_where_its_firm_is_unless_it_has_a_row_of_its_own() -> None:
    rows = [(CODE, a_profile(1, "79", date(2025, 7, 1))), (f"{CODE}002", a_profile(2, "01", date(2025, 7, 1)))]
    found = Profiles(rows)
    on = date(2026, 1, 1)
    assert [found.code(f"{CODE}{branch}", Aspect.PROVINCE, on) for branch in ("001", "002")] == ["79", "01"]


@pytest.mark.parametrize(
    ("code", "since", "source"),
    [
        ("99", date(2026, 1, 1), "x"),
        ("74", date(2026, 1, 1), "x"),
        ("79", date(2025, 1, 1), "x"),
        ("79", date(2026, 1, 1), ""),
    ],
)
def test_what_is_no_code_of_that_day_or_has_no_source_is_refused_with_what_to_do(
    owner: psycopg.Connection[Any], party: int, code: str, since: date, source: str
) -> None:
    with pytest.raises(ProfileRefused) as refused:
        record_profile(owner, a_profile(party, code, since, source=source))
    assert "province" in refused.value.text_vi and "firm_size" in refused.value.text_en


def test_what_lies_before_something_on_file_is_refused_and_all_with_it(
    owner: psycopg.Connection[Any], party: int
) -> None:
    record_profile(owner, a_profile(party, "79", date(2026, 1, 1)))
    earlier = a_profile(party, "01", date(2025, 8, 1))
    with pytest.raises(ProfileRefused):
        record_profiles(owner, [a_profile(party, "small", date(2026, 1, 1), Aspect.FIRM_SIZE), earlier])
    assert read_profiles(owner).code(CODE, Aspect.FIRM_SIZE, date(2026, 2, 1)) == ""
    with pytest.raises(UnknownParty):
        record_profile(owner, a_profile(0, "79", date(2026, 1, 1)))


def test_a_hand_that_writes_what_is_no_code_is_seen(owner: psycopg.Connection[Any], party: int) -> None:
    record_profile(owner, a_profile(party, "79", date(2026, 1, 1)))
    told: list[str] = []
    check_profiles(owner, lambda *row: told.append(row[1]))
    assert told == []
    owner.execute("UPDATE party_profile SET code = '74'")
    check_profiles(owner, lambda *row: told.append(row[1]))
    assert told[0] == f"{CODE}: province 74" and told[1].startswith("profile ")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE party_profile SET code = '01' WHERE code = '79'",
        "UPDATE party_profile SET valid_from = '2025-08-01' WHERE code = '79'",
        "UPDATE party_profile SET source = 'x' WHERE code = '01'",
        "UPDATE party_profile SET verified = true WHERE code = '01'",
        "UPDATE party_profile SET valid_until = '2026-03-01' WHERE code = '79'",
        "UPDATE party_profile SET said_until = valid_until WHERE code = '79'",
        "DELETE FROM party_profile WHERE code = '79'",
    ],
)
def test_a_hand_in_what_was_recorded_is_seen(owner: psycopg.Connection[Any], party: int, statement: str) -> None:
    record_profile(owner, a_profile(party, "79", date(2025, 7, 1)))
    record_profile(owner, a_profile(party, "small", date(2026, 1, 1), Aspect.FIRM_SIZE))
    record_profile(owner, a_profile(party, "01", date(2026, 4, 1)))
    assert seal_faults(owner) == []
    assert owner.execute(statement).rowcount == 1  # type: ignore[arg-type]
    assert seal_faults(owner) != []
