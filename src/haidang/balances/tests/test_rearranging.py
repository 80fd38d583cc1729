"""A declaration that needs more, less or another balance than it holds: only the difference moves, and it counts as one use."""

from datetime import date
from uuid import UUID

from haidang.balances import rules
from haidang.balances.rules import changes, held, rearranged
from haidang.balances.terms import Balance, BalanceKey, BalanceKind, Change, Denied, Movement, MovementKind, Want

KEY = (3, 202603, UUID(int=7))
ON = date(2026, 3, 2)
GUARANTEE = int(BalanceKind.GUARANTEE)


def a_guarantee(number, granted=1_000, reserved=0, use_limit=None, use_count=0):
    return Balance(
        shard_id=3, balance_id=UUID(int=number), kind=GUARANTEE, holder_code="9900010007", reference=f"NH/2026/BL/{number}",
        unit="VND", granted=granted, reserved=reserved, used=0, valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1),
        use_limit=use_limit, use_count=use_count,
    )  # fmt: skip


def a_want(balance, amount):
    return Want(ordinal=0, key=balance.key, holder_code="9900010007", amount=amount, single_use=balance.use_limit == 1)


def holding(balance, amount):
    return [Movement(*KEY, 10, balance.balance_id, 1, int(MovementKind.RESERVE), amount)]


def test_more_is_reserved_by_the_difference_and_the_use_is_not_counted_again():
    one = a_guarantee(1, reserved=300, use_limit=1, use_count=1)
    moved = holding(one, 300)
    more = rearranged(KEY, moved, a_want(one, 500), {one.key: one}, 2, ON)
    assert [(each.kind, each.amount, each.movement_no) for each in more] == [(1, 200, 20)]
    assert held([*moved, *more]) == {one.balance_id: 500}
    (change,) = changes(more, {(KEY[2], one.balance_id)})
    assert (change.reserve, change.uses) == (200, 0)
    (first,) = changes(moved)
    assert first.uses == 1


def test_less_gives_the_difference_back():
    one = a_guarantee(1, reserved=300, use_count=1)
    less = rearranged(KEY, holding(one, 300), a_want(one, 100), {one.key: one}, 2, ON)
    assert [(each.kind, each.amount) for each in less] == [(int(MovementKind.RELEASE), 200)]


def test_another_balance_takes_its_place_and_nothing_wanted_gives_all_back():
    one, other = a_guarantee(1, reserved=300, use_count=1), a_guarantee(2)
    moved = holding(one, 300)
    swapped = rearranged(KEY, moved, a_want(other, 300), {one.key: one, other.key: other}, 2, ON)
    assert held([*moved, *swapped]) == {other.balance_id: 300}
    given_back = rearranged(KEY, moved, None, {}, 2, ON)
    assert held([*moved, *given_back]) == {}


def test_what_there_is_no_room_for_is_denied_and_moves_nothing():
    one = a_guarantee(1, granted=400, reserved=400, use_count=2)
    denied = rearranged(KEY, holding(one, 300), a_want(one, 301), {one.key: one}, 2, ON)
    assert isinstance(denied, Denied) and denied.free == 0
    assert rearranged(KEY, holding(one, 300), a_want(one, 300), {one.key: one}, 2, ON) == []
    nobody = Want(ordinal=0, key=BalanceKey(3, GUARANTEE, "NH/2026/BL/9"), holder_code="9900010007", amount=1)
    assert isinstance(rearranged(KEY, [], nobody, {}, 2, ON), Denied)


def test_what_was_used_up_is_given_back_as_used_and_what_is_reserved_as_reserved():
    key, one = (1, 202603, UUID(int=9)), UUID(int=1)
    took = Movement(*key, 10, one, 1, int(MovementKind.RESERVE), 7)
    (used,) = rules.used_up(key, (), (took,), 1)
    assert (used.kind, used.amount) == (MovementKind.COMMIT, 7) and used.movement_no > took.movement_no
    assert (rules.held((took, used)), rules.committed((took, used)), rules.drawn((took, used))) == (
        {},
        {one: 7},
        {one: 7},
    )
    again = Movement(*key, 30, one, 3, int(MovementKind.RESERVE), 2)
    back = rules.redrawn(key, (took, used, again), (), {}, 4, date(2026, 3, 2))
    assert [(each.kind, each.amount) for each in back] == [(MovementKind.RELEASE, 2), (MovementKind.RETURN, 7)]
    assert rules.drawn((took, used, again, *back)) == {}
    assert rules.changes((took, used, *back)) == [Change(1, one, 7, 7, 2, 7, 1)]
