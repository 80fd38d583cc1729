"""Reads of the organisation: the powers behind certificates, asked in the transaction of a batch, so that one withdrawn a second ago is gone."""

from typing import Any

from psycopg import Connection

from haidang.organisation import store
from haidang.organisation.rules import Powers
from haidang.organisation.terms import Officer, Post, Unit

__all__ = ["PowerQuestion", "officers", "posts", "read_powers", "units"]


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
