"""Who may hold a parcel: a power of its own since there is one, the powers of then before."""

from importlib import import_module
from unittest.mock import patch

import psycopg
import pytest

from haidang.organisation.terms import Act
from haidang.parcels.actions import following
from haidang.parcels.terms import ParcelDeed
from tests.passing.parcels import ParcelRig, in_green, parcels
from tests.passing.rig import CHECKER, HEAD

BEFORE = {ParcelDeed.HOLD: Act.RAISE_CHANNEL, ParcelDeed.RELEASE: Act.LIFT_HOLD}
HOLDS = f"WHERE act = {int(Act.HOLD_PARCEL)}"


@pytest.fixture
def rig(fresh_trial):
    made = ParcelRig(fresh_trial.config)
    yield made
    made.close()


def sql(rig, statement):
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        assert admin.execute(statement).rowcount > 0


def test_raising_a_channel_is_not_holding_a_parcel_and_who_holds_may_release(rig):
    number = in_green(rig, parcels(1))["parcels"][0]["parcel_no"]
    assert rig.act_on(number, "hold", CHECKER)[1]["code"] == "POWER_MISSING"
    assert rig.act_on(number, "hold", HEAD)[0] == 200
    sql(rig, f"UPDATE unit_power SET revoked_at = legal_now() {HOLDS}")
    status, refused = rig.act_on(number, "release", HEAD)
    assert status == 409 and refused["code"] == "POWER_MISSING", (
        "the powers to raise a channel and to lift a hold are still there"
    )
    assert rig.violations() == []


def test_what_was_held_while_there_was_no_such_power_stays_right_and_later_it_would_not_be(rig):
    sql(rig, f"UPDATE unit_power SET valid_from = legal_now() + interval '1 day' {HOLDS}")
    number = in_green(rig, parcels(1))["parcels"][0]["parcel_no"]
    with patch.dict(following.POWER_OF_DEED, BEFORE):
        assert rig.act_on(number, "hold", HEAD)[0] == 200
        assert rig.act_on(number, "release", HEAD, "hàng thật")[0] == 200
    assert rig.violations() == []
    sql(rig, f"UPDATE unit_power SET valid_from = '2026-01-01' {HOLDS}")
    assert {(row.invariant, row.found.rpartition(" power ")[2]) for row in rig.report().rows} == {
        ("powers", "HOLD_PARCEL then")
    }


def test_what_one_officer_decided_while_one_was_enough_stays_right_and_nothing_later_is_like_it(rig):
    answer = in_green(rig, parcels(2))
    first, second = (each["parcel_no"] for each in answer["parcels"])
    rig.cancel_parcels(answer["list_no"], [first, second])
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute("ALTER TABLE parcel_act DROP COLUMN maker_code")
        with patch.object(following, "_maker", lambda *_: ""):
            assert rig.act_on(first, "approve_cancellation", HEAD, "khai trùng")[0] == 200
        admin.execute("SET ROLE haidang_owner")
        admin.execute(import_module("haidang.parcels.migrations.0004_cancelled_by_two").SQL)
        assert rig.violations() == []
        with patch.object(following, "_maker", lambda *_: ""):
            assert rig.act_on(second, "approve_cancellation", HEAD, "khai trùng")[0] == 500
        with pytest.raises(psycopg.errors.CheckViolation):
            admin.execute("UPDATE parcel_act SET acted_at = acted_at + interval '1 second' WHERE maker_code = ''")
    assert rig.violations() == []
