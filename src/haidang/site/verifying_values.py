"""The part of `haidang verify` about doubts of a value: each doubt, consultation and decision on a value is judged again from the bytes received."""

from collections.abc import Iterator

from haidang.clearance.lookups.rows import ACT_COLUMNS
from haidang.clearance.rules import doubting
from haidang.clearance.rules.amending import Before, kept
from haidang.clearance.rules.states import follow, walk_on
from haidang.clearance.terms import Condition
from haidang.clearance.terms.acts import Deed
from haidang.gateway.messages.acts import ActNotice
from haidang.gateway.messages.envelope import decode_act
from haidang.journal.terms import Entry
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Refusal
from haidang.site.verifying_balances import Add, OnServer
from haidang.site.verifying_stored import Day, Stored
from haidang.site.verifying_versions import before_act, differences

_SEQ, _OFFICER = ACT_COLUMNS.index("journal_seq"), ACT_COLUMNS.index("officer_code")


def check_values(stored: Stored, day: Day, on_server: OnServer, add: Add) -> None:
    """Judge again every doubt of a value, every request for consultation and every decision on a value."""
    for entry in stored.entries:
        if entry.act in doubting.DOUBTING:
            for what in _faults(stored, entry, day, on_server):
                add("values", stored.subject, f"act {entry.journal_seq} ({entry.act}): {what}")


def _faults(stored: Stored, entry: Entry, day: Day, on_server: OnServer) -> Iterator[str]:
    raw = next((each.raw for each in stored.messages if each.journal_seq == entry.journal_seq), b"")
    notice = decode_act(raw)
    if not isinstance(notice, ActNotice) or notice.act.value != entry.act:
        yield "the bytes as received are no longer its act"
        return
    before = before_act(stored, entry, on_server)
    try:
        conditions = _again(stored, entry, day, before, notice)
        if notice.act is Deed.DOUBT_VALUE:
            states = walk_on(before.state, notice.act, before.channel, conditions)
        else:
            states = follow(before.state, before.channel, conditions)
    except Refusal as refusal:
        yield f"is not possible: {refusal.text_en}"
        return
    yield from differences(stored, entry, before, kept(before, conditions, states))


def _again(stored: Stored, entry: Entry, day: Day, before: Before, notice: ActNotice) -> tuple[Condition, ...]:
    """Return the list of conditions that the deed had to make."""
    book = day(entry.book_version, stored.decided[0].decision.criteria_version, vn_date(entry.acted_at)).conditions
    conditions, at, registered_at = before.conditions, entry.acted_at, before.registered_at
    officer = next((row[_OFFICER] for row in stored.officers.acts if row[_SEQ] == entry.journal_seq), "")
    match notice.act:
        case Deed.DOUBT_VALUE:
            return doubting.doubted(
                conditions,
                before.state,
                book,
                at,
                registered_at,
                notice.line_nos,
                _line_count(stored, entry),
                notice.text,
            )
        case Deed.ASK_CONSULTATION:
            evidence = f"{notice.act} {notice.message_id}"
            return doubting.consulted(conditions, book, at, registered_at, notice.sender, notice.text, evidence)
        case _:
            return doubting.decided(notice.act, conditions, book, at, officer, notice.text)


def _line_count(stored: Stored, entry: Entry) -> int:
    """Return how many goods lines were declared when the act was done."""
    count: int = stored.declared.fact("line_count")
    for version in stored.declared.versions:
        if version.journal_seq < entry.journal_seq:
            count = version.fact("line_count")
    return count
