"""The words of every finding about a declaration, from `rules.csv`: what is wrong, where, which law, what to do.

Codes R…, E… are those of VNACCS, where the same code may mean another thing in another procedure: those here are of IDA for imports and of EDA for
exports, whichever call (IDA, IDC, LODGE …) the finding comes with; the caller knows and names it. `HD-…` are ours and mean the same everywhere.
Pointers lead into the message as received, which holds the declaration under `/declaration`.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
from msgspec import Struct

from haidang.declarations.rules.fields import PARTICULARS, Field, fields, group, rows_of, wco_pointer
from haidang.kernel.findings import Finding

ROOT = "/declaration"


class Wording(Struct, frozen=True):
    """One row of `rules.csv`. Texts hold places for facts in braces; an empty `law` means that of the field.

    `procedures` are those of VNACCS in which the code means this (IDA, EDA; IDC and EDC for what registration alone checks); ours mean the same everywhere.
    `reads` names the fields whose values the rule looks at beside its own; `-` says that there are none, and empty that it may be any.
    """

    code: str
    procedures: str
    field: str
    text_vi: str
    text_en: str
    repair_vi: str
    repair_en: str
    law: str
    reads: str = ""


@cache
def wordings() -> dict[str, Wording]:
    """Return every rule of this room by its code."""
    return {row["code"]: msgspec.convert(row, Wording) for row in rows_of("rules.csv")}


def about_header(
    code: str, /, name: str = "", pointer: str = "", nearest: Sequence[str] = (), **facts: object
) -> Finding:
    """Word a finding about a header field: `name` on the wire, by default that of the rule; `pointer` below the field, such as `/0`."""
    wording = wordings()[code]
    field = group("header")[name or wording.field]
    return _worded(wording, field, f"{ROOT}/{field.name}{pointer}", None, nearest, facts)


def about_item(
    code: str, /, line_no: int, name: str = "", pointer: str = "", nearest: Sequence[str] = (), **facts: object
) -> Finding:
    """Word a finding about a field of a goods line; people count lines from 1, pointers from 0."""
    wording = wordings()[code]
    field = group("item")[name or wording.field]
    return _worded(wording, field, f"{ROOT}/items/{line_no - 1}/{field.name}{pointer}", line_no, nearest, facts)


def about_member(
    code: str, /, members: str, slot: int, name: str, nearest: Sequence[str] = (), **facts: object
) -> Finding:
    """Word a finding about a field of a permit or an adjustment; `members` is the list on the wire, `slot` counts from 1."""
    field = group(members.removesuffix("s"))[name]
    return _worded(
        wordings()[code], field, f"{ROOT}/{members}/{slot - 1}/{name}", None, nearest, {"slot": slot, **facts}
    )


def about_line_member(
    code: str, /, line_no: int, members: str, slot: int, name: str, nearest: Sequence[str] = (), **facts: object
) -> Finding:
    """Word a finding about a member of a list within a goods line; line and slot count from 1."""
    field = group(members.removesuffix("s"))[name]
    pointer = f"{ROOT}/items/{line_no - 1}/{members}/{slot - 1}/{name}"
    return _worded(wordings()[code], field, pointer, line_no, nearest, {"slot": slot, **facts})


def _worded(
    wording: Wording, field: Field, pointer: str, line_no: int | None, nearest: Sequence[str], facts: dict[str, object]
) -> Finding:
    said = {"name": field.name, "name_vi": field.name_vi, "name_en": field.name_en, **facts}
    of_line = ("", "") if line_no is None else (f"Dòng {line_no}: ", f"Line {line_no}: ")
    return Finding(
        code=wording.code,
        pointer=pointer,
        text_vi=of_line[0] + wording.text_vi.format(**said),
        text_en=of_line[1] + wording.text_en.format(**said),
        repair_vi=wording.repair_vi.format(**said),
        repair_en=wording.repair_en.format(**said),
        law=wording.law or field.law,
        wco_pointer=wco_pointer(field, line_no),
        nearest=tuple(nearest),
    )


@cache
def _by_attribute() -> dict[tuple[str, str], Field]:
    return {(field.group, field.attribute.removeprefix(PARTICULARS)): field for field in fields() if field.attribute}


_GROUP_OF = {"items": "item", "permits": "permit", "adjustments": "adjustment"}


def located(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings of other rooms with their place as the declarant knows it.

    The rules of value and tax point into the terms (`/items/0/invoice_value_e4`); here that becomes the pointer into the message
    (`/declaration/items/0/invoice_value`) and gets its WCO pointer. A finding about the same thing twice is given once.
    """
    placed: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        here = finding if finding.pointer.startswith(ROOT) else _located(finding)
        placed.setdefault((here.code, here.pointer), here)
    return tuple(placed.values())


def _located(finding: Finding) -> Finding:
    parts = finding.pointer.split("/")[1:]
    in_group = len(parts) > 2 and parts[0] in _GROUP_OF
    place = 2 if in_group else 0
    field = _by_attribute().get((_GROUP_OF[parts[0]] if in_group else "header", parts[place]))
    if field is None:
        return msgspec.structs.replace(finding, pointer=ROOT + finding.pointer)
    parts[place] = field.name
    line_no = int(parts[1]) + 1 if in_group and parts[0] == "items" else None
    return msgspec.structs.replace(
        finding, pointer="/".join((ROOT, *parts)), wco_pointer=finding.wco_pointer or wco_pointer(field, line_no)
    )
