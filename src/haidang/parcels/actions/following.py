"""`follow_parcels`: what others send about a registered list: its payment, its arrival, and officers' acts on single parcels."""

from datetime import datetime

from msgspec.structs import replace

from haidang.clearance.actions.authorising import authority_over
from haidang.clearance.actions.closing import OFFICE
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.actions.telling import notices
from haidang.clearance.lookups import condition_view
from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules.states import open_kinds, path
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Authority
from haidang.clearance.terms.refusals import DecidedAlready, NotTheirsToClose, SamePerson
from haidang.kernel.ids import uuid7_batch
from haidang.ledger import rules as ledger_rules
from haidang.ledger.terms import Suspense
from haidang.parcels import store
from haidang.parcels.actions.changing import cancel_places
from haidang.parcels.actions.files import (
    File,
    Following,
    Run,
    Written,
    encode,
    follow,
    move,
    move_all,
    put,
    record,
    unknown,
)
from haidang.parcels.actions.registering import CLEARED
from haidang.parcels.rules import DEED_CLOSES, POWER_OF_DEED
from haidang.parcels.rules.changing import pending
from haidang.parcels.terms import (
    DECIDING,
    HeldAlready,
    NotAskedToCancel,
    NotProposed,
    ParcelCancelled,
    ParcelDeed,
    ParcelSettled,
    PlacedParcel,
    ProposedAlready,
)


def follow_parcels(hands: Hands, batch: list[Following]) -> list[Answer]:
    """Apply payments, arrivals and officers' acts in one transaction; return one answer each, in order, once it is committed.

    200 done, 202 money kept in suspense, 409 not possible now or not for this person, 422 with findings; for a message that was answered before, the
    stored answer.
    """
    with hands.transaction() as transaction:
        return follow(hands, transaction, batch, _apply)


def _apply(run: Run, each: Following, file: File | None, at: datetime) -> Answer:
    return _act(run, each, file, at) if each.deed is not None else _settle(run, each, file)


def _settle(run: Run, each: Following, file: File | None) -> Answer:
    """Close the tax or the arrival of a whole list, and clear the parcels for which it was the last."""
    if each.by not in condition_rules.CLOSERS[each.kind]:
        raise NotTheirsToClose(each.kind, each.by, condition_rules.CLOSERS[each.kind])
    if file is None or each.no11 != file.standing.list_no11:
        return unknown(each)
    written = Written()
    if each.kind is ConditionKind.TAX:
        if reason := _why_suspense(each, file):
            return _suspend(run, each, file, reason)
        transfer = ledger_rules.paid(
            file.key, file.standing.operator_code, each.envelope.sender_code, each.amount_vnd, file.seq + 1, file.at
        )
        written.transfers.append(transfer)
        written.reductions.append((*file.key, each.amount_vnd))
        assert file.obligation is not None
        file.obligation = replace(file.obligation, outstanding_vnd=0)
    file.shared, closed = _closed(file.shared, each.kind, each.by, file, each)
    written.closed.append(store.closed_row(file.key, 0, closed, file.seq + 1))
    cleared = move_all(file)
    states = path(State.TAX_PENDING, 1, open_kinds(file.shared))
    record(run, each, file, written, states)
    waiting = sum(placed.state not in (State.CLEARED, State.CANCELLED) for placed in file.places.values())
    body = {
        "list_no": f"{file.standing.list_no11}0",
        "closed": condition_view(closed),
        "cleared_count": cleared,
        "waiting_count": waiting,
        "open_conditions": [condition_view(one) for one in file.shared if one.closed_at is None],
    }
    answer = encode(body)
    if not waiting:
        its = file.standing
        run.owed += notices(its.shard_id, CLEARED, [its.declarant_id], run.subscribers, answer, file.at)
    return Answer(200, answer)


def _closed(
    conditions: tuple[Condition, ...], kind: ConditionKind, by: Owner, file: File, each: Following, closed_by: str = ""
) -> tuple[tuple[Condition, ...], Condition]:
    """Return the conditions with the open one of a kind closed, and that one."""
    sender = closed_by or each.envelope.sender_code
    one = condition_rules.meant(conditions, kind, by, each.envelope.sender_code, None)
    after = condition_rules.close(
        conditions, kind, by, file.at, each.evidence or each.text, closed_by=sender, condition_no=one.condition_no
    )
    return after, next(new for new, old in zip(after, conditions, strict=True) if new is not old)


def _why_suspense(each: Following, file: File) -> str:
    """A notice pays what is outstanding of the list exactly, or the money waits for a person and clears nothing."""
    outstanding = file.obligation.outstanding_vnd if file.obligation is not None else 0
    if not outstanding:
        return "nothing is outstanding"
    return "" if each.amount_vnd == outstanding else f"{each.amount_vnd} đ was paid, {outstanding} đ is outstanding"


def _suspend(run: Run, each: Following, file: File, reason: str) -> Answer:
    """Keep money that pays nothing outstanding: booked as collected, owed to whoever it belongs to, an act on the list it named."""
    suspense_id = uuid7_batch(int(file.at.timestamp() * 1000), 1)[0]
    envelope = each.envelope
    written = Written(
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
    record(run, each, file, written, ())
    return Answer(202, encode({"suspense_id": str(suspense_id), "amount_vnd": each.amount_vnd, "reason": reason}))


def _act(run: Run, each: Following, file: File | None, at: datetime) -> Answer:
    """Do what an officer does with one parcel: hold it, release it, record that a check was passed, propose or decide how a request to cancel ends."""
    assert each.deed is not None
    placed = file.places.get(file.by_no.get(each.no11, 0)) if file is not None else None
    about = None
    if file is not None and placed is not None:
        concerned = file.standing.concerned
        about = (file.standing.customs_office_code[:OFFICE], lambda: concerned)
    when, power, doing = file.at if file is not None else at, POWER_OF_DEED[each.deed], each.deed.value
    authority = authority_over(
        run.hands, run.powers, each.envelope, power, about, when, each.no11, each.outside_reason, doing
    )
    if file is None or placed is None or authority is None:
        return unknown(each)
    maker = _maker(run, file, placed, each.deed, authority.officer_code)
    _refuse_settled(placed)
    written = Written()
    seq = placed.parcel_seq
    if each.deed is ParcelDeed.APPROVE_CANCELLATION:
        request = _request(placed)
        cases = {seq: request.detail.partition(":")[0]}
        cancel_places(run, file, written, cases, authority.officer_code, each.text)
    elif each.deed is ParcelDeed.HOLD:
        if ConditionKind.HOLD in open_kinds(placed.conditions):
            raise HeldAlready(*_last(run, file, seq, ParcelDeed.HOLD, ConditionKind.HOLD))
        own = condition_rules.open_another(placed.conditions, run.day.conditions, "ordered", file.at, each.text)
        put(file, replace(placed, conditions=own), written)
    elif each.deed is not ParcelDeed.PROPOSE_CANCELLATION:
        own, _ = _closed(placed.conditions, DEED_CLOSES[each.deed], Owner.CUSTOMS, file, each, authority.officer_code)
        put(file, replace(placed, conditions=own), written)
    written.acts.append(store.act_row(file.key, file.seq + 1, seq, each.deed, authority, file.at, each.text, maker))
    move(file, seq)
    record(run, each, file, written, ())
    return Answer(200, encode(_view(each, file, file.places[seq], authority)))


def _maker(run: Run, file: File, placed: PlacedParcel, deed: ParcelDeed, officer: str) -> str:
    """Return who has proposed how a request to cancel is decided, for the officer who decides; empty for every other deed.

    Raises:
        DecidedAlready: somebody was faster.
        NotAskedToCancel: there is no request.
        ProposedAlready: the deed is a proposal, and there is one.
        NotProposed: there is none to decide on.
        SamePerson: it is the officer's own.
    """
    if deed not in DECIDING and deed is not ParcelDeed.PROPOSE_CANCELLATION:
        return ""
    if pending(placed.conditions) is None and (decided := _decided(placed)) is not None:
        raise DecidedAlready("Đề nghị hủy lô hàng", "The request to cancel the parcel", *decided)
    _request(placed)
    proposed = _last_act(run, file, placed.parcel_seq, ParcelDeed.PROPOSE_CANCELLATION, ConditionKind.CANCELLATION)
    if deed is ParcelDeed.PROPOSE_CANCELLATION:
        if proposed is not None:
            raise ProposedAlready(*proposed)
        return ""
    if proposed is None:
        raise NotProposed
    if proposed[0] == officer:
        raise SamePerson
    return proposed[0]


def _decided(placed: PlacedParcel) -> tuple[str, datetime | None] | None:
    """Return who closed the last request to cancel a parcel, and when; None when nobody ever asked."""
    asked = [one for one in placed.conditions if one.kind is ConditionKind.CANCELLATION]
    return (asked[-1].closed_by, asked[-1].closed_at) if asked else None


def _last(run: Run, file: File, seq: int, deed: ParcelDeed, about: ConditionKind) -> tuple[str, datetime]:
    found = _last_act(run, file, seq, deed, about)
    assert found is not None, "an open condition of the kind was opened by such an act"
    return found


def _last_act(
    run: Run, file: File, parcel_seq: int, deed: ParcelDeed, about: ConditionKind
) -> tuple[str, datetime] | None:
    """Return (officer, instant) of the last such act since the condition was opened: in this batch, or before it."""
    for row in reversed(run.written.acts):
        its = dict(zip(store.DECISION.columns, row, strict=False))
        if row[:3] == file.key and (its["parcel_seq"], its["act"]) == (parcel_seq, deed.value):
            return its["officer_code"], its["acted_at"]
    return store.last_act(run.transaction, file.key, parcel_seq, deed, about)


def _refuse_settled(placed: PlacedParcel) -> None:
    if placed.state is State.CLEARED:
        raise ParcelSettled
    if placed.state is State.CANCELLED:
        raise ParcelCancelled


def _request(placed: PlacedParcel) -> Condition:
    request = pending(placed.conditions)
    if request is None:
        raise NotAskedToCancel
    return request


def _view(each: Following, file: File, placed: PlacedParcel, authority: Authority) -> dict[str, object]:
    assert each.deed is not None
    cancelled = placed.state is State.CANCELLED
    own = [one for one in placed.conditions if one.closed_at is None]
    shared = () if cancelled else file.open_shared(placed)
    return {
        "parcel_no": placed.parcel_no,
        "act": each.deed.value,
        "officer_code": authority.officer_code,
        "state": placed.state.name.lower(),
        "cleared": placed.state is State.CLEARED,
        "open_conditions": [condition_view(one) for one in (*own, *shared)],
    }
