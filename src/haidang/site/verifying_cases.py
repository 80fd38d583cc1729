"""Reads everything that is stored about declarations: for those who judge them again."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg

from haidang.balances import lookups as balances
from haidang.clearance.lookups import rows as clearance
from haidang.clearance.lookups.rows import ConditionRows, OfficerRows, RevisionRows
from haidang.clearance.lookups.ruled import stored_ruled
from haidang.declarations import lookups as declarations
from haidang.journal import lookups as journal
from haidang.ledger import lookups as ledger
from haidang.ledger.lookups import Booked
from haidang.risk import lookups as risk
from haidang.site.verifying_stored import Stored

PAGE = 2_000
Key = tuple[int, int, UUID]


def cases(connection: psycopg.Connection[Any], wanted: Callable[[Key], bool] | None = None) -> Iterator[Stored]:
    """Yield everything stored about each declaration of a server, in the order of keys; of those whose key is `wanted` alone, where that is given."""
    after: Key | None = None
    while page := declarations.keys_after(connection, after, PAGE):
        after = page[-1]
        keys = page if wanted is None else [key for key in page if wanted(key)]
        if keys:
            yield from stored(connection, keys)


def stored(connection: psycopg.Connection[Any], keys: Sequence[Key]) -> Iterator[Stored]:
    """Yield everything stored about these declarations, in the order of the keys."""
    declared, entries = declarations.rows(connection, keys), journal.entries(connection, keys)
    messages, conditions = journal.messages(connection, keys), clearance.condition_rows(connection, keys)
    booked, decided = ledger.booked(connection, keys), risk.read_decisions(connection, keys)
    moved, officers = balances.movements(connection, keys), clearance.officer_rows(connection, keys)
    services = journal.service_events(connection, keys)
    revisions = clearance.revision_rows(connection, keys)
    ruled = stored_ruled(connection, keys)
    adjusted = ledger.adjustments(connection, keys)
    for key in keys:
        one = key[2]
        yield Stored(
            f"{declared[one].fact('no11')}{declared[one].amendment_no}",
            declared[one],
            entries.get(one, []),
            messages.get(one, []),
            conditions.get(one) or ConditionRows([], [], ()),
            booked.get(one) or Booked([], None),
            decided.get(one, []),
            moved.get(one, []),
            officers.get(one) or OfficerRows(),
            services.get(one, []),
            revisions.get(one) or RevisionRows(),
            ruled.get(one, ()),
            adjusted.get(one, []),
        )
