"""`haidang verify` must see a hand in what officers did: one file is spoiled in each way, and each must be named."""

import psycopg
import pytest

from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, INSPECTOR, Rig
from tests.passing.spoiling import spoil
from tests.passing.test_closing import lodge_with
from tests.passing.test_officers import FOUND, ORDER, PHOTO

TAMPERING = {
    "who raised": ("UPDATE officer_act SET officer_code = '03CC-02' WHERE act = 'raise_channel'", "powers"),
    "who approved": ("UPDATE officer_act SET officer_code = '03CC-01' WHERE act = 'approve'", "powers"),
    "by which power": ("UPDATE officer_act SET power_id = power_id + 1 WHERE act = 'raise_channel'", "powers"),
    "of which unit": ("UPDATE officer_act SET unit_code = '03TG' WHERE act = 'raise_channel'", "powers"),
    "when": ("UPDATE officer_act SET acted_at = acted_at - interval '1 s' WHERE act = 'raise_channel'", "powers"),
    "why": ("UPDATE officer_act SET reason = 'khác' WHERE act = 'raise_channel'", "powers"),
    "why out of the queue": ("UPDATE officer_act SET outside_reason = 'vì' WHERE act = 'raise_channel'", "powers"),
    "to which channel": ("UPDATE officer_act SET channel_to = 2, channel_from = 1 WHERE act = 'raise_channel'", "powers"),
    "an act removed": ("DELETE FROM officer_act WHERE act = 'raise_channel'", "powers"),
    "an approval removed": ("DELETE FROM officer_act WHERE act = 'approve'", "second person"),
    "who proposed": ("UPDATE proposal SET maker_code = '03CC-01'", "second person"),
    "who decided": ("UPDATE proposal SET checker_code = '03CC-01'", "second person"),
    "what was decided": ("UPDATE proposal SET approved = false", "second person"),
    "what was proposed": ("UPDATE proposal SET channel_to = 1", "second person"),
    "a decision undone": ("UPDATE proposal SET decided_seq = NULL, checker_code = NULL, decided_at = NULL, approved = NULL", "second person"),
    "a proposal removed": ("DELETE FROM proposal", "second person"),
    "why it was proposed": ("UPDATE proposal SET reason = 'khác'", "journal"),
    "a question": ("UPDATE question SET question = 'khác'", "journal"),
    "an answer": ("UPDATE question SET answer = 'khác'", "journal"),
    "the time to answer": ("UPDATE question SET due_at = due_at + interval '1 day'", "journal"),
    "a question removed": ("DELETE FROM question", "journal"),
    "a place of inspection": ("UPDATE inspection_order SET place_code = '03CCS01'", "journal"),
    "containers": ("UPDATE inspection_order SET container_nos = '{}'", "journal"),
    "a quantity found": ("UPDATE inspection_line SET found_milli = found_milli + 1", "journal"),
    "a line found removed": ("DELETE FROM inspection_line", "journal"),
    "a photo": ("UPDATE inspection_evidence SET sha256 = set_byte(sha256, 0, 1)", "journal"),
}  # fmt: skip


def worked_on(rig):
    """Return the number of a file that was asked about, made red, inspected with a bad result, and lowered by two persons."""
    number = lodge_with(rig, 2)["declaration_no"]
    for act, signer, facts in (
        ("ask_question", CHECKER, {"text": "Gì?"}),
        ("answer_question", people.trader_code(1), {"text": "Quạt", "question_no": 1}),
        ("raise_channel", HEAD, {"text": "cân lệch", "channel": "red", "order": ORDER}),
        ("inspection_result", INSPECTOR, {"outcome": "failed", "text": "thiếu", "lines": FOUND, "evidence": PHOTO}),
        ("propose_lower_channel", INSPECTOR, {"text": "đã rõ", "channel": "yellow"}),
        ("approve", HEAD, {"proposal_no": 1}),
    ):
        status, answer = rig.act(number, act, signer, **facts)
        assert status == 200, (act, answer)
    return number


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return the report before, the number of each spoiled file, and the report after."""
    cluster.ensure_country()
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    numbers = {what: worked_on(rig) for what in TAMPERING}
    before = rig.report()
    spoil(made.dsn("admin"), numbers, {what: statement for what, (statement, _) in TAMPERING.items()})
    after = rig.report()
    yield made, before, numbers, after
    rig.close()
    cluster.drop(made)


def test_what_officers_did_has_no_violation(spoiled):
    assert spoiled[1].rows == [] and spoiled[1].declarations >= len(TAMPERING)


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_officers_acts_is_seen(spoiled, what):
    _, _, numbers, report = spoiled
    assert TAMPERING[what][1] in {row.invariant for row in report.rows if row.subject == numbers[what]}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE unit_power SET revoked_at = valid_from WHERE act = 3", "did not hold the power RAISE_CHANNEL"),
        ("UPDATE appointment SET revoked_at = valid_from", "did not hold the power"),
        ("UPDATE officer SET code = '03CC-09' WHERE code = '03CC-03'", "signed by 03CC-09, kept as 03CC-03"),
        ("DELETE FROM officer_certificate", "signed by None"),
    ],
)
def test_powers_changed_after_the_fact_are_seen(fresh_trial, statement, told):
    rig = Rig(fresh_trial.config)
    try:
        worked_on(rig)
        assert rig.violations() == []
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            assert admin.execute(statement).rowcount > 0
        found = [row.found for row in rig.report().rows if row.invariant == "powers"]
        assert any(told in each for each in found), found
    finally:
        rig.close()


def test_the_database_itself_refuses_a_maker_who_checks(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        worked_on(rig)
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            for statement in (
                "UPDATE proposal SET checker_code = maker_code",
                "UPDATE officer_act SET officer_code = maker_code WHERE act = 'approve'",
                "UPDATE officer_act SET maker_code = NULL WHERE act = 'approve'",
                "UPDATE officer_act SET channel_from = 3, channel_to = 1 WHERE act = 'raise_channel'",
            ):
                with pytest.raises(psycopg.errors.CheckViolation):
                    admin.execute(statement)
    finally:
        rig.close()
