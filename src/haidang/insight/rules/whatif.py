"""What if this had been the law: revenue of a history under two laws, by tax, chapter, origin, province, size of firm and month.

Each chunk of a history is taxed in columns under both laws (`taxes.columns`). A line that one of them does not decide is left out on both sides, counted
and named: a sum of what is known on one side only would show a change that no law makes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from haidang.insight.terms import Chunk, RevenueChange, Undecided, WhatIf
from haidang.kernel.money import E4
from haidang.taxes.columns import Int64, Law, Levied, Plan, Plans, Profile
from haidang.taxes.terms import TaxKind

DIMENSIONS = ("chapter", "origin", "province", "firm_size", "month")
MOST_NAMED = 20
"""Winners, and losers, that are named."""
TOO_LARGE = "too_large"
_HALF = 30
_LOW = (1 << _HALF) - 1

Sums = dict[tuple[str, str], int]


def sums_by(places: NDArray[np.integer], amounts: Int64, count: int) -> Int64:
    """Return exact sums of amounts by place, 0 to `count`: amounts in two halves, so that no sum passes what a double holds exactly.

    A chunk has at most 2²⁰ lines, an amount at most 2⁶²: either half adds up to less than 2⁵³.
    """
    high = np.bincount(places, weights=amounts >> _HALF, minlength=count).astype(np.int64)
    low = np.bincount(places, weights=amounts & _LOW, minlength=count).astype(np.int64)
    return (high << _HALF) + low


class _Side:
    """One of the two laws: its plans from chunk to chunk, and what it has brought so far."""

    def __init__(self, name: str, law: Law) -> None:
        self.name = name
        self._law = law
        self._kept: dict[Profile, Plan] = {}
        self.taxes: dict[TaxKind, int] = defaultdict(int)
        self.groups: Sums = defaultdict(int)
        self.traders: dict[str, int] = defaultdict(int)
        self.undecided: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def levy(self, chunk: Chunk) -> tuple[Levied, NDArray[np.bool_]]:
        """Return what the lines bear, and which of them this law does not decide; these are counted with their reasons."""
        plans = Plans(chunk.profiles, self._law, self._kept)
        levied = plans.levy(chunk.lines)
        open_ = plans.undecided[chunk.lines.profile]
        for at in levied.too_large:
            open_[at] = True
            self._count("", TOO_LARGE, 1, int(chunk.lines.value_vnd_e4[at]))
        if plans.undecided.any():
            count = len(chunk.profiles)
            lines = np.bincount(chunk.lines.profile, minlength=count)
            values = sums_by(chunk.lines.profile, chunk.lines.value_vnd_e4, count)
            for number in np.flatnonzero(plans.undecided):
                for tax, reason in plans.plans[number].undecided:
                    name = tax.name.lower() if tax is not None else ""
                    self._count(name, reason, int(lines[number]), int(values[number]))
        return levied, open_

    def add(self, chunk: Chunk, levied: Levied, decided: NDArray[np.bool_]) -> None:
        """Add the taxes of the lines that both laws decide."""
        count = len(chunk.declarations.traders)
        whole = np.zeros(len(decided), np.int64)
        paid = np.zeros(count, np.int64)
        for kind, column in levied.amounts.items():
            amounts = np.where(decided, column, 0)
            whole += amounts
            rounded = (sums_by(chunk.declaration, amounts, count) + E4 // 2) // E4
            self.taxes[kind] += int(rounded.sum())
            paid += rounded
        for name, amount in zip(chunk.declarations.traders, paid.tolist(), strict=True):
            self.traders[name] += amount
        self._group(chunk, whole, count)

    def _group(self, chunk: Chunk, whole: Int64, count: int) -> None:
        of_profile = sums_by(chunk.lines.profile, whole, len(chunk.profiles)).tolist()
        for profile, amount in zip(chunk.profiles, of_profile, strict=True):
            self.groups["chapter", profile.commodity_code[:2]] += amount
            self.groups["origin", profile.origin_country_code] += amount
        of_declaration = sums_by(chunk.declaration, whole, count).tolist()
        told = chunk.declarations
        for dimension, names in (("province", told.provinces), ("firm_size", told.firm_sizes), ("month", told.months)):
            for name, amount in zip(names, of_declaration, strict=True):
                self.groups[dimension, name] += amount

    def _count(self, tax: str, reason: str, lines: int, value_vnd_e4: int) -> None:
        counted = self.undecided[tax, reason]
        counted[0] += lines
        counted[1] += value_vnd_e4


def compare(
    chunks: Iterable[Chunk], before: Law, after: Law, tell: Callable[[int], None] = lambda lines: None
) -> WhatIf:
    """Return what `after` instead of `before` would have made of a history. `tell` hears how many lines are done."""
    sides = _Side("before", before), _Side("after", after)
    declarations = lines = compared = value_e4 = 0
    for chunk in chunks:
        (levied_before, open_before), (levied_after, open_after) = (side.levy(chunk) for side in sides)
        decided = ~(open_before | open_after)
        for side, levied in zip(sides, (levied_before, levied_after), strict=True):
            side.add(chunk, levied, decided)
        declarations += len(chunk.declarations.traders)
        lines += len(decided)
        compared += int(decided.sum())
        value_e4 += int(chunk.lines.value_vnd_e4.sum())
        tell(lines)
    return _report(sides, before, after, declarations, lines, compared, value_e4)


def _report(
    sides: tuple[_Side, _Side], before: Law, after: Law, declarations: int, lines: int, compared: int, value_e4: int
) -> WhatIf:
    old, new = sides
    kinds = sorted(set(old.taxes) | set(new.taxes))
    changed = _changes(old.traders, new.traders)
    by_difference = sorted(changed.items(), key=lambda each: (each[1].difference_vnd, each[0]))
    return WhatIf(
        on_before=before.tariff.on,
        on_after=after.tariff.on,
        declarations=declarations,
        lines=lines,
        compared=compared,
        value_vnd=_rounded(value_e4),
        taxes={kind.name.lower(): RevenueChange(old.taxes[kind], new.taxes[kind]) for kind in kinds},
        groups={dimension: _grouped(dimension, old.groups, new.groups) for dimension in DIMENSIONS},
        winners=[each for each in by_difference if each[1].difference_vnd < 0][:MOST_NAMED],
        losers=[each for each in reversed(by_difference) if each[1].difference_vnd > 0][:MOST_NAMED],
        undecided=[each for side in sides for each in _undecided(side)],
    )


def _changes(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, RevenueChange]:
    return {name: RevenueChange(old.get(name, 0), new.get(name, 0)) for name in sorted({*old, *new})}


def _grouped(dimension: str, old: Sums, new: Sums) -> Mapping[str, RevenueChange]:
    names = sorted({name for of, name in (*old, *new) if of == dimension})
    return {name: RevenueChange(_rounded(old[dimension, name]), _rounded(new[dimension, name])) for name in names}


def _undecided(side: _Side) -> Iterator[Undecided]:
    counted: Sequence[tuple[tuple[str, str], list[int]]] = sorted(
        side.undecided.items(), key=lambda each: (-each[1][0], each[0])
    )
    for (tax, reason), (lines, value_e4) in counted:
        if lines:
            yield Undecided(side.name, tax, reason, lines, _rounded(value_e4))


def _rounded(amount_e4: int) -> int:
    return (amount_e4 + E4 // 2) // E4
