"""Interest, penalty, recovery, amendment, parcels: the edges beside the cited examples."""

from datetime import date

import pytest

from haidang.kernel.money import AmountOverflow, NegativeAmount
from haidang.tariff.terms import VatOption
from haidang.taxes.rules import (
    ParcelReliefs,
    amendment_difference,
    assess_parcel,
    days_late,
    late_interest_vnd,
    penalty_vnd,
    recover_short_duty,
)
from haidang.taxes.terms import Assessment, TaxKind

RELIEFS = ParcelReliefs(duty_free_value_vnd=1_000_000, duty_free_tax_vnd=100_000)


def test_the_day_of_payment_bears_no_interest() -> None:
    assert days_late(date(2026, 3, 2), date(2026, 3, 25)) == 23
    assert days_late(date(2026, 3, 2), date(2026, 3, 2)) == 0
    assert days_late(date(2026, 3, 2), date(2026, 2, 27)) == 0


def test_half_a_dong_of_interest_rounds_up() -> None:
    assert late_interest_vnd(5_000, 1, 300) == 2
    assert late_interest_vnd(4_999, 1, 300) == 1
    assert late_interest_vnd(0, 60, 300) == 0


@pytest.mark.parametrize("arguments", [(-1, 1, 300), (1, -1, 300), (1, 1, -300)])
def test_interest_on_less_than_nothing_is_a_fault(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(NegativeAmount):
        late_interest_vnd(*arguments)


def test_interest_beyond_64_bits_is_a_fault() -> None:
    with pytest.raises(AmountOverflow):
        late_interest_vnd(2**62, 10_000, 300)


def test_a_penalty_is_a_share_of_the_shortfall() -> None:
    assert penalty_vnd(150_000_000, 2_000) == 30_000_000
    assert penalty_vnd(150_000_000, 1_000) == 15_000_000
    with pytest.raises(NegativeAmount):
        penalty_vnd(-1, 2_000)


def test_nothing_short_recovers_nothing() -> None:
    recovery = recover_short_duty(0, vat_rate_bp=1000, days=60, interest_rate_e6_per_day=300, penalty_bp=2000)
    assert recovery.payable_vnd == 0
    with pytest.raises(NegativeAmount):
        recover_short_duty(-1, vat_rate_bp=1000, days=60, interest_rate_e6_per_day=300, penalty_bp=2000)


def test_an_amendment_may_give_back_and_may_add_a_tax() -> None:
    before = Assessment((), 0, ((TaxKind.IMPORT_DUTY, 500), (TaxKind.VALUE_ADDED, 70)))
    after = Assessment((), 0, ((TaxKind.TRADE_REMEDY, 40), (TaxKind.VALUE_ADDED, 60)))
    assert amendment_difference(before, after) == (
        (TaxKind.IMPORT_DUTY, -500),
        (TaxKind.TRADE_REMEDY, 40),
        (TaxKind.VALUE_ADDED, -10),
    )


def test_a_parcel_not_subject_to_vat_bears_no_line_of_it() -> None:
    result = assess_parcel(2_000_000, reliefs=RELIEFS, duty_rate_bp=1000, vat=VatOption("VK", None, 9))
    assert result.totals == ((TaxKind.IMPORT_DUTY, 200_000),)
    assert result.lines[0].not_subject == ((TaxKind.VALUE_ADDED, 9),)


def test_relief_of_a_parcel_stays_on_record() -> None:
    result = assess_parcel(
        1_000_000, reliefs=RELIEFS, duty_rate_bp=1500, duty_measure_id=5, vat=VatOption("V10", 1000, 9)
    )
    duty, vat = result.lines[0].taxes
    assert (duty.amount_vnd_e4, duty.relieved_vnd_e4, duty.measure_id) == (0, 1_500_000_000, 5)
    assert (vat.base_vnd_e4, vat.measure_id) == (10_000_000_000, 9)


def test_a_parcel_beyond_64_bits_is_refused() -> None:
    with pytest.raises(AmountOverflow):
        assess_parcel(2**60, reliefs=RELIEFS, duty_rate_bp=0, vat=VatOption("V10", 1000, 9))
