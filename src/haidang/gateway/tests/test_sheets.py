"""Declarations as workbooks and CSV: read exactly or told, marked cell by cell, and never opened when they must not be."""

import datetime as dt
import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import msgspec
import openpyxl
import pytest

from haidang.declarations.rules.fields import fields
from haidang.declarations.tests import build
from haidang.gateway.converting import told_of
from haidang.gateway.examples import ASKED_EXAMPLES, EXAMPLES
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.sheets import apart, guarding, layout, reading, writing
from haidang.gateway.sheets.reading import Sheets

HEADER, ITEM = layout.HEADER_SHEET, layout.ITEM_SHEET
ROWS = {column.id: row for row, column in enumerate(layout.header_rows(), 2)}
COLUMNS = {column.id: number for number, column in enumerate(layout.item_columns(), 1)}
FIRST = layout.NAMES_ROWS + 1
TEMPLATE = writing.template()


def filled(declared: dict[str, Any], change: Callable[[Any, Any], None] = lambda header, lines: None) -> bytes:
    """Return the template with a declaration typed into it as text; `change` gets both sheets."""
    book = openpyxl.load_workbook(io.BytesIO(TEMPLATE))
    header, lines = book[HEADER], book[ITEM]
    for name, value in declared.items():
        if name == "items":
            continue
        for place, each in enumerate(value if isinstance(value, list) else [value]):
            for id_, text in (
                {f"{name}.{k}": v for k, v in each.items()} if isinstance(each, dict) else {name: each}
            ).items():
                header.cell(ROWS[id_], layout.FIRST_VALUE + place).value = text
    for row, line in enumerate(declared["items"], FIRST):
        for name, value in line.items():
            for place, each in enumerate(value if isinstance(value, list) else [value], 1):
                for id_, text in (
                    {f"{name}.{place}.{k}": v for k, v in each.items()}
                    if isinstance(each, dict)
                    else {f"{name}.{place}" if isinstance(value, list) else name: each}
                ).items():
                    lines.cell(row, COLUMNS[id_]).value = text
    change(header, lines)
    return saved(book)


def saved(book: Any) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read(raw: bytes) -> Sheets:
    found = reading.read(raw)
    assert isinstance(found, Sheets), found
    return found


def codes(found: Sheets) -> list[tuple[str, str]]:
    return [(each.code, str(found.place_of(each.pointer))) for each in found.findings]


def value(sheet: str, id_: str, given: Any) -> Sheets:
    """Return what is read when one value of the example is this."""

    def change(header: Any, lines: Any) -> None:
        if sheet == HEADER:
            header.cell(ROWS[id_], layout.FIRST_VALUE).value = given
        else:
            lines.cell(FIRST, COLUMNS[id_]).value = given

    return read(filled(EXAMPLE, change))


_LINE = {**EXAMPLES["lodgement"]["declaration"]["items"][0], "unit_price": 12.505}
EXAMPLE = {**EXAMPLES["lodgement"]["declaration"], "items": [_LINE]}
"""The example, its unit price in a number cell: as a text 12.505 could be twelve thousand."""
WIRE = build.wire(
    build.declaration(
        3,
        notes="Hàng mới, ghi chú có dấu",
        container_nos=("MSKU9070323", "TCLU1234567"),
        container_count=2,
        trader_postcode="180000",
    )
)


def test_a_workbook_says_what_was_typed_into_it() -> None:
    found = read(filled(WIRE))
    assert found.findings == [] and found.declaration == WIRE
    assert told_of(found.declaration, None, None) == []


def test_every_field_of_the_form_has_a_place_in_both_files() -> None:
    asked = {(f.group, f.name) for f in fields() if f.type != "G"}
    header = {column.path[-1] for column in layout.header_rows()}
    lines = {name for column in layout.item_columns() for name in column.path if isinstance(name, str)}
    assert {name for group, name in asked if group not in ("item", "tax_relief")} <= header
    assert {name for group, name in asked if group in ("item", "tax_relief")} <= lines
    assert {name for _, name in asked} <= {
        str(step) for _, column in layout.csv_columns().values() for step in column.path
    }


def test_the_template_names_every_field_in_two_languages_and_reads_as_nothing() -> None:
    book = openpyxl.load_workbook(io.BytesIO(TEMPLATE))
    assert book.sheetnames == [HEADER, ITEM]
    assert all(book[HEADER].cell(row, 3).value and book[HEADER].cell(row, 4).value for row in ROWS.values())
    assert book[ITEM].cell(1, COLUMNS["commodity_code"]).comment.text
    found = read(TEMPLATE)
    assert (found.findings, found.declaration) == ([], {})


@pytest.mark.parametrize(
    ("sheet", "id_", "given", "said"),
    [
        (ITEM, "unit_price", 12.505, "12.505"),
        (ITEM, "quantity", 100, "100"),
        (ITEM, "quantity", 100.0, "100"),
        (ITEM, "invoice_value", 1250.1, "1250.1"),
        (ITEM, "invoice_value", 123456789012.25, "123456789012.25"),
        (ITEM, "unit_price", "12.505000", "12.505000"),
        (HEADER, "package_count", 12, 12),
        (HEADER, "package_count", "12", 12),
        (HEADER, "arrival_on", dt.date(2026, 3, 1), "2026-03-01"),
        (HEADER, "arrival_on", dt.datetime(2026, 3, 1), "2026-03-01"),
        (HEADER, "arrival_on", "2026-03-01", "2026-03-01"),
        (HEADER, "transport_mode_code", 2, "2"),
    ],
)
def test_a_value_is_read_exactly(sheet: str, id_: str, given: Any, said: Any) -> None:
    found = value(sheet, id_, given)
    assert found.findings == []
    home = found.declaration if sheet == HEADER else found.declaration["items"][0]
    assert home[id_] == said


@pytest.mark.parametrize(
    ("sheet", "id_", "given", "code"),
    [
        (ITEM, "unit_price", "12,505", "HD-SHEET-COMMA"),
        (ITEM, "invoice_value", "1.250,50", "HD-SHEET-COMMA"),
        (ITEM, "invoice_value", "1,250.50", "HD-SHEET-COMMA"),
        (ITEM, "invoice_value", "1.250", "HD-SHEET-GROUPED"),
        (ITEM, "invoice_value", "1 250", "HD-SHEET-GROUPED"),
        (ITEM, "invoice_value", 1234567890123.4567, "HD-SHEET-DIGITS"),
        (ITEM, "unit_price", dt.date(2026, 3, 1), "HD-SHEET-NOT-DATE"),
        (ITEM, "commodity_code", 84145110, "HD-SHEET-CODE"),
        (HEADER, "trader_code", 9900010007, "HD-SHEET-CODE"),
        (HEADER, "arrival_on", "01/03/2026", "HD-SHEET-DATE"),
        (HEADER, "arrival_on", dt.datetime(2026, 3, 1, 8, 30), "HD-SHEET-TIME"),
        (HEADER, "arrival_on", dt.time(8, 30), "HD-SHEET-TIME"),
        (ITEM, "quantity", "=50*2", "HD-SHEET-FORMULA"),
        (HEADER, "trader_name", '=HYPERLINK("http://evil.example","x")', "HD-SHEET-FORMULA"),
    ],
)
def test_what_can_be_read_in_two_ways_is_told_and_never_guessed(sheet: str, id_: str, given: Any, code: str) -> None:
    found = value(sheet, id_, given)
    cell = (
        f"{HEADER}!F{ROWS[id_]}"
        if sheet == HEADER
        else f"{ITEM}!{openpyxl.utils.get_column_letter(COLUMNS[id_])}{FIRST}"
    )
    assert codes(found) == [(code, cell)]
    told = found.of_form(told_of(found.declaration, None, None))
    assert len([each for each in told if each.pointer == found.findings[0].pointer]) == 1
    for each in told:
        assert each.text_vi != each.text_en and each.repair_vi and each.repair_en


def test_findings_of_the_declaration_are_led_back_to_their_cells() -> None:
    declared = json.loads(json.dumps(WIRE))
    declared["items"][1]["unit_price"] = "x"
    del declared["items"][2]["description"]
    declared["colour"] = "red"
    found = read(filled({name: each for name, each in declared.items() if name != "colour"}))
    told = {each.code: str(found.place_of(each.pointer)) for each in told_of(found.declaration, None, None)}
    letter = openpyxl.utils.get_column_letter
    assert told == {
        "HD-NUMBER": f"{ITEM}!{letter(COLUMNS['unit_price'])}{FIRST + 1}",
        "HD-MISSING": f"{ITEM}!{letter(COLUMNS['description'])}{FIRST + 2}",
    }


def test_a_name_that_is_no_field_is_told_where_it_stands() -> None:
    def change(header: Any, lines: Any) -> None:
        header.cell(ROWS["notes"], 1).value = "nots"
        lines.cell(1, COLUMNS["line_law_codes.5"]).value = "colour"
        lines.cell(FIRST, COLUMNS["line_law_codes.5"]).value = "red"

    found = read(filled(WIRE, change))
    told = {each.pointer for each in told_of(found.declaration, None, None) if each.code == "HD-UNKNOWN-FIELD"}
    assert told == {"/declaration/nots", "/declaration/items/0/colour"}
    assert str(found.place_of("/declaration/nots")) == f"{HEADER}!F{ROWS['notes']}"


def test_no_value_is_passed_over_in_silence() -> None:
    def change(header: Any, lines: Any) -> None:
        header.cell(ROWS["notes"], layout.FIRST_VALUE + 1, "hai")
        header.cell(max(ROWS.values()) + 1, layout.FIRST_VALUE, "lạc")
        header.cell(max(ROWS.values()) + 2, 1, "kind_code")
        header.cell(max(ROWS.values()) + 2, layout.FIRST_VALUE, "A12")
        lines.cell(FIRST, max(COLUMNS.values()) + 2, "lạc")
        lines.cell(6_000, 1, "39269059")
        lines.cell(FIRST, 300, "xa")

    found = read(filled(WIRE, change))
    assert sorted(code for code, _ in codes(found)) == [
        *(
            "HD-SHEET-BEYOND",
            "HD-SHEET-BEYOND",
            "HD-SHEET-NO-NAME",
            "HD-SHEET-NO-NAME",
            "HD-SHEET-SEVERAL",
            "HD-SHEET-TWICE",
        )
    ]
    assert f"{ITEM}!A6000" in {place for _, place in codes(found)}
    late = b"kind_code,items.quantity\n" + b"\n" * 6_000 + b"A11,1\n"
    assert read(late).declaration == {"kind_code": "A11", "items": [{"quantity": "1"}]}


def test_merged_cells_and_hidden_rows_columns_and_sheets_are_told() -> None:
    def change(header: Any, lines: Any) -> None:
        lines.merge_cells(start_row=FIRST, end_row=FIRST + 1, start_column=3, end_column=3)
        lines.row_dimensions[FIRST + 1].hidden = True
        header.column_dimensions["F"].hidden = True

    assert {code for code, _ in codes(read(filled(WIRE, change)))} == {"HD-SHEET-MERGED", "HD-SHEET-HIDDEN"}
    book = openpyxl.load_workbook(io.BytesIO(filled(WIRE)))
    book[ITEM].sheet_state = "hidden"
    assert [code for code, _ in codes(read(saved(book)))] == ["HD-SHEET-HIDDEN"]


def test_a_workbook_of_other_sheets_is_told_which_there_should_be() -> None:
    book = openpyxl.Workbook()
    found = read(saved(book))
    assert [code for code, _ in codes(found)] == ["HD-SHEET-MISSING"] * 2
    assert ITEM in found.findings[0].text_vi


def zipped(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return written.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    written = io.BytesIO(TEMPLATE)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return written.getvalue()


def test_a_gigabyte_in_a_megabyte_is_not_unpacked() -> None:
    bomb = bytearray(zipped({"xl/workbook.xml": b"<x/>", "xl/a.xml": bytes(1_000_000)}))
    struct.pack_into("<I", bomb, bomb.rindex(b"PK\x01\x02") + 24, 1_000_000_000)  # what the directory says of it
    assert guarding.judged(bytes(bomb)) == guarding.TOO_MUCH


def test_a_directory_that_lies_about_sizes_is_noticed_while_inflating() -> None:
    bomb = bytearray(with_part("xl/big.xml", b" " * 70_000_000))
    at = bomb.rindex(b"PK\x01\x02")
    struct.pack_into("<I", bomb, at + 24, 1_000)
    assert guarding.judged(bytes(bomb)) in (guarding.MALFORMED, guarding.TOO_MUCH)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), guarding.ENCRYPTED),
        (b"PK\x03\x04" + bytes(100), guarding.MALFORMED),
        (TEMPLATE[: len(TEMPLATE) // 2], guarding.MALFORMED),
        (zipped({"a.txt": b"x"}), guarding.MALFORMED),
        (zipped({"xl/workbook.xml": b"<x/>"}), guarding.MALFORMED),
        (with_part("xl/vbaProject.bin", b"x"), guarding.MACROS),
        (with_part("xl/embeddings/a.bin", b"x"), guarding.MACROS),
        (with_part("xl/externalLinks/externalLink1.xml", b"<x/>"), guarding.LINKS),
        (with_part("xl/connections.xml", b"<x/>"), guarding.LINKS),
        (with_part("xl/x.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), guarding.FORBIDDEN),
        (with_part("xl/x.xml", "<x/>".encode("utf-16")), guarding.FORBIDDEN),
        (with_part("xl/x.xml", b"<c r='A1'/>" * (guarding.MAX_CELLS + 1)), guarding.TOO_MUCH),
        (zipped({"xl/workbook.xml": b"<x/>", **{f"{n}": b"" for n in range(guarding.MAX_PARTS)}}), guarding.TOO_MUCH),
        (with_part("XL/Workbook.xml", b"<x/>"), guarding.MALFORMED),
    ],
)
def test_what_must_not_be_opened_is_not_opened(raw: bytes, reason: Undecodable) -> None:
    assert reading.read(raw) == reason


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(f'"{each}"' if delimiter in each else each for each in row) for row in rows)


def test_the_example_file_is_a_declaration() -> None:
    found = read(ASKED_EXAMPLES["conversion"].encode())
    assert found.findings == [] and len(found.declaration["items"]) == 2
    assert told_of(found.declaration, None, None) == []
    assert found.declaration["transport_document_nos"] == ["MAU-BL-1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_may_be_utf_8_or_marked_utf_16_with_any_of_three_separators(encoding: str, delimiter: str) -> None:
    rows = [["kind_code", "items.description", "items.quantity"], ["A11", "Quạt bàn, mới", "1.5"]]
    found = read(as_csv(rows, delimiter).encode(encoding))
    assert found.declaration == {"kind_code": "A11", "items": [{"description": "Quạt bàn, mới", "quantity": "1.5"}]}


@pytest.mark.parametrize(
    "raw",
    [
        "kind_code,items.description\nA11,Quạt bàn".encode("cp1258", "replace").replace(b"?", b"\xe1\xf2"),
        "kind_code\nA11".encode("utf-16-le"),
        b"\xff\xfe\x00",
    ],
)
def test_another_encoding_is_told(raw: bytes) -> None:
    assert reading.read(raw) == reading.NOT_UTF8


@pytest.mark.parametrize(
    "raw", [b"", b"a,b\n1,2", b'{"a":1}', b'kind_code\n"A11', b"kind_code,kind_code\nA,B", b"\n\n"]
)
def test_text_that_is_no_such_file_is_told(raw: bytes) -> None:
    assert reading.read(raw) == reading.NOT_CSV


def test_one_csv_file_is_one_declaration() -> None:
    rows = [["kind_code", "items.quantity"], ["A11", "1"], ["A11", "2"], ["", "3"], ["B11", "4"]]
    found = read(as_csv(rows).encode())
    assert codes(found) == [("HD-SHEET-HEADER", "CSV!A5")]
    assert [each["quantity"] for each in found.declaration["items"]] == ["1", "2", "3", "4"]


def test_a_csv_row_that_is_too_wide_or_has_a_decimal_comma_is_told() -> None:
    found = read(b"kind_code;items.quantity\nA11;1,5;9")
    assert codes(found) == [("HD-SHEET-COMMA", "CSV!B2"), ("HD-SHEET-COLUMNS", "CSV!C2")]


def test_five_thousand_and_one_lines_are_too_many() -> None:
    rows = "kind_code,items.quantity\n" + "A11,1\n" * 5_001
    found = read(rows.encode())
    told = [each for each in told_of(found.declaration, None, None) if each.pointer == "/declaration/items"]
    assert [each.code for each in told] == ["HD-TOO-MANY"]


def test_findings_go_back_into_the_file_cell_by_cell() -> None:
    raw = filled(WIRE, lambda header, lines: lines.cell(FIRST, COLUMNS["quantity"], "=1+1"))
    found = read(raw)
    marked = writing.annotated(raw, found, found.findings)
    assert isinstance(marked, bytes)
    book = openpyxl.load_workbook(io.BytesIO(marked))
    cell = book[ITEM].cell(FIRST, COLUMNS["quantity"])
    assert cell.fill.fgColor.rgb == "FFF4B6B0" and "HD-SHEET-FORMULA" in cell.comment.text
    assert "công thức" in cell.comment.text and "formula" in cell.comment.text
    assert book.sheetnames == [layout.FINDING_SHEET, HEADER, ITEM]
    assert [each.value for each in book[layout.FINDING_SHEET][2]][:2] == [
        str(found.places[found.findings[0].pointer]),
        "HD-SHEET-FORMULA",
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=cmd|" /C calc"!A0'])
def test_nothing_that_is_written_is_a_formula(text: str) -> None:
    for raw in (
        filled(WIRE, lambda header, lines: header.cell(ROWS["notes"], layout.FIRST_VALUE, text)),
        f'kind_code,notes\nA11,"{text.replace(chr(34), chr(34) * 2)}"'.encode(),
    ):
        found = read(raw)
        marked = writing.annotated(raw, found, told_of(found.declaration, None, None))
        assert isinstance(marked, bytes)
        with zipfile.ZipFile(io.BytesIO(marked)) as packed:
            assert not any(b"<f>" in packed.read(name) or b"<f " in packed.read(name) for name in packed.namelist())
        book = openpyxl.load_workbook(io.BytesIO(marked))
        kept = [
            cell
            for sheet in book.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.value == text.lstrip("\t")
        ]
        assert all(cell.data_type == "s" and cell.quotePrefix for cell in kept)
        assert kept or "\t" in text


def test_what_the_library_reads_but_cannot_write_comes_back_as_values_alone() -> None:
    raw = filled(WIRE)
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet2.xml"
    assert b"</sheetData>" in parts[name]
    parts[name] = parts[name].replace(b"</sheetData>", b'<row r="90"><c r="A90" t="d"></c></row></sheetData>')
    odd = zipped(parts)
    found = read(odd)
    told = told_of({}, None, None)
    marked = writing.annotated(odd, found, told)
    assert isinstance(marked, bytes)
    book = openpyxl.load_workbook(io.BytesIO(marked))
    assert book[layout.FINDING_SHEET]["B2"].value == told[0].code
    assert read(marked).declaration == WIRE


def test_a_marked_file_that_is_mended_is_read_again() -> None:
    raw = filled(WIRE, lambda header, lines: lines.cell(FIRST, COLUMNS["quantity"], "1,5"))
    found = read(raw)
    marked = writing.annotated(raw, found, found.findings)
    assert isinstance(marked, bytes)
    book = openpyxl.load_workbook(io.BytesIO(marked))
    book[ITEM].cell(FIRST, COLUMNS["quantity"]).value = WIRE["items"][0]["quantity"]
    assert read(saved(book)).declaration == WIRE


@pytest.mark.processes
def test_a_file_is_read_and_marked_in_a_process_of_its_own() -> None:
    raw = filled(WIRE)
    found = apart.read(raw)
    assert found.refused is None and found.declaration == WIRE
    assert found.places["/declaration/kind_code"] == f"{HEADER}!F{ROWS['kind_code']}"
    assert apart.read(b"PK\x03\x04").refused == guarding.MALFORMED
    finding = msgspec.structs.replace(told_of({}, None, None)[0], pointer="/declaration/kind_code")
    marked = apart.marked(raw, [finding])
    assert marked is not None
    book = openpyxl.load_workbook(io.BytesIO(marked))
    assert finding.code in book[HEADER].cell(ROWS["kind_code"], 6).comment.text


def test_a_file_that_needs_more_than_it_may_have_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    assert apart.read(filled(WIRE)).refused == guarding.TOO_MUCH
    assert apart.marked(filled(WIRE), []) is None
