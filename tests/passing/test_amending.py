"""Amendments before clearance: money by transfers, a channel that never falls, conditions considered anew, every version kept."""

import json

import msgspec
import pytest

from haidang.declarations.tests import build
from haidang.site.demo import people
from tests.passing.rig import BANK, declared, item
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)


def more(factor: int, **changes):
    """Return the ordinary declaration with a line at `factor` times the price."""
    plain = item()
    line = item(invoice_value_e4=plain.invoice_value_e4 * factor, unit_price_e6=plain.unit_price_e6 * factor)
    return declared(items=(line,), **changes)


def kinds(answer):
    return [condition["kind"] for condition in answer["open_conditions"]]


def codes(answer):
    return [finding["code"] for finding in answer.get("findings", ())]


def test_an_amendment_counts_in_the_twelfth_digit_and_books_the_difference(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    status, answer = rig.amend(number, more(2))
    assert status == 200, answer
    assert answer["declaration_no"] == number[:11] + "1"
    assert answer["payable_before_vnd"] == lodged["payable_vnd"] < answer["payable_vnd"] == answer["outstanding_vnd"]
    assert {change["name_en"] for change in answer["changes"]} >= {"Line 1: Invoice value", "Invoice total"}
    assert rig.violations() == []


def test_a_smaller_amendment_after_payment_leaves_the_rest_overpaid_and_nothing_is_lost(rig):
    lodged = lodge_with(rig, 2, items=more(3).items)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 200
    status, answer = rig.amend(lodged["declaration_no"], more(1))
    assert status == 200 and answer["outstanding_vnd"] == 0 and "tax" not in kinds(answer)
    assert answer["overpaid_vnd"] == lodged["payable_vnd"] - answer["payable_vnd"] > 0
    again = rig.amend(answer["declaration_no"], more(2))[1]
    assert again["outstanding_vnd"] == 0, "what was overpaid pays first"
    assert again["overpaid_vnd"] == lodged["payable_vnd"] - again["payable_vnd"]
    more_than_paid = rig.amend(again["declaration_no"], more(4))[1]
    assert more_than_paid["overpaid_vnd"] == 0
    assert more_than_paid["outstanding_vnd"] == more_than_paid["payable_vnd"] - lodged["payable_vnd"]
    assert "tax" in kinds(more_than_paid)
    assert rig.pay(more_than_paid["declaration_no"], more_than_paid["outstanding_vnd"])[0] == 200
    assert rig.violations() == []


def test_what_was_paid_before_an_amendment_counts_when_the_checks_are_done(rig):
    lodged = lodge_with(rig, 2, items=more(2).items)
    number = lodged["declaration_no"]
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    amended = rig.amend(number, more(1))[1]
    assert amended["state"] == "doc_check"
    assert rig.result(amended["declaration_no"], "document_check")[0] == 200
    if amended["channel"] == 3:
        assert rig.result(amended["declaration_no"], "inspection")[1]["cleared"]
    assert rig.amend(amended["declaration_no"], more(1, package_count=43))[0] == 409
    assert rig.violations() == []


def test_documents_that_were_passed_are_checked_again_and_the_channel_never_falls(rig):
    lodged = lodge_with(rig, 3)
    number = lodged["declaration_no"]
    assert rig.result(number, "document_check")[1]["state"] == "inspection"
    status, answer = rig.amend(number, declared(package_count=43))
    assert status == 200 and answer["channel"] == 3 and not answer["channel_raised"]
    assert answer["state"] == "doc_check" and kinds(answer).count("document_check") == 1
    number = answer["declaration_no"]
    assert rig.result(number, "document_check")[1]["state"] == "inspection"
    assert rig.result(number, "inspection")[1]["state"] == "tax_pending"
    assert rig.pay(number, answer["payable_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_a_green_declaration_may_be_raised_by_an_amendment_and_is_checked_then(rig):
    for _ in range(200):
        lodged = lodge_with(rig, 1)
        status, answer = rig.amend(lodged["declaration_no"], declared(package_count=43))
        assert status == 200
        if answer["channel_raised"]:
            break
    assert answer["state"] == "doc_check" and "document_check" in kinds(answer)
    assert rig.violations() == []


def test_a_declaration_is_amended_nine_times_and_no_more(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    for count in range(1, 10):
        status, answer = rig.amend(number, declared(package_count=42 + count))
        assert status == 200 and answer["declaration_no"] == number[:11] + str(count)
        number = answer["declaration_no"]
    status, answer = rig.amend(number, declared(package_count=60))
    assert status == 422 and codes(answer) == ["E0399"]
    assert rig.violations() == []


UNAMENDABLE = {
    "trader_code": people.trader_code(2),
    "customs_office_code": "03CE",
    "warehouse_code": "03CCS01",
    "transport_mode_code": "3",
    "kind_code": "A12",
    "person_class_code": "3",
    "cargo_class_code": "A",
}


@pytest.mark.parametrize("field", UNAMENDABLE)
def test_what_may_not_be_amended_is_a_finding_with_its_law(rig, field):
    lodged = rig.lodge(declared())[1]
    other = msgspec.structs.replace(declared(), **{field: UNAMENDABLE[field]})
    status, answer = rig.amend(lodged["declaration_no"], other, sender=TRADER)
    assert status == 422
    told = [f for f in answer["findings"] if f["code"] == "HD-UNAMENDABLE"]
    assert [f["pointer"] for f in told] == [f"/declaration/{field}"] and told[0]["law"]


def test_nothing_changed_the_wrong_procedure_and_an_old_number_are_told(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    assert codes(rig.amend(number, declared())[1]) == ["HD-NOTHING-AMENDED"]
    assert codes(rig.amend(number, declared(package_count=43), procedure="EDE")[1]) == ["HD-PROCEDURE"]
    assert rig.amend(number, declared(package_count=43), procedure="IDE")[0] == 200
    assert codes(rig.amend(number, declared(package_count=44))[1]) == ["HD-AMENDMENT"]
    assert rig.amend(number[:11], declared(package_count=44))[0] == 200
    assert rig.violations() == []


def test_a_faulty_amendment_has_all_findings_and_stores_nothing(rig):
    lodged = rig.lodge(declared())[1]
    status, answer = rig.amend(lodged["declaration_no"], declared(invoice_currency_code="ZZZ", transport_mode_code="3"))
    assert status == 422 and {"HD-UNAMENDABLE"} < set(codes(answer))
    assert rig.violations() == []


def test_a_stranger_cannot_tell_a_declaration_from_none(rig):
    number = rig.lodge(declared())[1]["declaration_no"]
    stranger = people.trader_code(7)
    told = [rig.amend(no, declared(package_count=43), sender=stranger) for no in (number, "199999999990")]
    assert told[0] == told[1] and codes(told[0][1]) == ["HD-NOT-FOUND"]
    assert rig.cancel(number, sender=stranger)[1] == told[0][1]


def test_the_same_amendment_again_is_answered_the_same_and_done_once(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    first = rig.amend(number, declared(package_count=43), message_id="amend-once")
    assert first[0] == 200
    assert rig.amend(number, declared(package_count=43), message_id="amend-once") == first
    assert codes(rig.amend(number, declared(package_count=44), message_id="amend-once")[1]) == ["HD-ID-REUSED"]
    assert rig.violations() == []


def test_an_amended_draft_keeps_the_draft_as_its_first_version(rig):
    raw = build.message(declared(), message_id="x", sender=TRADER)
    draft = {"procedure": "IDA", "declaration": json.loads(raw)["declaration"]}
    saved = rig.batch([rig.waiting("draft", draft, TRADER)])[0][1]
    body = {"message_id": rig.fresh_id(), "sender": TRADER, "procedure": "IDC", "draft_no": saved["draft_no"]}
    assert rig.batch([rig.waiting("registration", body, TRADER)])[0][0] == 201
    status, answer = rig.amend(saved["draft_no"], declared(package_count=43))
    assert status == 200 or answer["code"] == "SETTLED_ALREADY"
    assert rig.violations() == []


@pytest.mark.parametrize("timing", ["A", "B"])
def test_a_guarantee_grows_and_shrinks_with_the_tax_and_its_use_is_counted_once(rig, timing):
    kind = "individual" if timing == "A" else "general"
    key = rig.guarantee(10**11, kind=kind)[1]["guarantee_key"]
    under = {"payment_timing_code": timing, "guarantee_key": key}
    lodged = lodge_with_guarantee(rig, under)
    grown = rig.amend(lodged["declaration_no"], more(3, **under))[1]
    assert grown["guarantee_reserved_vnd"] == grown["payable_vnd"] - lodged["payable_vnd"] > 0
    assert "tax" not in kinds(grown)
    shrunk = rig.amend(grown["declaration_no"], more(2, **under))[1]
    assert shrunk["guarantee_released_vnd"] == grown["payable_vnd"] - shrunk["payable_vnd"] > 0
    paying = rig.amend(shrunk["declaration_no"], more(2))[1]
    assert paying["guarantee_released_vnd"] == shrunk["payable_vnd"] and "tax" in kinds(paying)
    back = rig.amend(paying["declaration_no"], more(2, **under))
    assert back[0] == 200 and "tax" not in kinds(back[1])
    assert rig.violations() == []


def lodge_with_guarantee(rig, under):
    for _ in range(60):
        lodged = rig.lodge(declared(**under))[1]
        if lodged.get("open_conditions"):
            return lodged
        if under["payment_timing_code"] == "A":
            under["guarantee_key"] = rig.guarantee(10**11, kind="individual")[1]["guarantee_key"]
    raise AssertionError("every declaration was cleared at once")


def test_an_amendment_beyond_the_guarantee_is_refused_with_what_is_free(rig):
    payable = rig.lodge(declared())[1]["payable_vnd"]
    key = rig.guarantee(payable * 40)[1]["guarantee_key"]
    under = {"payment_timing_code": "B", "guarantee_key": key}
    lodged = lodge_with_guarantee(rig, under)
    status, answer = rig.amend(lodged["declaration_no"], more(60, **under))
    assert status == 422 and codes(answer) == ["E7026"]
    assert rig.violations() == []


def test_permits_follow_the_goods(rig):
    controlled = item("01012900", tax_codes=("V05",))
    lodged = rig.lodge(declared(items=(controlled,)))[1]
    assert "permit" in kinds(lodged)
    status, without = rig.amend(lodged["declaration_no"], declared())
    assert status == 200 and "permit" not in kinds(without) and "tax" in kinds(without)
    status, again = rig.amend(without["declaration_no"], declared(items=(controlled,)))
    assert status == 200 and kinds(again).count("permit") == kinds(lodged).count("permit")
    assert rig.violations() == []


def test_a_permit_that_was_granted_stays_granted_until_its_line_says_something_else(rig):
    controlled = item("01012900", tax_codes=("V05",))
    lodged = rig.lodge(declared(items=(controlled,)))[1]
    number = lodged["declaration_no"]
    for permit in (c for c in lodged["open_conditions"] if c["kind"] == "permit"):
        sender = permit.get("holder") or "03CC"
        assert rig.result(number, "permit", sender=sender, condition_no=permit["condition_no"])[0] == 200
    same = rig.amend(number, declared(items=(controlled,), package_count=43))[1]
    assert "permit" not in kinds(same)
    other = item("01012900", tax_codes=("V05",), description="Ngựa khác")
    assert "permit" in kinds(rig.amend(same["declaration_no"], declared(items=(other,)))[1])
    assert rig.violations() == []


def test_lines_come_and_go_and_are_told_field_by_field(rig):
    two = declared(items=(item(), item(line_no=2, description="Dòng thêm")))
    lodged = lodge_with(rig, 2, items=two.items)
    status, answer = rig.amend(lodged["declaration_no"], declared())
    assert status == 200
    gone = next(c for c in answer["changes"] if c["pointer"] == "/declaration/items/1/description")
    assert gone["old"] == "Dòng thêm" and gone["new"] == "" and gone["name_vi"] == "Dòng 2: Mô tả hàng hóa"
    assert rig.violations() == []


def test_a_payment_of_the_old_amount_waits_in_suspense_and_one_under_the_old_number_is_refused(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    amended = rig.amend(number, more(2))[1]
    status, answer = rig.pay(number, lodged["payable_vnd"], bank=BANK)
    assert status == 422 and codes(answer) == ["HD-AMENDMENT"]
    status, answer = rig.pay(number[:11], lodged["payable_vnd"])
    assert status == 202 and str(amended["outstanding_vnd"]) in answer["reason"]
    assert rig.violations() == []


def test_an_amendment_after_clearance_is_told_what_happened(rig):
    lodged = lodge_with(rig, 1)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
    status, answer = rig.amend(lodged["declaration_no"], more(2))
    assert status == 409 and answer["code"] == "SETTLED_ALREADY"
    assert "“cleared”" in answer["title"] and "pay the tax" in answer["title"]
