"""What stands on one day: parameters, codes, rates; and which valid codes are nearest to a wrong one."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise, takewhile

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from haidang.kernel.money import E4
from haidang.reference.terms import BEGINNING, CodeList, CodeValue, ExchangeRate, Parameter, UnreadableLawbook

_NO_ATTRIBUTES: Mapping[str, str] = {}


class PackedList(Mapping[str, CodeValue]):
    """A long code list held in two blocks of bytes: values without attributes, of one width, of unlimited validity.

    A hundred thousand locations take about 3 MB instead of 35; `in` costs well under a microsecond, and a `CodeValue` is made when asked for.
    Codes are upper-case letters and digits, at most six. Rows that are dated or have attributes stand in `others`.
    """

    def __init__(
        self, of: CodeList, codes: Sequence[str], names: Sequence[str], others: Mapping[str, CodeValue]
    ) -> None:
        """`codes` ascending, `names` in the same order."""
        self._of = of
        self._width = len(codes[0]) if codes else 0
        self._blob = "".join(codes)
        if self._width > 6 or len(self._blob) != self._width * len(codes):
            raise UnreadableLawbook(f"{of.name}: a packed list needs codes of one width, at most 6 characters")
        self._keys = array("I", [int(code, 36) for code in codes])
        if any(low >= high for low, high in pairwise(self._keys)):
            raise UnreadableLawbook(f"{of.name}: codes of a packed list must ascend without repetition")
        encoded = [name.encode() for name in names]
        self._names = b"".join(encoded)
        self._ends = array("I", bytes(4))
        end = 0
        for name in encoded:
            end += len(name)
            self._ends.append(end)
        self._others = dict(others)

    def _index(self, code: object) -> int:
        if not isinstance(code, str) or len(code) != self._width:
            return -1
        try:
            index = bisect_left(self._keys, int(code, 36))
        except (ValueError, OverflowError):
            return -1
        start = index * self._width
        return index if self._blob[start : start + self._width] == code else -1

    def __contains__(self, code: object) -> bool:
        return self._index(code) >= 0 or code in self._others

    def __getitem__(self, code: str) -> CodeValue:
        index = self._index(code)
        if index < 0:
            return self._others[code]
        name = self._names[self._ends[index] : self._ends[index + 1]].decode()
        of = self._of
        return CodeValue(of.name, code, name, name, BEGINNING, None, _NO_ATTRIBUTES, of.source, of.verified, False)

    def __iter__(self) -> Iterator[str]:
        width = self._width
        for start in range(0, len(self._blob), width or 1):
            yield self._blob[start : start + width]
        yield from self._others

    def __len__(self) -> int:
        return len(self._keys) + len(self._others)

    def starting_with(self, prefix: str) -> list[str]:
        """Return the codes that begin with a prefix, without walking the whole list."""
        found = [code for code in self._others if code.startswith(prefix)]
        plain = not prefix or (prefix.isascii() and prefix.isalnum() and prefix == prefix.upper())
        if not self._width or len(prefix) > self._width or not plain:
            return found
        low = bisect_left(self._keys, int(prefix.ljust(self._width, "0"), 36))
        high = bisect_left(self._keys, int(prefix.ljust(self._width, "Z"), 36) + 1)
        width = self._width
        return [self._blob[i * width : (i + 1) * width] for i in range(low, high)] + found


def week_of(on: date) -> date:
    """Return the Monday of the week of a day: exchange rates are keyed by it."""
    return on - timedelta(days=on.weekday())


def stands(row: Parameter | CodeValue, on: date) -> bool:
    """Whether a row is valid on a day: its first day is in, its `valid_until` is out."""
    return row.valid_from <= on and (row.valid_until is None or on < row.valid_until)


def parameters_of_day(parameters: Iterable[Parameter], on: date) -> dict[str, Parameter]:
    """Return the figures that stand on a day, by name."""
    return {row.name: row for row in parameters if stands(row, on)}


def codes_of_day(of: CodeList, values: Iterable[CodeValue], on: date) -> Mapping[str, CodeValue]:
    """Return the values of one list that stand on a day: a dictionary, or a `PackedList` where the list is packed."""
    standing = (value for value in values if stands(value, on))
    if not of.packed:
        return {value.code: value for value in standing}
    plain: list[CodeValue] = []
    others: dict[str, CodeValue] = {}
    for value in standing:
        if is_plain(of, value):
            plain.append(value)
        else:
            others[value.code] = value
    plain.sort(key=lambda value: value.code)
    return PackedList(of, [value.code for value in plain], [value.name_en for value in plain], others)


def is_plain(of: CodeList, value: CodeValue) -> bool:
    """Whether a value of a packed list says nothing beyond its code and one name."""
    return (
        value.valid_from == BEGINNING
        and value.valid_until is None
        and not value.attributes
        and value.name_vi == value.name_en
        and (value.source, value.verified, value.sample) == (of.source, of.verified, False)
    )


def rates_of_week(rates: Iterable[ExchangeRate], on: date) -> dict[str, int]:
    """Return đồng per unit in ten-thousandths for the week of a day. A currency without a row for that week is absent; VND is 10,000."""
    week = week_of(on)
    return {"VND": E4} | {rate.currency_code: rate.rate_e4 for rate in rates if rate.week_from == week}


def nearest(code: str, codes: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return up to `limit` valid codes that differ from a wrong one by at most two slips of the hand, closest first,
    and among equally close ones first those that begin alike.

    A slip is a letter changed, missing, too many, or two neighbours swapped; for codes of one or two characters only one is forgiven.
    In a packed list only codes with the same first two characters are compared.
    """
    wanted = code.strip().upper()[:16]
    if not wanted:
        return ()
    candidates = codes.starting_with(wanted[:2]) if isinstance(codes, PackedList) else sorted(codes)
    slips = 1 if len(wanted) < 3 else 2
    found = extract(wanted, candidates, scorer=OSA.distance, score_cutoff=slips, limit=None)
    ranked = sorted((distance, -_alike(wanted, choice), choice) for choice, distance, _ in found)
    return tuple(choice for _, _, choice in ranked[:limit])


def _alike(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def units_by_vietnamese_name(units: Mapping[str, CodeValue]) -> dict[str, str]:
    """Return the unit code for each Vietnamese unit name printed in tariff schedules (`kg`, `chiếc`, `m2` …), from attribute `unit_vi`."""
    return {
        name: code for code, value in units.items() for name in value.attributes.get("unit_vi", "").split(";") if name
    }
