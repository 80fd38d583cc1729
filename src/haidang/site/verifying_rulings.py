"""The part of `haidang verify` about advance rulings: every file follows again from its signed bytes, step by step, under the law of each step's day."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
from msgspec.structs import replace

from haidang.clearance.actions.advance_rulings import journal_act
from haidang.clearance.actions.honouring import hold_against
from haidang.clearance.lookups.books import Books
from haidang.declarations.terms import Declaration
from haidang.gateway.messages.rulings import (
    RulingApplication,
    RulingStep,
    decode_ruling_application,
    decode_ruling_step,
)
from haidang.journal import lookups as journal
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, Received
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Refusal
from haidang.organisation.rules import Powers, in_force
from haidang.organisation.terms import Concerned
from haidang.parties.terms import Scope
from haidang.rulings.actions import ended_row
from haidang.rulings.lookups import RulingRows, file_row, held_before, ruling_files, ruling_row, strays
from haidang.rulings.rules import POWER_OF, Figures, applied, content_findings, move_of, period_findings, taken
from haidang.rulings.terms import Actor, AdvanceRuling, FileState, Outcome, RuledLine, RulingAct, RulingFile, Step
from haidang.site.verifying_conflicts import conflict_fault
from haidang.site.verifying_people import Whose

Add = Callable[[str, str, str], None]
BooksOf = Callable[[int], Books]
TAKEN_UP = timedelta(minutes=1)
"""How long a lane may need to learn that a trader has a ruling."""
Signed = Callable[[str, Received, datetime | None, Whose], None]


def check_rulings(
    connection: psycopg.Connection[Any], books_of: BooksOf, powers: Powers, signed: Signed, add: Add
) -> dict[str, tuple[AdvanceRuling, ...]]:
    """Take every step of every file again; report what differs from what is stored. Returns the rulings by tax code."""
    for stray in strays(connection):
        add("rulings", stray, "belongs to no file")
    found: dict[str, tuple[AdvanceRuling, ...]] = {}
    for rows in ruling_files(connection):
        trader = rows.file.trader_code
        found[trader] = (*found.get(trader, ()), *rows.rulings)
        key = rows.file.key
        # A ruling binds at every office, and so must the mandate.
        whose = Whose(trader, (Scope.IMPORT, Scope.EXPORT), "")
        entries = journal.entries(connection, [key]).get(key[2], [])
        messages = journal.messages(connection, [key]).get(key[2], [])
        again = _Again(rows, powers, lambda what, number=rows.file.application_no: add("rulings", number, what))  # type: ignore[misc]
        if len(entries) != len(rows.steps) or len(messages) != len(rows.steps):
            add("rulings", rows.file.application_no, f"{len(rows.steps)} steps, {len(entries)} of them in the journal")
            continue
        for step, entry, message in zip(rows.steps, entries, messages, strict=True):
            books = books_of(entry.book_version)
            again.take(step, entry, message, books, connection)
            signed(rows.file.application_no, message, entry.acted_at, whose)
        again.compare()
    return found


def rulings_on_file(connection: psycopg.Connection[Any]) -> dict[str, tuple[AdvanceRuling, ...]]:
    """Return the rulings of a server by tax code as they are stored, for those who do not judge them."""
    found: dict[str, tuple[AdvanceRuling, ...]] = {}
    for rows in ruling_files(connection):
        trader = rows.file.trader_code
        found[trader] = (*found.get(trader, ()), *rows.rulings)
    return found


def ruled_faults(
    declared: Declaration, ruled: Sequence[RuledLine], of: Mapping[str, Sequence[AdvanceRuling]], at: datetime
) -> Iterable[str]:
    """Yield where rulings as they are on file say something else of a declaration than was recorded at its registration.

    Whoever has a first ruling is known to the lanes a moment after it was issued: what was not applied within it is no fault.
    """
    its = of.get(declared.trader_code, ())
    again = set(hold_against(declared, its, at)) if its or ruled else set()
    fresh = {each.ruling_no for each in its if each.issued_at <= at < each.issued_at + TAKEN_UP}
    for each in set(ruled) - again:
        yield f"line {each.line_no}: ruling {each.ruling_no} does not say {each.status.name} of it"
    for each in again - set(ruled):
        if each.ruling_no not in fresh:
            yield f"line {each.line_no}: ruling {each.ruling_no} says {each.status.name} of it, and was passed over"


class _Again:
    """One file taken step by step from its bytes."""

    def __init__(self, rows: RulingRows, powers: Powers, add: Callable[[str], None]) -> None:
        self._rows, self._powers, self._add = rows, powers, add
        self._file: RulingFile | None = None
        self._rulings: dict[int, AdvanceRuling] = {}
        self._previous = b""

    def take(self, step: Step, entry: Entry, message: Received, books: Books, connection: Any) -> None:
        """Take one step again and compare its digest, its bytes and who could take it."""
        for fault in (*_said_otherwise(step, message, self._rows.file), *self._who(step, message)):
            self._add(f"step {step.seq} ({step.act}): {fault}")
        day = books.day(vn_date(step.at), connection)
        figures = Figures(day.codes.parameters, books.calendar)
        written = [self._rows.step_rows[step.seq - 1]] if 0 < step.seq <= len(self._rows.step_rows) else []
        if self._file is None:
            self._file = applied(_as_came(self._rows.file, step), figures)
            written.insert(0, file_row(self._file))
        else:
            findings = self._content_faults(step, day, figures)
            try:
                written += self._taken(self._file, step, figures)
            except Refusal as refusal:
                findings = (*findings, type(refusal).__name__)
            for told in findings:
                self._add(f"step {step.seq} ({step.act}) is refused today: {told}")
        states = [int(self._file.state)]
        again = sealed(
            self._file.key, step.seq, journal_act(step.act), message.sender_id, step.at, states, entry.book_version, entry.writer_id,
            previous=self._previous, parts=(sha256(message.raw).digest(), *written),
        )  # fmt: skip
        if again.digest != entry.digest:
            self._add(f"the rows of step {step.seq} ({step.act}) are not those it wrote")
        self._previous = entry.digest

    def _taken(self, file: RulingFile, step: Step, figures: Figures) -> list[Any]:
        stored = next((each for each in self._rows.rulings if each.issued_seq == step.seq), None)
        number = stored.ruling_no if stored is not None else ""
        held = held_before(self._rulings.values(), step.seq)
        result = taken(file, step, figures, lambda: number, held)
        written: list[Any] = []
        if result.end_reason and held is not None:
            by = result.issued.ruling_no if result.issued is not None else ""
            ended = replace(
                held, ended_at=step.at, ended_seq=step.seq, end_reason=str(result.end_reason), replaced_by=by
            )
            self._rulings[held.issued_seq] = ended
            written.append(ended_row(ended))
        if result.issued is not None:
            self._rulings[step.seq] = result.issued
            written.append(ruling_row(result.issued))
        self._file = result.file
        return written

    def _content_faults(self, step: Step, day: Any, figures: Figures) -> tuple[str, ...]:
        file = self._rows.file
        if step.act is not RulingAct.PROPOSE or step.outcome not in (Outcome.ISSUE, Outcome.REPLACE):
            return ()
        found = content_findings(file.kind, step.content, file.goods, day.tariff.entries, day.codes.lists)
        return tuple(each.code for each in (*found, *period_findings(step.valid_until, vn_date(step.at), figures)))

    def _who(self, step: Step, message: Received) -> Iterable[str]:
        """Yield why who took a step could not."""
        if self._file is None:
            return
        try:
            by = move_of(self._file, step.act, step.outcome).by
        except Refusal:
            return  # told where the step is taken again
        if by is Actor.TRADER:
            if step.power_id:
                yield "it is the applicant's and names a power"
            return
        if self._powers.officer(message.certificate_sha256) != step.by_code:
            yield f"signed by another than {step.by_code}"
        held = in_force(self._powers.of.get(step.by_code, ()), step.at)
        if not any(power.power_id == step.power_id and power.act is POWER_OF[by] for power in held):
            yield f"{step.by_code} did not hold the power {POWER_OF[by].name} then"
        concerned = Concerned((self._rows.file.trader_code,), self._rows.file.applicant_id)
        if fault := conflict_fault(self._powers, step.by_code, concerned, step.at):
            yield fault

    def compare(self) -> None:
        """Compare where the file stands, and its rulings, with what is stored."""
        if self._file != self._rows.file:
            self._add("it does not stand where its steps lead")
        if tuple(self._rulings.values()) != self._rows.rulings:
            self._add("its rulings are not those that were issued, or did not end so")


def _as_came(file: RulingFile, step: Step) -> RulingFile:
    return replace(
        file, submitted_at=step.at, state=FileState.SUBMITTED, seq=1, complete_at=None, complex=False, review_at=None, due_at=None,
        proposal=None, last_at=step.at,
    )  # fmt: skip


def _said_otherwise(step: Step, message: Received, file: RulingFile) -> Iterable[str]:
    """Yield where the signed bytes say something else than was recorded."""
    if step.act is RulingAct.APPLY:
        application = decode_ruling_application(message.raw)
        if not isinstance(application, RulingApplication):
            yield "the bytes are no application"
        elif (application.trader_code, application.kind, application.goods, application.asked) != (
            file.trader_code, file.kind, file.goods, file.asked,
        ):  # fmt: skip
            yield "the bytes ask for something else"
        elif (application.text, application.asked, application.documents) != (step.text, step.content, step.documents):
            yield "the bytes say something else"
        return
    said = decode_ruling_step(message.raw)
    if not isinstance(said, RulingStep) or said.trader_code != file.trader_code:
        yield "the bytes are no step of this trader's file"
    elif (said.act, said.text, said.outcome, said.content, said.valid_until, said.documents) != (
        step.act, step.text, step.outcome, step.content, step.valid_until, step.documents,
    ):  # fmt: skip
        yield "the bytes say something else"
