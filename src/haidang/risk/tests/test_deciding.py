"""The channel is the highest of floors, criteria and draw; the same facts, set and draw always give the same decision."""

from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.risk.actions import draws
from haidang.risk.rules import DRAWS, compile_criteria, criteria_of, decide, digest_of
from haidang.risk.terms import Channel, LevelWithoutShare
from haidang.risk.tests.build import COMPILED, DAY, SAMPLES, SHARES, a_criterion, facts, leaf, ordinary_trade

NEVER_DRAWN = DRAWS - 1
NOTHING = compile_criteria([], DAY, 4)

some_facts = st.builds(
    facts,
    trader_level=st.integers(1, 5),
    controlled=st.booleans(),
    rate_missing=st.booleans(),
    commodity_codes=st.lists(st.sampled_from(("84831000", "93010000", "24022000", "71081200")), max_size=3).map(tuple),
)
some_draws = st.integers(0, DRAWS - 1)


def test_an_ordinary_import_that_is_not_drawn_is_green_without_a_reason():
    decision = decide(facts(), COMPILED, NEVER_DRAWN, SHARES)
    assert (decision.channel, decision.reasons) == (Channel.GREEN, ())
    assert (decision.draw, decision.level, decision.criteria_version) == (NEVER_DRAWN, 3, 1)


def test_controlled_goods_are_never_green():
    decision = decide(facts(controlled=True, trader_level=1), NOTHING, NEVER_DRAWN, SHARES)
    assert (decision.channel, decision.reasons) == (Channel.YELLOW, ("floor:controlled",))


def test_a_rate_that_customs_must_determine_is_never_green():
    decision = decide(facts(rate_missing=True), NOTHING, NEVER_DRAWN, SHARES)
    assert (decision.channel, decision.reasons) == (Channel.YELLOW, ("floor:rate_missing",))


def test_the_highest_hit_wins_and_every_hit_is_a_reason():
    criteria = [
        a_criterion(leaf("line_count", "ge", 1), criterion_id=1, channel=Channel.RED),
        a_criterion(leaf("line_count", "ge", 2), criterion_id=2, channel=Channel.YELLOW),
        a_criterion(leaf("line_count", "ge", 99), criterion_id=3, channel=Channel.RED),
    ]
    decision = decide(facts(controlled=True), compile_criteria(criteria, DAY), NEVER_DRAWN, SHARES)
    assert decision.channel is Channel.RED
    assert decision.reasons == ("floor:controlled", "criterion:1", "criterion:2")


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_the_draw_selects_exactly_the_share_of_the_level(level):
    share = SHARES[level]
    drawn = Counter(decide(facts(trader_level=level), NOTHING, draw, SHARES).channel for draw in range(DRAWS))
    assert drawn[Channel.RED] == share.red_bp
    assert drawn[Channel.YELLOW] == share.yellow_bp
    assert drawn.total() == DRAWS


def test_priority_enterprises_are_drawn_too():
    assert SHARES[1].red_bp > 0
    assert decide(facts(trader_level=1), NOTHING, 0, SHARES).reasons == ("draw:red",)


def test_a_draw_of_yellow_does_not_lower_a_red_criterion():
    red = compile_criteria([a_criterion(leaf("line_count", "ge", 1))], DAY)
    decision = decide(facts(), red, SHARES[3].red_bp, SHARES)
    assert (decision.channel, decision.reasons) == (Channel.RED, ("criterion:1", "draw:yellow"))


@given(some_facts, some_draws)
def test_a_recorded_decision_is_replayed_from_the_kept_set(one, draw):
    decision = decide(one, COMPILED, draw, SHARES)
    text = msgspec.json.encode(SAMPLES)
    again = compile_criteria(
        msgspec.json.decode(text, type=tuple[type(SAMPLES[0]), ...]), DAY, decision.criteria_version
    )
    assert decide(one, again, decision.draw, SHARES) == decision


@given(some_facts, some_draws)
def test_a_decision_is_at_least_its_floors_and_never_without_reason(one, draw):
    decision = decide(one, COMPILED, draw, SHARES)
    assert (decision.channel is Channel.GREEN) == (not decision.reasons)
    if one.controlled or one.rate_missing:
        assert decision.channel >= Channel.YELLOW


@given(some_facts, some_draws)
def test_a_lower_draw_never_gives_a_lower_channel(one, draw):
    lower = decide(one, COMPILED, draw // 2, SHARES).channel
    assert lower >= decide(one, COMPILED, draw, SHARES).channel


def test_another_set_may_decide_otherwise_but_the_old_one_still_says_the_same():
    before = decide(facts(), COMPILED, NEVER_DRAWN, SHARES)
    stricter = compile_criteria([*SAMPLES, a_criterion(leaf("line_count", "ge", 1), criterion_id=999)], DAY, 2)
    assert decide(facts(), stricter, NEVER_DRAWN, SHARES).channel is Channel.RED
    assert decide(facts(), COMPILED, NEVER_DRAWN, SHARES) == before


def test_a_level_without_a_share_is_a_fault_and_not_green():
    with pytest.raises(LevelWithoutShare, match="level 9"):
        decide(facts(trader_level=9), COMPILED, NEVER_DRAWN, SHARES)


@pytest.mark.parametrize("draw", [-1, DRAWS])
def test_a_draw_out_of_range_is_refused(draw):
    with pytest.raises(ValueError, match="draw"):
        decide(facts(), COMPILED, draw, SHARES)


def test_draws_are_in_range_all_different_values_occur_and_none_is_favoured():
    made = draws(40_000)
    assert len(made) == 40_000
    assert min(made) >= 0 and max(made) < DRAWS
    thousands = Counter(draw // 1_000 for draw in made)
    # Ten cells of 4,000 expected, standard deviation 60: eight deviations do not happen.
    assert all(3_520 < thousands[cell] < 4_480 for cell in range(10))
    assert made != draws(40_000)


def test_no_draws_are_none():
    assert draws(0) == []


def test_the_digest_of_the_facts_changes_with_any_fact_and_with_nothing_else():
    base = digest_of(facts())
    assert len(base) == 32
    assert digest_of(facts()) == base
    assert digest_of(facts(payable_vnd=80_000_001)) != base
    assert digest_of(facts(commodity_codes=("84833000", "84831000"))) != base


def test_ordinary_trade_is_mostly_green_and_a_few_in_a_hundred_are_red():
    numbers = draws_of_a_test(6_000)
    channels = Counter(
        decide(one, COMPILED, draw, SHARES).channel
        for one, draw in zip(ordinary_trade(6_000, seed=7), numbers, strict=True)
    )
    shares = {channel: channels[channel] / 60 for channel in Channel}
    assert 55 < shares[Channel.GREEN] < 65
    assert 29 < shares[Channel.YELLOW] < 39
    assert 4 < shares[Channel.RED] < 8


def draws_of_a_test(count: int) -> list[int]:
    """Every draw equally often, in an order that has nothing to do with the declarations."""
    return [(number * 7_919) % DRAWS for number in range(count)]


def test_sample_criteria_are_dated_before_the_first_legal_day_of_a_trial():
    assert all(each.valid_from <= DAY - timedelta(days=1) for each in SAMPLES)
    assert criteria_of("criterion_id,name,condition,channel,valid_from,valid_until,sample\n") == ()
