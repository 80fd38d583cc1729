"""Changes of the organisation. Each runs in one transaction (the caller's, when there is one), as the owner of the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.errors import (
    CheckViolation,
    ExclusionViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    UniqueViolation,
)

from haidang.organisation import store
from haidang.organisation.rules import conflict_digest, is_party_code
from haidang.organisation.terms import (
    Act,
    Conflict,
    ConflictEvent,
    ConflictRefused,
    KeyRefused,
    LoginRefused,
    PowerRefused,
    Relation,
    UnitRefused,
)
from haidang.parties.lookups import token_sha256

_INSTANT = timedelta(microseconds=1)


def add_unit(connection: Connection[Any], *, code: str, name: str, party_id: int) -> int:
    """Add a unit of a customs office; returns its number.

    Raises:
        UnitRefused: the code is taken or is none, or the party is no customs office.
    """
    with _unit(connection):
        return _made(store.insert_unit(connection, code, name, party_id))


def add_post(connection: Connection[Any], *, unit_id: int, code: str, name: str) -> int:
    """Add a post to a unit; returns its number.

    Raises:
        UnitRefused: the unit has such a post or does not exist.
    """
    with _unit(connection):
        return _made(store.insert_post(connection, unit_id, code, name))


def add_officer(connection: Connection[Any], *, code: str, name: str, unit_id: int, sample: bool = False) -> int:
    """Add an officer, whose certificates will be those of the unit's party; returns the number.

    Raises:
        UnitRefused: the code is another officer's or is none, or there is no such unit.
    """
    with _unit(connection):
        return _made(store.insert_officer(connection, code, name, unit_id, sample))


def give_key(connection: Connection[Any], officer_id: int, thumbprint_sha256: bytes) -> None:
    """Make a registered certificate the officer's own; doing it again changes nothing.

    Raises:
        KeyRefused: it is not registered for the party of the officer's unit, or is another officer's.
    """
    with connection.transaction():
        if store.insert_certificate(connection, officer_id, thumbprint_sha256) != officer_id:
            raise KeyRefused


def appoint(
    connection: Connection[Any],
    *,
    officer_id: int,
    post_id: int,
    valid_from: datetime,
    valid_until: datetime | None = None,
    instrument: str,
    sample: bool = False,
) -> int:
    """Have an officer hold a post from `valid_from` until before `valid_until`; returns the number of the appointment.

    Raises:
        PowerRefused: no instrument, no time, no such officer or post, or the officer holds the post in part of this time already.
    """
    with _power(connection):
        row = (officer_id, post_id, valid_from, valid_until, instrument, sample)
        return _made(store.insert_appointment(connection, row))


def grant_power(
    connection: Connection[Any],
    *,
    post_id: int,
    act: Act,
    unit_id: int,
    valid_from: datetime,
    valid_until: datetime | None = None,
    instrument: str,
    sample: bool = False,
) -> int:
    """Let whoever holds a post do `act` on files of a unit from `valid_from` until before `valid_until`; returns the number of the power.

    Raises:
        PowerRefused: no instrument, no time, no such post or unit, or the post has this power in part of this time already.
    """
    with _power(connection):
        row = (post_id, int(act), unit_id, valid_from, valid_until, instrument, sample)
        return _made(store.insert_power(connection, row))


def end_power(connection: Connection[Any], power_id: int, at: datetime) -> bool:
    """End a power at the instant `at`, or at its beginning when that lies ahead; False when it is unknown or was ended before."""
    with connection.transaction():
        return store.end_power(connection, power_id, at)


def end_appointment(connection: Connection[Any], appointment_id: int, at: datetime) -> bool:
    """End an appointment at the instant `at`; False when it is unknown or was ended before."""
    with connection.transaction():
        return store.end_appointment(connection, appointment_id, at)


def give_login(
    connection: Connection[Any],
    *,
    officer_id: int,
    person_id: int,
    valid_from: datetime,
    valid_until: datetime | None = None,
) -> int:
    """Make a person's login that of an officer from `valid_from` until before `valid_until`; returns its number.

    Raises:
        LoginRefused: one of the two has a login for part of this time, or there is no such officer.
    """
    try:
        with connection.transaction():
            return _made(store.insert_login(connection, (officer_id, person_id, valid_from, valid_until)))
    except (ExclusionViolation, CheckViolation, ForeignKeyViolation) as error:
        raise LoginRefused from error


def end_logins(connection: Connection[Any], person_id: int, at: datetime) -> int:
    """End a person's being an officer on the pages at the instant `at`; returns how many logins were not ended before."""
    with connection.transaction():
        return store.end_logins(connection, person_id, at)


def open_session_token(connection: Connection[Any], token: str, person_id: int, hours: int) -> bool:
    """Register the token of a session, of the party of the officer whose login the person is; False when the person is no officer now.

    The role of the pages may; 12 hours at most.
    """
    with connection.transaction():
        return store.open_session_token(connection, token_sha256(token), person_id, hours)


def record_conflict(
    connection: Connection[Any],
    *,
    officer: str,
    party_code: str,
    relation: Relation,
    recorded_by: str,
    note: str = "",
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> ConflictEvent:
    """Enter into the register that an officer keeps away from files of a party, from `valid_from` (None: now); return the entry.

    The officer declares it, or a head of the officer's unit (Act.RECORD_CONFLICT) records it: both by code. It counts for every act from now on.

    Raises:
        ConflictRefused: the code or the time is none, it is there already for part of this time, or `recorded_by` may not.
    """
    if not is_party_code(party_code):
        raise ConflictRefused
    with _conflict(connection):
        no, previous, at = store.lock_conflicts(connection)
        if recorded_by != officer and not store.may_record_conflicts_of(connection, recorded_by, officer):
            raise ConflictRefused
        begins = valid_from or at
        known = store.conflicts_by_officer(store.ask_conflicts(connection, None).fetchall()).get(officer, ())
        if (valid_until is not None and valid_until <= at) or any(
            each.party_code == party_code and _meet(each, begins, valid_until) for each in known
        ):
            raise ConflictRefused
        event = ConflictEvent(
            event_no=no + 1, event="recorded", conflict_no=no + 1, officer_code=officer, party_code=party_code, relation=relation, note=note,
            valid_from=begins, valid_until=valid_until, recorded_by=recorded_by, recorded_at=at, digest=b"",
        )  # fmt: skip
        return _entered(connection, event, previous)


def end_conflict(connection: Connection[Any], conflict_no: int, *, recorded_by: str, note: str = "") -> ConflictEvent:
    """Enter into the register that a conflict ends now; return the entry.

    Raises:
        ConflictRefused: there is none, it has ended, or `recorded_by` is no head of the officer's unit: nobody ends their own.
    """
    with _conflict(connection):
        no, previous, at = store.lock_conflicts(connection)
        events = store.select_conflict(connection, conflict_no)
        if len(events) != 1 or not store.may_record_conflicts_of(connection, recorded_by, events[0].officer_code):
            raise ConflictRefused
        event = msgspec.structs.replace(
            events[0], event_no=no + 1, event="ended", note=note or events[0].note, valid_until=max(at, events[0].valid_from + _INSTANT),
            recorded_by=recorded_by, recorded_at=at,
        )  # fmt: skip
        return _entered(connection, event, previous)


def note_conflict(connection: Connection[Any], conflict: Conflict, number: str, act: str) -> None:
    """Keep that a file (its number as it was asked for) was kept from an officer: asked for on a page (`view`), or for an act."""
    store.insert_conflict_refusal(connection, conflict.conflict_no, conflict.officer_code, number, act)


def _entered(connection: Connection[Any], event: ConflictEvent, previous: bytes) -> ConflictEvent:
    sealed = msgspec.structs.replace(event, digest=conflict_digest(event, previous))
    store.insert_conflict_event(connection, sealed)
    return sealed


def _meet(known: Conflict, begins: datetime, ends: datetime | None) -> bool:
    return (known.valid_until is None or begins < known.valid_until) and (ends is None or known.valid_from < ends)


@contextmanager
def _conflict(connection: Connection[Any]) -> Iterator[None]:
    try:
        with connection.transaction():
            yield
    except (CheckViolation, ForeignKeyViolation, UniqueViolation, InsufficientPrivilege) as error:
        raise ConflictRefused from error


def _made(number: int | None) -> int:
    if number is None:
        raise UnitRefused
    return number


@contextmanager
def _unit(connection: Connection[Any]) -> Iterator[None]:
    try:
        with connection.transaction():
            yield
    except (UniqueViolation, CheckViolation, ForeignKeyViolation) as error:
        raise UnitRefused from error


@contextmanager
def _power(connection: Connection[Any]) -> Iterator[None]:
    try:
        with connection.transaction():
            yield
    except (ExclusionViolation, CheckViolation, ForeignKeyViolation) as error:
        raise PowerRefused from error
