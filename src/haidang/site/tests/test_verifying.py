"""`haidang verify` must see what a superuser's hand has changed: one declaration is spoiled in each way, and each must be named."""

import psycopg
import pytest

from haidang.site.verifying import violations
from tests.passing.rig import Rig, declared

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


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return, for each way of spoiling, (number, id) of its declaration; and the report after all were spoiled."""
    cluster.ensure_country()
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    answers = {what: rig.lodge(declared(), message_id=what.replace(" ", "-"))[1] for what in TAMPERING}
    untouched = rig.lodge(declared(), message_id="untouched")[1]
    before = violations(made.config)
    subjects = {}
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        ids = dict(admin.execute("SELECT no11, declaration_id FROM declaration_no").fetchall())
        for what, (statement, _) in TAMPERING.items():
            number = answers[what]["declaration_no"]
            declaration_id = ids[int(number[:11])]
            changed = admin.execute(f"{statement} WHERE declaration_id = %s", (declaration_id,)).rowcount  # type: ignore[arg-type]
            assert changed > 0, what
            subjects[what] = (number, str(declaration_id))
        admin.execute("DELETE FROM inbox WHERE message_id = 'untouched'")
    rig.close()
    yield before, subjects, violations(made.config), untouched["declaration_no"]
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


def test_an_answer_that_was_removed_is_missed(spoiled):
    _, _, report, untouched = spoiled
    assert any(row.invariant == "durable once" and "untouched" in row.subject for row in report.rows)
    assert not any(untouched in row.subject for row in report.rows), "a declaration nobody touched is accused"
