"""Reads about one file for those who work on it: where it stands, the queue of an office, what officers proposed and did, who looked at it and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.clearance import store
from haidang.clearance.lookups import OFFICE
from haidang.clearance.terms import ConditionKind, State
from haidang.clearance.terms.acts import Proposal, QueuePlace
from haidang.clearance.terms.revisions import Revision
from haidang.declarations import lookups as declarations
from haidang.organisation.terms import Concerned, Conflict
from haidang.platform.db import Transaction

Key = tuple[int, int, UUID]


class FileNumber(Struct, frozen=True):
    """Where a file stands: its key, its 11-digit number, the unit whose file it is, whose declaration it is, and whom it concerns."""

    key: Key
    no11: int
    unit_code: str
    trader_code: str
    concerned: Concerned


def find_file(transaction: Transaction, shard_id: int, no11: int) -> FileNumber | None:
    """Return the file with a number as far as the role of this transaction sees it, None when there is none for it."""
    found = declarations.view(transaction, shard_id, no11)
    if found is None:
        return None
    key = found["key"]
    concerned = declarations.concerned(transaction, key)
    return FileNumber(key, no11, found["customs_office_code"][:OFFICE], found["trader_code"], concerned)


def office_queue(
    transaction: Transaction, offices: Sequence[str], after: QueuePlace | None, count: int, conflicts: Sequence[Conflict] = ()
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what customs holds open on files of these offices, the oldest due first and what has no due time last, from after a place.

    Files of parties with which the officer who asks has a conflict of interest are left out.
    """
    but = ([each.party_code for each in conflicts], [party_id for each in conflicts for party_id in each.party_ids])
    return [
        {
            **row,
            "kind": ConditionKind(row["kind"]).name.lower(),
            "state": State(row["state"]).name.lower(),
            "declaration_no": f"{row['no11']}{row['amendment_no']}",
        }
        for row in store.select_queue(transaction, offices, after, count, but)
    ]


def proposals_of(transaction: Transaction, key: Key) -> tuple[Proposal, ...]:
    """Return the proposals on one file, oldest first, for officers: a trader's transaction sees none."""
    return store.select_proposals(transaction, [key]).get(key[2], ())


def open_revision(transaction: Transaction, key: Key) -> Revision | None:
    """Return what waits for its decision on one file, None when nothing does, for officers: a trader's transaction sees amendments only."""
    its = store.select_revisions(transaction, [key]).get(key[2], ())
    return next((each for each in its if each.decided_at is None), None)


def acts_of(transaction: Transaction, key: Key) -> list[dict[str, Any]]:
    """Return what officers did with one file, oldest first, by column, for officers: a trader's transaction sees none."""
    return store.select_acts(transaction, key)


def reason_for_view(transaction: Transaction, key: Key, officer_code: str, minutes: int) -> str:
    """Return for what reason an officer looked at this file from outside its queue in the last minutes; an empty text: for none."""
    return store.select_view_reason(transaction, key, officer_code, minutes)


def names_document(transaction: Transaction, shard_id: int, trader_code: str, document_no: str) -> bool:
    """Tell whether a file of a trader that the role of this transaction sees names a document."""
    return store.select_names_document(transaction, shard_id, trader_code, document_no)


class FileView(Struct, frozen=True):
    """One look at a file of another unit, as kept: number and office of the file (None: there is no such file), officer, unit named, instant."""

    no11: int | None
    office_code: str | None
    officer_code: str
    unit_code: str
    viewed_at: datetime


def file_views(connection: psycopg.Connection[Any]) -> list[FileView]:
    """Return every look at a file of another unit, oldest first: for auditors."""
    return [FileView(*row) for row in store.select_file_views(connection)]
