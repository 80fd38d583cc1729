"""The part of `haidang verify` about parcels that were amended or cancelled: each such act is done again from its bytes on what stood before it.

As for registrations nothing is believed that can be computed: versions, taxes, conditions opened and closed and the money of the list follow from the signed
bytes, the draw kept with the version, and the law of registration and act.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from haidang.clearance.rules import cancelling
from haidang.clearance.rules.conditions import tax_due_on
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import State
from haidang.gateway.messages.parcels import (
    ParcelAct,
    ParcelAmendment,
    ParcelCancellation,
    decode_parcel_act,
    decode_parcel_amendment,
    decode_parcel_cancellation,
)
from haidang.journal.terms import Entry, Received
from haidang.ledger.lookups import Booked
from haidang.ledger.terms import Obligation
from haidang.parcels.actions.files import condition_rows
from haidang.parcels.actions.registering import PAY_NOW, book_of
from haidang.parcels.lookups import CANCELLED_COLUMNS, VERSION_COLUMNS, ListRows
from haidang.parcels.rules import changing
from haidang.parcels.terms import AMENDS, CANCEL, EXPORT, AmendedParcel, Parcel, ParcelDeed, ParcelList, PlacedParcel

Add = Callable[[str, str, str], None]
DayOf = Callable[[int, int, datetime], DayBook]
_APPROVED = f"PARCEL_ACT:{ParcelDeed.APPROVE_CANCELLATION.value}"
CHANGING = frozenset((*AMENDS, CANCEL, _APPROVED))
"""Acts that amend or cancel parcels."""


def check_changes(
    subject: str, rows: ListRows, entries: Sequence[Entry], messages: Sequence[Received], booked: Booked, declared: ParcelList, day_of: DayOf, add: Add,
) -> None:  # fmt: skip
    """Report what is wrong with the amendments and cancellations of one list that was declared so."""
    if not any(entry.act in CHANGING for entry in entries) and not rows.versions and not rows.cancelled:
        return
    for entry, message in zip(entries, messages, strict=True):
        seq = entry.journal_seq
        opened, closed, _, versions, cancelled = rows.written_by(seq)
        if entry.act not in CHANGING:
            if versions or cancelled:
                add("replay", subject, f"act {seq} ({entry.act}) changes no parcels")
            continue
        again = _Again(rows, entry, message, booked, declared, day_of)
        fault = again.fault(versions, cancelled)
        if fault:
            add("replay", subject, f"act {seq} ({entry.act}): {fault}")
            continue
        if sorted(again.opened) != sorted(opened) or sorted(again.closed) != sorted(closed):
            add("replay", subject, f"act {seq} ({entry.act}): other conditions")
        if again.transfers != [each for each in booked.transfers if each.journal_seq == seq]:
            add("replay", subject, f"act {seq} ({entry.act}): other transfers")
        if again.changes != [each for each in booked.changes if each.journal_seq == seq]:
            add("replay", subject, f"act {seq} ({entry.act}): another obligation")


class _Again:
    """One act done again: what it would open, close and book."""

    def __init__(
        self, rows: ListRows, entry: Entry, message: Received, booked: Booked, declared: ParcelList, day_of: DayOf
    ) -> None:
        self._rows, self._entry, self._message, self._booked = rows, entry, message, booked
        self._listed = msgspec.structs.replace(declared, transport_document_no="", conveyance_no="", parcels=())
        self._day_of = day_of
        self._seq, self._at = entry.journal_seq, entry.acted_at
        placed = rows.placed_before(self._seq)
        self._was = {each.parcel_seq: each for each in placed}
        self._by_no = {each.no11: each for each in placed}
        self._shared = rows.conditions_before(0, self._seq)
        self._today = day_of(entry.book_version, rows.fact("criteria_version"), self._at)
        self.opened: list[Any] = []
        self.closed: list[Any] = []
        self.transfers: list[Any] = []
        self.changes: list[Any] = []

    def fault(self, versions: Sequence[Any], cancelled: Sequence[Any]) -> str:
        """Do it again; return how what it wrote of parcels differs, nothing when it does not."""
        if self._entry.act in AMENDS:
            return self._amend([dict(zip(VERSION_COLUMNS, row, strict=True)) for row in versions], cancelled)
        gone = [dict(zip(CANCELLED_COLUMNS, row, strict=True)) for row in cancelled]
        if versions:
            return "a cancellation amends nothing"
        return self._approve(gone) if self._entry.act == _APPROVED else self._cancel(gone)

    def _amend(self, versions: list[dict[str, Any]], cancelled: Sequence[Any]) -> str:
        said = decode_parcel_amendment(self._message.raw)
        if not isinstance(said, ParcelAmendment) or cancelled or not self._is_for(said.list_no):
            return "the bytes are no amendment of this list"
        wanted: dict[int, list[Parcel]] = {}
        for each in said.parcels:
            if isinstance(each, AmendedParcel):
                wanted.setdefault(int(each.parcel_no[:11]), []).append(each.parcel)
        now: list[PlacedParcel] = []
        for row in versions:
            before = self._was.get(row["parcel_seq"])
            if before is None or before.no11 not in wanted:
                return f"parcel {row['parcel_seq']} is not in the message"
            day = self._day_of(row["book_version"], row["criteria_version"], self._rows.fact("registered_at"))
            book = book_of(day)
            # Named twice, it is the first time at which nothing is wrong that counts.
            may = (
                one
                for one in wanted[before.no11]
                if not changing.amendment_findings(before, one, book, self._listed.is_export)
            )
            new = next(may, None)
            if new is None:
                return f"parcel {before.parcel_no} may not be amended so"
            after = changing.amended(
                before, new, self._listed, book, self._today, row["level"], row["draw"], self._at, said.message_id
            )
            if differs := _differing(row, after, before, said.reason, self._at):
                return f"parcel {before.parcel_no}: another {', '.join(differs)}"
            now.append(after)
        self._written(now, said.message_id)
        return "" if now else "no parcel is amended"

    def _cancel(self, gone: list[dict[str, Any]]) -> str:
        said = decode_parcel_cancellation(self._message.raw)
        if not isinstance(said, ParcelCancellation) or not self._is_for(said.list_no):
            return "the bytes are no cancellation of this list"
        case = cancelling.CASES[said.case]
        by_itself = cancelling.cancels_by_itself(case, self._shared)
        parameters = self._today.codes.parameters
        is_export, registered_at = self._listed.procedure == EXPORT, self._rows.fact("registered_at")
        if cancelling.case_findings(case, is_export, registered_at, self._at, parameters):
            return f"the case {case.code} does not fit"
        named = {int(number[:11]) for number in said.parcel_nos}
        if by_itself:
            if any(row["case_code"] != case.code for row in gone):
                return "another case of cancellation"
            return self._gone(gone, named, self._sender(), said.message_id)
        if gone:
            return "customs did not decide on it"
        asked = [self._was[seq] for seq in self._opened_places() if seq in self._was]
        if not asked or any(each.no11 not in named or changing.not_open_findings(each) for each in asked):
            return "parcels are to be cancelled that are not in the message, or may not be"
        now = [changing.asked(each, case, self._today, self._at, said.reason) for each in asked]
        self._conditions(now)
        return ""

    def _approve(self, gone: list[dict[str, Any]]) -> str:
        said = decode_parcel_act(self._message.raw)
        if not isinstance(said, ParcelAct) or len(gone) != 1:
            return "it cancels one parcel"
        before = self._was[gone[0]["parcel_seq"]]
        request = changing.pending(before.conditions)
        if request is None or request.detail.partition(":")[0] != gone[0]["case_code"]:
            return "nobody had asked for it, or for another case"
        officer = next((row[6] for row in self._rows.acts if row[3] == self._seq), "")
        return self._gone(gone, {int(said.parcel_no[:11])}, officer, said.text)

    def _gone(self, gone: list[dict[str, Any]], named: set[int], closed_by: str, evidence: str) -> str:
        before = [self._was[row["parcel_seq"]] for row in gone if row["parcel_seq"] in self._was]
        if not before or any(each.no11 not in named or each.state is State.CANCELLED for each in before):
            return "parcels are cancelled that are not in the message, or were cancelled already"
        if any(row["cancelled_at"] != self._at for row in gone):
            return "another instant"
        self._written([changing.cancelled(each, self._at, closed_by, evidence) for each in before], evidence)
        return ""

    def _sender(self) -> str:
        said = decode_parcel_cancellation(self._message.raw)
        return said.sender if isinstance(said, ParcelCancellation) else ""

    def _is_for(self, list_no: str) -> bool:
        return int(list_no[:11]) == self._rows.fact("list_no11")

    def _opened_places(self) -> Iterator[int]:
        return (row[3] for row in self._rows.written_by(self._seq)[0])

    def _conditions(self, now: Sequence[PlacedParcel]) -> None:
        for each in now:
            was = self._was[each.parcel_seq].conditions
            opened, closed = condition_rows(self._rows.key, each.parcel_seq, was, each.conditions, self._seq)
            self.opened += opened
            self.closed += closed

    def _written(self, now: Sequence[PlacedParcel], evidence: str) -> None:
        """Book what the list owes more or less, and await its tax accordingly."""
        self._conditions(now)
        key, fact = self._rows.key, self._rows.fact
        after = self._was | {each.parcel_seq: each for each in now}
        registered = self._day_of(fact("book_version"), fact("criteria_version"), fact("registered_at"))
        due_on = tax_due_on(PAY_NOW, fact("registered_at"), registered.conditions)
        earlier = [each for each in self._booked.transfers if each.journal_seq < self._seq]
        money = changing.money_after(
            key, fact("operator_code"), changing.totals(self._was.values()), changing.totals(after.values()),
            self._debt_before(), earlier, due_on, self._seq, self._at,
        )  # fmt: skip
        self.transfers, self.changes = money.transfers, [money.change] if money.change is not None else []
        shared = changing.shared_after(
            self._shared, money.outstanding_vnd, self._listed, self._today, self._at, evidence
        )
        opened, closed = condition_rows(key, 0, self._shared, shared, self._seq)
        self.opened += opened
        self.closed += closed

    def _debt_before(self) -> Obligation | None:
        """Return what was assessed before the act (what was outstanding is of no matter to it)."""
        later = [each for each in self._booked.changes if each.journal_seq >= self._seq]
        now = self._booked.obligation
        if now is None or not later:
            return now
        first = later[0]
        if first.was_due_on is None:
            return None
        return msgspec.structs.replace(now, assessed_vnd=first.was_assessed_vnd, due_on=first.was_due_on)


_SAID = (
    "description", "party_name", "counterparty_name", "country_code", "commodity_code", "package_count", "gross_mass_g", "customs_value_vnd",
)  # fmt: skip
_DECIDED = ("amendment_no", "import_duty_vnd", "vat_rate_bp", "value_added_vnd", "draw", "channel")


def _differing(
    row: Mapping[str, Any], after: PlacedParcel, before: PlacedParcel, reason: str, at: datetime
) -> list[str]:
    changed = msgspec.json.encode(changing.changes(before.parcel, after.parcel)).decode()
    wanted = {name: getattr(after.parcel, name) for name in _SAID} | {name: getattr(after, name) for name in _DECIDED}
    wanted |= {"reason": reason, "changes": changed, "amended_at": at}
    return [name for name, value in wanted.items() if row[name] != value]
