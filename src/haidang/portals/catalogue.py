"""The form of a declaration, made from the table of fields: which controls stand in which part, in the order of the table.

What stands in the open is what a direction demands and what most declarations say; all other fields wait behind a fold. Fields that officers
fill in, or nobody, are on no form.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct

from haidang.declarations.rules.fields import Field, group

ITEMS = "items"
MOST_LINES = 200
"""Goods lines that the form shows; of a file with more only their number."""
_MEMBERS = {
    "permits": "permit", "adjustments": "adjustment", "attachments": "attachment", "transits": "transit", "tax_reliefs": "tax_relief",
}  # fmt: skip
"""The group of the members of each list of groups."""
_PARTS = {
    "first_declaration_no": "general", "trader_code": "parties", "transport_document_nos": "cargo", "permits": "invoice",
    "valuation_code": "value", "tax_payer_code": "payment", "warehouse_entry_on": "others",
}  # fmt: skip
"""The first field of each part of the form."""
_USUAL = frozenset(
    (
        *("customs_office_code", "cargo_class_code", "trader_name", "trader_address", "counterparty_name", "counterparty_country_code"),
        *("transport_document_nos", "gross_mass", "warehouse_code", "vessel_name", "unloading_place_code", "container_count"),
        *("container_nos", "permits", "invoice_class_code", "invoice_no", "invoice_on", "payment_method_code", "price_kind_code"),
        *("invoice_total", "valuation_code", "freight_code", "freight_currency_code", "freight", "insurance_code"),
        *("insurance_currency_code", "insurance", "payment_timing_code", "attachments", "notes", "trader_reference"),
        *("tariff_schedule_code", "invoice_value", "unit_price", "unit_price_currency_code", "unit_price_unit_code", "tax_codes"),
    )
)  # fmt: skip
_LONG = 150
"""Bytes from which a text gets several rows."""
_CONTROLS = {"D": "date", "I": "whole", "F": "decimal", "B": "truth", "G": "group"}


class Control(Struct, frozen=True):
    """One field on the form. `control` is select, code, date, whole, decimal, truth, text, area or group; `many` is '', words or lines.

    `law` tells who needs it; `members` are the controls of one entry of a group.
    """

    name: str
    name_vi: str
    name_en: str
    control: str
    many: str
    width: int
    most: int
    needed: bool
    vnaccs: str
    values: tuple[str, ...]
    code_list: str
    law: str
    members: tuple["Control", ...] = ()


class Part(Struct, frozen=True):
    """One part of the form: its name, what stands in the open, and what waits behind a fold."""

    name: str
    usual: tuple[Control, ...]
    others: tuple[Control, ...]


@cache
def parts(is_export: bool) -> tuple[Part, ...]:
    """Return the parts of the header for one direction."""
    gathered: dict[str, list[Field]] = {}
    part = ""
    for name, field in group("header").items():
        part = _PARTS.get(name, part)
        if name != ITEMS:
            gathered.setdefault(part, []).append(field)
    return tuple(_part(name, fields, is_export) for name, fields in gathered.items())


@cache
def line(is_export: bool) -> Part:
    """Return the controls of one goods line."""
    return _part(ITEMS, group("item").values(), is_export)


def groups(is_export: bool) -> tuple[Control, ...]:
    """Return every list of groups that the form has, within the lines too."""
    found = [each for part in (*parts(is_export), line(is_export)) for each in (*part.usual, *part.others)]
    return tuple(each for each in found if each.control == "group")


@cache
def code_lists(is_export: bool) -> tuple[str, ...]:
    """Return the lists from which the form suggests codes."""
    whole = [*parts(is_export), line(is_export)]
    controls = [each for part in whole for each in (*part.usual, *part.others)]
    members = [member for each in controls for member in each.members]
    return tuple(sorted({each.code_list for each in (*controls, *members) if each.control == "code"}))


def _part(name: str, fields: Iterable[Field], is_export: bool) -> Part:
    usual: list[Control] = []
    others: list[Control] = []
    for field in fields:
        if (field.need_export if is_export else field.need_import) not in "-XO":
            in_the_open = field.needed(is_export) or field.name in _USUAL
            (usual if in_the_open else others).append(_control(field, is_export))
    return Part(name, tuple(usual), tuple(others))


def _control(field: Field, is_export: bool) -> Control:
    members = tuple(_members(field, is_export)) if field.type == "G" else ()
    control = _CONTROLS.get(field.type, "area" if field.width >= _LONG else "text")
    if field.values or field.code_list:
        control = "select" if field.values else "code"
    many = (
        "" if field.repeat == 1 or field.type == "G" else ("words" if field.code_list or field.type == "I" else "lines")
    )
    return Control(
        name=field.name, name_vi=field.name_vi, name_en=field.name_en, control=control, many=many, width=field.width, most=field.repeat,
        needed=field.needed(is_export), vnaccs=field.vnaccs(is_export), values=field.values,
        code_list="" if field.values else field.code_list, law=field.law, members=members,
    )  # fmt: skip


def _members(field: Field, is_export: bool) -> Iterator[Control]:
    for member in group(_MEMBERS[field.name]).values():
        if (member.need_export if is_export else member.need_import) not in "-XO":
            yield _control(member, is_export)


class Place(Struct, frozen=True):
    """Where a finding points: the id of the control, the field's names, the number of the goods line or 0, and its rank from the top of the form."""

    id: str
    name_vi: str
    name_en: str
    line_no: int
    rank: tuple[int, ...] = ()


_ROOT = "/declaration"


def place(pointer: str) -> Place:
    """Return where a pointer into a message leads on the form; what is about the whole leads nowhere."""
    if not pointer.startswith(_ROOT + "/"):
        return Place("", "", "", 0)
    steps = pointer.removeprefix(_ROOT + "/").split("/")
    rows, found, rank = group("header"), None, []
    line_no = int(steps[1]) + 1 if steps[0] == ITEMS and len(steps) > 1 and steps[1].isdecimal() else 0
    for step in steps:
        rank.append(int(step) if step.isdecimal() else list(rows).index(step) if step in rows else 0)
        if step in rows:
            found = rows[step]
            rows = group("item") if step == ITEMS else group(_MEMBERS[step]) if step in _MEMBERS else {}
    return Place(
        "f-" + "-".join(steps), found.name_vi if found else "", found.name_en if found else "", line_no, tuple(rank)
    )
