"""Reads of the pass: where a declaration stands and what those concerned may see of it. The law of a day is in `books`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.clearance import store
from haidang.clearance.lookups.ruled import ruled_by, stored_ruled
from haidang.clearance.rules.releasing import goods_are, may_be_used
from haidang.clearance.rules.serving import reason_of
from haidang.clearance.rules.wording import agency_in_words, code_in_words, detail_in_words
from haidang.clearance.terms import Condition, State
from haidang.clearance.terms.acts import Question
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.declarations import lookups as declarations
from haidang.declarations.terms import ListFilter
from haidang.journal import lookups as journal
from haidang.kernel.calendar import vn_text
from haidang.ledger import lookups as ledger
from haidang.ledger.rules import interest_vnd
from haidang.ledger.terms import PreparedAdjustment
from haidang.platform.db import Transaction
from haidang.taxes.terms import TaxKind


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
    revisions = store.select_revisions(transaction, [key]).get(key[2], ())
    ruled = stored_ruled(transaction.connection, [key]).get(key[2], [])
    said_by = _said_by(transaction.connection, key, int(found["declaration_no"][-1]), revisions) if ruled else 0
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
        **owed_view(transaction, key, found["trader_code"]),
        "conditions": told_now(transaction, conditions),
        "documents": [
            {"document_no": number, "journal_seq": seq} for number, seq in store.select_attached(transaction, key)
        ],
        "rulings": ruled_by(ruled, said_by),
        "questions": [question_view(each) for each in store.select_questions(transaction, [key]).get(key[2], ())],
        "revisions": [{**revision_view(each), "rulings": ruled_by(ruled, each.asked_seq)} for each in revisions],
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
    revisions = store.select_revisions(Transaction(connection), [key]).get(key[2], ())
    seq = _said_by(connection, key, amendment_no, revisions)
    sent = received[seq]
    # Of what was registered from a draft the draft declares, and it stands before all acts.
    raw = sent.raw if seq != _REGISTERED_SEQ else received[min(received)].raw
    return Declaring(raw, sent.raw, sent.certificate_sha256, last.journal_seq, last.act, last.acted_at, last.digest)


def _said_by(
    connection: psycopg.Connection[Any], key: tuple[int, int, UUID], amendment_no: int, revisions: Sequence[Revision]
) -> int:
    """Return the act whose message declares a declaration as it stands at an amendment."""
    versions = declarations.versions(connection, [key]).get(key[2], ()) if amendment_no else ()
    its = (version.journal_seq for version in versions if version.amendment_no == amendment_no)
    seq = next(its, _REGISTERED_SEQ)
    # What was decided after clearance was declared by the message that asked for it.
    return next((each.asked_seq for each in revisions if each.decided_seq == seq), seq)


_REGISTERED_SEQ = 1


def version_list(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return every version of a declaration that a party may read, the registration first, each with what it changed field by field."""
    found = declarations.version_view(transaction, shard_id, no11)
    if found is None:
        return None
    key = declarations.key_of(transaction, shard_id, no11)
    assert key is not None, "its versions were found"
    return {
        "declaration_no": found[-1]["declaration_no"],
        "versions": [{**each, "at": vn_text(each["at"])} for each in found],
        "adjustments": adjustments_told(transaction.connection, key),
    }


def adjustments_told(
    connection: psycopg.Connection[Any], key: tuple[int, int, UUID], journal_seq: int | None = None
) -> list[dict[str, Any]]:
    """Return what was booked of a declaration because a later version of the law book says so, in the order of batches (by one act alone, where that is
    given); its own amounts stay as they are.
    """
    its = ledger.adjustments(connection, [key]).get(key[2], [])
    return [adjustment_view(each) for each in its if each.accepted and journal_seq in (None, each.decided_seq)]


def adjustment_view(each: PreparedAdjustment) -> dict[str, Any]:
    """Return what everybody concerned may see of an adjustment that was booked: whole đồng, more above 0 and less below."""
    return {
        "batch_no": each.batch_no,
        "judged_version": each.judged_version,
        "newer_version": each.newer_version,
        "reason": each.reason,
        "difference": {f"{TaxKind(kind).name.lower()}_vnd": amount for kind, amount in each.difference.items()},
        "was_vnd": sum(each.was_vnd),
        "now_vnd": sum(each.now_vnd),
        "decided_by": each.decided_by,
        "at": vn_text(each.decided_at),
    }


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


def owed_view(transaction: Transaction, key: tuple[int, int, UUID], trader_code: str) -> dict[str, object]:
    """Return what is to be paid still (whole đồng), until which day without being a debt, and how much interest was booked for late payment."""
    booked = ledger.booked(transaction.connection, [key]).get(key[2])
    obligation = booked.obligation if booked else None
    return {
        "outstanding_vnd": obligation.outstanding_vnd if obligation else 0,
        "tax_due_on": obligation.due_on if obligation and obligation.outstanding_vnd else None,
        "late_interest_vnd": interest_vnd(trader_code, booked.transfers) if booked else 0,
    }


def condition_view(condition: Condition) -> dict[str, object]:
    """Return what everybody concerned may see of a condition: kind, owner, law, opened, due, closed and by whom, and why customs decided so on what the declarant asked."""
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
        if reason := reason_of(condition):
            view["reason"] = reason
    return view


def condition_told(condition: Condition) -> dict[str, object]:
    """Return the view of a condition for somebody who reads it: with its text and the agency in words, beside the codes."""
    view = condition_view(condition)
    if condition.detail:
        view["detail_vi"], view["detail_en"] = detail_in_words(condition)
    if condition.holder:
        view["holder_vi"], view["holder_en"] = agency_in_words(condition.holder)
    return view


def told_now(transaction: Transaction, conditions: Sequence[Condition]) -> list[dict[str, object]]:
    """Return the views of all conditions of a declaration; an open one whose time has passed in law says `overdue`. What is due at once has no time to pass."""
    timed = {
        c.condition_no for c in conditions if c.closed_at is None and c.due_at is not None and c.due_at > c.opened_at
    }
    row = transaction.execute("SELECT legal_now()").fetchone() if timed else None
    told = []
    for condition in conditions:
        view = condition_told(condition)
        if row is not None and condition.condition_no in timed and condition.due_at <= row[0]:
            view["overdue"] = True
        told.append(view)
    return told


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


def revision_view(revision: Revision) -> dict[str, object]:
    """Return what everybody concerned may see of what was asked: number, kind, why, taxes as asked, and the decision."""
    code_vi, code_en = code_in_words(revision)
    view: dict[str, object] = {
        "register_no": str(revision.register_no),
        "kind": revision.kind.value,
        "code": revision.code,
        "code_vi": code_vi,
        "code_en": code_en,
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
