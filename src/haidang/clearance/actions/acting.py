"""`act_on_files`: what officers do with a declaration before it is cleared, and the declarant's answers to their questions.

It runs as the other passes run: one transaction for a batch, declarations locked in key order, pure rules over what was locked, journal and answers last.
Of two officers who decide the same at once the second finds the decision of the first, with name and instant.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances import rules as balance_rules
from haidang.balances.lookups import movements
from haidang.clearance import store
from haidang.clearance.actions import answers, deeds, naming, once, serving, telling
from haidang.clearance.actions.authorising import authority_over, concerned_by
from haidang.clearance.actions.passing import Answer, Hands, not_now, refused
from haidang.clearance.lookups import OFFICE, condition_view, goods_view, question_view
from haidang.clearance.lookups.inspected import compared_view
from haidang.clearance.rules.drawing import GOODS_KINDS
from haidang.clearance.rules.inspecting import compared
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.officers import POWER_OF_DEED, deed_findings
from haidang.clearance.terms import Condition, State
from haidang.clearance.terms.acts import DECLARANTS, Authority, Deed, Proposal, Question
from haidang.declarations import actions as declarations
from haidang.declarations.actions import Standing
from haidang.declarations.lookups import goods_of, line_counts, payment_timings, rows
from haidang.documents import lookups as documents
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion, TailQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.kernel.findings import Finding, Refusal
from haidang.ledger import actions as ledger
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.rules import Powers
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import Scope
from haidang.platform.db import Transaction

_TOLD: dict[Deed, tuple[str, ...]] = {Deed.RELEASE: (telling.RELEASED,), Deed.RELEASE_TO_STORAGE: (telling.STORED,)}


class _Batch(Struct):
    """What one batch was read with, and what it writes."""

    hands: Hands
    at: datetime
    day: DayBook
    standings: Standings
    powers: Powers
    written: deeds.Written
    documents: Mapping[str, str]
    """For whom the documents that the messages name were given."""
    entries: list[Entry] = []
    received: list[Received] = []
    kept: list[tuple[MessageKey, bytes, int, bytes]] = []
    owed: list[Notice] = []


def act_on_files(hands: Hands, batch: list[deeds.Acting]) -> list[Answer]:
    """Apply acts of officers, and answers of declarants, in one transaction; return one answer each, in order, once it is committed.

    200 done, 409 not possible now or not for this person, 422 with findings; for a message that was answered before, the stored answer.
    """
    with hands.transaction() as transaction:
        return _act(hands, transaction, batch)


def _act(hands: Hands, transaction: Transaction, batch: list[deeds.Acting]) -> list[Answer]:
    locked = declarations.lock(transaction, sorted({(each.shard_id, each.no11) for each in batch}))
    keys = [once.message_key(each, locked) for each in batch]
    with transaction.connection.pipeline():
        instant = hands.writer.ask_instant()
        inbox_question = InboxQuestion(transaction.connection, keys)
        tails = TailQuestion(
            transaction.connection, [(*standing.key, standing.journal_seq) for standing in locked.values()]
        )
    thumbprints = sorted({each.envelope.certificate.thumbprint_sha256 for each in batch})
    senders = sorted({each.envelope.sender_id for each in batch})
    traders = sorted({standing.trader_code for standing in locked.values()})
    standings = StandingQuestion(hands.directory, traders, senders, thumbprints).standings()
    powers = PowerQuestion(hands.directory, thumbprints).powers()
    told = {
        no11: telling.told(its.declarant_id, standings.traders.get(its.trader_code)) for no11, its in locked.items()
    }
    everybody = sorted({one for its in told.values() for one in its})
    subscribers = SubscriberQuestion(transaction.connection, everybody, telling.ACTS).subscribers()
    at, inbox = instant.instant(), inbox_question.answers()
    files = _read_files(transaction, locked, tails, at)
    _read_owed(transaction, files, {each.no11 for each in batch if each.deed is Deed.RELEASE})
    _read_drawn(transaction, files)
    _read_declared(transaction, files, {each.no11 for each in batch if each.deed is Deed.INSPECTION_RESULT})
    run = _Batch(hands, at, hands.day(at), standings, powers, deeds.Written(), _documents(transaction, batch))
    first_of: dict[MessageKey, int] = {}
    result: list[Answer] = []
    for ordinal, (each, key) in enumerate(zip(batch, keys, strict=True)):
        answer = once.answered_before(each, key, inbox.get(ordinal), first_of, batch, result)
        if answer is None:
            file = files.get(each.no11)
            answer = _apply(run, each, file)
            if answer.kept:
                first_of[key] = ordinal
                run.kept.append((key, each.envelope.sha256, answer.status, answer.body))
            if file is not None:
                run.owed += _notices(each, file, answer, told[each.no11], subscribers, at)
        result.append(answer)
    _write(transaction, files, run)
    return result


def _documents(transaction: Transaction, batch: list[deeds.Acting]) -> Mapping[str, str]:
    named = {number for each in batch for number in each.documents}
    return documents.traders_of(transaction.connection, named) if named else {}


def _notices(
    each: deeds.Acting,
    file: deeds.File,
    answer: Answer,
    told: list[int],
    subscribers: telling.Subscribers,
    at: datetime,
) -> list[Notice]:
    """Return what is owed to declarant and trader about a deed: that it was served, and what became of the goods."""
    its, owed = file.standing, list[Notice]()
    if answer.status == 200:
        owed += serving.notices(its.shard_id, each.no11, file.seq, each.deed.value, told, subscribers, at)
    for topic in _topics(each, file, answer):
        owed += telling.notices(its.shard_id, topic, told, subscribers, answer.body, at)
    return owed


def _topics(each: deeds.Acting, file: deeds.File, answer: Answer) -> tuple[str, ...]:
    """Return what is told of a deed: that the goods were released or stored, and, once, that they are cleared."""
    topics = _TOLD.get(each.deed, ()) if answer.kept else ()
    if file.cleared_at is None or file.told:
        return topics
    file.told = True
    return (*topics, telling.CLEARED)


def _read_files(
    transaction: Transaction, locked: dict[int, Standing], tails: TailQuestion, at: datetime
) -> dict[int, deeds.File]:
    digests = tails.digests()
    keys = sorted(standing.key for standing in locked.values())
    if not keys:
        return {}
    conditions = store.select(transaction, keys)
    proposals, questions = store.select_proposals(transaction, keys), store.select_questions(transaction, keys)
    moves, counts = store.select_last_moves(transaction, keys), line_counts(transaction, keys)
    files = {}
    for no11, standing in locked.items():
        one = standing.declaration_id
        its = conditions.get(one, ())
        files[no11] = deeds.File(
            standing, its, proposals.get(one, ()), questions.get(one, ()), moves.get(one, ("", None)), counts[one],
            State(standing.state), standing.channel, standing.journal_seq, digests[one],
            _not_before(at, its, proposals.get(one, ()), questions.get(one, ()), moves.get(one)),
        )  # fmt: skip
    return files


def _read_owed(transaction: Transaction, files: dict[int, deeds.File], wanted: set[int]) -> None:
    """Read what is owed on the files of which release is to be decided."""
    keys = sorted(files[no11].standing.key for no11 in wanted & files.keys())
    if not keys:
        return
    obligations, timings = ledger.lock(transaction, keys), payment_timings(transaction, keys)
    for no11 in wanted & files.keys():
        one = files[no11].standing.declaration_id
        outstanding_vnd = obligations[one].outstanding_vnd if one in obligations else 0
        files[no11].owed = (outstanding_vnd, timings[one])


def _read_declared(transaction: Transaction, files: dict[int, deeds.File], wanted: set[int]) -> None:
    """Read what the files declare of which an inspection is to be recorded."""
    for no11 in sorted(wanted & files.keys()):
        its = files[no11]
        its.declared = goods_of(rows(transaction.connection, [its.standing.key])[its.standing.declaration_id].now)


def _read_drawn(transaction: Transaction, files: dict[int, deeds.File]) -> None:
    """Read what the files have drawn of goods on file, and lock that: a deed that clears the goods uses it up."""
    moved = movements(transaction.connection, sorted(file.standing.key for file in files.values())) if files else {}
    held = {(each[0].shard_id, balance_id) for each in moved.values() for balance_id in balance_rules.held(each)}
    kinds = balances.lock_held(transaction, held)
    for file in files.values():
        its = moved.get(file.standing.declaration_id, [])
        file.drawn = [each for each in its if kinds.get(each.balance_id) in GOODS_KINDS]


def _not_before(
    at: datetime, conditions: tuple[Condition, ...], proposals: tuple[Proposal, ...], questions: tuple[Question, ...],
    moved: tuple[str, datetime] | None,
) -> datetime:  # fmt: skip
    """Return the instant, or that of the last act when another writer's clock was ahead: on one declaration time never runs back."""
    acts = [instant for each in conditions for instant in (each.opened_at, each.closed_at)]
    acts += [instant for each in proposals for instant in (each.proposed_at, each.decided_at)]
    acts += [instant for each in questions for instant in (each.asked_at, each.answered_at)]
    return max([at, *(instant for instant in acts if instant is not None), *((moved[1],) if moved else ())])


def _apply(run: _Batch, each: deeds.Acting, file: deeds.File | None) -> Answer:
    findings = answers.sender_findings(each.envelope, run.at, run.standings) + deed_findings(
        each.deed, msgspec.structs.asdict(each)
    )
    if findings:
        return refused(findings)
    if file is not None and each.deed in DECLARANTS and (stranger := _not_theirs(run, each, file)):
        return refused(stranger)
    try:
        authority = _authority(run, each, file)
        if file is None or authority is None:
            return refused((answers.UNKNOWN_DECLARATION,))
        if each.amendment_no is not None and each.amendment_no != file.standing.amendment_no:
            return refused((answers.other_amendment(each.no11, file.standing.amendment_no),))
        places = [(number, f"/documents/{place}") for place, number in enumerate(each.documents)]
        if unknown := naming.document_findings(places, file.standing.trader_code, run.documents):
            return refused(unknown)
        return _record(run, each, file, authority, deeds.DEEDS[each.deed](run.day, each, file, authority))
    except Refusal as refusal:
        return not_now(refusal)


def _not_theirs(run: _Batch, each: deeds.Acting, file: deeds.File) -> tuple[Finding, ...]:
    """Return nothing when a declarant is the trader of the file or holds its mandate for the file's direction and office, else why it may not act."""
    its, sender_id = file.standing, each.envelope.sender_id
    scope = Scope.EXPORT if declarations.is_export_number(each.no11) else Scope.IMPORT
    return answers.stranger_findings(
        run.standings, sender_id, its.trader_code, (scope,), its.customs_office_code, answers.UNKNOWN_DECLARATION, "/declaration_no"
    )  # fmt: skip


def _authority(run: _Batch, each: deeds.Acting, file: deeds.File | None) -> Authority | None:
    """Return by what somebody acts; None when an officer cannot know of the file. A declarant, who was let in before, answers and asks as itself."""
    envelope = each.envelope
    if each.deed in DECLARANTS:
        return Authority(envelope.sender_code, 0, "")
    about, at = None, run.at
    if file is not None:
        about, at = (file.standing.customs_office_code[:OFFICE], concerned_by(run.hands, file.standing)), file.at
    power, doing = POWER_OF_DEED[each.deed], each.deed.value
    return authority_over(run.hands, run.powers, envelope, power, about, at, each.no11, each.outside_reason, doing)


def _record(run: _Batch, each: deeds.Acting, file: deeds.File, authority: Authority, move: deeds.Move) -> Answer:
    """Note the act in the journal and move the declaration in memory; the rows are written once for the batch."""
    file.seq += 1
    key, envelope, channel = file.standing.key, each.envelope, move.channel or file.channel
    if each.deed not in DECLARANTS:
        channels = (file.channel, channel)
        move.written.acts = [
            store.act_row(key, file.seq, each.deed, authority, file.at, each.text, channels, move.decided)
        ]
    if channel != file.channel:
        file.moved_by = (authority.officer_code, file.at)
    move.written.attached = store.attached_rows(key, file.seq, each.documents)
    file.conditions, file.channel = move.conditions, channel
    file.proposals = file.proposals if move.proposals is None else move.proposals
    file.questions = file.questions if move.questions is None else move.questions
    if move.states:
        file.state = move.states[-1]
        if State.CLEARED in move.states:
            file.cleared_at = file.at
            move.written.moved = balance_rules.used_up(key, file.drawn, (), file.seq)
            file.drawn = [*file.drawn, *move.written.moved]
    run.written.add(move.written)
    entry = sealed(
        key, file.seq, each.deed.value, envelope.sender_id, file.at, [int(state) for state in move.states], run.day.version,
        run.hands.writer.writer_id, previous=file.tail, parts=(envelope.sha256, *move.written.parts()),
    )  # fmt: skip
    file.tail = entry.digest
    run.entries.append(entry)
    run.received.append(
        Received(
            *key, file.seq, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256,
            envelope.signature, envelope.raw,
        )
    )  # fmt: skip
    return Answer(200, _encode(_view(each, file, move)))


def _view(each: deeds.Acting, file: deeds.File, move: deeds.Move) -> dict[str, object]:
    view: dict[str, object] = {
        "declaration_no": answers.declaration_no(each.no11, file.standing.amendment_no),
        "act": each.deed.value,
        "state": file.state.name.lower(),
        "channel": file.channel,
        "cleared": file.state is State.CLEARED,
        **goods_view(file.state, file.conditions),
        "open_conditions": [condition_view(c) for c in file.conditions if c.closed_at is None],
    }
    if move.proposals:
        view["proposal_no"] = move.decided.proposal_no if move.decided else move.proposals[-1].proposal_no
    if move.written.attached:
        view["documents"] = [row[-1] for row in move.written.attached]
    if each.deed is Deed.INSPECTION_RESULT:
        view["found"] = [compared_view(line) for line in compared(file.declared, each.lines)]
    if move.questions:
        view["questions"] = [question_view(question) for question in move.questions]
    return view


def _write(transaction: Transaction, files: dict[int, deeds.File], run: _Batch) -> None:
    written = run.written
    if written.closed and store.close(transaction, written.closed) != len(written.closed):
        raise declarations.LostRace("a condition was closed although its declaration was locked")
    store.insert(transaction, written.opened)
    store.append(transaction, store.PROPOSED, written.proposed)
    if written.decided and store.decide(transaction, written.decided) != len(written.decided):
        raise declarations.LostRace("a proposal was decided although its declaration was locked")
    store.append(transaction, store.ASKED, written.asked)
    if written.answered and store.answer(transaction, written.answered) != len(written.answered):
        raise declarations.LostRace("a question was answered although its declaration was locked")
    store.append(transaction, store.ACT, written.acts)
    store.append(transaction, store.ORDER, written.orders)
    store.append(transaction, store.LINE, written.lines)
    store.append(transaction, store.EVIDENCE, written.evidence)
    store.append(transaction, store.ATTACHED, written.attached)
    balances.move(transaction, written.moved)
    declarations.move(
        transaction,
        [
            (*file.standing.key, file.standing.journal_seq, int(file.state), file.seq, file.cleared_at, file.channel)
            for file in sorted(files.values(), key=lambda file: file.standing.key)
            if file.seq != file.standing.journal_seq
        ],
    )  # fmt: skip
    journal.record(transaction, run.entries, run.received)
    journal.owe(transaction, run.owed)
    journal.keep_answers(transaction, run.kept, run.at)


_encode = msgspec.json.Encoder().encode
