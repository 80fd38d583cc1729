"""What a message with faults of form still says: so that its declaration is checked too, and everything wrong with it is told at once.

What could not be read is filled with stand-ins, only to have a declaration that the rules can look at. Nothing is ever registered from it, and no
finding that looked at a stand-in is told (`declarations.rules.depending`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from haidang.clearance.rules.judging import DayBook, Judgement, judge
from haidang.declarations import rules as declaration_rules
from haidang.declarations.rules.depending import independent
from haidang.declarations.rules.fields import Field
from haidang.declarations.rules.wording import ROOT
from haidang.declarations.terms import Declaration
from haidang.gateway.messages.declaration import GROUPS, HEADER, WireDeclaration, declaration_from_wire
from haidang.kernel.findings import Finding
from haidang.kernel.money import AmountOverflow

_UNKNOWN = "HD-UNKNOWN-FIELD"
_ANY_LEVEL, _ANY_DRAW = 3, 9_999
"""No finding depends on them: nothing is channelled here."""
MOST_FAULTS = 1_000
"""Whoever sends more has another problem than a code; and looking further at what is wrong in every field takes seconds."""
_encode = msgspec.json.Encoder().encode


class Faults(list[Finding]):
    """All faults of form of one message, and what could be read of it, by name."""

    __slots__ = ("read",)

    def __init__(self, findings: list[Finding], read: Mapping[str, object]) -> None:
        super().__init__(findings)
        self.read = read


def remaining(faults: Faults) -> Declaration | None:
    """Return the declaration with stand-ins for what is missing or could not be read; None when the message holds none."""
    declared = faults.read.get("declaration")
    if not isinstance(declared, dict) or not declared:
        return None
    whole = _completed(declared, HEADER)
    canonical = _encode(whole)
    try:
        wire = msgspec.convert(whole, WireDeclaration)
        return declaration_from_wire(wire, len(canonical) - len(canonical.decode()))
    except AmountOverflow:
        return None


def everything(faults: Faults, day: DayBook, at: datetime) -> list[Finding]:
    """Return the faults and what else is wrong with the declaration by the law of that instant, in the order of their places, each once.

    What else is told would be wrong whatever the faults are mended to. Values and taxes are looked at only when all of the declaration could be
    read. A message with more than `MOST_FAULTS` is not looked at further: its faults are given as they follow each other in it.
    """
    if len(faults) > MOST_FAULTS:
        return faults
    declared = remaining(faults)
    if declared is None:
        return in_order(faults)
    unread = _unread(faults)
    if unread:
        found = declaration_rules.check(declared, day.codes, day.tariff.entries, day.on)
    else:
        judged = judge(declared, day, at, _ANY_LEVEL, _ANY_DRAW)
        found = () if isinstance(judged, Judgement) else judged
    return in_order([*faults, *independent(found, unread)])


def whole(declared: Declaration, day: DayBook, at: datetime) -> list[Finding]:
    """Return what is wrong with a declaration without faults of form, by the law of that instant; mandates, debts and guarantees are not looked at."""
    judged = judge(declared, day, at, _ANY_LEVEL, _ANY_DRAW)
    return [] if isinstance(judged, Judgement) else in_order(judged)


def _unread(faults: Faults) -> set[str]:
    """Return where the declaration could not be read. A name that is none may be meant for each of its neighbours."""
    unread = set()
    for each in faults:
        if each.code != _UNKNOWN:
            unread.add(each.pointer)
            continue
        home = each.pointer.rpartition("/")[0]
        unread |= {f"{home}/{name}" for name in each.nearest}
    return {pointer for pointer in unread if pointer.startswith(ROOT) or pointer in ("", "/")}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of their places: names by alphabet, lines by number."""
    return sorted(findings, key=lambda finding: _place(finding.pointer))


def _place(pointer: str) -> list[tuple[int, int, str]]:
    # A list is sorted by number, an object by name; at one place there is but one of the two.
    return [(1, int(part), "") if part.isdecimal() and part.isascii() else (0, 0, part) for part in pointer.split("/")]


def _completed(read: Mapping[str, object], fields: Mapping[str, Field]) -> dict[str, object]:
    whole: dict[str, object] = {}
    for name, field in fields.items():
        value = read.get(name)
        if field.type == "G":
            members = value if isinstance(value, list) else []
            value = [_completed(each, GROUPS[name]) for each in members] or (
                [_completed({}, GROUPS[name])] if field.always_needed else []
            )
        elif field.repeat > 1:
            value = (
                [each if isinstance(each, str) and each else _stand_in(field) for each in value]
                if isinstance(value, list)
                else []
            )
        elif value is None and field.always_needed:
            value = _stand_in(field)
        if value is not None and value != []:
            whole[name] = value
    return whole


def _stand_in(field: Field) -> Any:
    """Return a value that the form allows; what it says is never looked at by a rule whose finding is told."""
    if field.values:
        return field.values[0]
    return {"F": "1", "I": 1, "D": "2000-01-01", "N": "10000000000"}.get(field.type, "?")
