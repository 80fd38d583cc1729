"""Rows of what is not settled: declarations, their lines, and drafts that are still kept."""

from collections.abc import Sequence
from typing import Any

import psycopg


def select_open_files(connection: psycopg.Connection[Any], settled: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return (no11, amendment_no, kind_code, customs_office_code, trader_code, state, registered_at) of what is not settled, oldest first."""
    return connection.execute(
        """
        SELECT no11, amendment_no, kind_code, customs_office_code, trader_code, state, registered_at
        FROM declaration WHERE state <> ALL (%s) ORDER BY registered_at, no11
        """,
        (list(settled),),
    ).fetchall()


def select_open_lines(
    connection: psycopg.Connection[Any], settled: Sequence[int], commodity_codes: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return (no11, amendment_no, commodity codes) of what is not settled and was registered with lines of these codes."""
    return connection.execute(
        """
        SELECT d.no11, d.amendment_no, array_agg(DISTINCT g.commodity_code ORDER BY g.commodity_code)
        FROM declaration d JOIN goods_item g USING (shard_id, registered_month, declaration_id)
        WHERE d.state <> ALL (%s) AND g.commodity_code = ANY (%s) GROUP BY d.no11, d.amendment_no
        """,
        (list(settled), list(commodity_codes)),
    ).fetchall()


def select_open_draft_clocks(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return (no11, saved_at, expires_at) of drafts that are neither lodged nor thrown away, oldest first."""
    return connection.execute(
        "SELECT no11, saved_at, expires_at FROM draft WHERE closed_at IS NULL ORDER BY saved_at, no11"
    ).fetchall()
