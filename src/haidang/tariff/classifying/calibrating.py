"""Confidence as a share: of candidates that stood out as this one does, how many were right when the model was asked what it had not seen."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from haidang.tariff.classifying.terms import Bin

_SHARPNESS = 6
_IN_A_STEP = 60
"""Candidates in the smallest step of the staircase: a share of fewer would say little."""
FIRST = 10
"""Candidates among whom the standing of each is told."""
SURE_FROM_BP = 5_000
"""From this confidence on the first code is called sure: more often right than not."""


class Staircase(Struct, frozen=True, eq=False):
    """Standing to confidence: from `standings[i]` on the share that was right was `shares_bp[i]`. Never falls. Empty when nothing was tried."""

    standings: NDArray[np.float64]
    shares_bp: NDArray[np.int32]

    def confidence_bp(self, standing: float) -> int | None:
        """Return the share for a standing, in basis points."""
        if not len(self.standings):
            return None
        place = int(np.searchsorted(self.standings, standing, side="right")) - 1
        return int(self.shares_bp[max(place, 0)])


def standings(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each of the first candidates stands out among them: shares that sum to 1."""
    powers = scores[:FIRST] ** _SHARPNESS
    return powers / powers.sum()


def staircase(found: Sequence[tuple[float, bool]]) -> Staircase:
    """Return the staircase of (standing, whether right): shares of equal handfuls, neighbours joined until none falls."""
    if len(found) < _IN_A_STEP:
        return Staircase(np.array([]), np.array([], np.int32))
    seen = np.array(sorted(found), np.float64)
    steps: list[tuple[float, float, int]] = []
    handful = max(_IN_A_STEP, len(seen) // 60)
    bounds = list(range(0, len(seen) - handful + 1, handful))
    for begin, end in zip(bounds, [*bounds[1:], len(seen)], strict=True):
        steps.append((seen[begin, 0], float(seen[begin:end, 1].sum()), end - begin))
        while len(steps) > 1 and steps[-2][1] / steps[-2][2] >= steps[-1][1] / steps[-1][2]:
            (standing, right, count), (_, right_after, count_after) = steps[-2], steps[-1]
            steps[-2:] = [(standing, right + right_after, count + count_after)]
    return Staircase(
        np.array([standing for standing, _, _ in steps]),
        np.array([round(10_000 * right / count) for _, right, count in steps], np.int32),
    )


def bins_of(found: Sequence[tuple[int, bool]], width_bp: int = 1_000) -> tuple[Bin, ...]:
    """Return (confidence, whether right) gathered by confidence: what was promised beside what came."""
    gathered: dict[int, list[tuple[int, bool]]] = {}
    for confidence, right in found:
        gathered.setdefault(min(confidence, 9_999) // width_bp, []).append((confidence, right))
    return tuple(
        Bin(
            len(each),
            round(sum(confidence for confidence, _ in each) / len(each)),
            round(10_000 * sum(right for _, right in each) / len(each)),
        )
        for _, each in sorted(gathered.items())
    )
