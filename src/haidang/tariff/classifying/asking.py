"""Asking a model: which codes of the day a text speaks for, and what speaks for each."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from haidang.tariff.classifying.calibrating import FIRST, SURE_FROM_BP, standings
from haidang.tariff.classifying.indexing import Floats, Ints, rows_of
from haidang.tariff.classifying.learning import KINDS, Model, first
from haidang.tariff.classifying.terms import Candidate, Classified, Speaker
from haidang.tariff.classifying.words import as_written, weighed
from haidang.tariff.terms import CommodityCode

MOST_CHARACTERS = 4_000
MOST_CODES = FIRST
_MOST_WORDS, _MOST_SPEAKERS, _SPEAKER_CHARACTERS = 6, 3, 200
_NAME_SHARE = 2
"""Rows of names are stored at half their length (`learning`); their likeness is told whole."""


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
        question = rows_of([weighed(asked)], self._places)
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
        sure = bool(candidates) and (candidates[0].confidence_bp or 0) >= SURE_FROM_BP
        return Classified(asked, on, candidates, sure, SURE_FROM_BP, self.model.learned(), unknown)

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
            order = [column for column in np.argsort(-row, kind="stable").tolist() if row[column] > 0][:_MOST_WORDS]
            spoken = [vocabulary[words[column]] for column in order]
            told.append(tuple(written.get(word, word) for word in spoken))
        return told

    def _speakers(self, codes: NDArray[np.integer], likenesses: NDArray[np.float64]) -> list[tuple[Speaker, ...]]:
        """Return for each code the rows most like the question; rulings come first of equally like ones."""
        model = self.model
        near = np.flatnonzero(likenesses > 0)
        by_code: dict[int, list[tuple[int, int, int]]] = {place: [] for place in codes.tolist()}
        chosen = near[np.isin(model.index.code_of[near], codes)]
        for row in chosen.tolist():
            whole = likenesses[row] * (_NAME_SHARE if model.kinds[row] == 0 else 1)
            likeness = min(10_000, round(10_000 * float(whole)))
            by_code[int(model.index.code_of[row])].append((-likeness, -int(model.kinds[row]), row))
        return [
            tuple(
                Speaker(KINDS[-kind], model.texts[row][:_SPEAKER_CHARACTERS], model.ruling_nos[row], -likeness)
                for likeness, kind, row in sorted(found)[:_MOST_SPEAKERS]
            )
            for found in by_code.values()
        ]
