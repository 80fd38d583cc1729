"""Exports for trade (B11)."""

from haidang.declarations.tests import build
from tests.journeys.walking import GREEN, RED, TRADER, kinds, lodged


def abroad(**changes):
    """Return 1,500 plastic caps and the like for the first demo trader, FOB."""
    return build.export_declaration(trader_code=TRADER, items=(build.export_item(3),), **changes)


def test_an_export_whose_duty_is_on_no_list_is_cleared_once_customs_has_said_so(rig):
    answer = lodged(rig, abroad(), GREEN)
    assert answer["payable_vnd"] == 0 and "rate" in kinds(answer) and not answer["cleared"]
    for waiting in answer["open_conditions"]:
        status, after = rig.result(answer["declaration_no"], waiting["kind"])
        assert status == 200, after
    assert after["state"] == "cleared"
    assert rig.violations() == []


def test_a_red_export_is_inspected_before_it_may_leave(rig):
    answer = lodged(rig, abroad(), RED)
    assert answer["channel"] == 3 and kinds(answer) >= {"document_check", "inspection"}
    number = answer["declaration_no"]
    for kind in ("document_check", "inspection", "rate"):
        assert rig.result(number, kind)[0] == 200
    assert rig.cancel(number, "not_exported")[1]["state"] == "cleared", (
        "a cleared export may still be asked to be cancelled"
    )
    assert rig.decide(number, "refused")[1]["state"] == "cleared"
    assert rig.violations() == []
