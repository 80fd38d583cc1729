"""Input that is odd and right: it is taken, kept byte for byte, and means what it says. And the bounds where right becomes wrong."""

import json
import unicodedata
from datetime import date
from typing import Any

import pytest

from haidang.declarations.rules.fields import fields
from haidang.declarations.tests import build
from tests.bad_input.checks import codes_at, findings
from tests.bad_input.messages import TRADER, everything, message, tree, written
from tests.bad_input.served import Reply, Rows, Served
from tests.passing.rig import declared, item

MEMORY_KB = 400_000
"""What 5,000 lines may add to a worker: a hundred times the message and more would be a way to end it."""


def taken(reply: Reply) -> dict[str, Any]:
    assert reply.status == 201, (reply.status, reply.body[:2_000].decode())
    answer: dict[str, Any] = reply.json
    return answer


def test_decomposed_letters_are_read_composed_and_kept_as_they_came(general: Served, rows: Rows) -> None:
    body = tree("nfd", notes="Hàng mới, phở bò ẵ")
    raw = unicodedata.normalize("NFD", written(body).decode()).encode()
    assert raw != written(body)
    taken(general.send("lodgement", raw))
    assert rows.raw_of("nfd") == [raw]
    assert unicodedata.normalize("NFD", rows.descriptions("nfd")[0]) != rows.descriptions("nfd")[0]
    assert rows.descriptions("nfd") == [line["description"] for line in body["declaration"]["items"]]


def test_escapes_blanks_and_empty_fields_are_kept_as_they_came(general: Served, rows: Rows) -> None:
    body = tree("escaped")
    body["declaration"] |= {"vessel_name": "", "entrusting_party_code": "", "notes": "đ\u00a0/ \u20ab 中文 🚢"}
    raw = b"\r\n\t " + json.dumps(body, ensure_ascii=True, indent=3).replace("/", "\\/").encode() + b"\n"
    taken(general.send("lodgement", raw))
    assert rows.raw_of("escaped") == [raw]


def test_the_same_bytes_again_get_the_same_answer_and_other_bytes_none(general: Served, rows: Rows) -> None:
    first = taken(general.send("lodgement", message("again")))
    before = rows.now()
    assert taken(general.send("lodgement", message("again"))) == first
    for other in (message("again", package_count=43), message("again") + b" ", message("again", trader_reference="X")):
        assert codes_at(findings(general.send("lodgement", other))) == {("HD-ID-REUSED", "/message_id")}
    assert rows.now() == before
    assert rows.raw_of("again") == [message("again")]


def test_an_id_of_a_refused_message_can_be_used_again(general: Served, rows: Rows) -> None:
    findings(general.send("lodgement", message("mended", gross_mass_g=1)))
    taken(general.send("lodgement", message("mended")))
    assert rows.raw_of("mended") == [message("mended")]


def test_five_thousand_lines_are_taken_with_sane_memory(general: Served, rows: Rows) -> None:
    raw = message("5000", items=tuple(item(line_no=n) for n in range(1, 5_001)))
    with general.within_kb(MEMORY_KB):
        answer = taken(general.send("lodgement", raw))
        assert len(answer["lines"]) == 5_000
    assert rows.raw_of("5000") == [raw]


def test_five_thousand_and_one_lines_are_refused(general: Served, untouched: None) -> None:
    body = tree("5001")
    body["declaration"]["items"] *= 5_001
    found = findings(general.send("lodgement", written(body)))
    assert codes_at(found) == {("HD-TOO-MANY", "/declaration/items")}


@pytest.mark.parametrize(
    ("name", "line"),
    {
        "empty": {},
        "null": None,
        "strange": {f"n{n}": 1 for n in range(20)},
        "wrong in every field": {field.name: "\u200b" for field in fields() if field.group == "item"},
    }.items(),
)
def test_five_thousand_wrong_lines_are_refused_with_sane_memory(
    general: Served, untouched: None, name: str, line: Any
) -> None:
    body = tree("5000-wrong")
    body["declaration"]["items"] = [line] * 5_000
    with general.within_kb(MEMORY_KB):
        assert len(findings(general.send("lodgement", written(body)))) >= 5_000


def test_two_hundred_identical_lines_are_two_hundred_lines(general: Served) -> None:
    one = taken(general.send("lodgement", message("one-line")))
    body = tree("200")
    body["declaration"]["items"] *= 200
    body["declaration"]["gross_mass"] = "200000"
    del body["declaration"]["invoice_total"]
    answer = taken(general.send("lodgement", written(body)))
    assert answer["customs_value_vnd_e4"] == 200 * one["customs_value_vnd_e4"]
    first = answer["lines"][0]
    assert [line["line_no"] for line in answer["lines"]] == list(range(1, 201))
    assert all({**line, "line_no": 1} == first for line in answer["lines"])


@pytest.mark.parametrize("is_export", [False, True])
def test_a_declaration_without_any_optional_field_is_taken(general: Served, is_export: bool) -> None:
    whole = (
        build.export_declaration(1, trader_code=TRADER, items=(build.export_item(1, commodity_code="39269059"),))
        if is_export
        else declared()
    )
    body = build.wire(whole)
    for home, group in ((body, "header"), (body["items"][0], "item")):
        for field in fields():
            if field.group == group and not field.needed(is_export) and field.name not in _PRICED:
                home.pop(field.name, None)
    body["customs_office_code"] = "03CC"
    raw = written({"message_id": f"bare-{is_export}", "sender": TRADER, "procedure": "LODGE", "declaration": body})
    answer = taken(general.send("lodgement", raw))
    assert len(answer["declaration_no"]) == 12


_PRICED = frozenset(
    ("items", "gross_mass", "unloading_place_code", "container_count", "invoice_value", "invoice_total")
)
"""Conditional fields without which there is nothing to assess, or which the mode of transport demands."""


def test_a_declaration_with_every_optional_field_is_taken(general: Served) -> None:
    answer = taken(general.send("lodgement", everything("everything")))
    assert answer["customs_value_vnd_e4"] > 0


def test_an_export_with_the_fields_of_an_import_is_answered(general: Served) -> None:
    body = json.loads(everything("export-as-import"))
    body["declaration"] |= {
        "kind_code": "B11",
        "departure_on": "2026-03-06",
        "final_destination_code": "KRPUS",
        "loading_place_code": "VNHPH",
    }
    reply = general.send("lodgement", written(body))
    assert reply.status == 201 or findings(reply)


def test_an_import_with_the_fields_of_an_export_is_told_what_an_import_needs(general: Served, untouched: None) -> None:
    body = build.wire(build.export_declaration(1, trader_code=TRADER)) | {"kind_code": "A11"}
    raw = written({"message_id": "import-as-export", "sender": TRADER, "procedure": "LODGE", "declaration": body})
    missing = {each["pointer"] for each in findings(general.send("lodgement", raw)) if each["code"] == "HD-MISSING"}
    assert {
        "/declaration/arrival_on",
        "/declaration/person_class_code",
        "/declaration/items/0/origin_country_code",
    } <= missing


@pytest.mark.parametrize("arrival_on", [date(2000, 1, 1), date(2025, 3, 2), date(2026, 12, 31), date(2099, 12, 31)])
def test_an_arrival_far_from_registration_is_answered(general: Served, arrival_on: date) -> None:
    raw = message(f"arrival-{arrival_on}", arrival_on=arrival_on, invoice_on=arrival_on)
    reply = general.send("lodgement", raw)
    assert reply.status == 201 or findings(reply)


@pytest.mark.parametrize(
    ("name", "value"),
    [("quantity", "999999999.99"), ("quantity", "99999999999"), ("quantity", "0.01"), ("quantity2", "999999999.99")],
)
def test_a_quantity_at_its_limit_is_taken(general: Served, name: str, value: str) -> None:
    body = tree(f"limit-{name}-{value}")
    line = body["declaration"]["items"][0]
    for price in ("unit_price", "unit_price_currency_code", "unit_price_unit_code"):
        del line[price]
    line[name] = value
    if name == "quantity2":
        line["unit2_code"] = "PCE"
    body["declaration"] |= {"gross_mass": "9999999999", "gross_mass_unit_code": "TNE"}
    taken(general.send("lodgement", written(body)))
