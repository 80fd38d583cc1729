"""Nouns of insight: a history of goods lines in columns, and what another law would have made of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from haidang.kernel.findings import Refusal
from haidang.taxes.columns import Lines, Profile

UNKNOWN = ""
"""The name of a province, size or month that the history does not tell."""


class HistoryNotUnderstood(Refusal):
    """A file of history that cannot be read; `text` says which column or row."""

    code = "HISTORY_NOT_UNDERSTOOD"

    def __init__(self, vi: str, en: str) -> None:
        self.text_vi = f"Không đọc được tệp lịch sử: {vi}"
        self.text_en = f"The history cannot be read: {en}"
        super().__init__()


class Declarations(Struct, frozen=True):
    """What the lines of a chunk belong to, one entry for each declaration: its trader, and what it is counted under."""

    traders: Sequence[str]
    provinces: Sequence[str]
    firm_sizes: Sequence[str]
    months: Sequence[str]


class Chunk(Struct, frozen=True):
    """Some declarations of a history, whole. `declaration` gives for each line the place of its declaration, ascending."""

    lines: Lines
    profiles: Sequence[Profile]
    declaration: NDArray[np.int64]
    declarations: Declarations


class RevenueChange(Struct, frozen=True):
    """Revenue before and after, whole đồng."""

    before_vnd: int
    after_vnd: int

    @property
    def difference_vnd(self) -> int:
        """What the other law brings more; negative: less."""
        return self.after_vnd - self.before_vnd


class Undecided(Struct, frozen=True):
    """Lines of which a law does not say the tax: `law` is `before` or `after`, `tax` the kind (empty: the whole line), `reason` why."""

    law: str
    tax: str
    reason: str
    lines: int
    value_vnd: int


class WhatIf(Struct, frozen=True):
    """What another law would have made of a history.

    `taxes` are sums of declarations, each tax of each rounded once, as they are collected. `groups[dimension][name]` are sums of lines, rounded once at the
    end: they add up to `taxes` within a đồng for each declaration. `winners` pay less, `losers` more, the most first. `compared` counts lines that both laws
    decide; `undecided` says why the others are left out, on both sides.
    """

    on_before: date
    on_after: date
    declarations: int
    lines: int
    compared: int
    value_vnd: int
    taxes: Mapping[str, RevenueChange]
    groups: Mapping[str, Mapping[str, RevenueChange]]
    winners: Sequence[tuple[str, RevenueChange]]
    losers: Sequence[tuple[str, RevenueChange]]
    undecided: Sequence[Undecided]

    @property
    def total(self) -> RevenueChange:
        """All taxes together."""
        return RevenueChange(
            sum(each.before_vnd for each in self.taxes.values()), sum(each.after_vnd for each in self.taxes.values())
        )


class WhatIfRun(Struct, frozen=True):
    """A what-if that an officer asked for, of a draft of the law book over the registered history.

    `lines_read` and `lines_taxed` say how far it is; once done, `answer` is the JSON that `rules.telling` makes, or `refused_vi` and `refused_en` say why there is
    none. `digest` (SHA-256) covers everything but how far it got.
    """

    run_id: int
    draft_id: int
    before_on: date
    after_on: date
    asked_by: str
    power_id: int
    asked_at: datetime
    lines_read: int = 0
    lines_taxed: int = 0
    done_at: datetime | None = None
    answer: str | None = None
    refused_vi: str = ""
    refused_en: str = ""
    digest: bytes | None = None


class TooManyRuns(Refusal):
    """As many what-ifs wait as may."""

    code = "WHATIF_TOO_MANY"
    text_vi = "Đang có 5 phép thử chờ tính: đợi kết quả rồi yêu cầu tiếp."
    text_en = "Five what-ifs are waiting: ask again once one of them is answered."
