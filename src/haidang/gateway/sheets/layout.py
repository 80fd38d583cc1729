"""Where each field of a declaration stands in a workbook or a CSV file, by the table of fields.

A workbook has two sheets. `Tờ khai`: one row for each field of the header, its id in column A, its values from column `FIRST_VALUE` on; a field or list that
may repeat has the first of it in that column, the second in the next. `Dòng hàng`: the ids in row 1, their names in rows 2 and 3, one goods line in each
further row. A CSV file has the ids in its first row and one goods line in each further row; fields of the header stand in the first line and
are empty, or the same, in the others. An id is the name on the wire: `package_count`, `permits.2.type_code`, `items.tax_codes.1`.
"""

from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.declaration import GROUPS, HEADER, ITEM

HEADER_SHEET, ITEM_SHEET, FINDING_SHEET, CSV_SHEET = "Tờ khai", "Dòng hàng", "Lỗi · findings", "CSV"
FIRST_VALUE = 6
"""Column of the first value on the sheet of the header: before it stand id, VNACCS item, both names, and what is asked."""
NAMES_ROWS = 3
"""Rows above the first goods line."""
ITEMS = "items"
MOST_LINES = HEADER[ITEMS].repeat
_REPEATED_COLUMNS = 5
"""Of a field of a line that may repeat; none may oftener."""


class Column(Struct, frozen=True):
    """One place for a value: its id, the steps of its path from the declaration or the line, and the field."""

    id: str
    path: tuple[str | int, ...]
    field: Field


@cache
def header_rows() -> tuple[Column, ...]:
    """Return the rows of the sheet of the header; a list's rows are the members of one entry, and have no number in their path."""
    return tuple(_rows())


def _rows() -> Iterator[Column]:
    for name, field in HEADER.items():
        if name == ITEMS:
            continue
        if field.type == "G":
            for member, its in GROUPS[name].items():
                yield Column(f"{name}.{member}", (name, member), its)
        else:
            yield Column(name, (name,), field)


@cache
def item_columns() -> tuple[Column, ...]:
    """Return the columns of the sheet of goods lines, without the `items.` that stands before their ids in a CSV file."""
    return tuple(_columns(ITEM))


@cache
def csv_columns() -> dict[str, tuple[bool, Column]]:
    """Return every column that a CSV file may have, by id: whether it is one of the line, and the column."""
    header = {column.id: (False, column) for column in _columns({n: f for n, f in HEADER.items() if n != ITEMS})}
    return header | {f"{ITEMS}.{column.id}": (True, column) for column in item_columns()}


def _columns(fields: dict[str, Field]) -> Iterator[Column]:
    for name, field in fields.items():
        times = min(field.repeat, _REPEATED_COLUMNS) if fields is ITEM else field.repeat
        if field.type == "G":
            for number in range(1, times + 1):
                for member, its in GROUPS[name].items():
                    yield Column(f"{name}.{number}.{member}", (name, number - 1, member), its)
        elif field.repeat > 1:
            for number in range(1, times + 1):
                yield Column(f"{name}.{number}", (name, number - 1), field)
        else:
            yield Column(name, (name,), field)


def asked(field: Field) -> str:
    """Return what a field asks for, in a few words: how it is written, how long, whether it must be there."""
    kinds = {
        "A": "ASCII", "W": "UTF-8", "K": "ASCII", "N": "0-9", "F": "số · number", "I": "số nguyên · whole number", "D": "ngày · date",
        "B": "true, false",
    }  # fmt: skip
    length = f" ≤ {field.width}" if field.type in "AWKNF" else ""
    needs = {"M": "bắt buộc · required", "P": "bắt buộc · required"}
    need = needs.get(field.need_import, "") or (
        needs.get(field.need_export, "") and "xuất: bắt buộc · export: required"
    )
    values = ", ".join(field.values) or (f"danh mục · list {field.code_list}" if field.code_list else "")
    return "; ".join(part for part in (kinds[field.type] + length, need, values) if part)
