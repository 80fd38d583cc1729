"""One rounding for each tax, eleven digits at most, every stored amount derived anew."""

import pytest
from msgspec.structs import replace

from haidang.kernel.money import AmountOverflow, NegativeAmount
from haidang.taxes.rules import MAX_TOTAL_VND, assess, recompute, recompute_totals
from haidang.taxes.rules.totals import total_by_kind
from haidang.taxes.terms import LineTax, TaxKind
from haidang.taxes.tests.build import USD_RATES, declaration, item, tariff

DUTY = LineTax(TaxKind.IMPORT_DUTY, 10_040_000, 1000, 0, 0, 1, 1_004_000)
MIXED = LineTax(TaxKind.IMPORT_DUTY, 10_040_000, 1000, 20_000, 2_500, 1, 1_054_000)


def test_a_stored_amount_is_derived_from_base_rate_specific_amount_and_quantity() -> None:
    assert recompute(DUTY) == 1_004_000
    assert recompute(MIXED) == 1_054_000


def test_relief_is_taken_off_the_derived_amount() -> None:
    assert recompute(replace(DUTY, amount_vnd_e4=0, relieved_vnd_e4=1_004_000)) == 0
    assert recompute(replace(DUTY, relieved_vnd_e4=4_000)) == 1_000_000


def test_what_is_stored_as_the_amount_does_not_count() -> None:
    assert recompute(replace(DUTY, amount_vnd_e4=7)) == 1_004_000
    assert recompute_totals([replace(DUTY, amount_vnd_e4=7)]) == ((TaxKind.IMPORT_DUTY, 100),)


def test_half_a_ten_thousandth_rounds_up() -> None:
    assert recompute(replace(DUTY, base_vnd_e4=5, rate_bp=1000)) == 1
    assert recompute(replace(DUTY, base_vnd_e4=4, rate_bp=1249)) == 0


@pytest.mark.parametrize(
    "damage", [{"base_vnd_e4": -1}, {"rate_bp": -1}, {"quantity_milli": -1}, {"relieved_vnd_e4": 1_004_001}]
)
def test_a_damaged_row_is_a_fault(damage: dict[str, int]) -> None:
    with pytest.raises(NegativeAmount):
        recompute(replace(DUTY, **damage))


def test_a_derived_amount_beyond_64_bits_is_a_fault() -> None:
    with pytest.raises(AmountOverflow):
        recompute(replace(DUTY, base_vnd_e4=2**62, rate_bp=20_001))


def test_half_a_dong_rounds_up_once_for_each_tax() -> None:
    half = LineTax(TaxKind.VALUE_ADDED, 0, 0, 0, 0, 1, 5_000)
    assert total_by_kind([half]) == ((TaxKind.VALUE_ADDED, 1),)
    assert total_by_kind([half, half, DUTY]) == ((TaxKind.IMPORT_DUTY, 100), (TaxKind.VALUE_ADDED, 1))


def test_a_tax_of_zero_has_a_total_and_a_tax_nobody_bears_has_none() -> None:
    assert total_by_kind([replace(DUTY, amount_vnd_e4=0)]) == ((TaxKind.IMPORT_DUTY, 0),)
    assert total_by_kind([]) == ()


BOOK = tariff({"99990001": {"duty": {"B01": "100 %"}, "vat": {"V10": "10 %", "VK": "not subject"}}})


def codes_for(value_vnd: int, taxes: str) -> list[str]:
    """Return the findings on one line with a duty of 100 %."""
    declared = declaration(item(1, price=str(value_vnd), taxes=taxes), price="CIF VND")
    result = assess(declared, BOOK, USD_RATES)
    assert all(f.text_vi and f.text_en and f.repair_vi and f.repair_en and f.law for f in result.findings)
    return [finding.code for finding in result.findings]


def test_a_total_of_eleven_digits_is_the_largest() -> None:
    assert codes_for(MAX_TOTAL_VND, "VK") == []
    assert codes_for(MAX_TOTAL_VND + 1, "VK") == ["E1056"]


def test_taxes_that_fit_alone_but_not_together_are_told() -> None:
    assert codes_for(83_333_333_332, "V10") == []
    assert codes_for(83_333_333_333, "V10") == ["E0076"]
    assert codes_for(MAX_TOTAL_VND, "V10") == ["E0076"]
