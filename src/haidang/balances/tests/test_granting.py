"""Granting: who comes first is served first, with all or nothing, and never more than there is."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.balances import rules
from haidang.balances.terms import Change, Denial, Movement, MovementKind
from haidang.balances.tests.build import HOLDER, TODAY, a_balance, a_key, a_want, by_key


def denials(grants):
    return {ordinal: [denied.denial for denied in grant.denied] for ordinal, grant in grants.items()}


def test_the_first_come_are_served_until_nothing_fits():
    grants = rules.grant([a_want(n, 30) for n in range(5)], by_key(a_balance()), TODAY)
    assert denials(grants) == {0: [], 1: [], 2: [], 3: [Denial.SHORT], 4: [Denial.SHORT]}
    assert [denied.free for denied in grants[3].denied] == [10]


def test_a_smaller_want_finds_room_that_a_larger_one_before_it_did_not():
    grants = rules.grant([a_want(0, 80), a_want(1, 30), a_want(2, 20)], by_key(a_balance()), TODAY)
    assert denials(grants) == {0: [], 1: [Denial.SHORT], 2: []}


def test_the_ordinal_decides_and_not_the_order_of_asking():
    grants = rules.grant([a_want(2, 60), a_want(1, 60)], by_key(a_balance()), TODAY)
    assert denials(grants) == {1: [], 2: [Denial.SHORT]}


def test_what_is_reserved_and_used_is_not_free():
    assert a_balance(reserved=40, used=35).free == 25
    grants = rules.grant([a_want(0, 26), a_want(1, 25)], by_key(a_balance(reserved=40, used=35)), TODAY)
    assert denials(grants) == {0: [Denial.SHORT], 1: []}


def test_a_declaration_gets_everything_it_wants_or_nothing():
    wants = [a_want(0, 10, 1), a_want(0, 999, 2), a_want(1, 100, 1)]
    grants = rules.grant(wants, by_key(a_balance(1), a_balance(2)), TODAY)
    assert denials(grants) == {0: [Denial.SHORT], 1: []}
    assert grants[0].taken == ()


def test_two_wants_of_one_declaration_on_one_balance_are_one_taking():
    grants = rules.grant([a_want(0, 60), a_want(0, 40), a_want(1, 1)], by_key(a_balance()), TODAY)
    assert grants[0].taken == ((a_balance(), 100),)
    assert denials(grants)[1] == [Denial.SHORT]


@pytest.mark.parametrize(
    ("balance", "want", "denial"),
    [
        (a_balance(2), a_want(0, 1, 1), Denial.UNKNOWN),
        (a_balance(use_limit=1), a_want(0, 1, single_use=False), Denial.UNKNOWN),
        (a_balance(), a_want(0, 1, single_use=True), Denial.UNKNOWN),
        (a_balance(holder_code="9900020009"), a_want(0, 1), Denial.OTHER_HOLDER),
        (a_balance(valid_from=date(2026, 3, 3)), a_want(0, 1), Denial.NOT_YET),
        (a_balance(valid_until=TODAY), a_want(0, 1), Denial.EXPIRED),
        (a_balance(use_limit=1, use_count=1), a_want(0, 1, single_use=True), Denial.USED_UP),
        (a_balance(), a_want(0, 101), Denial.SHORT),
    ],
    ids=lambda case: case.value if isinstance(case, Denial) else "",
)
def test_each_reason_for_denying_is_named(balance, want, denial):
    assert denials(rules.grant([want], by_key(balance), TODAY)) == {0: [denial]}


def test_a_guarantee_is_in_force_from_its_first_day_until_the_day_before_its_end():
    first, last = a_balance(valid_from=TODAY), a_balance(valid_until=date(2026, 3, 3))
    assert denials(rules.grant([a_want(0, 1)], by_key(first), TODAY)) == {0: []}
    assert denials(rules.grant([a_want(0, 1)], by_key(last), TODAY)) == {0: []}


def test_branches_share_what_their_head_office_was_granted():
    assert denials(rules.grant([a_want(0, 1, holder_code=HOLDER + "001")], by_key(a_balance()), TODAY)) == {0: []}


def test_an_individual_guarantee_serves_one_declaration_even_when_much_is_left():
    grants = rules.grant(
        [a_want(0, 1, single_use=True), a_want(1, 1, single_use=True)], by_key(a_balance(use_limit=1)), TODAY
    )
    assert denials(grants) == {0: [], 1: [Denial.USED_UP]}


@pytest.mark.parametrize("amount", [0, -1])
def test_nobody_may_want_nothing_or_less(amount):
    with pytest.raises(ValueError, match="above 0"):
        rules.grant([a_want(0, amount)], by_key(a_balance()), TODAY)


WANTS = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 3)), max_size=30)
STOCK = st.tuples(st.integers(0, 120), st.integers(0, 120), st.integers(0, 120))


@given(WANTS, STOCK)
def test_never_more_is_granted_than_is_free_and_whoever_is_short_was_right_to_be_refused(asked, stock):
    balances = by_key(*(a_balance(n, granted=granted) for n, granted in enumerate(stock, start=1)))
    grants = rules.grant([a_want(n, amount, number) for n, (amount, number) in enumerate(asked)], balances, TODAY)
    left = {key: balance.free for key, balance in balances.items()}
    for ordinal, (amount, number) in enumerate(asked):
        taken = sum(amount for _, amount in grants[ordinal].taken)
        assert taken == (amount if left[a_key(number)] >= amount else 0)
        left[a_key(number)] -= taken
    assert min(left.values()) >= 0


@given(WANTS, STOCK, st.integers(0, 30))
def test_a_batch_is_granted_as_its_declarations_one_by_one_in_whatever_pieces(asked, stock, cut):
    balances = by_key(*(a_balance(n, granted=granted) for n, granted in enumerate(stock, start=1)))
    wants = [a_want(n, amount, number) for n, (amount, number) in enumerate(asked)]
    whole = rules.grant(wants, balances, TODAY)
    for pieces in ([[want] for want in wants], [wants[:cut], wants[cut:]]):
        standing, found = balances, {}
        for piece in pieces:
            grants = rules.grant(piece, standing, TODAY)
            for grant in grants.values():
                standing = rules.after(standing, grant.taken)
            found |= grants
        assert {n: bool(g.denied) for n, g in found.items()} == {n: bool(g.denied) for n, g in whole.items()}


MOVED = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(list(MovementKind)), st.integers(1, 10**12)), max_size=40)


@given(MOVED)
def test_a_batch_of_movements_is_one_sum_for_each_balance_in_key_order(moved):
    movements = [
        Movement(1, 202603, UUID(int=9), n, UUID(int=balance), 1, int(kind), amount)
        for n, (balance, kind, amount) in enumerate(moved)
    ]
    sums = rules.changes(movements)
    assert [change.balance_id for change in sums] == sorted({movement.balance_id for movement in movements})
    for field, kind in (("reserve", 1), ("commit", 2), ("release", 3)):
        assert sum(getattr(change, field) for change in sums) == sum(m.amount for m in movements if m.kind == kind)
    assert sum(change.uses for change in sums) == sum(movement.kind == 1 for movement in movements)


def test_a_declaration_gives_back_what_it_still_holds_and_no_more():
    key = (1, 202603, UUID(int=9))
    taken = rules.reserved(key, [(a_balance(1), 70), (a_balance(2), 5)], 1)
    assert [(m.movement_no, m.kind, m.amount) for m in taken] == [(10, 1, 70), (11, 1, 5)]
    committed = Movement(*key, 20, UUID(int=1), 2, int(MovementKind.COMMIT), 30)
    back = rules.released(key, [*taken, committed], 3)
    assert [(m.movement_no, m.balance_id, m.kind, m.amount) for m in back] == [
        (30, UUID(int=1), 3, 40),
        (31, UUID(int=2), 3, 5),
    ]
    assert rules.held([*taken, committed, *back]) == {}
    assert rules.changes(back) == [Change(1, UUID(int=1), 0, 0, 40, 0, 0), Change(1, UUID(int=2), 0, 0, 5, 0, 0)]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("NGANHANGM01/2026/BL/0001", True),
        ("VCB/2026/BL-7/1", True),
        ("NGANHANGM012/2026/BL/1", False),
        ("VCB/26/BL/1", False),
        ("VCB/2026//1", False),
        ("VCB/2026/BL", False),
        ("VCB/2026/BL/1/2", False),
        ("VCB/2026/B L/1", False),
        ("VCB/2026/BL/12345678901", False),
        ("VCB/２０２６/BL/1", False),
        ("VCB/2026/BL/1\n", False),
    ],
)
def test_a_guarantee_key_has_four_parts_within_their_widths(text, whole):
    assert rules.is_guarantee_key(text) is whole
