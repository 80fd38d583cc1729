"""What each deed of an officer does to a file: conditions opened and closed, states walked, rows to write. Nothing is read or written here."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from haidang.balances.terms import Movement
from haidang.clearance import store
from haidang.clearance.actions.passing import Envelope
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules import doubting, releasing
from haidang.clearance.rules.inspecting import compared, differing
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.states import SETTLED, follow, walk_on
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Authority, Deed, Evidence, FoundLine, InspectionOrder, Proposal, Question
from haidang.clearance.terms.refusals import (
    ChannelRefused,
    DecidedAlready,
    FailedAlready,
    LineUnknown,
    MoveRefused,
    ProposalOpen,
    ProposalUnknown,
    QuantityDiffers,
    QuestionUnknown,
    SamePerson,
)
from haidang.declarations.actions import Standing, is_export_number

_GREEN = 1


class Acting(Struct, frozen=True, kw_only=True):
    """A signed message that does `deed` with the declaration `no11` on shard `shard_id`. What a deed does not need is empty.

    `text` is the reason, the question or the answer in words; `outside_reason` why the officer works on a file of another unit.
    """

    envelope: Envelope
    shard_id: int
    no11: int
    amendment_no: int | None
    deed: Deed
    text: str = ""
    outside_reason: str = ""
    outcome: str = ""
    channel: int = 0
    proposal_no: int = 0
    question_no: int = 0
    order: InspectionOrder | None = None
    lines: tuple[FoundLine, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    line_nos: tuple[int, ...] = ()
    release_code: str = ""
    place_code: str = ""
    storage_place: str = ""
    documents: tuple[str, ...] = ()


class File(Struct):
    """A locked declaration as it stands while the messages of the batch are applied one by one."""

    standing: Standing
    conditions: tuple[Condition, ...]
    proposals: tuple[Proposal, ...]
    questions: tuple[Question, ...]
    moved_by: tuple[str, datetime | None]
    """Who last moved it to another channel, and when."""
    line_count: int
    state: State
    channel: int
    seq: int
    tail: bytes
    at: datetime
    cleared_at: datetime | None = None
    told: bool = False
    drawn: list[Movement] = []
    """What it has drawn of goods on file so far."""
    declared: Mapping[int, tuple[str, str, int]] = {}
    """Commodity code, unit and quantity (thousandths) by line; read only where an inspection is to be recorded."""
    owed: tuple[int, str] = (0, "")
    """What is outstanding (whole đồng) and the time of payment declared; read only where release is to be decided."""


class Written(Struct):
    """Rows of one act, in the order in which its digest covers them."""

    opened: list[Any] = []
    closed: list[Any] = []
    acts: list[Any] = []
    proposed: list[Any] = []
    decided: list[Any] = []
    asked: list[Any] = []
    answered: list[Any] = []
    orders: list[Any] = []
    lines: list[Any] = []
    evidence: list[Any] = []
    attached: list[Any] = []
    moved: list[Any] = []

    def parts(self) -> tuple[list[Any], ...]:
        """Return what the digest covers; documents and goods used up only where there are any, as with few acts."""
        *rows, attached, moved = msgspec.structs.astuple(self)
        return (*rows, *([attached] if attached else ()), *([moved] if moved else ()))

    def add(self, more: "Written") -> None:
        """Take up the rows of another act."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(more, name))


class Move(Struct):
    """What a deed does to its file: the lists after it, the states walked, its rows."""

    conditions: tuple[Condition, ...]
    states: tuple[State, ...] = ()
    channel: int = 0
    proposals: tuple[Proposal, ...] | None = None
    questions: tuple[Question, ...] | None = None
    decided: Proposal | None = None
    written: Written = msgspec.field(default_factory=Written)


def _check_documents(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    return _result(day, each, file, authority, ConditionKind.DOCUMENT_CHECK)


def _inspect(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Close or fail the inspection, with what was found on each line and the photos and samples that show it.

    Goods of which another quantity was found than declared pass only when the officer says why.
    """
    seen: set[int] = set()
    for line in each.lines:
        if line.line_no > file.line_count or line.line_no in seen:
            raise LineUnknown(line.line_no)
        seen.add(line.line_no)
    differs = differing(compared(file.declared, each.lines))
    if each.outcome == "passed" and differs and not each.text:
        raise QuantityDiffers(differs)
    move = _result(day, each, file, authority, ConditionKind.INSPECTION)
    key, seq = file.standing.key, file.seq + 1
    move.written.lines = store.line_rows(key, seq, each.lines)
    move.written.evidence = store.evidence_rows(key, seq, each.evidence)
    return move


def _result(day: DayBook, each: Acting, file: File, authority: Authority, kind: ConditionKind) -> Move:
    one = condition_rules.meant(file.conditions, kind, Owner.CUSTOMS, authority.officer_code, None)
    evidence = each.text or f"{each.deed} {each.envelope.message_id}"
    if each.outcome == "passed":
        move = _closing(file, authority, (kind,), evidence)
        move.states = follow(file.state, file.channel, move.conditions)
        return move
    about = f"{one.kind.name} {one.condition_no}: "
    if any(
        c.kind is ConditionKind.HOLD and c.closed_at is None and c.detail.startswith(about) for c in file.conditions
    ):
        raise FailedAlready
    conditions = condition_rules.open_another(file.conditions, day.conditions, "ordered", file.at, about + evidence)
    return _opening(file, conditions, follow(file.state, file.channel, conditions))


def _closing(file: File, authority: Authority, kinds: tuple[ConditionKind, ...], evidence: str) -> Move:
    """Close the open condition of each kind; the caller says which states are walked."""
    conditions = file.conditions
    for kind in kinds:
        conditions = condition_rules.close(
            conditions, kind, Owner.CUSTOMS, file.at, evidence, closed_by=authority.officer_code
        )
    return _moving(file, conditions)


def _opening(file: File, conditions: tuple[Condition, ...], states: tuple[State, ...], channel: int = 0) -> Move:
    return _moving(file, conditions, states, channel)


def _moving(file: File, conditions: tuple[Condition, ...], states: tuple[State, ...] = (), channel: int = 0) -> Move:
    """Return the move to another list of conditions, with the rows of what it closed and opened."""
    move, key, seq = Move(conditions, states, channel), file.standing.key, file.seq + 1
    kept = zip(conditions, file.conditions, strict=False)
    move.written.closed = [store.closed_row(key, new, seq) for new, old in kept if new is not old]
    move.written.opened = [store.opened_row(key, each, seq) for each in conditions[len(file.conditions) :]]
    return move


def _raise_channel(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Open the checks of the higher channel; red comes with the order where and how to inspect.

    Law: 38/2015/TT-BTC Art. 19 (the head of the office changes form and level of the check).
    """
    if each.channel <= file.channel:
        if each.channel == file.channel and file.moved_by[0]:
            raise DecidedAlready(f"Luồng {file.channel}", f"Channel {file.channel}", *file.moved_by)
        raise ChannelRefused(file.channel, each.channel)
    conditions = condition_rules.open_checks(file.conditions, day.conditions, each.channel, file.at)
    states = walk_on(file.state, Deed.RAISE_CHANNEL, each.channel, conditions)
    move = _opening(file, conditions, states, each.channel)
    if each.order is not None:
        move.written.orders = [store.order_row(file.standing.key, file.seq + 1, each.order)]
    return move


def _propose_lower(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Note the proposal; nothing else changes until another officer decides."""
    waiting = next((proposal for proposal in file.proposals if proposal.decided_at is None), None)
    if waiting is not None:
        raise ProposalOpen(waiting)
    if each.channel >= file.channel:
        raise ChannelRefused(file.channel, each.channel)
    _lowered(file, each.channel, authority, each.text)
    proposal = Proposal(
        proposal_no=len(file.proposals) + 1, maker_code=authority.officer_code, proposed_at=file.at, channel_to=each.channel,
        reason=each.text,
    )  # fmt: skip
    move = Move(file.conditions, proposals=(*file.proposals, proposal))
    move.written.proposed = [store.proposed_row(file.standing.key, proposal, file.seq + 1)]
    return move


def _decide(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Approve or refuse what another officer proposed."""
    proposal = next((one for one in file.proposals if one.proposal_no == each.proposal_no), None)
    if proposal is None:
        raise ProposalUnknown
    if proposal.decided_at is not None:
        no = proposal.proposal_no
        raise DecidedAlready(f"Đề xuất số {no}", f"Proposal {no}", proposal.checker_code, proposal.decided_at)
    if proposal.maker_code == authority.officer_code:
        raise SamePerson
    approved = each.deed is Deed.APPROVE
    if approved and proposal.channel_to >= file.channel:
        raise ChannelRefused(file.channel, proposal.channel_to)
    decided = msgspec.structs.replace(
        proposal, checker_code=authority.officer_code, decided_at=file.at, approved=approved
    )
    why = f"proposal {proposal.proposal_no} of {proposal.maker_code}: {proposal.reason}"
    move = _lowered(file, proposal.channel_to, authority, why) if approved else Move(file.conditions)
    move.proposals = tuple(decided if one is proposal else one for one in file.proposals)
    move.decided = decided
    move.written.decided = [store.decided_row(file.standing.key, decided, file.seq + 1)]
    return move


def _lowered(file: File, channel: int, authority: Authority, why: str) -> Move:
    """Close the checks that the lower channel does not ask for."""
    dropped = (ConditionKind.INSPECTION, *((ConditionKind.DOCUMENT_CHECK,) if channel == _GREEN else ()))
    still = {condition.kind for condition in file.conditions if condition.closed_at is None}
    move = _closing(file, authority, tuple(kind for kind in dropped if kind in still), why)
    move.states = walk_on(file.state, "lower_channel", channel, move.conditions)
    move.channel = channel
    return move


def _ask(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Note a question; it stops nothing. Expected is the answer in the days of a correction (inferred from 38/2015/TT-BTC Art. 20)."""
    if file.state in SETTLED:
        raise MoveRefused(file.state, each.deed)
    due_at = day.conditions.due_at("correction_instructed", file.at)
    asked = Question(
        question_no=len(file.questions) + 1, asked_by=authority.officer_code, asked_at=file.at, due_at=due_at or file.at,
        question=each.text,
    )  # fmt: skip
    move = Move(file.conditions, questions=(*file.questions, asked))
    move.written.asked = [store.asked_row(file.standing.key, asked, file.seq + 1)]
    return move


def _answer(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    question = next((one for one in file.questions if one.question_no == each.question_no), None)
    if question is None:
        raise QuestionUnknown
    if question.answered_at is not None:
        no = question.question_no
        raise DecidedAlready(f"Câu hỏi số {no}", f"Question {no}", question.answered_by, question.answered_at)
    answered = msgspec.structs.replace(
        question, answered_by=authority.officer_code, answered_at=file.at, answer=each.text
    )
    move = Move(file.conditions, questions=tuple(answered if one is question else one for one in file.questions))
    move.written.answered = [store.answered_row(file.standing.key, answered, file.seq + 1)]
    return move


def _instruct(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Open the condition that the declarant corrects the declaration (VAD800 of VNACCS), on its clock of working days.

    Law: 38/2015/TT-BTC Art. 20.
    """
    conditions = condition_rules.open_another(
        file.conditions, day.conditions, "correction_instructed", file.at, each.text
    )
    return _opening(file, conditions, walk_on(file.state, Deed.INSTRUCT_CORRECTION, file.channel, conditions))


def _ask_release(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Note that the declarant wants the goods before their value or code is settled; the head of the unit decides."""
    conditions = releasing.release_asked(
        file.conditions, file.state, day.conditions, file.at, each.release_code, each.text,
        is_export=is_export_number(each.no11),
    )  # fmt: skip
    return _moving(file, conditions, follow(file.state, file.channel, conditions))


def _ask_storage(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Note that the declarant wants to keep the goods at a place of storage until a result is known; the head of the unit decides."""
    conditions = releasing.storage_asked(
        file.conditions, file.state, day.conditions, file.at, each.place_code, each.storage_place, each.text,
        is_export=is_export_number(each.no11),
    )  # fmt: skip
    return _moving(file, conditions, follow(file.state, file.channel, conditions))


def _release(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    conditions = releasing.released(
        file.conditions, day.conditions, file.at, authority.officer_code, each.text, file.owed, day.codes.parameters
    )
    return _moving(file, conditions, walk_on(file.state, Deed.RELEASE, file.channel, conditions))


def _store(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    conditions = releasing.stored(file.conditions, day.conditions, file.at, authority.officer_code, each.text)
    return _moving(file, conditions, walk_on(file.state, Deed.RELEASE_TO_STORAGE, file.channel, conditions))


def _decline(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    conditions = releasing.declined(each.deed, file.conditions, file.at, authority.officer_code, each.text)
    return _moving(file, conditions, follow(file.state, file.channel, conditions))


def _doubt_value(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    conditions = doubting.doubted(
        file.conditions, file.state, day.conditions, file.at, file.standing.registered_at, each.line_nos, file.line_count,
        each.text,
    )  # fmt: skip
    return _moving(file, conditions, walk_on(file.state, Deed.DOUBT_VALUE, file.channel, conditions))


def _ask_consultation(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    conditions = doubting.consulted(
        file.conditions, day.conditions, file.at, file.standing.registered_at, authority.officer_code, each.text,
        f"{each.deed} {each.envelope.message_id}",
    )  # fmt: skip
    return _moving(file, conditions, follow(file.state, file.channel, conditions))


def _decide_value(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    conditions = doubting.decided(
        each.deed, file.conditions, day.conditions, file.at, authority.officer_code, each.text
    )
    return _moving(file, conditions, follow(file.state, file.channel, conditions))


def _attach(day: DayBook, each: Acting, file: File, authority: Authority) -> Move:
    """Attach documents that came later (MSB of VNACCS); what is cleared may still be completed, what is cancelled or expired not."""
    if file.state in (State.CANCELLED, State.EXPIRED):
        raise MoveRefused(file.state, each.deed)
    return Move(file.conditions)


DEEDS: dict[Deed, Callable[[DayBook, Acting, File, Authority], Move]] = {
    Deed.DOCUMENT_CHECK: _check_documents,
    Deed.INSPECTION_RESULT: _inspect,
    Deed.ASK_QUESTION: _ask,
    Deed.ANSWER_QUESTION: _answer,
    Deed.RAISE_CHANNEL: _raise_channel,
    Deed.PROPOSE_LOWER_CHANNEL: _propose_lower,
    Deed.APPROVE: _decide,
    Deed.REFUSE: _decide,
    Deed.INSTRUCT_CORRECTION: _instruct,
    Deed.DOUBT_VALUE: _doubt_value,
    Deed.ASK_CONSULTATION: _ask_consultation,
    Deed.ATTACH: _attach,
    Deed.ACCEPT_VALUE: _decide_value,
    Deed.REJECT_VALUE: _decide_value,
    Deed.REQUEST_RELEASE: _ask_release,
    Deed.RELEASE: _release,
    Deed.REFUSE_RELEASE: _decline,
    Deed.REQUEST_STORAGE: _ask_storage,
    Deed.RELEASE_TO_STORAGE: _store,
    Deed.REFUSE_STORAGE: _decline,
}
