"""The part of `haidang verify` about life after registration: every amendment and cancellation is judged again from the bytes received."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from haidang.balances.terms import Movement
from haidang.clearance.lookups import rows as clearance
from haidang.clearance.lookups.rows import ACT_COLUMNS, ConditionRows
from haidang.clearance.rules import cancelling
from haidang.clearance.rules.amending import (
    ACCEPTING,
    AMENDING,
    CANCEL,
    FOLLOWING,
    SUPPLEMENT,
    After,
    Before,
    amended,
    cancelled,
    with_goods_used,
)
from haidang.clearance.rules.drawing import GOODS_KINDS
from haidang.clearance.rules.judging import Judgement, judge
from haidang.clearance.rules.supplementing import supplemented
from haidang.clearance.terms import Condition, State
from haidang.clearance.terms.refusals import MoveRefused
from haidang.declarations import lookups as declarations
from haidang.declarations.comparing import said_otherwise
from haidang.declarations.lookups import DeclarationRows, VersionRows
from haidang.declarations.rules.amending import changes
from haidang.declarations.rules.completing import supplement_findings
from haidang.gateway.messages.following import (
    Amendment,
    CancellationRequest,
    NotDeclaring,
    declared_in,
    decode_amendment,
    decode_cancellation,
    decode_supplement,
)
from haidang.journal.terms import Entry
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Refusal
from haidang.ledger.lookups import Booked
from haidang.ledger.rules import paid_vnd, standing
from haidang.ledger.terms import Obligation
from haidang.risk.rules import digest_of, never_below
from haidang.risk.terms import Channel, Decided
from haidang.site.verifying_balances import Add, OnServer
from haidang.site.verifying_revisions import again
from haidang.site.verifying_rulings import ruled_faults
from haidang.site.verifying_stored import Again, Day, Stored, ample, declaring, ruled_by

_AT, _FROM, _TO = (ACT_COLUMNS.index(name) for name in ("acted_at", "channel_from", "channel_to"))


def last_channel(stored: Stored, before: datetime | None = None) -> int:
    """Return the channel last given (before an instant): by the criteria, or by an officer after them."""
    moves = [(row[_AT], row[_TO]) for row in stored.officers.acts if row[_FROM] != row[_TO]]
    given = [(each.decided_at, int(each.decision.channel)) for each in stored.decided]
    last: int = max(
        (each for each in (*given, *moves) if before is None or each[0] < before), key=lambda each: each[0]
    )[1]
    return last


def registered_debt(booked: Booked) -> tuple[int, date] | None:
    """Return (assessed, last day) of the obligation as the registration made it; None when it made none."""
    if booked.changes:
        first = booked.changes[0]
        return (first.was_assessed_vnd, first.was_due_on) if first.was_due_on is not None else None
    return (booked.obligation.assessed_vnd, booked.obligation.due_on) if booked.obligation else None


def decided_by(decided: Sequence[Decided], entry: Entry) -> Decided | None:
    """Return the decision on the channel that an act after registration made, None when it made none."""
    return next((each for each in decided if each.decision_no > 1 and each.decided_at == entry.acted_at), None)


def version_of(declared: DeclarationRows, journal_seq: int) -> VersionRows | None:
    """Return the amendment that an act made, None when it made none."""
    return next((each for each in declared.versions if each.journal_seq == journal_seq), None)


def check_versions(stored: Stored, add: Add) -> None:
    """Check that amendments are counted, numbered without gap, each of an act that amends, and the changes of the obligation linked."""
    amending = [entry.journal_seq for entry in stored.entries if entry.act in AMENDING | ACCEPTING]
    numbers = [each.amendment_no for each in stored.declared.versions]
    if numbers != list(range(1, stored.declared.amendment_no + 1)):
        add("versions", stored.subject, f"amendments {numbers} of {stored.declared.amendment_no}")
    if [each.journal_seq for each in stored.declared.versions] != amending:
        add("versions", stored.subject, f"acts {amending} amend, the versions are of others")
    for each in stored.declared.versions:
        lines = [row[3] for row in each.items]
        if lines != list(range(1, each.fact("line_count") + 1)):
            add("whole", stored.subject, f"goods items {lines} of amendment {each.amendment_no}")
    standing = registered_debt(stored.booked) or (0, None)
    for change in stored.booked.changes:
        if (change.was_assessed_vnd, change.was_due_on) != standing:
            add("money", stored.subject, f"act {change.journal_seq} changed another obligation than stood")
        standing = (change.assessed_vnd, change.due_on)
    now = stored.booked.obligation
    if standing != ((now.assessed_vnd, now.due_on) if now else (0, None)):
        add("money", stored.subject, "the obligation is not what the last act made of it")


def check_following(stored: Stored, day: Day, on_server: OnServer, add: Add) -> None:
    """Judge again every act after registration that amends or cancels, and compare each row that it wrote."""
    for entry in stored.entries:
        if entry.act in FOLLOWING:
            for what in _faults(stored, entry, day, on_server):
                add("replay", stored.subject, f"act {entry.journal_seq} ({entry.act}): {what}")


def _faults(stored: Stored, entry: Entry, day: Day, on_server: OnServer) -> Iterator[str]:
    raw = next((each.raw for each in stored.messages if each.journal_seq == entry.journal_seq), None)
    if raw is None:
        return
    try:
        before = before_act(stored, entry, on_server)
        if entry.act in AMENDING:
            after = yield from _amended_again(stored, entry, raw, before, day, on_server)
        elif entry.act == CANCEL:
            after = yield from _asked_again(stored, entry, raw, before, day)
        else:
            after = yield from again(stored, entry, raw, before, day, on_server)
    except (MoveRefused, Refusal) as refusal:
        yield f"is not possible: {refusal.text_en}"
        return
    except NotDeclaring:
        yield "the bytes as received are no longer its message"
        return
    except LookupError as missing:
        yield f"what it rests on is not there: {missing}"
        return
    if after is not None:
        yield from differences(stored, entry, before, after)


def _amended_again(stored: Stored, entry: Entry, raw: bytes, before: Before, day: Day, on_server: OnServer) -> Again:
    message, version, decided = (
        (decode_supplement if entry.act == SUPPLEMENT else decode_amendment)(raw),
        version_of(stored.declared, entry.journal_seq),
        decided_by(stored.decided, entry),
    )
    if not isinstance(message, Amendment):
        raise NotDeclaring
    if version is None or decided is None:
        yield "its version or its decision on the channel is not there"
        return None
    kept = decided.decision
    books = (version.fact("book_version"), kept.criteria_version)
    registered, today = (day(*books, vn_date(each)) for each in (before.registered_at, entry.acted_at))
    old = declared_in(declaring(stored, version.amendment_no))
    ruled = ruled_by(stored, entry.journal_seq)
    yield from ruled_faults(message.declaration, ruled, on_server.rulings, before.registered_at)
    judged = judge(message.declaration, registered, before.registered_at, kept.level, kept.draw, ruled)
    if not isinstance(judged, Judgement):
        yield f"is refused today: {[finding.code for finding in judged]}"
        return None
    decision = never_below(judged.decision, Channel(before.channel))
    if decision != kept or decided.facts_digest != digest_of(judged.facts):
        yield "another channel decision"
    if differs := said_otherwise(stored.declared, message.declaration, judged.assessment, version):
        yield f"the bytes declare something else: {', '.join(differs)}"
    told = msgspec.json.encode(changes(old, message.declaration)).decode()
    if (told, message.reason, entry.acted_at) != (version.changes, version.reason, version.amended_at):
        yield "it changed something else"
    room = ample(on_server, message.declaration, before, registered)
    becomes = amended
    if entry.act == SUPPLEMENT:
        for finding in supplement_findings(old, message.declaration, registered.on):
            yield f"is refused today: {finding.code} at {finding.pointer}"
        becomes = partial(supplemented, sender_code=message.sender)
    after = becomes(
        before, old, message.declaration, judged, kept, room, registered, today, entry.acted_at, entry.journal_seq, _message_id(stored, entry)
    )  # fmt: skip
    if not isinstance(after, After):
        yield f"its tax is not secured: {[finding.code for finding in after]}"
        return None
    return after


def _asked_again(stored: Stored, entry: Entry, raw: bytes, before: Before, day: Day) -> Again:
    message = decode_cancellation(raw)
    if not isinstance(message, CancellationRequest):
        raise NotDeclaring
    case = cancelling.CASES[message.case]
    today = day(entry.book_version, stored.decided[0].decision.criteria_version, vn_date(entry.acted_at))
    is_export = stored.declared.fact("is_export")
    for finding in cancelling.case_findings(
        case, is_export, before.registered_at, entry.acted_at, today.codes.parameters
    ):
        yield f"is refused today: {finding.code}"
    if cancelling.cancels_by_itself(case, before.conditions):
        act = cancelling.FOR_TIME
        return cancelled(before, act, entry.acted_at, entry.journal_seq, message.sender, message.message_id)
    return cancelling.asked(before, case, today.conditions, entry.acted_at, message.reason)


def differences(stored: Stored, entry: Entry, before: Before, after: After) -> Iterator[str]:
    """Name what the act wrote otherwise than it had to."""
    seq, key = entry.journal_seq, before.key
    after = with_goods_used(before, after, seq)
    was = {condition.condition_no: condition for condition in before.conditions}
    opened = [condition for condition in after.conditions if condition.condition_no not in was]
    if clearance.opened_rows(key, opened, seq) != stored.conditions.opened_by(seq):
        yield "other conditions were opened"
    closed = [c for c in after.conditions if c.closed_at is not None and c.condition_no in was and was[c.condition_no].closed_at is None]  # fmt: skip
    if clearance.closed_rows(key, closed, seq) != stored.conditions.closed_by(seq):
        yield "other conditions were closed"
    if after.transfers != [each for each in stored.booked.transfers if each.journal_seq == seq]:
        yield "other transfers"
    if after.change != next((each for each in stored.booked.changes if each.journal_seq == seq), None):
        yield "another obligation"
    if [*after.moved, *after.drawn] != [each for each in stored.moved if each.journal_seq == seq]:
        yield "other movements of balances"
    if [int(state) for state in after.states] != list(entry.states):
        yield "other states"


def before_act(stored: Stored, entry: Entry, on_server: OnServer) -> Before:
    """Return the declaration as it stood before an act."""
    seq, declared = entry.journal_seq, stored.declared
    transfers = [each for each in stored.booked.transfers if each.journal_seq < seq]
    earlier = [each for each in declared.versions if each.journal_seq < seq]
    states = [state for each in stored.entries if each.journal_seq < seq for state in each.states]
    trader = declared.fact("trader_code")
    return Before(
        key=declared.key,
        trader_code=trader,
        registered_at=declared.fact("registered_at"),
        state=State(states[-1]),
        channel=last_channel(stored, entry.acted_at),
        conditions=_conditions_before(stored.conditions, seq),
        totals=standing(
            declarations.totals_of(earlier[-1] if earlier else declared),
            trader,
            transfers,
            earlier[-1].journal_seq if earlier else 0,
        ),
        obligation=_obligation_before(stored, seq, paid_vnd(trader, transfers)),
        transfers=transfers,
        moved=[each for each in stored.moved if each.journal_seq < seq and not _is_goods(each, on_server)],
        drawn=[each for each in stored.moved if each.journal_seq < seq and _is_goods(each, on_server)],
    )


def _is_goods(movement: Movement, on_server: OnServer) -> bool:
    balance = on_server.by_id.get(movement.balance_id)
    return balance is not None and balance.kind in GOODS_KINDS


def check_drawn_upon(stored: Stored, on_server: OnServer, add: Add) -> None:
    """Check that lines of a declaration on which later ones draw are on file as it declares them now."""
    place = (stored.declared.key[0], str(stored.declared.fact("no11")))
    goods = declarations.goods_of(stored.declared.now)
    for balance in on_server.of_declaration.get(place, ()):
        line_no = int(balance.reference.partition("/")[2])
        kept = (balance.goods_code, balance.unit, balance.granted)
        if kept != goods.get(line_no) or balance.holder_code != stored.declared.fact("trader_code"):
            add("balances", stored.subject, f"{balance.reference} is on file otherwise than it is declared")


def _obligation_before(stored: Stored, seq: int, paid: int) -> Obligation | None:
    standing = registered_debt(stored.booked)
    for change in stored.booked.changes:
        if change.journal_seq < seq:
            standing = (change.assessed_vnd, change.due_on)
    if standing is None:
        return None
    return Obligation(
        *stored.declared.key, stored.declared.fact("trader_code"), standing[0], standing[0] - paid, standing[1]
    )


def _conditions_before(rows: ConditionRows, seq: int) -> tuple[Condition, ...]:
    opened = {no for earlier in range(seq) for no in rows.numbers_opened(earlier)}
    closed = {no for earlier in range(seq) for no in rows.numbers_closed(earlier)}
    return tuple(
        condition if condition.condition_no in closed else replace(condition, closed_at=None, closed_by="", evidence="")
        for condition in rows.conditions
        if condition.condition_no in opened
    )


def _message_id(stored: Stored, entry: Entry) -> str:
    return next((each.message_id for each in stored.messages if each.journal_seq == entry.journal_seq), "")
