"""What was served on the operator of a list: when it was sent, delivered and first opened, and its text."""

from typing import Any

from haidang.clearance.lookups import condition_told
from haidang.clearance.lookups.served import service
from haidang.clearance.rules.serving import reason_of, service_no
from haidang.clearance.terms import ConditionKind, State
from haidang.journal import lookups as journal
from haidang.journal.terms import Entry, ServiceEvent
from haidang.parcels import store
from haidang.parcels.lookups import is_list_number, key_of
from haidang.parcels.rules.serving import ACT, SERVED
from haidang.platform.db import Transaction, rows_of


def served_list(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what was served about a list and its parcels, the latest first, without the texts; None when the reader sees no such list."""
    found = _served(transaction, shard_id, no11)
    if found is None:
        return None
    _, acts, events = found
    served = [{"service_no": service_no(no11, each.journal_seq), **service(each, events, SERVED)} for each in reversed(acts)]  # fmt: skip
    return {"served": served}


def served_view(transaction: Transaction, shard_id: int, no11: int, journal_seq: int) -> dict[str, Any] | None:
    """Return one thing that was served, with its text and the proof of its service, in the form of those about declarations.

    An act on one parcel tells of that parcel, by its number; what was done by one message to many tells of the list.
    """
    found = _served(transaction, shard_id, no11)
    each = next((act for act in found[1] if act.journal_seq == journal_seq), None) if found else None
    if found is None or each is None:
        return None
    key, _, events = found
    opened, closed = (
        [(row[3], row[4]) for row in rows_of(transaction.connection, table, [key]).get(key[2], []) if row[place] == journal_seq]
        for table, place in ((store.OPENED, _OPENED_SEQ), (store.CLOSED, _CLOSED_SEQ))
    )  # fmt: skip
    about = next((seq for seq, _ in (*opened, *closed) if seq), 0) if each.act.startswith(ACT) else 0
    its = store.select_conditions(transaction, key, [0, about])
    conditions = {(seq, one.condition_no): one for seq in {0, about} for one in its.get(seq, ())}
    ended = [conditions[place] for place in closed if place in conditions]
    begun = [conditions[place] for place in opened if place in conditions]
    held = [one.detail for one in begun if one.kind is ConditionKind.HOLD]
    return {
        "service_no": service_no(no11, journal_seq),
        "declaration_no": _number(transaction, key, about) if about else f"{no11}",
        **service(each, events, SERVED),
        "states": [State(state).name.lower() for state in each.states],
        "opened_conditions": [condition_told(one) for one in begun],
        "closed_conditions": [condition_told(one) for one in ended],
        **{name: [] for name in ("questions", "inspections", "found", "evidence", "revisions", "adjustments")},
        "reasons": [said for said in (*held, *map(reason_of, ended)) if said],
        "law_book_version": each.book_version,
        "record_sha256": each.digest.hex(),
    }


def _served(
    transaction: Transaction, shard_id: int, no11: int
) -> tuple[store.Key, list[Entry], list[ServiceEvent]] | None:
    key = key_of(transaction, shard_id, no11) if is_list_number(no11) else None
    if key is None:
        return None
    acts = journal.entries(transaction.connection, [key]).get(key[2], [])
    events = journal.service_events(transaction.connection, [key]).get(key[2], [])
    return key, [each for each in acts if each.act in SERVED], events


def _number(transaction: Transaction, key: store.Key, parcel_seq: int) -> str:
    return next(each.parcel_no for each in store.select_placed(transaction, key, {}) if each.parcel_seq == parcel_seq)


_OPENED_SEQ = store.OPENED.columns.index("opened_seq")
_CLOSED_SEQ = store.CLOSED.columns.index("closed_seq")
