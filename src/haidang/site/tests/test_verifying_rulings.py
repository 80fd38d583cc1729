"""`haidang verify` must see a hand in the file of an advance ruling, and in what a ruling said of a declaration."""

import psycopg
import pytest

from tests.passing.rig import FREE, Rig, declared, item
from tests.passing.test_advance_rulings import MINE, decided, done, issued, step
from tests.passing.test_rulings_honoured import lodged

TABLES = ("ruling_file", "ruling_step", "ruling", "declaration_ruling", "unit_power")
FIRST = "issued_seq = (SELECT min(issued_seq) FROM ruling)"
TAMPERING = {
    "the code that was ruled": f"UPDATE ruling SET commodity_code = '84713090' WHERE {FIRST}",
    "until when it stands": f"UPDATE ruling SET valid_until = valid_until + 1 WHERE {FIRST}",
    "whose it is": f"UPDATE ruling SET trader_code = '9900010015' WHERE {FIRST}",
    "the mark of its goods": f"UPDATE ruling SET goods_mark = '' WHERE {FIRST}",
    "when it ended": "UPDATE ruling SET ended_at = ended_at + interval '1 s' WHERE ended_at IS NOT NULL",
    "that it ended": "UPDATE ruling SET ended_at = NULL, ended_seq = NULL, end_reason = '', replaced_by = '' WHERE end_reason = 'cancel'",
    "a ruling taken away": "DELETE FROM ruling WHERE end_reason = 'cancel'",
    "where the file stands": "UPDATE ruling_file SET state = 5",
    "when it is due": "UPDATE ruling_file SET due_at = now(), state = state",
    "what was asked": "UPDATE ruling_file SET goods_name = 'khác'",
    "what was proposed": "UPDATE ruling_step SET commodity_code = '84713090' WHERE act = 'propose' AND outcome = 'issue'",
    "who decided": "UPDATE ruling_step SET by_code = '03CC-01' WHERE act = 'approve'",
    "when it was decided": "UPDATE ruling_step SET acted_at = acted_at + interval '1 s' WHERE act = 'approve'",
    "a step taken away": "DELETE FROM ruling_step WHERE act = 'complete'",
    "a file taken away": "DELETE FROM ruling_file",
    "the power to decide": "UPDATE unit_power SET revoked_at = valid_from WHERE act = 24",
    "what it said of a line": "UPDATE declaration_ruling SET status = 2 WHERE journal_seq = 1",
    "of which line": "UPDATE declaration_ruling SET line_no = 2 WHERE journal_seq = 1",
    "that it said anything": "DELETE FROM declaration_ruling",
    "what it said of an amendment": "UPDATE declaration_ruling SET status = 2 WHERE journal_seq > 1",
    "that it said anything of an amendment": "DELETE FROM declaration_ruling WHERE journal_seq > 1",
    "of which act": "UPDATE declaration_ruling SET journal_seq = 9 WHERE journal_seq > 1",
}  # fmt: skip


@pytest.fixture(scope="module")
def ruled(cluster):
    """Return a database with a cancelled ruling, honoured before that, and a rig over it."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    number, _ = issued(rig, goods_mark="MAU-PART 7")
    rig.learn()
    first = lodged(rig, "MAU-PART 7")
    assert first["rulings"]
    changed = declared(items=(item(FREE, description="MAU-PART 7, nhỏ"),))
    assert rig.amend(first["declaration_no"], changed)[1]["rulings"]
    done(step(rig, number, "request_review", MINE))
    decided(rig, number, "cancel")
    yield made, rig
    rig.close()
    cluster.drop(made)


def test_a_file_that_nobody_touched_has_no_violation(ruled):
    assert ruled[1].report().rows == []


def test_the_hands_of_the_lanes_may_not_rewrite_a_file(ruled):
    from haidang.platform.db import Servers

    for role in ("ingest", "app"):
        with Servers(ruled[0].config).connect(role) as connection:
            for statement in (
                "UPDATE ruling_step SET text = ''",
                "DELETE FROM ruling",
                "UPDATE ruling SET commodity_code = ''",
                "UPDATE declaration_ruling SET status = 1",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_a_file_is_seen(ruled, what):
    made, rig = ruled
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        for table in TABLES:
            admin.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")
        assert admin.execute(TAMPERING[what]).rowcount > 0
        try:
            found = {row.invariant for row in rig.report().rows}
        finally:
            for table in TABLES:
                admin.execute(f"DELETE FROM {table}")
                admin.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}")
    assert found & {"rulings", "journal", "durable once"}
