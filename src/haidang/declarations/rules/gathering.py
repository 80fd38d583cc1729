"""Findings about a declaration as they gather, with the code lists of the day and the nearest codes for what is wrong."""

from collections.abc import Container, Iterable, Mapping
from datetime import date
from typing import Any

from haidang.declarations.rules.fields import group
from haidang.declarations.rules.wording import about_header, about_item, about_line_member, about_member
from haidang.kernel.findings import Finding
from haidang.reference.rules import nearest
from haidang.reference.terms import BEGINNING, CodeValue

ADVISED = 8
"""So many wrong codes of one declaration are given their nearest neighbours; searching for thousands would cost seconds."""

_HEADER, _ITEM = group("header"), group("item")


class Gathered(list[Finding]):
    """Findings so far, with the lists and the day against which codes are judged."""

    __slots__ = ("_advice_left", "lists", "on", "tariff_codes")

    def __init__(
        self, lists: Mapping[str, Mapping[str, CodeValue]], tariff_codes: Container[str], registered_on: date
    ) -> None:
        self.lists = lists
        self.tariff_codes = tariff_codes
        self.on = registered_on
        self._advice_left = ADVISED

    def header_code(self, name: str, code: str) -> None:
        """A code of the header is not in force."""
        self.append(about_header("HD-CODE", name, **self._facts(code, self.lists[_HEADER[name].code_list])))

    def member_code(self, members: str, slot: int, name: str, code: str, list_name: str) -> None:
        """A code of a permit or an adjustment is not in force."""
        self.append(about_member("HD-CODE", members, slot, name, **self._facts(code, self.lists[list_name])))

    def relief_code(self, line_no: int, slot: int, code: str) -> None:
        """A code of relief from another tax is not in force."""
        facts = self._facts(code, self.lists["exemption_code"])
        self.append(about_line_member("HD-CODE", line_no, "tax_reliefs", slot, "exemption_code", **facts))

    def item_code(self, line_no: int, name: str, code: str) -> None:
        """A code of a line is not in force."""
        self.append(about_item("HD-CODE", line_no, name, **self._facts(code, self.lists[_ITEM[name].code_list])))

    def commodity_code(self, line_no: int, code: str) -> None:
        """A commodity code is not in the tariff."""
        listed: Iterable[str] = self.tariff_codes if isinstance(self.tariff_codes, Iterable) else ()
        beside = [other for other in listed if other[:2] == code[:2]] if self._advice_left else []
        self.append(about_item("E0115", line_no, **self._facts(code, beside)))

    def _facts(self, code: str, known: Iterable[str]) -> dict[str, Any]:
        """Return what is said about a wrong code: the day, and the nearest codes with their days of validity."""
        close: tuple[str, ...] = ()
        if self._advice_left:
            self._advice_left -= 1
            close = nearest(code, known)
        values = [known[near] for near in close] if isinstance(known, Mapping) else []
        shown = close if not values else tuple(_with_validity(value) for value in values)
        return {
            "nearest": close,
            "code": ascii(code)[1:-1] if not code.isprintable() else code,
            "on": self.on.isoformat(),
            "near_vi": f", gần giống: {', '.join(shown)}" if shown else "",
            "near_en": f", such as {', '.join(shown)}" if shown else "",
        }


def _with_validity(value: CodeValue) -> str:
    since = "" if value.valid_from <= BEGINNING else value.valid_from.isoformat()
    until = value.valid_until.isoformat() if value.valid_until else ""
    return f"{value.code} ({since}…{until})" if since or until else value.code
