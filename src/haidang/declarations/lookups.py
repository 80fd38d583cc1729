"""Reads of declarations: where a number lives."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.declarations import store
from haidang.declarations.actions import BLOCK
from haidang.declarations.store import drafts, unsettled
from haidang.declarations.store.concerned import (
    ENTRUSTMENT,
    of_amendment,
    select_concerned,
    select_entrusting,
)
from haidang.declarations.store.readings import select_readings
from haidang.declarations.terms import Declaration, EarlierDeclaration, EntrustingParty, FieldChange, ListFilter
from haidang.kernel.calendar import vn_date
from haidang.organisation.terms import Concerned
from haidang.platform.db import Transaction, rows_of
from haidang.taxes.terms import LineTax


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


def concerned(transaction: Transaction, key: tuple[int, int, UUID]) -> Concerned:
    """Return whom a declaration that is there for the role concerns: importer or exporter, who entrusted it in any version, and who declares."""
    trader_code, declarant_id = select_concerned(transaction, key)
    entrusting = select_entrusting(transaction.connection, [key]).get(key[2], [])
    return Concerned((trader_code, *(each.code for each in entrusting)), declarant_id)


def entrusting(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[EntrustingParty]]:
    """Return who entrusted declarations in each version that names somebody, the registration first, by declaration id."""
    return select_entrusting(connection, keys) if keys else {}


class OfficeReading(Struct, frozen=True):
    """One reading of a declaration by another customs office, as kept; number, office and trader are None when there is no such declaration."""

    no11: int | None
    office_code: str | None
    trader_code: str | None
    reader_id: int
    officer_code: str
    read_at: datetime


def office_readings(connection: psycopg.Connection[Any]) -> list[OfficeReading]:
    """Return every reading of a declaration by another customs office, oldest first: for auditors."""
    return [OfficeReading(*row) for row in select_readings(connection)]


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
        for shard_id, no11, declared in drafts.select_drafts(connection):
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


def key_of(transaction: Transaction, shard_id: int, no11: int) -> tuple[int, int, UUID] | None:
    """Return the key of a declaration as the role of this transaction may see it; None when there is none for it."""
    return store.select_key(transaction, shard_id, no11)


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
        **_entrusting_facts(transaction, key, row[3]),
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
        "lines": [dict(zip(TRACE_COLUMNS, tax, strict=True)) for tax in _traced(transaction, key, row[3])],
    }


def _entrusting_facts(transaction: Transaction, key: tuple[int, int, UUID], amendment_no: int) -> dict[str, Any]:
    """Return `entrusting_party` of a declaration as it stands at an amendment; nothing when it is the trader's own."""
    its = select_entrusting(transaction.connection, [key]).get(key[2], [])
    now = next((each for each in its if each.amendment_no == amendment_no), None)
    return {"entrusting_party": {"code": now.code, "name": now.name}} if now is not None else {}


def _traced(transaction: Transaction, key: tuple[int, int, UUID], amendment_no: int) -> list[tuple[Any, ...]]:
    """Return the taxes of a declaration as it stands at an amendment, in the order of `TRACE_COLUMNS`."""
    if not amendment_no:
        return store.select_taxes(transaction, key)
    now = next(each for each in versions(transaction.connection, [key])[key[2]] if each.amendment_no == amendment_no)
    return sorted(
        (
            line_no, int(tax.kind), tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli, tax.measure_id,
            tax.relieved_vnd_e4, tax.amount_vnd_e4,
        )
        for line_no, tax in taxes_of(now)
    )  # fmt: skip


def version_view(transaction: Transaction, shard_id: int, no11: int) -> list[dict[str, Any]] | None:
    """Return every version of a declaration that the role of this transaction may see, the registration first; None when there is none for it.

    Each has number, instant, reason, figures, and `changes` from the version before: pointer, name_vi, name_en, old, new.
    """
    row = store.select_view(transaction, shard_id, no11)
    if row is None:
        return None
    key = row[:3]
    first = rows(transaction.connection, [key])[key[2]]
    shown = [_version_figures(no11, 0, first) | {"at": first.fact("registered_at"), "reason": "", "changes": []}]
    for each in first.versions:
        told = msgspec.json.decode(each.changes, type=list[FieldChange])
        shown.append(
            _version_figures(no11, each.amendment_no, each)
            | {"at": each.amended_at, "reason": each.reason, "changes": told}
        )
    return shown


def _version_figures(no11: int, amendment_no: int, version: "DeclarationRows | VersionRows") -> dict[str, Any]:
    taxes = {column: version.fact(column) for column in TAX_COLUMNS}
    return {
        "declaration_no": f"{no11}{amendment_no}",
        "amendment_no": amendment_no,
        "line_count": version.fact("line_count"),
        "customs_value_vnd_e4": version.fact("customs_value_vnd_e4"),
        "taxes": taxes,
        "payable_vnd": sum(taxes.values()),
        "law_book_version": version.fact("book_version"),
    }


TRACE_COLUMNS = (
    "line_no", "kind", "base_vnd_e4", "rate_bp", "specific_vnd_e4", "quantity_milli", "measure_id", "relieved_vnd_e4", "amount_vnd_e4",
)  # fmt: skip


_CURSOR_TIME = "%Y%m%d%H%M%S%f"


def listing(
    transaction: Transaction, traders: list[str], before: str, count: int, wanted: ListFilter | None = None
) -> list[dict[str, Any]]:
    """Return declarations of traders, or entrusted by them, that `wanted` lets through, newest first, from after the cursor `before`: twenty digits of its UTC instant, then its number.

    Raises:
        ValueError: `before` is no cursor.
    """
    place = None
    if before:
        place = (datetime.strptime(before[:20], _CURSOR_TIME).replace(tzinfo=UTC), int(before[20:]))
    names = ("no11", "amendment_no", "kind_code", "trader_code", "registered_at", "channel", "state", "payable_vnd")
    return [
        {"cursor": f"{row[4].astimezone(UTC):{_CURSOR_TIME}}{row[0]}", **dict(zip(names, row, strict=True))}
        for row in store.select_list(transaction, traders, place, count, wanted or ListFilter())
    ]


def declared_view(connection: psycopg.Connection[Any], key: tuple[int, int, UUID]) -> dict[str, Any]:
    """Return what stands declared, as the role of the connection may see it: `header` by column, `items` by column, in order of line.

    Amounts are ten-thousandths (`_e4`), quantities thousandths (`_milli`), masses grams (`_g`).
    """
    now = rows(connection, [key])[key[2]].now
    columns = store.DECLARATION.columns[: -store.CHANGING_COLUMNS]
    return {
        "header": dict(zip(columns, now.facts, strict=True)),
        "items": [dict(zip(store.GOODS_ITEM.columns, item, strict=True)) for item in now.items],
    }


def earlier(
    transaction: Transaction, shard_nos: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], EarlierDeclaration]:
    """Return registered declarations by (shard, 11-digit number), for later ones that name them; numbers that are not there are absent.

    They are locked until the transaction ends: what is drawn on is what stands, and whoever draws on the same goods waits.
    """
    found: dict[tuple[int, int], EarlierDeclaration] = {}
    lines: dict[tuple[int, int], tuple[dict[int, tuple[str, str]], dict[int, int]]] = {}
    for row in store.select_earlier(transaction, shard_nos):
        shard_id, no11, trader, kind, state, registered_at, line_no, commodity, unit, quantity_milli = row
        goods, quantities = lines.setdefault((shard_id, no11), ({}, {}))
        goods[line_no], quantities[line_no] = (commodity, unit), quantity_milli
        found.setdefault(
            (shard_id, no11), EarlierDeclaration(trader, kind, state, goods, quantities, vn_date(registered_at))
        )
    return found


class VersionRows(Struct, frozen=True):
    """One amendment as stored: `facts` as of a declaration, then the act, its instant, why, what changed (JSON), lines, other taxes."""

    facts: tuple[Any, ...]
    journal_seq: int
    amended_at: datetime
    reason: str
    changes: str
    items: list[tuple[Any, ...]]
    others: list[tuple[Any, ...]]
    entrusted: list[tuple[Any, ...]]

    def fact(self, column: str) -> Any:
        """Return one column of the declaration as amended."""
        return self.facts[store.DECLARATION.columns.index(column)]

    @property
    def amendment_no(self) -> int:
        return self.facts[_AMENDMENT_NO]  # type: ignore[no-any-return]

    @property
    def digested(self) -> tuple[object, ...]:
        """What the journal's digest covers of it."""
        version = (*self.facts, self.journal_seq, self.amended_at, self.reason, self.changes)
        rows = (version, self.items, self.others)
        return (*rows, self.entrusted) if self.entrusted else rows


class DeclarationRows(Struct, frozen=True):
    """A declaration as stored: `facts` as registered without the changing columns (channel, state, journal_seq, cleared_at), items, other taxes,
    who entrusted it; and its `versions`, one for each amendment in their order.
    """

    facts: tuple[Any, ...]
    items: list[tuple[Any, ...]]
    others: list[tuple[Any, ...]]
    entrusted: list[tuple[Any, ...]]
    amendment_no: int
    versions: list[VersionRows]
    channel: int
    state: int
    journal_seq: int
    cleared_at: datetime | None

    @property
    def key(self) -> tuple[int, int, UUID]:
        return self.facts[:3]  # type: ignore[return-value]

    @property
    def digested(self) -> tuple[object, ...]:
        """What the journal's digest covers of the registration."""
        rows = (self.facts, self.items, self.others)
        return (*rows, self.entrusted) if self.entrusted else rows

    @property
    def now(self) -> "DeclarationRows | VersionRows":
        """What stands: the last amendment, or the registration."""
        return self.versions[-1] if self.versions else self

    def fact(self, column: str) -> Any:
        """Return one column of the declaration as registered."""
        return self.facts[store.DECLARATION.columns.index(column)]


def goods_of(rows: DeclarationRows | VersionRows) -> dict[int, tuple[str, str, int]]:
    """Return commodity code, unit and quantity (thousandths) of each goods line by its number."""
    places = [store.GOODS_ITEM.columns.index(name) for name in ("commodity_code", "unit_code", "quantity_milli")]
    line = store.GOODS_ITEM.columns.index("line_no")
    return {row[line]: (row[places[0]], row[places[1]], row[places[2]]) for row in rows.items}


ENTRUSTING = ENTRUSTMENT.columns.index("entrusting_code")
"""Which column of a row of `entrusted` is the tax code of who entrusted it."""
_AMENDMENT_NO = store.DECLARATION.columns.index("amendment_no")


def values_of(rows: DeclarationRows | VersionRows) -> dict[int, int]:
    """Return the customs value of each goods line by its number, ten-thousandths of a đồng."""
    line, value = (store.GOODS_ITEM.columns.index(name) for name in ("line_no", "customs_value_vnd_e4"))
    return {row[line]: row[value] for row in rows.items}


def keys_after(
    connection: psycopg.Connection[Any], after: tuple[int, int, UUID] | None, count: int
) -> list[tuple[int, int, UUID]]:
    """Return the next keys of declarations in key order."""
    return store.select_keys(connection, after, count)


def rows(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, DeclarationRows]:
    """Return declarations as stored, by id."""
    items, others = rows_of(connection, store.GOODS_ITEM, keys), rows_of(connection, store.OTHER_TAX, keys)
    stored = rows_of(connection, store.DECLARATION, keys)
    amended = versions(connection, [found[0][:3] for found in stored.values() if found[0][_AMENDMENT_NO]])
    entrusted = rows_of(connection, ENTRUSTMENT, keys)
    return {
        declaration_id: DeclarationRows(
            _as_registered(found[0]),
            items.get(declaration_id, []),
            others.get(declaration_id, []),
            of_amendment(entrusted.get(declaration_id, []), 0),
            found[0][_AMENDMENT_NO],
            amended.get(declaration_id, []),
            *found[0][-store.CHANGING_COLUMNS :],
        )
        for declaration_id, found in stored.items()
    }


def _as_registered(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:_AMENDMENT_NO], 0, *row[_AMENDMENT_NO + 1 : -store.CHANGING_COLUMNS])


def versions(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, list[VersionRows]]:
    """Return amendments in their order by declaration id; a declaration that was never amended is absent."""
    if not keys:
        return {}
    items, others = rows_of(connection, store.ITEM_VERSION, keys), rows_of(connection, store.OTHER_TAX_VERSION, keys)
    entrusted = rows_of(connection, ENTRUSTMENT, keys)
    return {
        declaration_id: [
            VersionRows(
                row[: -store.VERSION_EXTRA],
                row[-4],
                row[-3],
                row[-2],
                row[-1],
                _of(items.get(declaration_id, []), row[_AMENDMENT_NO]),
                sorted(_of(others.get(declaration_id, []), row[_AMENDMENT_NO])),
                of_amendment(entrusted.get(declaration_id, []), row[_AMENDMENT_NO]),
            )
            for row in found
        ]
        for declaration_id, found in rows_of(connection, store.VERSION, keys).items()
    }


def _of(rows_: list[tuple[Any, ...]], amendment_no: int) -> list[tuple[Any, ...]]:
    return [store.without_amendment_no(row) for row in rows_ if row[3] == amendment_no]


def taxes_of(declared: "DeclarationRows | VersionRows") -> list[tuple[int, LineTax]]:
    """Return every stored tax as (line_no, LineTax), whichever way it is kept."""
    return store.taxes_of_rows(declared.items, declared.others)


def totals_of(declared: "DeclarationRows | VersionRows") -> dict[int, int]:
    """Return the total of each tax, whole đồng, by kind (1 import duty to 6 export duty)."""
    return {kind: declared.fact(column) for kind, column in enumerate(TAX_COLUMNS, start=1)}


def misplaced_numbers(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return numbers without their declaration, and declarations without their number: (what, shard_id, no11)."""
    return store.select_misplaced(connection)


def number_gaps(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return blocks in which a number below the highest is nowhere: (block, numbers there, numbers given)."""
    return store.select_gaps(connection)


def payment_timings(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, str]:
    """Return the time of payment that declarations say now, as last amended (ENC: A, B, C, D), by declaration id."""
    return store.select_payment_timings(transaction, keys)


class OpenFile(Struct, frozen=True, kw_only=True):
    """A declaration that is not settled, with what of it the law names by code."""

    declaration_no: str
    kind_code: str
    customs_office_code: str
    trader_code: str
    state: int
    registered_at: datetime


def open_files(connection: psycopg.Connection[Any], settled: Collection[int]) -> list[OpenFile]:
    """Return the declarations of one server in none of these states, oldest first, as far as the role sees them."""
    return [
        OpenFile(
            declaration_no=f"{row[0]}{row[1]}",
            kind_code=row[2],
            customs_office_code=row[3],
            trader_code=row[4],
            state=row[5],
            registered_at=row[6],
        )
        for row in unsettled.select_open_files(connection, sorted(settled))
    ]


def open_lines(
    connection: psycopg.Connection[Any], settled: Collection[int], commodity_codes: Collection[str]
) -> dict[str, list[str]]:
    """Return which of these commodity codes declarations in none of these states were registered with, by declaration number."""
    rows = unsettled.select_open_lines(connection, sorted(settled), sorted(commodity_codes))
    return {f"{no11}{amendment_no}": codes for no11, amendment_no, codes in rows}


def draft_clocks(connection: psycopg.Connection[Any]) -> list[tuple[str, datetime, datetime]]:
    """Return (number, saved at, kept until) of drafts that are neither lodged nor thrown away."""
    return [(f"{row[0]}0", row[1], row[2]) for row in unsettled.select_open_draft_clocks(connection)]


def line_counts(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, int]:
    """Return how many goods lines declarations have, by declaration id; lines are numbered from 1."""
    return store.select_line_counts(transaction, keys)
