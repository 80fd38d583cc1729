"""Late tax after clearance: the payment that settles it leaves the interest behind as a debt, in the same transaction; to the đồng, and verified."""

import psycopg
import pytest

from haidang.clearance.rules.revising import Late, interest_left
from haidang.kernel.calendar import vn_date
from haidang.ledger.rules import interest_charged, paid
from haidang.ledger.terms import LATE_INTEREST, Obligation
from haidang.ledger.tests.test_adjusting import AT, KEY, TRADER
from tests.passing.rig import HEAD, Rig
from tests.passing.test_amending import more
from tests.passing.test_cancelling import days_later
from tests.passing.test_closing import lodge_with
from tests.passing.test_revising import cleared


@pytest.fixture
def trial(fresh_trial):
    rig = Rig(fresh_trial.config)
    yield rig, fresh_trial
    rig.close()


def owed(rig, number):
    """Return (assessed, outstanding, due on) of a declaration."""
    with psycopg.connect(rig.config.dsn("auditor")) as auditor:
        return auditor.execute(
            """SELECT assessed_vnd, outstanding_vnd, due_on FROM obligation JOIN declaration_no USING (shard_id, registered_month, declaration_id)
            WHERE no11 = %s""",
            (int(number[:11]),),
        ).fetchone()


def test_the_difference_of_an_amendment_paid_late_leaves_its_interest_to_be_paid(trial):
    rig, database = trial
    number = cleared(rig)["declaration_no"]
    asked = rig.revise("AMC", number, more(2))[1]
    done = rig.rule(number, "amendment", asked["register_no"], HEAD)[1]
    days_later(database, 10)
    extra = done["outstanding_vnd"]
    status, paid_now = rig.pay(number[:11], extra)
    assert status == 200
    interest = paid_now["late_interest_vnd"]
    assert interest == (extra * 10 * 300 * 2 + 1_000_000) // 2_000_000 > 0
    assessed, outstanding, _ = owed(rig, number)
    assert (assessed, outstanding) == (done["payable_vnd"] + interest, interest)
    assert rig.violations() == []
    days_later(database, 5)
    status, settled = rig.pay(number[:11], interest)
    assert status == 200 and "late_interest_vnd" not in settled, "never interest on interest"
    assert owed(rig, number)[1] == 0
    assert rig.violations() == []


def test_tax_under_guarantee_bears_interest_from_clearance_and_none_on_that_day(trial):
    rig, database = trial
    key = rig.guarantee(10**11)[1]["guarantee_key"]
    under = {"payment_timing_code": "B", "guarantee_key": key}
    late, intime = (lodge_with(rig, 1, **under) for _ in range(2))
    assert late["cleared"] and intime["cleared"]
    settled = rig.pay(intime["declaration_no"], intime["payable_vnd"])[1]
    assert "late_interest_vnd" not in settled and owed(rig, intime["declaration_no"])[1] == 0
    days_later(database, 23)
    answer = rig.pay(late["declaration_no"], late["payable_vnd"])[1]
    assert answer["guarantee_released_vnd"] == late["payable_vnd"]
    assert answer["late_interest_vnd"] == (late["payable_vnd"] * 23 * 300 * 2 + 1_000_000) // 2_000_000
    assert rig.violations() == []


def test_an_amendment_that_follows_keeps_the_interest_owed_and_bears_it_on_the_new_tax_alone(trial):
    rig, database = trial
    number = cleared(rig)["declaration_no"]
    first = rig.rule(number, "amendment", rig.revise("AMC", number, more(2))[1]["register_no"], HEAD)[1]
    days_later(database, 10)
    interest = rig.pay(number[:11], first["outstanding_vnd"])[1]["late_interest_vnd"]
    asked = rig.revise("AMC", first["declaration_no"], more(3))[1]
    second = rig.rule(first["declaration_no"], "amendment", asked["register_no"], HEAD)[1]
    assert second["payable_vnd"] == asked["payable_vnd"]
    assert second["outstanding_vnd"] == asked["additional_vnd"] + interest
    assert rig.violations() == []
    again = rig.pay(number[:11], second["outstanding_vnd"])[1]["late_interest_vnd"]
    assert again == (asked["additional_vnd"] * 10 * 300 * 2 + 1_000_000) // 2_000_000
    assert rig.violations() == []


def test_two_payments_of_one_batch_settle_tax_and_then_interest(trial):
    rig, database = trial
    number = cleared(rig)["declaration_no"]
    done = rig.rule(number, "amendment", rig.revise("AMC", number, more(2))[1]["register_no"], HEAD)[1]
    days_later(database, 3)
    extra = done["outstanding_vnd"]
    interest = (extra * 3 * 300 * 2 + 1_000_000) // 2_000_000
    notices = [
        {
            "message_id": rig.fresh_id(), "sender": "NGANHANGM01", "procedure": "PAYMENT", "declaration_no": number[:11],
            "amount_vnd": amount, "reference": "BK 1", "payer_code": done["declaration_no"] and "9900010007",
        }
        for amount in (extra, interest)
    ]  # fmt: skip
    told = rig.batch([rig.waiting("payment", each, "NGANHANGM01") for each in notices], "conditions")
    assert [status for status, _ in told] == [200, 200]
    assert owed(rig, number)[1] == 0
    assert rig.violations() == []


def test_the_published_examples_to_the_dong(trial):
    rig, _ = trial
    if not rig.lanes["conditions"]._hands:
        rig.lanes["conditions"]._take_up()
    hands = rig.lanes["conditions"]._hands[0]
    late = Late("B", AT, AT, [])
    day = hands.day(AT)
    for outstanding, days, interest in ((438_376_250, 23, 3_024_796), (10_869_600, 1, 3_261)):
        then = hands.books.day(vn_date(AT).replace(day=vn_date(AT).day + days), hands.directory)
        assert interest_left(late, TRADER, outstanding, day, then) == interest
        owed_now = Obligation(*KEY, TRADER, outstanding, 0, vn_date(AT))
        transfer, stands, change = interest_charged(owed_now, interest, then.on, 4, AT)
        assert transfer.kind == LATE_INTEREST and transfer.amount_vnd == stands.outstanding_vnd == interest
        assert (change.was_assessed_vnd, change.assessed_vnd) == (outstanding, outstanding + interest)
        left = Late("B", AT, AT, [paid(KEY, TRADER, "NH", outstanding, 4, AT), transfer])
        assert interest_left(left, TRADER, interest, day, then) == 0
