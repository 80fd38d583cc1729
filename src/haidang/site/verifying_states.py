"""A declaration is whole, its moves are those of the table, and it stands where its conditions put it."""

from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.clearance.rules.states import EDGES, open_kinds, state_of, was_released, was_stored
from haidang.clearance.terms import ConditionKind, State
from haidang.site.verifying_report import Report
from haidang.site.verifying_stored import Stored
from haidang.site.verifying_versions import last_channel

_FITTING = frozenset(
    (State.DOC_CHECK, State.INSPECTION, State.TAX_PENDING, State.STORAGE, State.RELEASED, State.CLEARED)
)
"""States that the open conditions alone account for."""


_EDGE_PAIRS = {(int(edge.from_state), int(edge.to_state)) for edge in EDGES}


def check_whole(case: Stored, report: Report) -> None:
    """Goods items, journal entries and messages are all there, and the channel is the one last decided."""
    lines = [row[3] for row in case.declared.items]
    if lines != list(range(1, case.declared.fact("line_count") + 1)):
        report.add("whole", case.subject, f"goods items {lines} of {case.declared.fact('line_count')}")
    acts = [entry.journal_seq for entry in case.entries]
    if acts != list(range(1, case.declared.journal_seq + 1)):
        report.add("whole", case.subject, f"journal entries {acts} of {case.declared.journal_seq}")
    sent = [message.journal_seq for message in case.messages if message.journal_seq >= REGISTERED_SEQ]
    if sent != acts:
        report.add("whole", case.subject, f"messages {sent} for acts {acts}")
    if not case.decided:
        report.add("whole", case.subject, "no decision on the channel")
    elif last_channel(case) != case.declared.channel:
        report.add("whole", case.subject, "the channel is not the one last decided")


def check_states(case: Stored, report: Report) -> None:
    """The journal moves along edges of the table, forward in time, to the state that stands and that the open conditions account for."""
    state, at = int(State.DRAFT), case.entries[0].acted_at
    for entry in case.entries:
        if entry.acted_at < at:
            report.add("time", case.subject, f"act {entry.journal_seq} is before the act it follows")
        at = entry.acted_at
        for step in entry.states:
            if (state, step) not in _EDGE_PAIRS:
                report.add("legal moves", case.subject, f"{State(state).name} to {State(step).name}")
            state = step
    if state != case.declared.state:
        report.add("legal moves", case.subject, f"stands at {case.declared.state}, the journal ends at {state}")
    cleared = next((entry.acted_at for entry in case.entries if State.CLEARED in entry.states), None)
    if cleared != case.declared.cleared_at:
        report.add("legal moves", case.subject, f"cleared at {case.declared.cleared_at}, by the journal at {cleared}")
    kinds = open_kinds(case.conditions.conditions)
    if state == State.CANCELLED and kinds:
        report.add("legal moves", case.subject, f"cancelled with {[kind.name for kind in kinds]} open")
    if state == State.CLEARED:
        # A request to cancel or amend what is cleared leaves it cleared until customs has decided.
        kinds = tuple(kind for kind in kinds if kind not in (ConditionKind.CANCELLATION, ConditionKind.AMENDMENT))
    if state in _FITTING:
        released, stored = was_released(case.conditions.conditions), was_stored(case.conditions.conditions)
        wanted = state_of(case.declared.channel, kinds, released=released, stored=stored)
        if wanted is None or int(wanted) != state:
            report.add("legal moves", case.subject, f"{State(state).name} with {[kind.name for kind in kinds]} open")
