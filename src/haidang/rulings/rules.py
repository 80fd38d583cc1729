"""The law of advance rulings: which step leads where, which clock runs, what is in force, and what a ruling says of a declared line. Pure.

The table of moves is data (`states.csv`), the figures are dated parameters of the law book (all marked unverified: the copies that were read hold no
amendment of 2025 or 2026). That a ruling stays in force while it is reviewed is inferred.
"""

import csv
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib import resources

from msgspec import Struct
from msgspec.structs import replace

from haidang.kernel.calendar import WorkingCalendar, add_calendar_days, day_start, vn_date
from haidang.kernel.findings import Finding
from haidang.organisation.terms import Act
from haidang.reference.terms import Parameter
from haidang.rulings.terms import (
    Actor,
    AdvanceRuling,
    Content,
    FigureMissing,
    FileState,
    GoodsLine,
    Move,
    NothingProposed,
    Outcome,
    OwnProposal,
    ProposalStale,
    ReviewTooLate,
    RuledLine,
    RuledStatus,
    RulingAct,
    RulingFile,
    RulingGoods,
    RulingKind,
    StatesInvalid,
    Step,
    StepNotNow,
)

LAW = "54/2014/QH13 Art. 28; 08/2015/NĐ-CP Art. 24"
POWER_OF: Mapping[Actor, Act] = {
    Actor.ANALYST: Act.ANALYSE_RULING,
    Actor.DECIDER: Act.DECIDE_RULING,
    Actor.ENDER: Act.END_RULING,
}
"""Which power an officer needs for a step."""
ASKED_FIELD: Mapping[RulingKind, str] = {
    RulingKind.CODE: "commodity_code",
    RulingKind.VALUE: "value_method",
    RulingKind.ORIGIN: "origin_country_code",
}
"""What a ruling of each kind says."""
REFUSAL, DECISION, COMPLEX, VALIDITY = "ruling.refusal", "ruling.normal", "ruling.complex", "ruling.validity"
REVIEW, ANSWER, ANSWER_COMPLEX = "ruling.review_request", "ruling.review_answer", "ruling.review_answer_complex"

Key = tuple[FileState, RulingAct, str]


def load_moves(text: str) -> Mapping[Key, Move]:
    """Read the table of states from CSV text.

    Raises:
        StatesInvalid: a row cannot be read or stands twice; or a proposal could never be decided by another officer.
    """
    moves: dict[Key, Move] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            outcome = Outcome(row["outcome"]) if row["outcome"] else ""
            key = (FileState[row["from"]], RulingAct(row["act"]), str(outcome))
            law = f"{row['instrument']} Art. {row['article']}"
            move = Move(*key, FileState[row["to"]], Actor(row["by"]), law, row["inferred"] == "yes")
        except (KeyError, ValueError) as error:
            raise StatesInvalid(f"states, line {number}: {error}") from error
        if key in moves:
            raise StatesInvalid(f"states, line {number}: {key} stands twice")
        moves[key] = move
    for state, act, outcome_ in moves:
        if act is RulingAct.PROPOSE and (state, RulingAct.APPROVE, outcome_) not in moves:
            raise StatesInvalid(f"states: {outcome_} is proposed in {state.name} and nobody decides on it")
    return moves


MOVES = load_moves(resources.files("haidang.rulings").joinpath("states.csv").read_text("utf-8"))
"""The table in force."""


class Figures(Struct, frozen=True):
    """The figures of one law-book day and its calendar of working days."""

    parameters: Mapping[str, Parameter]
    calendar: WorkingCalendar

    def __call__(self, name: str) -> int:
        """Return a figure.

        Raises:
            FigureMissing: the law book does not hold it.
        """
        if name not in self.parameters:
            raise FigureMissing(name)
        return self.parameters[name].value


class Taken(Struct, frozen=True):
    """What a step makes of a file: the file after it, the ruling it issued, and how it ended the one in force (empty: it did not)."""

    file: RulingFile
    issued: AdvanceRuling | None = None
    end_reason: str = ""


def due_at(file: RulingFile, at: datetime, figures: Figures) -> datetime | None:
    """Return until when customs has to do the next step that the state asks for; None when customs is not waited for.

    Refusal within working days of the application (or of its supplement: while customs waits for the applicant no clock of customs runs, inferred);
    decision within calendar days of completeness, more when complex; the answer to a review within working days.

    Law: 08/2015/NĐ-CP Art. 24.
    """
    if file.state is FileState.SUBMITTED:
        return figures.calendar.add_working_days(at, figures(REFUSAL))
    if file.state is FileState.ANALYSIS and file.complete_at is not None:
        return add_calendar_days(file.complete_at, figures(COMPLEX if file.complex else DECISION))
    if file.state is FileState.UNDER_REVIEW and file.review_at is not None:
        return figures.calendar.add_working_days(file.review_at, figures(ANSWER_COMPLEX if file.complex else ANSWER))
    return None


def applied(file: RulingFile, figures: Figures) -> RulingFile:
    """Return a file as it stands when its application has come."""
    return replace(file, due_at=due_at(file, file.submitted_at, figures), last_at=file.submitted_at)


def move_of(file: RulingFile, act: RulingAct, outcome: str) -> Move:
    """Return the row of the table for a step; for a decision that of what was proposed.

    Raises:
        NothingProposed: there is nothing to decide on.
        StepNotNow: the table has no such step in this state.
    """
    if act in (RulingAct.APPROVE, RulingAct.RETURN):
        if file.proposal is None:
            raise NothingProposed
        outcome = file.proposal.outcome
    move = MOVES.get((file.state, RulingAct.APPROVE if act is RulingAct.RETURN else act, outcome))
    if move is None:
        raise StepNotNow(act, outcome, file.state)
    return move


def taken(
    file: RulingFile, step: Step, figures: Figures, number: Callable[[], str], held: AdvanceRuling | None
) -> Taken:
    """Return what a step makes of a file. `number` gives the next number of a ruling, `held` is the file's ruling in force.

    Raises:
        StepNotNow, NothingProposed: the table or the file does not allow it.
        OwnProposal: who proposed decides.
        ReviewTooLate: too many days have passed since the ruling.
        ProposalStale: the last day proposed is past.
        FigureMissing: the law book lacks a figure.
    """
    move = move_of(file, step.act, step.outcome)
    after = replace(file, seq=step.seq, last_at=step.at)
    if step.act is RulingAct.PROPOSE:
        return Taken(replace(after, proposal=step))
    if step.act in (RulingAct.APPROVE, RulingAct.RETURN):
        return _decided(file, after, move, step, figures, number, held)
    if step.act is RulingAct.FLAG_COMPLEX:
        after = replace(after, complex=True)
    elif step.act is RulingAct.COMPLETE:
        after = replace(after, complete_at=step.at, proposal=None)
    elif step.act is RulingAct.REQUEST_REVIEW:
        _refuse_late(held, step.at, figures)
        after = replace(after, review_at=step.at, complex=False, proposal=None)
    else:
        after = replace(after, proposal=None)
    after = replace(after, state=move.to_state)
    return Taken(replace(after, due_at=due_at(after, step.at, figures)))


def _decided(
    file: RulingFile, after: RulingFile, move: Move, step: Step, figures: Figures, number: Callable[[], str],
    held: AdvanceRuling | None,
) -> Taken:  # fmt: skip
    """Decide on the proposal: another officer does, and what was proposed happens or is returned."""
    proposal = file.proposal
    assert proposal is not None  # move_of has looked
    if proposal.by_code == step.by_code:
        raise OwnProposal
    after = replace(after, proposal=None)
    if step.act is RulingAct.RETURN:
        return Taken(after)
    after = replace(after, state=move.to_state)
    after = replace(after, due_at=due_at(after, step.at, figures))
    if proposal.outcome not in (Outcome.ISSUE, Outcome.REPLACE):
        ends = proposal.outcome in (Outcome.CANCEL, Outcome.END_BY_LAW)
        return Taken(after, end_reason=proposal.outcome if ends else "")
    latest = years_after(vn_date(step.at), figures(VALIDITY))
    until = min(proposal.valid_until or latest, latest)
    if until <= vn_date(step.at):
        raise ProposalStale
    issued = AdvanceRuling(
        key=file.key, ruling_no=number(), kind=file.kind, trader_code=file.trader_code, goods=file.goods, content=proposal.content,
        issued_at=step.at, valid_until=until, issued_seq=step.seq,
    )  # fmt: skip
    return Taken(after, issued, Outcome.REPLACE if held is not None else "")


def _refuse_late(held: AdvanceRuling | None, at: datetime, figures: Figures) -> None:
    days = figures(REVIEW)
    if held is None or (vn_date(at) - vn_date(held.issued_at)).days > days:
        raise ReviewTooLate(days)


def years_after(on: date, years: int) -> date:
    """Return the same day some years later; of 29 February the 28th where there is none."""
    try:
        return on.replace(year=on.year + years)
    except ValueError:
        return on.replace(year=on.year + years, day=28)


def in_force(ruling: AdvanceRuling, at: datetime) -> bool:
    """Tell whether a ruling is in force at an instant."""
    ended = ended_since(ruling, at)
    return ruling.issued_at <= at and ended is None


def ended_since(ruling: AdvanceRuling, at: datetime) -> datetime | None:
    """Return since when a ruling is not in force any more: ended by an act or expired, whichever came first; None while it stands."""
    expires = day_start(ruling.valid_until)
    since = min(expires, ruling.ended_at) if ruling.ended_at is not None else expires
    return since if since <= at else None


def content_findings(
    kind: RulingKind, content: Content, goods: RulingGoods, codes: Container[str], lists: Mapping[str, Container[str]]
) -> tuple[Finding, ...]:
    """Return what is missing or unknown in what is asked for or proposed: the field of its kind, for a value the lot. `codes` are commodity codes, `lists` the
    code lists of the day."""
    found = []
    name = ASKED_FIELD[kind]
    if not getattr(content, name):
        found.append(
            _finding("HD-MISSING", f"/{name}", "Thiếu nội dung đề nghị xác định.", "What is to be ruled is missing.")
        )
    if content.commodity_code and content.commodity_code not in codes:
        found.append(
            _finding("HD-COMMODITY-CODE", "/commodity_code", f"Không có mã hàng {content.commodity_code}.", f"There is no commodity code {content.commodity_code}.")
        )  # fmt: skip
    if content.origin_country_code and content.origin_country_code not in lists["country"]:
        found.append(
            _finding("HD-CODE", "/origin_country_code", f"Không có mã nước {content.origin_country_code}.", f"There is no country {content.origin_country_code}.")
        )  # fmt: skip
    if content.value_method and content.value_method not in lists["valuation_code"]:
        found.append(
            _finding("HD-CODE", "/value_method", f"Không có mã phân loại khai trị giá {content.value_method}.", f"There is no valuation code {content.value_method}.")
        )  # fmt: skip
    if kind is RulingKind.VALUE and not goods.lot:
        found.append(
            _finding(
                "HD-MISSING",
                "/lot",
                "Xác định trước trị giá chỉ cho một lô: ghi số vận đơn.",
                "A value is ruled for one lot only: name its bill.",
            )
        )
    return tuple(found)  # fmt: skip


def period_findings(valid_until: date | None, on: date, figures: Figures) -> tuple[Finding, ...]:
    """Return HD-PERIOD when a ruling proposed on a day would end before it begins, or last longer than the law allows."""
    if valid_until is None or on < valid_until <= years_after(on, figures(VALIDITY)):
        return ()
    years = figures(VALIDITY)
    return (
        _finding("HD-PERIOD", "/valid_until", f"Hiệu lực phải sau hôm nay và tối đa {years} năm.", f"It ends after today, {years} years from now at most."),
    )  # fmt: skip


def _finding(code: str, pointer: str, text_vi: str, text_en: str) -> Finding:
    return Finding(
        code=code, pointer=pointer, text_vi=text_vi, text_en=text_en, repair_vi="Sửa trường này rồi gửi lại.",
        repair_en="Mend this field and send it again.", law=LAW,
    )  # fmt: skip


def read_against(
    rulings: Iterable[AdvanceRuling], lines: Sequence[GoodsLine], notes: str, lots: Sequence[str], at: datetime
) -> tuple[RuledLine, ...]:
    """Return what the rulings of the trader say of the lines it declares at an instant, by line and number.

    A line is of a ruling when its description holds the ruling's mark or number, or when the notes quote the number: then all lines with what was ruled,
    and where there is none, every line. The same code says nothing alone: other goods may bear it. What is not in force any more is told only to
    those who quote its number.

    Law: 08/2015/NĐ-CP Art. 24 (a ruling is of no force for other goods).
    """
    told, found = notes.upper(), []
    for ruling in rulings:
        if ruling.issued_at > at:
            continue
        since = ended_since(ruling, at)
        cited = ruling.ruling_no in told
        for line in _lines_of(ruling, lines, cited, quoted_only=since is not None):
            ruled, same = _compared(ruling, line, lots)
            status = RuledStatus.ENDED if since is not None else RuledStatus.RULED if same else RuledStatus.DIFFERS
            found.append(RuledLine(line.line_no, ruling.ruling_no, ruling.kind, status, ruled, since))
    return tuple(sorted(found, key=lambda each: (each.line_no, each.ruling_no)))


def _lines_of(
    ruling: AdvanceRuling, lines: Sequence[GoodsLine], cited: bool, *, quoted_only: bool
) -> Sequence[GoodsLine]:
    mark = "" if quoted_only else ruling.goods.mark.casefold()
    its = [
        line
        for line in lines
        if ruling.ruling_no in line.description.upper() or (mark and mark in line.description.casefold())
    ]
    if its or not cited:
        return its
    return [line for line in lines if _compared(ruling, line, ())[1]] or lines


def _compared(ruling: AdvanceRuling, line: GoodsLine, lots: Sequence[str]) -> tuple[str, bool]:
    """Return what was ruled, and whether the line says so; for a value whether it is the lot, declared by that method."""
    if ruling.kind is RulingKind.VALUE:
        method = ruling.content.value_method
        return method, ruling.goods.lot in lots and _family(method) == _family(line.valuation_code)
    if ruling.kind is RulingKind.ORIGIN:
        return ruling.content.origin_country_code, line.origin_country_code == ruling.content.origin_country_code
    return ruling.content.commodity_code, line.commodity_code == ruling.content.commodity_code


def _family(valuation_code: str) -> str:
    """Return the method behind a class of values: three classes are of the transaction value, and differ in how it is declared (code list VD1)."""
    return "6" if valuation_code in _TRANSACTION_VALUE else valuation_code


_TRANSACTION_VALUE = frozenset("678")


def doubts(ruled: Iterable[RuledLine]) -> str:
    """Return which rulings are quoted for goods or at a time they do not hold for, with the lines: `XDT-2026-0042: 1, 3`; empty when none is."""
    of: dict[str, list[int]] = {}
    for each in ruled:
        if each.status is not RuledStatus.RULED:
            of.setdefault(each.ruling_no, []).append(each.line_no)
    return "; ".join(f"{number}: {', '.join(map(str, lines))}" for number, lines in of.items())


def settled_lines(ruled: Iterable[RuledLine]) -> tuple[int, ...]:
    """Return the numbers of the lines whose code is as ruled: nothing is left of it to be doubted."""
    settled = (each for each in ruled if each.status is RuledStatus.RULED and each.kind is RulingKind.CODE)
    return tuple(dict.fromkeys(each.line_no for each in settled))
