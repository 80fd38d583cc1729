"""Reads of the organisation: the powers behind certificates, asked in the transaction of a batch, so that one withdrawn a second ago is gone."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from haidang.organisation import store
from haidang.organisation.rules import Powers, conflicts_in_force, in_force
from haidang.organisation.terms import Conflict, ConflictEvent, Officer, OfficeReader, Post, Seat, SeatKey, Unit

__all__ = [
    "PowerQuestion", "conflict_events", "conflict_head", "conflict_refusals", "office_reader", "officers", "posts", "powers_given", "read_powers", "seat_keys", "seat_of",
    "units",
]  # fmt: skip


class PowerQuestion:
    """Asked after the instant of the batch, read after it: the powers behind these certificates (SHA-256 thumbprints) and the conflicts of
    interest of their officers, ended ones too. A conflict that is recorded at this moment is waited for.
    """

    def __init__(self, connection: Connection[Any], thumbprints: list[bytes]) -> None:
        store.wait_for_conflicts(connection)
        self._cursor = store.ask_powers(connection, thumbprints)
        self._conflicts = store.ask_conflicts(connection, thumbprints)

    def powers(self) -> Powers:
        """Return what was read."""
        return store.powers_of(self._cursor.fetchall(), store.conflicts_by_officer(self._conflicts.fetchall()))


def read_powers(connection: Connection[Any]) -> Powers:
    """Return every officer's powers and conflicts of interest that ever were: for auditors."""
    conflicts = store.conflicts_by_officer(store.ask_conflicts(connection, None).fetchall())
    return store.powers_of(store.ask_powers(connection, None).fetchall(), conflicts)


def conflict_events(connection: Connection[Any]) -> list[ConflictEvent]:
    """Return the register of conflicts of interest, oldest entry first, as far as the role sees it."""
    return [store.conflict_event(row) for row in store.ask_conflicts(connection, None).fetchall()]


def conflict_head(connection: Connection[Any]) -> tuple[int, bytes]:
    """Return number and digest of the last entry of the register of conflicts; (0, empty) before the first."""
    return store.select_conflict_head(connection)


def conflict_refusals(connection: Connection[Any]) -> list[tuple[int, str, str, str, datetime]]:
    """Return each time a file was kept from an officer: (number of the conflict, officer, file, act or `view`, instant), oldest first."""
    return store.select_conflict_refusals(connection)


def powers_given(connection: Connection[Any]) -> set[tuple[int, int, int]]:
    """Return (post_id, act, unit_id) of every power that was ever given, ended ones too."""
    return store.select_given(connection)


def units(connection: Connection[Any]) -> list[Unit]:
    """Return all units by code."""
    return store.units(connection)


def posts(connection: Connection[Any]) -> list[Post]:
    """Return all posts by unit and code."""
    return store.posts(connection)


def officers(connection: Connection[Any]) -> list[Officer]:
    """Return all officers by code."""
    return store.officers(connection)


def seat_of(connection: Connection[Any], person_id: int) -> Seat | None:
    """Return the officer whose login a person is now, with the powers in force; None for anybody else.

    For the pages: inside a transaction that has named the person, whose own rows are all that its role sees.
    """
    row = store.select_seat(connection, person_id)
    if row is None:
        return None
    officer_id, code, name, unit, party, at = row
    powers = read_powers(connection)
    held, conflicts = in_force(powers.of.get(code, ()), at), conflicts_in_force(powers.conflicts.get(code, ()), at)
    return Seat(
        officer_id=officer_id, officer_code=code, name=name, unit_code=unit, party_code=party, powers=held, conflicts=conflicts,
        read_at=at,
    )  # fmt: skip


def office_reader(connection: Connection[Any], party_id: int, officer: str, reason: str) -> OfficeReader:
    """Return who reads for the customs office `party_id`: its units, and the officer named when that is one of them with a post now.

    As the role of the lanes: officers are hidden from the pages.
    """
    units_, is_officer, at = store.select_office(connection, party_id, officer)
    conflicts: tuple[Conflict, ...] = ()
    if is_officer:
        register = store.conflicts_by_officer(store.ask_conflicts(connection, None, officer).fetchall())
        conflicts = conflicts_in_force(register.get(officer, ()), at)
    return OfficeReader(
        party_id=party_id, units=tuple(units_), officer_code=officer if is_officer else "", conflicts=conflicts, reason=reason, read_at=at
    )  # fmt: skip


def seat_keys(connection: Connection[Any], officer_id: int) -> list[SeatKey]:
    """Return the certificates of an officer that hold now, newest first."""
    return store.select_keys(connection, officer_id)
