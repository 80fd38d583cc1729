"""States of a declaration: a function of its channel and its open conditions, reached only along the edges of the table.

The table is data (`states.csv`, one edge a row). An edge that `follows` needs nobody's decision: when conditions open or close, the
declaration walks such edges until its state fits again. Every other edge is somebody's act: raising the channel, releasing, cancelling.
"""

import csv
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

from haidang.clearance.terms import SETTLED_STATES, Condition, ConditionKind, Edge, State
from haidang.clearance.terms.naming import CONDITIONS, STATES, Pair, act_in_words
from haidang.clearance.terms.refusals import MoveRefused, TableInvalid

_CHANNELS = (1, 2, 3)
_GREEN, _RED = 1, 3

_DOCUMENT_CHECK = 1 << ConditionKind.DOCUMENT_CHECK
_INSPECTION = 1 << ConditionKind.INSPECTION
_TAX = 1 << ConditionKind.TAX
_HOLDS_IN_STORAGE = _DOCUMENT_CHECK | 1 << ConditionKind.SPECIALISED_INSPECTION | 1 << ConditionKind.STORAGE_ARRIVAL
_MASK_BITS = 32

SETTLED = SETTLED_STATES


def load_states(text: str) -> tuple[Edge, ...]:
    """Read the table of edges from CSV text with the columns from, to, act, actor, channels, follows, law, inferred.

    Raises:
        TableInvalid: a column is missing, a state or channel is unknown, a flag is neither yes nor no, or an edge stands twice.
    """
    edges: dict[tuple[State, State, str], Edge] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            edge = _edge(row)
        except (KeyError, ValueError) as error:
            raise TableInvalid(f"states, line {number}: {error}") from error
        key = (edge.from_state, edge.to_state, edge.act)
        if key in edges:
            raise TableInvalid(f"states, line {number}: {row['from']} to {row['to']} by {row['act']} stands twice")
        edges[key] = edge
    return tuple(edges.values())


def _edge(row: Mapping[str, str]) -> Edge:
    channels = frozenset(int(channel) for channel in row["channels"].split())
    if not channels <= set(_CHANNELS):
        raise ValueError(f"channels are 1, 2, 3: {row['channels']}")
    if not (row["act"] and row["actor"] and row["law"]):
        raise ValueError("act, actor and law must be given")
    return Edge(
        from_state=State[row["from"]],
        to_state=State[row["to"]],
        act=row["act"],
        actor=row["actor"],
        law=row["law"],
        inferred=_flag(row["inferred"]),
        channels=channels,
        follows=_flag(row["follows"]),
    )


def _flag(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"yes or no is needed, not {text!r}")
    return text == "yes"


EDGES = load_states(resources.files("haidang.clearance").joinpath("states.csv").read_text("utf-8"))
"""The table in force."""

_EDGE = {(edge.from_state << 8 | edge.to_state, edge.act): edge for edge in EDGES}
_TARGETS = {
    (state, act): tuple(edge.to_state for edge in EDGES if edge.from_state is state and edge.act == act)
    for state in State
    for act in {edge.act for edge in EDGES}
}
_FOLLOWING = {
    (int(state), channel): tuple(
        edge.to_state
        for edge in EDGES
        if edge.follows and edge.from_state is state and (not edge.channels or channel in edge.channels)
    )
    for state in State
    for channel in _CHANNELS
}


def may_move(from_state: State, to_state: State, act: str) -> bool:
    """Whether the table has the edge."""
    return (from_state << 8 | to_state, act) in _EDGE


def edge_of(from_state: State, to_state: State, act: str) -> Edge:
    """Return the edge of the table.

    Raises:
        MoveRefused: there is none.
    """
    edge = _EDGE.get((from_state << 8 | to_state, act))
    if edge is None:
        vi, en = act_in_words(act)
        raise MoveRefused(from_state, (f"{vi} ({STATES[to_state][0]})", f"{en} ({STATES[to_state][1]})"))
    return edge


def acts_from(state: State) -> tuple[Edge, ...]:
    """Return what somebody may do with a declaration in this state: the edges that do not follow by themselves."""
    return tuple(edge for edge in EDGES if edge.from_state is state and not edge.follows)


def open_kinds(conditions: Iterable[Condition]) -> tuple[ConditionKind, ...]:
    """Return the kinds of the conditions still open, in the order of the list."""
    return tuple(condition.kind for condition in conditions if condition.closed_at is None)


def state_of(
    channel: int, kinds: Iterable[ConditionKind], *, released: bool = False, stored: bool = False
) -> State | None:
    """Return the state that a channelled declaration has while conditions of these kinds are open, None when there is no such state.

    Nothing open is CLEARED. A document check open (yellow, red) is DOC_CHECK, then an inspection open (red) is INSPECTION, anything else
    TAX_PENDING. Goods in storage are STORAGE until they are reported there and the ministry's result and the document check are in. Released goods are RELEASED
    until only a tax difference is left, which is TAX_PENDING. A check that the channel does not know (any on green, an inspection
    on yellow) fits no state: the channel is raised first.

    Law: 38/2015/TT-BTC Art. 18-34 (inferred; released and stored: Art. 33, Art. 32).
    """
    mask = _mask(kinds)
    if not mask:
        return State.CLEARED
    if (channel == _GREEN and mask & (_DOCUMENT_CHECK | _INSPECTION)) or (channel != _RED and mask & _INSPECTION):
        return None
    if released:
        return State.TAX_PENDING if mask == _TAX else State.RELEASED
    if stored and mask & _HOLDS_IN_STORAGE:
        return State.STORAGE
    if mask & _DOCUMENT_CHECK:
        return State.DOC_CHECK
    return State.INSPECTION if mask & _INSPECTION else State.TAX_PENDING


def follow(current: State, channel: int, conditions: Sequence[Condition]) -> tuple[State, ...]:
    """Return the states walked at one instant by a declaration with this list of conditions (see `path`); the list says whether it was released or stored."""
    released, stored = was_released(conditions), was_stored(conditions)
    return path(current, channel, open_kinds(conditions), released=released, stored=stored)


def walk_on(current: State, act: str, channel: int, conditions: Sequence[Condition]) -> tuple[State, ...]:
    """Return the states walked when somebody does `act` with a declaration that has this list of conditions afterwards (see `walk`)."""
    released, stored = was_released(conditions), was_stored(conditions)
    return walk(current, act, channel, open_kinds(conditions), released=released, stored=stored)


def was_released(conditions: Iterable[Condition]) -> bool:
    """Whether the goods were released before clearance: only that opens a determination."""
    return any(condition.kind is ConditionKind.DETERMINATION for condition in conditions)


def was_stored(conditions: Iterable[Condition]) -> bool:
    """Whether the goods were let go to a place of storage: only that has them reported there."""
    return any(condition.kind is ConditionKind.STORAGE_ARRIVAL for condition in conditions)


def path(
    current: State, channel: int, kinds: Iterable[ConditionKind], *, released: bool = False, stored: bool = False
) -> tuple[State, ...]:
    """Return the states walked at one instant, from `current` (not in it) to the state that channel and open conditions ask for.

    At registration `current` is DRAFT: a green declaration with tax walks REGISTERED, CHANNELLED, TAX_PENDING. Empty when the state
    already fits, when it is settled and nothing is open, and in the manual procedure, which only `walk(..., "resume", ...)` leaves.

    Raises:
        MoveRefused: no chain of edges leads there.
    """
    mask = 0
    for kind in kinds:
        mask |= 1 << kind
    found = _path(((current << 2 | channel) << 2 | released << 1 | stored) << _MASK_BITS | mask)
    if found is None:
        raise MoveRefused(current, _words(channel, mask))
    return found


def walk(
    current: State,
    act: str,
    channel: int,
    kinds: Iterable[ConditionKind] = (),
    *,
    released: bool = False,
    stored: bool = False,
) -> tuple[State, ...]:
    """Return the states walked when somebody does `act`: the move itself, then what follows from it (see `path`).

    `channel`, `kinds`, `released` and `stored` are those after the act. Acts that end or suspend the course (cancel, expire, hand over to
    the manual procedure, gate out, amend after clearance) have nothing following.

    Raises:
        MoveRefused: the table has no such act for this state, or the conditions do not fit where it leads.
    """
    kinds = tuple(kinds)
    chains = []
    for target in _TARGETS.get((current, act), ()):
        if target in SETTLED or target is State.MANUAL:
            return (target,)
        chain = _path(((target << 2 | channel) << 2 | released << 1 | stored) << _MASK_BITS | _mask(kinds))
        if chain is not None:
            chains.append((target, *chain))
    if not chains:
        said = zip(act_in_words(act), _words(channel, _mask(kinds)), strict=True)
        vi, en = (f"{what}: {how}" for what, how in said)
        raise MoveRefused(current, (vi, en))
    return min(chains, key=len)


@cache
def _path(key: int) -> tuple[State, ...] | None:
    """Return the shortest chain of following edges for one packed situation; None when there is none."""
    kinds = tuple(kind for kind in ConditionKind if key & 1 << kind)
    flags = key >> _MASK_BITS
    current, channel = State(flags >> 4), flags >> 2 & 3
    if current is State.MANUAL or (current in SETTLED and not kinds):
        return ()
    target = state_of(channel, kinds, released=bool(flags & 2), stored=bool(flags & 1))
    if target is None:
        return None
    reached: dict[State, tuple[State, ...]] = {current: ()}
    waiting: deque[State] = deque([current])
    while waiting and target not in reached:
        state = waiting.popleft()
        for following in _FOLLOWING[state, channel]:
            if following not in reached:
                reached[following] = (*reached[state], following)
                waiting.append(following)
    return reached.get(target)


def _mask(kinds: Iterable[ConditionKind]) -> int:
    mask = 0
    for kind in kinds:
        mask |= 1 << kind
    return mask


def _words(channel: int, mask: int) -> Pair:
    vi, en = (
        ", ".join(CONDITIONS[kind][language] for kind in ConditionKind if mask & 1 << kind) for language in range(2)
    )
    return f"luồng {channel}, đang mở: {vi or 'không có'}", f"to be in channel {channel} with open: {en or 'nothing'}"
