"""Verbs of advance rulings: put an application on file, take a step in its file. Each joins the transaction of its caller, who keeps the journal."""

from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from haidang.kernel.calendar import vn_date
from haidang.kernel.ids import shard_of
from haidang.platform.db import Transaction
from haidang.rulings import store
from haidang.rulings.lookups import CHANNEL, RulingRows, held_before, stored_rows
from haidang.rulings.rules import Figures, applied, taken
from haidang.rulings.terms import AdvanceRuling, RulingFile, Step


class Stepped(Struct, frozen=True):
    """A step that was written: the file after it, and the rows that its digest covers."""

    file: RulingFile
    rows: tuple[tuple[Any, ...], ...]
    issued: AdvanceRuling | None = None
    ended: AdvanceRuling | None = None


def application_no(connection: psycopg.Connection[Any], at: datetime) -> str:
    """Return the next number of an application: `DXT-2026-0042`. The form is ours."""
    year = vn_date(at).year
    return f"DXT-{year}-{store.take_number(connection, 'application', year):04}"


def ruling_no(connection: psycopg.Connection[Any], at: datetime) -> str:
    """Return the next number of a ruling: `XDT-2026-0042`."""
    year = vn_date(at).year
    return f"XDT-{year}-{store.take_number(connection, 'ruling', year):04}"


def put_on_file(transaction: Transaction, file: RulingFile, step: Step, figures: Figures) -> Stepped:
    """Put an application on file with its first step."""
    came = applied(file, figures)
    row, its = store.file_row(came), store.step_row(file.key, step)
    store.insert(transaction, store.FILE, row)
    store.insert(transaction, store.STEP, its)
    return Stepped(came, (row, its))


def lock(transaction: Transaction, trader_code: str, number: str) -> RulingRows | None:
    """Lock a file and its rulings: registrations that read them go first or come after. None when there is none of this trader."""
    found = store.select_file(transaction, shard_of(trader_code), number, lock=True)
    if found is None or found[0].trader_code != trader_code:
        return None
    store.select_rulings(transaction.connection, found[0].key, lock=True)
    return stored_rows(transaction.connection, found)


def take_step(
    transaction: Transaction, directory: psycopg.Connection[Any], locked: RulingRows, step: Step, figures: Figures
) -> Stepped:
    """Take a step in a locked file: write it, and what it issues and ends.

    Raises:
        Refusal: as `rules.taken` does; then nothing is written.
    """
    file = locked.file
    held = held_before(locked.rulings, step.seq)
    result = taken(file, step, figures, lambda: ruling_no(directory, step.at), held)
    rows = [store.step_row(file.key, step)]
    store.insert(transaction, store.STEP, rows[0])
    ended = None
    if result.end_reason and held is not None:
        replaced_by = result.issued.ruling_no if result.issued is not None else ""
        ended = replace(
            held, ended_at=step.at, ended_seq=step.seq, end_reason=str(result.end_reason), replaced_by=replaced_by
        )
        store.end_ruling(transaction, ended)
        rows.append(ended_row(ended))
    if result.issued is not None:
        rows.append(store.ruling_row(result.issued))
        store.insert(transaction, store.RULING, rows[-1])
    store.move_file(transaction, result.file)
    if result.issued is not None or ended is not None:
        store.tell(transaction, CHANNEL)
    return Stepped(result.file, tuple(rows), result.issued, ended)


def ended_row(ruling: AdvanceRuling) -> tuple[Any, ...]:
    """Return what a step wrote when it ended a ruling, as digests cover it."""
    return (ruling.ruling_no, ruling.ended_at, ruling.ended_seq, ruling.end_reason, ruling.replaced_by)
