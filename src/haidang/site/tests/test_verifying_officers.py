"""`haidang verify` must see what a superuser's hand has changed of assessments before clearance, of doubts about a value, of goods used up, of interest: each way of spoiling is named."""

from collections.abc import Callable

import psycopg
import pytest

from haidang.site.demo import people
from haidang.site.tests.test_verifying_versions import dearer, revised, unsettled
from tests.passing.rig import CHECKER, FREE, HEAD, Rig
from tests.passing.spoiling import spoil, told_of
from tests.passing.test_cancelling import days_later
from tests.passing.test_drawing import exempt

TRADER = people.trader_code(1)


def assessed_early(rig: Rig) -> str:
    """Acts: 1 registered, 2 proposed, 3 approved."""
    number = unsettled(rig)["declaration_no"]
    asked = rig.revise("ASSESS", number, dearer(), CHECKER)[1]
    status, done = rig.rule(number, "assessment", asked["register_no"], HEAD)
    assert status == 200, done
    return str(done["declaration_no"])


def refused_early(rig: Rig) -> str:
    """Acts: 1 registered, 2 proposed, 3 refused."""
    number = unsettled(rig)["declaration_no"]
    asked = rig.revise("ASSESS", number, dearer(), CHECKER)[1]
    assert rig.rule(number, "assessment", asked["register_no"], HEAD, "refused")[0] == 200
    return str(number)


def doubted(rig: Rig) -> str:
    """Acts: 1 registered, 2 paid, 3 release asked, 4 released, 5 doubted, 6 rejected."""
    lodged = unsettled(rig)
    number = str(lodged["declaration_no"])
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    assert rig.act(number, "request_release", TRADER, text="chờ giá", release_code="B")[0] == 200
    assert rig.act(number, "release", HEAD, text="đồng ý")[0] == 200
    assert rig.act(number, "doubt_value", CHECKER, text="giá thấp", line_nos=[1])[0] == 200
    assert rig.act(number, "reject_value", CHECKER, text="không đủ căn cứ")[0] == 200
    return number


def drawn_and_cleared(rig: Rig) -> str:
    """A declaration that drew ten kilograms of a list and is cleared."""
    list_no = rig.goods_list([{"line_no": 1, "commodity_code": FREE, "quantity": "1000", "unit_code": "KGM"}])[1][
        "list_no"
    ]
    while True:
        status, lodged = rig.lodge(exempt(list_no, 10))
        assert status == 201, lodged
        number = str(lodged["declaration_no"])
        if lodged["cleared"]:
            return number
        assert rig.cancel(number)[0] == 200 and rig.decide(number)[0] == 200


def paid_late(rig: Rig) -> str:
    """Acts: 1 registered, 2 paid, 3 amendment asked, 4 accepted, 5 paid late, with interest. Registered before the day on which everything else was done."""
    number = str(LATE.pop())
    status, _ = rig.pay(number[:11], outstanding(rig, number))
    assert status == 200
    return number


def in_time(rig: Rig) -> str:
    """A declaration that was paid at once."""
    lodged = unsettled(rig)
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 200
    return str(lodged["declaration_no"])


def outstanding(rig: Rig, number: str) -> int:
    with psycopg.connect(rig.config.dsn("auditor")) as auditor:
        row = auditor.execute(
            "SELECT outstanding_vnd FROM obligation JOIN declaration_no USING (shard_id, registered_month, declaration_id) WHERE no11 = %s",
            (int(number[:11]),),
        ).fetchone()
    assert row is not None
    return int(row[0])


LATE: list[str] = []
"""Declarations that were amended after clearance days ago, one for each way of spoiling interest."""


_REOPENED = "UPDATE condition SET closed_seq = NULL, closed_at = NULL, closed_by = NULL, evidence = NULL WHERE kind = "
SPOILED: dict[str, tuple[Callable[[Rig], str], str, str]] = {
    "what was booked by an assessment before clearance": (
        assessed_early, "UPDATE transfer SET amount_vnd = amount_vnd - 1 WHERE journal_seq = 3", "money",
    ),
    "what is owed after an assessment before clearance": (
        assessed_early, "UPDATE obligation SET assessed_vnd = assessed_vnd - 1, outstanding_vnd = outstanding_vnd - 1", "money",
    ),
    "the version of an assessment before clearance": (assessed_early, "DELETE FROM declaration_version", "versions"),
    "the ground of an assessment before clearance": (assessed_early, "UPDATE revision SET code = 'other'", "replay"),
    "who decided on an assessment before clearance": (assessed_early, "UPDATE revision SET decided_by = '03CC-02'", "second person"),
    "the condition of a proposal": (assessed_early, "UPDATE condition SET due_at = opened_at WHERE kind = 21", "replay"),
    "the law of a proposal": (assessed_early, "UPDATE condition SET law = 'khác' WHERE kind = 21", "replay"),
    "a proposal that waits again": (refused_early, _REOPENED + "21", "replay"),
    "a proposal that is gone": (refused_early, "DELETE FROM condition WHERE kind = 21", "replay"),
    "which line was doubted": (doubted, "UPDATE condition SET detail = '2: giá thấp' WHERE kind = 13", "values"),
    "until when a doubt is answered": (doubted, "UPDATE condition SET due_at = due_at + interval '1 d' WHERE kind = 13", "values"),
    "a doubt that waits again": (doubted, _REOPENED + "13", "values"),
    "why a value was rejected": (doubted, "UPDATE condition SET evidence = 'khác' WHERE kind = 13", "values"),
    "the assessment that a rejection awaits": (doubted, "DELETE FROM condition WHERE kind = 21", "values"),
    "goods that are reserved for ever": (drawn_and_cleared, "DELETE FROM balance_movement WHERE kind = 2", "balances"),
    "goods used up that were given back": (drawn_and_cleared, "UPDATE balance_movement SET kind = 3 WHERE kind = 2", "balances"),
    "more used up than was drawn": (drawn_and_cleared, "UPDATE balance_movement SET amount = amount + 1 WHERE kind = 2", "balances"),
    "interest that was left out": (paid_late, "DELETE FROM transfer WHERE kind = 20", "interest"),
    "interest that was lowered": (paid_late, "UPDATE transfer SET amount_vnd = amount_vnd - 1 WHERE kind = 20", "interest"),
    "interest that is not owed": (paid_late, "UPDATE obligation SET outstanding_vnd = outstanding_vnd - 1", "money"),
    "since when interest is owed": (paid_late, "UPDATE obligation_change SET due_on = due_on + 1 WHERE journal_seq = 5", "interest"),
    "interest on what was paid in time": (in_time, "UPDATE transfer SET kind = 20 WHERE journal_seq = 1 AND kind = 5", "interest"),
}  # fmt: skip


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return the report before, and by way of spoiling what is told of its declaration after."""
    cluster.ensure_country()
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    LATE[:] = [revised(rig) for make, _, _ in SPOILED.values() if make is paid_late]
    days_later(made, 10)
    numbers = {what: make(rig) for what, (make, _, _) in SPOILED.items()}
    before = rig.report().rows
    ids = spoil(made.dsn("admin"), numbers, {what: statement for what, (_, statement, _) in SPOILED.items()})
    told = told_of(rig.report().rows, numbers, ids)
    rig.close()
    yield before, told
    cluster.drop(made)


def test_what_officers_did_by_the_pass_has_no_violation(spoiled):
    assert spoiled[0] == []


@pytest.mark.parametrize("what", SPOILED)
def test_a_hand_in_what_officers_did_is_seen(spoiled, what):
    assert SPOILED[what][2] in spoiled[1][what], spoiled[1][what]
