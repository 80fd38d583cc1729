"""Budgets of senders: a burst at once, then so many a second, and nobody pays for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.platform import budgets
from haidang.platform.budgets import AddressBudgets, Budgets

FLOODER, POLITE = 1, 2


class Clock:
    """Monotonic time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(budgets, "time", made)
    return made


def flood(budget: Budgets, sender: int = FLOODER) -> int:
    """Send until refused; return how many were taken."""
    taken = 0
    while not budget.wait(sender):
        taken += 1
    return taken


def test_what_is_taken_beyond_the_slots_is_owed_by_whoever_comes_next(clock):
    budget = Budgets(rate=10, burst=1)
    assert budget.due(FLOODER) == 0.0
    budget.take(FLOODER, 20)
    assert budget.due(FLOODER) == pytest.approx(2.0) and budget.due(POLITE) == 0.0
    clock.now += 2.0
    assert budget.due(FLOODER) == 0.0


def test_a_burst_is_taken_at_once_and_not_one_more(clock):
    assert flood(Budgets(rate=10, burst=25)) == 25


def test_the_wait_told_is_long_enough_and_not_too_long(clock):
    budget = Budgets(rate=10, burst=5)
    flood(budget)
    wait = budget.wait(FLOODER)
    assert wait == pytest.approx(0.1)
    clock.now += wait - 0.001
    assert budget.wait(FLOODER) == pytest.approx(0.001)
    clock.now += 0.001
    assert budget.wait(FLOODER) == 0.0


def test_a_refusal_costs_nothing(clock):
    budget = Budgets(rate=10, burst=5)
    flood(budget)
    assert {round(budget.wait(FLOODER), 6) for _ in range(1_000)} == {0.1}


def test_others_are_not_touched_by_one_who_floods(clock):
    budget = Budgets(rate=10, burst=5)
    for _ in range(50):
        flood(budget)
    assert flood(budget, POLITE) == 5


def test_a_sender_who_was_silent_for_a_day_has_one_burst_and_no_more(clock):
    budget = Budgets(rate=10, burst=5)
    flood(budget)
    clock.now += 86_400
    assert flood(budget) == 5


def test_a_message_that_costs_more_than_is_free_takes_nothing(clock):
    budget = Budgets(rate=10, burst=5)
    assert budget.wait(FLOODER, cost=6) > 0
    assert budget.wait(FLOODER, cost=5) == 0.0
    assert budget.wait(FLOODER) > 0


@given(
    rate=st.integers(1, 500),
    burst=st.integers(1, 500),
    pauses=st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=40),
)
def test_whatever_the_rhythm_the_average_holds_and_a_greedy_sender_gets_it(rate, burst, pauses):
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budgets, "time", clock)
        budget = Budgets(rate, burst)
        taken = flood(budget)
        lost = 0.0
        for pause in pauses:
            clock.now += pause
            lost += max(0.0, pause - burst / rate)
            taken += flood(budget)
    wanted = burst + rate * (sum(pauses) - lost)
    # A full bucket forgets the slot that had begun to grow.
    begun = 1 + sum(rate * pause > burst - 1 for pause in pauses)
    assert wanted - begun - 0.01 <= taken <= wanted + 0.01


def asked(budget: AddressBudgets, address: str) -> int:
    """Ask until refused; return how often it was answered."""
    answered = 0
    while not budget.wait(address):
        answered += 1
    return answered


def test_an_address_has_a_budget_of_its_own_and_an_ipv6_connection_one_for_all_its_addresses(clock):
    budget = AddressBudgets(rate=10, burst=5)
    assert asked(budget, "203.0.113.7") == 5 and asked(budget, "203.0.113.8") == 5
    assert asked(budget, "::ffff:203.0.113.7") == 0
    assert asked(budget, "2001:db8::1") == 5
    assert asked(budget, "2001:db8::ffff:1") == 0 and asked(budget, "2001:db8:0:1::1") == 5
    assert asked(budget, "no address") == 5
    clock.now += budget.wait("2001:db8::1")
    assert asked(budget, "2001:db8::2") == 1


def test_what_costs_more_waits_longer_and_at_most_for_the_whole_burst(clock):
    budget = AddressBudgets(rate=10, burst=5)
    assert budget.wait("203.0.113.7", cost=100) == 0.0
    assert budget.wait("203.0.113.7", cost=3) == pytest.approx(0.3)
    assert budget.wait("203.0.113.7", cost=100) == pytest.approx(0.5)


def test_a_flood_from_very_many_addresses_keeps_memory_bounded_and_those_who_owe_most_known(clock):
    budget = AddressBudgets(rate=10, burst=5, most=100)
    assert asked(budget, "203.0.113.7") == 5
    for number in range(10_000):
        assert budget.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}") == 0.0
        assert len(budget._free_at) <= 100
    assert budget.wait("203.0.113.7") > 0, "who has used up its burst is not forgotten for others"
    clock.now += 1
    for number in range(101):
        budget.wait(f"192.0.2.{number}")
    assert "203.0.113.7" not in budget._free_at, "who has its whole burst again is"
