"""What an amendment changes, field by field, and what it may not change (`unamendable.csv`). Pure."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any

from haidang.declarations.rules.fields import Field, fields, rows_of
from haidang.declarations.terms import Declaration, FieldChange, Unamendable
from haidang.kernel.findings import Finding
from haidang.kernel.money import format_scaled

_ROOT = "/declaration"
_SCALES = {"e4": 4, "e6": 6, "milli": 3, "g": 3}
"""Decimals behind the suffix of an attribute; a mass in grams is written in kilograms."""
_CANCEL_INSTEAD = (
    "Xin hủy tờ khai này và khai tờ khai mới.",
    "Ask for this declaration to be cancelled and lodge a new one.",
)
_SUPPLEMENT_INSTEAD = (
    "Giữ nguyên căn cứ này; hoàn chỉnh tờ khai bằng SUPPLEMENT (POST /api/v1/supplements).",
    "Leave it as it is; complete the declaration by a SUPPLEMENT (POST /api/v1/supplements).",
)
_INSTEAD = {"particulars.incomplete_code": _SUPPLEMENT_INSTEAD}
"""What to do about fields for which cancelling is not the way."""
NOTHING_AMENDED = Finding(
    code="HD-NOTHING-AMENDED",
    pointer=_ROOT,
    text_vi="Nội dung khai sửa giống hệt nội dung đang có.",
    text_en="The amended declaration says the same as the one on file.",
    repair_vi="Chỉ gửi khai sửa khi có chỉ tiêu thay đổi.",
    repair_en="Send an amendment only when a field changes.",
)


@cache
def unamendable() -> tuple[Unamendable, ...]:
    """Return the table of fields that may not be amended."""
    return tuple(
        Unamendable(
            attribute=row["attribute"],
            direction=row["direction"],
            release_requested={"always": False, "release_requested": True, "cleared": False}[row["when"]],
            cleared=row["when"] == "cleared",
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            law=f"{row['instrument']} Art. {row['article']}" if row["article"][0].isdigit() else f"{row['instrument']}, {row['article']}",
            verified={"yes": True, "no": False}[row["verified"]],
        )
        for row in rows_of("unamendable.csv")
    )  # fmt: skip


def unamendable_findings(
    old: Declaration, new: Declaration, on: date, *, cleared: bool = False, release_requested: bool = False
) -> tuple[Finding, ...]:
    """Return a finding HD-UNAMENDABLE for every field that changed although the law of the day `on` forbids it; the direction never changes.

    `cleared` says that the goods are cleared already. Release may have been asked for with the declaration, or (`release_requested`) by an act of its own.

    Law: 38/2015/TT-BTC Art. 20, Art. 22 and the items of VNACCS (all unverified, see `unamendable.csv`).
    """
    direction = "export" if old.is_export else "import"
    found = []
    for row in unamendable():
        if row.direction not in (direction, "both") or not _in_force(row, on):
            continue
        asked = bool(old.release_request_code) or release_requested
        if (row.release_requested and not asked) or (row.cleared and not cleared):
            continue
        was, now = attrgetter(row.attribute)(old), attrgetter(row.attribute)(new)
        if was != now:
            found.append(_finding(row, was, now))
    return tuple(found)


def _in_force(row: Unamendable, on: date) -> bool:
    return row.valid_from <= on and (row.valid_until is None or on < row.valid_until)


def _finding(row: Unamendable, was: Any, now: Any) -> Finding:
    field = _by_attribute("header")[row.attribute]
    old, new = _text(row.attribute, was), _text(row.attribute, now)
    repair_vi, repair_en = _INSTEAD.get(row.attribute, _CANCEL_INSTEAD)
    return Finding(
        code="HD-UNAMENDABLE",
        pointer=f"{_ROOT}/{field.name}",
        text_vi=f"{field.name_vi}: không được sửa sau khi đăng ký (đang là {old}, khai sửa {new}).",
        text_en=f"{field.name_en}: may not be amended after registration (it is {old}, the amendment says {new}).",
        repair_vi=repair_vi,
        repair_en=repair_en,
        law=row.law,
        wco_pointer=field.wco_pointer,
    )


def changes(old: Declaration, new: Declaration) -> tuple[FieldChange, ...]:
    """Return every field that differs, in the order of the fields; lines, permits and adjustments are compared place by place."""
    return tuple(_header_changes(old, new))


def changed_lines(old: Declaration, new: Declaration) -> frozenset[int]:
    """Return the numbers of the goods lines that came, went or say something else."""
    was, now = ({item.line_no: item for item in each.items} for each in (old, new))
    return frozenset(line_no for line_no in was.keys() | now.keys() if was.get(line_no) != now.get(line_no))


def _header_changes(old: Declaration, new: Declaration) -> Iterator[FieldChange]:
    for attribute, field in _by_attribute("header").items():
        was, now = attrgetter(attribute)(old), attrgetter(attribute)(new)
        if was == now:
            continue
        if field.type == "G":
            yield from _member_changes(field, field.name.removesuffix("s"), was, now)
        else:
            yield _change(f"{_ROOT}/{field.name}", field, attribute, was, now)


def _member_changes(field: Field, group: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[FieldChange]:
    for place in range(max(len(was), len(now))):
        before = was[place] if place < len(was) else None
        after = now[place] if place < len(now) else None
        if before == after:
            continue
        where = (
            f"{'Dòng' if group == 'item' else field.name_vi} {place + 1}",
            f"{'Line' if group == 'item' else field.name_en} {place + 1}",
        )
        for attribute, member in _by_attribute(group).items():
            old, new = (None if each is None else attrgetter(attribute)(each) for each in (before, after))
            if _text(attribute, old) != _text(attribute, new):
                change = _change(f"{_ROOT}/{field.name}/{place}/{member.name}", member, attribute, old, new)
                yield FieldChange(
                    change.pointer, f"{where[0]}: {change.name_vi}", f"{where[1]}: {change.name_en}", change.old, change.new
                )  # fmt: skip


def _change(pointer: str, field: Field, attribute: str, was: Any, now: Any) -> FieldChange:
    return FieldChange(pointer, field.name_vi, field.name_en, _text(attribute, was), _text(attribute, now))


def _text(attribute: str, value: Any) -> str:
    """Return a value as people read it on the wire: decimals with a point, lists with commas, nothing as an empty text."""
    if value is None or value == () or value is False:
        return ""
    if isinstance(value, tuple):
        return ", ".join(_text("", each) for each in value)
    if isinstance(value, date):
        return value.isoformat()
    if value is True:
        return "true"
    places = _SCALES.get(attribute.rpartition("_")[2])
    if isinstance(value, int) and places:
        return format_scaled(value, places)
    return str(value)


@cache
def _by_attribute(group: str) -> dict[str, Field]:
    return {field.attribute: field for field in fields() if field.group == group and field.attribute}
