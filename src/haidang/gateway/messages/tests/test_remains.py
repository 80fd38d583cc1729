"""A message with faults of form is checked as far as it can be read: all findings in one answer, and none that is only a consequence."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from haidang.clearance.rules.judging import DayBook
from haidang.declarations.rules import check
from haidang.declarations.rules.fields import Field, fields, group
from haidang.declarations.rules.wording import wordings
from haidang.declarations.terms import Declaration
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import DAY, TARIFF_CODES, codes_of_day
from haidang.declarations.tests.test_coherence import CASES, Case
from haidang.gateway.messages.envelope import decode_draft, decode_lodgement
from haidang.gateway.messages.remains import MOST_FAULTS, Faults, everything, remaining
from haidang.kernel.findings import Finding

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
LAW = cast(DayBook, SimpleNamespace(codes=codes_of_day(), tariff=SimpleNamespace(entries=TARIFF_CODES), on=DAY))
"""What a declaration is checked with; the rest of the law is for those that could be read whole."""
GROUPS = {"items": "item", "permits": "permit", "adjustments": "adjustment"}
WRONG: dict[str, Any] = {"F": 12.5, "I": "1", "D": 20260302, "B": "yes"}


def body_of(declared: Declaration) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(build.message(declared))
    return body


def told(body: dict[str, Any]) -> list[Finding]:
    faults = decode_lodgement(json.dumps(body).encode())
    assert isinstance(faults, Faults), faults
    return everything(faults, LAW, AT)


def places(found: list[Finding]) -> set[tuple[str, str]]:
    return {(each.code, each.pointer) for each in found}


def damaged(body: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the message with each of its fields in turn of the wrong type, and with each that is always needed left out."""
    for home, field in homes(body["declaration"]):
        pointer = "/".join(("/declaration", *(str(step) for step in home), field.name))
        target = body["declaration"]
        for step in home:
            target = target[step]
        whole = dict(target)
        for change in (WRONG.get(field.type, 7), None):
            if change is None and not field.always_needed:
                continue
            target.pop(field.name, None)
            if change is not None:
                target[field.name] = change
            yield pointer, msgspec.json.encode(body)
        target.clear()
        target.update(whole)


@cache
def beside_each(whole: bytes) -> tuple[tuple[str, set[tuple[str, str]]], ...]:
    """Return what is told beside the fault of form, by the field that has it: several cases keep their rule by the same message."""

    def beside(raw: bytes) -> set[tuple[str, str]]:
        of_form = decode_lodgement(raw)
        assert isinstance(of_form, Faults)
        return places(everything(of_form, LAW, AT)) - places(of_form)

    found = tuple((pointer, beside(raw)) for pointer, raw in damaged(json.loads(whole)))
    assert len(found) > len(group("header"))
    return found


def homes(declared: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Field]]:
    for field in group("header").values():
        yield (), field
    for name, members in GROUPS.items():
        for slot in range(min(2, len(declared.get(name, ())))):
            for field in group(members).values():
                yield (name, slot), field


def rules_of(declared: Declaration) -> set[tuple[str, str]]:
    return {(each.code, each.pointer) for each in check(declared, codes_of_day(), TARIFF_CODES, DAY)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}{case.pointer.removeprefix('/declaration')}")
def test_no_finding_is_told_that_mending_the_form_would_take_away(case: Case) -> None:
    """Each field in turn cannot be read. What is told beside it was wrong before, and so stays wrong when that field comes back."""
    for declared in (case.broken, case.kept):
        known = rules_of(declared)
        consequences = {
            pointer: more for pointer, told in beside_each(build.message(declared)) if (more := told - known)
        }
        assert consequences == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}{case.pointer.removeprefix('/declaration')}")
def test_a_fault_of_form_elsewhere_hides_no_broken_rule(case: Case) -> None:
    body = body_of(case.broken)
    body["declaration"]["notes"] = 7
    found = places(told(body))
    assert ("HD-TYPE", "/declaration/notes") in found
    assert ((case.code, case.pointer) in found) is bool(wordings()[case.code].reads)


def test_what_a_rule_looks_at_is_a_field() -> None:
    known = {field.name for field in fields()} | set(GROUPS) | {"procedure"}
    for wording in wordings().values():
        assert wording.reads == "-" or set(wording.reads.split()) <= known


def test_form_and_content_come_in_one_answer_in_the_order_of_their_places() -> None:
    body = body_of(
        build.declaration(customs_office_code="ZZZZ", items=tuple(build.goods_item(n) for n in range(1, 13)))
    )
    declared = body["declaration"]
    declared["colour"] = "red"
    declared["items"][1]["quantity"] = 4
    declared["items"][10]["unit_code"] = "ZZZ"
    declared["items"][2]["commodity_code"] = "00000000"
    pointers = [(each.code, each.pointer) for each in told(body) if each.pointer != "/declaration/warehouse_code"]
    assert pointers == [
        ("HD-UNKNOWN-FIELD", "/declaration/colour"),
        ("HD-CODE", "/declaration/customs_office_code"),
        ("HD-TYPE", "/declaration/items/1/quantity"),
        ("E0115", "/declaration/items/2/commodity_code"),
        ("HD-CODE", "/declaration/items/10/unit_code"),
        ("R1089", "/declaration/items/10/unit_price_unit_code"),
    ]


def test_nothing_is_told_twice() -> None:
    body = body_of(build.declaration(customs_office_code=""))
    del body["declaration"]["items"][0]["origin_country_code"]
    body["declaration"]["notes"] = 7
    found = [(each.code, each.pointer) for each in told(body)]
    assert len(found) == len(set(found))
    assert ("HD-MISSING", "/declaration/items/0/origin_country_code") in found


def test_nothing_is_said_about_the_field_that_a_misspelt_name_was_meant_for() -> None:
    body = body_of(build.declaration())
    line = body["declaration"]["items"][0]
    line["unit_price_curency_code"] = line.pop("unit_price_currency_code")
    assert places(told(body)) == {("HD-UNKNOWN-FIELD", "/declaration/items/0/unit_price_curency_code")}


def test_lines_that_are_no_objects_silence_the_sums_and_not_their_neighbours() -> None:
    body = body_of(build.declaration())
    body["declaration"]["items"][1] = "x"
    body["declaration"]["items"][2]["unit_code"] = "ZZZ"
    found = places(told(body))
    assert {("HD-TYPE", "/declaration/items/1"), ("HD-CODE", "/declaration/items/2/unit_code")} <= found
    assert not {code for code, _ in found} & {"HD-INVOICE-SUM", "HD-GROSS-NET"}


@pytest.mark.parametrize("items", [7, [], [{}] * 5_001], ids=["no list", "none", "too many"])
def test_a_declaration_whose_lines_cannot_be_read_has_its_header_checked(items: Any) -> None:
    body = body_of(build.declaration(transport_document_nos=("A1", "A1")))
    body["declaration"]["items"] = items
    found = places(told(body))
    assert ("R0047", "/declaration/transport_document_nos/1") in found
    assert not [pointer for _, pointer in found if pointer.startswith("/declaration/items/")]


def test_a_message_that_is_wrong_all_over_is_not_looked_at_further() -> None:
    body = body_of(build.declaration(customs_office_code="ZZZZ"))
    body["declaration"]["items"] = [7] * MOST_FAULTS
    assert ("HD-CODE", "/declaration/customs_office_code") in places(told(body))
    body["declaration"]["items"] = [7] * (MOST_FAULTS + 1)
    assert {each.code for each in told(body)} == {"HD-TYPE"}


@pytest.mark.parametrize("declared", [None, 7, [], {}, "x"], ids=repr)
def test_without_a_declaration_there_is_nothing_to_check(declared: Any) -> None:
    faults = decode_lodgement(json.dumps(body_of(build.declaration()) | {"declaration": declared}).encode())
    assert isinstance(faults, Faults)
    assert remaining(faults) is None
    assert places(everything(faults, LAW, AT)) == places(faults)


def test_a_fault_of_the_envelope_hides_nothing_of_the_declaration() -> None:
    body = body_of(build.declaration(transport_document_nos=("A1", "A1"))) | {"accept_repricing": "yes"}
    body["declaration"]["notes"] = 7
    assert ("R0047", "/declaration/transport_document_nos/1") in places(told(body))


def test_a_draft_is_checked_as_far_too() -> None:
    body = body_of(build.declaration(transport_document_nos=("A1", "A1")))
    body["declaration"]["notes"] = 7
    raw = json.dumps({"procedure": "IDA", "declaration": body["declaration"]}).encode()
    faults = decode_draft(raw)
    assert isinstance(faults, Faults)
    assert ("R0047", "/declaration/transport_document_nos/1") in places(everything(faults, LAW, AT))
