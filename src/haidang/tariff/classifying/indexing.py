"""Texts as rows of weights, and an index of them that tells how like a question each is and what each code scores.

A row is scaled to length 1 after each weight was multiplied by how rare its word is, so that the sum of products of two rows is their likeness (cosine).
Arrays come from numpy; the same texts give the same arrays.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

_SPREAD = 0.8
"""The sum of a code's likenesses is divided by the length of the sum of its rows to this power: at 1 a code of many texts gains nothing by them."""
_NEAREST, _NEAREST_POWER = 0.5, 3
"""What the nearest texts count beside the mean: likenesses to the third power, so that one like text outweighs many that share a word."""
_HEADING = 0.3
"""What the best code of a heading gives to the others of it."""


class Rows(Struct, frozen=True, eq=False):
    """Weights of words by row before rarity: those of row `i` stand from `starts[i]` to `starts[i + 1]`; `words` are places in the vocabulary."""

    starts: Longs
    words: Ints
    weights: Floats

    def chosen(self, which: NDArray[np.integer]) -> "Rows":
        """Return only some rows, in the order asked."""
        lengths = np.diff(self.starts)[which]
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        places = np.repeat(self.starts[which] - starts[:-1], lengths) + np.arange(starts[-1])
        return Rows(starts, self.words[places], self.weights[places])


class Index(Struct, frozen=True, eq=False):
    """Rows turned round: those that hold word `w` stand from `starts[w]` to `starts[w + 1]`, with their scaled weights.

    `code_of` gives the code of each row as a place in the list of codes, `lengths` the length of the sum of each code's rows, `headings` the place of
    each code's heading.
    """

    rarity: Floats
    starts: Longs
    rows: Ints
    weights: Floats
    code_of: Ints
    lengths: Floats
    headings: Ints

    def question(self, words: Ints, weights: Floats) -> Floats:
        """Return the weights of a question as a row of length 1."""
        scaled = weights * self.rarity[words]
        length = float(np.sqrt(np.dot(scaled, scaled)))
        return scaled / np.float32(length) if length else scaled

    def likenesses(self, words: Ints, scaled: Floats) -> NDArray[np.float64]:
        """Return how like a question each row is, 0 to 1."""
        parts = [slice(self.starts[word], self.starts[word + 1]) for word in words.tolist()]
        if not parts:
            return np.zeros(len(self.code_of))
        rows = np.concatenate([self.rows[part] for part in parts])
        products = np.concatenate(
            [self.weights[part] * weight for part, weight in zip(parts, scaled.tolist(), strict=True)]
        )
        return np.bincount(rows, weights=products, minlength=len(self.code_of)).astype(np.float64, copy=False)

    def scores(self, likenesses: NDArray[np.float64], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the score of each code, 0 where nothing speaks for it or it is not allowed."""
        count = len(self.lengths)
        mean = np.bincount(self.code_of, weights=likenesses, minlength=count) / self.lengths
        nearest = np.bincount(self.code_of, weights=likenesses**_NEAREST_POWER, minlength=count)
        mean[~allowed] = 0
        nearest[~allowed] = 0
        if not mean.any():
            return mean
        score = mean / mean.max() + _NEAREST * nearest / nearest.max()
        best = np.zeros(int(self.headings[-1]) + 1)
        np.maximum.at(best, self.headings, score)
        return np.where(score > 0, score + _HEADING * best[self.headings], 0.0)


def rows_of(weighed: Sequence[dict[str, float]], places: dict[str, int]) -> Rows:
    """Return texts as rows; a word that is not in the vocabulary is left out."""
    starts, words, weights = [0], [], []
    for each in weighed:
        for word, weight in each.items():
            if (place := places.get(word)) is not None:
                words.append(place)
                weights.append(weight)
        starts.append(len(words))
    return Rows(np.array(starts, np.int64), np.array(words, np.int32), np.array(weights, np.float32))


def index_of(rows: Rows, code_of: Ints, codes: Sequence[str], vocabulary: int, shares: Floats) -> Index:
    """Return the index of some rows; `shares` is what each row counts beside an ordinary text (1)."""
    count = len(code_of)
    held_by = np.bincount(rows.words, minlength=vocabulary)
    rarity = (np.log((1 + count) / (1 + held_by)) + 1).astype(np.float32)
    row_of = np.repeat(np.arange(count, dtype=np.int32), np.diff(rows.starts))
    weights = rows.weights * rarity[rows.words]
    lengths = np.sqrt(np.bincount(row_of, weights=weights.astype(np.float64) ** 2, minlength=count))
    lengths[lengths == 0] = 1
    weights = (weights / lengths[row_of] * shares[row_of]).astype(np.float32)
    order = np.argsort(rows.words, kind="stable")
    starts = np.concatenate(([0], np.cumsum(held_by))).astype(np.int64)
    headings = np.unique([code[:4] for code in codes], return_inverse=True)[1].astype(np.int32)
    lengths_of_codes = _lengths_of_codes(code_of[row_of], rows.words, weights, len(codes), vocabulary)
    return Index(rarity, starts, row_of[order], weights[order], code_of, lengths_of_codes, headings)


def _lengths_of_codes(code_of: Ints, words: Ints, weights: Floats, codes: int, vocabulary: int) -> Floats:
    """Return the length of the sum of each code's rows, to the power that spreads it; 1 for a code of no row."""
    cells, where = np.unique(code_of.astype(np.int64) * vocabulary + words, return_inverse=True)
    sums = np.bincount(where, weights=weights, minlength=len(cells))
    lengths = np.sqrt(np.bincount(cells // vocabulary, weights=sums**2, minlength=codes))
    lengths[lengths == 0] = 1
    return (lengths**_SPREAD).astype(np.float32)
