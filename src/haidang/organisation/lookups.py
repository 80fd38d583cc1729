"""Reads of the organisation: the powers behind certificates, asked in the transaction of a batch, so that one withdrawn a second ago is gone."""

from typing import Any

from psycopg import Connection

from haidang.organisation import store
from haidang.organisation.rules import Powers, in_force
from haidang.organisation.terms import Officer, Post, Seat, SeatKey, Unit

__all__ = ["PowerQuestion", "officers", "posts", "read_powers", "seat_keys", "seat_of", "units"]


class PowerQuestion:
    """Asked inside a pipeline, read after it: the powers behind these certificates (SHA-256 thumbprints), ended ones too."""

    def __init__(self, connection: Connection[Any], thumbprints: list[bytes]) -> None:
        self._cursor = store.ask_powers(connection, thumbprints)

    def powers(self) -> Powers:
        """Return what was read."""
        return store.powers_of(self._cursor.fetchall())


def read_powers(connection: Connection[Any]) -> Powers:
    """Return every officer's powers that ever were: for auditors."""
    return store.powers_of(store.ask_powers(connection, None).fetchall())


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
    held = in_force(read_powers(connection).of.get(code, ()), at)
    return Seat(officer_id=officer_id, officer_code=code, name=name, unit_code=unit, party_code=party, powers=held)


def seat_keys(connection: Connection[Any], officer_id: int) -> list[SeatKey]:
    """Return the certificates of an officer that hold now, newest first."""
    return store.select_keys(connection, officer_id)
