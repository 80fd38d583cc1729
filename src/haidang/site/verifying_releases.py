"""The part of `haidang verify` about goods that left before clearance: every request and decision is judged again from the bytes received."""

from collections.abc import Iterator

from haidang.clearance.lookups.rows import ACT_COLUMNS
from haidang.clearance.rules import releasing
from haidang.clearance.rules.amending import Before, kept
from haidang.clearance.rules.states import follow, walk_on
from haidang.clearance.terms import Condition, ConditionKind
from haidang.clearance.terms.acts import Deed
from haidang.gateway.messages.acts import ActNotice
from haidang.gateway.messages.envelope import ArrivalNotice, decode_act, decode_arrival
from haidang.journal.terms import Entry
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Refusal
from haidang.site.verifying_balances import Add, OnServer
from haidang.site.verifying_stored import Day, Stored
from haidang.site.verifying_versions import before_act, differences

_ARRIVAL = "ARRIVAL"
_SEQ, _OFFICER = ACT_COLUMNS.index("journal_seq"), ACT_COLUMNS.index("officer_code")


def check_releases(stored: Stored, day: Day, on_server: OnServer, add: Add) -> None:
    """Judge again every request for release or storage, every decision on one, and every arrival at a place of storage."""
    for entry in stored.entries:
        if entry.act in releasing.RELEASING:
            faults = _deed_faults(stored, entry, day, on_server)
        elif entry.act == _ARRIVAL:
            faults = _arrival_faults(stored, entry)
        else:
            continue
        for what in faults:
            add("release and storage", stored.subject, f"act {entry.journal_seq} ({entry.act}): {what}")


def _deed_faults(stored: Stored, entry: Entry, day: Day, on_server: OnServer) -> Iterator[str]:
    notice = decode_act(_raw(stored, entry))
    if not isinstance(notice, ActNotice):
        yield "the bytes as received are no longer an act"
        return
    before = before_act(stored, entry, on_server)
    try:
        conditions = _again(stored, entry, day, before, notice)
        if notice.act in (Deed.RELEASE, Deed.RELEASE_TO_STORAGE):
            states = walk_on(before.state, notice.act, before.channel, conditions)
        else:
            states = follow(before.state, before.channel, conditions)
    except Refusal as refusal:
        yield f"is not possible: {refusal.text_en}"
        return
    yield from differences(stored, entry, before, kept(before, conditions, states))


def _again(stored: Stored, entry: Entry, day: Day, before: Before, notice: ActNotice) -> tuple[Condition, ...]:
    """Return the list of conditions that the deed had to make."""
    today = day(entry.book_version, stored.decided[0].decision.criteria_version, vn_date(entry.acted_at))
    conditions, state, book, at = before.conditions, before.state, today.conditions, entry.acted_at
    officer = next((row[_OFFICER] for row in stored.officers.acts if row[_SEQ] == entry.journal_seq), "")
    is_export = stored.declared.fact("is_export")
    match notice.act:
        case Deed.REQUEST_RELEASE:
            return releasing.release_asked(
                conditions, state, book, at, notice.release_code, notice.text, is_export=is_export
            )
        case Deed.REQUEST_STORAGE:
            return releasing.storage_asked(
                conditions, state, book, at, notice.place_code, notice.storage_place, notice.text, is_export=is_export
            )
        case Deed.RELEASE:
            owed = _owed(stored, entry, before)
            return releasing.released(conditions, book, at, officer, notice.text, owed, today.codes.parameters)
        case Deed.RELEASE_TO_STORAGE:
            return releasing.stored(conditions, book, at, officer, notice.text)
        case _:
            return releasing.declined(notice.act, conditions, at, officer, notice.text)


def _owed(stored: Stored, entry: Entry, before: Before) -> tuple[int, str]:
    """Return what was outstanding then, and the time of payment as last declared before the act."""
    said = stored.declared.fact("payment_timing_code")
    for version in stored.declared.versions:
        if version.journal_seq < entry.journal_seq:
            said = version.fact("payment_timing_code")
    return (before.obligation.outstanding_vnd if before.obligation else 0, said)


def _arrival_faults(stored: Stored, entry: Entry) -> Iterator[str]:
    """An arrival that closes the way to a place of storage was reported at that very place."""
    numbers = stored.conditions.numbers_closed(entry.journal_seq)
    for condition in stored.conditions.conditions:
        if condition.condition_no in numbers and condition.kind is ConditionKind.STORAGE_ARRIVAL:
            notice = decode_arrival(_raw(stored, entry))
            if not isinstance(notice, ArrivalNotice) or notice.warehouse_code != condition.detail:
                yield "the goods were reported at another place than their storage"


def _raw(stored: Stored, entry: Entry) -> bytes:
    return next((each.raw for each in stored.messages if each.journal_seq == entry.journal_seq), b"")
