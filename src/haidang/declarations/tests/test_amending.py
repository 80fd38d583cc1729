"""What an amendment changes, field by field, and what it may not change."""

from datetime import date

import msgspec
import pytest

from haidang.declarations.rules.amending import changed_lines, changes, unamendable, unamendable_findings
from haidang.declarations.terms import Permit
from haidang.declarations.tests import build

ON = date(2026, 3, 2)


def amended(declared, **fields):
    return msgspec.structs.replace(declared, **fields)


def test_the_same_declaration_has_no_changes():
    assert changes(build.declaration(), build.declaration()) == ()
    assert changed_lines(build.declaration(), build.declaration()) == frozenset()


def test_a_change_is_told_as_it_is_written_in_the_message():
    old = build.declaration()
    new = amended(old, gross_mass_g=3_000_250, invoice_on=date(2026, 2, 21), transport_document_nos=("A", "B"))
    told = {change.pointer: (change.old, change.new) for change in changes(old, new)}
    assert told == {
        "/declaration/gross_mass": ("2750.5", "3000.25"),
        "/declaration/invoice_on": ("2026-02-20", "2026-02-21"),
        "/declaration/transport_document_nos": ("HBLHAN260301234", "A, B"),
    }


def test_a_line_that_changes_comes_or_goes_is_told_by_its_number():
    old = build.declaration(lines=2)
    dearer = amended(old.items[1], unit_price_e6=1_500_000)
    told = changes(old, amended(old, items=(old.items[0], dearer)))
    assert [(c.pointer, c.name_en, c.new) for c in told] == [
        ("/declaration/items/1/unit_price", "Line 2: Unit price", "1.5")
    ]
    gone = changes(old, amended(old, items=old.items[:1]))
    assert {change.new for change in gone} == {""} and all("Dòng 2" in change.name_vi for change in gone)
    assert changed_lines(old, amended(old, items=(*old.items, build.goods_item(3)))) == {3}


def test_permits_are_compared_place_by_place():
    old, new = (build.declaration(permits=(Permit("AB", no),)) for no in ("1", "2"))
    (change,) = changes(old, new)
    assert (change.pointer, change.old, change.new) == ("/declaration/permits/0/permit_no", "1", "2")


@pytest.mark.parametrize("row", unamendable(), ids=lambda row: f"{row.attribute}-{row.direction}")
def test_each_row_forbids_its_field_and_no_other_day_or_direction_does(row):
    make = build.export_declaration if row.direction == "export" else build.declaration
    old = make(release_request_code="A") if row.release_requested else make()
    *inside, name = row.attribute.split(".")
    its = getattr(old, inside[0]) if inside else old
    was = getattr(its, name)
    other = {str: f"{was}X", int: (was or 0) + 1 if isinstance(was, int) else 1, tuple: ("X",), date: date(2026, 3, 9)}
    changed = amended(its, **{name: other.get(type(was), "X")})
    new = amended(old, **{inside[0]: changed}) if inside else changed
    (finding,) = unamendable_findings(old, new, ON, cleared=row.cleared)
    assert finding.code == "HD-UNAMENDABLE" and finding.law == row.law and finding.repair_vi
    assert unamendable_findings(old, new, date(2013, 1, 1), cleared=row.cleared) == ()
    if row.cleared:
        assert unamendable_findings(old, new, ON) == ()
    if row.release_requested:
        free = amended(old, release_request_code="")
        assert unamendable_findings(free, amended(new, release_request_code=""), ON) == ()
