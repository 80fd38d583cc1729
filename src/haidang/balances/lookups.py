"""Reads of balances: what declarations did to them, and whether they add up."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg

from haidang.balances import store
from haidang.balances.terms import Balance, BalanceKey, BalanceKind, Movement, OnFile
from haidang.platform.db import rows_of


def movements(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, list[Movement]]:
    """Return the movements of declarations in the order of the acts, by declaration id; one that moved nothing is absent."""
    return {
        declaration_id: sorted((Movement(*row) for row in rows), key=_act)
        for declaration_id, rows in rows_of(connection, store.MOVEMENT, keys).items()
    }


def _act(movement: Movement) -> tuple[int, int]:
    return movement.journal_seq, movement.movement_no


def kinds_of(connection: psycopg.Connection[Any], ids: Sequence[tuple[int, UUID]]) -> Mapping[UUID, int]:
    """Return what kind (`BalanceKind` number) each balance given by (shard, id) is of."""
    return store.select_kinds(connection, ids) if ids else {}


def keys_of(connection: psycopg.Connection[Any], ids: Sequence[tuple[int, UUID]]) -> list[BalanceKey]:
    """Return the keys of balances given by (shard, id), so that they can be locked together with others in key order."""
    return store.select_keys(connection, ids) if ids else []


def on_file(connection: psycopg.Connection[Any]) -> list[OnFile]:
    """Return every balance with the message that put it on file."""
    return [OnFile(balance, source) for balance, source in store.select_on_file(connection)]


def quotas_on_file(connection: psycopg.Connection[Any], goods_code: str) -> list[Balance]:
    """Return how every tariff quota licence for a commodity code stands, in the order of holders and references."""
    return store.select_of_goods(connection, BalanceKind.QUOTA, goods_code)


def unbalanced(connection: psycopg.Connection[Any]) -> list[tuple[int, str, str]]:
    """Return (shard_id, reference, what) of balances outside their limits or unlike the sum of their movements."""
    return store.select_unbalanced(connection)
