"""States follow from the channel and the open conditions, and move only along the edges of the table."""

from itertools import combinations, product
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from haidang.clearance.rules.states import (
    EDGES,
    SETTLED,
    acts_from,
    edge_of,
    load_states,
    may_move,
    path,
    state_of,
    walk,
)
from haidang.clearance.terms import ConditionKind, State
from haidang.clearance.terms.naming import CONDITIONS, STATES, act_in_words
from haidang.clearance.terms.refusals import MoveRefused, TableInvalid

KINDS = tuple(ConditionKind)
ACTS = sorted({edge.act for edge in EDGES})
OPEN_STATES = [state for state in State if state not in SETTLED and state is not State.MANUAL]
EXAMPLES = yaml.safe_load((Path(__file__).parent / "examples" / "states.yaml").read_text("utf-8"))

some_kinds = st.sets(st.sampled_from(KINDS))
channels = st.integers(1, 3)


def named(edge):
    return f"{edge.from_state.name}-{edge.act}-{edge.to_state.name}"


@pytest.mark.parametrize("edge", EDGES, ids=named)
def test_an_edge_of_the_table_is_allowed(edge):
    assert may_move(edge.from_state, edge.to_state, edge.act)
    assert edge_of(edge.from_state, edge.to_state, edge.act) is edge


@pytest.mark.parametrize("edge", EDGES, ids=named)
def test_the_act_of_an_edge_is_refused_from_a_state_that_does_not_know_it(edge):
    knowing = {each.from_state for each in EDGES if each.act == edge.act and each.to_state is edge.to_state}
    other = next(state for state in State if state not in knowing)
    assert not may_move(other, edge.to_state, edge.act)
    with pytest.raises(MoveRefused) as refusal:
        edge_of(other, edge.to_state, edge.act)
    assert STATES[other][1] in refusal.value.text_en
    assert act_in_words(edge.act)[0] in refusal.value.text_vi


def test_whatever_the_table_does_not_hold_is_refused():
    held = {(edge.from_state, edge.to_state, edge.act) for edge in EDGES}
    refused = 0
    for move in product(State, State, ACTS):
        if move not in held:
            refused += 1
            with pytest.raises(MoveRefused):
                edge_of(*move)
    assert refused == len(State) ** 2 * len(ACTS) - len(EDGES)


@pytest.mark.parametrize("state", [State.EXPIRED, State.CANCELLED])
def test_an_expired_draft_and_a_cancelled_declaration_never_move_again(state):
    assert not [edge for edge in EDGES if edge.from_state is state]


@pytest.mark.parametrize("state", OPEN_STATES)
def test_every_open_state_can_be_handed_over_and_only_registered_ones_come_back(state):
    assert may_move(state, State.MANUAL, "hand_over")
    assert may_move(State.MANUAL, state, "resume") == (state is not State.DRAFT)


def test_a_move_that_follows_needs_no_other_act_to_choose_between():
    following = [(edge.from_state, edge.to_state, channel) for edge in EDGES if edge.follows for channel in (1, 2, 3)
                 if not edge.channels or channel in edge.channels]  # fmt: skip
    assert len(following) == len(set(following))


def test_acts_shown_for_a_state_leave_out_what_follows_by_itself():
    assert {edge.act for edge in acts_from(State.DOC_CHECK)} >= {"escalate", "release", "release_to_storage", "cancel"}
    assert not {edge.act for edge in acts_from(State.DOC_CHECK)} & {"pass_document_check", "start_inspection"}


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_state_is_the_one_the_example_says(example):
    kinds = [ConditionKind[name] for name in example["open"]]
    flags = {name: example.get(name, False) for name in ("released", "stored")}
    expected = State[example["state"]] if example["state"] else None
    assert state_of(example["channel"], kinds, **flags) is expected


def test_registration_of_green_with_tax_waits_for_the_tax():
    assert path(State.DRAFT, 1, [ConditionKind.TAX]) == (State.REGISTERED, State.CHANNELLED, State.TAX_PENDING)


def test_registration_of_green_with_nothing_open_clears_at_once():
    walked = path(State.DRAFT, 1, [])
    assert walked == (State.REGISTERED, State.CHANNELLED, State.TAX_PENDING, State.CLEARED)


def test_registration_of_yellow_and_red_starts_the_document_check():
    for channel in (2, 3):
        walked = path(State.DRAFT, channel, [ConditionKind.DOCUMENT_CHECK, ConditionKind.TAX])
        assert walked == (State.REGISTERED, State.CHANNELLED, State.DOC_CHECK)


def test_red_with_both_checks_closed_at_one_instant_still_walks_through_the_inspection():
    assert path(State.DOC_CHECK, 3, [ConditionKind.TAX]) == (State.INSPECTION, State.TAX_PENDING)


def test_yellow_never_walks_through_an_inspection():
    assert path(State.DOC_CHECK, 2, []) == (State.TAX_PENDING, State.CLEARED)


def test_a_check_that_opens_without_the_channel_being_raised_is_refused():
    for current, kinds in ((State.TAX_PENDING, [ConditionKind.DOCUMENT_CHECK]), (State.CLEARED, [ConditionKind.TAX])):
        for channel in (1, 2, 3):
            with pytest.raises(MoveRefused) as refusal:
                path(current, channel, kinds)
            assert CONDITIONS[kinds[0]][1] in refusal.value.text_en


def test_raising_green_to_yellow_starts_the_document_check_again():
    kinds = [ConditionKind.TAX, ConditionKind.DOCUMENT_CHECK]
    assert walk(State.TAX_PENDING, "raise_channel", 2, kinds) == (State.CHANNELLED, State.DOC_CHECK)
    assert walk(State.TAX_PENDING, "raise_channel_on_arrival", 2, kinds) == (State.CHANNELLED, State.DOC_CHECK)


def test_raising_yellow_to_red_after_the_document_check_goes_to_the_inspection():
    walked = walk(State.TAX_PENDING, "raise_channel", 3, [ConditionKind.INSPECTION])
    assert walked == (State.CHANNELLED, State.DOC_CHECK, State.INSPECTION)


def test_a_cleared_declaration_has_no_channel_to_raise():
    with pytest.raises(MoveRefused):
        walk(State.CLEARED, "raise_channel", 2, [ConditionKind.DOCUMENT_CHECK])


def test_an_inspection_waived_by_the_head_of_unit_is_not_walked_through():
    assert walk(State.DOC_CHECK, "waive_inspection", 3, [ConditionKind.TAX]) == (State.TAX_PENDING,)
    assert walk(State.DOC_CHECK, "waive_inspection", 3, []) == (State.TAX_PENDING, State.CLEARED)


def test_stored_goods_stay_until_the_ministry_has_answered_and_then_go_on():
    waiting = [ConditionKind.SPECIALISED_INSPECTION, ConditionKind.TAX]
    assert walk(State.TAX_PENDING, "release_to_storage", 2, waiting, stored=True) == (State.STORAGE,)
    assert path(State.STORAGE, 2, waiting, stored=True) == ()
    assert path(State.STORAGE, 2, [ConditionKind.TAX], stored=True) == (State.TAX_PENDING,)
    assert path(State.STORAGE, 3, [ConditionKind.INSPECTION], stored=True) == (State.INSPECTION,)
    assert path(State.STORAGE, 2, [], stored=True) == (State.CLEARED,)


def test_goods_return_to_storage_when_a_second_result_is_asked_for():
    again = [ConditionKind.SPECIALISED_INSPECTION]
    assert path(State.TAX_PENDING, 2, again, stored=True) == (State.STORAGE,)
    assert path(State.INSPECTION, 3, [*again, ConditionKind.INSPECTION], stored=True) == (State.STORAGE,)


def test_released_goods_are_cleared_when_the_last_condition_closes():
    kinds = [ConditionKind.RATE]
    assert walk(State.TAX_PENDING, "release", 2, kinds, released=True) == (State.RELEASED,)
    assert path(State.RELEASED, 2, kinds, released=True) == ()
    assert path(State.RELEASED, 2, [], released=True) == (State.CLEARED,)


def test_a_tax_difference_found_after_release_is_paid_before_clearance():
    assert path(State.RELEASED, 2, [ConditionKind.TAX], released=True) == (State.TAX_PENDING,)
    assert path(State.TAX_PENDING, 2, [], released=True) == (State.CLEARED,)
    both = [ConditionKind.TAX, ConditionKind.HOLD]
    assert path(State.TAX_PENDING, 2, both, released=True) == (State.RELEASED,)


def test_conditions_closing_do_not_pull_a_declaration_out_of_the_manual_procedure():
    assert path(State.MANUAL, 2, [ConditionKind.TAX]) == ()
    assert path(State.MANUAL, 2, []) == ()
    assert walk(State.MANUAL, "resume", 2, [ConditionKind.DOCUMENT_CHECK]) == (State.DOC_CHECK,)
    assert walk(State.MANUAL, "resume", 2, []) == (State.TAX_PENDING, State.CLEARED)


def test_cancelling_ends_the_course_whatever_is_open():
    assert walk(State.DOC_CHECK, "cancel", 3, KINDS) == (State.CANCELLED,)
    with pytest.raises(MoveRefused):
        walk(State.CLEARED, "cancel", 1)
    assert walk(State.CLEARED, "cancel_after_clearance", 1) == (State.CANCELLED,)


def test_an_amendment_keeps_the_state_and_lets_what_changed_follow():
    assert walk(State.DOC_CHECK, "amend", 2, [ConditionKind.DOCUMENT_CHECK]) == (State.DOC_CHECK,)
    assert walk(State.TAX_PENDING, "amend", 1, []) == (State.TAX_PENDING, State.CLEARED)


def test_settled_declarations_stay_where_they_are_while_nothing_is_open():
    for state in SETTLED:
        assert path(state, 1, []) == ()


@given(channels, some_kinds)
def test_whatever_is_registered_arrives_where_its_conditions_say(channel, kinds):
    target = state_of(channel, kinds)
    if target is None:
        with pytest.raises(MoveRefused):
            path(State.DRAFT, channel, kinds)
        return
    walked = path(State.DRAFT, channel, kinds)
    assert walked[:2] == (State.REGISTERED, State.CHANNELLED)
    assert walked[-1] is target
    assert (State.DOC_CHECK in walked) == (channel != 1)
    assert path(target, channel, kinds) == ()


@given(channels, some_kinds, st.sampled_from(list(State)), st.booleans(), st.booleans())
def test_every_step_of_a_path_is_an_edge_that_follows(channel, kinds, current, released, stored):
    try:
        walked = path(current, channel, kinds, released=released, stored=stored)
    except MoveRefused:
        return
    before = current
    for state in walked:
        assert any(
            edge.follows
            and (edge.from_state, edge.to_state) == (before, state)
            and (not edge.channels or channel in edge.channels)
            for edge in EDGES
        )
        before = state


@given(channels, st.permutations(KINDS))
def test_conditions_close_in_any_order_and_the_last_one_clears(channel, order):
    unknown = {
        1: {ConditionKind.DOCUMENT_CHECK, ConditionKind.INSPECTION},
        2: {ConditionKind.INSPECTION},
    }.get(channel, set())
    order = [kind for kind in order if kind not in unknown]
    state = path(State.DRAFT, channel, order)[-1]
    for closed in range(1, len(order) + 1):
        walked = path(state, channel, order[closed:])
        state = walked[-1] if walked else state
        assert (state is State.CLEARED) == (closed == len(order))


def test_every_kind_of_condition_keeps_a_declaration_from_being_cleared():
    for channel, size in product((1, 2, 3), (1, 2, 3)):
        for kinds in combinations(KINDS, size):
            assert state_of(channel, kinds) is not State.CLEARED


HEADER = "from,to,act,actor,channels,follows,law,inferred\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("DRAFT,NOWHERE,register,declarant,,yes,a law,no", "NOWHERE"),
        ("DRAFT,REGISTERED,register,declarant,4,yes,a law,no", "channels"),
        ("DRAFT,REGISTERED,register,declarant,,perhaps,a law,no", "perhaps"),
        ("DRAFT,REGISTERED,register,declarant,,yes,,no", "law"),
        ("DRAFT,REGISTERED,register,declarant,,yes,a law,no\n" * 2, "twice"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_line(row, reason):
    with pytest.raises(TableInvalid, match=reason):
        load_states(HEADER + row)
