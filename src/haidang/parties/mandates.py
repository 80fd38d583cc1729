"""Seals of mandates: what was granted and ended stays as it was, so that who could act for whom at an instant can be derived again years later."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from haidang.journal.rules import digest
from haidang.parties import store
from haidang.parties.terms import Mandate


def grant_digest(granted: Mandate, previous: bytes) -> bytes:
    """Return the digest of a mandate as it was granted, chained to that of the one granted before."""
    return digest((
        previous,
        (
            granted.mandate_id, granted.grantor_id, granted.agent_id, int(granted.scope), granted.valid_from,
            granted.valid_until, list(granted.offices),
        ),
    ))  # fmt: skip


def end_digest(granted: bytes, revoked_at: datetime) -> bytes:
    """Return the digest of the end of a mandate, over the digest of its grant."""
    return digest((granted, revoked_at))


def mandate_faults(connection: Connection[Any]) -> list[tuple[int, str]]:
    """Return (number, what is wrong) of mandates that are not as they were granted, or did not end when they were revoked."""
    found: list[tuple[int, str]] = []
    previous = b""
    for mandate, granted, ended in store.sealed_mandates(connection):
        if grant_digest(mandate, previous) != granted:
            found.append((mandate.mandate_id, "it is not as it was granted, or one granted before it is not there"))
        if ended != (end_digest(granted, mandate.revoked_at) if mandate.revoked_at is not None else b""):
            found.append((mandate.mandate_id, "it did not end when it was revoked"))
        previous = granted
    return found
