"""A power is a row with dates: in force from its first instant until before its last, for one act in one unit."""

from datetime import UTC, datetime, timedelta

import pytest

from haidang.organisation.rules import Powers, is_outside_queue, power_over, powers_for
from haidang.organisation.terms import Act, Power

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def a_power(number=1, act=Act.DOCUMENT_CHECK, home="03CC", unit="03CC", until=APRIL):
    return Power(
        power_id=number, officer_code="03CC-01", home=home, act=act, unit=unit, valid_from=MARCH, valid_until=until,
        instrument="QĐ mẫu", sample=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "holds"), [(MARCH - INSTANT, False), (MARCH, True), (APRIL - INSTANT, True), (APRIL, False)]
)
def test_a_power_holds_from_its_first_instant_until_before_its_last(at, holds):
    assert bool(powers_for([a_power()], Act.DOCUMENT_CHECK, at)) is holds


def test_a_power_without_end_holds_for_years():
    assert power_over([a_power(until=None)], Act.DOCUMENT_CHECK, "03CC", APRIL.replace(year=2040))


def test_a_power_for_one_act_or_unit_is_none_for_another():
    assert power_over([a_power()], Act.APPROVE, "03CC", MARCH) is None
    assert power_over([a_power()], Act.DOCUMENT_CHECK, "03TG", MARCH) is None


def test_of_two_powers_that_of_the_units_own_post_comes_first():
    powers = [a_power(1, home="03TG"), a_power(2)]
    found = power_over(powers, Act.DOCUMENT_CHECK, "03CC", MARCH)
    assert found is not None and found.power_id == 2


def test_a_file_is_outside_the_queue_unless_a_post_held_now_is_in_its_unit():
    lent = a_power(home="03TG")
    assert is_outside_queue([lent], "03CC", MARCH) and not is_outside_queue([lent], "03TG", MARCH)
    assert is_outside_queue([a_power()], "03CC", APRIL), "a post that ended is no post"


def test_a_certificate_that_is_no_officers_is_nobodys():
    assert Powers({b"x": "03CC-01"}, {}).officer(b"y") is None
