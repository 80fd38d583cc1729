"""Wire types of the fast path, made from the table of fields: names, types and limits stand in one place."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from haidang.declarations.rules.fields import Field

_EMPTY: dict[str, Any] = {"I": None, "D": None, "T": None, "B": False}


def wire_struct(name: str, fields: Iterable[Field], members: Mapping[str, type] | None = None) -> Any:
    """Make the Struct that msgspec decodes: limits of the table, unknown names refused.

    A field that not both directions demand may be left out; texts are then empty, lists `()`, numbers and dates None. `members` gives
    the type of each group and of an object within. Widths limit characters here; bytes are counted where the text is wide.
    """
    parts: list[Any] = []
    for field in fields:
        annotation = _annotation(field, members or {})
        if field.always_needed:
            parts.append((field.name, annotation))
        elif field.repeat > 1:
            parts.append((field.name, annotation, ()))
        else:
            empty = None if field.type == "O" else _EMPTY.get(field.type, "")
            parts.append((field.name, annotation | None if empty is None else annotation, empty))
    return msgspec.defstruct(
        name, parts, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False, module=__name__
    )


def _annotation(field: Field, members: Mapping[str, type]) -> Any:
    if field.type == "O":
        return members[field.name]
    if field.type == "G":
        annotation: Any = members[field.name]
    else:
        annotation = _scalar(field)
    if field.repeat == 1:
        return annotation
    return Annotated[tuple[annotation, ...], Meta(min_length=int(field.always_needed), max_length=field.repeat)]


def _scalar(field: Field) -> Any:
    shortest = int(field.always_needed or field.repeat > 1)
    match field.type:
        case "I":
            return Annotated[int, Meta(ge=1, le=10**field.width - 1)]
        case "D":
            return date
        case "T":
            return Annotated[datetime, Meta(tz=True)]
        case "B":
            return bool
        case "K":
            return Annotated[str, Meta(pattern=rf"^[\x21-\x7e]{{{shortest},{field.width}}}\Z")]
        case "N":
            return Annotated[str, Meta(pattern=r"^[0-9]{11,12}\Z" if shortest else r"^([0-9]{11,12})?\Z")]
        case _ if field.values:
            return Literal[(*field.values,) if shortest else (*field.values, "")]
        case _:
            return Annotated[str, Meta(min_length=shortest, max_length=field.width)]
