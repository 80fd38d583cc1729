"""Registered lists opened for what comes afterwards: locked, read whole, acted on by one message after another, written once.

It runs as the other passes run: one transaction for a batch, lists locked in key order, pure rules over what was locked, journal and answers last. Every
act is one entry in the journal of the list, whichever parcels it is about.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from haidang.clearance.actions import answers, serving, telling
from haidang.clearance.actions.passing import Answer, Envelope, Hands, not_now, refused, signature_refused
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.declarations.actions import LostRace
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion, TailQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.kernel.findings import Refusal
from haidang.ledger import actions as ledger
from haidang.ledger.terms import Obligation, ObligationChange, Suspense, Transfer
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.rules import Powers
from haidang.parcels import store
from haidang.parcels.actions.registering import CLEARED
from haidang.parcels.rules.changing import standing
from haidang.parcels.rules.serving import SERVED
from haidang.parcels.terms import ListStanding, ParcelDeed, PlacedParcel
from haidang.parties.standing import StandingQuestion, Standings
from haidang.platform.db import Transaction

CHANGED = "parcels.changed"
"""What the one who lodged a list is told when parcels of it are amended or cancelled."""
UNKNOWN = replace(
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


class File(Struct):
    """A locked list while the messages of the batch are applied one by one. `shared` are the conditions of all its parcels, `places` the parcels."""

    standing: ListStanding
    shared: tuple[Condition, ...]
    places: dict[int, PlacedParcel]
    by_no: dict[int, int]
    was_owed: Obligation | None
    obligation: Obligation | None
    seq: int
    tail: bytes
    at: datetime
    moved: set[int]
    changes: list[ObligationChange]

    @property
    def key(self) -> store.Key:
        """The key of the list."""
        its = self.standing
        return (its.shard_id, its.registered_month, its.declaration_id)  # type: ignore[return-value]

    def open_shared(self, placed: PlacedParcel) -> tuple[Condition, ...]:
        """Return the list's open conditions that a parcel waits for: its tax only when it owes some."""
        owes = sum(placed.owed) > 0
        return tuple(c for c in self.shared if c.closed_at is None and (owes or c.kind is not ConditionKind.TAX))


class Written(Struct):
    """Rows of one act, or of the whole batch."""

    opened: list[tuple[object, ...]] = []
    closed: list[tuple[Any, ...]] = []
    acts: list[tuple[Any, ...]] = []
    transfers: list[Transfer] = []
    reductions: list[tuple[int, int, Any, int]] = []
    suspense: list[Suspense] = []
    versions: list[tuple[object, ...]] = []
    cancelled: list[tuple[object, ...]] = []
    freed: list[tuple[store.Key, str, bool, str]] = []
    changes: list[ObligationChange] = []


class Run(Struct):
    """What one batch was read with, and what it writes."""

    hands: Hands
    transaction: Transaction
    day: DayBook
    standings: Standings
    powers: Powers
    subscribers: dict[str, frozenset[int]]
    written: Written
    entries: list[Entry] = []
    received: list[Received] = []
    kept: list[tuple[MessageKey, bytes, int, bytes]] = []
    owed: list[Notice] = []


Apply = Callable[[Run, Any, "File | None", datetime], Answer]


def follow(hands: Hands, transaction: Transaction, batch: Sequence[Following], apply: Apply) -> list[Answer]:
    """Let each message act on its list by `apply`; return one answer each, in order, when all is written and before it is committed.

    `apply` gets the run, the message, the list as it stands by then (None: there is none with this number) and the instant; it may raise a refusal.
    """
    found = {each.no11: store.find(transaction, each.shard_id, each.no11) for each in batch}
    list_keys = sorted({one[0] for one in found.values() if one is not None})
    locked = store.lock(transaction, list_keys)
    keys = [_message_key(each, found, locked) for each in batch]
    with transaction.connection.pipeline():
        instant = hands.writer.ask_instant()
        inbox_question = InboxQuestion(transaction.connection, keys)
        lodgers = sorted({each.declarant_id for each in locked.values()})
        subscriber_question = SubscriberQuestion(transaction.connection, lodgers, [CLEARED, CHANGED, telling.SERVED])
        tails = TailQuestion(
            transaction.connection,
            [(each.shard_id, each.registered_month, each.declaration_id, each.journal_seq) for each in locked.values()],  # type: ignore[misc]
        )
    senders = sorted({each.envelope.sender_id for each in batch})
    thumbprints = sorted({each.envelope.certificate.thumbprint_sha256 for each in batch})
    operators = sorted({each.operator_code for each in locked.values()})
    standings = StandingQuestion(hands.directory, operators, senders, thumbprints).standings()
    powers = PowerQuestion(hands.directory, thumbprints).powers()
    at, inbox, digests = instant.instant(), inbox_question.answers(), tails.digests()
    subscribers = subscriber_question.subscribers()
    run = Run(hands, transaction, hands.day(at), standings, powers, subscribers, Written())
    debts = ledger.lock(transaction, list_keys)
    files = {key[2]: _open(transaction, key, locked[key[2]], debts, digests[key[2]], at) for key in list_keys}
    result: list[Answer] = []
    first_of: dict[MessageKey, int] = {}
    for ordinal, (each, key) in enumerate(zip(batch, keys, strict=True)):
        answer = _answered_before(each, key, inbox.get(ordinal), first_of, batch, result)
        if answer is None:
            one = found[each.no11]
            answer = _apply(run, each, files[one[0][2]] if one is not None else None, at, apply)
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
) -> File:  # fmt: skip
    """Read a locked list with all its parcels: a payment may clear every one of them."""
    conditions = store.select_conditions(transaction, key, None)
    placed = store.select_placed(transaction, key, conditions)
    acts = [
        instant for its in conditions.values() for each in its for instant in (each.opened_at, each.closed_at)
        if instant is not None
    ]  # fmt: skip
    owed = debts.get(key[2])
    return File(
        standing, conditions.get(0, ()), {each.parcel_seq: each for each in placed}, {each.no11: each.parcel_seq for each in placed},
        owed, owed, standing.journal_seq, tail,
        # On one list time never runs back, even when another writer's clock was ahead.
        max([at, standing.registered_at, *acts]), set(), [],
    )  # fmt: skip


def _apply(run: Run, each: Following, file: File | None, at: datetime, apply: Apply) -> Answer:
    findings = answers.sender_findings(each.envelope, at, run.standings)
    if findings:
        return refused(findings)
    try:
        return apply(run, each, file, at)
    except Refusal as refusal:
        return not_now(refusal)


def unknown(each: Following) -> Answer:
    """Return that there is no list or parcel with this number, or none for the sender."""
    return refused((replace(UNKNOWN, pointer=each.pointer),))


def move_all(file: File) -> int:
    """Let every parcel of a list stand where it stands now; return how many became cleared."""
    return sum([move(file, seq) for seq in file.places])


def move(file: File, parcel_seq: int) -> bool:
    """Let one parcel stand where its conditions say; whether it became cleared."""
    placed = file.places[parcel_seq]
    state = standing(placed, file.shared)
    if state is placed.state:
        return False
    file.places[parcel_seq] = replace(placed, state=state)
    file.moved.add(parcel_seq)
    return state is State.CLEARED


def put(file: File, placed: PlacedParcel, written: Written) -> None:
    """Let a parcel stand as `placed`, and write which of its conditions that opens and closes."""
    was = file.places[placed.parcel_seq]
    write_conditions(file, placed.parcel_seq, was.conditions, placed.conditions, written)
    if placed.state is not was.state:
        file.moved.add(placed.parcel_seq)
    file.places[placed.parcel_seq] = placed


def write_conditions(
    file: File, parcel_seq: int, was: Sequence[Condition], now: Sequence[Condition], written: Written
) -> None:
    """Write what the next act opens and closes of a parcel (0: of the list)."""
    opened, closed = condition_rows(file.key, parcel_seq, was, now, file.seq + 1)
    written.opened += opened
    written.closed += closed


def condition_rows(
    key: store.Key, parcel_seq: int, was: Sequence[Condition], now: Sequence[Condition], journal_seq: int
) -> tuple[list[tuple[object, ...]], list[tuple[Any, ...]]]:
    """Return the rows of what an act opened, and of what it closed, of a parcel (0: of the list)."""
    known = {condition.condition_no for condition in was}
    still_open = {condition.condition_no for condition in was if condition.closed_at is None}
    opened = [store.opened_row(key, parcel_seq, c, journal_seq) for c in now if c.condition_no not in known]
    closed = [
        store.closed_row(key, parcel_seq, c, journal_seq)
        for c in now
        if c.condition_no in still_open and c.closed_at is not None
    ]
    return opened, closed


def act_parts(
    sha256: bytes | None, opened: Sequence[Any], closed: Sequence[Any], transfers: Sequence[Transfer], acts: Sequence[object],
    versions: Sequence[Any] = (), cancelled: Sequence[Any] = (), changes: Sequence[ObligationChange] = (),
) -> tuple[object, ...]:  # fmt: skip
    """Return what the digest of an act on a list covers: rows in the order of their keys, as they are read again, whatever the order of the message."""
    parts = (sha256, _in_order(opened), _in_order(closed), list(transfers), list(acts))
    if not (versions or cancelled or changes):
        return parts
    return (*parts, _in_order(versions), _in_order(cancelled), list(changes))


def _in_order(rows: Sequence[Any]) -> list[Any]:
    """Return rows by place of the parcel and what follows it in the key."""
    return sorted(rows, key=lambda row: row[3:5])


def record(run: Run, each: Following, file: File, written: Written, states: Sequence[State]) -> None:
    """Note the act in the journal; the rows are written once for the batch."""
    file.seq += 1
    envelope = each.envelope
    act = each.procedure if each.deed is None else f"{each.procedure}:{each.deed.value}"
    entry = sealed(
        file.key, file.seq, act, envelope.sender_id, file.at, [int(state) for state in states], run.day.version,
        run.hands.writer.writer_id, previous=file.tail,
        parts=act_parts(
            envelope.sha256, written.opened, written.closed, written.transfers, written.acts, written.versions, written.cancelled,
            written.changes,
        ),
    )  # fmt: skip
    file.tail = entry.digest
    its = file.standing
    run.owed += serving.notices(
        its.shard_id, its.list_no11, file.seq, act, [its.declarant_id], run.subscribers, file.at, SERVED
    )
    file.changes += written.changes
    run.entries.append(entry)
    run.received.append(
        Received(
            *file.key, file.seq, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256,
            envelope.signature, envelope.raw,
        )
    )  # fmt: skip
    for name in written.__struct_fields__:
        getattr(run.written, name).extend(getattr(written, name))


def _write(transaction: Transaction, files: dict[UUID, File], run: Run, at: datetime) -> None:
    written = run.written
    store.append(transaction, store.OPENED, written.opened)
    if written.closed and store.close(transaction, written.closed) != len(written.closed):
        raise LostRace("a condition was closed although its list was locked")
    store.append_acts(transaction, written.acts)
    store.append(transaction, store.VERSION, written.versions)
    store.append(transaction, store.CANCELLED, written.cancelled)
    for key, operator_code, is_export, house_no in written.freed:
        store.free_houses(transaction, key, operator_code, is_export, [house_no])
    # What is owed by a list that was assessed anew is written whole: its payments in the same batch are in it.
    anew = {file.key for file in files.values() if file.changes}
    ledger.take_payments(transaction, written.transfers, [each for each in written.reductions if each[:3] not in anew])
    for file in files.values():
        if file.changes:
            ledger.adjust(transaction, [], file.was_owed, file.obligation, None)
        for change in file.changes:
            ledger.adjust(transaction, [], file.obligation, file.obligation, change)
    ledger.hold_in_suspense(transaction, written.suspense)
    moved = [_moved_row(file, seq) for file in files.values() for seq in sorted(file.moved)]
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


def _moved_row(file: File, seq: int) -> tuple[int, int, UUID, int, int, datetime | None]:
    state = file.places[seq].state
    return (*file.key, seq, int(state), file.at if state is State.CLEARED else None)


encode = msgspec.json.Encoder().encode
