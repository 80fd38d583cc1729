"""Declarations lodged incomplete and completed later: who may, what may wait, what the supplement changes, when it is late; and verified."""

import psycopg
import pytest

from haidang.clearance.lookups import declaration_view
from haidang.kernel.ids import shard_of
from haidang.platform.db import Servers, Transaction
from haidang.site.demo import people
from tests.passing.rig import HEAD, Rig, declared, item
from tests.passing.test_amending import codes, kinds
from tests.passing.test_cancelling import days_later

PRIORITY, ORDINARY = 50, 1
"""Numbers of demo traders: a priority enterprise, and one that is none."""
FIRST, FINAL = item(), item(invoice_value_e4=item().invoice_value_e4 * 2, unit_price_e6=item().unit_price_e6 * 2)


def incomplete(trader=PRIORITY, **changes):
    """Return a declaration without what is not known yet: gross mass, places, invoice."""
    unknown = {"gross_mass_g": None, "loading_place_code": "", "unloading_place_code": "", "container_count": None}
    return declared(
        trader, (FIRST,), **{"incomplete_code": "P", **unknown, "invoice_no": "", "invoice_on": None, **changes}
    )


def complete(trader=PRIORITY, **changes):
    """Return the same declaration with all of it, at the final price."""
    return declared(trader, (FINAL,), **{"invoice_total_e4": FINAL.invoice_value_e4, **changes})


def lodge_incomplete(rig, **changes):
    status, answer = rig.lodge(incomplete(**changes))
    assert status == 201, answer
    return answer


def test_a_priority_enterprise_lodges_incomplete_and_the_supplement_completes_prices_and_clears(rig):
    lodged = lodge_incomplete(rig, payment_timing_code="C")
    (waited,) = [each for each in lodged["open_conditions"] if each["kind"] == "supplement"]
    assert waited["owner"] == "trader" and waited["law"] == "54/2014/QH13 Art. 43"
    assert waited["detail"] == "P: gross_mass, loading_place_code, unloading_place_code, container_count"
    assert not lodged["cleared"] and rig.violations() == []
    status, answer = rig.supplement(lodged["declaration_no"], complete(payment_timing_code="C"))
    assert status == 200, answer
    assert answer["declaration_no"] == lodged["declaration_no"][:11] + "1" and not answer["late"]
    assert "supplement" not in kinds(answer)
    assert answer["payable_before_vnd"] == lodged["payable_vnd"] < answer["payable_vnd"] == answer["outstanding_vnd"]
    told = {change["name_en"] for change in answer["changes"]}
    assert told >= {"Gross mass", "Invoice number", "Loading place", "Line 1: Invoice value"}
    assert answer["cleared"] == (answer["open_conditions"] == [])
    assert rig.violations() == []


def test_goods_are_released_on_an_incomplete_declaration_and_its_supplement_leaves_the_value_to_customs(rig):
    lodged = lodge_incomplete(rig, release_request_code="B")
    number = lodged["declaration_no"]
    assert rig.act(number, "release", HEAD, text="QĐ 1")[1]["code"] == "STILL_IN_THE_WAY", "tax is not paid"
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    for check in {"document_check", "inspection"} & set(kinds(lodged)):
        assert rig.result(number, check)[0] == 200
    status, released = rig.act(number, "release", HEAD, text="QĐ 1")
    assert status == 200 and released["goods_may_be_used"] and {"supplement", "determination"} == set(kinds(released))
    status, answer = rig.supplement(number, complete(release_request_code="B"))
    assert status == 200, answer
    assert answer["state"] == "released" and answer["outstanding_vnd"] == answer["payable_vnd"] - lodged["payable_vnd"]
    number = answer["declaration_no"]
    for check in {"document_check", "inspection"} & set(kinds(answer)):
        assert rig.result(number, check)[0] == 200
    assert rig.result(number, "determination")[1]["state"] == "tax_pending"
    assert rig.pay(number, answer["outstanding_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_what_waits_is_demanded_of_a_complete_declaration_and_the_rest_of_an_incomplete_one(rig):
    whole = rig.lodge(incomplete(incomplete_code=""))[1]
    told = {(each["code"], each["pointer"].rpartition("/")[2]) for each in whole["findings"]}
    assert told == {
        *(("HD-MISSING", name) for name in ("gross_mass", "loading_place_code", "unloading_place_code")),
        ("R1091", "container_count"),
    }
    assert codes(rig.lodge(incomplete(arrival_on=None))[1]) == ["HD-MISSING"]


def test_who_is_no_priority_enterprise_and_goods_that_are_not_urgent_are_declared_in_full(rig):
    status, answer = rig.lodge(incomplete(ORDINARY))
    assert status == 422 and codes(answer) == ["HD-INCOMPLETE-GROUND"], answer
    assert answer["findings"][0]["law"] == "54/2014/QH13 Art. 43"
    assert codes(rig.lodge(incomplete(ORDINARY, incomplete_code="U"))[1]) == ["HD-INCOMPLETE-GROUND"]
    status, urgent = rig.lodge(incomplete(ORDINARY, incomplete_code="U", cargo_class_code="C"))
    assert status == 201, urgent
    (waited,) = [each for each in urgent["open_conditions"] if each["kind"] == "supplement"]
    assert waited["law"] == "54/2014/QH13 Art. 50"
    assert rig.violations() == []


def test_a_supplement_is_taken_once_and_only_where_something_is_awaited(rig):
    number = rig.lodge(complete())[1]["declaration_no"]
    status, answer = rig.supplement(number, complete(invoice_no="INV-2"))
    assert status == 409 and answer["code"] == "NOT_INCOMPLETE"
    number = lodge_incomplete(rig)["declaration_no"]
    first = rig.supplement(number, complete(), message_id="supplement-once")
    assert first[0] == 200, first
    assert rig.supplement(number, complete(), message_id="supplement-once") == first
    status, answer = rig.supplement(number[:11], complete(invoice_no="INV-2"))
    assert status == 409 and answer["code"] == "SUPPLEMENTED_ALREADY"
    assert rig.violations() == []


def test_what_could_not_wait_is_told_field_by_field_and_nothing_is_stored(rig):
    number = lodge_incomplete(rig)["declaration_no"]
    other = complete(kind_code="A12", counterparty_name="OTHER", incomplete_code="P")
    status, answer = rig.supplement(number, other)
    assert status == 422
    assert {(each["code"], each["pointer"].rpartition("/")[2]) for each in answer["findings"]} >= {
        ("HD-STILL-INCOMPLETE", "incomplete_code"), ("HD-NOT-LATER", "kind_code"), ("HD-NOT-LATER", "counterparty_name"),
    }  # fmt: skip
    two = declared(PRIORITY, (FINAL, item(line_no=2)))
    assert "HD-NOT-LATER" in codes(rig.supplement(number, two)[1]), "a line cannot come later"
    assert codes(rig.supplement(number, complete(gross_mass_g=None))[1]) == ["HD-MISSING"]
    assert codes(rig.supplement(number, complete(), sender=people.trader_code(7))[1]) == ["HD-NOT-FOUND"]
    assert codes(rig.supplement(number[:11] + "4", complete())[1]) == ["HD-AMENDMENT"]
    assert rig.violations() == []


def test_an_amendment_changes_an_incomplete_declaration_but_cannot_complete_it(rig):
    number = lodge_incomplete(rig)["declaration_no"]
    (told,) = rig.amend(number, complete())[1]["findings"]
    assert told["code"] == "HD-UNAMENDABLE" and "SUPPLEMENT" in told["repair_en"]
    for count in range(1, 9):
        status, answer = rig.amend(number[:11], incomplete(package_count=42 + count))
        assert status == 200 and "supplement" in kinds(answer), answer
    assert codes(rig.amend(number[:11], incomplete(package_count=60))[1]) == ["E0399"], "the last is the supplement's"
    status, answer = rig.supplement(number[:11], complete())
    assert status == 200 and answer["declaration_no"].endswith("9")
    assert rig.violations() == []


def test_a_cancelled_incomplete_declaration_awaits_nothing_and_is_not_supplemented(rig):
    number = lodge_incomplete(rig)["declaration_no"]
    assert rig.cancel(number, sender=people.trader_code(PRIORITY))[0] == 200
    assert rig.supplement(number, complete())[1]["code"] == "CANCELLATION_PENDING"
    assert rig.decide(number)[0] == 200
    assert rig.supplement(number, complete())[1]["code"] == "SETTLED_ALREADY"
    assert rig.violations() == []


@pytest.fixture
def alone(fresh_trial):
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def overdue(database, number):
    """Return the kinds of the conditions that whoever reads the declaration is told to be overdue."""
    with Servers(database.config).connect("report") as connection:
        shard = shard_of(people.trader_code(PRIORITY))
        view = declaration_view(Transaction(connection), shard, int(number[:11]))
    return [each["kind"] for each in view["conditions"] if each.get("overdue")]


def test_after_thirty_days_it_is_late_but_taken_and_until_then_nothing_more_is_taken_incomplete(alone, fresh_trial):
    number = lodge_incomplete(alone, payment_timing_code="C")["declaration_no"]
    days_later(fresh_trial, 30)
    lodge_incomplete(alone, payment_timing_code="C")
    assert overdue(fresh_trial, number) == []
    days_later(fresh_trial, 1)
    assert "supplement" in overdue(fresh_trial, number) and "tax" not in overdue(fresh_trial, number)
    status, answer = alone.lodge(incomplete(payment_timing_code="C"))
    assert status == 422 and codes(answer) == ["HD-SUPPLEMENT-OVERDUE"], answer
    assert alone.lodge(complete(payment_timing_code="C"))[0] == 201, "in full it may be lodged"
    status, answer = alone.supplement(number, complete(payment_timing_code="C"))
    assert status == 200 and answer["late"], answer
    assert alone.lodge(incomplete(payment_timing_code="C"))[0] == 201
    assert alone.violations() == []


SPOIL = {
    "closed by hand": "UPDATE condition SET closed_seq = 1, closed_at = opened_at + interval '1 day', closed_by = 'x', evidence = 'y' WHERE kind = 19 AND",
    "given more time": "UPDATE condition SET due_at = due_at + interval '9 days' WHERE kind = 19 AND",
    "never asked for": "DELETE FROM condition WHERE kind = 19 AND",
    "done by another": "UPDATE condition SET closed_by = 'x' WHERE kind = 19 AND",
    "other changes": "UPDATE declaration_version SET changes = '[]' WHERE",
    "another price": "UPDATE goods_item_version SET invoice_value_e4 = invoice_value_e4 + 1 WHERE",
    "other taxes": "UPDATE transfer SET amount_vnd = amount_vnd + 1 WHERE journal_seq > 1 AND",
}
SUPPLEMENTED = {"done by another", "other changes", "another price", "other taxes"}


def test_a_hand_at_an_incomplete_declaration_or_its_supplement_is_seen(cluster):
    made = cluster.make_trial()
    rig = Rig(made.config)
    numbers = {}
    for what in SPOIL:
        numbers[what] = lodge_incomplete(rig)["declaration_no"]
        if what in SUPPLEMENTED:
            assert rig.supplement(numbers[what], complete())[0] == 200
    assert rig.violations() == []
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        ids = dict(admin.execute("SELECT no11, declaration_id FROM declaration_no").fetchall())
        for what, statement in SPOIL.items():
            spoilt = admin.execute(f"{statement} declaration_id = %s", (ids[int(numbers[what][:11])],))
            assert spoilt.rowcount > 0, what
    told = {str(each.subject)[:11] for each in rig.report().rows}
    assert {what for what in SPOIL if numbers[what][:11] not in told} == set()
    rig.close()
    cluster.drop(made)
