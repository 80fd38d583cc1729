"""`follow_parcels`: what comes after a list is registered: its payment, its arrival, and officers' acts on single parcels.

It runs as the other passes run: one transaction for a batch, lists locked in key order, pure rules over what was locked, journal and answers last. Every
act is one entry in the journal of the list, whichever parcel it is about.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from haidang.clearance.actions import answers
from haidang.clearance.actions.closing import OFFICE
from haidang.clearance.actions.passing import Answer, Envelope, Hands, not_now, refused, signature_refused
from haidang.clearance.actions.telling import notices
from haidang.clearance.lookups import condition_view
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.officers import authorise
from haidang.clearance.rules.states import open_kinds, path
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Authority
from haidang.clearance.terms.refusals import NotTheirsToClose
from haidang.declarations.actions import LostRace
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion, TailQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.kernel.findings import Refusal
from haidang.kernel.ids import uuid7_batch
from haidang.ledger import actions as ledger
from haidang.ledger import rules as ledger_rules
from haidang.ledger.terms import Obligation, Suspense, Transfer
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.rules import Powers
from haidang.parcels import store
from haidang.parcels.actions.registering import CLEARED
from haidang.parcels.rules import DEED_CLOSES, POWER_OF_DEED, parcel_state
from haidang.parcels.terms import HeldAlready, ListStanding, ParcelDeed, ParcelSettled
from haidang.parties.standing import StandingQuestion, Standings
from haidang.platform.db import Transaction

UNKNOWN = msgspec.structs.replace(
    answers.UNKNOWN_DECLARATION,
    text_vi="Không có lô hoặc danh sách hàng trị giá thấp mang số này.",
    text_en="There is no parcel or list of parcels with this number.",
)


class Following(Struct, frozen=True, kw_only=True):
    """A signed message about the list or the parcel `no11`, found on shard `shard_id`.

    With a `deed` an officer acts on a parcel, for the reason `text`. Else `kind` names the condition of the whole list that it closes: a payment (TAX) has
    `amount_vnd`. `by` is what the sender is to customs.
    """

    envelope: Envelope
    procedure: str
    shard_id: int
    no11: int
    by: Owner
    kind: ConditionKind = ConditionKind.TAX
    evidence: str = ""
    amount_vnd: int = 0
    deed: ParcelDeed | None = None
    text: str = ""
    outside_reason: str = ""
    pointer: str = "/declaration_no"


class _Place(Struct):
    """One parcel as it stands while the messages of the batch are applied one by one."""

    parcel_seq: int
    channel: int
    owes: bool
    state: State
    own: tuple[Condition, ...]
    cleared_at: datetime | None = None


class _File(Struct):
    """A locked list. `shared` are the conditions of all its parcels."""

    standing: ListStanding
    shared: tuple[Condition, ...]
    places: dict[int, _Place]
    by_no: dict[int, int]
    obligation: Obligation | None
    seq: int
    tail: bytes
    at: datetime
    moved: set[int]

    @property
    def key(self) -> store.Key:
        its = self.standing
        return (its.shard_id, its.registered_month, its.declaration_id)  # type: ignore[return-value]


class _Written(Struct):
    """Rows of one act, or of the whole batch."""

    opened: list[tuple[object, ...]] = []
    closed: list[tuple[Any, ...]] = []
    acts: list[tuple[object, ...]] = []
    transfers: list[Transfer] = []
    reductions: list[tuple[int, int, Any, int]] = []
    suspense: list[Suspense] = []


class _Run(Struct):
    """What one batch was read with, and what it writes."""

    hands: Hands
    day: DayBook
    standings: Standings
    powers: Powers
    subscribers: dict[str, frozenset[int]]
    written: _Written
    entries: list[Entry] = []
    received: list[Received] = []
    kept: list[tuple[MessageKey, bytes, int, bytes]] = []
    owed: list[Notice] = []


def follow_parcels(hands: Hands, batch: list[Following]) -> list[Answer]:
    """Apply payments, arrivals and officers' acts in one transaction; return one answer each, in order, once it is committed.

    200 done, 202 money kept in suspense, 409 not possible now or not for this person, 422 with findings; for a message that was answered before, the
    stored answer.
    """
    with hands.transaction() as transaction:
        return _follow(hands, transaction, batch)


def _follow(hands: Hands, transaction: Transaction, batch: Sequence[Following]) -> list[Answer]:
    found = {each.no11: store.find(transaction, each.shard_id, each.no11) for each in batch}
    list_keys = sorted({one[0] for one in found.values() if one is not None})
    locked = store.lock(transaction, list_keys)
    keys = [_message_key(each, found, locked) for each in batch]
    with transaction.connection.pipeline():
        instant = hands.writer.ask_instant()
        inbox_question = InboxQuestion(transaction.connection, keys)
        lodgers = sorted({each.declarant_id for each in locked.values()})
        subscriber_question = SubscriberQuestion(transaction.connection, lodgers, [CLEARED])
        tails = TailQuestion(
            transaction.connection,
            [(each.shard_id, each.registered_month, each.declaration_id, each.journal_seq) for each in locked.values()],  # type: ignore[misc]
        )
    senders = sorted({each.envelope.sender_id for each in batch})
    thumbprints = sorted({each.envelope.certificate.thumbprint_sha256 for each in batch})
    standings = StandingQuestion(hands.directory, [], senders, thumbprints).standings()
    powers = PowerQuestion(hands.directory, thumbprints).powers()
    at, inbox, digests = instant.instant(), inbox_question.answers(), tails.digests()
    run = _Run(hands, hands.day(at), standings, powers, subscriber_question.subscribers(), _Written())
    debts = ledger.lock(transaction, list_keys)
    files = {key[2]: _open(transaction, key, locked[key[2]], debts, digests[key[2]], at) for key in list_keys}
    result: list[Answer] = []
    first_of: dict[MessageKey, int] = {}
    for ordinal, (each, key) in enumerate(zip(batch, keys, strict=True)):
        answer = _answered_before(each, key, inbox.get(ordinal), first_of, batch, result)
        if answer is None:
            one = found[each.no11]
            answer = _apply(run, each, files[one[0][2]] if one is not None else None, at)
            if answer.kept:
                first_of[key] = ordinal
                run.kept.append((key, each.envelope.sha256, answer.status, answer.body))
        result.append(answer)
    _write(transaction, files, run, at)
    return result


def _message_key(
    each: Following, found: dict[int, tuple[store.Key, int] | None], locked: dict[UUID, ListStanding]
) -> MessageKey:
    one = found[each.no11]
    operator = locked[one[0][2]].operator_code if one is not None else ""
    return MessageKey(each.shard_id, each.envelope.sender_id, operator, each.envelope.message_id)


def _answered_before(
    each: Following, key: MessageKey, stored: Any, first_of: dict[MessageKey, int], batch: Sequence[Following], result: list[Answer]
) -> Answer | None:  # fmt: skip
    sha256 = each.envelope.sha256
    if stored is not None:
        return Answer(stored.status, stored.answer) if stored.sha256 == sha256 else refused((answers.OTHER_BYTES,))
    if key in first_of:
        same = batch[first_of[key]].envelope.sha256 == sha256
        return result[first_of[key]] if same else refused((answers.OTHER_BYTES,))
    return signature_refused(each.envelope)


def _open(
    transaction: Transaction, key: store.Key, standing: ListStanding, debts: dict[object, Obligation], tail: bytes, at: datetime
) -> _File:  # fmt: skip
    """Read a locked list with all its parcels: a payment may clear every one of them."""
    conditions = store.select_conditions(transaction, key, None)
    places = store.select_places(transaction, key)
    acts = [
        instant for its in conditions.values() for each in its for instant in (each.opened_at, each.closed_at)
        if instant is not None
    ]  # fmt: skip
    return _File(
        standing, conditions.get(0, ()),
        {seq: _Place(seq, channel, owes, state, conditions.get(seq, ())) for _, seq, channel, owes, state in places},
        {no11: seq for no11, seq, *_ in places}, debts.get(key[2]), standing.journal_seq, tail,
        # On one list time never runs back, even when another writer's clock was ahead.
        max([at, standing.registered_at, *acts]), set(),
    )  # fmt: skip


def _apply(run: _Run, each: Following, file: _File | None, at: datetime) -> Answer:
    findings = answers.sender_findings(each.envelope, at, run.standings)
    if findings:
        return refused(findings)
    try:
        return _act(run, each, file, at) if each.deed is not None else _settle(run, each, file)
    except Refusal as refusal:
        return not_now(refusal)


def _unknown(each: Following) -> Answer:
    return refused((msgspec.structs.replace(UNKNOWN, pointer=each.pointer),))


def _settle(run: _Run, each: Following, file: _File | None) -> Answer:
    """Close the tax or the arrival of a whole list, and clear the parcels for which it was the last."""
    if each.by not in condition_rules.CLOSERS[each.kind]:
        raise NotTheirsToClose(each.kind, each.by, condition_rules.CLOSERS[each.kind])
    if file is None or each.no11 != file.standing.list_no11:
        return _unknown(each)
    written = _Written()
    if each.kind is ConditionKind.TAX:
        if reason := _why_suspense(each, file):
            return _suspend(run, each, file, reason)
        transfer = ledger_rules.paid(
            file.key, file.standing.operator_code, each.envelope.sender_code, each.amount_vnd, file.seq + 1, file.at
        )
        written.transfers.append(transfer)
        written.reductions.append((*file.key, each.amount_vnd))
        assert file.obligation is not None
        file.obligation = msgspec.structs.replace(file.obligation, outstanding_vnd=0)
    file.shared, closed = _closed(file.shared, each.kind, each.by, file, each)
    written.closed.append(store.closed_row(file.key, 0, closed, file.seq + 1))
    cleared = _move_all(file)
    states = path(State.TAX_PENDING, 1, open_kinds(file.shared))
    _record(run, each, file, written, states)
    waiting = sum(place.state is not State.CLEARED for place in file.places.values())
    body = {
        "list_no": f"{file.standing.list_no11}0",
        "closed": condition_view(closed),
        "cleared_count": cleared,
        "waiting_count": waiting,
        "open_conditions": [condition_view(one) for one in file.shared if one.closed_at is None],
    }
    answer = _encode(body)
    if not waiting:
        its = file.standing
        run.owed += notices(its.shard_id, CLEARED, its.declarant_id, run.subscribers, answer, file.at)
    return Answer(200, answer)


def _closed(
    conditions: tuple[Condition, ...], kind: ConditionKind, by: Owner, file: _File, each: Following, closed_by: str = ""
) -> tuple[tuple[Condition, ...], Condition]:
    """Return the conditions with the open one of a kind closed, and that one."""
    sender = closed_by or each.envelope.sender_code
    one = condition_rules.meant(conditions, kind, by, each.envelope.sender_code, None)
    after = condition_rules.close(
        conditions, kind, by, file.at, each.evidence or each.text, closed_by=sender, condition_no=one.condition_no
    )
    return after, next(new for new, old in zip(after, conditions, strict=True) if new is not old)


def _move_all(file: _File) -> int:
    """Let every parcel of a list stand where it stands now; return how many became cleared."""
    return sum(_move(file, place) for place in file.places.values() if place.state is not State.CLEARED)


def _move(file: _File, place: _Place) -> bool:
    """Let one parcel stand where its conditions say; whether it became cleared."""
    state = parcel_state(place.channel, place.own, file.shared, place.owes)
    if state is place.state:
        return False
    place.state = state
    place.cleared_at = file.at if state is State.CLEARED else None
    file.moved.add(place.parcel_seq)
    return state is State.CLEARED


def _why_suspense(each: Following, file: _File) -> str:
    """A notice pays what is outstanding of the list exactly, or the money waits for a person and clears nothing."""
    outstanding = file.obligation.outstanding_vnd if file.obligation is not None else 0
    if not outstanding:
        return "nothing is outstanding"
    return "" if each.amount_vnd == outstanding else f"{each.amount_vnd} đ was paid, {outstanding} đ is outstanding"


def _suspend(run: _Run, each: Following, file: _File, reason: str) -> Answer:
    """Keep money that pays nothing outstanding: booked as collected, owed to whoever it belongs to, an act on the list it named."""
    suspense_id = uuid7_batch(int(file.at.timestamp() * 1000), 1)[0]
    envelope = each.envelope
    written = _Written(
        transfers=[
            ledger_rules.suspended(
                file.key, suspense_id, envelope.sender_code, each.amount_vnd, file.seq + 1, file.at
            )
        ],
        suspense=[
            Suspense(
                file.key[0], suspense_id, envelope.sender_id, each.evidence, str(each.no11), each.amount_vnd, reason, file.at
            )
        ],
    )  # fmt: skip
    _record(run, each, file, written, ())
    return Answer(202, _encode({"suspense_id": str(suspense_id), "amount_vnd": each.amount_vnd, "reason": reason}))


def _act(run: _Run, each: Following, file: _File | None, at: datetime) -> Answer:
    """Do what an officer does with one parcel: hold it, release it, or record that a check was passed."""
    assert each.deed is not None
    place = file.places.get(file.by_no.get(each.no11, 0)) if file is not None else None
    unit = file.standing.customs_office_code[:OFFICE] if file is not None and place is not None else None
    thumbprint = each.envelope.certificate.thumbprint_sha256
    when = file.at if file is not None else at
    authority = authorise(run.powers, thumbprint, POWER_OF_DEED[each.deed], unit, when, each.outside_reason)
    if file is None or place is None or authority is None:
        return _unknown(each)
    if place.state is State.CLEARED:
        raise ParcelSettled
    written = _Written()
    if each.deed is ParcelDeed.HOLD:
        if ConditionKind.HOLD in open_kinds(place.own):
            raise HeldAlready
        place.own = condition_rules.open_another(place.own, run.day.conditions, "ordered", file.at, each.text)
        written.opened.append(store.opened_row(file.key, place.parcel_seq, place.own[-1], file.seq + 1))
    else:
        kind = DEED_CLOSES[each.deed]
        place.own, closed = _closed(place.own, kind, Owner.CUSTOMS, file, each, authority.officer_code)
        written.closed.append(store.closed_row(file.key, place.parcel_seq, closed, file.seq + 1))
    written.acts.append(
        store.act_row(file.key, file.seq + 1, place.parcel_seq, each.deed, authority, file.at, each.text)
    )
    _move(file, place)
    _record(run, each, file, written, ())
    return Answer(200, _encode(_view(each, file, place, authority)))


def _view(each: Following, file: _File, place: _Place, authority: Authority) -> dict[str, object]:
    assert each.deed is not None
    shared = [one for one in file.shared if one.closed_at is None and (place.owes or one.kind is not ConditionKind.TAX)]
    own = [one for one in place.own if one.closed_at is None]
    return {
        "parcel_no": f"{each.no11}0",
        "act": each.deed.value,
        "officer_code": authority.officer_code,
        "state": place.state.name.lower(),
        "cleared": place.state is State.CLEARED,
        "open_conditions": [condition_view(one) for one in (*own, *shared)],
    }


def act_parts(
    sha256: bytes | None, opened: Sequence[object], closed: Sequence[object], transfers: Sequence[Transfer], acts: Sequence[object]
) -> tuple[object, ...]:  # fmt: skip
    """Return what the digest of an act on a list covers."""
    return (sha256, list(opened), list(closed), list(transfers), list(acts))


def _record(run: _Run, each: Following, file: _File, written: _Written, states: Sequence[State]) -> None:
    """Note the act in the journal; the rows are written once for the batch."""
    file.seq += 1
    envelope = each.envelope
    act = each.procedure if each.deed is None else f"{each.procedure}:{each.deed.value}"
    entry = sealed(
        file.key, file.seq, act, envelope.sender_id, file.at, [int(state) for state in states], run.day.version,
        run.hands.writer.writer_id, previous=file.tail,
        parts=act_parts(envelope.sha256, written.opened, written.closed, written.transfers, written.acts),
    )  # fmt: skip
    file.tail = entry.digest
    run.entries.append(entry)
    run.received.append(
        Received(
            *file.key, file.seq, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256,
            envelope.signature, envelope.raw,
        )
    )  # fmt: skip
    for name in written.__struct_fields__:
        getattr(run.written, name).extend(getattr(written, name))


def _write(transaction: Transaction, files: dict[UUID, _File], run: _Run, at: datetime) -> None:
    written = run.written
    store.append(transaction, store.OPENED, written.opened)
    if written.closed and store.close(transaction, written.closed) != len(written.closed):
        raise LostRace("a condition was closed although its list was locked")
    store.append(transaction, store.ACT, written.acts)
    ledger.take_payments(transaction, written.transfers, written.reductions)
    ledger.hold_in_suspense(transaction, written.suspense)
    moved = [
        (*file.key, seq, int(file.places[seq].state), file.places[seq].cleared_at)
        for file in files.values()
        for seq in sorted(file.moved)
    ]
    if moved and store.update_states(transaction, moved) != len(moved):
        raise LostRace("a parcel was cleared although its list was locked")
    for file in files.values():
        if file.seq != file.standing.journal_seq and not store.update_seq(
            transaction, file.key, file.standing.journal_seq, file.seq
        ):
            raise LostRace("a list did not stand where its lock said")
    journal.record(transaction, run.entries, run.received)
    journal.owe(transaction, run.owed)
    journal.keep_answers(transaction, run.kept, at)


_encode = msgspec.json.Encoder().encode
