"""`amend_parcels` and `cancel_parcels`: parcels of a registered list are amended or cancelled, many in one message, before they are cleared.

Each message has a transaction of its own: it is heavy beside a payment, and whoever comes second reads what the first has written. A parcel that cannot be
changed is its own affair; a message of which none can be changed stores nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from haidang.clearance.actions import answers
from haidang.clearance.actions.passing import Answer, Hands, refused
from haidang.clearance.actions.telling import notices
from haidang.clearance.lookups import condition_view
from haidang.clearance.rules import cancelling as cancelling_rules
from haidang.clearance.rules.conditions import tax_due_on
from haidang.clearance.terms import State
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.ledger.lookups import booked
from haidang.parcels import store
from haidang.parcels.actions.files import (
    CHANGED,
    UNKNOWN,
    File,
    Following,
    Run,
    Written,
    encode,
    follow,
    move_all,
    put,
    record,
    unknown,
    write_conditions,
)
from haidang.parcels.actions.registering import CLEARED, PAY_NOW, book_of
from haidang.parcels.rules import changing
from haidang.parcels.terms import (
    AMENDS,
    AmendedParcel,
    ParcelChange,
    ParcelList,
    PlacedParcel,
    UnreadAmendment,
)
from haidang.parties.terms import Scope
from haidang.risk import actions as risk

OTHER_DIRECTION = Finding(
    code="HD-PROCEDURE",
    pointer="/procedure",
    text_vi="Nghiệp vụ không đúng chiều của danh sách: MIE sửa danh sách MIC, MEE sửa danh sách MEC.",
    text_en="The procedure is not that of the list: MIE amends lists of MIC, MEE those of MEC.",
    repair_vi="Gửi lại với nghiệp vụ đúng.",
    repair_en="Send it again with the right procedure.",
)
AMENDED, CANCELLED, REQUESTED = "amended", "cancelled", "requested"


class Amending(Following, frozen=True, kw_only=True):
    """An amendment of parcels: the whole of each as it should be, and why."""

    parcels: tuple[AmendedParcel | UnreadAmendment, ...]
    reason: str


class Cancelling(Following, frozen=True, kw_only=True):
    """A request to cancel parcels for one of the cases of the law, with its reason."""

    parcel_nos: tuple[str, ...]
    case: str
    reason: str


def amend_parcels(hands: Hands, batch: list[Amending]) -> list[Answer]:
    """Amend parcels, each message in a transaction of its own; return one answer each, in order.

    200 with a result for each parcel (new number, taxes, what changed; or its findings), 422 with all findings when none can be amended; for a message that
    was answered before, the stored answer.
    """
    return [_alone(hands, each, _amend) for each in batch]


def cancel_parcels(hands: Hands, batch: list[Cancelling]) -> list[Answer]:
    """Cancel parcels or ask customs to, each message in a transaction of its own; answers as those of `amend_parcels`."""
    return [_alone(hands, each, _cancel) for each in batch]


def _alone(hands: Hands, each: Following, apply: Any) -> Answer:
    with hands.transaction() as transaction:
        return follow(hands, transaction, [each], apply)[0]


def _not_theirs(run: Run, each: Following, file: File) -> tuple[Finding, ...]:
    """Return nothing when the sender is the operator of the list or holds its mandate for the list's office now, else why it may not change it."""
    its, nobody = file.standing, replace(UNKNOWN, pointer=each.pointer)
    if each.no11 != its.list_no11:
        return (nobody,)
    scope = Scope.EXPORT if its.is_export else Scope.IMPORT
    return answers.stranger_findings(
        run.standings, each.envelope.sender_id, its.operator_code, (scope,), its.customs_office_code, nobody, each.pointer
    )  # fmt: skip


def _amend(run: Run, each: Amending, file: File | None, _: datetime) -> Answer:
    if file is None:
        return unknown(each)
    if stranger := _not_theirs(run, each, file):
        return refused(stranger)
    its = file.standing
    if AMENDS[each.procedure] != its.procedure:
        return refused((OTHER_DIRECTION,))
    day = run.hands.books.day(vn_date(its.registered_at), run.hands.directory)
    book, level = book_of(day), run.standings.traders[its.operator_code].compliance_level
    listed, written = listed_of(file), Written()
    results: list[ParcelChange] = []
    now: dict[int, PlacedParcel] = {}
    draws = risk.draws(len(each.parcels))
    for at, (entry, draw) in enumerate(zip(each.parcels, draws, strict=True)):
        placed = _named(file, entry.parcel_no)
        findings = entry.findings if isinstance(entry, UnreadAmendment) else ()
        if not findings and isinstance(entry, AmendedParcel):
            findings = _number_findings(placed, entry.parcel_no, now)
            if not findings and placed is not None:
                findings = changing.amendment_findings(placed, entry.parcel, book, its.is_export)
        if findings or placed is None or isinstance(entry, UnreadAmendment):
            results.append(_refused(entry.parcel_no, placed, _located(findings, f"/amended_parcels/{at}")))
            continue
        after = changing.amended(
            placed, entry.parcel, listed, book, run.day, level, draw, file.at, each.envelope.message_id
        )
        changed = changing.changes(placed.parcel, entry.parcel)
        written.versions.append(
            store.version_row(
                file.key, file.seq + 1, after, level, (day.criteria.version, day.version), file.at, each.reason,
                msgspec.json.encode(changed).decode(),
            )
        )  # fmt: skip
        now[placed.parcel_seq] = after
        results.append(ParcelChange(parcel_no=after.parcel_no, outcome=AMENDED, changes=changed))
    if not now:
        return _none(results)
    was = changing.totals(file.places.values())
    for after in now.values():
        put(file, after, written)
    overpaid_vnd = _assess_anew(run, file, written, was, each.envelope.message_id)
    return _answer(run, each, file, written, was, results, overpaid_vnd)


def _cancel(run: Run, each: Cancelling, file: File | None, _: datetime) -> Answer:
    if file is None:
        return unknown(each)
    if stranger := _not_theirs(run, each, file):
        return refused(stranger)
    its, case = file.standing, cancelling_rules.CASES[each.case]
    if findings := cancelling_rules.case_findings(
        case, its.is_export, its.registered_at, file.at, run.day.codes.parameters
    ):
        return refused(findings)
    by_itself = cancelling_rules.cancels_by_itself(case, file.shared)
    written, results, named = Written(), list[ParcelChange](), dict[int, PlacedParcel]()
    for at, number in enumerate(each.parcel_nos):
        placed = _named(file, number)
        findings = _number_findings(placed, number, named)
        if not findings and placed is not None:
            findings = changing.not_open_findings(placed)
        if findings or placed is None:
            results.append(_refused(number, placed, _located(findings, f"/parcel_nos/{at}", whole=True)))
            continue
        named[placed.parcel_seq] = placed
        results.append(ParcelChange(parcel_no=placed.parcel_no, outcome=CANCELLED if by_itself else REQUESTED))
    if not named:
        return _none(results)
    was, overpaid_vnd = changing.totals(file.places.values()), 0
    if by_itself:
        cases, sender = dict.fromkeys(named, case.code), each.envelope.sender_code
        overpaid_vnd = cancel_places(run, file, written, cases, sender, each.envelope.message_id)
    else:
        for placed in named.values():
            put(file, changing.asked(placed, case, run.day, file.at, each.reason), written)
        move_all(file)
    return _answer(run, each, file, written, was, results, overpaid_vnd)


def cancel_places(
    run: Run, file: File, written: Written, cases: Mapping[int, str], closed_by: str, evidence: str
) -> int:
    """Cancel parcels of a list, by place with the case of the law: nothing is owed or awaited for them, and their house numbers are free again.

    Return what is overpaid then, whole đồng.
    """
    its = file.standing
    was = changing.totals(file.places.values())
    for seq, case in cases.items():
        after = changing.cancelled(file.places[seq], file.at, closed_by, evidence)
        put(file, after, written)
        written.cancelled.append((*file.key, seq, file.seq + 1, case, file.at))
        written.freed.append((file.key, its.operator_code, its.is_export, after.parcel.house_no))
    return _assess_anew(run, file, written, was, evidence)


def listed_of(file: File) -> ParcelList:
    """Return the list as it was declared, without its parcels."""
    its = file.standing
    return ParcelList(
        procedure=its.procedure, operator_code=its.operator_code, customs_office_code=its.customs_office_code,
        transport_document_no="", conveyance_no="", arrival_on=its.arrival_on, parcels=(),
    )  # fmt: skip


def _assess_anew(run: Run, file: File, written: Written, was: Mapping[int, int], evidence: str) -> int:
    """Book what the list owes more or less than `was`, await its tax accordingly, move its parcels; return what is overpaid, whole đồng."""
    its, seq = file.standing, file.seq + 1
    ledger_rows = booked(run.transaction.connection, [file.key]).get(file.key[2])
    day = run.hands.books.day(vn_date(its.registered_at), run.hands.directory)
    money = changing.money_after(
        file.key, its.operator_code, was, changing.totals(file.places.values()), file.obligation,
        ledger_rows.transfers if ledger_rows else [], tax_due_on(PAY_NOW, its.registered_at, day.conditions), seq, file.at,
    )  # fmt: skip
    written.transfers += money.transfers
    written.changes += [money.change] if money.change is not None else []
    file.obligation = money.obligation
    shared = changing.shared_after(file.shared, money.outstanding_vnd, listed_of(file), run.day, file.at, evidence)
    write_conditions(file, 0, file.shared, shared, written)
    file.shared = shared
    move_all(file)
    return money.overpaid_vnd


def _answer(
    run: Run, each: Following, file: File, written: Written, was: Mapping[int, int], results: list[ParcelChange], overpaid_vnd: int
) -> Answer:  # fmt: skip
    """Note the act, and answer with a result for each parcel."""
    record(run, each, file, written, ())
    its, debt = file.standing, file.obligation
    outstanding = debt.outstanding_vnd if debt is not None else 0
    told = [_told(file, one) if one.outcome else one for one in results]
    body = {
        "list_no": f"{its.list_no11}0",
        "procedure": each.procedure,
        "changed_count": sum(bool(one.outcome) for one in results),
        "refused_count": sum(not one.outcome for one in results),
        "payable_before_vnd": sum(was.values()),
        "payable_vnd": sum(changing.totals(file.places.values()).values()),
        "outstanding_vnd": outstanding,
        "overpaid_vnd": overpaid_vnd,
        "tax_due_on": debt.due_on if debt is not None and outstanding else None,
        "open_conditions": [condition_view(one) for one in file.shared if one.closed_at is None],
        "parcels": told,
    }
    answer = encode(body)
    summary = encode(body | {"parcels": [one.parcel_no for one in told if one.outcome]})
    run.owed += notices(its.shard_id, CHANGED, [its.declarant_id], run.subscribers, summary, file.at)
    if all(placed.state in (State.CLEARED, State.CANCELLED) for placed in file.places.values()):
        run.owed += notices(its.shard_id, CLEARED, [its.declarant_id], run.subscribers, summary, file.at)
    return Answer(200, answer)


def _told(file: File, result: ParcelChange) -> ParcelChange:
    placed = file.places[file.by_no[int(result.parcel_no[:11])]]
    own = [one.kind.name.lower() for one in placed.conditions if one.closed_at is None]
    shared = [one.kind.name.lower() for one in file.open_shared(placed)] if placed.state is not State.CANCELLED else []
    return replace(
        result, house_no=placed.parcel.house_no, channel=placed.channel, state=placed.state.name.lower(),
        cleared=placed.state is State.CLEARED, import_duty_vnd=placed.import_duty_vnd, value_added_vnd=placed.value_added_vnd,
        payable_vnd=sum(placed.owed), open_conditions=(*own, *shared),
    )  # fmt: skip


def _named(file: File, number: str) -> PlacedParcel | None:
    return file.places.get(file.by_no.get(int(number[:11] or 0), 0))


def _number_findings(
    placed: PlacedParcel | None, number: str, before: Mapping[int, PlacedParcel]
) -> tuple[Finding, ...]:
    """Return what is wrong with the number of an entry; `before` are those that the message has named."""
    if placed is None:
        return (changing.unknown_parcel(),)
    if placed.parcel_seq in before:
        return (changing.named_twice(),)
    return (changing.other_amendment(placed),) if len(number) > 11 and number != placed.parcel_no else ()


def _refused(number: str, placed: PlacedParcel | None, findings: tuple[Finding, ...]) -> ParcelChange:
    return ParcelChange(
        parcel_no=number, house_no=placed.parcel.house_no if placed is not None else "", findings=findings
    )


def _located(findings: Sequence[Finding], where: str, *, whole: bool = False) -> tuple[Finding, ...]:
    """Return findings with their place in the message; `whole`: the entry is the number itself."""
    return tuple(
        each
        if each.pointer.startswith("/")
        else replace(each, pointer=where if whole or not each.pointer else f"{where}/{each.pointer}")
        for each in findings
    )


def _none(results: Sequence[ParcelChange]) -> Answer:
    return refused([finding for one in results for finding in one.findings])
