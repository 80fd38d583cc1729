"""The demo country is the same everywhere, can be built again, and leaves no key where others can read it."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import stdnum.vn.mst

from haidang.kernel.calendar import vn_date
from haidang.parties import actions
from haidang.parties.lookups import Directory, read_directory
from haidang.parties.signing import sign, thumbprint
from haidang.parties.terms import PartyKind, PartyStatus, Scope
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.site.demo import people
from haidang.site.demo.country import Country, build_country, credentials
from haidang.site.demo.korean_codes import AIR, INLAND, ROAD, SEA
from haidang.site.demo.mapper import DEMO_DAY
from haidang.tariff.lookups import tariff_from_files

pytestmark = pytest.mark.processes


def build(database: Any, home: Path) -> Country:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as connection:
        return build_country(connection, home)


def directory(database: Any) -> Directory:
    with psycopg.connect(database.dsn("ingest"), autocommit=True) as connection:
        return read_directory(connection)


def test_every_ministry_of_the_law_books_lists_can_answer() -> None:
    controls = tariff_from_files(lawbook_folder(), DEMO_DAY).controls
    assert {control.agency for control in controls.values()} - {"TTg"} == set(people.MINISTRIES)


def test_every_office_of_the_samples_and_its_warehouse_is_in_the_law_book() -> None:
    lists = codes_from_files(lawbook_folder(), DEMO_DAY).lists
    places = [*SEA, *AIR, *ROAD, *INLAND]
    assert {place.customs_office_code for place in places} == set(people.CUSTOMS_OFFICES) - {"01NV"}
    assert {place.warehouse_code for place in places} <= lists["warehouse"].keys()
    assert set(people.CUSTOMS_OFFICES) <= lists["customs_office"].keys()
    assert {place.location_code for place in places} <= lists["location"].keys()


@pytest.fixture(scope="module")
def built(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Directory, Country, Path]]:
    """A country built once, for the tests that only look at it."""
    database, home = cluster.make(), tmp_path_factory.mktemp("home")
    country = build(database, home)
    yield directory(database), country, home
    cluster.drop(database)


def test_tax_codes_are_valid_plainly_made_up_and_all_different() -> None:
    codes = [person.code for person in people.everybody() if person.kind in (PartyKind.TRADER, PartyKind.BROKER)]
    assert len(codes) == len(set(codes)) == people.TRADERS + people.BROKERS
    assert all(stdnum.vn.mst.is_valid(code) and code.startswith("99") for code in codes)
    assert all("Mẫu" in person.name or "mẫu" in person.name for person in people.everybody())


def test_most_traders_comply_to_a_medium_degree_and_every_level_occurs() -> None:
    levels = [people.compliance_level(number) for number in range(1, people.TRADERS + 1)]
    assert set(levels) == {1, 2, 3, 4, 5}
    assert levels.count(3) > 0.8 * len(levels)


def test_building_again_changes_nothing(fresh_database: Any, tmp_path: Path) -> None:
    first = build(fresh_database, tmp_path)
    before = directory(fresh_database)
    files = {path.name: path.read_bytes() for path in first.keys.iterdir()}
    second = build(fresh_database, tmp_path)
    after = directory(fresh_database)
    assert first.changes > 0 and second.changes == 0
    assert before.by_code == after.by_code
    assert files == {path.name: path.read_bytes() for path in first.keys.iterdir()}
    assert len(before.by_code) == len(people.everybody()) == sum(first.parties.values())


def test_each_party_proves_itself_with_what_lies_in_the_home(built: tuple[Directory, Country, Path]) -> None:
    everybody, _, home = built
    for person in people.everybody():
        held = credentials(home, person.code)
        party = everybody.authenticate(held.token)
        assert party == everybody.by_code[person.code]
        assert everybody.check_signature(sign(b"{}", held.private_key, held.certificate), b"{}", party.party_id)


def test_mandates_and_stops_are_there(built: tuple[Directory, Country, Path]) -> None:
    everybody = built[0]
    brokered = next(number for number in range(1, 300) if people.broker_of(number))
    trader = everybody.by_code[people.trader_code(brokered)]
    broker = everybody.by_code[people.broker_of(brokered)]
    assert everybody.may_act(broker.party_id, trader.party_id, Scope.IMPORT)
    assert not everybody.may_act(trader.party_id, broker.party_id, Scope.IMPORT)
    assert not everybody.may_act(broker.party_id, trader.party_id, Scope.PAYMENT)
    stopped = everybody.by_code[people.trader_code(people.UNDER_ENFORCEMENT)]
    assert everybody.enforcement(stopped.party_id, vn_date(everybody.read_at)) is not None
    suspended = everybody.by_code[people.trader_code(people.SUSPENDED)]
    assert suspended.status is PartyStatus.SUSPENDED and suspended.blocked_reason


def test_keys_and_tokens_are_readable_by_their_owner_alone(built: tuple[Directory, Country, Path]) -> None:
    _, country, home = built
    keys = country.keys
    assert keys == home / "demo" / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    secret = [path for path in keys.iterdir() if path.name.endswith((".key.pem", ".token"))]
    officers = len(people.CUSTOMS_OFFICES) * len(people.SEATS)
    assert len(secret) == 2 * len(people.everybody()) + officers + 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


def test_one_home_serves_two_databases(two_databases: tuple[Any, Any], tmp_path: Path) -> None:
    for database in two_databases:
        build(database, tmp_path)
    held = credentials(tmp_path, people.trader_code(1))
    for database in two_databases:
        everybody = directory(database)
        assert everybody.authenticate(held.token).code == held.code
        assert everybody.certificate(thumbprint(held.certificate)) is not None


def test_what_officers_decided_stands_when_it_is_built_again(fresh_database: Any, tmp_path: Path) -> None:
    build(fresh_database, tmp_path)
    everybody = directory(fresh_database)
    stopped = everybody.by_code[people.trader_code(people.UNDER_ENFORCEMENT)]
    token = credentials(tmp_path, people.trader_code(1)).token
    with psycopg.connect(fresh_database.dsn("owner"), autocommit=True) as connection:
        assert actions.lift_enforcement(connection, stopped.party_id, vn_date(everybody.read_at))
        assert actions.revoke_token(connection, token, everybody.read_at)
        (mandate_id,) = connection.execute("SELECT min(mandate_id) FROM mandate").fetchone()
        assert actions.revoke_mandate(connection, mandate_id, everybody.read_at)
    assert build(fresh_database, tmp_path).changes == 0
    after = directory(fresh_database)
    assert after.authenticate(token) is None
    assert after.enforcement(stopped.party_id, vn_date(after.read_at)) is None


def test_a_lost_key_is_replaced_and_registered(fresh_database: Any, tmp_path: Path) -> None:
    keys = build(fresh_database, tmp_path).keys
    code = people.trader_code(2)
    (keys / f"{code}.key.pem").unlink()
    assert build(fresh_database, tmp_path).changes == 1
    held = credentials(tmp_path, code)
    everybody = directory(fresh_database)
    signature = sign(b"{}", held.private_key, held.certificate)
    assert everybody.check_signature(signature, b"{}", everybody.by_code[code].party_id)
