"""Reads of parcels: where a number lives, what a party may see of a parcel and of a list, and everything that auditors re-derive."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.clearance.lookups import CHANNEL_NAMES, condition_told
from haidang.clearance.terms import Condition, State
from haidang.declarations.lookups import OfficeReading
from haidang.journal.rules import digest
from haidang.kernel.calendar import vn_text
from haidang.organisation.terms import Concerned
from haidang.parcels import store
from haidang.parcels.rules import proof_of, tree_of
from haidang.parcels.store import readings
from haidang.parcels.terms import LISTS, NUMBERS, PARCEL_IMPORTS, RANGES, PlacedParcel, Run
from haidang.platform.db import Transaction, rows_of

LIST_COLUMNS = store.LIST.columns
PARCEL_COLUMNS = store.CLEARED.columns
ACT_COLUMNS = store.DECISION.columns
"""Those of an act; only a decision on what another officer proposed has the last."""
OPENED_COLUMNS = store.OPENED.columns
VERSION_COLUMNS = store.VERSION.columns
CANCELLED_COLUMNS = store.CANCELLED.columns
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


def key_of(transaction: Transaction, shard_id: int, no11: int) -> store.Key | None:
    """Return the key of the list with this number, or of the one that holds the parcel with it; None when the reader sees none."""
    found = store.find(transaction, shard_id, no11)
    return found[0] if found is not None else None


def concerned(transaction: Transaction, key: store.Key) -> Concerned:
    """Return whom a list concerns: its operator, and the party that lodged it."""
    its = _list(transaction, key)
    assert its is not None, "the caller found its key"
    return Concerned((its["operator_code"],), its["declarant_id"])


def office_readings(connection: psycopg.Connection[Any]) -> list[OfficeReading]:
    """Return every reading of a list or parcel by another customs office, oldest first: for auditors. `trader_code` is the operator."""
    return [OfficeReading(*row) for row in readings.select_readings(connection)]


def parcel_view(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what a party may read of one parcel: state, channel, taxes, conditions, and the proof that it stands in its list."""
    found = store.find(transaction, shard_id, no11)
    if found is None or not found[1]:
        return None
    key = found[0]
    its = _list(transaction, key)
    conditions = store.select_conditions(transaction, key, None)
    placed = next((each for each in store.select_placed(transaction, key, conditions) if each.no11 == no11), None)
    if placed is None or its is None:
        return None
    payable, parcel = sum(placed.owed), placed.parcel
    is_cancelled = placed.state is State.CANCELLED
    shared = [each for each in conditions.get(0, ()) if not is_cancelled and (payable or each.kind.name != "TAX")]
    cleared_at = store.select_cleared_at(transaction, key, placed.parcel_seq)
    return {
        "parcel_no": placed.parcel_no,
        "amendment_no": placed.amendment_no,
        "list_no": f"{its['list_no11']}0",
        **{name: its[name] for name in ("procedure", "operator_code", "customs_office_code", "transport_document_no")},
        **{
            name: getattr(parcel, name)
            for name in ("house_no", "description", "country_code", "commodity_code", "package_count")
        },
        "registered_at": vn_text(its["registered_at"]),
        "channel": placed.channel,
        "channel_name": CHANNEL_NAMES[placed.channel][0],
        "channel_name_vi": CHANNEL_NAMES[placed.channel][1],
        "state": placed.state.name.lower(),
        "cleared": cleared_at is not None,
        "cleared_at": vn_text(cleared_at),
        "customs_value_vnd": parcel.customs_value_vnd,
        "import_duty_vnd": placed.import_duty_vnd,
        "vat_rate_bp": placed.vat_rate_bp,
        "value_added_vnd": placed.value_added_vnd,
        "payable_vnd": payable,
        "law_book_version": its["book_version"],
        "conditions": [condition_told(each) for each in (*placed.conditions, *shared)],
        "versions": _versions(transaction, key, placed.parcel_seq),
        "proof": _proof(transaction, key, placed.parcel_seq, its["parcels_root"]),
    }


def _versions(transaction: Transaction, key: store.Key, parcel_seq: int) -> list[dict[str, object]]:
    """Return the amendments of a parcel in their order: when, why, and each field old and new."""
    rows = rows_of(transaction.connection, store.VERSION, [key]).get(key[2], [])
    versions = [dict(zip(VERSION_COLUMNS, row, strict=True)) for row in rows if row[3] == parcel_seq]
    return [
        {
            "amendment_no": each["amendment_no"],
            "amended_at": vn_text(each["amended_at"]),
            "reason": each["reason"],
            "channel": each["channel"],
            "payable_vnd": each["import_duty_vnd"] + each["value_added_vnd"],
            "changes": msgspec.json.decode(each["changes"]),
        }
        for each in versions
    ]


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
    conditions = store.select_conditions(transaction, found[0], [0])
    placed = store.select_placed(transaction, found[0], conditions)
    states = Counter(each.state.name.lower() for each in placed)
    amounts = {
        "customs_value_vnd": sum(each.parcel.customs_value_vnd for each in placed if each.state is not State.CANCELLED),
        "import_duty_vnd": sum(each.import_duty_vnd for each in placed),
        "value_added_vnd": sum(each.value_added_vnd for each in placed),
    }
    shown = (
        "procedure", "operator_code", "customs_office_code", "transport_document_no", "conveyance_no", "arrival_on", "parcel_count",
        "accepted_count", "fee_vnd",
    )  # fmt: skip
    return {
        "list_no": f"{no11}0",
        **{name: its[name] for name in shown},
        **amounts,
        "payable_vnd": amounts["import_duty_vnd"] + amounts["value_added_vnd"],
        "registered_at": vn_text(its["registered_at"]),
        "cleared": bool(states["cleared"]) and set(states) <= {"cleared", "cancelled"},
        "states": dict(sorted(states.items())),
        "conditions": [condition_told(each) for each in conditions.get(0, ())],
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
    versions: list[tuple[Any, ...]]
    cancelled: list[tuple[Any, ...]]

    def fact(self, column: str) -> Any:
        """Return a column of the list."""
        return self.row[LIST_COLUMNS.index(column)]

    @property
    def root(self) -> bytes:
        """The root of the tree over the parcels as they are stored now."""
        return tree_of([digest(row[:_FACTS]) for row in self.parcels])[-1][0]

    def written_by(self, seq: int) -> tuple[list[Any], list[Any], list[Any], list[Any], list[Any]]:
        """Return the rows of conditions opened, conditions closed, officers' acts, versions and cancellations that an act wrote."""
        return (
            [row for row in self.opened if row[_OPENED_SEQ] == seq],
            [row for row in self.closed if row[_CLOSED_SEQ] == seq],
            [row for row in self.acts if row[3] == seq],
            [row for row in self.versions if row[_VERSION_SEQ] == seq],
            [row for row in self.cancelled if row[_CANCELLED_SEQ] == seq],
        )

    def placed_before(self, seq: int) -> list[PlacedParcel]:
        """Return every parcel as it stood before an act; where it was cleared by then is not told."""
        last = {row[3]: row for row in self.versions if row[_VERSION_SEQ] < seq}
        gone = {row[3] for row in self.cancelled if row[_CANCELLED_SEQ] < seq}
        state = PARCEL_COLUMNS.index("state")
        result = []
        for row in self.parcels:
            stands = State.CANCELLED if row[3] in gone else State.REGISTERED
            then = (*row[:state], int(stands), None)
            result.append(store.placed_of(then, last.get(row[3]), self.conditions_before(row[3], seq)))
        return result

    def conditions_before(self, parcel_seq: int, seq: int) -> tuple[Condition, ...]:
        """Return the conditions of a parcel (0: of the list) as they stood before an act."""
        opened = {row[4] for row in self.opened if row[3] == parcel_seq and row[_OPENED_SEQ] < seq}
        closed = {row[4] for row in self.closed if row[3] == parcel_seq and row[_CLOSED_SEQ] < seq}
        return tuple(
            each if each.condition_no in closed else msgspec.structs.replace(each, closed_at=None, closed_by="", evidence="")
            for each in self.conditions.get(parcel_seq, ())
            if each.condition_no in opened
        )  # fmt: skip

    @property
    def row_count(self) -> int:
        """How many rows belong to acts."""
        return sum(map(len, (self.opened, self.closed, self.acts, self.versions, self.cancelled)))


_OPENED_SEQ = store.OPENED.columns.index("opened_seq")
_CLOSED_SEQ = store.CLOSED.columns.index("closed_seq")
_VERSION_SEQ = store.VERSION.columns.index("journal_seq")
_CANCELLED_SEQ = store.CANCELLED.columns.index("journal_seq")


def keys_after(connection: psycopg.Connection[Any], after: store.Key | None, most: int) -> list[store.Key]:
    """Return keys of lists in their order, those after one."""
    return store.select_keys_after(connection, after, most)


def list_rows(connection: psycopg.Connection[Any], keys: Sequence[store.Key]) -> list[ListRows]:
    """Return everything stored about these lists."""
    lists = rows_of(connection, store.LIST, keys)
    parcels, opened = rows_of(connection, store.CLEARED, keys), rows_of(connection, store.OPENED, keys)
    closed, acts = rows_of(connection, store.CLOSED, keys), rows_of(connection, store.DECISION, keys)
    versions, cancelled = rows_of(connection, store.VERSION, keys), rows_of(connection, store.CANCELLED, keys)
    transaction = Transaction(connection)
    return [
        ListRows(
            key, lists[key[2]][0], parcels.get(key[2], []), store.select_runs(connection, key), opened.get(key[2], []),
            [row for row in closed.get(key[2], []) if row[_CLOSED_SEQ] is not None],
            [row if row[-1] else row[:-1] for row in acts.get(key[2], [])],
            store.select_conditions(transaction, key, None), versions.get(key[2], []), cancelled.get(key[2], []),
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


def parcels_judged_before(connection: psycopg.Connection[Any], version: int | None) -> int:
    """Return how many parcels that are not cancelled were last judged by a version of the law book before `version`; None: by whatever version."""
    return store.count_judged_before(connection, version)


def number_gaps(connection: psycopg.Connection[Any]) -> list[tuple[int, int, int]]:
    """Return (block, numbers given, numbers reached) of blocks in which a number is missing or stands twice."""
    return store.select_number_gaps(connection, NUMBERS)


def lost_runs(connection: psycopg.Connection[Any]) -> list[tuple[int, int]]:
    """Return (shard, first number) of runs of numbers whose list is not there."""
    return store.select_lost_runs(connection)


def held_before(
    connection: psycopg.Connection[Any], rows: ListRows, house_nos: Sequence[str], at: datetime
) -> dict[str, str]:
    """Return the list in which each of these house numbers of the operator stood when this list was registered at `at`; from the parcels themselves."""
    found = store.select_holders(
        connection, rows.key, rows.fact("operator_code"), rows.fact("procedure"), house_nos, at, rows.fact("list_no11")
    )
    return {house_no: f"{list_no11}0" for house_no, list_no11 in found}


def house_faults(connection: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    """Return (list, what is wrong) where the lists that hold house numbers and the parcels that are not cancelled differ."""
    return store.select_house_faults(connection)
