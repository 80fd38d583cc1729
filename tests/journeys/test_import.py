"""An import for consumption (A11) in each channel: from the signed message to the cleared goods, to the đồng."""

from tests.journeys.walking import FIVE, GREEN, NOTHING, RED, TEN, YELLOW, consignment, kinds, line, lodged


def test_green_freight_and_insurance_are_shared_by_price_and_the_payment_clears(rig):
    answer = lodged(
        rig,
        consignment(
            line("18500", TEN), line("7333.33", FIVE, 2), line("4166.67", NOTHING, 3), price_condition_code="FOB",
            freight_code="A", freight_currency_code="USD", freight_e4=14_500_000, insurance_code="A", insurance_currency_code="USD",
            insurance_e4=924_000,
        ),
        GREEN,
    )  # fmt: skip
    assert (answer["channel"], answer["state"], kinds(answer)) == (1, "tax_pending", {"tax"})
    # (30,000 + 1,450 + 92.40) × 25,880; duty 10, 5 and 0 %; VAT 10 % of value and duty.
    assert answer["customs_value_vnd_e4"] == 816_317_312 * 10_000
    assert answer["taxes"] == {"import_duty_vnd": 60_316_775, "value_added_vnd": 87_663_409}
    assert answer["payable_vnd"] == 147_980_184
    status, paid = rig.pay(answer["declaration_no"], 147_980_184)
    assert status == 200 and paid["cleared"] and paid["state"] == "cleared"
    assert rig.violations() == []


def test_yellow_is_cleared_by_the_later_of_document_check_and_payment(rig):
    for first in ("paid", "checked"):
        answer = lodged(rig, consignment(), YELLOW)
        assert (answer["channel"], answer["state"], kinds(answer)) == (2, "doc_check", {"document_check", "tax"})
        assert answer["taxes"] == {"import_duty_vnd": 77_640_000, "value_added_vnd": 85_404_000}
        number = answer["declaration_no"]
        acts = {
            "paid": lambda no=number: rig.pay(no, 163_044_000),
            "checked": lambda no=number: rig.result(no, "document_check"),
        }
        status, between = acts.pop(first)()
        assert status == 200 and not between["cleared"]
        assert between["state"] == {"paid": "doc_check", "checked": "tax_pending"}[first]
        (last,) = acts.values()
        assert last()[1]["cleared"]
    assert rig.violations() == []


def test_red_walks_document_check_inspection_and_tax(rig):
    answer = lodged(rig, consignment(), RED)
    assert (answer["channel"], kinds(answer)) == (3, {"document_check", "inspection", "tax"})
    number = answer["declaration_no"]
    assert rig.result(number, "document_check")[1]["state"] == "inspection"
    assert rig.result(number, "inspection")[1]["state"] == "tax_pending"
    assert rig.pay(number, 163_044_000)[1]["state"] == "cleared"
    assert rig.violations() == []
