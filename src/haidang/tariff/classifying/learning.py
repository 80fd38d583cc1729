"""Learning from names of codes, the titles above them, texts of goods and rulings; trying what was learned on texts that were held back."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from haidang.tariff.classifying.calibrating import FIRST, SURE_FROM_BP, Staircase, bins_of, staircase, standings
from haidang.tariff.classifying.indexing import Index, Ints, Rows, index_of, rows_of
from haidang.tariff.classifying.terms import NAME, RULING, TEXT, TITLE, Bin, GoodsText, HitRates
from haidang.tariff.classifying.words import weighed, weighed_name
from haidang.tariff.terms import CommodityCode, Title

KINDS = (NAME, TEXT, RULING, TITLE)
SHARES = np.array([0.5, 1.0, 1.0, 0.8], np.float32)
"""What a row of each kind counts. A name or title is short, so that one shared word makes it very like the question."""
_MOST_TRIED = 5_000
"""Texts held back and asked when a model is made: enough for shares to a percent."""

Progress = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    """Tell nobody."""


class Model(Struct, frozen=True, eq=False, kw_only=True):
    """All that was learned. `texts`, `ruling_nos` and `kinds` (places in `KINDS`) stand by row, `codes` in order."""

    codes: tuple[str, ...]
    vocabulary: tuple[str, ...]
    texts: tuple[str, ...]
    ruling_nos: tuple[str, ...]
    kinds: NDArray[np.uint8]
    index: Index
    confidence: Staircase
    hits: HitRates | None
    seed: int

    def learned(self) -> dict[str, int]:
        """Return how many names, texts, rulings, titles (each for each code below it) and words were learned."""
        counted = np.bincount(self.kinds, minlength=len(KINDS)).tolist()
        return {
            **{f"{kind}s": count for kind, count in zip(KINDS, counted, strict=True)},
            "words": len(self.vocabulary),
        }


class Tried(Struct, frozen=True):
    """One held-back text: the place its code came at (0: first; None: not among the first ten), the standing and the rightness of those ten."""

    place: int | None
    heading_place: int | None
    standings: tuple[float, ...]
    fold: int
    nanoseconds: int


class Lesson(Struct, frozen=True, eq=False):
    """What can be learned, as rows: every name and the titles above it, then every text once."""

    codes: tuple[str, ...]
    vocabulary: tuple[str, ...]
    rows: Rows
    code_of: Ints
    kinds: NDArray[np.uint8]
    texts: tuple[str, ...]
    ruling_nos: tuple[str, ...]

    def index(self, which: NDArray[np.integer] | None = None) -> Index:
        """Return the index of some rows (None: all)."""
        rows, code_of, kinds = (
            (self.rows, self.code_of, self.kinds)
            if which is None
            else (self.rows.chosen(which), self.code_of[which], self.kinds[which])
        )
        return index_of(rows, code_of, self.codes, len(self.vocabulary), SHARES[kinds])


def lesson_of(
    codes: Iterable[CommodityCode], titles: Iterable[Title], texts: Sequence[GoodsText], progress: Progress = _quiet
) -> Lesson:
    """Return names, titles of headings and subheadings, and texts as rows. A text that stands several times with one code is learned once; order makes no difference.

    Every text's code must be among `codes`: reading (`texts_of_files`) refuses others.
    """
    named = sorted(codes, key=lambda code: code.commodity_code)
    all_codes = tuple(dict.fromkeys(code.commodity_code for code in named))
    place_of = {code: place for place, code in enumerate(all_codes)}
    learned: dict[tuple[str, ...], tuple[int, int, str, str, dict[str, float]]] = {}
    total = len(named) + len(texts)
    titled = {title.digits: title for title in titles}
    for done, code in enumerate(named):
        for name in (code.name_vi, code.name_en):
            if found := weighed_name(name):
                key = (NAME, code.commodity_code, name, "")
                learned[key] = (place_of[code.commodity_code], 0, name.lstrip("- "), "", found)
        for text in _told_above(code, titled):
            if found := weighed_name(text):
                key = (TITLE, code.commodity_code, text, "")
                learned[key] = (place_of[code.commodity_code], 3, text, "", found)
        if done % 500 == 0:
            progress(done, total)
    for done, each in enumerate(
        sorted(texts, key=lambda text: (text.commodity_code, text.text, text.ruling_no)), len(named)
    ):
        if found := weighed(each.text):
            kind = 2 if each.ruling_no else 1
            key = (KINDS[kind], each.commodity_code, " ".join(found), each.ruling_no)
            learned.setdefault(key, (place_of[each.commodity_code], kind, each.text, each.ruling_no, found))
        if done % 500 == 0:
            progress(done, total)
    progress(total, total)
    return _lesson(all_codes, list(learned.values()))


def _told_above(code: CommodityCode, titled: Mapping[str, Title]) -> Iterator[str]:
    """Yield what the titles of a code's heading and subheading say of it: after its own name, with the further names of the goods, and in English.

    Most names of codes (`Của cotton`) name their goods only together with what stands above them.
    """
    above = [title for step in (6, 4) if (title := titled.get(code.commodity_code[:step]))]
    if above:
        own = code.name_vi.lstrip("- ") if weighed_name(code.name_vi) else ""
        yield ", ".join(filter(None, (own, *(title.name_vi for title in above))))
        yield ", ".join((above[-1].name_vi, *(word for title in above for word in title.words)))
        yield ", ".join(title.name_en for title in above)


def _lesson(codes: tuple[str, ...], learned: list[tuple[int, int, str, str, dict[str, float]]]) -> Lesson:
    vocabulary = tuple(sorted({word for *_, found in learned for word in found}))
    rows = rows_of([found for *_, found in learned], {word: place for place, word in enumerate(vocabulary)})
    return Lesson(
        codes,
        vocabulary,
        rows,
        np.array([code for code, *_ in learned], np.int32),
        np.array([kind for _, kind, *_ in learned], np.uint8),
        tuple(text for _, _, text, _, _ in learned),
        tuple(ruling_no for _, _, _, ruling_no, _ in learned),
    )


def learn(lesson: Lesson, seed: int = 0, progress: Progress = _quiet) -> Model:
    """Return the model of a lesson, with the confidence that a trial on held-back texts gives it. The same lesson and seed give the same model."""
    tried = trial(lesson, 5, seed, progress, _MOST_TRIED)
    return Model(
        codes=lesson.codes,
        vocabulary=lesson.vocabulary,
        texts=lesson.texts,
        ruling_nos=lesson.ruling_nos,
        kinds=lesson.kinds,
        index=lesson.index(),
        confidence=staircase(_outcomes(tried)),
        hits=hit_rates(tried, promised(tried)) if tried else None,
        seed=seed,
    )


def trial(lesson: Lesson, folds: int, seed: int, progress: Progress = _quiet, most: int | None = None) -> list[Tried]:
    """Ask the texts of each of `folds` parts from what all else teaches; return what came, by text. Rulings, names and titles are always taught.

    The parts are drawn with the seed. At most `most` texts are asked. Nothing comes of fewer texts than twice the parts.
    """
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(lesson.kinds == 1))
    if len(drawn) < 2 * folds:
        return []
    fold_of = np.full(len(lesson.kinds), -1)
    fold_of[drawn] = np.arange(len(drawn)) % folds
    asked = drawn[:most]
    tried: list[Tried] = []
    for fold in range(folds):
        index = lesson.index(np.flatnonzero(fold_of != fold))
        for row in asked[fold_of[asked] == fold].tolist():
            tried.append(_tried(lesson, index, row, fold))
            progress(len(tried), len(asked))
    return tried


def trial_of_names(lesson: Lesson, progress: Progress = _quiet) -> list[Tried]:
    """Ask every text from what names, titles and rulings alone teach: what a site has before it adds texts of its own."""
    index = lesson.index(np.flatnonzero(lesson.kinds != 1))
    asked = np.flatnonzero(lesson.kinds == 1).tolist()
    tried = []
    for row in asked:
        tried.append(_tried(lesson, index, row, 0))
        progress(len(tried), len(asked))
    return tried


def _tried(lesson: Lesson, index: Index, row: int, fold: int) -> Tried:
    began = time.thread_time_ns()
    part = slice(lesson.rows.starts[row], lesson.rows.starts[row + 1])
    words = lesson.rows.words[part]
    scaled = index.question(words, lesson.rows.weights[part])
    scores = index.scores(index.likenesses(words, scaled), np.ones(len(lesson.codes), bool))
    order = first(scores, FIRST)
    spent = time.thread_time_ns() - began
    place = np.flatnonzero(order == lesson.code_of[row])
    headings = np.flatnonzero(index.headings[order] == index.headings[lesson.code_of[row]])
    return Tried(
        int(place[0]) if len(place) else None,
        int(headings[0]) if len(headings) else None,
        tuple(standings(scores[order]).tolist()) if len(order) else (),
        fold,
        spent,
    )


def first(scores: NDArray[np.float64], count: int) -> NDArray[np.integer]:
    """Return the places of the highest scores above 0, highest first; of equal ones the lower code first."""
    among = np.flatnonzero(scores > 0)
    if len(among) > count:
        least = np.partition(scores[among], -count)[-count]
        among = among[scores[among] >= least]
    return among[np.argsort(-scores[among], kind="stable")][:count]


def _outcomes(tried: Iterable[Tried]) -> list[tuple[float, bool]]:
    return [(standing, each.place == place) for each in tried for place, standing in enumerate(each.standings)]


def promised(tried: Sequence[Tried]) -> list[int]:
    """Return the confidence of the first candidate of each trial, in basis points, as the other parts' trials alone would give it; -1 for none."""
    by_fold: Mapping[int, Staircase] = {
        fold: staircase(_outcomes(each for each in tried if each.fold != fold))
        for fold in {each.fold for each in tried}
    }
    found = []
    for each in tried:
        confidence = by_fold[each.fold].confidence_bp(each.standings[0]) if each.standings else None
        found.append(-1 if confidence is None else confidence)
    return found


def kept_promises(tried: Sequence[Tried]) -> tuple[Bin, ...]:
    """Return what was promised of first candidates beside what came, by confidence; nothing where no part was left to learn it from."""
    told = zip(promised(tried), tried, strict=True)
    return bins_of([(confidence, each.place == 0) for confidence, each in told if confidence >= 0])


def hit_rates(tried: Sequence[Tried], confidences: Sequence[int]) -> HitRates:
    """Return how often the right code came, and how often it was right when sure."""
    places = [FIRST if each.place is None else each.place for each in tried]
    headings = [FIRST if each.heading_place is None else each.heading_place for each in tried]
    sure = [place for place, confidence in zip(places, confidences, strict=True) if confidence >= SURE_FROM_BP]

    def share(of: Sequence[int], below: int) -> int:
        return round(10_000 * sum(place < below for place in of) / len(of))

    return HitRates(
        texts=len(tried),
        first_bp=share(places, 1),
        first_five_bp=share(places, 5),
        first_ten_bp=share(places, 10),
        headings_first_five_bp=share(headings, 5),
        sure_bp=round(10_000 * len(sure) / len(tried)),
        sure_right_bp=share(sure, 1) if sure else None,
        median_us=sorted(each.nanoseconds for each in tried)[len(tried) // 2] // 1_000,
    )
