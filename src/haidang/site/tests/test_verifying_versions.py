"""`haidang verify` must see what a superuser's hand has changed of amendments and cancellations: each way of spoiling is named."""

import pytest

from haidang.declarations.terms import Declaration
from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, Rig, declared, item
from tests.passing.spoiling import spoil, told_of

TRADER = people.trader_code(1)
TAMPERING = {
    "an amount of an amended line": ("UPDATE goods_item_version SET vat_vnd_e4 = vat_vnd_e4 - 10000", "money"),
    "a total of an amendment": ("UPDATE declaration_version SET value_added_vnd = value_added_vnd - 1", "money"),
    "a line of an amendment removed": ("DELETE FROM goods_item_version", "whole"),
    "a description of an amended line": ("UPDATE goods_item_version SET description = 'khác'", "journal"),
    "a version removed": ("DELETE FROM declaration_version", "versions"),
    "the count of amendments": ("UPDATE declaration SET amendment_no = amendment_no + 1", "versions"),
    "what an amendment changed": ("UPDATE declaration_version SET changes = '[]'", "replay"),
    "why it was amended": ("UPDATE declaration_version SET reason = 'khác'", "journal"),
    "the book of an amendment": ("UPDATE declaration_version SET book_version = book_version + 1", "journal"),
    "a transfer of an amendment": ("UPDATE transfer SET amount_vnd = amount_vnd - 1 WHERE journal_seq = 2", "money"),
    "a transfer of an amendment removed": ("DELETE FROM transfer WHERE journal_seq = 2", "money"),
    "what the obligation was": ("UPDATE obligation_change SET was_assessed_vnd = was_assessed_vnd - 1", "journal"),
    "what the obligation became": ("UPDATE obligation_change SET assessed_vnd = assessed_vnd - 1", "money"),
    "a change of the obligation removed": ("DELETE FROM obligation_change", "journal"),
    "an obligation lowered": ("UPDATE obligation SET assessed_vnd = assessed_vnd - 1, outstanding_vnd = outstanding_vnd - 1", "money"),
    "a draw of an amendment": (
        "UPDATE risk_decision SET draw = mod(draw + 1, 10000) WHERE decision_no = 2", "journal",
    ),
    "a decision of an amendment removed": ("DELETE FROM risk_decision WHERE decision_no = 2", "journal"),
    "a byte of an amendment": (
        "UPDATE message SET raw = set_byte(raw, 40, get_byte(raw, 40) # 1) WHERE journal_seq = 2", "signatures",
    ),
    "an amendment's act removed": ("DELETE FROM journal_entry WHERE journal_seq = 2", "whole"),
}  # fmt: skip
CANCELLED = {
    "a cancelled state undone": ("UPDATE declaration SET state = 4", "legal moves"),
    "a cancelled debt back": (
        "UPDATE obligation SET assessed_vnd = 5, outstanding_vnd = 5", "money",
    ),
    "a reversal removed": ("DELETE FROM transfer WHERE journal_seq = 5", "money"),
    "what is overpaid lowered": ("UPDATE transfer SET amount_vnd = amount_vnd - 1 WHERE kind = 0 AND journal_seq = 5", "money"),
    "who decided": ("UPDATE condition SET closed_by = '01NV' WHERE closed_seq = 5", "journal"),
    "a condition open again": (
        "UPDATE condition SET closed_seq = NULL, closed_at = NULL, closed_by = NULL, evidence = NULL WHERE closed_seq = 5",
        "legal moves",
    ),
}  # fmt: skip
REVISED = {
    "what was asked after clearance": ("UPDATE revision SET wanted_vnd = wanted_vnd - 1", "journal"),
    "why it was asked": ("UPDATE revision SET reason = 'khác'", "journal"),
    "when no penalty was due": ("UPDATE revision SET free_until = free_until + 1", "replay"),
    "its number": ("UPDATE revision SET register_no = register_no + 1000", "journal"),
    "a request removed": ("DELETE FROM revision", "journal"),
    "an acceptance turned": ("UPDATE revision SET accepted = false", "replay"),
    "a decision undone": (
        "UPDATE revision SET decided_seq = NULL, decided_by = NULL, decided_at = NULL, accepted = NULL, decision = NULL", "replay",
    ),
    "the condition of the request": ("UPDATE condition SET due_at = NULL WHERE kind = 12", "replay"),
    "what was booked after clearance": ("UPDATE transfer SET amount_vnd = amount_vnd - 1 WHERE journal_seq = 4", "money"),
    "what is owed after clearance": ("UPDATE obligation SET due_on = due_on - 1", "money"),
    "the version of the acceptance": ("UPDATE declaration_version SET reason = 'khác'", "replay"),
    "a byte of the request": ("UPDATE message SET raw = set_byte(raw, 40, get_byte(raw, 40) # 1) WHERE journal_seq = 3", "signatures"),
    "an amended state undone": ("UPDATE declaration SET state = 9", "legal moves"),
}  # fmt: skip
ASSESSED = {
    "who proposed an assessment": ("UPDATE revision SET asked_by = '03CC-02'", "second person"),
    "who decided on an assessment": ("UPDATE revision SET decided_by = '03CC-02'", "second person"),
    "the ground of an assessment": ("UPDATE revision SET code = 'other'", "replay"),
    "the officer of an assessment": ("UPDATE officer_act SET officer_code = '03CC-02' WHERE act = 'ASSESS'", "powers"),
    "the act of an assessment removed": ("DELETE FROM officer_act WHERE act = 'ASSESS'", "powers"),
    "the power behind an assessment": ("UPDATE officer_act SET power_id = power_id + 1 WHERE act = 'ASSESS'", "powers"),
}
MADE = {what: name for name, cases in (
    ("amended", TAMPERING), ("cancelled", CANCELLED), ("revised", REVISED), ("assessed", ASSESSED),
) for what in cases}  # fmt: skip
EVERY = TAMPERING | CANCELLED | REVISED | ASSESSED


def dearer() -> Declaration:
    plain = item()
    assert plain.invoice_value_e4 and plain.unit_price_e6
    return declared(items=(item(invoice_value_e4=2 * plain.invoice_value_e4, unit_price_e6=2 * plain.unit_price_e6),))


def amended(rig: Rig) -> str:
    return rig.amend(unsettled(rig)["declaration_no"], dearer())[1]["declaration_no"]


def cancelled(rig: Rig) -> str:
    lodged = unsettled(rig)
    number = lodged["declaration_no"]
    assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    assert rig.cancel(number)[0] == 200
    assert rig.decide(number)[1]["overpaid_vnd"] == lodged["payable_vnd"]
    return number


def revised(rig: Rig) -> str:
    number = cleared(rig)
    asked = rig.revise("AMC", number, dearer())[1]
    return rig.rule(number, "amendment", asked["register_no"], HEAD)[1]["declaration_no"]


def assessed(rig: Rig) -> str:
    number = cleared(rig)
    asked = rig.revise("ASSESS", number, dearer(), CHECKER)[1]
    return rig.rule(number, "assessment", asked["register_no"], HEAD)[1]["declaration_no"]


def cleared(rig: Rig) -> str:
    """Lodge until nothing is to be checked, and pay."""
    while True:
        lodged = rig.lodge(declared())[1]
        if lodged["channel"] == 1:
            assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
            return lodged["declaration_no"]


def unsettled(rig: Rig) -> dict:
    """Lodge until documents are to be checked, so that a payment clears nothing."""
    while True:
        lodged = rig.lodge(declared())[1]
        if lodged["channel"] == 2:
            return lodged


@pytest.fixture(scope="module")
def spoiled(cluster):
    """Return the report before, and by way of spoiling what is told of its declaration after."""
    cluster.ensure_country()
    made = cluster.make(template="template_country")
    rig = Rig(made.config)
    numbers = {what: globals()[MADE[what]](rig) for what in EVERY}
    before = rig.report().rows
    ids = spoil(made.dsn("admin"), numbers, {what: statement for what, (statement, _) in EVERY.items()})
    told = told_of(rig.report().rows, numbers, ids)
    rig.close()
    yield before, told
    cluster.drop(made)


def test_amendments_and_cancellations_by_the_pass_have_no_violation(spoiled):
    assert spoiled[0] == []


@pytest.mark.parametrize("what", EVERY)
def test_a_hand_in_the_versions_is_seen(spoiled, what):
    assert EVERY[what][1] in spoiled[1][what], spoiled[1][what]
