"""The earlier declaration that a later one names: whose it is, of which kind, with which goods."""

from typing import Any

import pytest

from haidang.declarations.rules.earlier import check_earlier
from haidang.declarations.terms import Declaration, EarlierDeclaration
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import codes_of_day

KINDS = codes_of_day().lists["declaration_kind"]
NUMBER = "10123456789"


def leaving(kind_code: str = "G21", line_no: int = 1, **changes: Any) -> Declaration:
    items = (build.export_item(1, temporary_line_no=line_no, **changes),)
    return build.export_declaration(items=items, kind_code=kind_code, temporary_declaration_no=NUMBER)


def earlier(**changes: Any) -> EarlierDeclaration:
    values: dict[str, Any] = {
        "trader_code": build.TRADER_CODE,
        "kind_code": "G11",
        "state": 5,
        "goods": {1: ("84713020", "PCE")},
    }
    return EarlierDeclaration(**{**values, **changes})


def told(declared: Declaration, before: EarlierDeclaration | None, cancelled: bool = False) -> list[tuple[str, str]]:
    findings = check_earlier(declared, before, KINDS[declared.kind_code], is_cancelled=cancelled)
    assert all(each.text_vi and each.text_en and each.repair_vi and each.law for each in findings)
    return [(each.code, each.pointer.removeprefix("/declaration/")) for each in findings]


def test_goods_that_leave_as_they_came_are_right() -> None:
    assert told(leaving(), earlier()) == []


def test_a_branch_may_name_what_its_head_office_brought_in() -> None:
    assert told(leaving(), earlier(trader_code=f"{build.TRADER_CODE}001")) == []


@pytest.mark.parametrize(
    ("declared", "before", "code", "place"),
    [
        (leaving(), None, "E8300", "temporary_declaration_no"),
        (leaving(), earlier(trader_code="0100109106"), "E8304", "temporary_declaration_no"),
        (leaving(), earlier(kind_code="A11"), "E8301", "temporary_declaration_no"),
        (leaving("G22"), earlier(), "E8301", "temporary_declaration_no"),
        (leaving("B12"), earlier(), "E8309", "temporary_declaration_no"),
        (leaving(line_no=2), earlier(), "E8305", "items/0/temporary_line_no"),
        (leaving(), earlier(goods={1: ("85171300", "PCE")}), "E8308", "items/0/temporary_line_no"),
        (leaving(), earlier(goods={1: ("84713020", "KGM")}), "E8348", "items/0/temporary_line_no"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_agree_is_told(
    declared: Declaration, before: EarlierDeclaration | None, code: str, place: str
) -> None:
    assert told(declared, before) == [(code, place)]


def test_a_cancelled_declaration_covers_nothing() -> None:
    assert told(leaving(), earlier(), cancelled=True) == [("E8307", "temporary_declaration_no")]


def test_a_declaration_that_names_none_is_asked_nothing() -> None:
    assert told(build.declaration(), None) == []
