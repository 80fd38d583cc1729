"""How a customs office reads by its token: its own files freely, those of others by a named officer for a reason, every such reading kept.

The token is the office's. Who reads is said in the question: `officer`, the code of an officer who holds a post there now, and `reason`. A file of
another office looks like one that is not there until both are given.
"""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from msgspec import Struct

from haidang.clearance.actions.viewing import LONGEST_REASON
from haidang.declarations import actions as declarations
from haidang.declarations import lookups
from haidang.gateway.problems import Reply, problem
from haidang.organisation.actions import note_conflict
from haidang.organisation.lookups import office_reader
from haidang.organisation.rules import conflict_over
from haidang.organisation.terms import Concerned, ConflictOfInterest, OfficeReader
from haidang.parcels import lookups as parcels
from haidang.parcels.actions import viewing
from haidang.platform.db import Transaction, act_for_offices

ELSEWHERE = problem(
    404,
    "not-found",
    "There is nothing here for your office. To read a file of another office, add officer=<code of your officer>&reason=<why> to the question:"
    " the reading is recorded.",
    "Không có gì ở đây dành cho đơn vị. Để xem hồ sơ của đơn vị khác, thêm officer=<mã công chức>&reason=<lý do> vào câu hỏi: việc xem được ghi lại.",
)
"""The same for what is not there and for what is another office's."""
OFFICER_NEEDED = problem(
    403,
    "officer",
    "Say which officer of your office reads: officer=<code>. The reading is recorded.",
    "Ghi công chức của đơn vị đang xem: officer=<mã>. Việc xem được ghi lại.",
)


def reader_of(directory: psycopg.Connection[Any], party_id: int, query: Mapping[str, list[str]]) -> OfficeReader:
    """Return who reads for a customs office, as the question says; a reason that is too long is none. `directory` is a connection of the lanes."""
    reason = query.get("reason", [""])[0].strip()
    return office_reader(
        directory, party_id, query.get("officer", [""])[0], reason if len(reason) <= LONGEST_REASON else ""
    )


def kept_away(
    directory: psycopg.Connection[Any], reader: OfficeReader, concerned: Concerned, number: str
) -> Reply | None:
    """Return the refusal when a conflict of interest keeps what is asked for from the officer, which is noted; None when none does."""
    conflict = conflict_over(reader.conflicts, concerned, reader.read_at)
    if conflict is None:
        return None
    note_conflict(directory, conflict, number, "view")
    refusal = ConflictOfInterest(conflict)
    return problem(403, "refusal", refusal.text_en, refusal.text_vi, {"code": refusal.code})


class _Files(Struct, frozen=True):
    """How files of one kind are found, and how a reading of another office's is kept."""

    key_of: Callable[[Transaction, int, int], Any]
    note: Callable[[Transaction, tuple[int, int], OfficeReader, str], str | None]
    concerned: Callable[[Transaction, Any], Concerned]


DECLARATIONS = _Files(
    lookups.key_of,
    lambda transaction, place, reader, question: declarations.note_office_reading(
        transaction, place, reader.party_id, reader.officer_code, reader.reason, question
    ),
    lookups.concerned,
)
PARCELS = _Files(
    parcels.key_of,
    lambda transaction, place, reader, _: viewing.note_office_reading(
        transaction, place, reader.party_id, reader.officer_code, reader.reason
    ),
    parcels.concerned,
)


def admit(
    transaction: Transaction, directory: psycopg.Connection[Any], reader: OfficeReader, files: _Files, place: tuple[int, int], question: str
) -> Reply | None:  # fmt: skip
    """Let the rest of the transaction see one file, by (shard, 11 digits), as far as the office may; or return why it sees none."""
    act_for_offices(transaction, reader.units)
    key = files.key_of(transaction, *place)
    if key is None:
        if not reader.officer_code or not reader.reason:
            return ELSEWHERE
        office = files.note(transaction, place, reader, question)
        if office is None:
            return ELSEWHERE
        act_for_offices(transaction, [*reader.units, office])
        key = files.key_of(transaction, *place)
        assert key is not None, "it was found a moment ago"
    return kept_away(directory, reader, files.concerned(transaction, key), str(place[1]))
