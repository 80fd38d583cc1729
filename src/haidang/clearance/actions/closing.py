"""`close_conditions`: a payment, an arrival, a result comes in and clears the goods in the same transaction when it was the last.

It runs as registration runs: one transaction for a batch, rows locked in key order, pure rules over what was locked, journal and answers last.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances import rules as balance_rules
from haidang.balances.lookups import movements
from haidang.balances.terms import BalanceKind, Movement
from haidang.clearance import store
from haidang.clearance.actions import answers, once, paying, serving, telling
from haidang.clearance.actions.authorising import authority_over, concerned_by
from haidang.clearance.actions.passing import Answer, Envelope, Hands, not_now, refused
from haidang.clearance.lookups import OFFICE, condition_view
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules.amending import CLEARED_STATES
from haidang.clearance.rules.drawing import GOODS_KINDS
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.officers import POWER_OF_RESULT
from haidang.clearance.rules.releasing import place_of
from haidang.clearance.rules.revising import Late
from haidang.clearance.rules.states import follow, open_kinds
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Authority
from haidang.clearance.terms.goods import OtherPlace
from haidang.clearance.terms.refusals import FailedAlready, NotTheirsToClose
from haidang.declarations import actions as declarations
from haidang.declarations.actions import Standing
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion, TailQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.kernel.findings import Refusal
from haidang.kernel.ids import uuid7_batch
from haidang.ledger import actions as ledger
from haidang.ledger import rules as ledger_rules
from haidang.ledger.terms import Obligation, ObligationChange, Suspense, Transfer
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.rules import Powers
from haidang.parties.standing import StandingQuestion, Standings
from haidang.platform.db import Transaction
from haidang.platform.pipelining import JoinedTransaction


class Closing(Struct, frozen=True, kw_only=True):
    """A signed message that may close a condition of the declaration `no11` on shard `shard_id`.

    `by` is what the sender is to customs. A payment has `amount_vnd` and `payer_code`; a result has `passed`; an arrival the place where the goods are.
    """

    envelope: Envelope
    procedure: str
    shard_id: int
    no11: int
    amendment_no: int | None
    kind: ConditionKind
    by: Owner
    evidence: str
    condition_no: int | None = None
    passed: bool = True
    note: str = ""
    amount_vnd: int = 0
    payer_code: str = ""
    outside_reason: str = ""
    place_code: str = ""


class _Open(Struct):
    """A locked declaration as it stands while the messages of the batch are applied one by one."""

    standing: Standing
    conditions: tuple[Condition, ...]
    obligation: Obligation | None
    state: State
    seq: int
    tail: bytes
    """Digest of the last act."""
    at: datetime
    """The instant of acts on this declaration: legal time, never before its last act."""
    moved: list[Movement]
    """What the declaration has taken of guarantees and given back so far; a payment gives back no goods."""
    drawn: list[Movement]
    """What it has drawn of goods on file so far; read when the batch may clear it."""
    late: Late | None = None
    """What interest is computed from; read for what is cleared already and paid only now."""
    changes: list[ObligationChange] = []
    """What interest that payments of this batch have left behind made of the obligation."""
    cleared_at: datetime | None = None
    told: bool = False


class _Done(Struct):
    """Rows that the batch writes, and the powers of the officers who sent messages of it."""

    powers: Powers
    acts: list[tuple[object, ...]]
    closed: list[tuple[Any, ...]]
    opened: list[tuple[object, ...]]
    transfers: list[Transfer]
    reductions: list[tuple[int, int, Any, int]]
    suspense: list[Suspense]
    entries: list[Entry]
    received: list[Received]
    kept: list[tuple[MessageKey, bytes, int, bytes]]
    owed: list[Notice]
    moved: list[Movement]
    late: dict[UUID, Obligation]
    """Obligations of cleared declarations that were paid, as they were locked."""


def close_conditions(hands: Hands, batch: list[Closing]) -> list[Answer]:
    """Apply payments, arrivals and results in one transaction; return one answer each, in order, once it is committed.

    200 closed (and whether the goods are cleared), 202 money kept in suspense, 409 not possible now with the reason, 422 with findings; for a message
    that was answered before, the stored answer.
    """
    with hands.joined(len(batch)) as transaction:
        return _close(hands, transaction, batch)


def _close(hands: Hands, transaction: JoinedTransaction, batch: list[Closing]) -> list[Answer]:
    locked = declarations.lock(transaction, sorted({(each.shard_id, each.no11) for each in batch}))
    keys = [once.message_key(each, locked) for each in batch]
    with transaction.together() as together:
        instant = hands.writer.ask_instant(together)
        inbox_question = InboxQuestion(together, keys)
        tail_question = TailQuestion(together, [(*its.key, its.journal_seq) for its in locked.values()])
        standing_question = StandingQuestion(
            hands.directory_asker(together), sorted({its.trader_code for its in locked.values()}),
            sorted({each.envelope.sender_id for each in batch}),
            sorted({each.envelope.certificate.thumbprint_sha256 for each in batch}),
        )  # fmt: skip
    standings = standing_question.standings()
    thumbprints = sorted({each.envelope.certificate.thumbprint_sha256 for each in batch if each.by is Owner.CUSTOMS})
    powers = PowerQuestion(hands.directory, thumbprints).powers() if thumbprints else Powers({}, {})
    told = {
        no11: telling.told(its.declarant_id, standings.traders.get(its.trader_code)) for no11, its in locked.items()
    }
    everybody = sorted({one for its in told.values() for one in its})
    subscribers = SubscriberQuestion(transaction.connection, everybody, telling.TOPICS).subscribers()
    at, inbox = instant.instant(), inbox_question.answers()
    day = hands.day(at)
    is_paying = any(each.kind is ConditionKind.TAX for each in batch)
    open_by_no = _read_open(
        transaction, locked, is_paying, tail_question.digests(), at, Counter(each.no11 for each in batch)
    )
    if is_paying:
        _read_late(transaction, open_by_no)
    done = _Done(powers, [], [], [], [], [], [], [], [], [], [], [], {})
    first_of: dict[MessageKey, int] = {}
    result: list[Answer] = []
    for ordinal, (each, key) in enumerate(zip(batch, keys, strict=True)):
        known = once.answered_before(each, key, inbox.get(ordinal), first_of, batch, result)
        if known is None:
            known = _apply(hands, each, open_by_no.get(each.no11), at, day, standings, done)
            if known.kept:
                first_of[key] = ordinal
                done.kept.append((key, each.envelope.sha256, known.status, known.body))
            found = open_by_no.get(each.no11)
            if found is not None and known.status == 200:
                done.owed += serving.notices(
                    found.standing.shard_id, each.no11, found.seq, each.procedure, told[each.no11], subscribers, at
                )  # fmt: skip
            if found is not None and found.cleared_at is not None and not found.told:
                found.told = True
                standing = found.standing
                done.owed += telling.notices(
                    standing.shard_id, telling.CLEARED, told[each.no11], subscribers, known.body, at
                )
        result.append(known)
    _write(transaction, open_by_no, done, at)
    return result


def _read_open(
    transaction: Transaction, locked: dict[int, Standing], is_paying: bool, tails: dict[UUID, bytes], at: datetime,
    messages: Mapping[int, int],
) -> dict[int, _Open]:  # fmt: skip
    """Read the locked declarations, lock what they owe, and the balances they hold: a payment (`is_paying`) gives guarantees back, and what the batch may clear
    (as many `messages` about it as conditions are open) uses up its goods.
    """
    keys = sorted(standing.key for standing in locked.values())
    obligations = ledger.lock(transaction, keys)
    conditions = store.select(transaction, keys) if keys else {}
    clearing = any(
        sum(each.closed_at is None for each in conditions.get(standing.declaration_id, ())) <= messages[no11]
        for no11, standing in locked.items()
    )
    moved = movements(transaction.connection, keys) if keys and (is_paying or clearing) else {}
    kinds = balances.lock_held(
        transaction,
        {(each[0].shard_id, balance_id) for each in moved.values() for balance_id in balance_rules.held(each)},
    )
    return {
        no11: _Open(
            standing,
            conditions.get(standing.declaration_id, ()),
            obligations.get(standing.declaration_id),
            State(standing.state),
            standing.journal_seq,
            tails[standing.declaration_id],
            _not_before(at, conditions.get(standing.declaration_id, ())),
            [
                each
                for each in moved.get(standing.declaration_id, [])
                if kinds.get(each.balance_id) == BalanceKind.GUARANTEE
            ],
            [each for each in moved.get(standing.declaration_id, []) if kinds.get(each.balance_id) in GOODS_KINDS],
        )
        for no11, standing in locked.items()
    }


def _read_late(transaction: Transaction, open_by_no: dict[int, _Open]) -> None:
    """Read what interest is computed from, for what is cleared and still owes."""
    owing = [
        found
        for found in open_by_no.values()
        if found.state in CLEARED_STATES and found.obligation is not None and found.obligation.outstanding_vnd
    ]
    late = paying.read_late(transaction, [(found.standing.key, found.standing.registered_at) for found in owing])
    for found in owing:
        found.late = late[found.standing.declaration_id]


def _not_before(at: datetime, conditions: tuple[Condition, ...]) -> datetime:
    """Return the instant, or that of the last act when another writer's clock was ahead: on one declaration time never runs back."""
    acts = [c.opened_at for c in conditions] + [c.closed_at for c in conditions if c.closed_at is not None]
    return max([at, *acts])


def _apply(
    hands: Hands, each: Closing, found: _Open | None, at: datetime, day: DayBook, standings: Standings, done: _Done
) -> Answer:
    findings = answers.sender_findings(each.envelope, at, standings)
    if findings:
        return refused(findings)
    try:
        each = _at_storage(each, found)
        # Asked first: who may close nothing of this kind learns nothing of the declaration.
        if each.by not in condition_rules.CLOSERS[each.kind]:
            raise NotTheirsToClose(each.kind, each.by, condition_rules.CLOSERS[each.kind])
        authority = _authority(hands, each, found, at, done.powers)
        if found is None or (each.by is Owner.CUSTOMS and authority is None):
            return refused((answers.UNKNOWN_DECLARATION,))
        if each.amendment_no is not None and each.amendment_no != found.standing.amendment_no:
            return refused((answers.other_amendment(each.no11, found.standing.amendment_no),))
        if each.kind is ConditionKind.TAX:
            return _take_money(hands, each, found, day, done)
        if not each.passed:
            return _failed(hands, each, found, day, done, authority)
        return _close_one(hands, each, found, day, done, authority)
    except Refusal as refusal:
        return not_now(refusal)


def _at_storage(each: Closing, found: _Open | None) -> Closing:
    """Return the message as one about the arrival at the place of storage when that is what the goods are awaited at; the trader may report it too."""
    if each.kind is not ConditionKind.ARRIVAL or found is None:
        return each
    place = place_of(found.conditions)
    if not place or (each.by is Owner.TRADER and each.envelope.sender_code != found.standing.trader_code):
        return each
    if each.by in condition_rules.CLOSERS[ConditionKind.STORAGE_ARRIVAL] and each.place_code != place:
        raise OtherPlace
    return msgspec.structs.replace(each, kind=ConditionKind.STORAGE_ARRIVAL)


def _authority(hands: Hands, each: Closing, found: _Open | None, at: datetime, powers: Powers) -> Authority | None:
    """Return by what an officer sends a result; None for everybody else, and for a file that the officer cannot know of."""
    if each.by is not Owner.CUSTOMS:
        return None
    about = None
    if found is not None:
        about, at = (found.standing.customs_office_code[:OFFICE], concerned_by(hands, found.standing)), found.at
    power, doing = POWER_OF_RESULT[each.kind], each.procedure
    return authority_over(hands, powers, each.envelope, power, about, at, each.no11, each.outside_reason, doing)


def _take_money(hands: Hands, each: Closing, found: _Open, day: DayBook, done: _Done) -> Answer:
    reason = _why_suspense(each, found)
    if reason:
        return _suspend(hands, each, found, day, reason, done)
    if ConditionKind.TAX not in open_kinds(found.conditions):
        return _settle(hands, each, found, day, done)
    return _close_one(hands, each, found, day, done)


def _close_one(
    hands: Hands, each: Closing, found: _Open, day: DayBook, done: _Done, authority: Authority | None = None
) -> Answer:
    """Close the condition that the message is about, and clear the goods when it was the last."""
    sender = each.envelope.sender_code
    one = condition_rules.meant(found.conditions, each.kind, each.by, sender, each.condition_no)
    conditions = condition_rules.close(
        found.conditions, each.kind, each.by, found.at, each.evidence,
        closed_by=authority.officer_code if authority else sender, condition_no=one.condition_no,
    )  # fmt: skip
    states = follow(found.state, found.standing.channel, conditions)
    seq = found.seq + 1
    closed = next(new for new, old in zip(conditions, found.conditions, strict=True) if new is not old)
    row = store.closed_row(found.standing.key, closed, seq)
    rows = _pay(hands, each, found, day, done)
    done.closed.append(row)
    _record(hands, each, found, conditions, states, day, done, (row, *rows), authority)
    return Answer(200, _encode(_view(each, found, conditions, closed, rows)))


def _settle(hands: Hands, each: Closing, found: _Open, day: DayBook, done: _Done) -> Answer:
    """Take the payment of a tax that was secured: nobody awaits it, the guarantee is given back, and the declaration stays where it is."""
    rows = _pay(hands, each, found, day, done)
    _record(hands, each, found, found.conditions, (), day, done, (None, *rows))
    return Answer(200, _encode(_view(each, found, found.conditions, None, rows)))


def _why_suspense(each: Closing, found: _Open) -> str:
    """A notice pays what is outstanding exactly, or the money waits for a person and releases nothing."""
    if found.state in (State.CANCELLED, State.EXPIRED):
        return "the declaration is cancelled"
    if found.obligation is None or not found.obligation.outstanding_vnd:
        return "nothing is outstanding"
    if each.amount_vnd != found.obligation.outstanding_vnd:
        return f"{each.amount_vnd} đ was paid, {found.obligation.outstanding_vnd} đ is outstanding"
    return ""


def _suspend(hands: Hands, each: Closing, found: _Open, day: DayBook, reason: str, done: _Done) -> Answer:
    """Keep money that pays nothing outstanding: booked as collected, owed to whoever it belongs to, an act on the declaration it named."""
    suspense_id = uuid7_batch(int(found.at.timestamp() * 1000), 1)[0]
    standing, envelope = found.standing, each.envelope
    transfer = ledger_rules.suspended(
        standing.key, suspense_id, envelope.sender_code, each.amount_vnd, found.seq + 1, found.at
    )
    done.transfers.append(transfer)
    done.suspense.append(
        Suspense(
            standing.shard_id,
            suspense_id,
            envelope.sender_id,
            each.evidence,
            str(each.no11),
            each.amount_vnd,
            reason,
            found.at,
        )
    )
    _record(hands, each, found, found.conditions, (), day, done, (None, transfer, []))
    return Answer(202, _encode({"suspense_id": str(suspense_id), "amount_vnd": each.amount_vnd, "reason": reason}))


def _pay(hands: Hands, each: Closing, found: _Open, day: DayBook, done: _Done) -> tuple[Any, ...]:
    """Book a payment of all that is outstanding, give back the guarantees that stood for it, and owe the interest when it came late; return its rows."""
    if each.kind is not ConditionKind.TAX or found.obligation is None:
        return None, []
    standing, owed, seq = found.standing, found.obligation, found.seq + 1
    transfer = ledger_rules.paid(
        standing.key, standing.trader_code, each.envelope.sender_code, each.amount_vnd, seq, found.at
    )
    done.transfers.append(transfer)
    found.obligation = msgspec.structs.replace(owed, outstanding_vnd=0)
    released = balance_rules.released(standing.key, found.moved, seq)
    found.moved = [*found.moved, *released]
    done.moved += released
    if found.late is None:
        done.reductions.append((*standing.key, each.amount_vnd))
        return transfer, released
    charged = paying.charged(hands, found.late, owed, found.obligation, day, seq, found.at)
    found.late = msgspec.structs.replace(found.late, transfers=[*found.late.transfers, transfer, *charged[:1]])
    if not charged:
        done.late.setdefault(standing.declaration_id, owed)
        return transfer, released
    interest, found.obligation, change = charged
    done.late.setdefault(standing.declaration_id, owed)
    done.transfers.append(interest)
    found.changes = [*found.changes, change]
    return transfer, released, interest, change


def _failed(
    hands: Hands, each: Closing, found: _Open, day: DayBook, done: _Done, authority: Authority | None
) -> Answer:
    """A result that is not good keeps its condition open and holds the goods until customs decides."""
    sender = each.envelope.sender_code
    one = condition_rules.meant(found.conditions, each.kind, each.by, sender, each.condition_no)
    about = f"{one.kind.name} {one.condition_no}: "
    holds = (c for c in found.conditions if c.kind is ConditionKind.HOLD and c.closed_at is None)
    if any(hold.detail.startswith(about) for hold in holds):
        raise FailedAlready
    detail = about + (each.note or each.evidence)
    conditions = condition_rules.open_another(found.conditions, day.conditions, "ordered", found.at, detail)
    states = follow(found.state, found.standing.channel, conditions)
    row = store.opened_row(found.standing.key, conditions[-1], found.seq + 1)
    done.opened.append(row)
    _record(hands, each, found, conditions, states, day, done, (row, None, []), authority)
    return Answer(200, _encode(_view(each, found, conditions, None, (None, []))))


def _record(
    hands: Hands, each: Closing, found: _Open, conditions: tuple[Condition, ...], states: tuple[State, ...],
    day: DayBook, done: _Done, written: tuple[Any, ...], authority: Authority | None = None,
) -> None:  # fmt: skip
    """Note the act in the journal and move the declaration in memory; the rows are written once for the batch."""
    found.seq += 1
    found.conditions = conditions
    if states:
        found.state = states[-1]
        if State.CLEARED in states:
            found.cleared_at = found.at
    envelope, key = each.envelope, found.standing.key
    row, booked, moved, *interest = written
    if State.CLEARED in states and found.drawn:
        used = balance_rules.used_up(key, found.drawn, (), found.seq)
        found.drawn, done.moved, moved = [*found.drawn, *used], [*done.moved, *used], [*moved, *used]
    acts = []
    if authority is not None:
        channel = found.standing.channel
        acts = [store.act_row(key, found.seq, each.procedure, authority, found.at, each.note, (channel, channel))]
        done.acts += acts
    entry = sealed(
        key, found.seq, each.procedure, envelope.sender_id, found.at, [int(state) for state in states], day.version,
        hands.writer.writer_id, previous=found.tail, parts=(envelope.sha256, row, booked, moved, *interest, *acts),
    )  # fmt: skip
    found.tail = entry.digest
    done.entries.append(entry)
    done.received.append(
        Received(
            *key, found.seq, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256,
            envelope.signature, envelope.raw,
        )
    )  # fmt: skip


def _view(
    each: Closing,
    found: _Open,
    conditions: tuple[Condition, ...],
    closed: Condition | None,
    rows: tuple[Any, ...],
) -> dict[str, object]:
    _, released, *interest = rows
    view: dict[str, object] = {
        "declaration_no": answers.declaration_no(each.no11, found.standing.amendment_no),
        "state": found.state.name.lower(),
        "cleared": found.state is State.CLEARED,
        "open_conditions": [condition_view(c) for c in conditions if c.closed_at is None],
    }
    if closed is not None:
        view["closed"] = condition_view(closed)
    if released:
        view["guarantee_released_vnd"] = sum(movement.amount for movement in released)
    if interest:
        view["late_interest_vnd"] = interest[0].amount_vnd
    return view


def _write(transaction: Transaction, open_by_no: dict[int, _Open], done: _Done, at: datetime) -> None:
    if done.closed and store.close(transaction, done.closed) != len(done.closed):
        raise declarations.LostRace("a condition was closed although its declaration was locked")
    store.insert(transaction, done.opened)
    store.append(transaction, store.ACT, done.acts)
    ledger.take_payments(transaction, done.transfers, done.reductions)
    for found in open_by_no.values():
        was = done.late.get(found.standing.declaration_id)
        if was is not None and found.obligation is not None:
            ledger.charge(transaction, was, found.obligation, found.changes)
    ledger.hold_in_suspense(transaction, done.suspense)
    balances.move(transaction, done.moved)
    declarations.move(
        transaction,
        [
            (*found.standing.key, found.standing.journal_seq, int(found.state), found.seq, found.cleared_at, found.standing.channel)
            for found in sorted(open_by_no.values(), key=lambda found: found.standing.key)
            if found.seq != found.standing.journal_seq
        ],
    )  # fmt: skip
    journal.record(transaction, done.entries, done.received)
    journal.owe(transaction, done.owed)
    journal.keep_answers(transaction, done.kept, at)


_encode = msgspec.json.Encoder().encode
