"""Reads of declarations: where a number lives."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.declarations import store
from haidang.declarations.actions import BLOCK
from haidang.declarations.terms import Declaration, EarlierDeclaration
from haidang.platform.db import Transaction, rows_of
from haidang.taxes.terms import Assessment, LineTax


class ShardFinder:
    """Finds the shard of a declaration number by its block. Blocks never change owner, so what was found is kept."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._known: dict[int, int] = {}

    def shard_of_number(self, no11: int) -> int | None:
        """Return the shard that holds an 11-digit number, or None when no block with it was ever opened."""
        block = no11 // BLOCK
        shard = self._known.get(block)
        if shard is None:
            shard = store.select_shard(self._connection, block)
            if shard is not None:
                self._known[block] = shard
        return shard


class Blocks:
    """Every block of numbers as it was opened for a direction and a shard."""

    def __init__(self, directory: psycopg.Connection[Any]) -> None:
        self._opened = {block: (is_export, shard) for block, is_export, shard in store.select_all_blocks(directory)}

    def fault(self, no11: int, is_export: bool, shard_id: int) -> str:
        """Return what is wrong with an 11-digit number of a declaration or draft of this direction and shard; nothing: an empty text."""
        opened = self._opened.get(no11 // BLOCK)
        if opened is None:
            return "the number lies in no block that was opened"
        if opened[1] != shard_id:
            return f"the number lies in a block of shard {opened[1]}, not {shard_id}"
        if opened[0] != is_export:
            return f"an {_DIRECTION[is_export]} has a number of the block of an {_DIRECTION[opened[0]]}"
        return ""

    def draft_faults(self, connection: psycopg.Connection[Any]) -> Iterator[tuple[int, str]]:
        """Yield (no11, what) for each draft of a server whose number is not of its shard and direction. Inside a transaction."""
        for shard_id, no11, declared in store.select_drafts(connection):
            try:
                is_export = msgspec.msgpack.decode(declared, type=Declaration).is_export
            except msgspec.DecodeError:
                yield no11, "what the draft declares cannot be read"
                continue
            if fault := self.fault(no11, is_export, shard_id):
                yield no11, fault


_DIRECTION = {False: "import", True: "export"}

TAX_COLUMNS = (
    "import_duty_vnd", "trade_remedy_vnd", "special_consumption_vnd", "environment_vnd", "value_added_vnd", "export_duty_vnd",
)  # fmt: skip


def view(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return a declaration as the role of this transaction may see it, with every tax traced; None when there is none for it.

    `key` is (shard_id, registered_month, declaration_id); `channel` and `state` are numbers.
    """
    row = store.select_view(transaction, shard_id, no11)
    if row is None:
        return None
    key = row[:3]
    return {
        "key": key,
        "declaration_no": f"{no11}{row[3]}",
        "kind_code": row[4],
        "trader_code": row[5],
        "customs_office_code": row[6],
        "registered_at": row[7],
        "channel": row[8],
        "state": row[9],
        "cleared_at": row[10],
        "line_count": row[11],
        "customs_value_vnd_e4": row[12],
        "taxes": dict(zip(TAX_COLUMNS, row[13:19], strict=True)),
        "payable_vnd": sum(row[13:19]),
        "law_book_version": row[19],
        "lines": [dict(zip(TRACE_COLUMNS, tax, strict=True)) for tax in store.select_taxes(transaction, key)],
    }


TRACE_COLUMNS = (
    "line_no", "kind", "base_vnd_e4", "rate_bp", "specific_vnd_e4", "quantity_milli", "measure_id", "relieved_vnd_e4", "amount_vnd_e4",
)  # fmt: skip


_CURSOR_TIME = "%Y%m%d%H%M%S%f"


def listing(transaction: Transaction, traders: list[str], before: str, count: int) -> list[dict[str, Any]]:
    """Return declarations of traders, newest first, from after the cursor `before`: twenty digits of its UTC instant, then its number.

    Raises:
        ValueError: `before` is no cursor.
    """
    place = None
    if before:
        place = (datetime.strptime(before[:20], _CURSOR_TIME).replace(tzinfo=UTC), int(before[20:]))
    names = ("no11", "amendment_no", "kind_code", "trader_code", "registered_at", "channel", "state", "payable_vnd")
    return [
        {"cursor": f"{row[4].astimezone(UTC):{_CURSOR_TIME}}{row[0]}", **dict(zip(names, row, strict=True))}
        for row in store.select_list(transaction, traders, place, count)
    ]


def earlier(
    transaction: Transaction, shard_nos: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], EarlierDeclaration]:
    """Return registered declarations by (shard, 11-digit number), for later ones that name them; numbers that are not there are absent."""
    found: dict[tuple[int, int], EarlierDeclaration] = {}
    goods: dict[tuple[int, int], dict[int, tuple[str, str]]] = {}
    for shard_id, no11, trader, kind, state, line_no, commodity, unit in store.select_earlier(transaction, shard_nos):
        lines = goods.setdefault((shard_id, no11), {})
        lines[line_no] = (commodity, unit)
        found.setdefault((shard_id, no11), EarlierDeclaration(trader, kind, state, lines))
    return found


class DeclarationRows(Struct, frozen=True):
    """A declaration as stored: `facts` without the changing columns (channel, state, journal_seq, cleared_at), items, other taxes."""

    facts: tuple[Any, ...]
    items: list[tuple[Any, ...]]
    others: list[tuple[Any, ...]]
    channel: int
    state: int
    journal_seq: int
    cleared_at: datetime | None

    @property
    def key(self) -> tuple[int, int, UUID]:
        return self.facts[:3]  # type: ignore[return-value]

    def fact(self, column: str) -> Any:
        """Return one column of the declaration."""
        return self.facts[store.DECLARATION.columns.index(column)]


def keys_after(
    connection: psycopg.Connection[Any], after: tuple[int, int, UUID] | None, count: int
) -> list[tuple[int, int, UUID]]:
    """Return the next keys of declarations in key order."""
    return store.select_keys(connection, after, count)


def rows(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, DeclarationRows]:
    """Return declarations as stored, by id."""
    items, others = rows_of(connection, store.GOODS_ITEM, keys), rows_of(connection, store.OTHER_TAX, keys)
    return {
        declaration_id: DeclarationRows(
            found[0][: -store.CHANGING_COLUMNS],
            items.get(declaration_id, []),
            others.get(declaration_id, []),
            *found[0][-store.CHANGING_COLUMNS :],
        )
        for declaration_id, found in rows_of(connection, store.DECLARATION, keys).items()
    }


def taxes_of(declared: DeclarationRows) -> list[tuple[int, LineTax]]:
    """Return every stored tax as (line_no, LineTax), whichever way it is kept."""
    return store.taxes_of_rows(declared.items, declared.others)


def misplaced_numbers(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return numbers without their declaration, and declarations without their number: (what, shard_id, no11)."""
    return store.select_misplaced(connection)


def says_the_same(stored: DeclarationRows, declared: Declaration, assessment: Assessment) -> bool:
    """Whether rows are those that this declaration and its assessment make (who lodged, when and under which number apart)."""
    again = store.declaration_row(
        stored.key,
        stored.fact("no11"),
        declared,
        assessment,
        stored.fact("declarant_id"),
        stored.fact("book_version"),
        stored.fact("registered_at"),
        stored.fact("ordinal"),
    )
    items, others = store.item_rows(stored.key, declared, assessment)
    return (again, items, others) == (stored.facts, stored.items, stored.others)


def number_gaps(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return blocks in which a number below the highest is nowhere: (block, numbers there, numbers given)."""
    return store.select_gaps(connection)


def line_counts(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, int]:
    """Return how many goods lines declarations have, by declaration id; lines are numbered from 1."""
    return store.select_line_counts(transaction, keys)
