"""What-ifs that were asked for, in PostgreSQL."""

from datetime import date
from typing import Any

from psycopg import Connection, sql

from haidang.insight.terms import WhatIfRun

_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, WhatIfRun.__struct_fields__))


def count_waiting(connection: Connection[Any]) -> int:
    """Return how many are not answered."""
    row = connection.execute("SELECT count(*) FROM whatif_run WHERE done_at IS NULL").fetchone()
    assert row is not None
    return int(row[0])


def insert_run(
    connection: Connection[Any], draft_id: int, days: tuple[date, date], asked_by: str, power_id: int
) -> int:
    """Keep that one is asked for; return its number."""
    row = connection.execute(
        "INSERT INTO whatif_run (draft_id, before_on, after_on, asked_by, power_id) VALUES (%s, %s, %s, %s, %s) RETURNING run_id",
        (draft_id, *days, asked_by, power_id),
    ).fetchone()
    assert row is not None
    return int(row[0])


def select_runs(connection: Connection[Any], most: int | None, run_id: int | None = None) -> list[WhatIfRun]:
    """Return the latest first, or one."""
    statement = sql.SQL(
        "SELECT {} FROM whatif_run WHERE %(id)s::integer IS NULL OR run_id = %(id)s ORDER BY run_id DESC LIMIT %(most)s"
    ).format(_COLUMNS)
    return [WhatIfRun(*row) for row in connection.execute(statement, {"id": run_id, "most": most})]


def select_waiting(connection: Connection[Any]) -> WhatIfRun | None:
    """Return the first that is not answered."""
    statement = sql.SQL("SELECT {} FROM whatif_run WHERE done_at IS NULL ORDER BY run_id LIMIT 1").format(_COLUMNS)
    row = connection.execute(statement).fetchone()
    return None if row is None else WhatIfRun(*row)


def update_progress(connection: Connection[Any], run_id: int, lines_read: int, lines_taxed: int) -> None:
    """Note how far one is."""
    connection.execute(
        "UPDATE whatif_run SET lines_read = %s, lines_taxed = %s WHERE run_id = %s AND done_at IS NULL",
        (lines_read, lines_taxed, run_id),
    )


def finish(connection: Connection[Any], run: WhatIfRun) -> bool:
    """Keep the end of one; False when it was answered before."""
    done = connection.execute(
        """UPDATE whatif_run SET done_at = %s, answer = %s, refused_vi = %s, refused_en = %s, digest = %s
        WHERE run_id = %s AND done_at IS NULL""",
        (run.done_at, run.answer, run.refused_vi, run.refused_en, run.digest, run.run_id),
    )
    return done.rowcount == 1


def legal_now(connection: Connection[Any]) -> Any:
    """Return legal time."""
    row = connection.execute("SELECT legal_now()").fetchone()
    assert row is not None
    return row[0]


def select_draft_titles(connection: Connection[Any]) -> list[tuple[int, str]]:
    """Return number and title of drafts, the newest first, as far as the role's person may change the law."""
    return connection.execute("SELECT draft_id, title FROM law_draft_title ORDER BY draft_id DESC").fetchall()
