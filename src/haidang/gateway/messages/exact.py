"""The exact path: read a tree against the table of fields and tell everything that is wrong with it, all at once.

The fast path only knows yes. Whatever it does not take comes here: a message with a fault, or a good one written in an unusual way
(escapes, decomposed letters, empty strings). What passes is rebuilt normalised, so that both paths end in the same terms.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
from rapidfuzz import process

from haidang.declarations.rules.fields import Field, wco_pointer
from haidang.gateway.messages.json_safety import Number, is_refused
from haidang.kernel.findings import Finding
from haidang.kernel.money import MAX_INT8, AmountOverflow, NotAnAmount, parse_scaled

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Years that a date of a message may have."""

Groups = Mapping[str, Mapping[str, Field]]
"""For each list of groups (`items`, `permits`, …) the fields of one member, by name."""

_WHOLE = re.compile(r"(0|[1-9][0-9]*)\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_VISIBLE = re.compile(r"[\x21-\x7e]+\Z")
_DIGITS = re.compile(r"[0-9]+\Z")
_DECLARATION_NO = re.compile(r"[0-9]{11,12}\Z")
_NEAREST_NAMES = 3
_SHOWN_OF_A_NAME = 60
UNKNOWN_NAMES = 1_000
"""So many unknown names of one message are told one by one; a message of megabytes can hold half a million."""
MARKS_IN_A_ROW = 30
"""Combining marks that may follow each other (as in the Stream-Safe Text Format, UAX #15): to put many in order takes time that grows with
the square of their number, minutes for one megabyte."""
_INSTANT = Annotated[datetime, msgspec.Meta(tz=True)]


class _Unusable:
    """A value that has its finding already."""


_UNUSABLE = _Unusable()


class ExactReader:
    """Reads trees into normalised plain values and gathers findings. One reader per message."""

    def __init__(self, is_export: bool = False) -> None:
        self.findings: list[Finding] = []
        self._is_export = is_export
        self._of_direction: list[Finding] = []
        self._unknown_names = 0

    def members(
        self, node: object, fields: Mapping[str, Field], pointer: str, groups: Groups, line_no: int | None = None
    ) -> dict[str, object]:
        """Read one object: each field by its row, unknown names named, missing ones named. `pointer` is where the object stands."""
        if not isinstance(node, dict):
            self._add("HD-TYPE", pointer or "/", None, *_type_texts("object", "đối tượng"))
            return {}
        read: dict[str, object] = {}
        for name, value in node.items():
            field = fields.get(name)
            if field is None:
                self._unknown_name(name, fields, pointer)
            elif value != "":
                usable = self._field(value, field, f"{pointer}/{name}", groups, line_no)
                if usable is not _UNUSABLE:
                    read[name] = usable
        for name, field in fields.items():
            if node.get(name, "") == "" and field.needed(self._is_export):
                self.missing(field, f"{pointer}/{name}", line_no)
        return read

    def told(self) -> list[Finding]:
        """Return every finding, when the message cannot become terms; else none.

        What only one direction demands can be missing in the terms: that alone stops nothing here, and `declarations.rules.check` says it again.
        """
        return self.findings + self._of_direction if self.findings else []

    def missing(self, field: Field, pointer: str, line_no: int | None = None, *, in_list: bool = False) -> None:
        """Say that a mandatory field is not there. An empty entry of a list is none in both directions."""
        self._add(
            "HD-MISSING",
            pointer,
            field,
            f"Thiếu chỉ tiêu bắt buộc: {field.name_vi}.",
            f"Mandatory field missing: {field.name_en}.",
            f'Khai "{field.name}".',
            f'Declare "{field.name}".',
            line_no=line_no,
            to=self.findings if field.always_needed or in_list else self._of_direction,
        )

    def _field(self, value: object, field: Field, pointer: str, groups: Groups, line_no: int | None) -> object:
        if field.type == "O":
            return self.members(value, groups[field.name], pointer, groups)
        if field.type == "G" or field.repeat > 1:
            return self._list(value, field, pointer, groups, line_no)
        return self._value(value, field, pointer, line_no)

    def _list(self, value: object, field: Field, pointer: str, groups: Groups, line_no: int | None) -> object:
        if not isinstance(value, list):
            return self._add("HD-TYPE", pointer, field, *_type_texts("list", "danh sách"), line_no=line_no)
        if len(value) > field.repeat:
            return self._add(
                "HD-TOO-MANY",
                pointer,
                field,
                f"{field.name_vi}: {len(value)} phần tử, tối đa {field.repeat}.",
                f"{field.name_en}: {len(value)} entries, at most {field.repeat}.",
                "Chia thành nhiều tờ khai hoặc bỏ bớt.",
                "Split the declaration or leave some out.",
                line_no=line_no,
            )
        if field.type == "G":
            return self._members_of_group(value, field, pointer, groups, line_no)
        return [self._value(entry, field, f"{pointer}/{number}", line_no) for number, entry in enumerate(value)]

    def _members_of_group(
        self, value: Sequence[object], field: Field, pointer: str, groups: Groups, line_no: int | None
    ) -> object:
        if not value and field.needed(self._is_export):
            return self._add(
                "HD-NO-LINES",
                pointer,
                field,
                "Tờ khai không có dòng hàng nào.",
                "The declaration has no goods item.",
                "Khai ít nhất một dòng hàng.",
                "Declare at least one goods item.",
            )
        return [
            self.members(entry, groups[field.name], f"{pointer}/{number}", groups, line_no or number + 1)
            for number, entry in enumerate(value)
        ]

    def _value(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        return _READERS[field.type](self, value, field, pointer, line_no)

    def text(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read a text: NFC, no refused character, within its bytes; half-width where the table says so."""
        if not isinstance(value, str):
            return self._add("HD-TYPE", pointer, field, *_type_texts("string", "chuỗi ký tự"), line_no=line_no)
        if not value.isascii() and _piles_up_marks(value):
            return self._piled_up(field, pointer, line_no)
        text = unicodedata.normalize("NFC", value)
        # What is refused cannot be printed, and almost every text can.
        refused = None if text.isprintable() else next(filter(is_refused, text), None)
        if refused is not None:
            return self._refused_character(refused, field, pointer, line_no)
        if field.type != "W" and not text.isascii():
            wide = next(character for character in text if not character.isascii())
            return self._add(
                "HD-HALF-WIDTH",
                pointer,
                field,
                f"{field.name_vi}: ký tự {_shown(wide)} không phải ký tự ASCII nửa cỡ.",
                f"{field.name_en}: the character {_shown(wide)} is not half-width ASCII.",
                "Viết không dấu, bằng ký tự ASCII.",
                "Write it without diacritics, in ASCII.",
                line_no=line_no,
            )
        size = len(text.encode("utf-8"))
        if size > field.width:
            return self._too_long(size, field, pointer, line_no)
        if field.values and text not in field.values:
            return self._not_of(field, pointer, line_no)
        if not text and field.repeat > 1:
            self.missing(field, pointer, line_no, in_list=True)
        return text

    def key(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read an identifier: visible ASCII without blanks (type K), or the 11 or 12 digits of a declaration number (type N)."""
        text = self.text(value, field, pointer, line_no)
        pattern, vi, en = (
            (_VISIBLE, "chữ, số và dấu ASCII, không có dấu cách", "visible ASCII without blanks")
            if field.type == "K"
            else (_DECLARATION_NO, "11 hoặc 12 chữ số 0-9", "11 or 12 digits 0-9")
        )
        if isinstance(text, str) and not pattern.match(text):
            return self._add(
                "HD-CHARACTER",
                pointer,
                field,
                f"{field.name_vi}: chỉ gồm {vi}.",
                f"{field.name_en}: only {en}.",
                "Bỏ các ký tự khác.",
                "Leave other characters out.",
                line_no=line_no,
            )
        return text

    def decimal(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read a decimal written as a string of ASCII digits with at most one point."""
        if not isinstance(value, str):
            what = ("string that holds a decimal", 'chuỗi chứa số thập phân, ví dụ "12.5"')
            return self._add("HD-TYPE", pointer, field, *_type_texts(*what), line_no=line_no)
        if len(value) > field.width:
            return self._too_long(len(value), field, pointer, line_no)
        try:
            parse_scaled(value, field.decimals)
        except AmountOverflow:
            return self._too_large(field, pointer, line_no)
        except NotAnAmount:
            return self._not_an_amount(value, field, pointer, line_no)
        return value

    def whole(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read a whole number, a JSON integer without sign, point or exponent."""
        if not isinstance(value, Number):
            return self._add("HD-TYPE", pointer, field, *_type_texts("whole number", "số nguyên"), line_no=line_no)
        if not _WHOLE.match(value.text):
            return self._not_an_amount(value.text, field, pointer, line_no)
        if len(value.text) > field.width or int(value.text) > MAX_INT8:
            return self._too_large(field, pointer, line_no)
        if value.text == "0":
            return self._zero(field, pointer, line_no)
        return int(value.text)

    def day(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read a calendar date, YYYY-MM-DD."""
        if not isinstance(value, str):
            return self._add("HD-TYPE", pointer, field, *_type_texts("date string", "chuỗi ngày"), line_no=line_no)
        try:
            read = date.fromisoformat(value) if _DATE.match(value) else None
        except ValueError:
            read = None
        if read is not None and FIRST_YEAR <= read.year <= LAST_YEAR:
            return value
        return self._add(
            "HD-DATE",
            pointer,
            field,
            f"{field.name_vi}: không phải ngày có thật trong khoảng {FIRST_YEAR}-{LAST_YEAR}.",
            f"{field.name_en}: no real date of the years {FIRST_YEAR}-{LAST_YEAR}.",
            "Viết YYYY-MM-DD, ví dụ 2026-03-02.",
            "Write YYYY-MM-DD, for example 2026-03-02.",
            line_no=line_no,
        )

    def instant(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read an instant with its offset from UTC (RFC 3339)."""
        try:
            read = msgspec.convert(value, _INSTANT)
        except msgspec.ValidationError:
            read = None
        if read is not None and FIRST_YEAR <= read.year <= LAST_YEAR:
            return read
        return self._add(
            "HD-DATE",
            pointer,
            field,
            f"{field.name_vi}: không phải thời điểm có múi giờ.",
            f"{field.name_en}: no instant with an offset from UTC.",
            "Viết theo RFC 3339, ví dụ 2026-03-02T08:00:00+07:00.",
            "Write it as RFC 3339, for example 2026-03-02T08:00:00+07:00.",
            line_no=line_no,
        )

    def truth(self, value: object, field: Field, pointer: str, line_no: int | None) -> object:
        """Read true or false."""
        if isinstance(value, bool):
            return value
        return self._add("HD-TYPE", pointer, field, *_type_texts("true or false", "true hoặc false"), line_no=line_no)

    def _unknown_name(self, name: str, fields: Mapping[str, Field], pointer: str) -> None:
        self._unknown_names += 1
        if self._unknown_names > UNKNOWN_NAMES:
            if self._unknown_names == UNKNOWN_NAMES + 1:
                self._more_unknown_names(pointer)
            return
        name = name[:_SHOWN_OF_A_NAME]
        close = tuple(match for match, *_ in process.extract(name, list(fields), limit=_NEAREST_NAMES, score_cutoff=60))
        shown = _shown(name)
        self._add(
            "HD-UNKNOWN-FIELD",
            f"{pointer}/{_escaped(name)}",
            None,
            f"Không có chỉ tiêu {shown}.",
            f"There is no field {shown}.",
            "Xem bảng chỉ tiêu; bỏ hoặc sửa tên.",
            "See the table of fields; leave it out or mend the name.",
            nearest=close,
        )

    def _more_unknown_names(self, pointer: str) -> None:
        self._add(
            "HD-UNKNOWN-FIELD",
            pointer,
            None,
            f"Hơn {UNKNOWN_NAMES} tên chỉ tiêu không có trong bảng; các tên sau không liệt kê nữa.",
            f"More than {UNKNOWN_NAMES} names are not in the table of fields; further ones are not listed.",
            "Xem bảng chỉ tiêu; kiểm tra lại cấu trúc thông điệp.",
            "See the table of fields and check the structure of the message.",
        )

    def _piled_up(self, field: Field, pointer: str, line_no: int | None) -> object:
        return self._add(
            "HD-CHARACTER",
            pointer,
            field,
            f"{field.name_vi}: hơn {MARKS_IN_A_ROW} dấu phụ liền nhau.",
            f"{field.name_en}: more than {MARKS_IN_A_ROW} combining marks in a row.",
            "Xóa các dấu thừa.",
            "Delete the marks that are too many.",
            line_no=line_no,
        )

    def _refused_character(self, character: str, field: Field, pointer: str, line_no: int | None) -> object:
        name = f"U+{ord(character):04X}"
        return self._add(
            "HD-CHARACTER",
            pointer,
            field,
            f"{field.name_vi}: ký tự điều khiển hoặc không nhìn thấy {name}.",
            f"{field.name_en}: control or invisible character {name}.",
            "Xóa ký tự đó.",
            "Delete that character.",
            line_no=line_no,
        )

    def _too_long(self, size: int, field: Field, pointer: str, line_no: int | None) -> object:
        return self._add(
            "HD-TOO-LONG",
            pointer,
            field,
            f"{field.name_vi}: {size} byte, tối đa {field.width} byte.",
            f"{field.name_en}: {size} bytes, at most {field.width}.",
            "Rút ngắn (chữ có dấu chiếm 2-3 byte).",
            "Shorten it (a letter with diacritics takes 2 or 3 bytes).",
            line_no=line_no,
        )

    def _zero(self, field: Field, pointer: str, line_no: int | None) -> object:
        return self._add(
            "HD-ZERO",
            pointer,
            field,
            f"{field.name_vi}: phải từ 1 trở lên.",
            f"{field.name_en}: it must be at least 1.",
            "Khai 1 nếu không đếm được; bỏ chỉ tiêu nếu không có.",
            "Declare 1 when it cannot be counted; leave the field out when there is none.",
            line_no=line_no,
        )

    def _too_large(self, field: Field, pointer: str, line_no: int | None) -> object:
        return self._add(
            "HD-TOO-LARGE",
            pointer,
            field,
            f"{field.name_vi}: số quá lớn.",
            f"{field.name_en}: the number is too large.",
            "Kiểm tra số; nếu đúng, chia dòng hàng hoặc tờ khai.",
            "Check the number; if it is right, split the line or the declaration.",
            line_no=line_no,
        )

    def _not_an_amount(self, value: str, field: Field, pointer: str, line_no: int | None) -> object:
        whole, point, fraction = value.partition(".")
        plain = _DIGITS.match(whole) and _DIGITS.match(fraction) and point
        if plain and field.type == "F":
            return self._add(
                "HD-DECIMALS",
                pointer,
                field,
                f"{field.name_vi}: {len(fraction)} số lẻ, tối đa {field.decimals}.",
                f"{field.name_en}: {len(fraction)} decimals, at most {field.decimals}.",
                "Làm tròn; ghi số đúng trong phần mô tả.",
                "Round it, and put the true number in the description.",
                line_no=line_no,
            )
        return self._add(
            "HD-NUMBER",
            pointer,
            field,
            f"{field.name_vi}: không phải số không âm viết bằng chữ số 0-9.",
            f"{field.name_en}: not a number without sign in digits 0-9.",
            'Viết như "1234.56": không dấu âm, không phân nhóm, không số mũ.',
            'Write it like "1234.56": no sign, no grouping, no exponent.',
            line_no=line_no,
        )

    def _not_of(self, field: Field, pointer: str, line_no: int | None) -> object:
        return self._add(
            "HD-CODE",
            pointer,
            field,
            f"{field.name_vi}: mã không có trong danh sách.",
            f"{field.name_en}: the code is not in the list.",
            "Chọn một mã trong danh sách.",
            "Choose a code of the list.",
            nearest=field.values,
            line_no=line_no,
        )

    def _add(
        self,
        code: str,
        pointer: str,
        field: Field | None,
        text_vi: str,
        text_en: str,
        repair_vi: str = "",
        repair_en: str = "",
        nearest: tuple[str, ...] = (),
        line_no: int | None = None,
        to: list[Finding] | None = None,
    ) -> object:
        (self.findings if to is None else to).append(
            Finding(
                code=code,
                pointer=pointer,
                text_vi=text_vi,
                text_en=text_en,
                repair_vi=repair_vi,
                repair_en=repair_en,
                law=field.law if field else "",
                wco_pointer=wco_pointer(field, line_no) if field else "",
                nearest=nearest,
            )
        )
        return _UNUSABLE


def _type_texts(en: str, vi: str) -> tuple[str, str, str, str]:
    return (
        f"Sai kiểu dữ liệu: phải là {vi}.",
        f"Wrong type: it must be a {en}.",
        "Sửa kiểu; nếu không khai thì bỏ hẳn chỉ tiêu.",
        "Mend the type; what is not declared is left out.",
    )


def _shown(text: str) -> str:
    return ascii(text)


def _piles_up_marks(text: str) -> bool:
    """Whether too many marks stand in a row. By category, because some marks of class 0 fall apart into marks that must be ordered."""
    if unicodedata.is_normalized("NFC", text):
        return False  # takes one pass: text out of order is told at its first place, text in order needs no sorting
    row = 0
    for character in text:
        row = row + 1 if unicodedata.category(character)[0] == "M" else 0
        if row > MARKS_IN_A_ROW:
            return True
    return False


def _escaped(name: str) -> str:
    """Escape a member name for a JSON pointer (RFC 6901); characters that should not be shown are written in ASCII."""
    safe = name if not any(is_refused(character) for character in name) else ascii(name)[1:-1]
    return safe.replace("~", "~0").replace("/", "~1")


_Reader = Callable[[ExactReader, object, Field, str, int | None], object]
_READERS: dict[str, _Reader] = {
    "A": ExactReader.text,
    "W": ExactReader.text,
    "K": ExactReader.key,
    "N": ExactReader.key,
    "F": ExactReader.decimal,
    "I": ExactReader.whole,
    "D": ExactReader.day,
    "T": ExactReader.instant,
    "B": ExactReader.truth,
}
