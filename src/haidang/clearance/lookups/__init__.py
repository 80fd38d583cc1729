"""Reads of the pass: the law of a day as one immutable book, and where a declaration stands."""

import threading
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.clearance import store
from haidang.clearance.rules.conditions import compile_conditions
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.releasing import goods_are, may_be_used
from haidang.clearance.rules.serving import SERVED, service_no
from haidang.clearance.terms import Condition, Question, State
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.declarations import lookups as declarations
from haidang.declarations.terms import ListFilter
from haidang.journal import lookups as journal
from haidang.journal.terms import Entry, Served, ServiceEvent
from haidang.kernel.calendar import WorkingCalendar, vn_text
from haidang.platform.db import Transaction, rows_of
from haidang.reference import lookups as reference
from haidang.risk import lookups as risk
from haidang.risk import rules as risk_rules
from haidang.tariff import lookups as tariff
from haidang.taxes.rules import compile_treatments

__all__ = [
    "CHANNEL_NAMES", "Books", "DayBook", "Declaring", "condition_view", "declaration_list",
    "declaration_view", "declaring", "goods_view", "keyed_view", "question_view", "revision_view",
    "served_list", "served_view", "version_list",
]  # fmt: skip


class Books:
    """The law book of one version, day by day. A lane keeps one and asks it for the day of each batch.

    A day is read once and kept; another thread may read the next day ahead over its own connection. Books that follow one another share a `shelf`:
    then only what changed of the tariff costs its second.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        version: int | None = None,
        criteria_version: int | None = None,
        shelf: tariff.Shelf | None = None,
    ) -> None:
        self.shelf = shelf or tariff.Shelf()
        self._lock = threading.Lock()
        self._days: dict[date, DayBook] = {}
        self.version = version or reference.latest_version(connection)
        self._calendar = WorkingCalendar(
            reference.holidays(connection, self.version), reference.extra_workdays(connection, self.version)
        )
        self.criteria_version, self._criteria, self._shares = risk.read_criteria(connection, criteria_version)

    def is_outdated(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether a newer law book or newer criteria are loaded."""
        newest = (reference.latest_version(connection), risk.read_criteria(connection)[0])
        return newest != (self.version, self.criteria_version)

    def day(self, on: date, connection: psycopg.Connection[Any]) -> DayBook:
        """Return the law in force on a Vietnamese date, reading it over `connection` the first time."""
        book = self._days.get(on)
        if book is None:
            with self._lock:
                book = self._days.get(on) or self._read(on, connection)
        return book

    def _read(self, on: date, connection: psycopg.Connection[Any]) -> DayBook:
        codes = reference.read_codes(connection, self.version, on)
        book = DayBook(
            version=self.version,
            on=on,
            codes=codes,
            tariff=self.shelf.tariff(connection, self.version, on, codes),
            conditions=compile_conditions(codes.parameters, self._calendar),
            criteria=risk_rules.compile_criteria(self._criteria, on, self.criteria_version),
            shares=self._shares,
            treatments=compile_treatments(codes.lists),
        )
        kept = sorted(self._days)[-2:]
        self._days = {**{day: self._days[day] for day in kept}, on: book}
        return book


def declaration_view(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what a party may read of a declaration: state, channel, taxes traced line by line, conditions with who holds each and since when."""
    found = keyed_view(transaction, shard_id, no11)
    return None if found is None else found[1]


def keyed_view(
    transaction: Transaction, shard_id: int, no11: int
) -> tuple[tuple[int, int, UUID], dict[str, Any]] | None:
    """Return the key (shard_id, registered_month, declaration_id) of a declaration and its view; None when there is none for the asker."""
    found = declarations.view(transaction, shard_id, no11)
    if found is None:
        return None
    key = found.pop("key")
    conditions = store.select(transaction, [key]).get(key[2], ())
    state, channel = State(found["state"]), found["channel"]
    return key, {
        **found,
        "registered_at": vn_text(found["registered_at"]),
        "cleared_at": vn_text(found["cleared_at"]),
        "state": state.name.lower(),
        "channel": channel,
        "channel_name": CHANNEL_NAMES[channel][0],
        "channel_name_vi": CHANNEL_NAMES[channel][1],
        "cleared": found["cleared_at"] is not None,
        **goods_view(state, conditions),
        "conditions": [condition_view(condition) for condition in conditions],
        "documents": [
            {"document_no": number, "journal_seq": seq} for number, seq in store.select_attached(transaction, key)
        ],
        "questions": [question_view(each) for each in store.select_questions(transaction, [key]).get(key[2], ())],
        "revisions": [revision_view(each) for each in store.select_revisions(transaction, [key]).get(key[2], ())],
    }


class Declaring(Struct, frozen=True):
    """Who said what a declaration says now: the message whose bytes declare it, the one that sent them, and the last entry of its journal.

    `raw` declares; `sent` is the same message, but for a declaration that was registered from a draft: then it is the registration.
    `signed_sha256` is the thumbprint of the certificate that signed it; `digest` that of the act `journal_seq` (`act`, at `acted_at`).
    """

    raw: bytes
    sent: bytes
    signed_sha256: bytes
    journal_seq: int
    act: str
    acted_at: datetime
    digest: bytes


def declaring(connection: psycopg.Connection[Any], key: tuple[int, int, UUID], amendment_no: int) -> Declaring:
    """Return the messages behind a declaration as it stands at an amendment. Whether somebody may read it is judged before: `keyed_view`."""
    received = {each.journal_seq: each for each in journal.messages(connection, [key])[key[2]]}
    last = journal.entries(connection, [key])[key[2]][-1]
    seq = next(
        (
            version.journal_seq
            for version in declarations.versions(connection, [key]).get(key[2], ())
            if version.amendment_no == amendment_no
        ),
        _REGISTERED_SEQ,
    )
    # What was decided after clearance was declared by the message that asked for it.
    revisions = store.select_revisions(Transaction(connection), [key]).get(key[2], ())
    sent = received[next((each.asked_seq for each in revisions if each.decided_seq == seq), seq)]
    # Of what was registered from a draft the draft declares, and it stands before all acts.
    raw = sent.raw if seq != _REGISTERED_SEQ else received[min(received)].raw
    return Declaring(raw, sent.raw, sent.certificate_sha256, last.journal_seq, last.act, last.acted_at, last.digest)


_REGISTERED_SEQ = 1


def version_list(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return every version of a declaration that a party may read, the registration first, each with what it changed field by field."""
    found = declarations.version_view(transaction, shard_id, no11)
    if found is None:
        return None
    return {
        "declaration_no": found[-1]["declaration_no"],
        "versions": [{**each, "at": vn_text(each["at"])} for each in found],
    }


def served_list(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what was served on the declarant of a declaration, the latest first: what it is called, when it was sent, delivered and opened.

    Without the texts: whoever wants one opens it (`served_view`).
    """
    found = _served(transaction, shard_id, no11)
    if found is None:
        return None
    _, acts, events = found
    served = [{"service_no": service_no(no11, each.journal_seq), **_service(each, events)} for each in reversed(acts)]
    return {"served": served}


def served_view(transaction: Transaction, shard_id: int, no11: int, journal_seq: int) -> dict[str, Any] | None:
    """Return one thing that was served, with its text and the proof of its service."""
    found = _served(transaction, shard_id, no11)
    each = next((act for act in found[1] if act.journal_seq == journal_seq), None) if found else None
    if found is None or each is None:
        return None
    key, _, events = found
    connection = transaction.connection
    rows = condition_rows(connection, [key]).get(key[2])
    numbers = (set(rows.numbers_opened(journal_seq)), set(rows.numbers_closed(journal_seq))) if rows else ((), ())
    conditions = rows.conditions if rows else ()
    asked = {
        row[3] for row in rows_of(connection, store.ASKED, [key]).get(key[2], []) if row[_ASKED_SEQ] == journal_seq
    }
    orders = [row for row in rows_of(connection, store.ORDER, [key]).get(key[2], []) if row[3] == journal_seq]
    questions = store.select_questions(transaction, [key]).get(key[2], ())
    revisions = store.select_revisions(transaction, [key]).get(key[2], ())
    return {
        "service_no": service_no(no11, journal_seq),
        "declaration_no": f"{no11}",
        **_service(each, events),
        "states": [State(state).name.lower() for state in each.states],
        "opened_conditions": [condition_view(one) for one in conditions if one.condition_no in numbers[0]],
        "closed_conditions": [condition_view(one) for one in conditions if one.condition_no in numbers[1]],
        "questions": [question_view(one) for one in questions if one.question_no in asked],
        "inspections": [
            {"place_code": place, "inspection_class": depth, "container_nos": list(containers)}
            for *_, place, depth, containers in orders
        ],
        "revisions": [revision_view(one) for one in revisions if journal_seq in (one.asked_seq, one.decided_seq)],
        "law_book_version": each.book_version,
        "record_sha256": each.digest.hex(),
    }


def _served(
    transaction: Transaction, shard_id: int, no11: int
) -> tuple[tuple[int, int, UUID], list[Entry], list[ServiceEvent]] | None:
    key = declarations.key_of(transaction, shard_id, no11)
    if key is None:
        return None
    acts = journal.entries(transaction.connection, [key]).get(key[2], [])
    events = journal.service_events(transaction.connection, [key]).get(key[2], [])
    return key, [each for each in acts if each.act in SERVED], events


def _service(each: Entry, events: list[ServiceEvent]) -> dict[str, object]:
    vi, en = SERVED[each.act]
    facts: dict[str, object] = {"act": each.act, "name_vi": vi, "name_en": en, "sent_at": vn_text(each.acted_at)}
    for event in events:
        if event.journal_seq == each.journal_seq:
            word = Served(event.event).name.lower()
            facts |= {
                f"{word}_at": vn_text(event.happened_at),
                f"{word}_by": event.way,
                f"{word}_sha256": event.digest.hex(),
            }
    return facts


_ASKED_SEQ = store.ASKED.columns.index("asked_seq")


def declaration_list(
    transaction: Transaction, traders: list[str], before: str, count: int, wanted: ListFilter | None = None
) -> list[dict[str, Any]]:
    """Return declarations of traders that `wanted` lets through, newest first; pass the last `cursor` as `before` for the next page."""
    return [
        {
            **{name: each[name] for name in ("cursor", "kind_code", "trader_code", "payable_vnd")},
            "declaration_no": f"{each['no11']}{each['amendment_no']}",
            "registered_at": vn_text(each["registered_at"]),
            "channel": each["channel"],
            "state": State(each["state"]).name.lower(),
        }
        for each in declarations.listing(transaction, traders, before, count, wanted)
    ]


CHANNEL_NAMES = {1: ("green", "xanh"), 2: ("yellow", "vàng"), 3: ("red", "đỏ")}


def goods_view(state: State, conditions: Sequence[Condition]) -> dict[str, object]:
    """Return how far the goods have come, and whether they may be used: release and clearance allow it, storage does not."""
    goods = goods_are(state, conditions)
    return {"goods": goods, "goods_may_be_used": may_be_used(goods)}


def condition_view(condition: Condition) -> dict[str, object]:
    """Return what everybody concerned may see of a condition: kind, owner, law, opened, due, closed and by whom."""
    view: dict[str, object] = {
        "condition_no": condition.condition_no,
        "kind": condition.kind.name.lower(),
        "owner": condition.owner.name.lower(),
        "law": condition.law,
        "opened_at": vn_text(condition.opened_at),
        "due_at": vn_text(condition.due_at),
    }
    if condition.holder:
        view["holder"] = condition.holder
    if condition.detail:
        view["detail"] = condition.detail
    if condition.closed_at is not None:
        view |= {"closed_at": vn_text(condition.closed_at), "closed_by": condition.closed_by}
    return view


OFFICE = 4
"""Characters of a customs office code that name the unit; what follows names a team of it."""


def question_view(question: Question) -> dict[str, object]:
    """Return what everybody concerned may see of a question: what was asked, by whom, until when, and the answer."""
    view: dict[str, object] = {
        "question_no": question.question_no,
        "question": question.question,
        "asked_by": question.asked_by,
        "asked_at": vn_text(question.asked_at),
        "due_at": vn_text(question.due_at),
    }
    if question.answered_at is not None:
        view |= {
            "answer": question.answer,
            "answered_by": question.answered_by,
            "answered_at": vn_text(question.answered_at),
        }
    return view


class ConditionRows(Struct, frozen=True):
    """The conditions of one declaration as stored: what opened with which act, what closed with which."""

    opened: list[tuple[Any, ...]]
    closed: list[tuple[Any, ...]]
    conditions: tuple[Condition, ...]

    def opened_by(self, journal_seq: int) -> list[tuple[Any, ...]]:
        """Return what opened with an act."""
        return [row for row in self.opened if row[_OPENED_SEQ] == journal_seq]

    def closed_by(self, journal_seq: int) -> list[tuple[Any, ...]]:
        """Return what closed with an act."""
        return [row for row in self.closed if row[_CLOSED_SEQ] == journal_seq]

    def numbers_opened(self, journal_seq: int) -> list[int]:
        """Return the numbers of what opened with an act."""
        return [row[_NUMBER] for row in self.opened_by(journal_seq)]

    def numbers_closed(self, journal_seq: int) -> list[int]:
        """Return the numbers of what closed with an act."""
        return [row[_NUMBER] for row in self.closed_by(journal_seq)]


_NUMBER = store.OPENED.columns.index("condition_no")
_OPENED_SEQ = store.OPENED.columns.index("opened_seq")
_CLOSED_SEQ = store.CLOSED.columns.index("closed_seq")


def opened_rows(
    key: tuple[int, int, UUID], conditions: Sequence[Condition], journal_seq: int
) -> list[tuple[object, ...]]:
    """Return the rows that these conditions make when they open with an act."""
    return [store.opened_row(key, condition, journal_seq) for condition in conditions]


def closed_rows(
    key: tuple[int, int, UUID], conditions: Sequence[Condition], journal_seq: int
) -> list[tuple[object, ...]]:
    """Return the rows that these conditions make when they close with an act."""
    return [store.closed_row(key, condition, journal_seq) for condition in conditions]


class RevisionRows(Struct, frozen=True):
    """What was asked about one declaration and decided, as stored: the terms, and the rows that digests cover."""

    revisions: tuple[Revision, ...] = ()
    asked: list[tuple[Any, ...]] = []
    decided: list[tuple[Any, ...]] = []

    def written_by(self, journal_seq: int) -> list[tuple[Any, ...]]:
        """Return what an act wrote: what it asked, what it decided."""
        return [row for row in self.asked if row[_REVISION_ASKED] == journal_seq] + [
            row for row in self.decided if row[_REVISION_DECIDED] == journal_seq
        ]

    def asked_by(self, journal_seq: int) -> Revision | None:
        """Return what an act asked, None when it asked nothing."""
        return next((each for each in self.revisions if each.asked_seq == journal_seq), None)

    def decided_by(self, journal_seq: int) -> Revision | None:
        """Return on what an act decided, None when on nothing."""
        return next((each for each in self.revisions if each.decided_seq == journal_seq), None)


_REVISION_ASKED = store.REVISION.columns.index("asked_seq")
_REVISION_DECIDED = store.REVISION_DECIDED.columns.index("decided_seq")


def revision_rows(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, RevisionRows]:
    """Return revisions as stored, by declaration id; absent when nothing was asked."""
    asked, decided = rows_of(connection, store.REVISION, keys), rows_of(connection, store.REVISION_DECIDED, keys)
    revisions = store.select_revisions(Transaction(connection), keys)
    return {
        one: RevisionRows(its, asked[one], [row for row in decided[one] if row[_REVISION_DECIDED] is not None])
        for one, its in revisions.items()
    }


def revision_row(key: tuple[int, int, UUID], revision: Revision) -> tuple[Any, ...]:
    """Return the row that a revision makes when it is asked."""
    return store.revision_row(key, revision)


def misnumbered_revisions(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return where the numbers of revisions and the revisions differ: (shard, number, what)."""
    return store.select_misnumbered(connection)


def revision_view(revision: Revision) -> dict[str, object]:
    """Return what everybody concerned may see of what was asked: number, kind, why, taxes as asked, and the decision."""
    view: dict[str, object] = {
        "register_no": str(revision.register_no),
        "kind": revision.kind.value,
        "code": revision.code,
        "reason": revision.reason,
        "asked_at": vn_text(revision.asked_at),
        "payable_before_vnd": revision.was_vnd,
        "payable_vnd": revision.wanted_vnd,
        "free_until": revision.free_until,
    }
    if revision.kind is RevisionKind.AMENDMENT:
        view["asked_by"] = revision.asked_by
    if revision.decided_at is not None:
        view |= {
            "accepted": revision.accepted,
            "decided_by": revision.decided_by,
            "decided_at": vn_text(revision.decided_at),
            "decision": revision.decision,
        }
    return view


def condition_rows(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, ConditionRows]:
    """Return conditions as stored, by declaration id; a declaration without any is absent."""
    opened = rows_of(connection, store.OPENED, keys)
    closed = rows_of(connection, store.CLOSED, keys)
    conditions = store.select(Transaction(connection), keys)
    return {
        declaration_id: ConditionRows(
            rows, [row for row in closed[declaration_id] if row[_CLOSED_SEQ] is not None], conditions[declaration_id]
        )
        for declaration_id, rows in opened.items()
    }


class OfficerRows(Struct, frozen=True):
    """What officers did with one declaration, as stored: rows by table, each in the order of its columns."""

    acts: list[tuple[Any, ...]] = []
    proposed: list[tuple[Any, ...]] = []
    decided: list[tuple[Any, ...]] = []
    asked: list[tuple[Any, ...]] = []
    answered: list[tuple[Any, ...]] = []
    orders: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    evidence: list[tuple[Any, ...]] = []
    attached: list[tuple[Any, ...]] = []

    def written_by(self, journal_seq: int) -> list[list[tuple[Any, ...]]]:
        """Return what an act wrote, table by table, in the order in which its digest covers them."""
        return [
            [row for row in rows if row[_SEQ_OF[name]] == journal_seq]
            for name, rows in zip(self.__struct_fields__, self.every(), strict=True)
        ]

    def every(self) -> list[list[tuple[Any, ...]]]:
        """Return all rows, table by table."""
        return [getattr(self, name) for name in self.__struct_fields__]


_OFFICER_TABLES = {
    "acts": store.ACT, "proposed": store.PROPOSED, "decided": store.DECIDED, "asked": store.ASKED,
    "answered": store.ANSWERED, "orders": store.ORDER, "lines": store.LINE, "evidence": store.EVIDENCE, "attached": store.ATTACHED,
}  # fmt: skip
_SEQ_OF = {
    name: next(place for place, column in enumerate(table.columns) if column.endswith("_seq"))
    for name, table in _OFFICER_TABLES.items()
}
ACT_COLUMNS = store.ACT.columns
"""Columns of `OfficerRows.acts`."""
PROPOSED_COLUMNS = store.PROPOSED.columns
"""Columns of `OfficerRows.proposed`."""


def officer_rows(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, OfficerRows]:
    """Return what officers did with these declarations, by declaration id; absent when nobody did anything."""
    found = {name: rows_of(connection, table, keys) for name, table in _OFFICER_TABLES.items()}
    touched = {declaration_id for rows in found.values() for declaration_id in rows}
    result = {}
    for one in touched:
        its = {name: rows.get(one, []) for name, rows in found.items()}
        for later in ("decided", "answered"):
            its[later] = [row for row in its[later] if row[_SEQ_OF[later]] is not None]
        result[one] = OfficerRows(**its)
    return result
