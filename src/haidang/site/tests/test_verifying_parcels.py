"""`haidang verify` must see what a superuser's hand has changed of parcels: one list is spoiled in each way, and each must be named."""

from unittest.mock import patch

import psycopg
import pytest

from haidang.site import verifying_replay
from haidang.site.verifying import violations
from tests.passing.parcels import ParcelRig, in_green, parcel, parcels
from tests.passing.rig import CHECKER, HEAD, _read_once

_OF_LIST = "WHERE declaration_id = %(id)s"
TAMPERING = {
    "a value": ("UPDATE parcel SET customs_value_vnd = customs_value_vnd - 1", "money"),
    "a tax": ("UPDATE parcel SET value_added_vnd = value_added_vnd - 1", "money"),
    "a rate": ("UPDATE parcel SET vat_rate_bp = 800", "money"),
    "a total": ("UPDATE parcel_list SET value_added_vnd = value_added_vnd - 1", "money"),
    "a debt forgiven": ("UPDATE obligation SET outstanding_vnd = 0", "money"),
    "a transfer": ("UPDATE transfer SET amount_vnd = amount_vnd + 1", "money"),
    "a description": ("UPDATE parcel SET description = 'khác'", "journal"),
    "a draw": ("UPDATE parcel SET draw = draw - 1", "journal"),
    "a channel": ("UPDATE parcel SET channel = 2", "journal"),
    "a root": ("UPDATE parcel_list SET parcels_root = set_byte(parcels_root, 3, get_byte(parcels_root, 3) # 1)", "journal"),
    "a level": ("UPDATE parcel_list SET level = 1", "journal"),
    "an operator": ("UPDATE parcel_list SET operator_code = '9900030009'", "replay"),
    "an owner of a condition": ("UPDATE parcel_condition SET owner = 5", "journal"),
    "a hold forgotten": ("DELETE FROM parcel_condition", "journal"),
    "a parcel removed": ("DELETE FROM parcel", "whole"),
    "a parcel cleared": ("UPDATE parcel SET state = 9, cleared_at = now()", "legal moves"),
    "a number": ("UPDATE parcel SET no11 = no11 + 5000000", "numbers"),
    "a run of numbers": ("UPDATE parcel_run SET run_count = run_count + 1", "numbers"),
    "a run removed": ("DELETE FROM parcel_run", "numbers"),
    "a reason": ("UPDATE parcel_act SET reason = 'khác'", "powers"),
    "an officer": ("UPDATE parcel_act SET officer_code = officer_code || '9'", "powers"),
    "an act removed": ("DELETE FROM parcel_act", "powers"),
    "an amended value": ("UPDATE parcel_version SET customs_value_vnd = customs_value_vnd + 1, changes = ''", "journal"),
    "an amended tax": ("UPDATE parcel_version SET value_added_vnd = value_added_vnd - 1", "money"),
    "a reason of an amendment": ("UPDATE parcel_version SET reason = 'khác'", "replay"),
    "a draw of an amendment": ("UPDATE parcel_version SET draw = draw - 1", "journal"),
    "an amendment removed": ("DELETE FROM parcel_version", "money"),
    "what changed": ("UPDATE parcel_version SET changes = '[]'", "replay"),
    "a case of cancellation": ("UPDATE parcel_cancellation SET case_code = 'no_permit'", "replay"),
    "a cancellation removed": ("DELETE FROM parcel_cancellation", "legal moves"),
    "a cancelled parcel revived": ("UPDATE parcel SET state = 6", "legal moves"),
    "a debt before the amendment": ("UPDATE obligation_change SET was_assessed_vnd = was_assessed_vnd + 1", "journal"),
    "a house number given away": ("DELETE FROM parcel_house", "durable once"),
    "a house number of nobody": ("UPDATE parcel_house SET house_no = house_no || 'x'", "durable once"),
    "a journal entry removed": ("DELETE FROM journal_entry", "whole"),
    "a message removed": ("DELETE FROM message", "whole"),
    "a byte of a message": ("UPDATE message SET raw = set_byte(raw, 40, get_byte(raw, 40) # 1)", "signatures"),
}  # fmt: skip


def checked(config):
    """Return the whole report; the books of the law, which no test here changes, are read once."""
    with patch.object(verifying_replay, "Books", _read_once):
        return violations(config)


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return, for each way of spoiling, the numbers of its list and parcels; and the reports before and after."""
    made = cluster.make_trial()
    rig = ParcelRig(made.config)
    subjects = {}
    for what in TAMPERING:
        answer = in_green(rig, parcels(3), message_id=what.replace(" ", "-"))
        held, changed, gone = (each["parcel_no"] for each in answer["parcels"])
        assert rig.act_on(held, "hold", HEAD)[0] == 200
        one = parcel(2, house_no=answer["parcels"][1]["house_no"], parcel_no=changed, customs_value_vnd=900_000)
        assert rig.amend_parcels(answer["list_no"], [one])[0] == 200
        assert rig.cancel_parcels(answer["list_no"], [gone])[0] == 200
        assert rig.act_on(gone, "propose_cancellation", CHECKER, "khai trùng")[0] == 200
        assert rig.act_on(gone, "approve_cancellation", HEAD)[0] == 200
        subjects[what] = {answer["list_no"], *(each["parcel_no"] for each in answer["parcels"])}
    in_green(rig, parcels(1), message_id="another-answer")
    before = checked(made.config)
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        ids = {
            f"{no}0": one for no, one in admin.execute("SELECT list_no11, declaration_id FROM parcel_list").fetchall()
        }
        for what, (statement, _) in TAMPERING.items():
            (its,) = subjects[what] & ids.keys()
            changed = admin.execute(f"{statement} {_OF_LIST}", {"id": ids[its]}).rowcount  # type: ignore[arg-type]
            assert changed > 0, what
            after = admin.execute(f"SELECT no11 FROM parcel {_OF_LIST}", {"id": ids[its]}).fetchall()
            subjects[what] |= {f"{no11}0" for (no11,) in after}
        admin.execute(
            "UPDATE inbox SET answer = convert_to(replace(convert_from(answer, 'UTF8'), 'HAWB-0001', 'HAWB-0009'), 'UTF8')"
            " WHERE message_id = 'another-answer'"
        )
    rig.close()
    yield before, subjects, checked(made.config)
    cluster.drop(made)


def test_what_the_pass_stored_of_parcels_has_no_violation(spoiled):
    before = spoiled[0]
    assert before.violations == 0, before.rows
    assert before.parcels == 3 * len(TAMPERING) + 1


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_on_a_parcel_is_seen(spoiled, what):
    _, subjects, report = spoiled
    names = subjects[what]
    told = {row.invariant for row in report.rows if any(name in row.subject for name in names)}
    assert TAMPERING[what][1] in told, (told, what)


def test_an_answer_that_was_rewritten_is_seen(spoiled):
    assert [row for row in spoiled[2].rows if row.invariant == "one answer"]


def test_a_parcel_that_is_not_in_the_message_is_seen(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(made.config)
    in_green(rig, [parcel(1), parcel(2, permit_needed=True)])
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        admin.execute("UPDATE parcel SET parcel_seq = 2")
    told = {row.invariant for row in rig.report().rows}
    rig.close()
    cluster.drop(made)
    assert {"journal", "replay"} <= told
