"""Verbs of declarations: number them, write them, lock and move them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct

from haidang.declarations import store
from haidang.declarations.store import drafts
from haidang.declarations.store.concerned import entrustment_rows, insert_entrustments
from haidang.declarations.store.readings import note_reading
from haidang.declarations.terms import Declaration
from haidang.platform.db import Transaction
from haidang.taxes.terms import Assessment

BLOCK = 1_000
"""Numbers in one block."""
_FIRST_BLOCK = {False: 10_000_000_000 // BLOCK, True: 30_000_000_000 // BLOCK}
"""Import numbers begin with 10, export numbers with 30 (general knowledge, unverified)."""


def is_export_number(no11: int) -> bool:
    """Whether an 11-digit number is one of those given to exports."""
    return no11 // BLOCK >= _FIRST_BLOCK[True]


class NumberBlocks:
    """The 11-digit numbers a writer may give, by direction and shard. A number is only used up when its batch commits.

    Blocks are opened on the directory server (server 0), outside the batch; after a restart the writer goes on in its open blocks, so that no number is
    skipped or given twice.
    """

    def __init__(self, directory: psycopg.Connection[Any], writer_id: int) -> None:
        self._directory = directory
        self._writer_id = writer_id
        self._next: dict[tuple[bool, int], int] = {}
        self._open = {
            (is_export, shard): block for is_export, shard, block in store.select_blocks(directory, writer_id)
        }
        self._taken: dict[tuple[bool, int], int] = {}

    def take(self, data: psycopg.Connection[Any], is_export: bool, shard_id: int) -> int:
        """Return the next number; `data` is a connection to the shard's server (to find where an open block stands)."""
        place = (is_export, shard_id)
        number = self._taken.get(place) or self._next.get(place) or self._resume(data, place)
        if number % BLOCK == 0 and self._open.get(place) != number // BLOCK:
            number = self._open_block(place)
        self._taken[place] = number + 1
        return number

    def keep(self) -> None:
        """The batch committed: its numbers are used up."""
        self._next.update(self._taken)
        self._taken.clear()

    def give_back(self) -> None:
        """The batch was rolled back: its numbers are free again."""
        self._taken.clear()

    def _resume(self, data: psycopg.Connection[Any], place: tuple[bool, int]) -> int:
        block = self._open.get(place)
        if block is None:
            return self._open_block(place)
        highest = store.select_highest(data, place[1], block * BLOCK, (block + 1) * BLOCK)
        return block * BLOCK if highest is None else highest + 1

    def _open_block(self, place: tuple[bool, int]) -> int:
        block = store.insert_block(self._directory, place[0], place[1], self._writer_id, _FIRST_BLOCK[place[0]])
        self._open[place] = block
        return block * BLOCK


class RegistrationRows(Struct):
    """The rows of a batch of registrations, gathered before they are written together."""

    numbers: list[tuple[object, ...]]
    declarations: list[tuple[object, ...]]
    items: list[tuple[object, ...]]
    others: list[tuple[object, ...]]
    entrusted: list[tuple[object, ...]]

    @classmethod
    def empty(cls) -> "RegistrationRows":
        return cls([], [], [], [], [])

    def add(
        self,
        key: tuple[int, int, UUID],
        no11: int,
        declared: Declaration,
        assessment: Assessment,
        declarant_id: int,
        book_version: int,
        registered_at: datetime,
        ordinal: int,
        changing: tuple[int, int, int, datetime | None],
    ) -> tuple[object, ...]:
        """Add one declaration; `changing` is (channel, state, journal_seq, cleared_at). Return what the journal's digest covers of it."""
        facts = store.declaration_row(
            key, no11, declared, assessment, declarant_id, book_version, registered_at, ordinal
        )
        items, others = store.item_rows(key, declared, assessment)
        self.numbers.append((key[0], no11, key[1], key[2]))
        self.declarations.append(facts + changing)
        self.items += items
        self.others += others
        if not declared.entrusting_party_code:
            return facts, items, others
        entrusted = entrustment_rows(key, declared)
        self.entrusted += entrusted
        return facts, items, others, entrusted

    def write(self, transaction: Transaction) -> None:
        """Copy all rows inside the caller's transaction."""
        store.insert(transaction, self.numbers, self.declarations, self.items, self.others)
        insert_entrustments(transaction, self.entrusted)


class Standing(Struct, frozen=True):
    """A locked declaration: where it stands now."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    trader_code: str
    channel: int
    state: int
    journal_seq: int
    amendment_no: int
    kind_code: str
    customs_office_code: str
    declarant_id: int
    registered_at: datetime

    @property
    def key(self) -> tuple[int, int, UUID]:
        return (self.shard_id, self.registered_month, self.declaration_id)


def lock(transaction: Transaction, shard_nos: Sequence[tuple[int, int]]) -> dict[int, Standing]:
    """Lock declarations, given as (shard, 11-digit number), in key order; return where they stand by number. Unknown numbers are absent."""
    return {no11: Standing(*row) for no11, row in store.lock(transaction, shard_nos).items()} if shard_nos else {}


class AmendedRows(Struct, frozen=True):
    """The rows of one amendment: of the declaration (facts and act), its lines, its other taxes, who entrusted it."""

    version: tuple[object, ...]
    items: list[tuple[object, ...]]
    others: list[tuple[object, ...]]
    entrusted: list[tuple[object, ...]]

    @property
    def digested(self) -> tuple[object, ...]:
        """What the journal's digest covers of it."""
        rows = (self.version, self.items, self.others)
        return (*rows, self.entrusted) if self.entrusted else rows


class LostRace(AssertionError):
    """A declaration moved although it was locked: the batch must be rolled back."""


def move(transaction: Transaction, rows: Sequence[tuple[int, int, UUID, int, int, int, datetime | None, int]]) -> None:
    """Move locked declarations: (shard, month, id, was_seq, state, journal_seq, cleared_at, channel).

    Raises:
        LostRace: a declaration did not stand at `was_seq`.
    """
    if rows and store.update_states(transaction, rows) != len(rows):
        raise LostRace("a declaration did not stand where its lock said")


def amended_rows(
    key: tuple[int, int, UUID],
    no11: int,
    amendment_no: int,
    declared: Declaration,
    assessment: Assessment,
    declarant_id: int,
    book_version: int,
    registered_at: datetime,
    act: tuple[int, datetime, str, str],
) -> AmendedRows:
    """Return the rows of one amendment; `act` is (journal_seq, instant, reason, changes as JSON)."""
    facts = store.declaration_row(
        key, no11, declared, assessment, declarant_id, book_version, registered_at, 0, amendment_no
    )
    entrusted = entrustment_rows(key, declared, amendment_no)
    return AmendedRows(facts + act, *store.item_rows(key, declared, assessment), entrusted)


def amend(transaction: Transaction, key: tuple[int, int, UUID], amendment_no: int, rows: AmendedRows) -> None:
    """Append the rows of an amendment of a locked declaration and count it.

    Raises:
        LostRace: the declaration did not stand at the amendment before.
    """
    store.insert_version(transaction, rows.version, rows.items, rows.others)
    insert_entrustments(transaction, rows.entrusted)
    if not store.update_amendment_no(transaction, key, amendment_no):
        raise LostRace("a declaration was amended although it was locked")


def save_draft(
    transaction: Transaction,
    shard_id: int,
    no11: int,
    trader_code: str,
    sender_id: int,
    raw: bytes,
    declared: bytes,
    figures: bytes,
    saved_at: datetime,
    expires_at: datetime,
    *,
    again: bool,
) -> bool:
    """Keep a draft, or (`again`) replace an open one of the same trader and sender. False when there is none to replace."""
    row = (shard_id, no11, trader_code, sender_id, raw, declared, figures, saved_at, expires_at)
    return drafts.upsert_draft(transaction, row, again)


def lock_drafts(transaction: Transaction, shard_nos: Sequence[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """Lock drafts in key order; rows (shard, no11, trader, sender, raw, declared, figures, expires_at, closed_by)."""
    return drafts.lock_drafts(transaction, shard_nos) if shard_nos else []


def close_drafts(transaction: Transaction, shard_nos: Sequence[tuple[int, int]], at: datetime, by: str) -> None:
    """Close drafts that were open when they were locked.

    Raises:
        LostRace: one was closed meanwhile.
    """
    if shard_nos and drafts.close_drafts(transaction, shard_nos, at, by) != len(shard_nos):
        raise LostRace("a draft was closed although it was locked")


def expire_drafts(transaction: Transaction) -> int:
    """Close drafts whose days have passed (38/2015/TT-BTC Art. 18.6.b: seven); return how many."""
    return drafts.expire_drafts(transaction)


def note_office_reading(
    transaction: Transaction, place: tuple[int, int], reader_id: int, officer: str, reason: str, question: str
) -> str | None:
    """Keep that an officer of another customs office reads a declaration, by (shard, 11 digits), and why; return its office, None: there is none."""
    return note_reading(transaction, place, uuid4(), reader_id, officer, reason, question)
