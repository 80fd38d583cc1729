"""`haidang verify` must see what a superuser's hand has changed: one declaration is spoiled in each way, and each must be named."""

import json

import psycopg
import pytest

from haidang.declarations.terms import Declaration
from haidang.declarations.tests import build
from tests.passing.rig import Rig, declared

_NUMBERED_ELSEWHERE = "WITH d AS (UPDATE declaration SET no11 = no11 + 5000000 WHERE declaration_id = %(id)s)"
TAMPERING = {
    "an amount of a line": ("UPDATE goods_item SET vat_vnd_e4 = vat_vnd_e4 - 10000", "money"),
    "a rate of a line": ("UPDATE goods_item SET duty_rate_bp = duty_rate_bp + 1", "money"),
    "a total": ("UPDATE declaration SET value_added_vnd = value_added_vnd - 1", "money"),
    "a transfer": ("UPDATE transfer SET amount_vnd = amount_vnd + 1", "money"),
    "a debt forgiven": ("UPDATE obligation SET outstanding_vnd = 0", "money"),
    "a line removed": ("DELETE FROM goods_item", "whole"),
    "a description": ("UPDATE goods_item SET description = 'khác'", "journal"),
    "an owner of a condition": ("UPDATE condition SET owner = 5", "journal"),
    "a due date": ("UPDATE obligation SET due_on = due_on + 30", "journal"),
    "the last day to pay": ("UPDATE obligation SET due_on = due_on + 1", "replay"),
    "a number of no block": (f"{_NUMBERED_ELSEWHERE} UPDATE declaration_no SET no11 = no11 + 5000000", "numbers"),
    "a direction": ("UPDATE declaration SET is_export = NOT is_export", "numbers"),
    "the instant of clearing": ("UPDATE declaration SET cleared_at = registered_at", "legal moves"),
    "who acted": ("UPDATE journal_entry SET actor_id = actor_id + 1", "journal"),
    "a book version": ("UPDATE journal_entry SET book_version = book_version + 1", "journal"),
    "a trader": ("UPDATE declaration SET trader_code = '9900020005'", "replay"),
    "a state": ("UPDATE declaration SET state = 9", "legal moves"),
    "a channel": ("UPDATE declaration SET channel = mod(channel, 3) + 1", "whole"),
    "a draw": ("UPDATE risk_decision SET draw = mod(draw + 1, 10000)", "journal"),
    "a journal entry removed": ("DELETE FROM journal_entry", "whole"),
    "a message removed": ("DELETE FROM message", "durable once"),
    "a byte of a message": ("UPDATE message SET raw = set_byte(raw, 40, get_byte(raw, 40) # 1)", "signatures"),
    "a number removed": ("DELETE FROM declaration_no", "durable once"),
    "a condition closed by nobody's act": (
        "UPDATE condition SET closed_seq = 9, closed_at = opened_at, closed_by = 'x', evidence = 'x'",
        "journal",
    ),
}

DRAFT_TAMPERING = {
    "UPDATE draft SET no11 = no11 + 5000000 WHERE no11 = %s": "no block",
    "UPDATE draft SET shard_id = shard_id + 1 WHERE no11 = %s": "a block of shard",
    "UPDATE draft SET declared = 'x' WHERE no11 = %s": "cannot be read",
}


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return, for each way of spoiling, (number, id) of its declaration; and the report after all were spoiled.

    A number that was changed is quoted as it is now.
    """
    cluster.ensure_country()
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    answers = {what: rig.lodge(declared(), message_id=what.replace(" ", "-"))[1] for what in TAMPERING}
    untouched = rig.lodge(declared(), message_id="untouched")[1]
    before = rig.report()
    subjects = {}
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        ids = dict(admin.execute("SELECT no11, declaration_id FROM declaration_no").fetchall())
        for what, (statement, _) in TAMPERING.items():
            number = answers[what]["declaration_no"]
            declaration_id = ids[int(number[:11])]
            its = {"id": declaration_id}
            changed = admin.execute(f"{statement} WHERE declaration_id = %(id)s", its).rowcount  # type: ignore[arg-type]
            assert changed > 0, what
            (no11,) = admin.execute("SELECT no11 FROM declaration WHERE declaration_id = %(id)s", its).fetchone()
            subjects[what] = (f"{no11}{number[11]}", str(declaration_id))
        admin.execute("DELETE FROM inbox WHERE message_id = 'untouched'")
    yield before, subjects, rig.report(), untouched["declaration_no"]
    rig.close()
    cluster.drop(made)


def test_what_was_stored_by_the_pass_has_no_violation(spoiled):
    before = spoiled[0]
    assert before.violations == 0, before.rows
    assert before.declarations == len(TAMPERING) + 1 and before.taxes == 2 * before.declarations
    assert before.messages == before.declarations and before.transfers == 3 * before.declarations


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_the_database_is_seen(spoiled, what):
    _, subjects, report, _ = spoiled
    number, declaration_id = subjects[what]
    mine = {
        row.invariant
        for row in report.rows
        if number[:11] in row.subject or declaration_id in row.subject or what.replace(" ", "-") in row.subject
    }
    assert TAMPERING[what][1] in mine, [row for row in report.rows if number[:11] in row.subject]


def test_a_draft_whose_number_is_not_of_its_shard_and_direction_is_seen(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        for trader in (7, 8):
            assert save_draft(rig, declared(trader=trader))[0] == 201
        numbers = [save_draft(rig, declared(trader=trader))[1]["draft_no"] for trader in (7, 8, 7)]
        assert rig.violations() == []
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            for statement, number in zip(DRAFT_TAMPERING, numbers, strict=True):
                assert admin.execute(statement, (int(number[:11]),)).rowcount == 1
            found = {row.found for row in rig.report().rows if row.invariant == "numbers"}
            assert len(found) == len(DRAFT_TAMPERING)
            assert all(any(said in each for each in found) for said in DRAFT_TAMPERING.values()), found
            admin.execute("UPDATE number_block SET is_export = NOT is_export")
            after = [row.found for row in rig.report().rows if row.invariant == "numbers"]
            assert "an import has a number of the block of an export" in after
    finally:
        rig.close()


def save_draft(rig: Rig, its: Declaration) -> tuple[int, dict]:
    raw = json.dumps({"procedure": "IDA", "declaration": build.wire(its)}, ensure_ascii=False).encode()
    return rig.batch([rig.waiting("draft", raw, its.trader_code, signature=None)])[0]


def test_an_answer_that_was_removed_is_missed(spoiled):
    _, _, report, untouched = spoiled
    assert any(row.invariant == "durable once" and "untouched" in row.subject for row in report.rows)
    assert not any(untouched in row.subject for row in report.rows), "a declaration nobody touched is accused"


def test_a_notice_marked_as_delivered_that_was_never_sent_is_seen(fresh_trial):
    with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
        admin.execute(
            """
            INSERT INTO outbox (shard_id, outbox_id, recipient_id, topic, payload, created_at, delivered_at)
            VALUES (3, gen_random_uuid(), 7, 'declaration.cleared', '{}', legal_now(), legal_now())
            """
        )
    rig = Rig(fresh_trial.config)
    try:
        assert [row.invariant for row in rig.report().rows] == ["notices"]
    finally:
        rig.close()
