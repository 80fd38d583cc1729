"""`register_parcels`: one list, one transaction, one answer for each parcel. The idea of `clearance.actions.registering`, leaner.

What depends on the instant (standing, debts, answers given before) is asked once for the batch; each list is judged with pure rules; all rows of all
lists are copied together. A list whose every parcel is refused stores nothing; one with a single good parcel stores that one.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from haidang.clearance.actions import answers
from haidang.clearance.actions.passing import Answer, Envelope, Hands, refused, signature_refused
from haidang.clearance.actions.telling import notices
from haidang.clearance.lookups import condition_view
from haidang.clearance.rules.conditions import tax_due_on
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import State
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion
from haidang.journal.rules import digest, sealed
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.kernel.calendar import registered_month, vn_text
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of, uuid7_batch
from haidang.ledger import actions as ledger
from haidang.ledger import rules as ledger_rules
from haidang.ledger.lookups import DebtQuestion
from haidang.ledger.terms import Obligation, Transfer
from haidang.parcels import store
from haidang.parcels.actions.numbering import ParcelNumbers
from haidang.parcels.rules import ParcelBook, compile_parcels, judge_list, tree_of
from haidang.parcels.store import HouseQuestion
from haidang.parcels.terms import (
    LISTS,
    PARCEL_EXPORTS,
    PARCEL_IMPORTS,
    JudgedList,
    JudgedParcel,
    Parcel,
    ParcelList,
    ParcelResult,
    RefusedParcel,
    Run,
)
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import PartyStatus, Scope
from haidang.platform.db import Transaction
from haidang.risk import actions as risk
from haidang.taxes.terms import TaxKind

REGISTERED_SEQ = 1
REGISTERED, CLEARED = "parcels.registered", "parcels.cleared"
TOPICS = [REGISTERED, CLEARED]
"""What the one who lodged a list is told of it."""
PAY_NOW = "D"
"""Time of payment of every list: before clearance (107/2016/QH13 Art. 9); no source gives parcels another."""
_OPERATOR = "/operator_code"
_BOOKS_KEPT = 3
_UNKNOWN_OFFICE = Finding(
    code="HD-CODE",
    pointer="/customs_office_code",
    text_vi="Mã cơ quan hải quan không có trong danh sách.",
    text_en="The code of the customs office is not in the list.",
    repair_vi="Chọn một mã trong danh sách cơ quan hải quan.",
    repair_en="Choose a code of the list of customs offices.",
)


class ParcelHands(Hands, frozen=True, kw_only=True):
    """What the pass of parcels writes with: as any pass, and the writer's numbers for parcels and lists."""

    parcel_numbers: ParcelNumbers


class Listed(Struct, frozen=True):
    """A signed list to register."""

    envelope: Envelope
    declared: ParcelList

    @property
    def key(self) -> MessageKey:
        """What makes the message one message: sender, operator, message id."""
        operator = self.declared.operator_code
        return MessageKey(shard_of(operator), self.envelope.sender_id, operator, self.envelope.message_id)


class _Context(Struct):
    """What was read in the transaction for one batch."""

    at: datetime
    book: ParcelBook
    inbox: dict[int, Any]
    standings: Standings
    oldest_due: dict[str, date]
    subscribers: dict[str, frozenset[int]]
    taken: dict[tuple[str, bool, str], int]
    several: frozenset[tuple[str, bool]]
    """`taken`: the list (11 digits) of each house number that stands in one, also in one accepted in this batch, where it holds several lists of an operator."""


class _Accepted(Struct, frozen=True):
    """A list that is registered, with what the rules said of it."""

    ordinal: int
    listed: Listed
    level: int
    judged: JudgedList
    list_no11: int
    own: list[Run]


class _Rows(Struct):
    """The rows of a batch, gathered before they are written together."""

    lists: list[tuple[object, ...]] = []
    parcels: list[tuple[object, ...]] = []
    cleared: list[tuple[object, ...]] = []
    runs: list[tuple[object, ...]] = []
    houses: list[tuple[int, int, UUID, str, bool, int, str]] = []
    conditions: list[tuple[object, ...]] = []
    transfers: list[Transfer] = []
    obligations: list[Obligation] = []
    entries: list[Entry] = []
    received: list[Received] = []
    owed: list[Notice] = []
    kept: list[tuple[MessageKey, bytes, int, bytes]] = []


_books: dict[tuple[int, int, date], ParcelBook] = {}


def book_of(day: DayBook) -> ParcelBook:
    """Return the law of parcels on a day, compiled once."""
    key = (day.version, day.criteria.version, day.on)
    found = _books.get(key)
    if found is None or found.day is not day:
        found = _books[key] = compile_parcels(day)
        for old in list(_books)[:-_BOOKS_KEPT]:
            del _books[old]
    return found


def register_parcels(hands: ParcelHands, batch: list[Listed]) -> list[Answer]:
    """Register lists of parcels in one transaction; return one answer each, in order, once it is committed.

    201 with a result for each parcel (number, channel, taxes; or its findings); 422 with all findings when no parcel can be registered; for a message
    that was answered before, the stored answer. An exception means that nothing of the batch is stored and no number is used up.
    """
    try:
        with hands.transaction() as transaction:
            result = _register(hands, transaction, batch)
    except BaseException:
        hands.parcel_numbers.give_back()
        raise
    hands.parcel_numbers.keep()
    return result


def _register(hands: ParcelHands, transaction: Transaction, batch: list[Listed]) -> list[Answer]:
    keys = [each.key for each in batch]
    context = _read_context(hands, transaction, batch, keys)
    first_of: dict[MessageKey, int] = {}
    result: list[Answer | None] = []
    accepted: list[_Accepted] = []
    for ordinal, (listed, key) in enumerate(zip(batch, keys, strict=True)):
        answer = _answered_before(listed, key, ordinal, context, batch, first_of)
        if answer is None and key not in first_of:
            judged = _judge(hands, transaction, ordinal, listed, context)
            if isinstance(judged, _Accepted):
                accepted.append(judged)
                first_of[key] = ordinal
            else:
                answer = judged
        result.append(answer)
    for each, answer in zip(accepted, _write(hands, transaction, context, accepted), strict=True):
        result[each.ordinal] = answer
    return [answer if answer is not None else result[first_of[key]] for answer, key in zip(result, keys, strict=True)]  # type: ignore[misc]


def _read_context(
    hands: ParcelHands, transaction: Transaction, batch: Sequence[Listed], keys: list[MessageKey]
) -> _Context:
    operators = sorted({key.trader_code for key in keys})
    senders = sorted({each.envelope.sender_id for each in batch})
    thumbprints = sorted({each.envelope.certificate.thumbprint_sha256 for each in batch})
    connection = transaction.connection
    with connection.pipeline():
        instant = hands.writer.ask_instant()
        inbox = InboxQuestion(connection, keys)
        debts = DebtQuestion(connection, [shard_of(each) for each in operators], operators)
        subscribers = SubscriberQuestion(connection, senders, TOPICS)
        houses = HouseQuestion(connection, [_wanted(each) for each in batch])
    standings = StandingQuestion(hands.directory, operators, senders, thumbprints).standings()
    at = instant.instant()
    book = book_of(hands.day(at))
    told = (inbox.answers(), standings, debts.oldest_due(), subscribers.subscribers())
    return _Context(at, book, *told, houses.taken(), _several(batch))


def _wanted(listed: Listed) -> tuple[int, str, bool, str]:
    """Return the house numbers that a list wants, as they are asked for."""
    declared = listed.declared
    house_nos = " ".join([one.house_no for one in declared.parcels if isinstance(one, Parcel)])
    return listed.key.shard_id, declared.operator_code, declared.is_export, house_nos


def _several(batch: Sequence[Listed]) -> frozenset[tuple[str, bool]]:
    """Return the (operator, whether exported) of which the batch holds several lists: what one takes the next cannot have."""
    counted = Counter((each.declared.operator_code, each.declared.is_export) for each in batch)
    return frozenset(whose for whose, count in counted.items() if count > 1)


def _answered_before(
    listed: Listed, key: MessageKey, ordinal: int, context: _Context, batch: Sequence[Listed], first_of: dict[MessageKey, int]
) -> Answer | None:  # fmt: skip
    stored, first = context.inbox.get(ordinal), first_of.get(key)
    sha256 = listed.envelope.sha256
    if stored is not None:
        return Answer(stored.status, stored.answer) if stored.sha256 == sha256 else refused((answers.OTHER_BYTES,))
    if first is not None:
        return None if batch[first].envelope.sha256 == sha256 else refused((answers.OTHER_BYTES,))
    return signature_refused(listed.envelope)


def _judge(
    hands: ParcelHands, transaction: Transaction, ordinal: int, listed: Listed, context: _Context
) -> _Accepted | Answer:
    """Judge one list: first who may lodge it at all, then each parcel."""
    findings = _list_findings(listed, context)
    operator = context.standings.traders.get(listed.declared.operator_code)
    if findings or operator is None:
        return refused(findings)
    draws = risk.draws(len(listed.declared.parcels))
    whose = listed.declared.operator_code, listed.declared.is_export
    taken = {house_no: f"{no11}0" for (*its, house_no), no11 in context.taken.items() if (*its,) == whose}
    judged = judge_list(listed.declared, context.book, context.at, operator.compliance_level, draws, taken)
    if not judged.accepted:
        return refused([each for one in judged.results if isinstance(one, RefusedParcel) for each in one.findings])
    (list_no11,), own = hands.parcel_numbers.take(transaction.connection, LISTS, listed.key.shard_id, 1, 0)
    if whose in context.several:
        context.taken.update({(*whose, one.parcel.house_no): list_no11 for one in judged.accepted})
    return _Accepted(ordinal, listed, operator.compliance_level, judged, list_no11, own)


def _list_findings(listed: Listed, context: _Context) -> tuple[Finding, ...]:
    envelope, standings, declared = listed.envelope, context.standings, listed.declared
    findings = answers.sender_findings(envelope, context.at, standings)
    code = declared.operator_code
    scopes, office = (Scope.EXPORT if declared.is_export else Scope.IMPORT,), declared.customs_office_code
    if stranger := answers.stranger_findings(
        standings, envelope.sender_id, code, scopes, office, answers.no_mandate(code), _UNKNOWN_OFFICE.pointer
    ):
        return (*findings, *stranger)
    operator = standings.traders[code]
    if operator.status is not PartyStatus.ACTIVE or operator.blocked_reason:
        findings += (answers.trader_blocked(code, operator.status, operator.blocked_reason),)
    day = context.book.day
    if declared.customs_office_code not in day.codes.lists["customs_office"]:
        findings += (_UNKNOWN_OFFICE,)
    if not declared.is_export:
        findings += _debt_findings(code, operator.enforcement_law, context)
    return tuple(
        msgspec.structs.replace(each, pointer=each.pointer.replace("/declaration/trader_code", _OPERATOR))
        for each in findings
    )


def _debt_findings(code: str, enforcement_law: str, context: _Context) -> tuple[Finding, ...]:
    """Overdue debts and enforcement of the operator: it is the one who will owe the taxes. Exports here bear none (38/2015/TT-BTC Art. 18)."""
    day, findings = context.book.day, ()
    oldest = context.oldest_due.get(code[:10])
    overdue = (answers.OVERDUE_DEBT,) if oldest is not None and (day.on - oldest).days > day.debt_days else findings
    return (*overdue, answers.under_enforcement(enforcement_law)) if enforcement_law else overdue


def _write(
    hands: ParcelHands, transaction: Transaction, context: _Context, accepted: Sequence[_Accepted]
) -> list[Answer]:
    """Write all rows of the accepted lists; journal and inbox answers last."""
    if not accepted:
        return []
    rows = _Rows()
    ids = uuid7_batch(int(context.at.timestamp() * 1000), len(accepted))
    month = registered_month(context.at)
    result = [
        _gather(hands, transaction, context, each, (each.listed.key.shard_id, month, list_id), rows)
        for each, list_id in zip(accepted, ids, strict=True)
    ]
    store.append(transaction, store.LIST, rows.lists)
    store.append(transaction, store.RUN, rows.runs)
    store.insert_houses(transaction, rows.houses)
    store.append(transaction, store.PARCEL, rows.parcels)
    store.append(transaction, store.CLEARED, rows.cleared)
    store.append(transaction, store.OPENED, rows.conditions)
    ledger.book(transaction, rows.transfers, rows.obligations)
    journal.record(transaction, rows.entries, rows.received)
    journal.owe(transaction, rows.owed)
    journal.keep_answers(transaction, rows.kept, context.at)
    return result


def _gather(
    hands: ParcelHands, transaction: Transaction, context: _Context, each: _Accepted, key: store.Key, rows: _Rows
) -> Answer:
    """Add the rows of one list; return its answer."""
    at, judged, declared, envelope = context.at, each.judged, each.listed.declared, each.listed.envelope
    kind = PARCEL_EXPORTS if declared.is_export else PARCEL_IMPORTS
    list_no11, own = each.list_no11, each.own
    numbers, runs = hands.parcel_numbers.take(transaction.connection, kind, key[0], len(judged.accepted), 1)
    facts = [store.parcel_facts(key, no11, one) for no11, one in zip(numbers, judged.accepted, strict=True)]
    for fact, one in zip(facts, judged.accepted, strict=True):
        if one.state is State.CLEARED:
            rows.cleared.append((*fact, int(one.state), at))
        else:
            rows.parcels.append((*fact, int(one.state)))
    root = tree_of([digest(fact) for fact in facts])[-1][0]
    row = (
        *key, list_no11, declared.procedure, declared.operator_code, envelope.sender_id, declared.customs_office_code,
        declared.transport_document_no, declared.conveyance_no, declared.arrival_on, len(declared.parcels), len(judged.accepted),
        judged.customs_value_vnd, judged.import_duty_vnd, judged.value_added_vnd, judged.fee_vnd, each.level,
        context.book.day.criteria.version, context.book.day.version, at, each.ordinal, root,
    )  # fmt: skip
    opened = opened_rows(key, judged)
    booked, debt = booked_of(key, declared.operator_code, judged, at, context.book)
    rows.lists.append((*row, REGISTERED_SEQ))
    house_nos = " ".join([one.parcel.house_no for one in judged.accepted])
    rows.houses.append((*key, declared.operator_code, declared.is_export, list_no11, house_nos))
    rows.runs += [store.run_row(key, run) for run in (*own, *runs)]
    rows.conditions += opened
    rows.transfers += booked
    if debt is not None:
        rows.obligations.append(debt)
    parts = registered_parts(envelope.sha256, row, [*own, *runs], opened, booked, debt)
    rows.entries.append(
        sealed(
            key, REGISTERED_SEQ, declared.procedure, envelope.sender_id, at, [int(state) for state in judged.states],
            context.book.day.version, hands.writer.writer_id, previous=b"", parts=parts,
        )
    )  # fmt: skip
    rows.received.append(
        Received(
            *key, REGISTERED_SEQ, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256,
            envelope.signature, envelope.raw,
        )
    )  # fmt: skip
    summary = _summary(list_no11, declared, judged, at, debt, root, context.book.day.version)
    body = _encode({**summary, "parcels": results_of(judged, numbers)})
    rows.kept.append((each.listed.key, envelope.sha256, 201, body))
    for topic in TOPICS if judged.states[-1] is State.CLEARED else (REGISTERED,):
        rows.owed += notices(key[0], topic, [envelope.sender_id], context.subscribers, _encode(summary), at)
    return Answer(201, body)


def opened_rows(key: store.Key, judged: JudgedList) -> list[tuple[object, ...]]:
    """Return the rows of the conditions that a registration opens: those of the list, then those of its parcels."""
    rows = [store.opened_row(key, 0, each, REGISTERED_SEQ) for each in judged.conditions]
    for one in judged.accepted:
        rows += [store.opened_row(key, one.parcel_seq, each, REGISTERED_SEQ) for each in one.conditions]
    return rows


def booked_of(
    key: store.Key, operator_code: str, judged: JudgedList, at: datetime, book: ParcelBook
) -> tuple[list[Transfer], Obligation | None]:
    """Return the transfers of a registration and the debt it makes: one for the whole list, of its operator."""
    amounts = (
        (TaxKind.IMPORT_DUTY, judged.import_duty_vnd), (TaxKind.VALUE_ADDED, judged.value_added_vnd),
        (TaxKind.CUSTOMS_FEE, judged.fee_vnd),
    )  # fmt: skip
    booked = ledger_rules.assessed(key, operator_code, amounts, REGISTERED_SEQ, at)
    payable = judged.payable_vnd
    if not payable:
        return booked, None
    due_on = tax_due_on(PAY_NOW, at, book.day.conditions)
    return booked, Obligation(*key, operator_code, payable, payable, due_on)


def registered_parts(
    sha256: bytes, row: Sequence[object], runs: Sequence[Run], opened: Sequence[object], booked: Sequence[Transfer],
    debt: Obligation | None,
) -> tuple[object, ...]:  # fmt: skip
    """Return what the digest of a registration covers; the parcels stand in `row` by the root of their tree."""
    registered_debt = (debt.assessed_vnd, debt.due_on, debt.trader_code) if debt is not None else None
    return (sha256, tuple(row), list(runs), list(opened), list(booked), registered_debt)


def results_of(judged: JudgedList, numbers: Sequence[int]) -> list[ParcelResult]:
    """Return the result of each parcel in the order of the message; `numbers` are those of the accepted ones."""
    coming = iter(numbers)
    shared = {owes: _open_names(judged, owes) for owes in (False, True)}
    return [
        _result(one, next(coming), shared[one.payable_vnd > 0])
        if isinstance(one, JudgedParcel)
        else ParcelResult(one.house_no, findings=one.findings)
        for one in judged.results
    ]


def _open_names(judged: JudgedList, owes: bool) -> tuple[str, ...]:
    return tuple(each.kind.name.lower() for each in judged.conditions if owes or each.kind.name != "TAX")


def _result(one: JudgedParcel, no11: int, shared: tuple[str, ...]) -> ParcelResult:
    return ParcelResult(
        house_no=one.parcel.house_no,
        parcel_no=f"{no11}0",
        channel=one.channel,
        state=one.state.name.lower(),
        cleared=one.state is State.CLEARED,
        import_duty_vnd=one.import_duty_vnd,
        value_added_vnd=one.value_added_vnd,
        payable_vnd=one.payable_vnd,
        open_conditions=(*(each.kind.name.lower() for each in one.conditions), *shared),
    )


def _summary(
    list_no11: int, declared: ParcelList, judged: JudgedList, at: datetime, debt: Obligation | None, root: bytes, version: int
) -> dict[str, object]:  # fmt: skip
    """Return what the answer says of the list as a whole."""
    count, accepted = len(declared.parcels), len(judged.accepted)
    return {
        "list_no": f"{list_no11}0",
        "procedure": declared.procedure,
        "operator_code": declared.operator_code,
        "registered_at": vn_text(at),
        "parcel_count": count,
        "accepted_count": accepted,
        "refused_count": count - accepted,
        "customs_value_vnd": judged.customs_value_vnd,
        "import_duty_vnd": judged.import_duty_vnd,
        "value_added_vnd": judged.value_added_vnd,
        "payable_vnd": judged.payable_vnd,
        "fee_vnd": judged.fee_vnd,
        "tax_due_on": debt.due_on if debt is not None else None,
        "open_conditions": [condition_view(each) for each in judged.conditions],
        "parcels_root": root.hex(),
        "law_book_version": version,
    }


_encode = msgspec.json.Encoder().encode
