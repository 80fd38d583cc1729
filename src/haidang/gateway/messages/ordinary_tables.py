"""What the compiled decoder reads ordinary messages by: readers made from the table of fields, where the module is built.

`ordinary.c` knows JSON and the types of field; every name, width, value and scale comes from here, out of the table that the wire types are made of.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import NODEFAULT

from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.exact import FIRST_YEAR, LAST_YEAR
from haidang.gateway.messages.json_safety import CERTAIN

try:
    from haidang.gateway.messages import ordinary
except ImportError:  # it is built where a C compiler and the headers of Python are
    BUILT = False
else:
    BUILT = True

Reader = Callable[[bytes], Any]
"""Returns the term that the bytes of a JSON object give, or None where the decoder in Python has to look."""

_WITHIN = "GO"
_BASIC_PLANE = 0x10000


def reader(
    made: type,
    rows: Iterable[Field],
    members: Mapping[str, Reader | None] | None = None,
    *,
    scales: Callable[[str], int] = lambda _: 0,
    only: Mapping[str, str] | None = None,
    ordinal: str = "",
    told: tuple[str, str, frozenset[str]] = ("", "", frozenset()),
) -> Reader | None:
    """Return what reads JSON objects of these fields into a Struct; None where the module is not built.

    A message with a rare field, or with an object or list for which `members` has no reader, is not ordinary. `scales` gives the decimal places that an
    attribute has in the terms; `only` what a field without an attribute must say, so that it changes no other; `ordinal` names the attribute that numbers
    the members of a list from 1; `told` an attribute that is True where another holds one of these texts.

    Raises:
        TypeError: an attribute of the Struct would be left without a value.
    """
    if not BUILT:
        return None
    members, only = members or {}, only or {}
    table = [
        _row(field, members.get(field.name), scales, only)
        for field in rows
        if not field.rare and (field.type not in _WITHIN or field.name in members)
    ]
    slots = msgspec.structs.fields(made)
    defaults = {slot.name: slot.default for slot in slots if slot.default is not NODEFAULT}
    given = {row[2] for row in table if row[-1]} | defaults.keys() | {ordinal, told[0]}
    if without := sorted({slot.name for slot in slots} - given):
        raise TypeError(f"{made.__name__}: nothing gives {without}")
    return ordinary.Reader(made, tuple(table), defaults, ordinal, told)


def _row(
    field: Field, member: Reader | None, scales: Callable[[str], int], only: Mapping[str, str]
) -> tuple[str, str, str, int, int, int, int, frozenset[str] | None, Reader | None, bool]:
    attribute = field.name if field.group == "envelope" else field.attribute
    kind = "O" if field.type in _WITHIN else field.type
    values = frozenset(field.values if attribute else (only[field.name],)) or None
    unit = 10 ** (scales(attribute) - field.decimals) if kind == "F" else 1
    return (
        field.name,
        kind,
        attribute,
        field.width,
        field.repeat,
        field.decimals,
        unit,
        values,
        member,
        field.always_needed,
    )


def _bits() -> bytes:
    bits = bytearray(_BASIC_PLANE // 8)
    for code in map(ord, CERTAIN):
        bits[code >> 3] |= 1 << (code & 7)
    return bytes(bits)


if BUILT:
    ordinary.configure(_bits(), FIRST_YEAR, LAST_YEAR)
