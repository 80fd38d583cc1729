"""Customs value: what is added, what is shared by whom, what must be given by hand."""

import csv
from pathlib import Path

import pytest
from msgspec.structs import replace

from haidang.kernel.findings import Finding
from haidang.taxes.rules import MAX_TOTAL_VND, customs_values
from haidang.taxes.rules.value import BEYOND_EXPORT_GATE_INSURANCE, FREIGHT_IN_PRICE
from haidang.taxes.terms import Valuation
from haidang.taxes.tests.build import declaration, item

LAWBOOK = Path(__file__).parents[4] / "lawbook"
RATES = {"USD": 250_000_000, "EUR": 300_000_000, "VND": 10_000}


def values(declared: Valuation) -> list[int]:
    """Return the values in whole đồng of a declaration that is in order."""
    findings: list[Finding] = []
    computed = customs_values(declared, RATES, findings)
    assert findings == []
    assert computed is not None and all(value % 10_000 == 0 for value in computed)
    return [value // 10_000 for value in computed]


def told(declared: Valuation) -> list[tuple[str, str]]:
    """Return the findings of a declaration whose value cannot be computed."""
    findings: list[Finding] = []
    assert customs_values(declared, RATES, findings) is None
    assert all(f.text_vi and f.text_en and f.repair_vi and f.repair_en and f.law for f in findings)
    return [(finding.code, finding.pointer) for finding in findings]


TWO = (item(1, price="300"), item(2, price="100"))


def test_freight_and_insurance_are_shared_by_price_each_in_its_currency() -> None:
    declared = declaration(*TWO, price="FOB USD", freight="A 40 USD", insurance="A 4 EUR")
    assert values(declared) == [7_500_000 + 750_000 + 90_000, 2_500_000 + 250_000 + 30_000]


def test_goods_that_are_not_insured_bear_no_insurance() -> None:
    assert values(declaration(*TWO, price="FOB USD", freight="A 40 USD", insurance="D 4 USD")) == [8_250_000, 2_750_000]


def test_a_declaration_of_part_of_an_invoice_takes_its_share_of_the_whole_freight() -> None:
    declared = declaration(*TWO, price="FOB USD", freight="C 40 USD", allocation_total="800")
    assert values(declared) == [7_875_000, 2_625_000]


@pytest.mark.parametrize("code", ["E", "F"])
def test_freight_beyond_the_price_is_added_to_a_cif_price(code: str) -> None:
    assert values(declaration(*TWO, freight=f"{code} 40 USD")) == [8_250_000, 2_750_000]


@pytest.mark.parametrize("code", ["A", "B", "C"])
def test_freight_that_the_price_holds_already_is_refused(code: str) -> None:
    free = item(3, value="50 USD")
    assert told(declaration(*TWO, free, freight=f"{code} 40 USD")) == [("R0157", "/freight_code")]


def test_freight_of_paid_goods_is_not_shared_by_goods_free_of_charge() -> None:
    free = item(3, price="400", value="11 USD")
    declared = declaration(*TWO, free, price="FOB USD", freight="B 40 USD")
    assert values(declared) == [8_250_000, 2_750_000, 275_000]


def test_freight_for_all_is_shared_by_the_price_of_all_although_one_value_is_by_hand() -> None:
    free = item(3, price="400", value="11 USD")
    declared = declaration(*TWO, free, price="FOB USD", freight="A 40 USD")
    assert values(declared) == [7_875_000, 2_625_000, 275_000]


def test_freight_of_paid_goods_needs_a_line_free_of_charge() -> None:
    assert told(declaration(*TWO, price="FOB USD", freight="B 40 USD")) == [("R0149", "/freight_code")]


def test_freight_by_weight_is_carried_by_values_given_by_hand() -> None:
    by_hand = item(1, price="300", value="8000000 VND")
    assert values(declaration(by_hand, price="FOB USD", freight="D 40 USD")) == [8_000_000]
    assert told(declaration(by_hand, item(2, price="100"), price="FOB USD", freight="D 40 USD")) == [
        ("HD-VALUE-BY-HAND", "/items/1/declared_customs_value")
    ]


@pytest.mark.parametrize("valuation", list("123489T"))
def test_other_methods_of_valuation_need_every_value_by_hand(valuation: str) -> None:
    lines = (item(1, price="300"), item(2, price="100", value="110 USD"))
    assert told(declaration(*lines, valuation=valuation)) == [("HD-VALUE-BY-HAND", "/items/0/declared_customs_value")]


@pytest.mark.parametrize("valuation", list("67"))
def test_the_transaction_value_is_computed(valuation: str) -> None:
    assert values(declaration(*TWO, valuation=valuation)) == [7_500_000, 2_500_000]


def test_a_value_by_hand_wins_over_the_price() -> None:
    assert values(declaration(item(1, price="300", value="120.5 EUR"))) == [3_615_000]


def test_a_value_by_hand_is_converted_half_up_to_a_ten_thousandth() -> None:
    findings: list[Finding] = []
    declared = declaration(item(1, value="0.0003 EUR"), item(2, value="0.0001 EUR"))
    assert customs_values(declared, {"EUR": 15_000}, findings) == [5, 2]
    assert findings == []


def test_a_value_by_hand_needs_its_currency() -> None:
    bare = replace(item(1, value="120 USD"), customs_value_currency_code="")
    assert told(declaration(bare)) == [("R1020", "/items/0/customs_value_currency_code")]


def test_a_line_without_price_and_value_is_told() -> None:
    assert told(declaration(item(1, price="300"), item(2))) == [("R0011", "/items/1/invoice_value")]


def test_a_value_of_nothing_is_told() -> None:
    assert told(declaration(item(1, price="300"), item(2, price="0"))) == [("E0351", "/items/1/invoice_value")]
    assert told(declaration(item(1, price="300"), item(2, value="0 VND"))) == [("E0351", "/items/1/invoice_value")]


def test_deductions_larger_than_the_price_are_told() -> None:
    assert told(declaration(item(1, price="300"), adjustments=["G SB 301 USD"])) == [
        ("E0351", "/items/0/invoice_value")
    ]


def test_every_currency_without_a_rate_is_told_where_it_stands() -> None:
    declared = declaration(
        item(1, price="300"),
        item(2, value="9 XAF"),
        price="FOB XAA",
        freight="A 40 XAB",
        insurance="A 4 XAC",
        adjustments=["A AD 1 USD", "C AD 1 XAD"],
    )
    assert told(declared) == [
        ("E0108", "/invoice_currency_code"),
        ("E0107", "/freight_currency_code"),
        ("E0109", "/insurance_currency_code"),
        ("E1001", "/adjustments/1/currency_code"),
        ("E0112", "/items/1/customs_value_currency_code"),
    ]


def test_an_invoice_currency_without_a_rate_does_not_matter_when_all_values_are_by_hand() -> None:
    assert values(declaration(item(1, value="120 USD"), price="FOB XAA")) == [3_000_000]


def test_an_adjustment_that_no_line_names_is_shared_by_all() -> None:
    assert values(declaration(*TWO, adjustments=["A AD 40 USD"])) == [8_250_000, 2_750_000]


def test_an_adjustment_is_shared_by_the_lines_that_name_it() -> None:
    lines = (item(1, price="300", adjustments="1"), item(2, price="100"), item(3, price="100", adjustments="1"))
    assert values(declaration(*lines, adjustments=["A AD 40 USD"])) == [8_250_000, 2_500_000, 2_750_000]


def test_an_adjustment_over_a_larger_total_leaves_the_rest_to_other_declarations() -> None:
    assert values(declaration(*TWO, adjustments=["A AD 40 USD over 1600"])) == [7_687_500, 2_562_500]


def test_a_total_smaller_than_the_lines_that_share_it_is_told() -> None:
    assert told(declaration(*TWO, adjustments=["A AD 40 USD over 399"])) == [("R1079", "/adjustments/0/factor")]
    assert values(declaration(*TWO, adjustments=["A AD 40 USD over 400"])) == [8_250_000, 2_750_000]


def test_an_adjustment_that_only_a_line_valued_by_hand_names_is_shared_by_nobody() -> None:
    lines = (item(1, price="300"), item(2, price="100", value="110 USD", adjustments="1"))
    assert values(declaration(*lines, adjustments=["A AD 40 USD"])) == [7_500_000, 2_750_000]


def test_a_line_that_names_an_adjustment_nobody_declared_is_told() -> None:
    lines = (item(1, price="300", adjustments="1"), item(2, price="100", adjustments="2"))
    assert told(declaration(*lines, adjustments=["A AD 40 USD"])) == [("R1096", "/items/1/adjustment_nos")]


def test_a_class_that_only_states_the_value_moves_nothing() -> None:
    assert values(declaration(*TWO, adjustments=["N IP 40 USD"])) == [7_500_000, 2_500_000]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("FOB", 10_000_000), ("DAP", 10_000_000), ("DAF", 10_000_000), ("CFR", 9_000_000), ("C&F", 9_000_000)]
    + [("CIF", 8_500_000), ("DDP", 8_500_000), ("C&I", 9_500_000), ("EXW", 10_000_000)],
)
def test_an_export_is_valued_at_the_gate(condition: str, expected: int) -> None:
    declared = declaration(
        item(1, price="400"),
        direction="export",
        price=f"{condition} USD",
        freight="A 40 USD",
        insurance="A 20 USD",
    )
    assert values(declared) == [expected]


def test_an_export_value_by_hand_wins() -> None:
    declared = declaration(item(1, price="400", value="390 USD"), direction="export", price="CIF USD")
    assert values(declared) == [9_750_000]


def test_what_rounding_leaves_over_goes_to_the_largest_line() -> None:
    # A third of a đồng each: 0.3333 three times leaves 0.0001, which the first of the largest lines carries.
    lines = [item(n, price="1") for n in (1, 2, 3)]
    findings: list[Finding] = []
    declared = declaration(*lines, price="FOB VND", freight="A 1 VND")
    assert customs_values(declared, RATES, findings) == [13_334, 13_333, 13_333]
    larger = [item(1, price="1"), item(2, price="1"), item(3, price="2.2345")]
    declared = declaration(*larger, price="FOB VND", freight="A 1 VND")
    assert customs_values(declared, RATES, findings) == [12_362, 12_362, 27_621]
    assert findings == []


def test_a_declaration_without_lines_has_no_values() -> None:
    assert values(declaration(freight="E 40 USD")) == []


def read_lawbook(name: str) -> list[dict[str, str]]:
    with (LAWBOOK / name).open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def test_what_a_price_holds_is_what_the_law_book_says() -> None:
    conditions = read_lawbook("codes/price_condition.csv")
    with_freight = {row["code"] for row in conditions if row["freight_included"] == "yes"}
    with_insurance = {row["code"] for row in conditions if row["insurance_included"] == "yes"}
    assert {row["code"] for row in conditions} & FREIGHT_IN_PRICE == with_freight
    assert {row["code"] for row in conditions} & BEYOND_EXPORT_GATE_INSURANCE == with_insurance - {"DAP", "DAF"}


def test_the_largest_total_is_that_of_the_law_book() -> None:
    (row,) = [row for row in read_lawbook("parameters.csv") if row["name"] == "declaration.max_tax_total"]
    assert int(row["value"]) == MAX_TOTAL_VND
