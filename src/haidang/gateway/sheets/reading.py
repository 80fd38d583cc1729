"""From a workbook or a CSV file to the declaration on the wire, with the cell of each pointer."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import openpyxl
from msgspec import Struct
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.sheets import guarding, layout
from haidang.gateway.sheets.values import Doubt, finding_of, on_the_wire
from haidang.kernel.findings import Finding

ROOT = "/declaration"
_MOST_ROWS = layout.NAMES_ROWS + layout.MOST_LINES + 1
"""One line more than may be, so that it is told."""
_MOST_COLUMNS = 200
"""More than there are fields of a line, or values of a field."""
_MOST_TOLD = 1_000
"""Findings of cells; whoever has more has another problem."""


class Place(Struct, frozen=True):
    """A cell: sheet, row and column from 1."""

    sheet: str
    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.sheet}!{get_column_letter(self.column)}{self.row}"


class Sheets(Struct):
    """What was read: the declaration as it would be sent, the findings of cells, and where each pointer stands. `rows` are those of a CSV file."""

    declaration: dict[str, Any]
    findings: list[Finding]
    places: dict[str, Place]
    rows: list[list[str]] = []

    def of_form(self, told: Sequence[Finding]) -> list[Finding]:
        """Return the findings of cells and those told of the declaration; what is missing only because its cell could not be read is told once."""
        unread = {each.pointer for each in self.findings}
        return [*self.findings, *(each for each in told if each.code != "HD-MISSING" or each.pointer not in unread)]

    def place_of(self, pointer: str) -> Place | None:
        """Return the cell of a pointer; of what stands in no cell, the one nearest above it."""
        while pointer:
            if pointer in self.places:
                return self.places[pointer]
            pointer = pointer.rpartition("/")[0]
        return None


class _Leaf(Struct):
    value: object
    place: Place
    field: Field | None


def read(raw: bytes) -> Sheets | Undecodable:
    """Read a file by its first bytes: a workbook, or CSV."""
    if guarding.is_workbook(raw):
        opened = opened_workbook(raw)
        return opened if isinstance(opened, Undecodable) else _Reading(typed=True).workbook(opened)
    return _csv(raw)


def opened_workbook(raw: bytes) -> Workbook | Undecodable:
    """Return a workbook that was judged and opened, or why it is not."""
    reason = guarding.judged(raw)
    if reason is not None:
        return reason
    try:
        return openpyxl.load_workbook(io.BytesIO(raw), data_only=False, keep_links=False, keep_vba=False)
    except Exception:  # whatever its parts hold, the library's own faults included: the file cannot be read
        return guarding.MALFORMED


class _Reading:
    """One file being read: cells become leaves of a tree, and the tree a declaration."""

    def __init__(self, *, typed: bool) -> None:
        self._typed = typed
        self._tree: dict[str, Any] = {}
        self._homes: dict[str, Place] = {}
        self._findings: list[Finding] = []
        self._places: dict[str, Place] = {}

    def workbook(self, book: Workbook) -> Sheets:
        for name in (layout.HEADER_SHEET, layout.ITEM_SHEET):
            if name not in book.sheetnames or not isinstance(book[name], Worksheet):
                self._tell_sheet("HD-SHEET-MISSING", name, *_MISSING)
            elif book[name].sheet_state != "visible":
                self._tell_sheet("HD-SHEET-HIDDEN", name, *_HIDDEN_SHEET)
        if not self._findings:
            self._header(book[layout.HEADER_SHEET])
            self._lines(book[layout.ITEM_SHEET])
        return self.done()

    def _header(self, sheet: Worksheet) -> None:
        known = {column.id: column for column in layout.header_rows()}
        self._merged_and_hidden(sheet)
        for row, cells in _filled(sheet).items():
            if row == 1:
                continue
            id_ = _text(cells.get(1))
            column = known.get(id_)
            if column is not None:
                self._homes["/".join((ROOT, str(column.path[0])))] = Place(sheet.title, row, layout.FIRST_VALUE)
            for at, cell in cells.items():
                number, place = at - layout.FIRST_VALUE, Place(sheet.title, row, at)
                if number < 0:
                    continue
                if column is None:
                    self.unnamed(id_, (id_,), cell.value, place)
                    continue
                several = len(column.path) > 1 or column.field.repeat > 1
                if number and not several:
                    self.tell(_cell_finding("HD-SHEET-SEVERAL", place, *_SEVERAL), place)
                    continue
                name, *member = column.path
                self.put((name, number, *member) if several else (name,), cell.value, place, column.field, cell)

    def _lines(self, sheet: Worksheet) -> None:
        known = {column.id: column for column in layout.item_columns()}
        self._merged_and_hidden(sheet)
        rows = _filled(sheet)
        names = rows.get(1, {})
        heads = [_text(names.get(at)) for at in range(1, min(sheet.max_column, _MOST_COLUMNS) + 1)]
        for row, cells in rows.items():
            if row <= layout.NAMES_ROWS:
                continue
            line = row - layout.NAMES_ROWS - 1
            for at, id_ in enumerate(heads, start=1):
                cell = cells.get(at)
                value = None if cell is None else cell.value
                self.line_value(line, known.get(id_), id_, value, Place(sheet.title, row, at), cell)

    def line_value(
        self, line: int, column: layout.Column | None, id_: str, value: object, place: Place, cell: Any = None
    ) -> None:
        """Take one cell of a goods line; where it is empty it is still the place of what is missing there."""
        if column is not None and len(column.path) == 1:
            self._homes[f"{ROOT}/{layout.ITEMS}/{line}/{column.path[0]}"] = place
        if value is None or value == "":
            return
        if column is None:
            self.unnamed(id_, (layout.ITEMS, line, id_), value, place)
        else:
            self.put((layout.ITEMS, line, *column.path), value, place, column.field, cell)

    def unnamed(self, id_: str, path: tuple[str | int, ...], value: object, place: Place) -> None:
        """Take a value under a name that is none, so that it is told as such; or tell that it has no name at all."""
        if id_:
            self.put(path, value, place, None)
        else:
            self.tell(_cell_finding("HD-SHEET-NO-NAME", place, *_NO_NAME), place)

    def put(
        self, path: tuple[str | int, ...], value: object, place: Place, field: Field | None, cell: Any = None
    ) -> None:
        """Put a value at its path of the tree; what cannot be read has its finding and stands there as nothing."""
        node: Any = self._tree
        for step in path[:-1]:
            node = node.setdefault(step, {})
            if isinstance(node, _Leaf):
                break
        if isinstance(node, _Leaf) or path[-1] in node:
            self.tell(_cell_finding("HD-SHEET-TWICE", place, *_TWICE), place)
            return
        leaf = _Leaf(None, place, field)
        node[path[-1]] = leaf
        if field is None:
            leaf.value = _whole_characters(str(value))
            return
        told = (
            _FORMULA
            if getattr(cell, "data_type", "") == "f"
            else _ERROR
            if getattr(cell, "data_type", "") == "e"
            else None
        )
        try:
            if told is not None:
                raise Doubt(told)
            read = on_the_wire(value, field, typed=self._typed)
            leaf.value = _whole_characters(read) if isinstance(read, str) else read
        except Doubt as doubt:
            self.tell(finding_of(doubt.told, field, "?", str(place)), place)

    def tell(self, finding: Finding, place: Place) -> None:
        """Note a finding of a cell. Its pointer is its own until the tree is whole."""
        if len(self._findings) < _MOST_TOLD:
            self._findings.append(_at(finding, f"?{len(self._findings)}"))
            self._places[self._findings[-1].pointer] = place

    def done(self) -> Sheets:
        """Return what was read. Entries of lists move up to where entries were left empty."""
        pointers: dict[Place, str] = {}
        places: dict[str, Place] = {}
        declaration = _grown(self._tree, ROOT, places, pointers, self._homes)
        findings = []
        for finding in self._findings:
            place = self._places[finding.pointer]
            # What is wrong with a cell that is no value of the declaration has the cell itself for a pointer.
            pointer = pointers.get(place, "") if finding.wco_pointer or finding.law else f"/cells/{place}"
            findings.append(_at(finding, pointer))
            places[pointer] = place
        homes = {pointer: place for pointer, place in self._homes.items() if pointer not in places}
        return Sheets(declaration, findings, {**homes, **places})

    def _merged_and_hidden(self, sheet: Worksheet) -> None:
        # The cells that there are: to walk over all places up to the farthest would make millions of them.
        for (row, column), cell in sheet._cells.items():
            if cell.value is not None and (row > _MOST_ROWS or column > _MOST_COLUMNS):
                place = Place(sheet.title, row, column)
                self.tell(_cell_finding("HD-SHEET-BEYOND", place, *_BEYOND), place)
        for merged in list(sheet.merged_cells.ranges)[:_MOST_TOLD]:
            place = Place(sheet.title, merged.min_row, merged.min_col)
            self.tell(_cell_finding("HD-SHEET-MERGED", place, *_MERGED), place)
        for number, row in sheet.row_dimensions.items():
            if row.hidden and number <= _MOST_ROWS and any(cell.value is not None for cell in sheet[number]):
                place = Place(sheet.title, number, 1)
                self.tell(_cell_finding("HD-SHEET-HIDDEN", place, *_HIDDEN_ROW), place)
        for letter, dimension in sheet.column_dimensions.items():
            if dimension.hidden and sheet[f"{letter}1"].value is not None:
                place = Place(sheet.title, 1, sheet[f"{letter}1"].column)
                self.tell(_cell_finding("HD-SHEET-HIDDEN", place, *_HIDDEN_COLUMN), place)

    def _tell_sheet(self, code: str, name: str, *texts: str) -> None:
        place = Place(name, 1, 1)
        self.tell(_cell_finding(code, place, *texts), place)


_HALVES = re.compile("[\ud800-\udfff]")


def _filled(sheet: Worksheet) -> dict[int, dict[int, Any]]:
    """Return the cells that hold a value, by row and then by column, both in order and within bounds.

    Asking the sheet for its rows would make a cell for every place up to the farthest: a million for two values far apart.
    """
    rows: dict[int, dict[int, Any]] = {}
    for (row, column), cell in sorted(sheet._cells.items(), key=itemgetter(0)):
        if cell.value is not None and row <= _MOST_ROWS and column <= _MOST_COLUMNS:
            rows.setdefault(row, {})[column] = cell
    return rows


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell.value or "").strip()


def _whole_characters(text: str) -> str:
    """Return a text in which half a character (a lone surrogate, which XML can spell) is a character that no field takes."""
    return _HALVES.sub("\0", text)


def _grown(
    node: Any, pointer: str, places: dict[str, Place], pointers: dict[Place, str], homes: dict[str, Place]
) -> Any:
    """Return the plain value of a tree, and note where each pointer stands."""
    if isinstance(node, _Leaf):
        places[pointer] = node.place
        pointers.setdefault(node.place, pointer)
        return node.value
    if any(isinstance(step, int) for step in node):
        grown = []
        for number, step in enumerate(sorted(each for each in node if isinstance(each, int))):
            _move_homes(homes, f"{pointer}/{step}/", f"{pointer}/{number}/")
            grown.append(_grown(node[step], f"{pointer}/{number}", places, pointers, homes))
        # What could not be read has its finding, and keeps its place in the list: pointers count from it.
        return ["" if each is None else each for each in grown]
    made = {name: _grown(each, f"{pointer}/{name}", places, pointers, homes) for name, each in node.items()}
    return {name: value for name, value in made.items() if value is not None}


def _move_homes(homes: dict[str, Place], old: str, new: str) -> None:
    if old != new:
        for pointer in [each for each in homes if each.startswith(old)]:
            homes[new + pointer[len(old) :]] = homes.pop(pointer)


def _at(finding: Finding, pointer: str) -> Finding:
    return Finding(**{name: getattr(finding, name) for name in finding.__struct_fields__} | {"pointer": pointer})


def _cell_finding(code: str, place: Place, vi: str, en: str, repair_vi: str, repair_en: str) -> Finding:
    return Finding(
        code=code,
        pointer="",
        text_vi=f"{place}: {vi}",
        text_en=f"{place}: {en}",
        repair_vi=repair_vi,
        repair_en=repair_en,
    )


_SEVERAL = (
    "chỉ tiêu này chỉ có một giá trị.",
    "this field has one value only.",
    "Giữ một giá trị ở cột đầu, xóa các ô còn lại.",
    "Keep one value in the first column and clear the others.",
)
_NO_NAME = (
    "giá trị không có tên chỉ tiêu.",
    "a value without the id of a field.",
    "Ghi tên chỉ tiêu ở đầu dòng hoặc cột, hoặc xóa ô.",
    "Write the id of its field at the head of the row or column, or clear the cell.",
)
_TWICE = (
    "chỉ tiêu đã có giá trị ở ô khác.",
    "the field has a value in another cell already.",
    "Giữ một ô, xóa ô kia; mỗi tên chỉ tiêu chỉ ghi một lần.",
    "Keep one of the cells and clear the other; each id stands once.",
)
_BEYOND = (
    "ô nằm ngoài vùng được đọc.",
    "the cell lies beyond what is read.",
    "Xóa các dòng, cột trống ở giữa để dữ liệu liền nhau.",
    "Delete the empty rows and columns between, so that the lines follow each other.",
)
_MISSING = (
    f"không có trang này; sổ tính có hai trang {layout.HEADER_SHEET} và {layout.ITEM_SHEET}.",
    f"there is no such sheet; a workbook has the sheets {layout.HEADER_SHEET} and {layout.ITEM_SHEET}.",
    "Lấy mẫu bằng haidang template, hoặc đổi lại tên trang.",
    "Take the template of haidang template, or give the sheet its name back.",
)
_HIDDEN_SHEET = (
    "trang bị ẩn.",
    "the sheet is hidden.",
    "Bỏ ẩn: người ký phải thấy những gì mình khai.",
    "Show it: who signs must see what is declared.",
)
_HIDDEN_ROW = (
    "dòng bị ẩn mà có dữ liệu.",
    "a hidden row holds data.",
    "Bỏ ẩn hoặc xóa dòng.",
    "Show the row or delete it.",
)
_HIDDEN_COLUMN = (
    "cột bị ẩn.",
    "the column is hidden.",
    "Bỏ ẩn hoặc xóa cột.",
    "Show the column or delete it.",
)
_MERGED = (
    "ô bị gộp: không rõ giá trị thuộc ô nào.",
    "merged cells: it is not clear whose the value is.",
    "Bỏ gộp ô và nhập giá trị vào từng ô.",
    "Unmerge the cells and enter each value in its own.",
)
_FORMULA = (
    "HD-SHEET-FORMULA",
    "ô chứa công thức; tờ khai chỉ nhận giá trị.",
    "the cell holds a formula; a declaration takes values only.",
    "Sao chép rồi dán giá trị (Paste values).",
    "Copy it and paste the value.",
)
_ERROR = (
    "HD-SHEET-ERROR",
    "ô chứa lỗi của bảng tính.",
    "the cell holds an error of the spreadsheet.",
    "Nhập giá trị đúng.",
    "Enter the right value.",
)

NOT_UTF8 = Undecodable(
    "HD-SHEET-ENCODING",
    "Tệp CSV không phải UTF-8 (có thể là Windows-1258 hoặc TCVN3): hãy lưu lại dạng “CSV UTF-8”.",
    "The CSV file is not UTF-8 (it may be Windows-1258 or TCVN3): save it again as “CSV UTF-8”.",
)
NOT_CSV = Undecodable(
    "HD-SHEET-CSV",
    "Tệp không phải CSV có dòng đầu là tên chỉ tiêu (kind_code, items.commodity_code …); phân cách bằng phẩy, chấm phẩy hoặc tab.",
    "The file is no CSV whose first row names fields (kind_code, items.commodity_code …), with comma, semicolon or tab between.",
)


def _csv(raw: bytes) -> Sheets | Undecodable:
    text = _text_of(raw)
    if isinstance(text, Undecodable):
        return text
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(_bounded(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)))
    except csv.Error:
        return NOT_CSV
    known = layout.csv_columns()
    heads = [head.strip() for head in rows[0]] if rows else []
    if not any(head in known for head in heads) or len(set(filter(None, heads))) < len(
        [each for each in heads if each]
    ):
        return NOT_CSV
    reading = _Reading(typed=False)
    _take_rows(reading, heads, rows[1:], known)
    done = reading.done()
    done.rows = rows
    return done


def _take_rows(
    reading: _Reading, heads: list[str], rows: list[list[str]], known: Mapping[str, tuple[bool, layout.Column]]
) -> None:
    declared: dict[str, str] = {}
    for line, row in enumerate(rows):
        if not any(row):
            continue
        for number, (id_, value) in enumerate(zip(heads, [*row, *[""] * (len(heads) - len(row))], strict=False), 1):
            place = Place(layout.CSV_SHEET, line + 2, number)
            of_line, column = known.get(id_, (id_.startswith(f"{layout.ITEMS}."), None))
            if of_line:
                reading.line_value(line, column, id_.removeprefix(f"{layout.ITEMS}."), value, place)
            elif value and id_ not in declared:
                declared[id_] = value
                reading.put(column.path if column else (id_,), value, place, column.field if column else None)
            elif value and declared[id_] != value:
                reading.tell(_cell_finding("HD-SHEET-HEADER", place, *_TWO_HEADERS), place)
        for number in range(len(heads), len(row)):
            if row[number]:
                place = Place(layout.CSV_SHEET, line + 2, number + 1)
                reading.tell(_cell_finding("HD-SHEET-COLUMNS", place, *_TOO_WIDE), place)


_TWO_HEADERS = (
    "chỉ tiêu chung khác với dòng trên; một tệp là một tờ khai.",
    "a field of the header differs from the line above; one file is one declaration.",
    "Để trống hoặc ghi giống dòng đầu; tờ khai khác để ở tệp khác.",
    "Leave it empty or the same as in the first line; put another declaration into another file.",
)
_TOO_WIDE = (
    "dòng có nhiều ô hơn dòng tên chỉ tiêu.",
    "the row has more cells than the row of names.",
    "Đặt giá trị có dấu phân cách trong dấu nháy kép.",
    "Put a value that holds the separator between quotation marks.",
)


def _bounded(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    lines = 0
    for row in rows:
        yield row
        lines += any(row)
        if lines > layout.MOST_LINES + 1:
            return  # the head and one line more than may be: that is told


def _text_of(raw: bytes) -> str | Undecodable:
    """Return the text of UTF-8 with or without byte order mark, or of UTF-16 with one."""
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return NOT_UTF8
    return NOT_UTF8 if "\x00" in text else text
