"""Rows of declarations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from haidang.declarations.terms import Declaration, ListFilter
from haidang.kernel.ids import shard_of
from haidang.platform.db import Table, Transaction
from haidang.taxes.terms import Assessment, LineTax, TaxKind

NUMBER = Table("declaration_no", shard_id="int2", no11="int8", registered_month="int4", declaration_id="uuid")
DECLARATION = Table(
    "declaration", shard_id="int2", registered_month="int4", declaration_id="uuid", no11="int8", amendment_no="int2", kind_code="text",
    is_export="bool", trader_code="text", declarant_id="int4", customs_office_code="text", warehouse_code="text",
    transport_mode_code="text", transport_document_nos="text[]", counterparty_name="text", counterparty_country_code="text",
    loading_place_code="text", arrival_on="date", package_count="int4", package_unit_code="text", gross_mass_g="int8",
    invoice_no="text", invoice_currency_code="text", price_condition_code="text", invoice_total_e4="int8",
    payment_timing_code="text", line_count="int2", customs_value_vnd_e4="int8", import_duty_vnd="int8", trade_remedy_vnd="int8",
    special_consumption_vnd="int8", environment_vnd="int8", value_added_vnd="int8", export_duty_vnd="int8", book_version="int4",
    registered_at="timestamptz", ordinal="int2", channel="int2", state="int2", journal_seq="int2", cleared_at="timestamptz?",
)  # fmt: skip
CHANGING_COLUMNS = 4
"""The last columns of a declaration row (channel, state, journal_seq, cleared_at) change later; a digest of facts leaves them out."""
GOODS_ITEM = Table(
    "goods_item", shard_id="int2", registered_month="int4", declaration_id="uuid", line_no="int2", commodity_code="text",
    description="text", origin_country_code="text", tariff_schedule_code="text", quantity_milli="int8", unit_code="text",
    invoice_value_e4="int8", customs_value_vnd_e4="int8", duty_kind="int2", duty_base_vnd_e4="int8", duty_rate_bp="int4",
    duty_specific_vnd_e4="int8", duty_quantity_milli="int8", duty_measure_id="int4", duty_relieved_vnd_e4="int8",
    duty_vnd_e4="int8", vat_base_vnd_e4="int8", vat_rate_bp="int4", vat_measure_id="int4", vat_vnd_e4="int8",
)  # fmt: skip
OTHER_TAX = Table(
    "other_tax", shard_id="int2", registered_month="int4", declaration_id="uuid", line_no="int2", ordinal="int2", kind="int2",
    base_vnd_e4="int8", rate_bp="int4", specific_vnd_e4="int8", quantity_milli="int8", measure_id="int4", relieved_vnd_e4="int8",
    amount_vnd_e4="int8",
)  # fmt: skip
_EXTRA = {"journal_seq": "int2", "amended_at": "timestamptz", "reason": "text", "changes": "text"}
VERSION = Table(
    "declaration_version",
    **dict(zip(DECLARATION.columns[:-CHANGING_COLUMNS], DECLARATION.types[:-CHANGING_COLUMNS], strict=True)), **_EXTRA,
)  # fmt: skip
"""A declaration as amended: its facts, then the act, its instant, why, and what changed (JSON)."""
VERSION_EXTRA = len(_EXTRA)
_KEY = 3


def _of_version(table: Table) -> Table:
    """Return the table that holds the rows of amendments: the number of the amendment after the key."""
    columns = list(zip(table.columns, table.types, strict=True))
    return Table(table.name + "_version", **dict([*columns[:_KEY], ("amendment_no", "int2"), *columns[_KEY:]]))


ITEM_VERSION, OTHER_TAX_VERSION = _of_version(GOODS_ITEM), _of_version(OTHER_TAX)

_NO_DUTY = (None,) * 8
_NO_VAT = (None,) * 4
_DUTY = (TaxKind.IMPORT_DUTY, TaxKind.EXPORT_DUTY)
_BLOCK_LOCK_CLASS = 0x4845
"""Not the class of the writers' places: those are held for as long as a writer lives."""


def declaration_row(
    key: tuple[int, int, UUID],
    no11: int,
    declared: Declaration,
    assessment: Assessment,
    declarant_id: int,
    book_version: int,
    registered_at: datetime,
    ordinal: int,
    amendment_no: int = 0,
) -> tuple[object, ...]:
    """Return the row of a declaration, or of one amendment of it, without its changing columns."""
    totals = [0] * 7
    for kind, amount in assessment.totals:
        totals[kind] = amount
    return (
        *key, no11, amendment_no, declared.kind_code, declared.is_export, declared.trader_code, declarant_id, declared.customs_office_code,
        declared.warehouse_code, declared.transport_mode_code, list(declared.transport_document_nos), declared.counterparty_name,
        declared.counterparty_country_code, declared.loading_place_code, declared.arrival_on, declared.package_count,
        declared.package_unit_code, declared.gross_mass_g, declared.invoice_no, declared.invoice_currency_code,
        declared.price_condition_code, declared.invoice_total_e4, declared.payment_timing_code, len(declared.items),
        assessment.customs_value_vnd_e4, *totals[1:], book_version, registered_at, ordinal,
    )  # fmt: skip


def item_rows(
    key: tuple[int, int, UUID], declared: Declaration, assessment: Assessment
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Return the rows of the goods items with their taxes, and the rows of taxes that have no columns there."""
    items: list[tuple[object, ...]] = []
    others: list[tuple[object, ...]] = []
    for item, line in zip(declared.items, assessment.lines, strict=True):
        duty: tuple[object, ...] = _NO_DUTY
        vat: tuple[object, ...] = _NO_VAT
        for tax in line.taxes:
            if tax.kind in _DUTY and duty is _NO_DUTY:
                duty = (
                    int(tax.kind), tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli, tax.measure_id,
                    tax.relieved_vnd_e4, tax.amount_vnd_e4,
                )  # fmt: skip
            elif tax.kind == TaxKind.VALUE_ADDED and not tax.relieved_vnd_e4 and not tax.specific_vnd_e4:
                vat = (tax.base_vnd_e4, tax.rate_bp, tax.measure_id, tax.amount_vnd_e4)
            else:
                others.append((
                    *key, item.line_no, len(others) + 1, int(tax.kind), tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4,
                    tax.quantity_milli, tax.measure_id, tax.relieved_vnd_e4, tax.amount_vnd_e4,
                ))  # fmt: skip
        items.append((
            *key, item.line_no, item.commodity_code, item.description, item.origin_country_code, item.tariff_schedule_code,
            item.quantity_milli, item.unit_code, item.invoice_value_e4, line.customs_value_vnd_e4, *duty, *vat,
        ))  # fmt: skip
    return items, others


def insert(
    transaction: Transaction,
    numbers: Sequence[tuple[object, ...]],
    declarations: Sequence[tuple[object, ...]],
    items: Sequence[tuple[object, ...]],
    others: Sequence[tuple[object, ...]],
) -> None:
    """Append the rows of a batch of registrations."""
    transaction.write(DECLARATION, declarations)
    transaction.write(GOODS_ITEM, items)
    transaction.write(OTHER_TAX, others)
    transaction.write(NUMBER, numbers)


def insert_version(
    transaction: Transaction,
    version: tuple[object, ...],
    items: Sequence[tuple[object, ...]],
    others: Sequence[tuple[object, ...]],
) -> None:
    """Append the rows of one amendment; those of lines and taxes as `item_rows` makes them."""
    amendment_no = version[VERSION.columns.index("amendment_no")]
    transaction.write(VERSION, [version])
    transaction.write(ITEM_VERSION, [(*row[:_KEY], amendment_no, *row[_KEY:]) for row in items])
    transaction.write(OTHER_TAX_VERSION, [(*row[:_KEY], amendment_no, *row[_KEY:]) for row in others])


def without_amendment_no(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row of a line or tax of an amendment as the row of a registration."""
    return (*row[:_KEY], *row[_KEY + 1 :])


def update_amendment_no(transaction: Transaction, key: tuple[int, int, UUID], amendment_no: int) -> bool:
    """Count one amendment more; False when the declaration did not stand at the one before."""
    cursor = transaction.execute(
        """
        UPDATE declaration SET amendment_no = %s
        WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) AND amendment_no = %s
        """,
        (amendment_no, *key, amendment_no - 1),
    )
    return cursor.rowcount == 1


def select_blocks(connection: psycopg.Connection[Any], writer_id: int) -> list[tuple[bool, int, int]]:
    """Return the newest block of each (direction, shard) of a writer: (is_export, shard_id, block_no)."""
    return connection.execute(
        """
        SELECT DISTINCT ON (is_export, shard_id) is_export, shard_id, block_no FROM number_block
        WHERE writer_id = %s ORDER BY is_export, shard_id, block_no DESC
        """,
        (writer_id,),
    ).fetchall()


def select_highest(connection: psycopg.Connection[Any], shard_id: int, first: int, end: int) -> int | None:
    """Return the highest number given in first <= no11 < end on a shard, drafts included."""
    row = connection.execute(
        """
        SELECT greatest(
            (SELECT max(no11) FROM declaration_no WHERE shard_id = %(shard)s AND no11 >= %(first)s AND no11 < %(end)s),
            (SELECT max(no11) FROM draft WHERE shard_id = %(shard)s AND no11 >= %(first)s AND no11 < %(end)s))
        """,
        {"shard": shard_id, "first": first, "end": end},
    ).fetchone()
    return row[0] if row else None


def insert_block(
    connection: psycopg.Connection[Any], is_export: bool, shard_id: int, writer_id: int, first_block: int
) -> int:
    """Open the next block of numbers of a direction for a writer and a shard; return its number."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_BLOCK_LOCK_CLASS, int(is_export)))
        row = connection.execute(
            """
            INSERT INTO number_block (block_no, is_export, shard_id, writer_id)
            SELECT coalesce(max(block_no) + 1, %(first)s), %(is_export)s, %(shard)s, %(writer)s
            FROM number_block WHERE is_export = %(is_export)s RETURNING block_no
            """,
            {"first": first_block, "is_export": is_export, "shard": shard_id, "writer": writer_id},
        ).fetchone()
    assert row is not None
    return int(row[0])


def select_shard(connection: psycopg.Connection[Any], block_no: int) -> int | None:
    """Return the shard of a block of numbers."""
    row = connection.execute("SELECT shard_id FROM number_block WHERE block_no = %s", (block_no,)).fetchone()
    return row[0] if row else None


def select_all_blocks(connection: psycopg.Connection[Any]) -> list[tuple[int, bool, int]]:
    """Return every block of numbers that was opened: (block_no, is_export, shard_id)."""
    return connection.execute("SELECT block_no, is_export, shard_id FROM number_block").fetchall()


def lock(transaction: Transaction, shard_nos: Sequence[tuple[int, int]]) -> dict[int, tuple[Any, ...]]:
    """Lock declarations by (shard, 11-digit number) in key order; return by number (shard, month, id, trader_code, channel, state,
    journal_seq, amendment_no, kind_code, customs_office_code, declarant_id, registered_at)."""
    cursor = transaction.execute(
        """
        SELECT n.no11, d.shard_id, d.registered_month, d.declaration_id, d.trader_code, d.channel, d.state, d.journal_seq,
               d.amendment_no, d.kind_code, d.customs_office_code, d.declarant_id, d.registered_at
        FROM unnest(%s::int2[], %s::int8[]) AS k(shard_id, no11)
        JOIN declaration_no n USING (shard_id, no11)
        JOIN declaration d USING (shard_id, registered_month, declaration_id)
        ORDER BY d.shard_id, d.registered_month, d.declaration_id FOR UPDATE OF d
        """,
        ([shard for shard, _ in shard_nos], [no11 for _, no11 in shard_nos]),
    )
    return {row[0]: row[1:] for row in cursor.fetchall()}


def select_earlier(
    transaction: Transaction, shard_nos: Sequence[tuple[int, int]]
) -> list[tuple[int, int, str, str, int, datetime, int, str, str, int]]:
    """Return the lines of declarations, which stay as they are until the transaction ends: (shard, number, trader_code, kind_code, state, registered_at,
    line_no, commodity_code, unit_code, quantity_milli).
    """
    # Locked by a statement of its own: the next one sees what an amendment wrote while this one waited for it.
    lock(transaction, shard_nos)
    cursor = transaction.execute(
        """
        SELECT n.shard_id, n.no11, d.trader_code, d.kind_code, d.state, d.registered_at, i.line_no, i.commodity_code, i.unit_code, i.quantity_milli
        FROM unnest(%s::int2[], %s::int8[]) AS k(shard_id, no11)
        JOIN declaration_no n USING (shard_id, no11)
        JOIN declaration d USING (shard_id, registered_month, declaration_id)
        CROSS JOIN LATERAL (
            SELECT g.line_no, g.commodity_code, g.unit_code, g.quantity_milli FROM goods_item g
            WHERE d.amendment_no = 0
              AND (g.shard_id, g.registered_month, g.declaration_id) = (d.shard_id, d.registered_month, d.declaration_id)
            UNION ALL
            SELECT v.line_no, v.commodity_code, v.unit_code, v.quantity_milli FROM goods_item_version v
            WHERE d.amendment_no > 0
              AND (v.shard_id, v.registered_month, v.declaration_id, v.amendment_no)
                  = (d.shard_id, d.registered_month, d.declaration_id, d.amendment_no)
        ) AS i
        """,
        ([shard for shard, _ in shard_nos], [no11 for _, no11 in shard_nos]),
    )
    return cursor.fetchall()


def update_states(
    transaction: Transaction, rows: Sequence[tuple[int, int, UUID, int, int, int, datetime | None, int]]
) -> int:
    """Set state, journal_seq and cleared_at of declarations that still stand at `was_seq`; return how many did.

    Rows are (shard, month, id, was_seq, state, journal_seq, cleared_at, channel).
    """
    cursor = transaction.execute(
        """
        UPDATE declaration d SET state = k.state, journal_seq = k.journal_seq, channel = k.channel,
               cleared_at = coalesce(d.cleared_at, k.cleared_at)
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::int2[], %s::timestamptz[], %s::int2[])
             AS k(shard_id, registered_month, declaration_id, was_seq, state, journal_seq, cleared_at, channel)
        WHERE (d.shard_id, d.registered_month, d.declaration_id) = (k.shard_id, k.registered_month, k.declaration_id)
          AND d.journal_seq = k.was_seq
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount


def select_key(transaction: Transaction, shard_id: int, no11: int) -> tuple[int, int, UUID] | None:
    """Return the key of a declaration the role may see."""
    return transaction.execute(
        """
        SELECT d.shard_id, d.registered_month, d.declaration_id
        FROM declaration_no n JOIN declaration d USING (shard_id, registered_month, declaration_id)
        WHERE n.shard_id = %s AND n.no11 = %s
        """,
        (shard_id, no11),
    ).fetchone()


def select_view(transaction: Transaction, shard_id: int, no11: int) -> tuple[Any, ...] | None:
    """Return what a page shows of a declaration the role may see: key first, then the columns of `VIEW_COLUMNS`."""
    return transaction.execute(
        """
        SELECT d.shard_id, d.registered_month, d.declaration_id, d.amendment_no, d.kind_code, d.trader_code, d.customs_office_code,
               d.registered_at, d.channel, d.state, d.cleared_at, now.line_count, now.customs_value_vnd_e4, now.import_duty_vnd,
               now.trade_remedy_vnd, now.special_consumption_vnd, now.environment_vnd, now.value_added_vnd, now.export_duty_vnd,
               now.book_version
        FROM declaration_no n JOIN declaration d USING (shard_id, registered_month, declaration_id)
        LEFT JOIN declaration_version v
             ON (v.shard_id, v.registered_month, v.declaration_id, v.amendment_no)
              = (d.shard_id, d.registered_month, d.declaration_id, d.amendment_no)
        CROSS JOIN LATERAL (
            SELECT v.line_count, v.customs_value_vnd_e4, v.import_duty_vnd, v.trade_remedy_vnd, v.special_consumption_vnd,
                   v.environment_vnd, v.value_added_vnd, v.export_duty_vnd, v.book_version WHERE d.amendment_no > 0
            UNION ALL
            SELECT d.line_count, d.customs_value_vnd_e4, d.import_duty_vnd, d.trade_remedy_vnd, d.special_consumption_vnd,
                   d.environment_vnd, d.value_added_vnd, d.export_duty_vnd, d.book_version WHERE d.amendment_no = 0
        ) AS now
        WHERE n.shard_id = %s AND n.no11 = %s
        """,
        (shard_id, no11),
    ).fetchone()


def select_list(
    transaction: Transaction, traders: Sequence[str], before: tuple[datetime, int] | None, count: int, wanted: ListFilter
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Return declarations of traders, and those entrusted by them, older than `before`: (no11, amendment_no, kind, trader, registered_at, channel, state, payable)."""
    return transaction.execute(
        """
        SELECT d.no11, d.amendment_no, d.kind_code, d.trader_code, d.registered_at, d.channel, d.state,
               CASE WHEN d.amendment_no = 0 THEN d.import_duty_vnd + d.trade_remedy_vnd + d.special_consumption_vnd
                    + d.environment_vnd + d.value_added_vnd + d.export_duty_vnd
               ELSE (SELECT v.import_duty_vnd + v.trade_remedy_vnd + v.special_consumption_vnd + v.environment_vnd
                            + v.value_added_vnd + v.export_duty_vnd
                     FROM declaration_version v
                     WHERE (v.shard_id, v.registered_month, v.declaration_id, v.amendment_no)
                         = (d.shard_id, d.registered_month, d.declaration_id, d.amendment_no)) END
        FROM declaration d
        WHERE (d.shard_id = ANY (%s) AND d.trader_code = ANY (%s)
               OR (d.shard_id, d.registered_month, d.declaration_id, d.amendment_no) IN (
                    SELECT e.shard_id, e.registered_month, e.declaration_id, e.amendment_no FROM entrustment e WHERE e.entrusting_code = ANY (%s)))
          AND (%s::timestamptz IS NULL OR (d.registered_at, d.no11) < (%s, %s))
          AND (%s = 0 OR d.no11 = %s) AND (%s::int2 IS NULL OR d.state = %s) AND (%s = 0 OR d.channel = %s)
        ORDER BY d.registered_at DESC, d.no11 DESC LIMIT %s
        """,
        (
            sorted({shard_of(trader) for trader in traders}),
            list(traders),
            list(traders),
            *((before[0], before[0], before[1]) if before else (None, None, None)),
            *(each for each in (wanted.no11, wanted.state, wanted.channel) for _ in range(2)),
            count,
        ),
    ).fetchall()


def select_taxes(transaction: Transaction, key: tuple[int, int, UUID]) -> list[tuple[Any, ...]]:
    """Return each tax of each line with its trace: (line_no, kind, base, rate_bp, specific, quantity, measure_id, relieved, amount)."""
    return transaction.execute(
        """
        SELECT line_no, kind, base_vnd_e4, rate_bp, specific_vnd_e4, quantity_milli, measure_id, relieved_vnd_e4, amount_vnd_e4
        FROM duty_tax_fee WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) ORDER BY line_no, kind
        """,
        key,
    ).fetchall()


def select_keys(
    connection: psycopg.Connection[Any], after: tuple[int, int, UUID] | None, count: int
) -> list[tuple[int, int, UUID]]:
    """Return the next keys in key order."""
    return connection.execute(
        """
        SELECT shard_id, registered_month, declaration_id FROM declaration
        WHERE (shard_id, registered_month, declaration_id) > (%s, %s, %s)
        ORDER BY shard_id, registered_month, declaration_id LIMIT %s
        """,
        (*(after or (-1, 0, UUID(int=0))), count),
        binary=True,
    ).fetchall()


def taxes_of_rows(items: Sequence[tuple[Any, ...]], others: Sequence[tuple[Any, ...]]) -> list[tuple[int, LineTax]]:
    """Turn goods-item and other-tax rows back into the taxes they hold, with their line numbers."""
    first_duty = GOODS_ITEM.columns.index("duty_kind")
    found: list[tuple[int, LineTax]] = []
    for row in items:
        line_no, duty, vat = row[3], row[first_duty : first_duty + 8], row[first_duty + 8 :]
        if duty[0] is not None:
            kind, base, rate, specific, quantity, measure, relieved, amount = duty
            found.append((line_no, LineTax(TaxKind(kind), base, rate, specific, quantity, measure, amount, relieved)))
        if vat[3] is not None:
            found.append((line_no, LineTax(TaxKind.VALUE_ADDED, vat[0], vat[1], 0, 0, vat[2], vat[3], 0)))
    for row in others:
        _, _, _, line_no, _, kind, base, rate, specific, quantity, measure, relieved, amount = row
        found.append((line_no, LineTax(TaxKind(kind), base, rate, specific, quantity, measure, amount, relieved)))
    return found


def select_misplaced(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return numbers without declaration and declarations without number."""
    return connection.execute(
        """
        SELECT CASE WHEN d.no11 IS NULL THEN 'number without declaration' ELSE 'declaration without number' END,
               coalesce(n.shard_id, d.shard_id), coalesce(n.no11, d.no11)
        FROM declaration_no n
        FULL JOIN declaration d ON (d.shard_id, d.registered_month, d.declaration_id, d.no11)
                                 = (n.shard_id, n.registered_month, n.declaration_id, n.no11)
        WHERE n.no11 IS NULL OR d.no11 IS NULL
        """
    ).fetchall()


def select_gaps(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return blocks of a thousand with fewer numbers (declarations and drafts) than the highest of them says."""
    return connection.execute(
        """
        SELECT no11 / 1000, count(*), max(no11) % 1000 + 1
        FROM (SELECT no11 FROM declaration_no UNION SELECT no11 FROM draft) AS given
        GROUP BY 1 HAVING count(*) <> max(no11) % 1000 + 1
        """
    ).fetchall()


def select_line_counts(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, int]:
    """Return how many goods lines declarations have, by declaration id."""
    cursor = transaction.execute(
        """
        SELECT d.declaration_id, d.line_count FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN declaration d USING (shard_id, registered_month, declaration_id)
        """,
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
    )
    return dict(cursor.fetchall())


def select_payment_timings(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, str]:
    """Return the time of payment that declarations say now, by declaration id."""
    cursor = transaction.execute(
        """
        SELECT d.declaration_id, coalesce(v.payment_timing_code, d.payment_timing_code)
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN declaration d USING (shard_id, registered_month, declaration_id)
        LEFT JOIN declaration_version v USING (shard_id, registered_month, declaration_id, amendment_no)
        """,
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
    )
    return dict(cursor.fetchall())
