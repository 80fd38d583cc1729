"""Taxes assessed anew: differences are booked, what was paid too much is kept, and nothing is lost or made."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from haidang.ledger.rules import (
    adjusted,
    assessed,
    assessed_vnd,
    balance_of,
    due_account,
    overpaid_account,
    paid,
    paid_vnd,
)

KEY = (3, 202603, UUID(int=7))
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
TRADER = "9900010007"
amounts = st.dictionaries(st.integers(1, 6), st.integers(0, 10**11), max_size=6)


def test_a_higher_tax_is_owed_by_its_difference():
    booked = assessed(KEY, TRADER, [(1, 100), (5, 50)], 1, AT)
    after = adjusted(KEY, TRADER, {1: 100, 5: 50}, {1: 130, 5: 50}, booked, 2, AT)
    (transfer,) = after.transfers
    assert (transfer.debit_account, transfer.credit_account, transfer.amount_vnd) == ("due:" + TRADER, "revenue:1", 30)
    assert transfer.transfer_no == 20 and after.outstanding_vnd == 180


def test_a_lower_tax_goes_back_and_what_was_paid_beyond_it_is_kept():
    booked = [*assessed(KEY, TRADER, [(1, 100)], 1, AT), paid(KEY, TRADER, "NH", 100, 2, AT)]
    after = adjusted(KEY, TRADER, {1: 100}, {1: 70}, booked, 3, AT)
    assert [(t.kind, t.debit_account, t.credit_account, t.amount_vnd) for t in after.transfers] == [
        (1, "revenue:1", "due:" + TRADER, 30),
        (0, "due:" + TRADER, "overpaid:" + TRADER, 30),
    ]
    assert (after.outstanding_vnd, after.overpaid_vnd) == (0, 30)


def test_nothing_changes_when_nothing_changed():
    booked = assessed(KEY, TRADER, [(1, 100)], 1, AT)
    assert adjusted(KEY, TRADER, {1: 100, 5: 0}, {1: 100}, booked, 2, AT).transfers == []


@given(st.lists(amounts, min_size=1, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_however_often_it_is_assessed_anew_and_paid_the_accounts_agree(versions, pays):
    now = versions[0]
    booked, seq = list(assessed(KEY, TRADER, sorted(now.items()), 1, AT)), 1
    outstanding, received = sum(now.values()), 0
    for version, pay in zip([*versions[1:], {}], pays, strict=False):
        if pay and outstanding:
            seq += 1
            booked.append(paid(KEY, TRADER, "NH", outstanding, seq, AT))
            received += outstanding
        seq += 1
        after = adjusted(KEY, TRADER, now, version, booked, seq, AT)
        booked += after.transfers
        now, outstanding = version, after.outstanding_vnd
        stands = {kind: amount for kind, amount in assessed_vnd(TRADER, booked).items() if amount}
        assert stands == {kind: amount for kind, amount in now.items() if amount}
        assert outstanding == sum(now.values()) - paid_vnd(TRADER, booked) >= 0
        assert after.overpaid_vnd == balance_of(overpaid_account(TRADER), booked) >= 0
        assert received == paid_vnd(TRADER, booked) + after.overpaid_vnd
        assert -balance_of(due_account(TRADER), booked) == outstanding
        assert not (after.overpaid_vnd and outstanding)
    assert len({transfer.transfer_no for transfer in booked}) == len(booked)
