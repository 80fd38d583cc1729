"""Workbooks that we write: the empty one with its names and limits, and the sender's own with what was found in it marked cell by cell.

Nothing that we write is a formula: what begins like one is written as text (CWE-1236).
"""

import io
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from haidang.gateway.messages.declaration import HEADER
from haidang.gateway.messages.json_safety import Undecodable, is_refused
from haidang.gateway.sheets import guarding, layout
from haidang.gateway.sheets.reading import Sheets, opened_workbook
from haidang.kernel.findings import Finding

_WRONG = PatternFill("solid", fgColor="FFF4B6B0")
_HEAD = PatternFill("solid", fgColor="FFE4EBF3")
_BOLD, _SMALL = Font(bold=True), Font(size=9, color="FF555555")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_FINDING_COLUMNS = (
    ("Ô · cell", 22), ("Mã · code", 20), ("Lỗi", 60), ("Finding", 60), ("Cách sửa", 50), ("Repair", 50), ("Căn cứ · law", 30),
    ("Chỉ tiêu · pointer", 40),
)  # fmt: skip
_HEADER_COLUMNS = (
    ("Chỉ tiêu · id", 34), ("VNACCS", 12), ("Tên chỉ tiêu", 46), ("Name", 46), ("Kiểu · type", 40), ("Giá trị · value 1", 30),
)  # fmt: skip
_FORMATS = {"F": "General", "I": "0", "D": "yyyy-mm-dd", "B": "General"}
"""How cells of values are formatted; all others are text, so that no zero is lost."""
_LONGEST_CELL = 32_767


def template() -> bytes:
    """Return an empty workbook: every field with its names, limits and law, ready to be filled in."""
    book = Workbook()
    header = book.active
    assert isinstance(header, Worksheet)
    header.title = layout.HEADER_SHEET
    _heads(header, _HEADER_COLUMNS)
    for row, column in enumerate(layout.header_rows(), 2):
        field = column.field
        ids = " / ".join(dict.fromkeys(each for each in (field.vnaccs_import, field.vnaccs_export) if each))
        for number, text in enumerate((column.id, ids, field.name_vi, field.name_en, layout.asked(field)), 1):
            _write(header.cell(row, number), text).font = _SMALL if number > 1 else _BOLD
        for number in range(layout.FIRST_VALUE, layout.FIRST_VALUE + _times(column)):
            header.cell(row, number).number_format = _FORMATS.get(field.type, "@")
    header.freeze_panes = header.cell(2, layout.FIRST_VALUE)
    lines = book.create_sheet(layout.ITEM_SHEET)
    for number, column in enumerate(layout.item_columns(), 1):
        for row, text in enumerate((column.id, column.field.name_vi, column.field.name_en), 1):
            cell = _write(lines.cell(row, number), text)
            cell.font, cell.alignment, cell.fill = _BOLD if row == 1 else _SMALL, _WRAPPED, _HEAD
        lines.cell(1, number).comment = _comment(layout.asked(column.field))
        lines.column_dimensions[get_column_letter(number)].width = 60 if column.id == "description" else 18
        lines.column_dimensions[get_column_letter(number)].number_format = _FORMATS.get(column.field.type, "@")
    lines.freeze_panes = lines.cell(layout.NAMES_ROWS + 1, 1)
    return _saved(book)


def annotated(raw: bytes, read: Sheets | None, findings: Iterable[Finding]) -> bytes | Undecodable:
    """Return the sender's file with its findings: each wrong cell filled and commented, and all of them on a sheet of their own.

    A CSV file comes back as a workbook. Sheets that are none of a declaration's are left out, and formulas stand as text.
    """
    if guarding.is_workbook(raw):
        opened = opened_workbook(raw)
        if isinstance(opened, Undecodable):
            return opened
        book = opened
        for name in set(book.sheetnames) - {layout.HEADER_SHEET, layout.ITEM_SHEET}:
            del book[name]
    else:
        book = Workbook()
        del book[book.sheetnames[0]]
        _rows(book.create_sheet(layout.CSV_SHEET), read.rows if read else [])
    book.defined_names.clear()
    for sheet in book.worksheets:
        _make_plain(sheet)
    told = list(findings)
    _mark(book, read, told)
    try:
        return _saved(book)
    except Exception:  # what the library read but cannot write: styles or values that are none
        plain = _values_alone(book)
        _mark(plain, read, told)
        return _saved(plain)


def _values_alone(book: Workbook) -> Workbook:
    """Return a new workbook with the values of another as text, and nothing else of it."""
    made = Workbook()
    del made[made.sheetnames[0]]
    for sheet in book.worksheets:
        if sheet.title != layout.FINDING_SHEET:
            copied = made.create_sheet(sheet.title)
            for (row, column), cell in sheet._cells.items():
                if cell.value is not None:
                    _write(copied.cell(row, column), _formula_text(cell.value))
    return made


def _rows(sheet: Worksheet, rows: list[list[str]]) -> None:
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            if text:
                _write(sheet.cell(number, column), text)


def _make_plain(sheet: Worksheet) -> None:
    sheet.conditional_formatting = type(sheet.conditional_formatting)()
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, MergedCell):
                continue
            cell.hyperlink = None
            if cell.data_type == "f" or (isinstance(cell.value, str) and cell.value[:1] in _LIKE_A_FORMULA):
                _write(cell, _formula_text(cell.value))


def _formula_text(value: Any) -> str:
    return str(getattr(value, "text", value))


def _mark(book: Workbook, read: Sheets | None, findings: list[Finding]) -> None:
    listed = book.create_sheet(layout.FINDING_SHEET, 0)
    _heads(listed, _FINDING_COLUMNS)
    said: dict[tuple[str, int, int], list[str]] = {}
    for row, each in enumerate(findings, 2):
        place = read.place_of(each.pointer) if read else None
        texts = (
            str(place or ""), each.code, each.text_vi, each.text_en, each.repair_vi, each.repair_en, each.law, each.pointer,
        )  # fmt: skip
        for number, text in enumerate(texts, 1):
            _write(listed.cell(row, number), text).alignment = _WRAPPED
        if place is not None:
            words = f"{each.code}\n{each.text_vi}\n→ {each.repair_vi}\n{each.text_en}\n→ {each.repair_en}"
            said.setdefault((place.sheet, place.row, place.column), []).append(words)
    listed.freeze_panes = "A2"
    for (sheet, line, column), texts_ in said.items():
        if sheet in book.sheetnames:
            cell = book[sheet].cell(line, column)
            if isinstance(cell, Cell):
                cell.fill = _WRONG
                cell.comment = _comment("\n\n".join(texts_))
    book.active = 0


def _comment(text: str) -> Comment:
    made = Comment(_clean(text)[:4_000], "Hải Đăng")
    made.width, made.height = 420, 180
    return made


def _heads(sheet: Worksheet, columns: tuple[tuple[str, int], ...]) -> None:
    for number, (text, width) in enumerate(columns, 1):
        cell = _write(sheet.cell(1, number), text)
        cell.font, cell.fill = _BOLD, _HEAD
        sheet.column_dimensions[get_column_letter(number)].width = width


_LIKE_A_FORMULA = "=+-@\t\r"


def _write(cell: Any, text: str) -> Any:
    """Write a text that stays one, whatever it begins with."""
    cell.value = _clean(text)[:_LONGEST_CELL]
    cell.data_type = "s"
    if text[:1] and text[:1] in _LIKE_A_FORMULA:
        cell.quotePrefix = True
        cell.number_format = "@"
    return cell


def _clean(text: str) -> str:
    """Return a text without the characters that a workbook cannot hold or that nobody sees."""
    return "".join(character if character == "\n" or not is_refused(character) else "�" for character in text)


def _times(column: layout.Column) -> int:
    return HEADER[str(column.path[0])].repeat


def _saved(book: Workbook) -> bytes:
    book.properties.creator = "Hải Đăng"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
