"""Codes as the form suggests them: by their beginning, or by words of their names, with or without Vietnamese marks."""

import functools
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from msgspec import Struct
from psycopg import Connection

from haidang.kernel.calendar import vn_date
from haidang.portals.reading import reader
from haidang.reference import lookups as reference
from haidang.reference.terms import CodesOfDay, CodeValue
from haidang.tariff import lookups as tariff

MOST = 30
TARIFF, TAX = "tariff", "tax"
_ALSO = {TAX: "vat_code"}
"""Lists that stand under another name in the law book."""
_SEARCHED = 5_000
"""Codes of a list whose names are searched; of a longer one only the codes are."""


class Suggestion(Struct, frozen=True):
    """One code with its names."""

    code: str
    name_vi: str
    name_en: str


def suggest(list_name: str, typed: str) -> list[Suggestion]:
    """Return codes of a list of today's law that fit what was typed; none for a list that is not there."""
    with reader().connection() as connection:
        version, on = _today(connection)
        if list_name == TARIFF:
            return [Suggestion(code, name, name) for code, name in tariff.suggest(connection, version, on, typed, MOST)]
        codes = _codes(version, on, connection)
    return _fitting(codes.lists.get(_ALSO.get(list_name, list_name), {}), typed)


class Spoken(Struct, frozen=True):
    """A code with what it is called in the law book of today; without names when it stands in no list."""

    code: str
    name_vi: str = ""
    name_en: str = ""


class Names:
    """What codes are called today."""

    def __init__(self, lists: Mapping[str, Mapping[str, CodeValue]]) -> None:
        self._lists = lists

    def of(self, list_name: str, code: str | None) -> Spoken:
        """Return a code with its names."""
        found = self._lists.get(list_name, {}).get(code or "")
        return Spoken(found.code, found.name_vi, found.name_en) if found is not None else Spoken(code or "")


def names_of_today() -> Names:
    """Return what codes are called today."""
    with reader().connection() as connection:
        version, on = _today(connection)
        return Names(_codes(version, on, connection).lists)


def _today(connection: Connection[Any]) -> tuple[int, date]:
    row = connection.execute("SELECT legal_now()").fetchone()
    assert row is not None
    return reference.latest_version(connection), vn_date(row[0])


_kept: dict[tuple[int, date], CodesOfDay] = {}
"""The codes of the last day asked for: reading them takes some tenths of a second."""


def _codes(version: int, on: date, connection: Connection[Any]) -> CodesOfDay:
    kept = _kept.get((version, on))
    if kept is None:
        kept = reference.read_codes(connection, version, on)
        _kept.clear()
        _kept[version, on] = kept
    return kept


def _fitting(values: Mapping[str, CodeValue], typed: str) -> list[Suggestion]:
    wanted = _plain(typed).split()
    found = islice(_found(values, wanted), MOST)
    return [Suggestion(each.code, each.name_vi, each.name_en) for each in found]


def _found(values: Mapping[str, CodeValue], wanted: list[str]) -> Iterator[CodeValue]:
    """Yield first the codes that begin as typed, then those whose names hold every word."""
    beginning = wanted[0].upper() if len(wanted) == 1 else ""
    told = set()
    if beginning or not wanted:
        for code in values:
            if code.startswith(beginning):
                told.add(code)
                yield values[code]
    if not wanted or len(values) > _SEARCHED:
        return
    for code, value in values.items():
        if code not in told and all(word in _plain(f"{value.name_vi} {value.name_en}") for word in wanted):
            yield value


@functools.lru_cache(maxsize=20_000)
def _plain(text: str) -> str:
    """Return a text without marks, in small letters: `Đà Nẵng` is found by `da nang`."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
