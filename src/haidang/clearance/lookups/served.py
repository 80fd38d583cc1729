"""What was served on a declarant: when it was sent, delivered and first opened, and its text."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from haidang.clearance import store
from haidang.clearance.lookups import adjustments_told, condition_told, question_view, revision_view
from haidang.clearance.lookups.inspected import inspected_view
from haidang.clearance.lookups.rows import condition_rows
from haidang.clearance.rules.serving import REASONED, SERVED, reason_of, service_no
from haidang.clearance.terms import Condition, State
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.declarations import lookups as declarations
from haidang.journal import lookups as journal
from haidang.journal.terms import Entry, Served, ServiceEvent
from haidang.kernel.calendar import vn_text
from haidang.platform.db import Transaction, rows_of


def served_list(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what was served on the declarant of a declaration, the latest first: what it is called, when it was sent, delivered and opened.

    Without the texts: whoever wants one opens it (`served_view`).
    """
    found = _served(transaction, shard_id, no11)
    if found is None:
        return None
    _, acts, events = found
    served = [{"service_no": service_no(no11, each.journal_seq), **service(each, events)} for each in reversed(acts)]
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
    closed = [one for one in conditions if one.condition_no in numbers[1]]
    questions = store.select_questions(transaction, [key]).get(key[2], ())
    revisions = store.select_revisions(transaction, [key]).get(key[2], ())
    decided = [one for one in revisions if journal_seq in (one.asked_seq, one.decided_seq)]
    adjusted = adjustments_told(connection, key, journal_seq)
    inspected = inspected_view(connection, key) if each.act == Deed.INSPECTION_RESULT else {}
    return {
        "service_no": service_no(no11, journal_seq),
        "declaration_no": f"{no11}",
        **service(each, events),
        "states": [State(state).name.lower() for state in each.states],
        "opened_conditions": [condition_told(one) for one in conditions if one.condition_no in numbers[0]],
        "closed_conditions": [condition_told(one) for one in closed],
        "questions": [question_view(one) for one in questions if one.question_no in asked],
        "inspections": [
            {"place_code": place, "inspection_class": depth, "container_nos": list(containers)}
            for *_, place, depth, containers in orders
        ],
        **inspected.get(journal_seq, {"found": [], "evidence": []}),
        "revisions": [revision_view(one) for one in decided],
        "adjustments": adjusted,
        "reasons": [
            *_reasons(each.act, closed, [one for one in decided if one.decided_seq == journal_seq]),
            *(one["reason"] for one in adjusted),
        ],
        "law_book_version": each.book_version,
        "record_sha256": each.digest.hex(),
    }


def _reasons(act: str, closed: Sequence[Condition], decided: Sequence[Revision]) -> list[str]:
    """Return why customs decided so, in the officers' words: of a proposal the first officer's, then the second's."""
    if act not in REASONED:
        return []
    said = [reason_of(each) for each in closed]
    for each in decided:
        said += [each.decision] if each.kind is RevisionKind.AMENDMENT else [each.reason, each.decision]
    return list(dict.fromkeys(each for each in said if each))


def _served(
    transaction: Transaction, shard_id: int, no11: int
) -> tuple[tuple[int, int, UUID], list[Entry], list[ServiceEvent]] | None:
    key = declarations.key_of(transaction, shard_id, no11)
    if key is None:
        return None
    acts = journal.entries(transaction.connection, [key]).get(key[2], [])
    events = journal.service_events(transaction.connection, [key]).get(key[2], [])
    return key, [each for each in acts if each.act in SERVED], events


def service(each: Entry, events: list[ServiceEvent], acts: Mapping[str, tuple[str, str]] = SERVED) -> dict[str, object]:
    """Return what an act that was served is called (`acts`), when it was sent, and when and how it was delivered and first opened."""
    vi, en = acts[each.act]
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
