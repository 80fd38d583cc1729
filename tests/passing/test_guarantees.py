"""Declarations under guarantee through the writer's own code on real PostgreSQL: secured, short, paid, given back, verified."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import psycopg
import pytest

from haidang.balances import lookups as balances
from haidang.declarations.tests import build
from haidang.kernel.ids import shard_of
from haidang.site.demo import people
from tests.passing.rig import BANK, Rig, declared
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)
PRIORITY = 50
NEXT_DAY = "UPDATE installation SET clock_offset = clock_offset + interval '1 day'"


@pytest.fixture
def fresh_rig(fresh_trial):
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def file(rig, amount_vnd=10**12, **changes):
    status, answer = rig.guarantee(amount_vnd, **changes)
    assert status == 201, answer
    return answer["guarantee_key"]


def under(key, timing="B", trader=1, **changes):
    return declared(trader=trader, payment_timing_code=timing, guarantee_key=key, **changes)


def standing(rig, key):
    with psycopg.connect(rig.config.dsn("auditor")) as auditor:
        return next(each.balance for each in balances.on_file(auditor) if each.balance.reference == key)


def codes(answer):
    return [finding["code"] for finding in answer["findings"]]


def test_a_declaration_under_guarantee_awaits_no_payment_and_owes_its_tax_later(rig):
    key = file(rig)
    lodged = lodge_with(rig, 1, payment_timing_code="B", guarantee_key=key)
    assert lodged["tax_secured"] and lodged["cleared"] and lodged["open_conditions"] == []
    registered_on = date.fromisoformat(lodged["registered_at"][:10])
    assert date.fromisoformat(lodged["tax_due_on"]) == registered_on + timedelta(days=30)
    assert standing(rig, key).reserved >= lodged["payable_vnd"] > 0
    assert rig.violations() == []


def test_yellow_under_guarantee_awaits_only_its_check(rig):
    lodged = lodge_with(rig, 2, payment_timing_code="B", guarantee_key=file(rig))
    assert {c["kind"] for c in lodged["open_conditions"]} == {"document_check"}
    assert rig.result(lodged["declaration_no"], "document_check")[1]["cleared"]
    assert rig.violations() == []


def test_a_payment_after_clearance_gives_the_guarantee_back_and_moves_nothing_else(rig):
    key = file(rig)
    status, lodged = rig.lodge(under(key))
    assert status == 201 and standing(rig, key).reserved == lodged["payable_vnd"]
    status, paid = rig.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id=f"pay/{key}")
    assert status == 200, paid
    assert paid["guarantee_released_vnd"] == lodged["payable_vnd"]
    assert paid["state"] == lodged["state"] and "closed" not in paid
    now = standing(rig, key)
    assert (now.reserved, now.used, now.free, now.use_count) == (0, 0, 10**12, 1)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"], message_id=f"pay/{key}") == (status, paid)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 202, "there is nothing more to pay"
    assert rig.violations() == []


def test_a_payment_of_another_sum_gives_nothing_back(rig):
    key = file(rig)
    lodged = rig.lodge(under(key))[1]
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"] - 1)[0] == 202
    assert standing(rig, key).reserved == lodged["payable_vnd"]


def test_only_a_bank_can_say_that_a_secured_tax_was_paid(rig):
    key = file(rig)
    lodged = rig.lodge(under(key))[1]
    status, answer = rig.pay(lodged["declaration_no"], lodged["payable_vnd"], bank=TRADER)
    assert status == 409 and answer["code"] == "NOT_THEIRS_TO_CLOSE"
    assert standing(rig, key).reserved == lodged["payable_vnd"]


def test_a_guarantee_that_is_too_small_says_how_much_is_free_and_stores_nothing(rig):
    key = file(rig, 1_000)
    status, answer = rig.lodge(under(key), message_id=f"short/{key}")
    assert status == 422 and codes(answer) == ["E7026"]
    assert "1,000 đ" in answer["findings"][0]["text_en"]
    assert standing(rig, key).free == 1_000
    assert rig.lodge(declared(), message_id=f"short/{key}")[0] == 201, "the refused message left no trace"
    assert rig.violations() == []


def test_in_one_batch_the_earlier_message_gets_the_room(rig):
    payable = rig.lodge(declared())[1]["payable_vnd"]
    key = file(rig, 2 * payable - 1)
    raws = [build.message(under(key), message_id=rig.fresh_id(), sender=TRADER) for _ in range(3)]
    replies = rig.batch([rig.waiting("lodgement", raw, TRADER) for raw in raws])
    assert [status for status, _ in replies] == [201, 422, 422]
    assert standing(rig, key).reserved == payable


def test_an_individual_guarantee_serves_one_declaration(rig):
    key = file(rig, kind="individual")
    assert rig.lodge(under(key, "A"))[0] == 201
    assert codes(rig.lodge(under(key, "A"))[1]) == ["E7002"]
    assert codes(rig.lodge(under(key, "B"))[1]) == ["E7021"], "it is no general guarantee"
    assert codes(rig.lodge(under(file(rig), "A"))[1]) == ["E7001"], "a general guarantee is no individual one"


def test_a_guarantee_of_another_trader_is_refused(rig):
    neighbour = next(n for n in range(2, 200) if shard_of(people.trader_code(n)) == shard_of(TRADER))
    far = next(n for n in range(2, 200) if shard_of(people.trader_code(n)) != shard_of(TRADER))
    assert codes(rig.lodge(under(file(rig, trader=neighbour)))[1]) == ["E7023"]
    assert codes(rig.lodge(under(file(rig, trader=far)))[1]) == ["E7021"]
    assert codes(rig.lodge(under(file(rig, trader=neighbour, kind="individual"), "A"))[1]) == ["E7006"]


def test_a_guarantee_nobody_filed_and_one_without_all_its_parts_are_told(rig):
    assert codes(rig.lodge(under(f"{BANK}/2026/BL/NONE", "A"))[1]) == ["E7001"]
    assert codes(rig.lodge(under("VCB/2026/BL"))[1]) == ["R1052"]


def test_a_guarantee_is_in_force_until_the_day_before_its_end(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        key = file(rig, valid_until="2026-03-03")
        later = file(rig, valid_from="2026-03-03")
        status, last = rig.lodge(under(key))
        assert status == 201 and last["tax_due_on"] == "2026-03-02", "due while the guarantee stands"
        assert codes(rig.lodge(under(later))[1]) == ["E7024"]
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            admin.execute(NEXT_DAY)
        assert codes(rig.lodge(under(key))[1]) == ["E7025"]
        assert rig.lodge(under(later))[0] == 201
        assert codes(rig.guarantee(1, valid_until="2026-03-03")[1]) == ["HD-GUARANTEE-OVER"]
        assert rig.violations() == []
    finally:
        rig.close()


def test_a_priority_enterprise_pays_by_the_tenth_of_next_month_and_nobody_else_may(rig):
    status, answer = rig.lodge(declared(trader=PRIORITY, payment_timing_code="C"))
    assert status == 201 and answer["tax_secured"] and answer["tax_due_on"] == "2026-04-10"
    assert "tax" not in {c["kind"] for c in answer["open_conditions"]}
    status, paid = rig.pay(answer["declaration_no"], answer["payable_vnd"])
    assert status == 200 and "guarantee_released_vnd" not in paid
    assert codes(rig.lodge(declared(payment_timing_code="C"))[1]) == ["HD-DEFERRAL"]
    assert rig.violations() == []


def test_a_draft_is_registered_under_the_guarantee_it_names(rig):
    key = file(rig)
    body = json.loads(build.message(under(key), message_id="x", sender=TRADER))
    saved = rig.batch([rig.waiting("draft", {"procedure": "IDA", "declaration": body["declaration"]}, TRADER)])[0]
    assert saved[0] == 201 and standing(rig, key).reserved == 0, "a draft reserves nothing"
    registration = {
        "message_id": rig.fresh_id(), "sender": TRADER, "procedure": "IDC", "draft_no": saved[1]["draft_no"],
    }  # fmt: skip
    status, answer = rig.batch([rig.waiting("registration", registration, TRADER)])[0]
    assert status == 201 and answer["tax_secured"]
    assert standing(rig, key).reserved == answer["payable_vnd"]
    assert rig.violations() == []


def test_the_same_guarantee_message_again_is_answered_the_same(rig):
    first = rig.guarantee(5, number="AGAIN", message_id="file-again")
    assert first[0] == 201
    assert rig.guarantee(5, number="AGAIN", message_id="file-again") == first
    assert codes(rig.guarantee(6, number="AGAIN", message_id="file-again")[1]) == ["HD-ID-REUSED"]
    assert codes(rig.guarantee(5, number="AGAIN")[1]) == ["HD-GUARANTEE-KNOWN"]
    assert standing(rig, first[1]["guarantee_key"]).granted == 5
    assert rig.violations() == []


def test_who_may_file_a_guarantee_and_for_whom(rig):
    assert codes(rig.guarantee(5, bank=TRADER)[1]) == ["HD-GUARANTOR"]
    assert codes(rig.guarantee(5, trader_code="0100109106")[1]) == ["E8001"]


def test_a_hundred_registrations_at_once_share_a_guarantee_with_room_for_37(fresh_trial, fresh_rig):
    payable = fresh_rig.lodge(declared())[1]["payable_vnd"]
    key = file(fresh_rig, 38 * payable - 1)
    other = Rig(fresh_trial.config)
    try:
        rigs = (fresh_rig, other)
        raws = [build.message(under(key), message_id=f"parallel-{n}", sender=TRADER) for n in range(100)]
        shares = [[rig.waiting("lodgement", raw, TRADER) for raw in raws[n::2]] for n, rig in enumerate(rigs)]

        def lodge_all(rig, share):
            return [reply for place in range(0, len(share), 5) for reply in rig.batch(share[place : place + 5])]

        with ThreadPoolExecutor(2) as threads:
            replies = [reply for part in threads.map(lodge_all, rigs, shares) for reply in part]
        assert sorted(status for status, _ in replies) == [201] * 37 + [422] * 63
        with psycopg.connect(fresh_trial.dsn("auditor")) as auditor:
            (writers,) = auditor.execute("SELECT count(DISTINCT writer_id) FROM journal_entry").fetchone()
        assert writers == 2, "both lanes must have written"
        assert {code for status, answer in replies if status == 422 for code in codes(answer)} == {"E7026"}
        now = standing(fresh_rig, key)
        assert (now.reserved, now.use_count, now.free) == (37 * payable, 37, payable - 1)
        assert fresh_rig.violations() == []
    finally:
        other.close()


def test_registering_and_paying_at_once_over_two_guarantees_neither_deadlocks_nor_loses_a_dong(fresh_trial, fresh_rig):
    keys = [file(fresh_rig), file(fresh_rig)]
    first = [fresh_rig.lodge(under(keys[n % 2]))[1] for n in range(16)]
    other = Rig(fresh_trial.config)
    try:
        raws = [build.message(under(keys[-n % 2]), message_id=f"new-{n}", sender=TRADER) for n in range(16)]
        new = [fresh_rig.waiting("lodgement", raw, TRADER) for raw in raws]
        notices = [
            {
                "message_id": f"paid-{n}", "sender": BANK, "procedure": "PAYMENT", "declaration_no": lodged["declaration_no"],
                "amount_vnd": lodged["payable_vnd"], "reference": "BK", "payer_code": TRADER,
            }
            for n, lodged in enumerate(first)
        ]  # fmt: skip
        paying = [other.waiting("payment", notice, BANK) for notice in notices]
        with ThreadPoolExecutor(2) as threads:
            lodged = threads.submit(lambda: [r for n in range(0, 16, 4) for r in fresh_rig.batch(new[n : n + 4])])
            paid = threads.submit(
                lambda: [r for n in range(0, 16, 4) for r in other.batch(paying[n : n + 4], "conditions")]
            )
            assert {status for status, _ in lodged.result()} == {201}
            assert {status for status, _ in paid.result()} == {200}
        owed = sum(answer["payable_vnd"] for _, answer in lodged.result())
        assert sum(standing(fresh_rig, key).reserved for key in keys) == owed
        assert fresh_rig.violations() == []
    finally:
        other.close()


HANDS = {
    "UPDATE balance SET reserved = reserved - 1 WHERE balance_id = %s": "balances",
    "UPDATE balance SET granted = granted + 1 WHERE balance_id = %s": "balances",
    "UPDATE balance SET holder_code = '9900020009' WHERE balance_id = %s": "balances",
    "UPDATE balance SET valid_until = '2026-03-02' WHERE balance_id = %s": "balances",
    "DELETE FROM balance_movement WHERE balance_id = %s": "journal",
    "UPDATE balance_movement SET amount = amount - 1 WHERE balance_id = %s": "balances",
    "UPDATE obligation SET outstanding_vnd = outstanding_vnd - 1 WHERE declaration_id IN"
    " (SELECT declaration_id FROM balance_movement WHERE balance_id = %s)": "balances",
    "DELETE FROM balance_source WHERE balance_id = %s": "balances",
    "UPDATE balance_source SET raw = raw || ' '::bytea WHERE balance_id = %s": "signatures",
}
"""What a hand in the database may do to a guarantee, and the invariant that shows it."""


def test_verify_sees_what_a_hand_in_the_database_did_to_a_guarantee(fresh_trial, fresh_rig):
    keys = [file(fresh_rig) for _ in HANDS]
    numbers = [fresh_rig.lodge(under(key))[1]["declaration_no"] for key in keys]
    assert fresh_rig.violations() == []
    with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
        for key, statement in zip(keys, HANDS, strict=True):
            (balance_id,) = admin.execute("SELECT balance_id FROM balance WHERE reference = %s", (key,)).fetchone()
            assert admin.execute(statement, (balance_id,)).rowcount == 1
    found = fresh_rig.report().rows
    for key, number, (statement, invariant) in zip(keys, numbers, HANDS.items(), strict=True):
        told = {each.invariant for each in found if each.subject == number or each.subject.endswith(key)}
        assert invariant in told, f"not seen: {statement}"
