"""Acts on one declaration after its registration: lock, read all that stands, let the rules say what becomes of it, write, answer.

They are rare and heavy beside registrations and payments, so each has a transaction of its own. Whoever comes second reads what the first has
written: it is told what happened.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from haidang.balances import actions as balances
from haidang.balances.lookups import kinds_of, movements
from haidang.clearance import store
from haidang.clearance.actions import answers, serving, telling
from haidang.clearance.actions.answers import UNKNOWN_DECLARATION
from haidang.clearance.actions.authorising import authority_over, concerned_by
from haidang.clearance.actions.closing import OFFICE
from haidang.clearance.actions.passing import Answer, Envelope, Hands, not_now, refused, signature_refused
from haidang.clearance.lookups.ruled import ruled_rows
from haidang.clearance.rules.amending import After, Before, act_parts, with_goods_used
from haidang.clearance.rules.drawing import GOODS_KINDS
from haidang.clearance.rules.revising import SECOND_PERSON, pending
from haidang.clearance.terms import SETTLED_STATES, Condition, ConditionKind, State
from haidang.clearance.terms.acts import Authority
from haidang.clearance.terms.refusals import SettledAlready
from haidang.clearance.terms.revisions import CancellationPending, Revision, RevisionKind, RevisionPending
from haidang.declarations import actions as declarations
from haidang.declarations import lookups as declaration_rows
from haidang.declarations.actions import AmendedRows, Standing
from haidang.declarations.lookups import DeclarationRows
from haidang.declarations.terms import Declaration
from haidang.journal import actions as journal
from haidang.journal import lookups as journal_rows
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion, messages
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Received
from haidang.kernel.findings import Finding, Refusal
from haidang.ledger import actions as ledger
from haidang.ledger.lookups import booked
from haidang.ledger.rules import standing as standing_taxes
from haidang.ledger.terms import PreparedAdjustment
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.terms import Act
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import Scope
from haidang.platform.db import Transaction
from haidang.risk import actions as risk
from haidang.risk.terms import Decided
from haidang.rulings.terms import RuledLine

_INSTANT = timedelta(microseconds=1)


class Following(Struct, frozen=True, kw_only=True):
    """A signed message about the declaration `no11` on shard `shard_id`; `amendment_no` is the last digit when the sender gave it.

    `declared` is the declaration as it should be, where the message holds one. `power` is what an officer must hold who sends it, None when it is not an officer's; `text` what the officer says, `outside_reason` why one of
    another unit.
    """

    envelope: Envelope
    procedure: str
    shard_id: int
    no11: int
    amendment_no: int | None
    declared: Declaration | None = None
    power: Act | None = None
    text: str = ""
    outside_reason: str = ""


class Found(Struct, frozen=True):
    """A locked declaration with all that stands about it. `at` is the instant of the act, after that of the last."""

    standing: Standing
    rows: DeclarationRows
    before: Before
    last: Entry
    at: datetime
    standings: Standings
    revisions: tuple[Revision, ...] = ()
    authority: Authority | None = None

    @property
    def seq(self) -> int:
        """The journal's number of the act."""
        return self.standing.journal_seq + 1


class Written(Struct, frozen=True):
    """What an act writes and answers."""

    after: After
    body: bytes
    topics: tuple[str, ...]
    book_version: int
    decided: Decided | None = None
    version: AmendedRows | None = None
    amendment_no: int = 0
    asked: Revision | None = None
    decided_on: Revision | None = None
    adjusted: PreparedAdjustment | None = None
    ruled: tuple[RuledLine, ...] = ()
    """What advance rulings say of the lines that the message declares."""


Apply = Callable[[Transaction, Found], "Written | tuple[Finding, ...]"]


def follow(hands: Hands, each: Following, apply: Apply) -> Answer:
    """Let one message act on its declaration in one transaction; return the answer once it is committed.

    200 done; 409 not possible now, with what happened; 422 with findings; for a message that was answered before, the stored answer.
    """
    with hands.transaction() as transaction:
        standing = declarations.lock(transaction, [(each.shard_id, each.no11)]).get(each.no11)
        envelope = each.envelope
        trader_code = standing.trader_code if standing else ""
        key = MessageKey(each.shard_id, envelope.sender_id, trader_code, envelope.message_id)
        known = _answered_before(transaction, key, envelope) or signature_refused(envelope)
        if known is not None:
            return known
        at = hands.writer.ask_instant().instant()
        entrusting = each.declared.entrusting_party_code if each.declared is not None else ""
        standings = StandingQuestion(
            hands.directory, [trader_code, *([entrusting] if entrusting else ())], [envelope.sender_id],
            [envelope.certificate.thumbprint_sha256],
        ).standings()  # fmt: skip
        findings = answers.sender_findings(envelope, at, standings)
        if findings:
            return refused(findings)
        try:
            # Asked first: an officer who may not do this learns nothing of the declaration.
            authority = _authority(hands, each, standing, at)
            if standing is None or (each.power is not None and authority is None):
                return refused((UNKNOWN_DECLARATION,))
            found = _find(transaction, standing, at, standings, authority)
            written = apply(transaction, found)
        except Refusal as refusal:
            return not_now(refusal)
        if not isinstance(written, Written):
            return refused(written)
        written = replace(written, after=with_goods_used(found.before, written.after, found.seq))
        _write(hands, transaction, each, found, written)
        journal.keep_answers(transaction, [(key, envelope.sha256, 200, written.body)], found.at)
        return Answer(200, written.body)


def _answered_before(transaction: Transaction, key: MessageKey, envelope: Envelope) -> Answer | None:
    stored = InboxQuestion(transaction.connection, [key]).answers().get(0)
    if stored is None:
        return None
    if stored.sha256 == envelope.sha256:
        return Answer(stored.status, stored.answer)
    return refused((answers.OTHER_BYTES,))


def _authority(hands: Hands, each: Following, standing: Standing | None, at: datetime) -> Authority | None:
    """Return by what an officer acts; None for what is not an officer's, and for a file that the officer cannot know of."""
    if each.power is None:
        return None
    envelope = each.envelope
    powers = PowerQuestion(hands.directory, [envelope.certificate.thumbprint_sha256]).powers()
    about = (standing.customs_office_code[:OFFICE], concerned_by(hands, standing)) if standing is not None else None
    doing = each.procedure
    return authority_over(hands, powers, envelope, each.power, about, at, each.no11, each.outside_reason, doing)


def _find(
    transaction: Transaction, standing: Standing, at: datetime, standings: Standings, authority: Authority | None
) -> Found:
    key, connection = standing.key, transaction.connection
    obligation = ledger.lock(transaction, [key]).get(key[2])
    rows = declaration_rows.rows(connection, [key])[key[2]]
    last = journal_rows.entries(connection, [key])[key[2]][-1]
    ledger_rows = booked(connection, [key]).get(key[2])
    moved = movements(connection, [key]).get(key[2], [])
    kinds = kinds_of(connection, [(key[0], balance_id) for balance_id in {each.balance_id for each in moved}])
    before = Before(
        key=key,
        trader_code=standing.trader_code,
        registered_at=rows.fact("registered_at"),
        state=State(standing.state),
        channel=standing.channel,
        conditions=store.select(transaction, [key]).get(key[2], ()),
        totals=standing_taxes(
            declaration_rows.totals_of(rows.now),
            standing.trader_code,
            ledger_rows.transfers if ledger_rows else [],
            rows.versions[-1].journal_seq if rows.versions else 0,
        ),
        obligation=obligation,
        transfers=ledger_rows.transfers if ledger_rows else [],
        moved=[each for each in moved if kinds[each.balance_id] not in GOODS_KINDS],
        drawn=[each for each in moved if kinds[each.balance_id] in GOODS_KINDS],
    )
    revisions = store.select_revisions(transaction, [key]).get(key[2], ())
    return Found(standing, rows, before, last, max(at, last.acted_at + _INSTANT), standings, revisions, authority)


def declaring(transaction: Transaction, found: Found) -> bytes:
    """Return the bytes that declare what stands: of the last amendment, else of the registration or the draft it registered."""
    received = messages(transaction.connection, [found.before.key])[found.before.key[2]]
    if not found.rows.versions:
        return received[0].raw
    seq = found.rows.versions[-1].journal_seq
    asked = next((each.asked_seq for each in found.revisions if each.decided_seq == seq), seq)
    return next(each.raw for each in received if each.journal_seq == asked)


def refuse_pending(found: Found) -> None:
    """Raise CancellationPending or RevisionPending while something about the declaration waits for its decision."""
    if any(c.kind is ConditionKind.CANCELLATION and c.closed_at is None for c in found.before.conditions):
        raise CancellationPending
    if waiting := pending(found.revisions):
        raise RevisionPending(waiting, told=waiting.kind is RevisionKind.AMENDMENT or found.authority is not None)


def not_theirs(found: Found, sender_id: int) -> tuple[Finding, ...]:
    """Return nothing when the sender is the trader of the declaration or holds its mandate for the declaration's office now, else why it may not act."""
    scope, its = Scope.EXPORT if found.rows.fact("is_export") else Scope.IMPORT, found.standing
    return answers.stranger_findings(
        found.standings, sender_id, its.trader_code, (scope,), its.customs_office_code, UNKNOWN_DECLARATION, "/declaration_no"
    )  # fmt: skip


def other_amendment(each: Following, found: Found) -> tuple[Finding, ...]:
    """Return HD-AMENDMENT when the sender knows the declaration at another amendment than it stands at."""
    if each.amendment_no in (None, found.standing.amendment_no):
        return ()
    return (answers.other_amendment(each.no11, found.standing.amendment_no),)


def refuse_settled(found: Found, wanted: str) -> None:
    """Raise SettledAlready, with what happened, when the declaration is cleared, cancelled or closed otherwise."""
    if found.before.state in SETTLED_STATES:
        raise SettledAlready(found.before.state, found.last.act, found.last.acted_at, wanted)


def _write(hands: Hands, transaction: Transaction, each: Following, found: Found, written: Written) -> None:
    before, after, key, seq, envelope = found.before, written.after, found.before.key, found.seq, each.envelope
    opened, closed = _condition_rows(before.conditions, after.conditions, found)
    if closed and store.close(transaction, closed) != len(closed):
        raise declarations.LostRace("a condition was closed although its declaration was locked")
    store.insert(transaction, opened)
    ledger.adjust(transaction, after.transfers, before.obligation, after.obligation, after.change)
    moved = [*after.moved, *after.drawn]
    balances.move(
        transaction, moved, {(each.declaration_id, each.balance_id) for each in (*before.moved, *before.drawn)}
    )
    if written.decided is not None:
        risk.keep(transaction, [written.decided])
    version = None
    if written.version is not None:
        declarations.amend(transaction, key, written.amendment_no, written.version)
        version = written.version.digested
    state = after.states[-1] if after.states else before.state
    cleared_at = found.at if State.CLEARED in after.states else None
    rows = _revision_rows(transaction, each, found, written)
    if each.declared is not None and each.declared.particulars.attachments:
        attached = store.declared_documents(key, each.declared, seq)
        store.append(transaction, store.ATTACHED, attached)
        rows += attached
    if written.ruled:
        ruled = ruled_rows(key, written.ruled, seq)
        store.append(transaction, store.RULED, ruled)
        rows += ruled
    declarations.move(transaction, [(*key, found.standing.journal_seq, int(state), seq, cleared_at, after.channel)])
    entry = sealed(
        key, seq, each.procedure, envelope.sender_id, found.at, [int(each) for each in after.states], written.book_version,
        hands.writer.writer_id, previous=found.last.digest,
        parts=act_parts(
            envelope.sha256, opened, closed, after.transfers, after.change, written.decided, moved, version, rows
        ),
    )  # fmt: skip
    received = Received(
        *key, seq, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256, envelope.signature,
        envelope.raw,
    )  # fmt: skip
    journal.record(transaction, [entry], [received])
    told = telling.told(found.standing.declarant_id, found.standings.traders.get(found.standing.trader_code))
    recipients = sorted({*told, envelope.sender_id})
    subscribers = SubscriberQuestion(transaction.connection, recipients, telling.AFTERWARDS).subscribers()
    topics = (*written.topics, telling.CLEARED) if cleared_at else written.topics
    served = serving.notices(key[0], each.no11, seq, each.procedure, told, subscribers, found.at)
    journal.owe(
        transaction,
        [
            *served,
            *(
                notice
                for topic in topics
                for notice in telling.notices(key[0], topic, recipients, subscribers, written.body, found.at)
            ),
        ],
    )


def _revision_rows(
    transaction: Transaction, each: Following, found: Found, written: Written
) -> list[tuple[object, ...]]:
    """Write the officer's act, what is asked and what is decided; return their rows."""
    key, rows = found.before.key, list[tuple[object, ...]]()
    if found.authority is not None:
        channels = (found.before.channel, written.after.channel)
        two = written.decided_on if written.decided_on and written.decided_on.kind in SECOND_PERSON else None
        rows.append(
            store.act_row(key, found.seq, each.procedure, found.authority, found.at, each.text, channels, revision=two)
        )
        store.append(transaction, store.ACT, rows)
    if written.asked is not None:
        store.insert_revision(transaction, key, written.asked)
        rows.append(store.revision_row(key, written.asked))
    if written.decided_on is not None:
        if not store.decide_revision(transaction, key, written.decided_on):
            raise declarations.LostRace("a revision was decided although its declaration was locked")
        rows.append(store.revision_decided_row(key, written.decided_on))
    if written.adjusted is not None:
        rows.append(ledger.decide_adjustment(transaction, written.adjusted))
    return rows


def _condition_rows(
    was: tuple[Condition, ...], now: tuple[Condition, ...], found: Found
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return the rows of what the act opened, and of what it closed."""
    key, seq = found.before.key, found.seq
    still_open = {condition.condition_no for condition in was if condition.closed_at is None}
    known = {condition.condition_no for condition in was}
    opened = [store.opened_row(key, c, seq) for c in now if c.condition_no not in known]
    closed = [store.closed_row(key, c, seq) for c in now if c.condition_no in still_open and c.closed_at is not None]
    return opened, closed
