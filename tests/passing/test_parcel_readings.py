"""A customs office reads lists of parcels by its token as it reads declarations: its own freely, others by a named officer for a reason, and kept."""

import json

import psycopg
import pytest

from haidang.organisation import actions as organisation
from haidang.organisation.terms import Relation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.parcels import ParcelRig, in_green, parcels
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR
from tests.passing.test_office_reading import BY, ELSEWHERE, THEIR_OFFICER, Asking

OPERATOR = people.trader_code(2)


@pytest.fixture(scope="module")
def rig(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(cluster.spread(made))
    yield rig
    rig.finish()
    cluster.drop(made)


@pytest.fixture(scope="module")
def ask(rig):
    return Asking(rig)


@pytest.fixture
def both(rig):
    """Return the paths of a list and of a parcel of it."""
    answer = in_green(rig, parcels(2))
    return f"/parcel-lists/{answer['list_no']}", f"/parcels/{answer['parcels'][1]['parcel_no']}"


def kept(rig):
    with Servers(rig.config).connect("auditor") as connection:
        return connection.execute(
            "SELECT no11, officer_code, reason FROM parcel_reading ORDER BY read_at, reading_id"
        ).fetchall()


def test_an_office_reads_its_own_lists_and_others_only_by_an_officer_who_says_why(rig, ask, both):
    for path in both:
        assert ask(path, CUSTOMS).status == 200
    assert kept(rig) == []
    unknown = ask("/parcels/299999999990", ELSEWHERE)
    assert unknown.status == 404 and "officer=" in json.loads(unknown.body)["title"]
    for path in both:
        for query in ("", f"officer={THEIR_OFFICER}", "reason=x", f"officer={CHECKER}&reason=x", BY + "x" * 600):
            assert ask(path, ELSEWHERE, query) == unknown
    for path in ("/parcels/299999999990", "/parcel-lists/699999999990", "/parcels/abc"):
        assert ask(path, ELSEWHERE, BY) == unknown
    assert kept(rig) == []
    for path in both:
        assert ask(path, ELSEWHERE, BY).status == 200
    assert kept(rig) == [(int(path.rpartition("/")[2][:11]), THEIR_OFFICER, "phúc tập") for path in both]
    assert ask(both[0], OPERATOR).status == 200 and len(kept(rig)) == 2, "the operator reads its own"
    assert rig.violations() == []


def test_an_officer_with_a_conflict_of_interest_reads_no_parcel_of_that_operator(rig, ask, both):
    with Servers(rig.config).connect("owner") as owner:
        event = organisation.record_conflict(
            owner, officer=INSPECTOR, party_code=OPERATOR, relation=Relation.FAMILY, recorded_by=INSPECTOR
        )
        for path in both:
            refused = ask(path, CUSTOMS, f"officer={INSPECTOR}")
            assert refused.status == 403 and json.loads(refused.body)["code"] == "CONFLICT_OF_INTEREST"
        organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)
    assert ask(both[1], CUSTOMS, f"officer={INSPECTOR}").status == 200
    assert rig.violations() == []


def test_a_hand_in_the_readings_is_seen_and_no_role_of_questions_has_one(rig, ask, both):
    assert ask(both[1], ELSEWHERE, BY).status == 200
    with Servers(rig.config).connect("app") as connection:
        for statement in ("SELECT * FROM parcel_reading", "DELETE FROM parcel_reading"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute("CREATE TEMP TABLE was AS SELECT * FROM parcel_reading")
        for change in ("officer_code = 'X9'", "reader_id = 1", "no11 = 29999999999"):
            admin.execute(f"UPDATE parcel_reading SET {change}")
            assert "powers" in {row.invariant for row in rig.report().rows}, change
            admin.execute("DELETE FROM parcel_reading")
            admin.execute("INSERT INTO parcel_reading SELECT * FROM was")
    assert rig.violations() == []
