"""Goods on file: of the right code and unit, many of one act, rearranged to what is wanted now."""

from uuid import UUID

import pytest

from haidang.balances.rules import FIRST_OF_GOODS, grant, held, movement_no, redrawn, reserved
from haidang.balances.terms import Denial, MovementKind
from haidang.balances.tests.build import TODAY, a_balance, a_key, a_want, by_key

KEY = (7, 202603, UUID(int=1))


def goods(number=1, **changes):
    return a_balance(number, unit="KGM", goods_code="39269059", **changes)


def wants(amount, number=1, **changes):
    return a_want(0, amount, number, **({"unit": "KGM", "goods_code": "39269059"} | changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"goods_code": "84145110"}, Denial.OTHER_GOODS), ({"unit": "TNE"}, Denial.OTHER_UNIT), ({"amount": 101}, Denial.SHORT)],
)  # fmt: skip
def test_goods_of_another_code_or_unit_are_not_granted(changes, told):
    want = wants(changes.pop("amount", 1), **changes)
    (denied,) = grant([want], by_key(goods()), TODAY)[0].denied
    assert denied.denial is told


def test_numbers_of_movements_never_meet_and_those_of_money_stay_as_they_were():
    assert [movement_no(3, position) for position in (0, 9)] == [30, 39]
    numbers = [movement_no(seq, position) for seq in (1, 2, 32_767) for position in (*range(12), 5_000, 9_999)]
    assert len(set(numbers)) == len(numbers) and max(numbers) < 2**31
    with pytest.raises(ValueError, match="10000"):
        movement_no(1, 10_000)


def test_what_is_wanted_now_is_held_and_nothing_else():
    balances = by_key(goods(1), goods(2), goods(3))
    moved = reserved(KEY, [(balances[a_key(1)], 40), (balances[a_key(2)], 50)], 1, FIRST_OF_GOODS)
    again = redrawn(KEY, moved, [wants(30, 1), wants(70, 3)], balances, 2, TODAY)
    assert held([*moved, *again]) == {UUID(int=1): 30, UUID(int=3): 70}
    assert [movement.kind for movement in again] == [MovementKind.RELEASE, MovementKind.RESERVE, MovementKind.RELEASE]
    assert held([*moved, *redrawn(KEY, moved, (), {}, 2, TODAY)]) == {}


def test_less_of_other_goods_is_refused_as_more_would_be():
    balances = by_key(goods(1))
    moved = reserved(KEY, [(balances[a_key(1)], 40)], 1, FIRST_OF_GOODS)
    (denied,) = redrawn(KEY, moved, [wants(30, 1, unit="TNE")], balances, 2, TODAY)
    assert denied.denial is Denial.OTHER_UNIT
