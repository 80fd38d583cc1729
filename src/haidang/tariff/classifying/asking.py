"""Asking a model: which codes of the day a text speaks for, and what speaks for each."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from haidang.tariff.classifying.calibrating import FIRST, SURE_FROM_BP, standings
from haidang.tariff.classifying.indexing import Floats, Ints, rows_of
from haidang.tariff.classifying.learning import KINDS, SHARES, Model, first
from haidang.tariff.classifying.terms import Candidate, Classified, Speaker
from haidang.tariff.classifying.words import as_written, weighed
from haidang.tariff.terms import CommodityCode

MOST_CHARACTERS = 4_000
MOST_CODES = FIRST
_MOST_WORDS, _MOST_SPEAKERS, _SPEAKER_CHARACTERS = 6, 3, 200
_WHOLE = 1 / SHARES
"""What brings the likeness of a row of each kind, stored at its share, back to that of a row of length 1."""


class Classifier:
    """A model with the codes of a law book, ready to be asked. Immutable but for what it remembers of days; any thread may ask."""

    def __init__(self, model: Model, codes: Iterable[CommodityCode]) -> None:
        self.model = model
        self._codes = tuple(codes)
        self._places = {word: place for place, word in enumerate(model.vocabulary)}
        self._of_day = lru_cache(maxsize=8)(self._read_day)

    def ask(self, text: str, on: date, top: int = 5) -> Classified:
        """Return up to `top` (at most 10) codes that exist on a Vietnamese calendar day and that a text speaks for, the likeliest first.

        Only the first 4,000 characters are read. No candidates: no word of the text was ever learned.
        """
        asked = text[:MOST_CHARACTERS]
        allowed, names, unknown = self._of_day(on)
        weights = weighed(asked)
        question = rows_of([weights], self._places)
        scaled = self.model.index.question(question.words, question.weights)
        likenesses = self.model.index.likenesses(question.words, scaled)
        scores = self.model.index.scores(likenesses, allowed)
        order = first(scores, FIRST)
        standing = standings(scores[order]).tolist() if len(order) else []
        shown = order[: max(1, min(top, MOST_CODES))]
        words = self._words(shown, question.words, scaled, as_written(asked))
        speakers = self._speakers(shown, likenesses)
        candidates = tuple(
            Candidate(
                commodity_code=code,
                name_vi=names[code].name_vi,
                name_en=names[code].name_en,
                score=round(float(scores[place]), 4),
                confidence_bp=self.model.confidence.confidence_bp(standing[rank]),
                words=words[rank],
                speakers=speakers[rank],
            )
            for rank, place in enumerate(shown.tolist())
            for code in (self.model.codes[place],)
        )
        known, count = self._known(weights)
        sure = bool(candidates) and (candidates[0].confidence_bp or 0) >= SURE_FROM_BP and 2 * known >= count
        return Classified(asked, on, candidates, sure, SURE_FROM_BP, known, count, self.model.learned(), unknown)

    def _known(self, weights: Mapping[str, float]) -> tuple[int, int]:
        """Return how many words of a question were ever learned, and how many it has; pairs and what holds digits do not count."""
        words = [word for word in weights if word.isascii() and word.isalpha()]
        return sum(word in self._places for word in words), len(words)

    def _read_day(self, on: date) -> tuple[NDArray[np.bool_], dict[str, CommodityCode], int]:
        """Return which of the model's codes exist on a day, the codes by number, and how many the model does not know."""
        names = {code.commodity_code: code for code in self._codes if code.in_force(on)}
        allowed = np.array([code in names for code in self.model.codes], bool)
        return allowed, names, len(names.keys() - set(self.model.codes))

    def _words(
        self, codes: NDArray[np.integer], words: Ints, scaled: Floats, written: dict[str, str]
    ) -> list[tuple[str, ...]]:
        """Return for each code the words of the question that bring its rows nearest, the weightiest first."""
        index, vocabulary = self.model.index, self.model.vocabulary
        place_of = np.full(len(self.model.codes), -1)
        place_of[codes] = np.arange(len(codes))
        brought = np.zeros((len(codes), len(words)))
        for column, (word, weight) in enumerate(zip(words.tolist(), scaled.tolist(), strict=True)):
            part = slice(index.starts[word], index.starts[word + 1])
            rank = place_of[index.code_of[index.rows[part]]]
            brought[:, column] = np.bincount(rank[rank >= 0], index.weights[part][rank >= 0], len(codes)) * weight
        told = []
        for row in brought:
            order = [column for column in np.argsort(-row, kind="stable").tolist() if row[column] > 0]
            spoken = dict.fromkeys(written.get(word, word) for word in (vocabulary[words[each]] for each in order))
            told.append(tuple(spoken)[:_MOST_WORDS])
        return told

    def _speakers(self, codes: NDArray[np.integer], likenesses: NDArray[np.float64]) -> list[tuple[Speaker, ...]]:
        """Return for each code the rows most like the question; rulings come first of equally like ones."""
        likeness_bp = np.minimum(10_000, np.rint(10_000 * likenesses * _WHOLE[self.model.kinds])).astype(np.int64)
        told = []
        for code in codes.tolist():
            rows = np.flatnonzero((self.model.index.code_of == code) & (likenesses > 0))
            nearest = np.lexsort((rows, -self.model.kinds[rows].astype(np.int64), -likeness_bp[rows]))[:_MOST_SPEAKERS]
            told.append(tuple(self._speaker(row, int(likeness_bp[row])) for row in rows[nearest].tolist()))
        return told

    def _speaker(self, row: int, likeness_bp: int) -> Speaker:
        model = self.model
        text = model.texts[row][:_SPEAKER_CHARACTERS]
        return Speaker(KINDS[model.kinds[row]], text, model.ruling_nos[row], likeness_bp)
