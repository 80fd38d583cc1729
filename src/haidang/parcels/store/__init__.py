"""Rows of parcels: lists, parcels, runs of numbers, conditions, acts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Authority
from haidang.parcels.terms import JudgedParcel, ListStanding, Parcel, ParcelDeed, PlacedParcel, Run
from haidang.platform.db import Table, Transaction, rows_of

Key = tuple[int, int, UUID]
"""(shard_id, registered_month, id of the list)."""

_KEY = {"shard_id": "int2", "registered_month": "int4", "declaration_id": "uuid"}
LIST = Table(
    "parcel_list", **_KEY, list_no11="int8", procedure="text", operator_code="text", declarant_id="int4",
    customs_office_code="text", transport_document_no="text", conveyance_no="text", arrival_on="date", parcel_count="int2",
    accepted_count="int2", customs_value_vnd="int8", import_duty_vnd="int8", value_added_vnd="int8", fee_vnd="int8", level="int2",
    criteria_version="int4", book_version="int4", registered_at="timestamptz", ordinal="int2", parcels_root="bytea", journal_seq="int2",
)  # fmt: skip
_FACTS = {
    **_KEY, "parcel_seq": "int2", "no11": "int8", "house_no": "text", "description": "text", "party_name": "text",
    "counterparty_name": "text", "country_code": "text", "commodity_code": "text", "package_count": "int4", "gross_mass_g": "int8",
    "customs_value_vnd": "int8", "import_duty_vnd": "int8", "vat_rate_bp": "int4", "value_added_vnd": "int8", "draw": "int2",
    "channel": "int2",
}  # fmt: skip
FACTS = Table("parcel", **_FACTS)
"""What never changes of a parcel: its leaf in the list's tree is the digest of these columns."""
PARCEL = Table("parcel", **_FACTS, state="int2")
CLEARED = Table("parcel", **_FACTS, state="int2", cleared_at="timestamptz")
"""Of parcels that are cleared at once. Apart, because a row with NULL packs slowly and nearly all parcels wait for the tax."""
RUN = Table(
    "parcel_run", shard_id="int2", first_no11="int8", run_count="int2", registered_month="int4", declaration_id="uuid", first_seq="int2",
)  # fmt: skip
OPENED = Table(
    "parcel_condition", **_KEY, parcel_seq="int2", condition_no="int2", kind="int2", owner="int2", law="text", detail="text",
    opened_seq="int2", opened_at="timestamptz", due_at="timestamptz",
)  # fmt: skip
CLOSED = Table(
    "parcel_condition", **_KEY, parcel_seq="int2", condition_no="int2", closed_seq="int2", closed_at="timestamptz", closed_by="text",
    evidence="text",
)  # fmt: skip
_ACT = {
    **_KEY, "journal_seq": "int2", "parcel_seq": "int2", "act": "text", "officer_code": "text", "power_id": "int4", "unit_code": "text",
    "acted_at": "timestamptz", "reason": "text", "outside_reason": "text",
}  # fmt: skip
ACT = Table("parcel_act", **_ACT)
DECISION = Table("parcel_act", **_ACT, maker_code="text")
"""Of acts by which an officer decides what another, the maker, has proposed."""
VERSION = Table(
    "parcel_version", **_KEY, parcel_seq="int2", amendment_no="int2", journal_seq="int2", description="text", party_name="text",
    counterparty_name="text", country_code="text", commodity_code="text", package_count="int4", gross_mass_g="int8",
    customs_value_vnd="int8", import_duty_vnd="int8", vat_rate_bp="int4", value_added_vnd="int8", draw="int2", channel="int2",
    level="int2", criteria_version="int4", book_version="int4", amended_at="timestamptz", reason="text", changes="text",
)  # fmt: skip
CANCELLED = Table(
    "parcel_cancellation", **_KEY, parcel_seq="int2", journal_seq="int2", case_code="text", cancelled_at="timestamptz",
)  # fmt: skip
_OPEN_COLUMNS = "parcel_seq, condition_no, kind, owner, law, detail, opened_at, due_at, closed_at, coalesce(closed_by, ''), coalesce(evidence, '')"
_BLOCK_LOCK_CLASS = 0x4850


def parcel_facts(key: Key, no11: int, judged: JudgedParcel) -> tuple[object, ...]:
    """Return the row of a parcel under `FACTS`."""
    parcel = judged.parcel
    return (
        *key, judged.parcel_seq, no11, parcel.house_no, parcel.description, parcel.party_name, parcel.counterparty_name,
        parcel.country_code, parcel.commodity_code, parcel.package_count, parcel.gross_mass_g, parcel.customs_value_vnd,
        judged.import_duty_vnd, judged.vat_rate_bp, judged.value_added_vnd, judged.draw, judged.channel,
    )  # fmt: skip


def opened_row(key: Key, parcel_seq: int, condition: Condition, journal_seq: int) -> tuple[object, ...]:
    """Return the row of a condition of a parcel (0: of all of the list) that opens with an act."""
    return (
        *key, parcel_seq, condition.condition_no, int(condition.kind), int(condition.owner), condition.law, condition.detail, journal_seq,
        condition.opened_at, condition.due_at,
    )  # fmt: skip


def closed_row(key: Key, parcel_seq: int, condition: Condition, journal_seq: int) -> tuple[Any, ...]:
    """Return what closing a condition writes; the journal's digest covers it."""
    closed = (condition.closed_at, condition.closed_by, condition.evidence)
    return (*key, parcel_seq, condition.condition_no, journal_seq, *closed)


def version_row(
    key: Key, seq: int, placed: PlacedParcel, level: int, versions: tuple[int, int], at: datetime, reason: str, changes: str
) -> tuple[object, ...]:  # fmt: skip
    """Return the row of what a parcel says since an amendment; `versions` are those of criteria and law book."""
    parcel = placed.parcel
    return (
        *key, placed.parcel_seq, placed.amendment_no, seq, parcel.description, parcel.party_name, parcel.counterparty_name,
        parcel.country_code, parcel.commodity_code, parcel.package_count, parcel.gross_mass_g, parcel.customs_value_vnd,
        placed.import_duty_vnd, placed.vat_rate_bp, placed.value_added_vnd, placed.draw, placed.channel, level, *versions, at, reason, changes,
    )  # fmt: skip


def run_row(key: Key, run: Run) -> tuple[object, ...]:
    """Return the row of a run of numbers."""
    return (key[0], run.first_no11, run.count, key[1], key[2], run.first_seq)


def act_row(
    key: Key, seq: int, parcel_seq: int, act: ParcelDeed, authority: Authority, at: datetime, reason: str, maker_code: str = ""
) -> tuple[Any, ...]:  # fmt: skip
    """Return the row of what an officer did with one parcel, and by which power: under `ACT`, or with a maker under `DECISION`."""
    return (
        *key, seq, parcel_seq, act.value, authority.officer_code, authority.power_id, authority.unit_code, at, reason,
        authority.outside_reason, *([maker_code] if maker_code else ()),
    )  # fmt: skip


def append_acts(transaction: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append what officers did, as `act_row` gives it."""
    for table in (ACT, DECISION):
        append(transaction, table, [row for row in rows if len(row) == len(table.columns)])


def last_act(
    transaction: Transaction, key: Key, parcel_seq: int, act: ParcelDeed, about: ConditionKind
) -> tuple[str, datetime] | None:
    """Return (officer, instant) of the last act of a kind on a parcel since a condition was last opened of it; None when there was none."""
    return transaction.execute(
        """
        SELECT officer_code, acted_at FROM parcel_act a
        WHERE (shard_id, registered_month, declaration_id, parcel_seq) = (%s, %s, %s, %s) AND act = %s AND journal_seq >= (
            SELECT max(c.opened_seq) FROM parcel_condition c WHERE (c.shard_id, c.registered_month, c.declaration_id, c.parcel_seq)
                = (a.shard_id, a.registered_month, a.declaration_id, a.parcel_seq) AND c.kind = %s)
        ORDER BY journal_seq DESC LIMIT 1
        """,
        (*key, parcel_seq, act.value, int(about)),
    ).fetchone()


def append(transaction: Transaction, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Append rows of one of the tables above; nothing when there are none."""
    transaction.write(table, rows)


def select_blocks(connection: psycopg.Connection[Any], writer_id: int) -> list[tuple[int, int, int]]:
    """Return the newest block of each (kind, shard) of a writer: (kind, shard_id, block_no)."""
    return connection.execute(
        """
        SELECT DISTINCT ON (kind, shard_id) kind, shard_id, block_no FROM parcel_block
        WHERE writer_id = %s ORDER BY kind, shard_id, block_no DESC
        """,
        (writer_id,),
    ).fetchall()


def select_end(connection: psycopg.Connection[Any], shard_id: int, first: int, end: int) -> int | None:
    """Return the number after the last one given in first <= no11 < end on a shard."""
    row = connection.execute(
        """
        SELECT first_no11 + run_count FROM parcel_run WHERE shard_id = %s AND first_no11 >= %s AND first_no11 < %s
        ORDER BY first_no11 DESC LIMIT 1
        """,
        (shard_id, first, end),
    ).fetchone()
    return row[0] if row else None


def insert_block(connection: psycopg.Connection[Any], kind: int, shard_id: int, writer_id: int, first: int) -> int:
    """Open the next block of numbers of a kind for a writer and a shard; return its number."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_BLOCK_LOCK_CLASS, kind))
        row = connection.execute(
            """
            INSERT INTO parcel_block (block_no, kind, shard_id, writer_id)
            SELECT coalesce(max(block_no) + 1, %s), %s, %s, %s FROM parcel_block WHERE kind = %s RETURNING block_no
            """,
            (first, kind, shard_id, writer_id, kind),
        ).fetchone()
    assert row is not None
    return int(row[0])


def select_shard(connection: psycopg.Connection[Any], block_no: int) -> int | None:
    """Return the shard of a block of numbers."""
    row = connection.execute("SELECT shard_id FROM parcel_block WHERE block_no = %s", (block_no,)).fetchone()
    return row[0] if row else None


def select_all_blocks(connection: psycopg.Connection[Any]) -> list[tuple[int, int, int]]:
    """Return every block that was opened: (block_no, kind, shard_id)."""
    return connection.execute("SELECT block_no, kind, shard_id FROM parcel_block").fetchall()


def find(transaction: Transaction, shard_id: int, no11: int) -> tuple[Key, int] | None:
    """Return (key, first_seq of the run) of the list that holds a number, 0 for the number of a list itself; None when it was never given."""
    row = transaction.execute(
        """
        SELECT shard_id, registered_month, declaration_id, first_seq, first_no11 + run_count FROM parcel_run
        WHERE shard_id = %s AND first_no11 <= %s ORDER BY first_no11 DESC LIMIT 1
        """,
        (shard_id, no11),
    ).fetchone()
    return None if row is None or no11 >= row[4] else ((row[0], row[1], row[2]), row[3])


def lock(transaction: Transaction, keys: Sequence[Key]) -> dict[UUID, ListStanding]:
    """Lock lists in key order; return where they stand by id."""
    cursor = transaction.execute(
        """
        SELECT l.shard_id, l.registered_month, l.declaration_id, l.list_no11, l.operator_code, l.declarant_id, l.customs_office_code,
               l.registered_at, l.journal_seq, l.procedure, l.arrival_on
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN parcel_list l USING (shard_id, registered_month, declaration_id)
        ORDER BY l.shard_id, l.registered_month, l.declaration_id FOR UPDATE OF l
        """,
        _columns(keys),
    )
    return {row[2]: ListStanding(*row) for row in cursor.fetchall()}


def _columns(keys: Sequence[Key]) -> tuple[list[Any], ...]:
    return tuple([key[place] for key in keys] for place in range(3))


def select_conditions(
    transaction: Transaction, key: Key, parcel_seqs: Sequence[int] | None
) -> dict[int, tuple[Condition, ...]]:
    """Return conditions of a list by place (0: those of the whole list), in order of number; of these places, or (None) of all."""
    cursor = transaction.execute(
        f"""
        SELECT {_OPEN_COLUMNS} FROM parcel_condition
        WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) AND (%s::int2[] IS NULL OR parcel_seq = ANY (%s))
        ORDER BY parcel_seq, condition_no
        """,  # noqa: S608  (columns of ours)  # type: ignore[arg-type]
        (*key, parcel_seqs, parcel_seqs),
    )
    found: dict[int, list[Condition]] = {}
    for row in cursor.fetchall():
        found.setdefault(row[0], []).append(
            Condition(
                condition_no=row[1], kind=ConditionKind(row[2]), owner=Owner(row[3]), law=row[4], detail=row[5], opened_at=row[6],
                due_at=row[7], closed_at=row[8], closed_by=row[9], evidence=row[10],
            )
        )  # fmt: skip
    return {seq: tuple(conditions) for seq, conditions in found.items()}


def close(transaction: Transaction, rows: Sequence[tuple[Any, ...]]) -> int:
    """Close open conditions (rows of `closed_row`); return how many were open."""
    cursor = transaction.execute(
        """
        UPDATE parcel_condition c SET closed_seq = k.seq, closed_at = k.closed_at, closed_by = k.closed_by, evidence = k.evidence
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::int2[], %s::timestamptz[], %s::text[], %s::text[])
             AS k(shard_id, registered_month, declaration_id, parcel_seq, condition_no, seq, closed_at, closed_by, evidence)
        WHERE (c.shard_id, c.registered_month, c.declaration_id, c.parcel_seq, c.condition_no)
              = (k.shard_id, k.registered_month, k.declaration_id, k.parcel_seq, k.condition_no) AND c.closed_at IS NULL
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount


def select_cleared_at(transaction: Transaction, key: Key, parcel_seq: int) -> datetime | None:
    """Return when a parcel was cleared, None when it is not."""
    row = transaction.execute(
        "SELECT cleared_at FROM parcel WHERE (shard_id, registered_month, declaration_id, parcel_seq) = (%s, %s, %s, %s)",
        (*key, parcel_seq),
    ).fetchone()
    return row[0] if row else None


def select_placed(
    transaction: Transaction, key: Key, conditions: Mapping[int, tuple[Condition, ...]]
) -> list[PlacedParcel]:
    """Return every parcel of a list as it stands, in the order of the list; `conditions` are those of the list by place."""
    rows = rows_of(transaction.connection, CLEARED, [key]).get(key[2], [])
    versions = {row[3]: row for row in rows_of(transaction.connection, VERSION, [key]).get(key[2], [])}
    return [placed_of(row, versions.get(row[3]), conditions.get(row[3], ())) for row in rows]


def placed_of(row: Sequence[Any], version: Sequence[Any] | None, conditions: tuple[Condition, ...]) -> PlacedParcel:
    """Return a parcel by its row under `CLEARED` and the row of its last amendment, if there is one."""
    facts = dict(zip(CLEARED.columns, row, strict=True))
    if version is not None:
        facts |= dict(zip(VERSION.columns, version, strict=True))
    state = State(facts["state"])
    owes = state is not State.CANCELLED
    return PlacedParcel(
        parcel_seq=facts["parcel_seq"], no11=facts["no11"], amendment_no=facts.get("amendment_no", 0),
        parcel=Parcel(**{name: facts[name] for name in _DECLARED}), import_duty_vnd=facts["import_duty_vnd"] * owes,
        vat_rate_bp=facts["vat_rate_bp"], value_added_vnd=facts["value_added_vnd"] * owes, draw=facts["draw"],
        channel=facts["channel"], state=state, conditions=conditions,
    )  # fmt: skip


_DECLARED = (
    "house_no", "description", "party_name", "counterparty_name", "country_code", "customs_value_vnd", "gross_mass_g", "package_count",
    "commodity_code",
)  # fmt: skip


def update_states(transaction: Transaction, rows: Sequence[tuple[int, int, UUID, int, int, datetime | None]]) -> int:
    """Let parcels stand at (shard, month, list, place, state, cleared_at); return how many there were. One that is cleared never moves."""
    cursor = transaction.execute(
        """
        UPDATE parcel p SET state = k.state, cleared_at = k.cleared_at
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::timestamptz[])
             AS k(shard_id, registered_month, declaration_id, parcel_seq, state, cleared_at)
        WHERE (p.shard_id, p.registered_month, p.declaration_id, p.parcel_seq)
              = (k.shard_id, k.registered_month, k.declaration_id, k.parcel_seq) AND p.cleared_at IS NULL
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount


class HouseQuestion:
    """Which house numbers that lists want stand in a list already. Asked inside a pipeline, read after it.

    Of each list: (shard_id, operator, whether exported, its house numbers in one text). They are visible ASCII, so that a space parts them: a thousand numbers
    as one text cost a tenth of a thousand parameters.
    """

    def __init__(self, connection: psycopg.Connection[Any], wanted: Sequence[tuple[int, str, bool, str]]) -> None:
        self._cursor = connection.execute(
            """
            SELECT h.operator_code, h.is_export, h.house_no, h.list_no11
            FROM unnest(%s::int2[], %s::text[], %s::bool[], %s::text[]) AS k(shard_id, operator_code, is_export, house_nos)
            CROSS JOIN LATERAL unnest(string_to_array(k.house_nos, ' ')) AS w(house_no)
            JOIN parcel_house h USING (shard_id, operator_code, is_export, house_no)
            """,
            tuple(list(column) for column in zip(*wanted, strict=True)),
        )

    def taken(self) -> dict[tuple[str, bool, str], int]:
        """Return the number (11 digits) of the list that holds each (operator, whether exported, house number) that is held."""
        return {(row[0], row[1], row[2]): row[3] for row in self._cursor.fetchall()}


def insert_houses(transaction: Transaction, rows: Sequence[tuple[int, int, UUID, str, bool, int, str]]) -> None:
    """Let lists hold house numbers: (shard, month, list, operator, whether exported, number of the list, house numbers parted by spaces).

    Raises:
        psycopg.errors.UniqueViolation: another writer's list holds one of them since they were asked for.
    """
    transaction.execute(
        """
        INSERT INTO parcel_house (shard_id, registered_month, declaration_id, operator_code, is_export, list_no11, house_no)
        SELECT k.shard_id, k.registered_month, k.declaration_id, k.operator_code, k.is_export, k.list_no11, w.house_no
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::text[], %s::bool[], %s::int8[], %s::text[])
             AS k(shard_id, registered_month, declaration_id, operator_code, is_export, list_no11, house_nos)
        CROSS JOIN LATERAL unnest(string_to_array(k.house_nos, ' ')) AS w(house_no)
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )


def free_houses(
    transaction: Transaction, key: Key, operator_code: str, is_export: bool, house_nos: Sequence[str]
) -> int:
    """Give back the house numbers of cancelled parcels of a list; return how many it held."""
    cursor = transaction.execute(
        """
        DELETE FROM parcel_house
        WHERE (shard_id, operator_code, is_export) = (%s, %s, %s) AND house_no = ANY (%s) AND declaration_id = %s
        """,
        (key[0], operator_code, is_export, list(house_nos), key[2]),
    )
    return cursor.rowcount


def update_seq(transaction: Transaction, key: Key, was: int, now: int) -> bool:
    """Let the journal of a locked list stand at another act; False when it did not stand at `was`."""
    cursor = transaction.execute(
        """
        UPDATE parcel_list SET journal_seq = %s
        WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) AND journal_seq = %s
        """,
        (now, *key, was),
    )
    return cursor.rowcount == 1


def select_keys_after(connection: psycopg.Connection[Any], after: Key | None, most: int) -> list[Key]:
    """Return keys of lists in their order, those after one."""
    start = after or (-1, 0, UUID(int=0))
    return connection.execute(
        """
        SELECT shard_id, registered_month, declaration_id FROM parcel_list WHERE (shard_id, registered_month, declaration_id) > (%s, %s, %s)
        ORDER BY 1, 2, 3 LIMIT %s
        """,
        (*start, most),
    ).fetchall()


def select_runs(connection: psycopg.Connection[Any], key: Key) -> list[Run]:
    """Return the runs of numbers of a list, its own first."""
    rows = connection.execute(
        """
        SELECT first_no11, run_count, first_seq FROM parcel_run
        WHERE shard_id = %s AND registered_month = %s AND declaration_id = %s ORDER BY first_seq
        """,
        key,
    ).fetchall()
    return [Run(*row) for row in rows]


def count_judged_before(connection: psycopg.Connection[Any], version: int | None) -> int:
    """Return how many parcels, the cancelled ones left out, were last judged by an earlier version of the law book than this one (None: any)."""
    row = connection.execute(
        """
        SELECT count(*) FROM parcel p JOIN parcel_list l USING (shard_id, registered_month, declaration_id)
        WHERE p.state <> %(cancelled)s AND (%(version)s::int IS NULL OR greatest(l.book_version, (
            SELECT max(v.book_version) FROM parcel_version v
            WHERE (v.shard_id, v.registered_month, v.declaration_id, v.parcel_seq) = (p.shard_id, p.registered_month, p.declaration_id, p.parcel_seq)
        )) < %(version)s)
        """,
        {"cancelled": int(State.CANCELLED), "version": version},
    ).fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])


def select_number_gaps(connection: psycopg.Connection[Any], size: int) -> list[tuple[int, int, int]]:
    """Return (block, numbers given, numbers reached) of blocks in which a number is missing or stands twice."""
    return connection.execute(
        """
        SELECT first_no11 / %(size)s, sum(run_count)::int, max(first_no11 + run_count - 1) %% %(size)s + 1 FROM parcel_run
        GROUP BY 1 HAVING sum(run_count) <> max(first_no11 + run_count - 1) %% %(size)s + 1
        """,
        {"size": size},
    ).fetchall()


def select_lost_runs(connection: psycopg.Connection[Any]) -> list[tuple[int, int]]:
    """Return (shard, first number) of runs whose list is not there."""
    return connection.execute(
        """
        SELECT r.shard_id, r.first_no11 FROM parcel_run r
        LEFT JOIN parcel_list l USING (shard_id, registered_month, declaration_id) WHERE l.list_no11 IS NULL
        """
    ).fetchall()


def select_holders(
    connection: psycopg.Connection[Any], key: Key, operator_code: str, procedure: str, house_nos: Sequence[str], at: datetime,
    list_no11: int,
) -> list[tuple[str, int]]:  # fmt: skip
    """Return (house number, list) of parcels of other lists of an operator, registered by `at` and not cancelled before."""
    return connection.execute(
        """
        SELECT p.house_no, min(l.list_no11) FROM parcel_list l JOIN parcel p USING (shard_id, registered_month, declaration_id)
        LEFT JOIN parcel_cancellation c USING (shard_id, registered_month, declaration_id, parcel_seq)
        WHERE l.shard_id = %s AND l.operator_code = %s AND l.procedure = %s AND p.house_no = ANY (%s) AND l.registered_at <= %s
          AND l.list_no11 <> %s AND (c.cancelled_at IS NULL OR c.cancelled_at >= %s) GROUP BY 1
        """,
        (key[0], operator_code, procedure, list(house_nos), at, list_no11, at),
    ).fetchall()


def select_house_faults(connection: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    """Return (list, what is wrong): parcels that are not cancelled against the list that holds their house number."""
    return connection.execute(
        """
        SELECT coalesce(p.list_no11, h.list_no11),
               CASE WHEN h.list_no11 IS NULL THEN 'nothing holds the house number ' || p.house_no
                    WHEN p.list_no11 IS NULL THEN 'it holds the house number ' || h.house_no || ' and has no such parcel'
                    ELSE 'the house number ' || p.house_no || ' stands in the list ' || h.list_no11 || '0 as well' END
        FROM (SELECT l.shard_id, l.operator_code, l.procedure = 'MEC' AS is_export, p.house_no, l.list_no11, l.declaration_id
              FROM parcel_list l JOIN parcel p USING (shard_id, registered_month, declaration_id) WHERE p.state <> %s) p
        FULL JOIN parcel_house h USING (shard_id, operator_code, is_export, house_no)
        WHERE h.declaration_id IS DISTINCT FROM p.declaration_id AND NOT coalesce(h.twice, false)
        """,
        (int(State.CANCELLED),),
    ).fetchall()
