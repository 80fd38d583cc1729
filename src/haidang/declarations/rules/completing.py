"""Declarations that are lodged incomplete and completed later: on which ground, what may wait, and what the supplement may say. Pure.

Grounds and fields are dated data (`incomplete_grounds.csv`, `incomplete_fields.csv`).

Law: 54/2014/QH13 Art. 43 (priority enterprises), Art. 50 (goods for urgent needs), both unverified; which fields may wait is inferred.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache

from haidang.declarations.rules.amending import changes
from haidang.declarations.rules.fields import group, rows_of
from haidang.declarations.terms import Declaration, FieldChange, IncompleteGround, LaterField
from haidang.kernel.findings import Finding

_ROOT = "/declaration"
_CODE = f"{_ROOT}/incomplete_code"
_MISSING = frozenset(("HD-MISSING", "R1091"))
"""Findings that say that a field is not there: mandatory by the form, or containers that are to be counted."""
STILL_INCOMPLETE = Finding(
    code="HD-STILL-INCOMPLETE",
    pointer=_CODE,
    text_vi="Tờ khai bổ sung vẫn ghi căn cứ khai chưa hoàn chỉnh.",
    text_en="The supplement still says that the declaration is incomplete.",
    repair_vi="Bỏ chỉ tiêu incomplete_code và khai đủ mọi chỉ tiêu.",
    repair_en="Leave out incomplete_code and declare every field.",
    law="54/2014/QH13 Art. 43",
)


@cache
def grounds() -> tuple[IncompleteGround, ...]:
    """Return the table of grounds."""
    return tuple(
        IncompleteGround(
            code=row["code"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_until=_day(row["valid_until"]),
            law=f"{row['instrument']} Art. {row['article']}",
            verified={"yes": True, "no": False}[row["verified"]],
            level=int(row["level"]) if row["level"] else None,
            cargo_classes=frozenset(row["cargo_classes"].split()),
            name_vi=row["name_vi"],
            name_en=row["name_en"],
        )
        for row in rows_of("incomplete_grounds.csv")
    )


@cache
def later_fields() -> tuple[LaterField, ...]:
    """Return the table of fields that a supplement may give or state anew."""
    return tuple(
        LaterField(
            group=row["group"],
            field=row["field"],
            may_be_missing={"yes": True, "no": False}[row["may_be_missing"]],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_until=_day(row["valid_until"]),
            law=f"{row['instrument']} Art. {row['article']}",
            verified={"yes": True, "no": False}[row["verified"]],
        )
        for row in rows_of("incomplete_fields.csv")
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _stands(row: IncompleteGround | LaterField, on: date) -> bool:
    return row.valid_from <= on and (row.valid_until is None or on < row.valid_until)


def ground_of(code: str, on: date) -> IncompleteGround | None:
    """Return the ground of a code that stands on a day, None when none does."""
    return next((ground for ground in grounds() if ground.code == code and _stands(ground, on)), None)


@cache
def _later(on: date) -> Mapping[tuple[str, str], LaterField]:
    return {(row.group, row.field): row for row in later_fields() if _stands(row, on)}


def without_later(findings: Iterable[Finding], on: date) -> tuple[Finding, ...]:
    """Return the findings on an incomplete declaration without those that say that a field is missing which may wait on the day `on`."""
    may_wait = {f"{_ROOT}/{row.field}" for row in _later(on).values() if row.may_be_missing and row.group == "header"}
    return tuple(each for each in findings if each.code not in _MISSING or each.pointer not in may_wait)


def ground_findings(declared: Declaration, level: int, on: date) -> tuple[Finding, ...]:
    """Return HD-INCOMPLETE-GROUND when the ground on which a declaration is lodged incomplete is not the trader's or not that of the goods.

    `level` is the trader's compliance level (1: priority enterprise) at the registration, on the day `on`.
    """
    code = declared.particulars.incomplete_code
    if not code:
        return ()
    ground = ground_of(code, on)
    if ground is None:
        return (_no_ground("không có hiệu lực vào ngày này", "is not in force on this day", "54/2014/QH13"),)
    if ground.level is not None and level != ground.level:
        return (_no_ground("chỉ dành cho doanh nghiệp ưu tiên", "is for priority enterprises only", ground.law),)
    if ground.cargo_classes and declared.cargo_class_code not in ground.cargo_classes:
        classes = ", ".join(sorted(ground.cargo_classes))
        return (
            _no_ground(
                f"chỉ dành cho hàng hóa có mã phân loại {classes}",
                f"is for goods of the cargo classes {classes} only",
                ground.law,
            ),
        )
    return ()


def _no_ground(why_vi: str, why_en: str, law: str) -> Finding:
    return Finding(
        code="HD-INCOMPLETE-GROUND",
        pointer=_CODE,
        text_vi=f"Căn cứ khai chưa hoàn chỉnh này {why_vi}.",
        text_en=f"This ground to lodge an incomplete declaration {why_en}.",
        repair_vi="Khai đủ mọi chỉ tiêu và bỏ incomplete_code.",
        repair_en="Declare every field and leave out incomplete_code.",
        law=law,
    )


def supplement_findings(old: Declaration, new: Declaration, on: date) -> tuple[Finding, ...]:
    """Return what forbids that `new` completes the incomplete declaration `old`: it is incomplete itself, or changes what could not wait on the day `on`.

    What may not be supplied later is amended, or the declaration is cancelled: each such field is an HD-NOT-LATER.
    """
    found = [STILL_INCOMPLETE] if new.particulars.incomplete_code else []
    later = _later(on)
    for change in changes(old, new):
        where = _field_of(change)
        if where not in later and where != ("header", "incomplete_code"):
            found.append(_not_later(change))
    return tuple(found)


def _field_of(change: FieldChange) -> tuple[str, str]:
    """Return (group, name) of the field that a change is of; a member of another list counts as the list."""
    parts = change.pointer.removeprefix(_ROOT).split("/")[1:]
    return ("item", parts[2]) if parts[0] == "items" else ("header", parts[0])


def _not_later(change: FieldChange) -> Finding:
    return Finding(
        code="HD-NOT-LATER",
        pointer=change.pointer,
        text_vi=f"{change.name_vi}: không được khai sau (đang là {change.old or '(trống)'}, bổ sung {change.new or '(trống)'}).",
        text_en=f"{change.name_en}: cannot be supplied later (it is {change.old or '(none)'}, the supplement says {change.new or '(none)'}).",
        repair_vi="Để nguyên chỉ tiêu này; nếu khai sai thì khai sửa (AMEND) trước khi bổ sung.",
        repair_en="Leave it as it is; if it is wrong, AMEND the declaration before you supplement it.",
        law="54/2014/QH13 Art. 43",
    )


def left_out(declared: Declaration, on: date) -> tuple[str, ...]:
    """Return the names of the fields that an incomplete declaration leaves out and that are fields of its direction; empty when there are none."""
    header = group("header")
    return tuple(
        row.field
        for row in _later(on).values()
        if row.may_be_missing
        and (header[row.field].need_export if declared.is_export else header[row.field].need_import) != "-"
        and getattr(declared, header[row.field].attribute) in (None, "")
    )
