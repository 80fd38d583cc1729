"""What officers did, re-derived: who signed, by which power at that instant, maker and checker, channels, and what the signed bytes say."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from haidang.clearance.lookups import OFFICE
from haidang.clearance.lookups.files import file_views
from haidang.clearance.lookups.rows import ACT_COLUMNS, PROPOSED_COLUMNS, OfficerRows, RevisionRows
from haidang.clearance.rules.amending import ASSESS, CANCEL_RESULT, DECIDING
from haidang.clearance.rules.officers import POWER_OF_DEED, POWER_OF_RESULT
from haidang.clearance.terms import ConditionKind
from haidang.clearance.terms.acts import DECLARANTS, Deed
from haidang.clearance.terms.revisions import RevisionKind
from haidang.declarations.lookups import ENTRUSTING, DeclarationRows, OfficeReading, office_readings
from haidang.gateway.messages.acts import ActNotice
from haidang.gateway.messages.envelope import ResultNotice, decode_act, decode_result
from haidang.journal.terms import Entry, Received
from haidang.organisation.rules import Powers, in_force, is_outside_queue
from haidang.organisation.terms import Act, Concerned
from haidang.parcels import lookups as parcels
from haidang.parties.lookups import Directory
from haidang.parties.terms import PartyKind
from haidang.site.verifying_conflicts import conflict_fault

_DEEDS = frozenset(deed.value for deed in Deed)
_RESULT = "RESULT"
_PROPOSING = {ASSESS: Act.ASSESS, CANCEL_RESULT: Act.CANCEL}
"""Messages by which an officer asks for something that another decides, and the power they need."""
Add = Callable[[str, str, str], None]


def is_deed(act: str) -> bool:
    """Tell whether a journal entry is that of an officer's deed or of an answer to one."""
    return act in _DEEDS


def check_acts(
    subject: str, declared: DeclarationRows, entries: Sequence[Entry], messages: Sequence[Received], rows: OfficerRows,
    revisions: RevisionRows, powers: Powers, directory: Directory, add: Add,
) -> None:  # fmt: skip
    """Report every act that its officer could not do at its instant, and every row that says other than the signed bytes."""
    unit = declared.fact("customs_office_code")[:OFFICE]
    acts = {row[_SEQ]: dict(zip(ACT_COLUMNS, row, strict=True)) for row in rows.acts}
    sent = {message.journal_seq: message for message in messages}
    for entry in entries:
        message, row = sent.get(entry.journal_seq), acts.pop(entry.journal_seq, None)
        if message is None:
            continue
        if row is None:
            if _needs_officer(entry, directory):
                add("powers", subject, f"act {entry.journal_seq} ({entry.act}) names no officer")
            continue
        for fault in (*_power_faults(row, entry, message, unit, powers), *_byte_faults(row, entry, message)):
            add("powers", subject, f"act {entry.journal_seq} ({entry.act}): {fault}")
        if fault := conflict_fault(powers, row["officer_code"], _concerned(declared, entry), row["acted_at"]):
            add("conflicts", subject, f"act {entry.journal_seq} ({entry.act}): {fault}")
    for seq in acts:
        add("powers", subject, f"an officer's act {seq} is in no journal")
    for fault in (*_second_person_faults(rows), *_revision_faults(rows, revisions)):
        add("second person", subject, fault)


def _concerned(declared: DeclarationRows, entry: Entry) -> Concerned:
    """Return whom a declaration concerned when an act was done: what was entrusted by then counts, whoever corrected it."""
    amended = [row for each in declared.versions if each.journal_seq < entry.journal_seq for row in each.entrusted]
    entrusting = (row[ENTRUSTING] for row in (*declared.entrusted, *amended))
    return Concerned((declared.fact("trader_code"), *entrusting), declared.fact("declarant_id"))


def check_views(connection: psycopg.Connection[Any], powers: Powers, add: Add) -> None:
    """Report every look at a file of another unit that its officer could not have: no power over the unit then, or another unit's file."""
    for each in file_views(connection):
        held = powers.of.get(each.officer_code, ())
        subject = f"view of {each.no11} by {each.officer_code}"
        if each.office_code is None or each.office_code[:OFFICE] != each.unit_code:
            add("powers", subject, f"the file is none of unit {each.unit_code}")
        elif all(power.unit != each.unit_code for power in in_force(held, each.viewed_at)):
            add("powers", subject, f"the officer held no power over unit {each.unit_code}")
        elif not is_outside_queue(held, each.unit_code, each.viewed_at):
            add("powers", subject, "the file was in the officer's own queue")


def check_office_readings(connection: psycopg.Connection[Any], powers: Powers, directory: Directory, add: Add) -> None:
    """Report every reading of a declaration or parcel by another office that was none: by a party that is no customs office, or nobody known."""
    for each in (*office_readings(connection), *parcels.office_readings(connection)):
        subject = f"reading of {each.no11} by {each.officer_code}"
        reader = directory.by_id.get(each.reader_id)
        if each.office_code is None:
            add("powers", subject, "there is nothing with this number there")
        if reader is None or reader.kind is not PartyKind.CUSTOMS or each.officer_code not in powers.of:
            add("powers", subject, "who read is no officer of a customs office")
        elif fault := conflict_fault(powers, each.officer_code, _trader_of(each), each.read_at):
            add("conflicts", subject, fault)


def _trader_of(reading: OfficeReading) -> Concerned:
    return Concerned((reading.trader_code,) if reading.trader_code else (), 0)


def _needs_officer(entry: Entry, directory: Directory) -> bool:
    if is_deed(entry.act):
        return entry.act not in DECLARANTS
    if entry.act in _PROPOSING:
        return True
    sender = directory.by_id.get(entry.actor_id)
    return entry.act == _RESULT and sender is not None and sender.kind is PartyKind.CUSTOMS


def _power_faults(row: dict[str, Any], entry: Entry, message: Received, unit: str, powers: Powers) -> list[str]:
    faults = []
    officer, at = row["officer_code"], row["acted_at"]
    if powers.officer(message.certificate_sha256) != officer:
        faults.append(f"signed by {powers.officer(message.certificate_sha256)}, kept as {officer}")
    if at != entry.acted_at:
        faults.append(f"kept at {at}, the journal says {entry.acted_at}")
    if row["unit_code"] != unit:
        faults.append(f"done for the unit {row['unit_code']}, the file is of {unit}")
    held = powers.of.get(officer, ())
    wanted = _act_wanted(row["act"], message)
    if not any(
        power.power_id == row["power_id"] and power.act is wanted and power.unit == unit for power in in_force(held, at)
    ):
        faults.append(f"{officer} did not hold the power {wanted.name if wanted else row['act']} then")
    if is_outside_queue(held, unit, at) != bool(row["outside_reason"]):
        faults.append("the reason for a file of another unit does not fit the officer's posts then")
    return faults


def _act_wanted(act: str, message: Received) -> Act | None:
    if is_deed(act):
        return POWER_OF_DEED.get(Deed(act))
    if act in _PROPOSING:
        return _PROPOSING[act]
    notice = decode_result(message.raw)
    return POWER_OF_RESULT.get(ConditionKind[notice.condition.upper()]) if isinstance(notice, ResultNotice) else None


def _byte_faults(row: dict[str, Any], entry: Entry, message: Received) -> list[str]:
    """Compare what the signed bytes say with the row that came of them."""
    if row["act"] != entry.act:
        return [f"kept as {row['act']}"]
    if not is_deed(entry.act) or entry.act in DECIDING:
        # What these say is compared where they are judged again.
        return []
    notice = decode_act(message.raw)
    if not isinstance(notice, ActNotice) or notice.act.value != row["act"]:
        return ["the signed bytes say another act"]
    faults = []
    if notice.text != row["reason"] or (row["outside_reason"] and notice.outside_reason != row["outside_reason"]):
        faults.append("the signed bytes give another reason")
    if notice.act is Deed.RAISE_CHANNEL and notice.channel != row["channel_to"]:
        faults.append("the signed bytes name another channel")
    if notice.act in (Deed.APPROVE, Deed.REFUSE) and notice.proposal_no != row["proposal_no"]:
        faults.append("the signed bytes decide another proposal")
    return faults


def _second_person_faults(rows: OfficerRows) -> list[str]:
    """Less is checked only because one officer proposed it and another decided so, each by an act of their own."""
    faults = []
    acts = {row[_SEQ]: dict(zip(ACT_COLUMNS, row, strict=True)) for row in rows.acts}
    proposed = {
        each["proposal_no"]: each for row in rows.proposed for each in [dict(zip(PROPOSED_COLUMNS, row, strict=True))]
    }
    for no, each in proposed.items():
        made = acts.get(each["proposed_seq"], {})
        if made.get("act") != Deed.PROPOSE_LOWER_CHANNEL or made["officer_code"] != each["maker_code"]:
            faults.append(f"proposal {no} was not made by an act of {each['maker_code']}")
    decisions = {row[3]: row for row in rows.decided}
    for seq, act in acts.items():
        if act["act"] not in (Deed.APPROVE, Deed.REFUSE):
            if act["channel_to"] < act["channel_from"]:
                faults.append(f"act {seq} lowers the channel and nobody approved it")
            continue
        no = act["proposal_no"]
        decided, its = decisions.get(no), proposed.get(no)
        if decided is None or its is None or decided[4] != seq or decided[5] != act["officer_code"]:
            faults.append(f"act {seq} decides proposal {no}, which says otherwise")
        elif act["officer_code"] == its["maker_code"] or act["maker_code"] != its["maker_code"]:
            faults.append(f"act {seq}: {act['officer_code']} decided a proposal of {its['maker_code']}")
        elif decided[7] != (act["act"] == Deed.APPROVE) or (decided[7] and act["channel_to"] != its["channel_to"]):
            faults.append(f"act {seq} does another thing than proposal {no}")
    by_act = {act["proposal_no"] for act in acts.values() if act["act"] in (Deed.APPROVE, Deed.REFUSE)}
    faults += [f"proposal {no} was decided by nobody's act" for no in decisions if no not in by_act]
    return faults


def _revision_faults(rows: OfficerRows, revisions: RevisionRows) -> list[str]:
    """What an officer has asked another officer decides, each by an act of their own, and the row of the decision names both."""
    faults = []
    acts = {row[_SEQ]: dict(zip(ACT_COLUMNS, row, strict=True)) for row in rows.acts}
    for each in revisions.revisions:
        no, decision = each.register_no, acts.get(each.decided_seq, {})
        if each.decided_seq and decision.get("officer_code") != each.decided_by:
            faults.append(f"request {no} was not decided by an act of {each.decided_by}")
        if each.kind is RevisionKind.AMENDMENT:
            continue
        if acts.get(each.asked_seq, {}).get("officer_code") != each.asked_by:
            faults.append(f"request {no} was not made by an act of {each.asked_by}")
        if each.decided_seq and (each.asked_by == each.decided_by or decision.get("maker_code") != each.asked_by):
            faults.append(f"request {no}: {each.decided_by} decided what {each.asked_by} had asked")
    return faults


_SEQ = ACT_COLUMNS.index("journal_seq")
