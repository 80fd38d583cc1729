"""Reads of parcels: where a number lives, what a party may see of a parcel and of a list, and everything that auditors re-derive."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.clearance.lookups import CHANNEL_NAMES, condition_view
from haidang.clearance.terms import Condition, State
from haidang.journal.rules import digest
from haidang.kernel.calendar import vn_text
from haidang.parcels import store
from haidang.parcels.rules import proof_of, tree_of
from haidang.parcels.terms import LISTS, NUMBERS, PARCEL_IMPORTS, RANGES, Run
from haidang.platform.db import Transaction, rows_of

LIST_COLUMNS = store.LIST.columns
PARCEL_COLUMNS = store.CLEARED.columns
ACT_COLUMNS = store.ACT.columns
_FACTS = len(store.FACTS.columns)


def is_parcel_number(no11: int) -> bool:
    """Whether an 11-digit number is one of those of parcels and of their lists, import or export."""
    return (
        is_list_number(no11)
        or 0 <= no11 - PARCEL_IMPORTS.first_block * NUMBERS < 10**10
        or 4 * 10**10 <= no11 < 5 * 10**10
    )


def is_list_number(no11: int) -> bool:
    """Whether an 11-digit number is one of those given to lists."""
    return 0 <= no11 - LISTS.first_block * NUMBERS < 10**10


class ParcelFinder:
    """Finds the shard of a number by its block. Blocks never change owner, so what was found is kept."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._known: dict[int, int] = {}

    def shard_of_number(self, no11: int) -> int | None:
        """Return the shard that holds an 11-digit number, or None when no block with it was ever opened."""
        block = no11 // NUMBERS
        shard = self._known.get(block)
        if shard is None:
            shard = store.select_shard(self._connection, block)
            if shard is not None:
                self._known[block] = shard
        return shard


def parcel_view(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what a party may read of one parcel: state, channel, taxes, conditions, and the proof that it stands in its list."""
    found = store.find(transaction, shard_id, no11)
    if found is None or not found[1]:
        return None
    key = found[0]
    parcel, its = store.select_parcel(transaction, key, no11), _list(transaction, key)
    if parcel is None or its is None:
        return None
    conditions = store.select_conditions(transaction, key, [0, parcel["parcel_seq"]])
    payable = parcel["import_duty_vnd"] + parcel["value_added_vnd"]
    shared = [each for each in conditions.get(0, ()) if payable or each.kind.name != "TAX"]
    state, channel = State(parcel["state"]), parcel["channel"]
    return {
        "parcel_no": f"{no11}0",
        "list_no": f"{its['list_no11']}0",
        **{name: its[name] for name in ("procedure", "operator_code", "customs_office_code", "transport_document_no")},
        **{
            name: parcel[name]
            for name in ("house_no", "description", "country_code", "commodity_code", "package_count")
        },
        "registered_at": vn_text(its["registered_at"]),
        "channel": channel,
        "channel_name": CHANNEL_NAMES[channel][0],
        "channel_name_vi": CHANNEL_NAMES[channel][1],
        "state": state.name.lower(),
        "cleared": parcel["cleared_at"] is not None,
        "cleared_at": vn_text(parcel["cleared_at"]),
        **{name: parcel[name] for name in ("customs_value_vnd", "import_duty_vnd", "vat_rate_bp", "value_added_vnd")},
        "payable_vnd": payable,
        "law_book_version": its["book_version"],
        "conditions": [_view(each) for each in (*conditions.get(parcel["parcel_seq"], ()), *shared)],
        "proof": _proof(transaction, key, parcel["parcel_seq"], its["parcels_root"]),
    }


def _view(condition: Condition) -> dict[str, object]:
    return condition_view(condition)


def _proof(transaction: Transaction, key: store.Key, parcel_seq: int, root: bytes) -> dict[str, object]:
    """Return leaf, root and the digests between: each `left:` or `right:` of the way up, with what stands there."""
    leaves = [(row[3], digest(row[:_FACTS])) for row in _parcels(transaction.connection, key)]
    place = next(at for at, (seq, _) in enumerate(leaves) if seq == parcel_seq)
    path = proof_of(tree_of([leaf for _, leaf in leaves]), place)
    return {
        "leaf": leaves[place][1].hex(),
        "path": [f"{'left' if is_left else 'right'}:{other.hex()}" for is_left, other in path],
        "root": root.hex(),
    }


def list_view(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what a party may read of a list: its figures, its own conditions, and how many of its parcels stand where."""
    found = store.find(transaction, shard_id, no11)
    its = _list(transaction, found[0]) if found is not None and not found[1] else None
    if found is None or its is None:
        return None
    conditions = store.select_conditions(transaction, found[0], [0]).get(0, ())
    states = Counter(state.name.lower() for *_, state in store.select_places(transaction, found[0]))
    shown = (
        "procedure", "operator_code", "customs_office_code", "transport_document_no", "conveyance_no", "arrival_on", "parcel_count",
        "accepted_count", "customs_value_vnd", "import_duty_vnd", "value_added_vnd", "fee_vnd",
    )  # fmt: skip
    return {
        "list_no": f"{no11}0",
        **{name: its[name] for name in shown},
        "payable_vnd": its["import_duty_vnd"] + its["value_added_vnd"],
        "registered_at": vn_text(its["registered_at"]),
        "cleared": set(states) == {"cleared"},
        "states": dict(sorted(states.items())),
        "conditions": [_view(each) for each in conditions],
        "parcels_root": its["parcels_root"].hex(),
        "law_book_version": its["book_version"],
    }


def _list(transaction: Transaction, key: store.Key) -> dict[str, Any] | None:
    row = rows_of(transaction.connection, store.LIST, [key]).get(key[2])
    return dict(zip(LIST_COLUMNS, row[0], strict=True)) if row else None


def _parcels(connection: psycopg.Connection[Any], key: store.Key) -> list[tuple[Any, ...]]:
    return rows_of(connection, store.CLEARED, [key]).get(key[2], [])


class ListRows(Struct, frozen=True):
    """Everything stored about one list, rows in the order of their tables' columns."""

    key: tuple[int, int, UUID]
    row: tuple[Any, ...]
    parcels: list[tuple[Any, ...]]
    runs: list[Run]
    opened: list[tuple[Any, ...]]
    closed: list[tuple[Any, ...]]
    acts: list[tuple[Any, ...]]
    conditions: dict[int, tuple[Condition, ...]]

    def fact(self, column: str) -> Any:
        """Return a column of the list."""
        return self.row[LIST_COLUMNS.index(column)]

    @property
    def root(self) -> bytes:
        """The root of the tree over the parcels as they are stored now."""
        return tree_of([digest(row[:_FACTS]) for row in self.parcels])[-1][0]

    def written_by(self, seq: int) -> tuple[list[Any], list[Any], list[Any]]:
        """Return the rows of conditions opened, conditions closed and acts that an act wrote."""
        return (
            [row for row in self.opened if row[_OPENED_SEQ] == seq],
            [row for row in self.closed if row[_CLOSED_SEQ] == seq],
            [row for row in self.acts if row[3] == seq],
        )

    @property
    def row_count(self) -> int:
        """How many rows belong to acts."""
        return len(self.opened) + len(self.closed) + len(self.acts)


_OPENED_SEQ = store.OPENED.columns.index("opened_seq")
_CLOSED_SEQ = store.CLOSED.columns.index("closed_seq")


def keys_after(connection: psycopg.Connection[Any], after: store.Key | None, most: int) -> list[store.Key]:
    """Return keys of lists in their order, those after one."""
    return store.select_keys_after(connection, after, most)


def list_rows(connection: psycopg.Connection[Any], keys: Sequence[store.Key]) -> list[ListRows]:
    """Return everything stored about these lists."""
    lists = rows_of(connection, store.LIST, keys)
    parcels, opened = rows_of(connection, store.CLEARED, keys), rows_of(connection, store.OPENED, keys)
    closed, acts = rows_of(connection, store.CLOSED, keys), rows_of(connection, store.ACT, keys)
    transaction = Transaction(connection)
    return [
        ListRows(
            key, lists[key[2]][0], parcels.get(key[2], []), store.select_runs(connection, key), opened.get(key[2], []),
            [row for row in closed.get(key[2], []) if row[_CLOSED_SEQ] is not None], acts.get(key[2], []),
            store.select_conditions(transaction, key, None),
        )
        for key in keys
    ]  # fmt: skip


class ParcelBlocks:
    """Every block of numbers as it was opened for a kind and a shard."""

    def __init__(self, directory: psycopg.Connection[Any]) -> None:
        self._opened = {block: (kind, shard) for block, kind, shard in store.select_all_blocks(directory)}

    def fault(self, run: Run, kind: int, shard_id: int) -> str:
        """Return what is wrong with a run of numbers of this kind and shard; nothing: an empty text."""
        block = run.first_no11 // NUMBERS
        if (run.first_no11 + run.count - 1) // NUMBERS != block:
            return f"the run at {run.first_no11} goes beyond its block"
        opened = self._opened.get(block)
        if opened is None or block < RANGES[kind].first_block:
            return f"the number {run.first_no11} lies in no block that was opened for it"
        return (
            ""
            if opened == (kind, shard_id)
            else f"the number {run.first_no11} lies in a block of another kind or shard"
        )


def number_gaps(connection: psycopg.Connection[Any]) -> list[tuple[int, int, int]]:
    """Return (block, numbers given, numbers reached) of blocks in which a number is missing or stands twice."""
    return store.select_number_gaps(connection, NUMBERS)


def lost_runs(connection: psycopg.Connection[Any]) -> list[tuple[int, int]]:
    """Return (shard, first number) of runs of numbers whose list is not there."""
    return store.select_lost_runs(connection)
