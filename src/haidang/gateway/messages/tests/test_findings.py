"""Readable messages with faults: every fault is told, with its place, its law and its repair. Cases per field come from the table."""

import copy
import json
from collections.abc import Iterable
from typing import Any

import pytest

from haidang.declarations.rules.fields import Field, fields
from haidang.declarations.tests import build
from haidang.gateway.messages.envelope import Draft, Lodgement, decode_draft, decode_lodgement
from haidang.kernel.findings import Finding

BODY = json.loads(build.message())
BODY["declaration"] |= {
    "permits": [{"type_code": "GP01", "permit_no": "1"}],
    "adjustments": [{"name_code": "A", "class_code": "AD", "currency_code": "USD", "amount": "5", "factor": "6"}],
    "attachments": [{"type_code": "ETC", "attachment_no": "123456789012"}],
    "transits": [{"place_code": "03CCS01", "arrival_on": "2026-03-02", "departure_on": "2026-03-03"}],
    "instructions": [{"instructed_on": "2026-03-02", "title": "A", "content": "B"}],
}
BODY["declaration"]["items"][0]["tax_reliefs"] = [{"tax_no": 1, "exemption_code": "SVK01", "reduction": "5"}]
FIELDS = [field for field in fields() if field.type != "G"]
BY_TYPE = {type_: [field for field in FIELDS if field.type == type_] for type_ in "AWFIDB"}


def at(field: Field, value: Any) -> tuple[bytes, str]:
    """Return a message in which one field has this value, and the pointer to it."""
    body = copy.deepcopy(BODY)
    declared = body["declaration"]
    home, path = {
        "header": (declared, ""),
        "item": (declared["items"][0], "items/0/"),
        "permit": (declared["permits"][0], "permits/0/"),
        "adjustment": (declared["adjustments"][0], "adjustments/0/"),
        "attachment": (declared["attachments"][0], "attachments/0/"),
        "transit": (declared["transits"][0], "transits/0/"),
        "instruction": (declared["instructions"][0], "instructions/0/"),
        "tax_relief": (declared["items"][0]["tax_reliefs"][0], "items/0/tax_reliefs/0/"),
    }[field.group]
    pointer = f"/declaration/{path}{field.name}"
    home[field.name] = [value] if field.repeat > 1 else value
    return json.dumps(body).encode(), f"{pointer}/0" if field.repeat > 1 else pointer


def told(raw: bytes) -> list[Finding]:
    answer = decode_lodgement(raw)
    assert isinstance(answer, list), answer
    for finding in answer:
        assert finding.text_vi and finding.text_en and finding.repair_vi and finding.repair_en
    return answer


def only(field: Field, value: Any) -> Finding:
    raw, pointer = at(field, value)
    findings = told(raw)
    assert [finding.pointer for finding in findings] == [pointer], (value, findings)
    assert findings[0].law and findings[0].wco_pointer
    return findings[0]


def each_is(code: str, field: Field, values: Iterable[Any]) -> None:
    """Hold that each of these values is told alone, at its field, by this code. One test a field: there are thousands of pairs."""
    others = {repr(value): found for value in values if (found := only(field, value).code) != code}
    assert others == {}, f"they are not {code}"


def name(field: Field) -> str:
    return f"{field.group}-{field.name}"


@pytest.mark.parametrize("field", BY_TYPE["A"] + BY_TYPE["W"], ids=name)
def test_a_text_is_a_string(field: Field) -> None:
    empty: list[Any] = [[]] if field.repeat > 1 else []
    each_is("HD-TYPE", field, [None, 12.5, 7, True, empty, {}, {"a": 1}, [["x"]]])


@pytest.mark.parametrize("field", BY_TYPE["F"], ids=name)
def test_a_decimal_is_a_string(field: Field) -> None:
    each_is("HD-TYPE", field, [None, 12.5, 7, 1e30, True, [], {}])


@pytest.mark.parametrize("field", BY_TYPE["I"], ids=name)
def test_a_count_is_a_number(field: Field) -> None:
    each_is("HD-TYPE", field, [None, "7", True, [], {}])


@pytest.mark.parametrize("field", BY_TYPE["B"], ids=name)
def test_a_truth_value_is_true_or_false(field: Field) -> None:
    each_is("HD-TYPE", field, [None, "true", 1, 0, []])


@pytest.mark.parametrize("field", BY_TYPE["A"] + BY_TYPE["W"], ids=name)
def test_a_text_is_cut_off_by_bytes(field: Field) -> None:
    if field.type == "W":
        raw, _ = at(field, "ề" * (field.width // 3))
        assert isinstance(decode_lodgement(raw), Lodgement)
        assert only(field, "ề" * (field.width // 3) + "ề").code == "HD-TOO-LONG"
    else:
        assert only(field, "A" * (field.width + 1)).code == "HD-TOO-LONG"


UNSEEN = ["\x00", "\x1f", "\n", "\t", "\x7f", "\x85", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u00ad", "\ue000", "\U000e0041"]  # fmt: skip


@pytest.mark.parametrize("field", BY_TYPE["A"] + BY_TYPE["W"], ids=name)
def test_a_character_nobody_sees_is_refused(field: Field) -> None:
    for character in UNSEEN:
        finding = only(field, character)
        assert finding.code == "HD-CHARACTER", ascii(character)
        assert f"U+{ord(character):04X}" in finding.text_en


@pytest.mark.parametrize("field", BY_TYPE["A"], ids=name)
def test_a_half_width_field_takes_no_wide_letter(field: Field) -> None:
    if field.width >= 2:
        assert only(field, "Đ").code == "HD-HALF-WIDTH"
    if field.width >= 3:
        assert only(field, "Ａ").code == "HD-HALF-WIDTH"


NOT_NUMBERS = ["-1", "-0", "+1", "1e5", "NaN", "inf", "1,5", "1.234,5", "1,234.5", "１２", "١٢٣", " 1", "1 ", "1_0", ".5", "5.", "1.2.3", "0x1", "½", "²"]  # fmt: skip


@pytest.mark.parametrize("field", BY_TYPE["F"], ids=name)
def test_what_is_no_plain_decimal_is_refused(field: Field) -> None:
    each_is("HD-NUMBER", field, NOT_NUMBERS)


@pytest.mark.parametrize("value", ["-1", "-0", "1.0", "1e2", "1.5", "-1e400"])
@pytest.mark.parametrize("field", BY_TYPE["I"], ids=name)
def test_a_count_has_no_sign_point_or_exponent(field: Field, value: str) -> None:
    raw, pointer = at(field, 77777777777)
    findings = told(raw.replace(b"77777777777", value.encode()))
    assert [(finding.code, finding.pointer) for finding in findings] == [("HD-NUMBER", pointer)]


@pytest.mark.parametrize("field", BY_TYPE["I"], ids=name)
def test_a_count_of_nothing_is_refused(field: Field) -> None:
    assert only(field, 0).code == "HD-ZERO"


@pytest.mark.parametrize("digits", [31, 5000])
@pytest.mark.parametrize("field", BY_TYPE["I"] + BY_TYPE["F"], ids=name)
def test_a_number_beyond_its_width_is_refused(field: Field, digits: int) -> None:
    raw, pointer = at(field, "#")
    written = b"9" * digits if field.type == "I" else b'"' + b"9" * digits + b'"'
    findings = told(raw.replace(b'"#"', written))
    assert [finding.pointer for finding in findings] == [pointer]
    assert findings[0].code in ("HD-TOO-LARGE", "HD-TOO-LONG")


@pytest.mark.parametrize("field", BY_TYPE["F"], ids=name)
def test_decimals_are_counted(field: Field) -> None:
    written = "1." + "0" * field.decimals + "1"
    if len(written) <= field.width:
        assert only(field, written).code == "HD-DECIMALS"
    raw, _ = at(field, "1." + "0" * (field.decimals - 1) + "1")
    assert isinstance(decode_lodgement(raw), Lodgement)


@pytest.mark.parametrize("field", [field for field in BY_TYPE["F"] if field.width == 20], ids=name)
def test_an_amount_that_no_bigint_holds_is_too_large(field: Field) -> None:
    assert only(field, "9" * 15 + ".9999").code == "HD-TOO-LARGE"


def test_lines_that_add_up_beyond_a_bigint_are_too_large() -> None:
    body = copy.deepcopy(BODY)
    for item in body["declaration"]["items"]:
        item["invoice_value"] = "9" * 14 + ".9999"
    body["declaration"]["items"] *= 4
    body["declaration"]["items"][0]["invoice_value"] = "9" * 14
    findings = told(json.dumps(body).encode())
    assert [(finding.code, finding.pointer) for finding in findings] == [("HD-TOO-LARGE", "/declaration/items")]


NO_DAYS = ["2026-02-31", "0206-01-01", "1999-12-31", "2100-01-01", "31/02/2026", "01022026", "20260201", "2026-2-1", "2026-02-01T00:00:00", "２026-01-01", " 2026-02-01"]  # fmt: skip


@pytest.mark.parametrize("field", BY_TYPE["D"], ids=name)
def test_a_date_is_a_real_day_of_this_century(field: Field) -> None:
    each_is("HD-DATE", field, NO_DAYS)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.always_needed], ids=name)
@pytest.mark.parametrize("blank", [False, True])
def test_a_field_without_which_nothing_can_be_assessed_is_missed(field: Field, blank: bool) -> None:
    raw, pointer = at(field, "")
    if not blank:
        raw = json.dumps(_without_blanks(json.loads(raw))).encode()
    findings = told(raw)
    assert [(finding.code, finding.pointer) for finding in findings] == [("HD-MISSING", pointer)]


@pytest.mark.parametrize("field", [field for field in FIELDS if field.values], ids=name)
def test_a_value_outside_the_table_is_told_what_it_may_be(field: Field) -> None:
    finding = only(field, "Z")
    assert finding.code == "HD-CODE" and finding.nearest == field.values


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), "/colour"),
        (("declaration",), "/declaration/colour"),
        (("declaration", "items", 1), "/declaration/items/1/colour"),
        (("declaration", "permits", 0), "/declaration/permits/0/colour"),
    ],
)
def test_an_unknown_field_is_named(path: tuple[Any, ...], pointer: str) -> None:
    body = copy.deepcopy(BODY)
    home = body
    for step in path:
        home = home[step]
    home["colour"] = "red"
    findings = told(json.dumps(body).encode())
    assert [(finding.code, finding.pointer) for finding in findings] == [("HD-UNKNOWN-FIELD", pointer)]


def test_a_misspelt_field_is_offered_its_neighbour() -> None:
    body = copy.deepcopy(BODY)
    body["declaration"]["packages_count"] = 1
    assert "package_count" in told(json.dumps(body).encode())[0].nearest


def test_a_pointer_to_a_strange_name_is_escaped() -> None:
    body = {**BODY, "a/b~c\u202e": 1}
    assert told(json.dumps(body).encode())[0].pointer == "/a~1b~0c\\u202e"


@pytest.mark.parametrize(("lines", "code"), [(0, "HD-NO-LINES"), (5001, "HD-TOO-MANY")])
def test_a_declaration_has_one_to_five_thousand_lines(lines: int, code: str) -> None:
    body = {**BODY, "declaration": {**BODY["declaration"], "items": [{}] * lines}}
    findings = told(json.dumps(body).encode())
    assert [(finding.code, finding.pointer) for finding in findings] == [(code, "/declaration/items")]


@pytest.mark.parametrize("listed", ["items", "permits", "adjustments", "transport_document_nos"])
def test_a_list_is_a_list(listed: str) -> None:
    body = {**BODY, "declaration": {**BODY["declaration"], listed: "x"}}
    findings = told(json.dumps(body).encode())
    assert [(finding.code, finding.pointer) for finding in findings] == [("HD-TYPE", f"/declaration/{listed}")]


@pytest.mark.parametrize(("field", "most"), [("permits", 5), ("transport_document_nos", 5), ("adjustments", 5), ("container_nos", 50)])  # fmt: skip
def test_a_list_is_not_longer_than_its_form(field: str, most: int) -> None:
    entry: Any = "X" if field.endswith("_nos") else BODY["declaration"][field][0]
    body = {**BODY, "declaration": {**BODY["declaration"], field: [entry] * (most + 1)}}
    assert [finding.code for finding in told(json.dumps(body).encode())] == ["HD-TOO-MANY"]
    body["declaration"][field] = [entry] * most
    assert isinstance(decode_lodgement(json.dumps(body).encode()), Lodgement)


def test_every_fault_of_a_message_is_told_at_once() -> None:
    body = copy.deepcopy(BODY)
    declared = body["declaration"]
    del declared["trader_code"], declared["person_class_code"]
    declared |= {"package_count": -1, "arrival_on": "31/02/2026", "gross_mass": "1,5", "colour": 1, "notes": "a\u0000"}
    declared["items"][1] |= {"quantity": "1.234", "commodity_code": 84713020}
    declared["items"][2]["description"] = "ề" * 201
    findings = told(json.dumps(body).encode())
    assert {(finding.code, finding.pointer.removeprefix("/declaration")) for finding in findings} == {
        ("HD-MISSING", "/trader_code"),
        ("HD-MISSING", "/person_class_code"),
        ("HD-NUMBER", "/package_count"),
        ("HD-DATE", "/arrival_on"),
        ("HD-NUMBER", "/gross_mass"),
        ("HD-UNKNOWN-FIELD", "/colour"),
        ("HD-CHARACTER", "/notes"),
        ("HD-DECIMALS", "/items/1/quantity"),
        ("HD-TYPE", "/items/1/commodity_code"),
        ("HD-TOO-LONG", "/items/2/description"),
    }


def test_what_one_direction_alone_demands_is_left_to_the_rules_when_nothing_else_is_wrong() -> None:
    body = copy.deepcopy(BODY)
    del body["declaration"]["arrival_on"]
    assert isinstance(decode_lodgement(json.dumps(body).encode()), Lodgement)
    assert isinstance(decode_lodgement(json.dumps(body, indent=1).encode()), Lodgement)


@pytest.mark.parametrize("value", ["", "a b", "ề", "a" * 65, "a\n", 7])
def test_a_message_id_is_visible_ascii(value: Any) -> None:
    findings = told(build.message(message_id=value))
    assert {finding.pointer for finding in findings} == {"/message_id"}


@pytest.mark.parametrize("value", ["IDC", "lodge", "LODGE "])
def test_another_procedure_is_refused(value: str) -> None:
    findings = told(build.message(procedure=value))
    assert [(finding.code, finding.nearest) for finding in findings] in (
        [("HD-CODE", ("LODGE",))],
        [("HD-TOO-LONG", ())],
    )


def test_a_draft_is_judged_by_the_same_table() -> None:
    declared = {**BODY["declaration"], "package_count": "many"}
    answer = decode_draft(json.dumps({"procedure": "IDA", "declaration": declared}).encode())
    assert isinstance(answer, list) and [finding.pointer for finding in answer] == ["/declaration/package_count"]
    assert isinstance(
        decode_draft(json.dumps({"procedure": "EDA", "declaration": BODY["declaration"]}).encode()), Draft
    )


def _without_blanks(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_blanks(value) for key, value in node.items() if value != ""}
    return [_without_blanks(value) for value in node] if isinstance(node, list) else node
