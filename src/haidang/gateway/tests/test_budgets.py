"""Budgets of senders: a burst at once, then so many a second, and nobody pays for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.gateway import budgets
from haidang.gateway.budgets import Budgets

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
