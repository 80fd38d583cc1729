"""The answer of a what-if as JSON holds it, and as a page shows it: one figure for the headline, and bars by whatever it is grouped."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from haidang.insight.terms import RevenueChange, WhatIf
from haidang.kernel.money import BP, divide_half_up
from haidang.taxes.terms import REASONS

_OTHER = {
    "unknown_commodity": ("Mã hàng không có trong biểu thuế", "The tariff has no such commodity code"),
    "refused": ("Khai không hợp lệ theo luật này", "What the line claims is refused by this law"),
    "too_large": ("Số tiền vượt quá khả năng ghi nhận", "An amount is larger than the system can keep"),
}
WHOLE = 1_000
"""The length of the longest bar."""


class Bar(Struct, frozen=True):
    """One row of a chart: a name, its revenue and the difference, whole đồng; `share_bp` of what was before (None: there was nothing).

    The bar begins `left` of `2 * WHOLE` from the left edge and is `length` long: what falls lies left of the middle, what rises right of it.
    """

    name: str
    before_vnd: int
    after_vnd: int
    difference_vnd: int
    share_bp: int | None
    left: int
    length: int


def facts_of(found: WhatIf) -> dict[str, Any]:
    """Return the answer as JSON holds it: amounts in whole đồng."""
    return {
        "before_on": found.on_before,
        "after_on": found.on_after,
        "declarations": found.declarations,
        "lines": found.lines,
        "lines_compared": found.compared,
        "customs_value_vnd": found.value_vnd,
        "total": _change(found.total),
        "taxes": {name: _change(each) for name, each in found.taxes.items()},
        **{f"by_{dimension}": {name: _change(each) for name, each in groups.items()} for dimension, groups in found.groups.items()},
        "winners": [{"trader_code": name, **_change(each)} for name, each in found.winners],
        "losers": [{"trader_code": name, **_change(each)} for name, each in found.losers],
        "undecided": [
            {
                "law": each.law, "tax": each.tax, "reason": each.reason, "reason_vi": reason_words(each.reason)[0],
                "reason_en": reason_words(each.reason)[1], "lines": each.lines, "customs_value_vnd": each.value_vnd,
            }
            for each in found.undecided
        ],
    }  # fmt: skip


def reason_words(reason: str) -> tuple[str, str]:
    """Return why a law does not decide a line, in Vietnamese and English."""
    return REASONS.get(reason) or _OTHER[reason]


def share_bp(before_vnd: int, difference_vnd: int) -> int | None:
    """Return a difference in basis points of what was before, half away from zero; None when there was nothing."""
    if not before_vnd:
        return None
    share = divide_half_up(abs(difference_vnd) * BP, before_vnd)
    return -share if difference_vnd < 0 else share


def bars(groups: Mapping[str, Mapping[str, int]], most: int, *, by_name: bool = False) -> list[Bar]:
    """Return the rows of a chart: those that change most first, the others summed up in a last one with an empty name; or all, by name.

    Lengths are to the longest. Rows of which neither law brings anything are left out.
    """
    told = [
        (name, each["before_vnd"], each["after_vnd"])
        for name, each in groups.items()
        if each["before_vnd"] or each["after_vnd"]
    ]
    told.sort(key=lambda row: row[0] if by_name else (-abs(row[2] - row[1]), row[0]))
    shown, rest = (told, []) if by_name or len(told) <= most else (told[: most - 1], told[most - 1 :])
    if rest:
        shown = [*shown, (OTHERS, sum(row[1] for row in rest), sum(row[2] for row in rest))]
    return list(_drawn(shown))


OTHERS = "*"
"""The name of the row that sums up what is not shown by itself."""


def _drawn(rows: Sequence[tuple[str, int, int]]) -> Iterator[Bar]:
    longest = max((abs(after - before) for _, before, after in rows), default=0)
    for name, before, after in rows:
        difference = after - before
        length = divide_half_up(abs(difference) * WHOLE, longest) if longest else 0
        left = WHOLE - length if difference < 0 else WHOLE
        yield Bar(name, before, after, difference, share_bp(before, difference), left, length)


def _change(change: RevenueChange) -> dict[str, int]:
    return {"before_vnd": change.before_vnd, "after_vnd": change.after_vnd, "difference_vnd": change.difference_vnd}
