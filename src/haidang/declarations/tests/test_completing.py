"""Incomplete declarations: grounds, what may wait, what a supplement may change."""

from datetime import date

import msgspec
import pytest

from haidang.declarations.rules import completing
from haidang.declarations.rules.fields import group
from haidang.declarations.tests import build

ON = date(2026, 3, 2)


def incomplete(**changes):
    return build.declaration(incomplete_code="P", **changes)


def codes(findings):
    return [(each.code, each.pointer.rpartition("/")[2]) for each in findings]


def test_every_ground_can_be_declared_and_every_field_that_may_wait_is_one_of_the_form():
    assert {each.code for each in completing.grounds()} == set(group("header")["incomplete_code"].values)
    assert all(each.field in group(each.group) for each in completing.later_fields())
    assert not any(each.may_be_missing and each.group == "item" for each in completing.later_fields())
    assert all(group(each.group)[each.field].attribute for each in completing.later_fields())


@pytest.mark.parametrize(("level", "refused"), [(1, False), (2, True), (5, True)])
def test_a_priority_enterprise_alone_has_the_first_ground(level, refused):
    assert bool(completing.ground_findings(incomplete(), level, ON)) is refused


@pytest.mark.parametrize(("cargo_class", "refused"), [("C", False), ("D", False), ("A", True), ("", True)])
def test_urgent_goods_are_of_a_class_whoever_brings_them(cargo_class, refused):
    declared = build.declaration(incomplete_code="U", cargo_class_code=cargo_class)
    assert bool(completing.ground_findings(declared, 3, ON)) is refused


def test_a_ground_stands_in_its_days_only():
    (finding,) = completing.ground_findings(incomplete(), 1, date(2014, 12, 31))
    assert finding.code == "HD-INCOMPLETE-GROUND"
    assert completing.ground_findings(build.declaration(), 5, ON) == ()


def test_what_is_left_out_is_named_for_its_direction():
    assert completing.left_out(incomplete(gross_mass_g=None, unloading_place_code=""), ON) == (
        "gross_mass",
        "unloading_place_code",
    )
    exported = build.export_declaration(incomplete_code="P", gross_mass_g=None)
    assert completing.left_out(exported, ON) == ("gross_mass",)


def test_a_supplement_gives_what_was_left_out_and_states_prices_anew():
    old = incomplete(gross_mass_g=None, invoice_no="")
    item = msgspec.structs.replace(build.declaration().items[0], invoice_value_e4=99_990_000, unit_price_e6=None)
    new = build.declaration(
        items=(item, *old.items[1:]), freight_code="A", freight_currency_code="USD", freight_e4=10_000
    )
    assert completing.supplement_findings(old, new, ON) == ()


def test_what_cannot_wait_is_told_at_its_place():
    old = incomplete()
    item = msgspec.structs.replace(old.items[1], commodity_code="39269099")
    new = build.declaration(items=(old.items[0], item, old.items[2]), incomplete_code="P", trader_name="Khác")
    assert codes(completing.supplement_findings(old, new, ON)) == [
        ("HD-STILL-INCOMPLETE", "incomplete_code"), ("HD-NOT-LATER", "trader_name"), ("HD-NOT-LATER", "commodity_code"),
    ]  # fmt: skip
