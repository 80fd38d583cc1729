"""`haidang verify` must see a hand in the register of conflicts of interest, and an act of somebody who should have kept away."""

import psycopg
import pytest

from haidang.organisation import actions as organisation
from haidang.organisation.terms import Relation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, INSPECTOR, Rig
from tests.passing.test_closing import lodge_with

MINE, OTHER = people.trader_code(1), people.trader_code(2)

TAMPERING = {
    "whose it is": f"UPDATE officer_conflict_event SET officer_code = '{INSPECTOR}' WHERE event_no = 1",
    "with whom": f"UPDATE officer_conflict_event SET party_code = '{MINE}' WHERE event_no = 1",
    "since when": "UPDATE officer_conflict_event SET valid_from = valid_from + interval '1 s' WHERE event_no = 1",
    "until when": "UPDATE officer_conflict_event SET valid_until = valid_until + interval '1 day' WHERE event = 'ended'",
    "when it was known": "UPDATE officer_conflict_event SET recorded_at = recorded_at - interval '1 s' WHERE event_no = 2",
    "who recorded it": f"UPDATE officer_conflict_event SET recorded_by = '{people.officer_code('01NV', 'head_of_unit')}' WHERE event_no = 2",
    "why": "UPDATE officer_conflict_event SET note = 'khác' WHERE event_no = 1",
    "its digest": "UPDATE officer_conflict_event SET digest = set_byte(digest, 0, get_byte(digest, 0) # 1) WHERE event_no = 1",
    "the first taken away": "DELETE FROM officer_conflict_event WHERE event_no = 1",
    "the last taken away": "DELETE FROM officer_conflict_event WHERE event_no = 3",
    "what was kept away": "UPDATE conflict_refusal SET refused_at = refused_at - interval '1 hour'",
    "by whose conflict": "UPDATE conflict_refusal SET conflict_no = 1",
    "the power of the head": "UPDATE unit_power SET revoked_at = valid_from WHERE act = 19",
}  # fmt: skip


@pytest.fixture(scope="module")
def registered(cluster):
    """Return a database with a register of three entries, a file that was kept away by the second, and a rig over it."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    with Servers(made.config).connect("owner") as owner:
        common = {"relation": Relation.FAMILY, "note": "anh"}
        organisation.record_conflict(owner, officer=CHECKER, party_code=OTHER, recorded_by=CHECKER, **common)
        second = organisation.record_conflict(owner, officer=INSPECTOR, party_code=MINE, recorded_by=HEAD, **common)
        number = lodge_with(rig, 3)["declaration_no"]
        assert rig.act(number, "propose_lower_channel", INSPECTOR, text="đã soi", channel="green")[0] == 409
        organisation.end_conflict(owner, second.conflict_no, recorded_by=HEAD)
    yield made, rig
    rig.close()
    cluster.drop(made)


def test_a_register_that_nobody_touched_has_no_violation(registered):
    assert registered[1].violations() == []


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_the_register_is_seen(registered, what):
    made, rig = registered
    tables = ("officer_conflict_event", "conflict_refusal", "unit_power")
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        for table in tables:
            admin.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")
        assert admin.execute(TAMPERING[what]).rowcount > 0
        try:
            found = {row.invariant for row in rig.report().rows}
        finally:
            for table in tables:
                admin.execute(f"DELETE FROM {table}")
                admin.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}")
    assert "conflicts" in found


def test_an_act_by_who_should_have_kept_away_is_seen(fresh_trial):
    """The act was done; then the register is made to say that customs had known before."""
    rig = Rig(fresh_trial.config)
    try:
        number = lodge_with(rig, 2)["declaration_no"]
        assert rig.act(number, "document_check", CHECKER, outcome="passed")[0] == 200
        with Servers(fresh_trial.config).connect("owner") as owner:
            organisation.record_conflict(
                owner, officer=CHECKER, party_code=MINE, relation=Relation.FAMILY, recorded_by=CHECKER
            )
        assert rig.violations() == [], "what was done before customs knew is no fault of anybody"
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            admin.execute(
                "UPDATE officer_conflict_event SET valid_from = valid_from - interval '1 h', recorded_at = recorded_at - interval '1 h'"
            )
        found = [row for row in rig.report().rows if row.invariant == "conflicts" and row.subject == number]
        assert found and "had the conflict of interest 1 then" in found[0].found
    finally:
        rig.close()


def test_the_database_itself_lets_nobody_rewrite_the_register(registered):
    made, _ = registered
    for role in ("ingest", "app"):
        with Servers(made.config).connect(role) as connection:
            for statement in ("UPDATE officer_conflict_event SET note = ''", "DELETE FROM officer_conflict_event"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    with Servers(made.config).connect("owner") as owner, pytest.raises(psycopg.errors.RaiseException):
        owner.execute(
            "INSERT INTO officer_conflict_event SELECT 9, event, 9, officer_code, '0100109106', relation, note, valid_from, NULL,"
            " recorded_by, recorded_at, digest FROM officer_conflict_event WHERE event_no = 1"
        )
