"""Changes of the organisation. Each runs in one transaction (the caller's, when there is one), as the owner of the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.errors import CheckViolation, ExclusionViolation, ForeignKeyViolation, UniqueViolation

from haidang.organisation import store
from haidang.organisation.terms import Act, KeyRefused, LoginRefused, PowerRefused, UnitRefused
from haidang.parties.lookups import token_sha256


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
