"""`file_rulings`: applications for advance rulings, and what traders and officers do in their files. Signed messages, journaled like acts on declarations.

Each file has a chain of its own in the journal. Officers need a power of theirs (whatever the unit), nobody decides on a proposal of their own, and
nobody acts for a party in which they have an interest.
"""

from datetime import date, datetime, timedelta

import msgspec
from msgspec import Struct

from haidang.clearance.actions import answers, naming
from haidang.clearance.actions.passing import Answer, Envelope, Hands, not_now, refused, signature_refused
from haidang.clearance.actions.telling_rulings import tell_decision
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms.refusals import OfficerNeeded, PowerMissing
from haidang.documents import lookups as documents
from haidang.journal import actions as journal
from haidang.journal import lookups as journal_rows
from haidang.journal.lookups import InboxQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import MessageKey, Received
from haidang.kernel.calendar import registered_month, vn_date
from haidang.kernel.findings import Finding, Refusal
from haidang.kernel.ids import shard_of, uuid7_batch
from haidang.organisation.actions import note_conflict
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.rules import Powers, conflict_over, powers_for
from haidang.organisation.terms import Concerned, ConflictOfInterest
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import Scope
from haidang.platform.db import Transaction
from haidang.rulings import actions as rulings
from haidang.rulings.actions import Stepped
from haidang.rulings.lookups import RulingRows, file_view, rows_of_number
from haidang.rulings.rules import POWER_OF, Figures, content_findings, move_of, period_findings
from haidang.rulings.terms import (
    Actor,
    Content,
    Outcome,
    RulingAct,
    RulingFile,
    RulingGoods,
    RulingKind,
    Step,
)

_INSTANT = timedelta(microseconds=1)
_BY_TRADER = (RulingAct.SUPPLEMENT, RulingAct.REQUEST_REVIEW)
_NEEDS_TEXT = (RulingAct.NEED_MORE, RulingAct.SUPPLEMENT, RulingAct.REQUEST_REVIEW, RulingAct.RETURN, RulingAct.PROPOSE)
_SCOPES = (Scope.IMPORT, Scope.EXPORT)


class Applying(Struct, frozen=True, kw_only=True):
    """A signed application of a trader or its agent."""

    envelope: Envelope
    trader_code: str
    kind: RulingKind
    goods: RulingGoods
    asked: Content
    text: str = ""
    documents: tuple[str, ...] = ()


class Stepping(Struct, frozen=True, kw_only=True):
    """A signed step in the file `number` (of the application or of a ruling of it)."""

    envelope: Envelope
    trader_code: str
    number: str
    act: RulingAct
    text: str = ""
    outcome: str = ""
    content: Content = Content()
    valid_until: date | None = None
    documents: tuple[str, ...] = ()


def file_rulings(hands: Hands, batch: list[Applying | Stepping]) -> list[Answer]:
    """Take applications and steps in one transaction; return one answer each, in order, once it is committed.

    201 an application with its number, 200 a step; 409 for who may not, or not now; 422 with all findings; for a message that was answered before, the
    stored answer.
    """
    with hands.transaction() as transaction:
        return [_answer(hands, transaction, each) for each in batch]


def _answer(hands: Hands, transaction: Transaction, each: Applying | Stepping) -> Answer:
    envelope = each.envelope
    key = MessageKey(shard_of(each.trader_code), envelope.sender_id, each.trader_code, envelope.message_id)
    # The file is locked before legal time is read: of two steps the later has the later instant.
    locked = rulings.lock(transaction, each.trader_code, each.number) if isinstance(each, Stepping) else None
    known = _answered_before(transaction, key, envelope) or signature_refused(envelope)
    if known is not None:
        return known
    at = hands.writer.ask_instant().instant()
    standings = StandingQuestion(
        hands.directory, [each.trader_code], [envelope.sender_id], [envelope.certificate.thumbprint_sha256]
    ).standings()
    if findings := answers.sender_findings(envelope, at, standings):
        return refused(findings)
    try:
        if isinstance(each, Applying):
            return _apply(hands, transaction, key, each, at, standings)
        return _step(hands, transaction, key, each, at, standings, locked)
    except Refusal as refusal:
        return not_now(refusal)


def _answered_before(transaction: Transaction, key: MessageKey, envelope: Envelope) -> Answer | None:
    stored = InboxQuestion(transaction.connection, [key]).answers().get(0)
    if stored is None:
        return None
    if stored.sha256 == envelope.sha256:
        return Answer(stored.status, stored.answer)
    return refused((answers.OTHER_BYTES,))


def figures_of(hands: Hands, day: DayBook) -> Figures:
    """Return the figures of the law of a day, with its calendar of working days."""
    return Figures(day.codes.parameters, hands.books.calendar)


def _not_theirs(
    standings: Standings, trader_code: str, sender_id: int, stranger: Finding, pointer: str
) -> tuple[Finding, ...]:
    """Return nothing when the sender may act in the trader's files, else why not: a ruling binds at every office, and so must the mandate."""
    return answers.stranger_findings(standings, sender_id, trader_code, _SCOPES, "", stranger, pointer)


def _apply(
    hands: Hands, transaction: Transaction, key: MessageKey, each: Applying, at: datetime, standings: Standings
) -> Answer:
    sender_id, nobody = each.envelope.sender_id, answers.no_mandate(each.trader_code)
    if stranger := _not_theirs(standings, each.trader_code, sender_id, nobody, nobody.pointer):
        return refused(stranger)
    day = hands.day(at)
    findings = content_findings(each.kind, each.asked, each.goods, day.tariff.entries, day.codes.lists)
    findings += _document_findings(transaction, each)
    if findings:
        return refused(findings)
    file_key = (key.shard_id, registered_month(at), uuid7_batch(int(at.timestamp() * 1000), 1)[0])
    file = RulingFile(
        key=file_key, application_no=rulings.application_no(hands.directory, at), kind=each.kind, trader_code=each.trader_code,
        applicant_id=each.envelope.sender_id, goods=each.goods, asked=each.asked, submitted_at=at,
    )  # fmt: skip
    step = Step(
        seq=1, act=RulingAct.APPLY, by_code=each.envelope.sender_code, at=at, text=each.text, content=each.asked,
        documents=each.documents,
    )  # fmt: skip
    stepped = rulings.put_on_file(transaction, file, step, figures_of(hands, day))
    return _write(hands, transaction, key, each, step, stepped, b"", 201)


def _step(
    hands: Hands, transaction: Transaction, key: MessageKey, each: Stepping, at: datetime, standings: Standings,
    locked: RulingRows | None,
) -> Answer:  # fmt: skip
    envelope, power_id = each.envelope, 0
    powers = PowerQuestion(hands.directory, [envelope.certificate.thumbprint_sha256]).powers()
    officer = powers.officer(envelope.certificate.thumbprint_sha256)
    if each.act in _BY_TRADER:
        if locked is None:
            return refused((UNKNOWN_FILE,))
        if stranger := _not_theirs(standings, each.trader_code, envelope.sender_id, UNKNOWN_FILE, "/sender"):
            return refused(stranger)
    else:
        # Asked before anything is said of a file: who may decide on no ruling learns of none.
        _any_power(powers, officer, at)
        if locked is None:
            return refused((UNKNOWN_FILE,))
    day = hands.day(at)
    figures = figures_of(hands, day)
    file = locked.file
    if file.last_at is not None:
        at = max(at, file.last_at + _INSTANT)
    move = move_of(file, each.act, each.outcome)
    if move.by is not Actor.TRADER:
        power_id = _power(powers, officer, move.by, at)
        conflict = conflict_over(
            powers.conflicts.get(officer or "", ()), Concerned((file.trader_code,), file.applicant_id), at
        )
        if conflict is not None:
            note_conflict(hands.directory, conflict, file.application_no, f"ruling:{each.act}")
            raise ConflictOfInterest(conflict)
    findings = _step_findings(each, file, day, at, figures) + _document_findings(transaction, each)
    if findings:
        return refused(findings)
    by = envelope.sender_code if move.by is Actor.TRADER else officer or ""
    step = Step(
        seq=file.seq + 1, act=each.act, by_code=by, power_id=power_id, at=at, text=each.text, outcome=each.outcome,
        content=each.content, valid_until=each.valid_until, documents=each.documents,
    )  # fmt: skip
    stepped = rulings.take_step(transaction, hands.directory, locked, step, figures)
    previous = journal_rows.entries(transaction.connection, [file.key])[file.key[2]][-1].digest
    return _write(hands, transaction, key, each, step, stepped, previous, 200)


def _document_findings(transaction: Transaction, each: Applying | Stepping) -> tuple[Finding, ...]:
    """Return a finding for each document that is referred to and is not on file for this trader."""
    if not each.documents:
        return ()
    places = [(number, f"/documents/{place}") for place, number in enumerate(each.documents)]
    known = documents.traders_of(transaction.connection, set(each.documents))
    return naming.document_findings(places, each.trader_code, known)


def _any_power(powers: Powers, officer: str | None, at: datetime) -> None:
    if officer is None:
        raise OfficerNeeded
    if not any(powers_for(powers.of.get(officer, ()), act, at) for act in POWER_OF.values()):
        raise PowerMissing(POWER_OF[Actor.ANALYST])


def _power(powers: Powers, officer: str | None, by: Actor, at: datetime) -> int:
    held = powers_for(powers.of.get(officer or "", ()), POWER_OF[by], at)
    if not held:
        raise PowerMissing(POWER_OF[by])
    return min(each.power_id for each in held)


def _step_findings(
    each: Stepping, file: RulingFile, day: DayBook, at: datetime, figures: Figures
) -> tuple[Finding, ...]:
    findings: tuple[Finding, ...] = ()
    if each.act in _NEEDS_TEXT and not each.text:
        findings += (TEXT_MISSING,)
    if each.act is RulingAct.PROPOSE and each.outcome in (Outcome.ISSUE, Outcome.REPLACE):
        findings += content_findings(file.kind, each.content, file.goods, day.tariff.entries, day.codes.lists)
        findings += period_findings(each.valid_until, vn_date(at), figures)
    return findings


def journal_act(act: RulingAct) -> str:
    """Return how the journal names a step."""
    return f"RULING:{act.value}"


def _write(
    hands: Hands, transaction: Transaction, key: MessageKey, each: Applying | Stepping, step: Step, stepped: Stepped,
    previous: bytes, status: int,
) -> Answer:  # fmt: skip
    file, envelope = stepped.file, each.envelope
    rows = rows_of_number(transaction, file.trader_code, file.application_no)
    assert rows is not None
    body = _encode(file_view(rows, step.at, for_customs=step.power_id > 0))
    entry = sealed(
        file.key, step.seq, journal_act(step.act), envelope.sender_id, step.at, [int(file.state)], hands.books.version,
        hands.writer.writer_id, previous=previous, parts=(envelope.sha256, *stepped.rows),
    )  # fmt: skip
    received = Received(
        *file.key, step.seq, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256, envelope.signature,
        envelope.raw,
    )  # fmt: skip
    journal.record(transaction, [entry], [received])
    if step.act is RulingAct.APPROVE:
        tell_decision(hands, transaction, stepped, step.at, _encode(file_view(rows, step.at)), _encode)
    journal.keep_answers(transaction, [(key, envelope.sha256, status, body)], step.at)
    return Answer(status, body)


UNKNOWN_FILE = Finding(
    code="HD-NOT-FOUND",
    pointer="/number",
    text_vi="Doanh nghiệp này không có hồ sơ xác định trước mang số này.",
    text_en="This trader has no file of an advance ruling with this number.",
    repair_vi="Kiểm tra số đơn hoặc số văn bản, và mã số thuế.",
    repair_en="Check the number of the application or ruling, and the tax code.",
)
TEXT_MISSING = Finding(
    code="HD-MISSING",
    pointer="/text",
    text_vi="Ghi rõ bằng lời: cần bổ sung gì, lý do hoặc căn cứ.",
    text_en="Say in words what is wanted, why, or on what ground.",
    repair_vi="Thêm nội dung vào trường text.",
    repair_en="Fill in the field text.",
)
_encode = msgspec.json.Encoder().encode
