"""POST that is no act of law: files to be converted, notices to be repeated. Over real HTTP: an answer of ours, never a fault, nothing stored."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from haidang.gateway.converting import WORKBOOK
from haidang.gateway.examples import ASKED_EXAMPLES
from haidang.gateway.messages import wco_writing
from haidang.gateway.routes import ROUTES
from haidang.gateway.sheets import layout, writing
from haidang.site.demo import people
from tests.bad_input.checks import assert_whole, findings, problem, undecodable
from tests.bad_input.messages import TRADER, tree
from tests.bad_input.served import PATHS, Reply, Rows, Served, owner_of
from tests.bad_input.test_requests import gzip_bomb

CSV = ASKED_EXAMPLES["conversion"].encode()
NOBODYS = "0198a000-0000-7000-8000-000000000000"
TRIED = {
    "conversion": PATHS["conversion"],
    "retry": PATHS["retry"].replace("{delivery_id}", NOBODYS),
    "replay": PATHS["replay"],
}


def ask(general: Served, kind: str, raw: bytes, **headers: str) -> Reply:
    token = {"authorization": f"Bearer {owner_of(general.config.home, TRADER).token}"}
    return general.ask("POST", TRIED[kind], token | headers, raw)


def as_csv(declared: dict) -> bytes:
    """Return a declaration of one line as a CSV file."""
    cells = {}
    for name, value in declared.items():
        if name == "items":
            continue
        for number, each in enumerate(value if isinstance(value, list) else [value], 1):
            cells[f"{name}.{number}" if isinstance(value, list) else name] = str(each)
    for name, value in declared["items"][0].items():
        for number, each in enumerate(value if isinstance(value, list) else [value], 1):
            cells[f"items.{name}.{number}" if isinstance(value, list) else f"items.{name}"] = str(each)
    return "\n".join("\t".join(row) for row in (cells.keys(), cells.values())).encode()


def test_every_such_path_is_tried() -> None:
    assert {route.kind for route in ROUTES if route.asked} == set(TRIED)


@pytest.mark.parametrize("kind", sorted(TRIED))
def test_without_a_token_nothing_is_answered(general: Served, untouched: None, kind: str) -> None:
    problem(general.ask("POST", TRIED[kind], {}, CSV), 401)


@pytest.mark.parametrize("kind", sorted(TRIED))
def test_what_is_too_large_or_encoded_is_refused(general: Served, untouched: None, kind: str) -> None:
    problem(ask(general, kind, b" " * 5_000_001), 413)
    problem(ask(general, kind, gzip_bomb(), **{"content-encoding": "gzip"}), 415)


def test_a_file_becomes_a_declaration_that_can_be_signed_and_lodged(general: Served) -> None:
    declared = tree("from-a-file")["declaration"]
    reply = ask(general, "conversion", as_csv(declared))
    assert reply.status == 200, reply.body[:3_000]
    assert reply.json == {"declaration": declared, "line_count": len(declared["items"])}
    message = {
        "message_id": "from-a-file",
        "sender": TRADER,
        "procedure": "LODGE",
        "declaration": reply.json["declaration"],
    }
    assert general.send("lodgement", json.dumps(message).encode()).status == 201


def test_findings_of_cells_of_the_form_and_of_the_law_are_told_together_with_their_cells(
    general: Served, untouched: None
) -> None:
    declared = tree("x")["declaration"] | {"customs_office_code": "ZZZZ", "package_count": "1,5"}
    reply = ask(general, "conversion", as_csv(declared))
    found = findings(reply)
    pointers = {each["pointer"] for each in found}
    assert {"/declaration/customs_office_code", "/declaration/package_count"} <= pointers
    assert all(reply.json["places"][each["pointer"]].startswith("CSV!") for each in found)


@pytest.mark.parametrize(
    "wrap", [lambda declared: declared, lambda declared: {"message_id": "x", "declaration": declared}]
)
def test_json_and_xml_become_the_same_declaration_as_a_table(general: Served, untouched: None, wrap: Any) -> None:
    declared = tree("x")["declaration"]
    as_json = ask(general, "conversion", json.dumps(wrap(declared)).encode())
    as_xml = ask(general, "conversion", wco_writing.write("x", TRADER, declared))
    assert as_json.status == as_xml.status == 200, as_xml.body[:2_000]
    assert as_json.json == as_xml.json == {"declaration": declared, "line_count": len(declared["items"])}


@pytest.mark.parametrize(
    "raw",
    [b"{}", b'{"declaration": []}', b'{"kind_code": ["A11"]}', b'{"items": [1e999]}', b'{"declaration": {"items": 7}}'],
)
def test_json_that_is_no_declaration_is_told_what_is_wrong(general: Served, untouched: None, raw: bytes) -> None:
    reply = ask(general, "conversion", raw)
    assert findings(reply) and reply.json["places"] == {}


def test_what_is_no_table_is_not_marked(general: Served, untouched: None) -> None:
    problem(ask(general, "conversion", b"{}", accept=WORKBOOK), 406)


def test_what_could_be_read_comes_with_the_findings(general: Served, untouched: None) -> None:
    declared = tree("x")["declaration"] | {"customs_office_code": "ZZZZ"}
    for raw in (as_csv(declared), json.dumps(declared).encode()):
        assert ask(general, "conversion", raw).json["declaration"] == declared


def test_the_file_comes_back_marked_when_that_is_wanted(general: Served, untouched: None) -> None:
    declared = tree("x")["declaration"] | {"customs_office_code": "ZZZZ"}
    reply = ask(general, "conversion", as_csv(declared), accept=WORKBOOK)
    assert (reply.status, reply.headers["content-type"]) == (422, WORKBOOK)
    book = openpyxl.load_workbook(io.BytesIO(reply.body))
    assert book.sheetnames == [layout.FINDING_SHEET, layout.CSV_SHEET]
    assert book[layout.FINDING_SHEET]["A2"].value.startswith("CSV!")
    assert ask(general, "conversion", as_csv(tree("x")["declaration"]), accept=WORKBOOK).status == 200


def bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<x/>")
        for number in range(4):
            packed.writestr(f"xl/{number}.xml", bytes(20_000_000))
    return written.getvalue()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "HD-SHEET-CSV"),
        (b"{", "HD-MALFORMED"),
        (b'{"items": [1], "items": []}', "HD-DUPLICATE-KEY"),
        (b"<Declaration/>", "HD-XML-ROOT"),
        (b"<!DOCTYPE a><a/>", "HD-XML-FORBIDDEN"),
        (b"\x00" * 10, "HD-SHEET-ENCODING"),
        (b"kind_code\n\xff", "HD-SHEET-ENCODING"),
        (b"PK\x03\x04", "HD-SHEET-MALFORMED"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "HD-SHEET-ENCRYPTED"),
        (bomb, "HD-SHEET-TOO-MUCH"),
        (writing.template()[:-100], "HD-SHEET-MALFORMED"),
    ],
    ids=[
        "nothing",
        "JSON cut off",
        "a key twice",
        "other XML",
        "XML with a document type",
        "zeros",
        "not UTF-8",
        "a zip cut off",
        "encrypted",
        "a bomb",
        "a workbook cut off",
    ],
)
def test_a_file_that_cannot_be_opened_is_told_why(
    general: Served, untouched: None, raw: bytes | Callable[[], bytes], code: str
) -> None:
    undecodable(ask(general, "conversion", raw() if callable(raw) else raw), code)


def test_an_empty_form_is_told_what_is_missing(general: Served, untouched: None) -> None:
    found = findings(ask(general, "conversion", writing.template()))
    assert {"HD-MISSING"} <= {each["code"] for each in found}


def test_five_thousand_and_one_lines_are_told(general: Served, untouched: None) -> None:
    reply = ask(general, "conversion", b"kind_code,items.quantity\n" + b"A11,1\n" * 5_001)
    for each in problem(reply, 422)["findings"]:
        assert_whole(each)
    assert "HD-TOO-MANY" in {each["code"] for each in reply.json["findings"]}


def test_a_form_that_there_is_not_is_refused(general: Served, untouched: None) -> None:
    problem(ask(general, "conversion", CSV, accept="application/pdf"), 406)
    lodged = f"{PATHS['lodgement']}/199999999990"
    problem(general.ask("GET", lodged, general.credentials(b"") | {"accept": "image/png"}), 406)
    for accept in (",", ";q=1", "*/*;q=9", "a" * 5_000, "application/json;q=0.5;x=y, ,"):
        reply = general.ask("GET", lodged, general.credentials(b"") | {"accept": accept})
        assert reply.status in (404, 406), reply


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"topic":1,"since":2}', b"\xff\xfe", b"[" * 100_000])
def test_a_wish_that_is_none_is_told(general: Served, untouched: None, raw: bytes) -> None:
    problem(ask(general, "replay", raw), 400)


def test_a_topic_without_an_address_is_told(general: Served, untouched: None) -> None:
    problem(ask(general, "replay", json.dumps(ASKED_EXAMPLES["replay"]).encode()), 409)


@pytest.mark.parametrize("number", [NOBODYS, "x", "%00", "0" * 36, "9" * 3_000])
def test_a_notice_of_nobody_is_nothing(general: Served, untouched: None, number: str) -> None:
    path = PATHS["retry"].replace("{delivery_id}", number)
    problem(general.ask("POST", path, general.credentials(b""), b""), 404)


def test_what_one_is_owed_is_listed(general: Served, untouched: None) -> None:
    headers = general.credentials(b"", people.trader_code(9))
    assert general.ask("GET", "/api/v1/subscriptions", headers).json == {"subscriptions": []}
    assert general.ask("GET", "/api/v1/deliveries", headers).json == {"deliveries": [], "next_cursor": None}
    problem(general.ask("GET", "/api/v1/deliveries?cursor=%00", headers), 400)


def test_the_printed_form_and_the_xml_come_over_http(general: Served, rows: Rows) -> None:
    number = general.send("lodgement", json.dumps(tree("ways-forms")).encode()).json["declaration_no"]
    before = rows.now()
    for accept, begins in (("application/pdf", b"%PDF-"), ("application/xml", b"<?xml")):
        reply = general.ask("GET", f"{PATHS['lodgement']}/{number}", general.credentials(b"") | {"accept": accept})
        assert (reply.status, reply.headers["content-type"], reply.headers["vary"]) == (200, accept, "accept")
        assert reply.body.startswith(begins)
        tag = {"accept": accept, "if-none-match": reply.headers["etag"]}
        again = general.ask("GET", f"{PATHS['lodgement']}/{number}", general.credentials(b"") | tag)
        assert (again.status, again.body) == (304, b"")
    assert rows.now() == before
