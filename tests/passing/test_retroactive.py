"""A correction of the law book that reaches back: what it makes of what is registered, prepared by one officer and booked by another."""

import json
from collections.abc import Iterator
from unittest.mock import patch

import psycopg
import pytest

from haidang.parties.signing import sign
from haidang.platform.db import Servers
from haidang.site import retroactive, verifying_replay
from haidang.site.demo import people
from haidang.site.demo.country import credentials
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, Rig, _read_once, declared
from tests.passing.test_amending import more
from tests.passing.test_cancelling import days_later
from tests.passing.test_closing import lodge_with
from tests.passing.test_rates import correct_the_dollar
from tests.passing.test_receipts import ask as ask_receipt
from tests.passing.test_revising import cleared
from tests.passing.test_versions import ask

pytestmark = pytest.mark.processes
"""Whole law books are read and written."""

REASON = "đính chính tỷ giá"


@pytest.fixture
def rig(fresh_trial) -> Iterator[Rig]:
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def compared(rig: Rig, version: int) -> retroactive.Compared:
    with patch.object(verifying_replay, "Books", _read_once):
        return retroactive.compare(rig.config, retroactive.of_version(version), lambda _: None)


def prepared(rig: Rig, version: int, officer: str = CHECKER):
    owner = credentials(rig.config.home, officer)
    return retroactive.prepare(
        rig.config, compared(rig, version), officer, REASON, lambda raw: sign(raw, owner.private_key, owner.certificate)
    )


def book(rig: Rig, number: str, batch_no: int, signer: str = HEAD, outcome: str = "accepted", **facts):
    return rig.rule(number, "retroactive", f"{batch_no:012}", signer, outcome, **facts)


def outstanding(rig: Rig, number: str) -> tuple[int, int]:
    with Servers(rig.config).connect("owner") as owner:
        row = owner.execute(
            "SELECT o.assessed_vnd, o.outstanding_vnd FROM obligation o JOIN declaration USING (declaration_id) WHERE no11 = %s",
            (int(number[:11]),),
        ).fetchone()
    return row[0], row[1]


def test_a_correction_is_compared_prepared_and_booked_by_a_second_officer_and_the_declaration_keeps_its_own_amounts(
    rig, fresh_trial
):
    lodged = cleared(rig)
    number, payable = lodged["declaration_no"], lodged["payable_vnd"]
    waiting = lodge_with(rig, 2)["declaration_no"]
    version = correct_the_dollar(rig)
    rig.learn()
    after = rig.lodge(declared())[1]
    found = compared(rig, version)
    assert after["declaration_no"] not in {each.declaration_no for each in found.changed}
    mine = next(each for each in found.changed if each.declaration_no == number)
    extra = mine.now_vnd - payable
    assert mine.was_vnd == payable and sum(mine.difference.values()) == extra and abs(extra - payable) <= 2
    assert (mine.judged_version, found.version) == (version - 1, version) and not found.undecided
    more_vnd, less_vnd = (sum(column) for column in zip(*found.totals().values(), strict=True))
    assert more_vnd == sum(each.now_vnd - each.was_vnd for each in found.changed) and less_vnd == 0
    batch, taken, left_out = prepared(rig, version)
    assert number in {each.declaration_no for each in taken}
    assert (waiting, "not_cleared") in {(each.declaration_no, why) for each, why in left_out}
    assert outstanding(rig, number) == (payable, 0), "nothing is booked yet"
    assert rig.violations() == []
    with pytest.raises(retroactive.NothingToPrepare):
        prepared(rig, version)
    assert book(rig, number, batch.batch_no, CHECKER)[1]["code"] == "POWER_MISSING"
    status, done = book(rig, number, batch.batch_no)
    assert status == 200, done
    assert done["outcome"] == "accepted" and done["state"] == "cleared" and done["declaration_no"] == number
    assert done["additional_vnd"] == done["outstanding_vnd"] == extra and done["interest_per_day_vnd"] == 0
    assert book(rig, number, batch.batch_no)[1]["code"] == "DECIDED_ALREADY"
    assert outstanding(rig, number) == (payable + extra, extra)
    assert number not in {each.declaration_no for each in compared(rig, version).changed}
    assert rig.violations() == []
    days_later(fresh_trial, 60)
    status, paid = rig.pay(number[:11], extra)
    assert status == 200 and not paid.get("late_interest_vnd") and outstanding(rig, number) == (payable + extra, 0)
    assert rig.violations() == []


def test_less_tax_is_overpaid_and_a_later_amendment_and_a_second_correction_count_on_from_what_stands(rig):
    number = (lodged := cleared(rig, items=more(2).items))["declaration_no"]
    payable = lodged["payable_vnd"]
    version = correct_the_dollar(rig)
    rig.learn()
    booked = book(rig, number, prepared(rig, version)[0].batch_no)[1]
    told = ask(rig, f"/api/v1/declarations/{number}/versions")[1]
    assert [each["payable_vnd"] for each in told["versions"]] == [payable], "the declaration keeps its own amounts"
    assert [(each["was_vnd"], each["now_vnd"]) for each in told["adjustments"]] == [(payable, booked["payable_vnd"])]
    seq = ask(rig, f"/api/v1/declarations/{number}/served")[1]["served"][0]["service_no"]
    proof = ask(rig, f"/api/v1/served/{seq}")[1]
    assert (
        proof["act"] == "approve_adjustment"
        and proof["reasons"] == [REASON]
        and proof["adjustments"] == told["adjustments"]
    )
    receipt = json.loads(ask_receipt(rig, number).body)
    assert receipt["payable_vnd"] == payable and receipt["record"]["adjusted"][0]["now_vnd"] == booked["payable_vnd"]
    assert "/record/adjusted/0/now_vnd" in receipt["marks"]
    asked = rig.revise("AMC", number, more(1))[1]
    assert asked["payable_before_vnd"] == booked["payable_vnd"] > payable
    done = rig.rule(number, "amendment", asked["register_no"], HEAD)[1]
    assert done["payable_vnd"] == outstanding(rig, number)[0] and rig.violations() == []
    third = correct_the_dollar(rig, times=1)
    rig.learn()
    found = next(each for each in compared(rig, third).changed if each.declaration_no == done["declaration_no"])
    assert found.was_vnd == done["payable_vnd"] and abs(found.now_vnd * 2 - found.was_vnd) <= 4
    status, less = book(rig, done["declaration_no"], prepared(rig, third)[0].batch_no)
    assert status == 200 and less["overpaid_vnd"] == payable - found.now_vnd > 0 and less["outstanding_vnd"] == 0
    assert rig.violations() == []


def test_what_changed_meanwhile_is_not_booked_and_a_refusal_needs_a_reason_and_stays_among_officers(rig):
    number = cleared(rig)["declaration_no"]
    version = correct_the_dollar(rig)
    batch, *_ = prepared(rig, version, HEAD)
    rig.learn()
    assert book(rig, number, batch.batch_no)[1]["code"] == "SAME_PERSON"
    assert book(rig, number, 77)[1]["code"] == "REVISION_UNKNOWN"
    with psycopg.connect(rig.config.dsn("owner"), autocommit=True) as owner:
        owner.execute("UPDATE prepared_adjustment SET prepared_by = %s", (CHECKER,))
        owner.execute("UPDATE adjustment_batch SET prepared_by = %s", (CHECKER,))
        with pytest.raises(psycopg.errors.CheckViolation, match="second_person"):
            owner.execute(
                "UPDATE prepared_adjustment SET decided_seq = 9, decided_by = prepared_by, decided_at = prepared_at, accepted = true"
            )
    correct_the_dollar(rig, times=3)
    rig.learn()
    assert book(rig, number, batch.batch_no)[1]["code"] == "NOT_AS_PREPARED"
    assert book(rig, number, batch.batch_no, outcome="refused", text="")[0] == 422
    status, done = book(rig, number, batch.batch_no, outcome="refused")
    assert status == 200 and done["outcome"] == "refused" and "difference" not in done
    assert people.machine_of(HEAD) == CUSTOMS


TAMPERING = {
    "an amount prepared": "UPDATE prepared_adjustment SET now_vnd[5] = now_vnd[5] + 1",
    "what stood": "UPDATE prepared_adjustment SET was_vnd[1] = was_vnd[1] + 1",
    "who prepared it": "UPDATE prepared_adjustment SET prepared_by = 'x'",
    "who decided it": "UPDATE prepared_adjustment SET decided_by = 'x'",
    "a transfer": "UPDATE transfer SET amount_vnd = amount_vnd + 1 WHERE debit_account LIKE 'due:%' AND credit_account LIKE 'retroactive:%'",
    "another account": "UPDATE transfer SET credit_account = replace(credit_account, 'retroactive', 'revenue')",
    "the obligation": "UPDATE obligation SET assessed_vnd = assessed_vnd - 1, outstanding_vnd = outstanding_vnd - 1 WHERE outstanding_vnd > 0",
    "the head of the batch": "DELETE FROM adjustment_batch",
    "the adjustment": "DELETE FROM prepared_adjustment",
    "why": "UPDATE prepared_adjustment SET reason = 'x'",
    "who signed the batch": "UPDATE adjustment_batch SET signature = ''",
    "the number of its declarations": "UPDATE adjustment_batch SET row_count = row_count + 1",
    "a version": "UPDATE prepared_adjustment SET judged_version = judged_version - 1",
}


def test_a_hand_in_what_was_prepared_or_booked_is_seen(rig):
    number = cleared(rig)["declaration_no"]
    version = correct_the_dollar(rig)
    rig.learn()
    assert book(rig, number, prepared(rig, version)[0].batch_no)[0] == 200
    assert rig.violations() == []
    tables = ("prepared_adjustment", "transfer", "obligation", "adjustment_batch")
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        for table in tables:
            admin.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        for what, statement in TAMPERING.items():
            assert admin.execute(statement).rowcount > 0, what  # type: ignore[arg-type]
            assert rig.violations(), what
            for table in tables:
                admin.execute(f"DELETE FROM {table}")
                admin.execute(f"INSERT INTO {table} TABLE kept_{table}")
        assert rig.violations() == []


def test_a_batch_that_another_officer_signed_is_not_put_on_file(rig):
    cleared(rig)
    found = compared(rig, correct_the_dollar(rig))
    other = credentials(rig.config.home, HEAD)
    for signer in (lambda raw: None, lambda raw: sign(raw, other.private_key, other.certificate), lambda raw: "x..y"):
        with pytest.raises(retroactive.PreparationNotSigned):
            retroactive.prepare(rig.config, found, CHECKER, REASON, signer)
    with Servers(rig.config).connect("owner") as owner:
        assert owner.execute("SELECT count(*) FROM prepared_adjustment").fetchone() == (0,)
