"""The part of `haidang verify` about parcels: every list is judged again from its bytes, every parcel found by number, root and state.

As for declarations nothing is believed that can be computed. The draws are those kept with the parcels; a place of the list without a row must be refused
by the rules of its day.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.clearance.actions.closing import OFFICE
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import ConditionKind, State
from haidang.gateway.messages.parcels import ParcelAct, ParcelListing, decode_parcel_act, decode_parcel_list
from haidang.journal import lookups as journal
from haidang.journal.lookups import InboxQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Received, ServiceEvent
from haidang.ledger import lookups as ledger
from haidang.ledger.lookups import Booked
from haidang.ledger.rules import assessed_vnd, paid_vnd
from haidang.ledger.terms import Obligation
from haidang.organisation.rules import Powers, first_in_force, in_force, is_outside_queue
from haidang.organisation.terms import Act, Concerned
from haidang.parcels import lookups as parcels
from haidang.parcels.actions.files import act_parts
from haidang.parcels.actions.registering import REGISTERED_SEQ, book_of, booked_of, opened_rows, registered_parts
from haidang.parcels.lookups import (
    ACT_COLUMNS,
    LIST_COLUMNS,
    OPENED_COLUMNS,
    PARCEL_COLUMNS,
    VERSION_COLUMNS,
    ListRows,
    ParcelBlocks,
)
from haidang.parcels.rules import judge_list, parcel_state, power_then, vat_vnd
from haidang.parcels.rules.changing import totals
from haidang.parcels.rules.serving import SERVED
from haidang.parcels.terms import (
    DECIDING,
    EXPORT,
    LISTS,
    PARCEL_EXPORTS,
    PARCEL_IMPORTS,
    JudgedList,
    ParcelDeed,
    ParcelResult,
)
from haidang.site.verifying_conflicts import conflict_fault
from haidang.site.verifying_parcel_changes import check_changes
from haidang.site.verifying_people import Whose, whose
from haidang.site.verifying_service import check_service
from haidang.site.verifying_versions import registered_debt
from haidang.taxes.terms import TaxKind

_PAGE = 20
_CHECKS = frozenset((ConditionKind.DOCUMENT_CHECK, ConditionKind.INSPECTION))
Add = Callable[[str, str, str], None]
Key = tuple[int, int, UUID]
DayOf = Callable[[int, int, datetime], DayBook]
"""The law of (book version, criteria version, instant)."""
CheckSignature = Callable[[str, Received, datetime | None, Whose], None]
"""Reports a message whose signature does not hold, or whose sender could not act."""


class Checked(Struct):
    """What was checked."""

    lists: int = 0
    parcels: int = 0


class Case(Struct, frozen=True):
    """Everything stored about one list."""

    subject: str
    rows: ListRows
    entries: list[Entry]
    messages: list[Received]
    booked: Booked
    services: list[ServiceEvent]

    def parcel(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """Return a parcel by column."""
        return dict(zip(PARCEL_COLUMNS, row, strict=True))


class _Answered(Struct):
    parcels: list[ParcelResult]


def check_parcels(
    connection: psycopg.Connection[Any],
    blocks: ParcelBlocks,
    day_of: DayOf,
    powers: Powers,
    check_signature: CheckSignature,
    add: Add,
    most: int | None = None,
) -> Checked:
    """Report what is wrong with the lists of one server, inside the caller's transaction."""
    checked = Checked()
    for block, given, reached in parcels.number_gaps(connection):
        add("durable once", f"parcel block {block}", f"{given} numbers are there, {reached} were given")
    for shard, first in parcels.lost_runs(connection):
        add("durable once", f"shard {shard}: {first}", "numbers of parcels without their list")
    for list_no11, what in parcels.house_faults(connection):
        add("durable once", f"list {list_no11}0", what)
    for case in islice(list_cases(connection), most):
        checked.lists += 1
        checked.parcels += len(case.rows.parcels)
        _check_list(case, connection, blocks, day_of, powers, check_signature, add)
    return checked


def _check_list(
    case: Case,
    connection: psycopg.Connection[Any],
    blocks: ParcelBlocks,
    day_of: DayOf,
    powers: Powers,
    check_signature: CheckSignature,
    add: Add,
) -> None:
    _check_numbers(case, blocks, add)
    _check_root(case, add)
    if [entry.journal_seq for entry in case.entries] != list(range(1, case.rows.fact("journal_seq") + 1)):
        add("whole", case.subject, "journal entries are missing")
        return
    if [message.journal_seq for message in case.messages] != [entry.journal_seq for entry in case.entries]:
        add("whole", case.subject, "messages are missing")
        return
    check_journal(case, add)
    _check_money(case, add)
    _check_states(case, add)
    _check_acts(case, powers, add)
    check_service(case.subject, case.entries, case.services, add, SERVED)
    acted = {entry.journal_seq: entry.acted_at for entry in case.entries}
    fact = case.rows.fact
    its = whose(fact("operator_code"), fact("procedure") == EXPORT, fact("customs_office_code"))
    for message in case.messages:
        check_signature(case.subject, message, acted.get(message.journal_seq), its)
    replay_list(case, connection, day_of, add)


def list_cases(connection: psycopg.Connection[Any]) -> Iterator[Case]:
    """Yield everything stored about each list of a server, in the order of keys."""
    after: Key | None = None
    while keys := parcels.keys_after(connection, after, _PAGE):
        entries, messages = journal.entries(connection, keys), journal.messages(connection, keys)
        booked, services = ledger.booked(connection, keys), journal.service_events(connection, keys)
        for rows in parcels.list_rows(connection, keys):
            one = rows.key[2]
            yield Case(
                f"list {rows.fact('list_no11')}0", rows, entries.get(one, []), messages.get(one, []),
                booked.get(one) or Booked([], None), services.get(one, []),
            )  # fmt: skip
        after = keys[-1]


def _check_numbers(case: Case, blocks: ParcelBlocks, add: Add) -> None:
    """Numbers lie in blocks of their kind and shard, and are those of the list's runs, in order."""
    kind = PARCEL_EXPORTS if case.rows.fact("procedure") == EXPORT else PARCEL_IMPORTS
    own = [run for run in case.rows.runs if not run.first_seq]
    runs = [run for run in case.rows.runs if run.first_seq]
    for run in case.rows.runs:
        if fault := blocks.fault(run, (kind if run.first_seq else LISTS).kind, case.rows.key[0]):
            add("numbers", case.subject, fault)
    given = [run.first_no11 + at for run in runs for at in range(run.count)]
    stored = [case.parcel(row)["no11"] for row in case.rows.parcels]
    if [(run.first_no11, run.count) for run in own] != [(case.rows.fact("list_no11"), 1)]:
        add("numbers", case.subject, "its number is not the one it was given")
    if given != stored:
        add("numbers", case.subject, "the numbers of its parcels are not those it was given")


def _check_root(case: Case, add: Add) -> None:
    if len(case.rows.parcels) != case.rows.fact("accepted_count"):
        add("whole", case.subject, f"{len(case.rows.parcels)} parcels of {case.rows.fact('accepted_count')}")
    if case.rows.root != case.rows.fact("parcels_root"):
        add("journal", case.subject, "its parcels are not those of its root")


def check_journal(case: Case, add: Add) -> None:
    """Every row is in the digest of the act that wrote it."""
    previous, seen = b"", 0
    for entry, message in zip(case.entries, case.messages, strict=True):
        seq = entry.journal_seq
        written = case.rows.written_by(seq)
        opened, closed, acts, versions, cancelled = written
        seen += sum(map(len, written))
        transfers = [each for each in case.booked.transfers if each.journal_seq == seq]
        raw = sha256(message.raw).digest()
        if seq == REGISTERED_SEQ:
            row = case.rows.row[: LIST_COLUMNS.index("journal_seq")]
            parts = registered_parts(raw, row, case.rows.runs, opened, transfers, _registered_debt(case))
        else:
            changes = [each for each in case.booked.changes if each.journal_seq == seq]
            parts = act_parts(raw, opened, closed, transfers, acts, versions, cancelled, changes)
        again = sealed(
            case.rows.key, seq, entry.act, entry.actor_id, entry.acted_at, entry.states, entry.book_version, entry.writer_id,
            previous=previous, parts=parts,
        )  # fmt: skip
        if again.digest != entry.digest:
            add("journal", case.subject, f"the rows of act {seq} ({entry.act}) are not those it wrote")
        previous = entry.digest
    if seen != case.rows.row_count:
        add("journal", case.subject, f"{case.rows.row_count - seen} rows belong to no act")


def _registered_debt(case: Case) -> Obligation | None:
    """Return the obligation as the registration made it; None when it made none."""
    now, made = case.booked.obligation, registered_debt(case.booked)
    if now is None or made is None:
        return None
    return msgspec.structs.replace(now, assessed_vnd=made[0], due_on=made[1])


def _check_money(case: Case, add: Add) -> None:
    """Each VAT is what its own figures give, the list's totals are the sums of its parcels, and the ledger says what they owe now."""
    sums = {"customs_value_vnd": 0, "import_duty_vnd": 0, "value_added_vnd": 0}
    for row in case.rows.parcels:
        one = case.parcel(row)
        for name in sums:
            sums[name] += one[name]
    for one in (*map(case.parcel, case.rows.parcels), *map(_version, case.rows.versions)):
        vat = vat_vnd(one["customs_value_vnd"], one["import_duty_vnd"], one["vat_rate_bp"])
        if vat != one["value_added_vnd"]:
            number = one.get("no11") or case.parcel(case.rows.parcels[0])["no11"]
            add("money", f"parcel {number}0", f"VAT is {one['value_added_vnd']}, not {vat}")
    for name, total in sums.items():
        if total != case.rows.fact(name):
            add("money", case.subject, f"{name} is {case.rows.fact(name)}, its parcels give {total}")
    operator, booked = case.rows.fact("operator_code"), case.booked
    by_kind = assessed_vnd(operator, booked.transfers)
    owed = totals(case.rows.placed_before(case.rows.fact("journal_seq") + 1))
    for kind, total in owed.items():
        if by_kind.get(kind, 0) != total:
            add("money", case.subject, f"{TaxKind(kind).name}: {by_kind.get(kind, 0)} booked, {total} assessed")
    debt = booked.obligation
    if (debt.assessed_vnd if debt else 0) != sum(owed.values()):
        add("money", case.subject, f"the obligation is not the {sum(owed.values())} đ assessed")
    if debt and debt.outstanding_vnd != debt.assessed_vnd - paid_vnd(operator, booked.transfers):
        add("money", case.subject, f"{debt.outstanding_vnd} đ outstanding is not what is left after payment")
    taxed = [each for each in case.rows.conditions.get(0, ()) if each.kind is ConditionKind.TAX]
    if debt and taxed and any(each.closed_at is None for each in taxed) != bool(debt.outstanding_vnd):
        add("money", case.subject, "the tax condition does not say what the debt says")


def _version(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(VERSION_COLUMNS, row, strict=True))


def _check_states(case: Case, add: Add) -> None:
    """A parcel stands where its conditions say, and was cleared by the act after which none concerned it any more."""
    shared = case.rows.conditions.get(0, ())
    at = {entry.journal_seq: entry.acted_at for entry in case.entries}
    changed = {row[3] for row in (*case.rows.versions, *case.rows.cancelled)}
    moments = _Moments(case.rows)
    for placed in case.rows.placed_before(case.rows.fact("journal_seq") + 1):
        row = case.parcel(case.rows.parcels[moments.place_of[placed.parcel_seq]])
        own = placed.conditions
        subject = f"parcel {row['no11']}0"
        if placed.channel < max(
            (3 if each.kind is ConditionKind.INSPECTION else 2 for each in own if each.kind in _CHECKS), default=1
        ):
            add("legal moves", subject, f"a check is open that channel {placed.channel} does not know")
            continue
        seq = moments.cleared_by(placed.parcel_seq, sum(placed.owed) > 0, is_changed=placed.parcel_seq in changed)
        cleared = at.get(seq) if seq is not None else None
        if placed.state is State.CANCELLED or seq is not None:
            state = State.CLEARED if seq is not None else State.CANCELLED
        else:
            state = parcel_state(placed.channel, own, shared, sum(placed.owed) > 0)
        if state != row["state"]:
            add("legal moves", subject, f"stands at {row['state']}, its conditions say {state.name}")
        if cleared != row["cleared_at"]:
            add("legal moves", subject, f"cleared at {row['cleared_at']}, by its conditions at {cleared}")


class _Moments:
    """After which act parcels of one list waited for nothing more."""

    def __init__(self, rows: ListRows) -> None:
        self._rows = rows
        self.place_of = {row[3]: place for place, row in enumerate(rows.parcels)}
        opened, closed = rows.opened, {(row[3], row[4]): row[5] for row in rows.closed}
        self._spans: dict[int, list[tuple[int, int, int | None]]] = {}
        for row in opened:
            self._spans.setdefault(row[3], []).append((row[5], row[_OPENED_SEQ], closed.get((row[3], row[4]))))
        self._gone = {row[3]: row[4] for row in rows.cancelled}

    def cleared_by(self, parcel_seq: int, owes: bool, *, is_changed: bool) -> int | None:
        """Return the act that cleared a parcel, None when none did. `owes` says whether it owes anything now; one that was amended is looked up as it was."""
        spans = [*self._spans.get(parcel_seq, ()), *self._spans.get(0, ())]
        seqs = {REGISTERED_SEQ, *(closed for _, _, closed in spans if closed is not None)}
        if is_changed:
            seqs |= {row[_VERSION_SEQ] for row in self._rows.versions if row[3] == parcel_seq}
        for seq in sorted(seqs):
            if seq >= self._gone.get(parcel_seq, seq + 1):
                return None
            owed = self._owed(parcel_seq, seq) if is_changed else owes
            if not any(
                opened <= seq and (closed is None or closed > seq) and (owed or kind != ConditionKind.TAX)
                for kind, opened, closed in spans
            ):
                return seq
        return None

    def _owed(self, parcel_seq: int, seq: int) -> bool:
        """Whether a parcel owed anything after an act."""
        versions = [_version(row) for row in self._rows.versions if row[3] == parcel_seq and row[_VERSION_SEQ] <= seq]
        facts = versions[-1] if versions else self._first(parcel_seq)
        return bool(facts["import_duty_vnd"] + facts["value_added_vnd"])

    def _first(self, parcel_seq: int) -> dict[str, Any]:
        return dict(zip(PARCEL_COLUMNS, self._rows.parcels[self.place_of[parcel_seq]], strict=True))


_OPENED_SEQ = OPENED_COLUMNS.index("opened_seq")
_OPENED_KIND = OPENED_COLUMNS.index("kind")
_VERSION_SEQ = VERSION_COLUMNS.index("journal_seq")


def _check_acts(case: Case, powers: Powers, add: Add) -> None:
    """Each act on a parcel was its officer's to do at its instant, and is what the signed bytes say."""
    unit = case.rows.fact("customs_office_code")[:OFFICE]
    concerned = Concerned((case.rows.fact("operator_code"),), case.rows.fact("declarant_id"))
    sent = {message.journal_seq: message for message in case.messages}
    acts = {row[3]: dict(zip(ACT_COLUMNS, row, strict=False)) for row in case.rows.acts}
    numbers = {case.parcel(row)["no11"]: case.parcel(row)["parcel_seq"] for row in case.rows.parcels}
    for entry in case.entries:
        row = acts.get(entry.journal_seq)
        if entry.act.startswith("PARCEL_ACT") != (row is not None):
            add("powers", case.subject, f"act {entry.journal_seq} ({entry.act}) and the list of officers' acts differ")
        elif row is not None:
            for fault in _act_faults(row, entry, sent[entry.journal_seq], unit, concerned, powers, numbers):
                add("powers", case.subject, f"act {entry.journal_seq} ({entry.act}): {fault}")
            if fault := _second_person_fault(row, case.rows, list(acts.values())):
                add("second person", case.subject, f"act {entry.journal_seq} ({entry.act}): {fault}")


def _second_person_fault(row: dict[str, Any], rows: ListRows, acts: list[dict[str, Any]]) -> str:
    """Return what is wrong with who proposed and who decided how a request to cancel a parcel ends; nothing when two officers did.

    A decision without a maker is one of the time when one officer was enough: no later one can be written, and none can lose its maker unseen.
    """
    if row["act"] not in (ParcelDeed.PROPOSE_CANCELLATION, *DECIDING):
        return ""
    asked = [opened for opened in rows.opened if _asks_to_cancel(opened, row["parcel_seq"]) and opened[_OPENED_SEQ] < row["journal_seq"]]  # fmt: skip
    if not asked:
        return "nobody had asked for the parcel to be cancelled"
    since = max(opened[_OPENED_SEQ] for opened in asked)
    makers = [
        act["officer_code"] for act in acts
        if (act["parcel_seq"], act["act"]) == (row["parcel_seq"], ParcelDeed.PROPOSE_CANCELLATION) and since < act["journal_seq"] <= row["journal_seq"]
    ]  # fmt: skip
    maker = row.get("maker_code", "") if row["act"] in DECIDING else row["officer_code"]
    if maker and makers != [maker]:
        return f"proposed by {', '.join(makers) or 'nobody'}, kept as {maker}"
    return "who proposed decided" if maker == row["officer_code"] and row["act"] in DECIDING else ""


def _asks_to_cancel(opened: tuple[Any, ...], parcel_seq: int) -> bool:
    return opened[3] == parcel_seq and opened[_OPENED_KIND] == ConditionKind.CANCELLATION


def _act_faults(
    row: dict[str, Any],
    entry: Entry,
    message: Received,
    unit: str,
    concerned: Concerned,
    powers: Powers,
    numbers: dict[int, int],
) -> Iterator[str]:
    officer, notice = row["officer_code"], decode_parcel_act(message.raw)
    if fault := conflict_fault(powers, officer, concerned, row["acted_at"]):
        yield fault
    if powers.officer(message.certificate_sha256) != officer:
        yield f"signed by {powers.officer(message.certificate_sha256)}, kept as {officer}"
    held = powers.of.get(officer, ())
    wanted = power_then(ParcelDeed(row["act"]), row["acted_at"], first_in_force(powers, Act.HOLD_PARCEL))
    if not any(
        (power.power_id, power.act, power.unit) == (row["power_id"], wanted, unit)
        for power in in_force(held, row["acted_at"])
    ):
        yield f"{officer} did not hold the power {wanted.name} then"
    if row["acted_at"] != entry.acted_at or row["unit_code"] != unit:
        yield "its instant or unit is not that of the journal"
    if is_outside_queue(held, unit, row["acted_at"]) != bool(row["outside_reason"]):
        yield "the reason for a file of another unit does not fit the officer's posts then"
    said = (notice.act, notice.text, numbers.get(int(notice.parcel_no[:11]))) if isinstance(notice, ParcelAct) else None
    if said != (row["act"], row["reason"], row["parcel_seq"]):
        yield "the signed bytes say another thing"


def replay_list(case: Case, connection: psycopg.Connection[Any], day_of: DayOf, add: Add) -> None:
    """Judge the list again from its bytes, with the book, the level and the draws of its registration."""
    message, rows, at = case.messages[0], case.rows, case.rows.fact("registered_at")
    listing = decode_parcel_list(message.raw)
    if not isinstance(listing, ParcelListing):
        add("replay", case.subject, "the bytes as received are no longer a list of parcels")
        return
    declared = listing.declared
    stored = {one["parcel_seq"]: one for one in map(case.parcel, rows.parcels)}
    draws = [stored[seq]["draw"] if seq in stored else 0 for seq in range(1, len(declared.parcels) + 1)]
    book = book_of(day_of(rows.fact("book_version"), rows.fact("criteria_version"), at))
    judged = judge_list(declared, book, at, rows.fact("level"), draws, {})
    if again := [one.parcel.house_no for one in judged.accepted if one.parcel_seq not in stored]:
        # They were refused, if at all, because another list had their house numbers by then.
        judged = judge_list(
            declared, book, at, rows.fact("level"), draws, parcels.held_before(connection, rows, again, at)
        )
    header = (
        "procedure",
        "operator_code",
        "customs_office_code",
        "transport_document_no",
        "conveyance_no",
        "arrival_on",
    )
    if any(getattr(declared, name) != rows.fact(name) for name in header) or len(declared.parcels) != rows.fact(
        "parcel_count"
    ):
        add("replay", case.subject, "the bytes declare another list")
    if [one.parcel_seq for one in judged.accepted] != list(stored):
        add("replay", case.subject, "other parcels would be registered")
        return
    for one in judged.accepted:
        kept = stored[one.parcel_seq]
        said = msgspec.structs.asdict(one.parcel) | msgspec.structs.asdict(one)
        names = [name for name in PARCEL_COLUMNS[5:-2] if name != "no11" and said[name] != kept[name]]
        if names:
            add("replay", f"parcel {kept['no11']}0", f"another {', '.join(names)}")
    if opened_rows(rows.key, judged) != rows.written_by(REGISTERED_SEQ)[0]:
        add("replay", case.subject, "other conditions")
    booked, debt = booked_of(rows.key, declared.operator_code, judged, at, book)
    if booked != [each for each in case.booked.transfers if each.journal_seq == REGISTERED_SEQ]:
        add("replay", case.subject, "other transfers")
    kept_debt = _registered_debt(case)
    if (debt.due_on if debt else None) != (kept_debt.due_on if kept_debt else None):
        add("replay", case.subject, "another last day to pay")
    _check_answer(case, connection, judged, add)
    check_changes(case.subject, rows, case.entries, case.messages, case.booked, declared, day_of, add)


def _check_answer(case: Case, connection: psycopg.Connection[Any], judged: JudgedList, add: Add) -> None:
    """The stored answer has one result for each parcel of the message, with the number that it got."""
    message, operator = case.messages[0], case.rows.fact("operator_code")
    key = MessageKey(case.rows.key[0], message.sender_id, operator, message.message_id)
    stored = InboxQuestion(connection, [key]).answers().get(0)
    if stored is None:
        return  # told by "durable once"
    told = msgspec.json.decode(stored.answer, type=_Answered).parcels
    numbers = {one["parcel_seq"]: f"{one['no11']}0" for one in map(case.parcel, case.rows.parcels)}
    wanted = [
        (each.house_no if hasattr(each, "house_no") else each.parcel.house_no, numbers.get(each.parcel_seq, ""))
        for each in judged.results
    ]
    if [(each.house_no, each.parcel_no) for each in told] != wanted or any(
        not each.findings for each in told if not each.parcel_no
    ):
        add("one answer", case.subject, "the answer does not have one result for each parcel")
