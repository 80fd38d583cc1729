"""One invoice over two declarations: each states the whole invoice, freight and insurance, and takes its share by price."""

from tests.journeys.walking import FIVE, NOTHING, TEN, codes, consignment, line, lodged

WHOLE = {
    "price_condition_code": "FOB", "freight_code": "A", "freight_currency_code": "USD", "freight_e4": 14_500_000, "insurance_code": "A",
    "insurance_currency_code": "USD", "insurance_e4": 924_000, "allocation_total_e4": 300_000_000, "invoice_total_e4": 300_000_000,
}  # fmt: skip


def test_freight_and_insurance_of_an_invoice_of_two_declarations_are_counted_once(rig):
    one = lodged(rig, consignment(line("18500", TEN), **WHOLE))
    other = lodged(rig, consignment(line("7333.33", FIVE), line("4166.67", NOTHING, 2), **WHOLE))
    values = [each["customs_value_vnd_e4"] for each in (one, other)]
    assert values == [5_033_956_757_333, 3_129_216_362_667] and sum(values) == 816_317_312 * 10_000
    assert one["taxes"] == {"import_duty_vnd": 50_339_568, "value_added_vnd": 55_373_524}
    # As on one declaration, 60,316,775 of duty; of VAT one đồng less than 87,663,409, because each declaration rounds its own total.
    assert other["taxes"] == {"import_duty_vnd": 9_977_207, "value_added_vnd": 32_289_884}
    for each in (one, other):
        assert rig.pay(each["declaration_no"], each["payable_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_an_invoice_smaller_than_its_lines_is_told(rig):
    small = consignment(line("18500"), **{**WHOLE, "allocation_total_e4": 100_000_000})
    assert "R0170" in codes(rig.lodge(small)[1])
    assert rig.violations() == []
