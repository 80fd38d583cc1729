"""From a cell to the value on the wire: exactly, or as a finding. Nothing is guessed: not a decimal comma, not a day before a month, not a lost zero."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from haidang.declarations.rules.fields import Field
from haidang.kernel.findings import Finding

Told = tuple[str, str, str, str, str]
"""Code, and text and repair in Vietnamese and English."""

_WHOLE = re.compile(r"(0|[1-9][0-9]*)", re.ASCII)
_COMMA = re.compile(r"[0-9.,\s\u00a0]*[0-9],[0-9]+[0-9.,\s\u00a0]*", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}([ .\u00a0\u202f][0-9]{3})+", re.ASCII)
_DIGITS_KEPT = 15
"""Significant digits that a spreadsheet keeps of a number."""
_TRUTHS = {"true": True, "false": False}

COMMA: Told = (
    "HD-SHEET-COMMA",
    "số viết bằng dấu phẩy: không rõ là phần lẻ hay phân nhóm.",
    "a number written with a comma: it may be a decimal comma or a grouping.",
    "Viết phần lẻ sau dấu chấm, không phân nhóm: 1234.5; hoặc nhập ô kiểu số.",
    "Write decimals after a point and no grouping: 1234.5; or make the cell a number.",
)
GROUPED: Told = (
    "HD-SHEET-GROUPED",
    "không rõ dấu chấm hay dấu cách là phân nhóm hàng nghìn hay phần lẻ.",
    "a point or blank may group thousands or begin the decimals.",
    "Nhập ô kiểu số; hoặc viết thêm số 0 ở phần lẻ: 12.5050.",
    "Make the cell a number; or write one more zero at the end of the decimals: 12.5050.",
)
LOST: Told = (
    "HD-SHEET-DIGITS",
    "ô số có hơn 15 chữ số: bảng tính đã làm mất các số cuối.",
    "a number cell with more than 15 digits: the spreadsheet has lost the last ones.",
    "Đổi ô sang kiểu văn bản rồi nhập lại số.",
    "Make the cell a text and type the number again.",
)
ZEROS: Told = (
    "HD-SHEET-CODE",
    "mã nằm trong ô kiểu số: các số 0 ở đầu có thể đã mất.",
    "a code in a number cell: zeros at its front may be lost.",
    "Đổi ô sang kiểu văn bản (Text) rồi nhập lại mã.",
    "Make the cell a text and type the code again.",
)
CLOCK: Told = (
    "HD-SHEET-TIME",
    "ô ngày có cả giờ, hoặc chỉ có giờ.",
    "the date has a time of day, or is only a time.",
    "Chỉ nhập ngày.",
    "Enter the day alone.",
)
NOT_A_DAY: Told = (
    "HD-SHEET-DATE",
    "không phải ô kiểu ngày, cũng không viết YYYY-MM-DD.",
    "neither a date cell nor written YYYY-MM-DD.",
    "Đổi ô sang kiểu ngày, hoặc viết như 2026-03-02: 02/03/2026 có thể hiểu hai cách.",
    "Make the cell a date, or write it like 2026-03-02: 02/03/2026 can be read in two ways.",
)
A_DAY: Told = (
    "HD-SHEET-NOT-DATE",
    "bảng tính đã đổi giá trị thành ngày.",
    "the spreadsheet has turned the value into a date.",
    "Đổi ô sang kiểu văn bản hoặc kiểu số rồi nhập lại.",
    "Make the cell a text or a number and type the value again.",
)


class Doubt(Exception):
    """A cell that can be read in two ways or in none; `told` says why."""

    def __init__(self, told: Told) -> None:
        super().__init__(told[0])
        self.told = told


def finding_of(told: Told, field: Field, pointer: str, where: str) -> Finding:
    """Return what is told of a cell as a finding."""
    code, vi, en, repair_vi, repair_en = told
    return Finding(
        code=code,
        pointer=pointer,
        text_vi=f"{field.name_vi} ({where}): {vi}",
        text_en=f"{field.name_en} ({where}): {en}",
        repair_vi=repair_vi,
        repair_en=repair_en,
        law=field.law,
        wco_pointer=field.wco_pointer,
    )


def on_the_wire(value: object, field: Field, *, typed: bool) -> object:
    """Return a cell's value as the message has it: text, whole number or truth value.

    `typed` says that cells have types (a workbook); in a CSV file everything is text, and a point begins the decimals.

    Raises:
        Doubt: the cell can be read in two ways, or has lost something.
    """
    if isinstance(value, str):
        return _from_text(value, field, typed)
    return _BY_TYPE[field.type](value, field)


def _from_text(text: str, field: Field, typed: bool) -> object:
    if field.type in "FI":
        plain = text.strip()
        if _COMMA.fullmatch(plain):
            raise Doubt(COMMA)
        if (typed and _GROUPED.fullmatch(plain)) or (" " in plain and _GROUPED.fullmatch(plain)):
            raise Doubt(GROUPED)
        return int(plain) if field.type == "I" and _WHOLE.fullmatch(plain) and len(plain) < 19 else plain
    if field.type == "D" and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip(), re.ASCII):
        raise Doubt(NOT_A_DAY)
    if field.type == "B":
        return _TRUTHS.get(text.strip().lower(), text)
    return text.strip() if field.type == "D" else text


def _number(value: object, field: Field) -> str:
    """Return a number cell as a plain decimal: the shortest that is the same number, which is what was typed up to 15 digits."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime | time) or not isinstance(value, int | float):
        raise Doubt(A_DAY)
    exact = Decimal(repr(value))
    if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > _DIGITS_KEPT:
        raise Doubt(LOST)
    plain = f"{exact:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _whole(value: object, field: Field) -> object:
    plain = _number(value, field)
    return int(plain) if _WHOLE.fullmatch(plain) else plain


def _code(value: object, field: Field) -> object:
    plain = _number(value, field)
    # As many digits as the field is wide: there was no room for a zero that could be lost.
    if len(plain) == field.width and plain.isdigit():
        return plain
    raise Doubt(ZEROS)


def _day(value: object, field: Field) -> object:
    if isinstance(value, datetime):
        if value.time() != time(0):
            raise Doubt(CLOCK)
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise Doubt(CLOCK if isinstance(value, time) else NOT_A_DAY)


def _truth(value: object, field: Field) -> object:
    return value if isinstance(value, bool) else _number(value, field)


_BY_TYPE: dict[str, Callable[[object, Field], object]] = {
    "A": _code, "W": _code, "K": _code, "N": _code, "F": _number, "I": _whole, "D": _day, "B": _truth,
}  # fmt: skip
