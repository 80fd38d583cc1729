"""Finding commodity codes: by words of their names with or without diacritics, by digits, and down the tree of chapter, heading, subheading.

An inverted index in memory over the codes of one day: what a page asks while somebody types is answered in some milliseconds. The names of chapters,
headings and subheadings are not on file, so that a word which stands only there finds nothing.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from math import log

from haidang.tariff.terms import CodeFound, CommodityCode, TreeNode

_WORD = re.compile(r"[0-9a-z]+")
_DIGITS = re.compile(r"[0-9]{2,8}")
_STEPS = (2, 4, 6, 8)
"""Digits of a chapter, heading, subheading and code."""
_MOST_WORDS = 12
_MOST_CHARACTERS = 200
_SHORTEST_BEGINNING = 2
_EXACT, _AS_WRITTEN = 1.0, 0.6
"""What a whole word counts beside the beginning of one, and a word whose diacritics agree beside one whose do not."""


def folded(text: str) -> str:
    """Return a text in small letters without diacritics: `Đường mía` is `duong mia`."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(folded(text))


def _written(text: str) -> list[str]:
    """Return the words of a text in small letters with their diacritics, as many as `words_of` gives."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text.casefold()).replace("_", " "))


class TariffIndex:
    """The codes of one day, ready to be searched. Immutable; any thread may ask."""

    def __init__(self, codes: Iterable[CommodityCode]) -> None:
        self.codes = tuple(sorted(codes, key=lambda code: code.commodity_code))
        self._digits = [code.commodity_code for code in self.codes]
        postings: dict[str, list[int]] = {}
        written: dict[str, set[int]] = {}
        self._lengths: list[int] = []
        for place, code in enumerate(self.codes):
            name = f"{code.name_vi} {code.name_en}"
            words = words_of(name)
            self._lengths.append(len(words))
            for word in dict.fromkeys(words):
                postings.setdefault(word, []).append(place)
            for word in set(_written(name)):
                written.setdefault(word, set()).add(place)
        self._postings = {word: frozenset(places) for word, places in postings.items()}
        self._written = {word: frozenset(places) for word, places in written.items()}
        self._sorted = sorted(self._postings)
        self._weights = {word: 1 + log(len(self.codes) / len(places)) for word, places in self._postings.items()}

    def search(self, text: str, limit: int = 20) -> tuple[CodeFound, ...]:
        """Return the codes whose names hold every word of a text, the closest first; digits at its start are the beginning of a code.

        The last word may be the beginning of one. Words with diacritics find those first that are written so. When no name holds all words,
        those that hold most of their weight come. At most `limit`; nothing for a text without words.
        """
        asked = text[:_MOST_CHARACTERS]
        words = list(dict.fromkeys(words_of(asked)))[:_MOST_WORDS]
        beginning = words[0] if words and _DIGITS.fullmatch(words[0]) else ""
        places = frozenset(self._range(beginning)) if beginning else None
        named = words[1:] if beginning else words
        if not named:
            found = sorted(places or ())[:limit]
            return tuple(CodeFound(self.codes[place], 1.0, True) for place in found)
        scores, complete = self._scored(named, asked, places)
        best = nsmallest(limit, scores, key=lambda place: (-scores[place], self._lengths[place], place))
        return tuple(CodeFound(self.codes[place], round(scores[place], 3), complete) for place in best)

    def _scored(self, words: Sequence[str], asked: str, within: frozenset[int] | None) -> tuple[dict[int, float], bool]:
        """Return score by place, and whether every word was found in each."""
        hits = [self._hits(word, is_last=word == words[-1]) for word in words]
        weights = [self._weight(word) for word in words]
        every = frozenset.intersection(*(frozenset(hit) for hit in hits))
        if within is not None:
            every &= within
        complete = bool(every)
        if complete:
            scores = {
                place: sum(weight * hit[place] for weight, hit in zip(weights, hits, strict=True)) for place in every
            }
        else:
            scores = {}
            for weight, hit in zip(weights, hits, strict=True):
                for place, value in hit.items():
                    if within is None or place in within:
                        scores[place] = scores.get(place, 0.0) + weight * value
            most = max(scores.values(), default=0.0)
            scores = {place: score for place, score in scores.items() if score > most * 0.6}
        for word in _written(asked):
            if not word.isascii():
                agreeing = self._written.get(word, frozenset())
                more = _AS_WRITTEN * self._weight(folded(word))
                for place in agreeing & scores.keys():
                    scores[place] += more
        return scores, complete

    def _hits(self, word: str, is_last: bool) -> dict[int, float]:
        """Return how well each place has a word: whole, or (the last word, or one that nobody has) as the beginning of another."""
        whole = self._postings.get(word, frozenset())
        hits = dict.fromkeys(whole, _EXACT)
        if len(word) >= _SHORTEST_BEGINNING and (is_last or not whole):
            low = bisect_left(self._sorted, word)
            for longer in self._sorted[low : bisect_left(self._sorted, word + "\U0010ffff", low)]:
                value = 0.5 * len(word) / len(longer)
                for place in self._postings[longer]:
                    if value > hits.get(place, 0.0):
                        hits[place] = value
        return hits

    def _weight(self, word: str) -> float:
        return self._weights.get(word, 1.0)

    def _range(self, beginning: str) -> range:
        low = bisect_left(self._digits, beginning)
        return range(low, bisect_left(self._digits, beginning + ":", low))

    def beginning(self, digits: str) -> tuple[CommodityCode, ...]:
        """Return the codes that begin with some digits, in order."""
        return tuple(self.codes[place] for place in self._range(digits))

    def children(self, digits: str = "") -> tuple[TreeNode, ...]:
        """Return what stands one step below a chapter, heading or subheading (all chapters: empty digits), each with its number of codes.

        Steps that have no branch are passed over: a subheading of one code gives the code. A leaf has its names.
        """
        step = next((each for each in _STEPS if each > len(digits)), 0)
        if not step or (digits and not digits.isdigit()):
            return ()
        counted: dict[str, list[CommodityCode]] = {}
        for code in self.beginning(digits):
            counted.setdefault(code.commodity_code[:step], []).append(code)
        return tuple(
            TreeNode(codes[0].commodity_code, 1, codes[0].name_vi, codes[0].name_en)
            if len(codes) == 1
            else TreeNode(prefix, len(codes), "", "")
            for prefix, codes in counted.items()
        )
