"""Rows of advance rulings: terms to rows and back; all SQL of the room."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg

from haidang.platform.db import Table, Transaction
from haidang.rulings.terms import (
    AdvanceRuling,
    Content,
    FileState,
    RulingAct,
    RulingFile,
    RulingGoods,
    RulingKind,
    Step,
)

FILE = Table(
    "ruling_file", shard_id="int2", registered_month="int4", file_id="uuid", application_no="text", kind="int2", trader_code="text",
    applicant_id="int4", goods_name="text", goods_mark="text", lot="text", commodity_code="text", value_method="text",
    origin_country_code="text", submitted_at="timestamptz", state="int2", journal_seq="int2", due_at="timestamptz", last_at="timestamptz",
)  # fmt: skip
STEP = Table(
    "ruling_step", shard_id="int2", registered_month="int4", file_id="uuid", journal_seq="int2", act="text", by_code="text",
    power_id="int4", acted_at="timestamptz", text="text", outcome="text", commodity_code="text", value_method="text",
    origin_country_code="text", valid_until="date", documents="text[]",
)  # fmt: skip
RULING = Table(
    "ruling", shard_id="int2", registered_month="int4", file_id="uuid", issued_seq="int2", ruling_no="text", kind="int2", trader_code="text",
    goods_name="text", goods_mark="text", lot="text", commodity_code="text", value_method="text", origin_country_code="text",
    issued_at="timestamptz", valid_until="date",
)  # fmt: skip
_STANDS: LiteralString = ", complete_at, is_complex, review_at, proposal_seq"
_ENDED: LiteralString = "ended_at, ended_seq, end_reason, replaced_by"

Row = tuple[Any, ...]


def file_row(file: RulingFile) -> Row:
    """Return a file in the order of `FILE`."""
    its, asked = file.goods, file.asked
    return (
        *file.key, file.application_no, int(file.kind), file.trader_code, file.applicant_id, its.name, its.mark, its.lot,
        asked.commodity_code, asked.value_method, asked.origin_country_code, file.submitted_at, int(file.state), file.seq,
        file.due_at, file.last_at,
    )  # fmt: skip


def step_row(key: tuple[int, int, UUID], step: Step) -> Row:
    """Return a step in the order of `STEP`."""
    content = step.content
    return (
        *key, step.seq, step.act.value, step.by_code, step.power_id, step.at, step.text, str(step.outcome), content.commodity_code,
        content.value_method, content.origin_country_code, step.valid_until, list(step.documents),
    )  # fmt: skip


def step_of(row: Row) -> Step:
    """Turn a row of `STEP` into a term."""
    (_, _, _, seq, act, by_code, power_id, at, text, outcome, code, method, origin, until, documents) = row
    return Step(
        seq=seq, act=RulingAct(act), by_code=by_code, power_id=power_id, at=at, text=text, outcome=outcome,
        content=Content(code, method, origin), valid_until=until, documents=tuple(documents),
    )  # fmt: skip


def ruling_row(ruling: AdvanceRuling) -> Row:
    """Return a ruling as issued, in the order of `RULING`."""
    its, content = ruling.goods, ruling.content
    return (
        *ruling.key, ruling.issued_seq, ruling.ruling_no, int(ruling.kind), ruling.trader_code, its.name, its.mark, its.lot,
        content.commodity_code, content.value_method, content.origin_country_code, ruling.issued_at, ruling.valid_until,
    )  # fmt: skip


def _ruling(row: Row) -> AdvanceRuling:
    (
        shard,
        month,
        file_id,
        issued_seq,
        number,
        kind,
        trader,
        name,
        mark,
        lot,
        code,
        method,
        origin,
        issued_at,
        until,
        *ended,
    ) = row
    return AdvanceRuling(
        key=(shard, month, file_id), ruling_no=number, kind=RulingKind(kind), trader_code=trader,
        goods=RulingGoods(name, mark, lot), content=Content(code, method, origin), issued_at=issued_at, valid_until=until,
        issued_seq=issued_seq, ended_at=ended[0], ended_seq=ended[1], end_reason=ended[2], replaced_by=ended[3],
    )  # fmt: skip


def _file(row: Row) -> RulingFile:
    """Return a file as it stands, but for what is proposed."""
    (shard, month, file_id, number, kind, trader, applicant, name, mark, lot, code, method, origin, at, state, seq, due_at, last_at,
     complete_at, is_complex, review_at, _) = row  # fmt: skip
    return RulingFile(
        key=(shard, month, file_id), application_no=number, kind=RulingKind(kind), trader_code=trader, applicant_id=applicant,
        goods=RulingGoods(name, mark, lot), asked=Content(code, method, origin), submitted_at=at, state=FileState(state), seq=seq,
        due_at=due_at, last_at=last_at, complete_at=complete_at, complex=is_complex, review_at=review_at,
    )  # fmt: skip


def _select(table: Table, more: LiteralString = "") -> LiteralString:
    return cast(LiteralString, f"SELECT {table.select_list}{more} FROM {table.name} ")  # noqa: S608 - names of ours


_RULINGS = _select(RULING, ", " + _ENDED)
_FILES = _select(FILE, _STANDS)


def insert(transaction: Transaction, table: Table, row: Row) -> None:
    """Append one row."""
    transaction.write(table, [row])


def move_file(transaction: Transaction, file: RulingFile) -> None:
    """Keep where a file stands."""
    transaction.execute(
        """UPDATE ruling_file SET state = %s, journal_seq = %s, due_at = %s, last_at = %s, complete_at = %s, is_complex = %s,
        review_at = %s, proposal_seq = %s WHERE (shard_id, registered_month, file_id) = (%s, %s, %s)""",
        (
            int(file.state), file.seq, file.due_at, file.last_at, file.complete_at, file.complex, file.review_at,
            file.proposal.seq if file.proposal is not None else None, *file.key,
        ),
    )  # fmt: skip


def end_ruling(transaction: Transaction, ruling: AdvanceRuling) -> None:
    """Keep when and how a ruling ended; once."""
    ended = transaction.execute(
        """UPDATE ruling SET ended_at = %s, ended_seq = %s, end_reason = %s, replaced_by = %s
        WHERE shard_id = %s AND ruling_no = %s AND ended_at IS NULL""",
        (ruling.ended_at, ruling.ended_seq, ruling.end_reason, ruling.replaced_by, ruling.key[0], ruling.ruling_no),
    )
    assert ended.rowcount == 1, "its file was locked"


def take_number(connection: psycopg.Connection[Any], series: str, year: int) -> int:
    """Return the next number of a series in a year. A transaction that fails may leave a gap when the numbers stand on another server."""
    row = connection.execute(
        """INSERT INTO ruling_number (series, year, last) VALUES (%s, %s, 1)
        ON CONFLICT (series, year) DO UPDATE SET last = ruling_number.last + 1 RETURNING last""",
        (series, year),
    ).fetchone()
    assert row is not None
    return int(row[0])


def tell(transaction: Transaction, channel: LiteralString) -> None:
    """Have the lanes told, with the commit, that rulings changed."""
    transaction.execute("SELECT pg_notify(%s, '')", (channel,))


Found = tuple[RulingFile, int | None]
"""A file, and the number of the step that proposes something."""


def select_file(transaction: Transaction, shard_id: int, number: str, *, lock: bool = False) -> Found | None:
    """Return a file by the number of its application or of a ruling it issued; None when there is none to see."""
    where: LiteralString = """WHERE shard_id = %s AND (application_no = %s OR (shard_id, registered_month, file_id) IN
        (SELECT shard_id, registered_month, file_id FROM ruling WHERE shard_id = %s AND ruling_no = %s))"""
    row = transaction.execute(
        _FILES + where + (" FOR UPDATE" if lock else ""), (shard_id, number, shard_id, number)
    ).fetchone()
    return None if row is None else (_file(row), row[-1])


def select_trader(transaction: Transaction, number: str) -> str | None:
    """Return whose application or ruling bears a number, as the role may see it."""
    row = transaction.execute(
        """SELECT trader_code FROM ruling_file WHERE application_no = %s
        UNION SELECT trader_code FROM ruling WHERE ruling_no = %s LIMIT 1""",
        (number, number),
    ).fetchone()
    return None if row is None else str(row[0])


def select_files(connection: psycopg.Connection[Any]) -> list[Found]:
    """Return all files that the role may see, newest first."""
    rows = connection.execute(_FILES + "ORDER BY submitted_at DESC, application_no DESC")
    return [(_file(row), row[-1]) for row in rows]


def select_steps(connection: psycopg.Connection[Any], key: tuple[int, int, UUID]) -> list[Row]:
    """Return the steps of a file in the order of `STEP`, the application first."""
    where: LiteralString = "WHERE (shard_id, registered_month, file_id) = (%s, %s, %s) ORDER BY journal_seq"
    return connection.execute(_select(STEP) + where, key).fetchall()


def select_rulings(
    connection: psycopg.Connection[Any], key: tuple[int, int, UUID], *, lock: bool = False
) -> list[AdvanceRuling]:
    """Return the rulings of a file, in the order in which they were issued."""
    where: LiteralString = "WHERE (shard_id, registered_month, file_id) = (%s, %s, %s) ORDER BY issued_seq"
    return [_ruling(row) for row in connection.execute(_RULINGS + where + (" FOR UPDATE" if lock else ""), key)]


def select_of_traders(transaction: Transaction, traders: Sequence[str], shards: Sequence[int]) -> list[AdvanceRuling]:
    """Return every ruling of these traders, held against change until the transaction ends."""
    rows = transaction.execute(
        _RULINGS + "WHERE shard_id = ANY (%s) AND trader_code = ANY (%s) ORDER BY ruling_no FOR SHARE",
        (list(shards), list(traders)),
    )
    return [_ruling(row) for row in rows]


def select_traders(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """Return who ever had a ruling."""
    return frozenset(row[0] for row in connection.execute("SELECT DISTINCT trader_code FROM ruling"))


def select_of_trader(connection: psycopg.Connection[Any], shard_id: int, trader_code: str) -> list[AdvanceRuling]:
    """Return every ruling of a trader, to look at."""
    where: LiteralString = "WHERE shard_id = %s AND trader_code = %s ORDER BY ruling_no"
    return [_ruling(row) for row in connection.execute(_RULINGS + where, (shard_id, trader_code))]


def select_published(connection: psycopg.Connection[Any], at: datetime, on: date) -> list[Row]:
    """Return what is published of the rulings in force: number, kind, description, code, origin, issued, last day. No trader, no lot, no mark."""
    return connection.execute(
        "SELECT ruling_no, kind, goods_name, commodity_code, origin_country_code, issued_at, valid_until FROM ruling_published(%s, %s)",
        (at, on),
    ).fetchall()


def select_stray(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the numbers of rulings without file, and the number of steps without file."""
    rows = connection.execute(
        """SELECT 'ruling ' || ruling_no FROM ruling r LEFT JOIN ruling_file f USING (shard_id, registered_month, file_id)
        WHERE f.file_id IS NULL
        UNION ALL SELECT 'step ' || s.journal_seq || ' of ' || s.file_id FROM ruling_step s
        LEFT JOIN ruling_file f USING (shard_id, registered_month, file_id) WHERE f.file_id IS NULL"""
    )
    return [row[0] for row in rows]
