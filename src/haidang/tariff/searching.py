"""Finding commodity codes: by words of their names and of the titles above them, by digits, and down the tree of chapter, heading, subheading.

An inverted index in memory over the codes of one day: what a page asks while somebody types is answered in some milliseconds. Words need no diacritics,
and may be Vietnamese or English: the names of codes are Vietnamese, the short titles of chapters and headings are in both languages.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from math import log

from haidang.tariff.terms import CodeFound, CommodityCode, SectionShown, Title, TitleStep, TreeNode
from haidang.tariff.titles import path_to

_WORD = re.compile(r"[0-9a-z]+")
_DIGITS = re.compile(r"[0-9]{2,8}")
_PIECES = re.compile(r"[,;:()]")
_STEPS = (2, 4, 6, 8)
"""Digits of a chapter, heading, subheading and code."""
_MOST_WORDS = 12
_MOST_CHARACTERS = 200
_SHORTEST_BEGINNING = 2
_OWN = 1.0
_OF_STEP: Mapping[int, float] = {2: 0.25, 4: 0.6, 6: 0.8}
"""What a word counts that stands in the title of the chapter, heading or subheading of a code, beside one in its own name."""
_BEGUN, _AS_WRITTEN = 0.5, 0.6
"""What the beginning of a word counts beside a whole one, and a word whose diacritics agree beside one whose do not."""
_CALLED: Mapping[int, float] = {2: 0.2, 4: 0.5, 6: 0.7}
"""What the codes of a step gain above the best of all others when its goods are called just what is asked for."""
_FURTHER = 0.6
"""What a further piece of a title counts as a name of its goods, beside the first."""
_JOINING = frozenset(("of", "and", "or", "for", "with"))
"""English words that say nothing of goods and are no Vietnamese word without its diacritics (as `in`, `the` and `an` are)."""
_SPELT: Mapping[str, str] = {
    "aluminum": "aluminium", "color": "colour", "fertilizer": "fertiliser", "fiber": "fibre", "jewelry": "jewellery", "mold": "mould", "sulfur": "sulphur",
    "sulfuric": "sulphuric", "tire": "tyre", "diaper": "nappy", "corn": "maize",
}  # fmt: skip
"""Words as they are written elsewhere, and as the titles write them."""
_NOWHERE: frozenset[int] = frozenset()
_Postings = dict[str, frozenset[int]]


def folded(text: str) -> str:
    """Return a text in small letters without diacritics: `Đường mía` is `duong mia`."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(folded(text))


def singular(word: str) -> str:
    """Return the singular of an English plural, the word itself where it is none: `batteries` is `battery`, `glass` is `glass`."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _written(text: str) -> list[str]:
    """Return the words of a text in small letters with their diacritics, as many as `words_of` gives."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text.casefold()).replace("_", " "))


def _words_of_title(title: Title) -> set[str]:
    words = set(words_of(" ".join((title.name_vi, title.name_en, *title.words))))
    return words | {singular(word) for word in words_of(" ".join((title.name_en, *title.words)))}


class TariffIndex:
    """The codes of one day, ready to be searched. Immutable; any thread may ask."""

    def __init__(self, codes: Iterable[CommodityCode], titles: Iterable[Title] = ()) -> None:
        self.codes = tuple(sorted(codes, key=lambda code: code.commodity_code))
        self._digits = [code.commodity_code for code in self.codes]
        listed = tuple(titles)
        self.titles: Mapping[str, Title] = {title.digits: title for title in listed}
        self._layers = (
            *((_OF_STEP[step], self._postings_of(step)) for step in _OF_STEP),
            (_OWN, _postings((place, words_of(f"{each.name_vi} {each.name_en}")) for place, each in enumerate(self.codes))),
        )  # fmt: skip
        names = (
            (place, _written(f"{code.name_vi} {code.name_en}" + "".join(f" {self.titles[above].name_vi}" for above in (code.commodity_code[:4], code.commodity_code[:6]) if above in self.titles)))
            for place, code in enumerate(self.codes)
        )  # fmt: skip
        self._written = _postings(names)
        self._lengths = [len(words_of(code.name_vi)) for code in self.codes]
        self._sorted = sorted({word for _, postings in self._layers for word in postings})
        self._called = _called(listed)
        self._title_words = [(title.digits, _words_of_title(title)) for title in listed if not title.chapters]
        self._paths: dict[str, tuple[TitleStep, ...]] = {}

    def _postings_of(self, step: int) -> _Postings:
        """Return which codes stand below a title of so many digits that holds a word."""
        gathered: dict[str, set[int]] = {}
        for title in self.titles.values():
            if len(title.digits) == step and not title.chapters:
                places = self._range(title.digits)
                for word in _words_of_title(title):
                    gathered.setdefault(word, set()).update(places)
        return {word: frozenset(places) for word, places in gathered.items()}

    def search(self, text: str, limit: int = 20) -> tuple[CodeFound, ...]:
        """Return the codes whose names, with the titles above them, hold every word of a text, the closest first; digits at its start begin a code.

        The last word may be the beginning of one. Words with diacritics find those first that are written so. When no code has all words, those come
        that hold most of their weight. At most `limit`; nothing for a text without words.
        """
        asked = text[:_MOST_CHARACTERS]
        words = list(dict.fromkeys(words_of(asked)))[:_MOST_WORDS]
        beginning = words[0] if words and _DIGITS.fullmatch(words[0]) else ""
        places = frozenset(self._range(beginning)) if beginning else None
        named = _telling(words[1:] if beginning else words)
        if not named:
            found = sorted(places or ())[:limit]
            return tuple(self._found(place, 1.0, True) for place in found)
        scores, complete = self._scored(named, asked, places)
        called = self._called_so(asked)
        if called.keys() & scores.keys():
            whole = max(scores.values())
            scores |= {place: whole * (1 + more) for place, more in called.items() if place in scores}
        best = nsmallest(
            limit, scores, key=lambda place: (-scores[place], 0 if place in called else self._lengths[place], place)
        )
        return tuple(self._found(place, round(scores[place], 3), complete) for place in best)

    def _found(self, place: int, score: float, complete: bool) -> CodeFound:
        code = self.codes[place]
        return CodeFound(code, score, complete, self.path(code.commodity_code))

    def path(self, digits: str) -> tuple[TitleStep, ...]:
        """Return the titles from the chapter down to some digits, their own among them."""
        found = self._paths.get(digits)
        if found is None:
            found = self._paths[digits] = path_to(digits, self.titles)
        return found

    def _scored(self, words: Sequence[str], asked: str, within: frozenset[int] | None) -> tuple[dict[int, float], bool]:
        """Return score by place, and whether every word was found in each."""
        told = [self._hits(word, is_last=word == words[-1]) for word in words]
        hits = [hit for hit, _ in told]
        weights = [weight for _, weight in told]
        shortest = min(hits, key=len)
        every = set(shortest) if within is None else within & shortest.keys()
        for hit in hits:
            every &= hit.keys()
        if every:
            scores = dict.fromkeys(every, 0.0)
            for weight, hit in zip(weights, hits, strict=True):
                for place in every:
                    scores[place] += weight * hit[place]
        else:
            scores = _closest(hits, weights, within)
        for word in _written(asked):
            if not word.isascii():
                more = _AS_WRITTEN * self._weight(folded(word))
                for place in self._written.get(word, _NOWHERE) & scores.keys():
                    scores[place] += more
        return scores, bool(every)

    def _called_so(self, asked: str) -> dict[int, float]:
        """Return the codes whose chapter, heading or subheading is called just what is asked for, with what they gain; they come first, in the order of the tree."""
        phrase, written = " ".join(words_of(asked)), " ".join(_written(asked))
        gains: dict[int, float] = {}
        for digits, spelt, share in self._called.get(phrase, ()):
            more = _CALLED[len(digits)] * share * (1 if written.isascii() or spelt == written else 0.5)
            for place in self._range(digits):
                gains[place] = max(more, gains.get(place, 0.0))
        return gains

    def _hits(self, word: str, is_last: bool) -> tuple[dict[int, float], float]:
        """Return how well each place has a word, and what the word weighs: whole, or (the last, or one that nobody has) as the beginning of another."""
        known = self._known(word)
        whole: dict[int, float] = {}
        for value, postings in self._layers:
            whole.update(dict.fromkeys(postings.get(known, _NOWHERE), value))
        weight = 1 + log(len(self.codes) / len(whole)) if whole else 1.0
        if len(word) < _SHORTEST_BEGINNING or (whole and not is_last):
            return whole, weight
        low = bisect_left(self._sorted, word)
        longer = self._sorted[low : bisect_left(self._sorted, word + "\U0010ffff", low)]
        begun: dict[int, float] = {}
        for value, postings in self._layers:
            for each in sorted(longer, key=len, reverse=True):
                if each in postings:
                    begun.update(dict.fromkeys(postings[each], value * _BEGUN * len(word) / len(each)))
        return begun | whole, weight

    def _known(self, word: str) -> str:
        """Return a word as names or titles have it: itself, its singular, or as it is spelt there."""
        one = singular(word)
        forms = (word, one, _SPELT.get(one, one))
        return next((each for each in forms if any(each in postings for _, postings in self._layers)), word)

    def _weight(self, word: str) -> float:
        count = len(self._layers[-1][1].get(word, _NOWHERE))
        return 1 + log(len(self.codes) / count) if count else 1.0

    def _range(self, beginning: str) -> range:
        low = bisect_left(self._digits, beginning)
        return range(low, bisect_left(self._digits, beginning + ":", low))

    def beginning(self, digits: str) -> tuple[CommodityCode, ...]:
        """Return the codes that begin with some digits, in order."""
        return tuple(self.codes[place] for place in self._range(digits))

    def steps(self, text: str, limit: int = 5) -> tuple[TreeNode, ...]:
        """Return the headings, subheadings and chapters whose titles hold every word of a text, those called just so first; the last word may be begun."""
        asked = text[:_MOST_CHARACTERS]
        words = _telling(list(dict.fromkeys(words_of(asked)))[:_MOST_WORDS])
        if not words or words[0].isdigit():
            return ()
        *whole, last = [self._known(word) for word in words]
        called = {digits for digits, *_ in self._called.get(" ".join(words_of(asked)), ())}
        found = [
            (digits not in called, len(digits) == 2, len(held), digits)
            for digits, held in self._title_words
            if all(word in held for word in whole) and (last in held or any(word.startswith(last) for word in held))
        ]
        counted = ((digits, len(self._range(digits))) for *_, digits in sorted(found))
        return tuple(self._step(digits, count) for digits, count in counted if count)[:limit]

    def _step(self, digits: str, count: int) -> TreeNode:
        title = self.titles.get(digits)
        return TreeNode(
            digits, count, title.name_vi if title else "", title.name_en if title else "", title is not None
        )

    def children(self, digits: str = "") -> tuple[TreeNode, ...]:
        """Return what stands one step below a chapter, heading or subheading (all chapters: empty digits), each with its number of codes.

        Steps that have no branch are passed over: a subheading of one code gives the code. A leaf has its names, a step above it its short title.
        """
        step = next((each for each in _STEPS if each > len(digits)), 0)
        if not step or (digits and not digits.isdigit()):
            return ()
        counted: dict[str, list[CommodityCode]] = {}
        for code in self.beginning(digits):
            counted.setdefault(code.commodity_code[:step], []).append(code)
        return tuple(
            self._leaf(codes[0], prefix) if len(codes) == 1 else self._step(prefix, len(codes))
            for prefix, codes in counted.items()
        )

    def _leaf(self, code: CommodityCode, prefix: str) -> TreeNode:
        """Return a code as the only one of its step; the English title of the step serves where the code has no English name."""
        title = self.titles.get(prefix)
        if code.name_en or title is None:
            return TreeNode(code.commodity_code, 1, code.name_vi, code.name_en)
        return TreeNode(code.commodity_code, 1, code.name_vi, title.name_en, True)

    def sections(self) -> tuple[SectionShown, ...]:
        """Return the sections that have a title, in order."""
        listed = sorted((title for title in self.titles.values() if title.chapters), key=lambda title: title.digits)
        return tuple(SectionShown(each.digits, each.name_vi, each.name_en, each.chapters, each.verified) for each in listed)  # fmt: skip


def _telling(words: list[str]) -> list[str]:
    return [word for word in words if word not in _JOINING] or words


def _postings(named: Iterable[tuple[int, Iterable[str]]]) -> _Postings:
    gathered: dict[str, set[int]] = {}
    for place, words in named:
        for word in words:
            gathered.setdefault(word, set()).add(place)
    return {word: frozenset(places) for word, places in gathered.items()}


def _called(titles: Iterable[Title]) -> Mapping[str, list[tuple[str, str, float]]]:
    """Return for each phrase the steps whose goods are called so, with the phrase as it is written, and what it counts there."""
    found: dict[str, list[tuple[str, str, float]]] = {}
    for title in titles:
        if not title.chapters:
            for phrase, share in _phrases(title).items():
                spelt = " ".join(_written(phrase))
                found.setdefault(" ".join(words_of(phrase)), []).append((title.digits, spelt, share))
    return found


def _phrases(title: Title) -> Mapping[str, float]:
    """Return what a title calls its goods: the whole and its first piece count 1, further pieces less (`cement` in `Limestone for lime, cement`)."""
    pieces = {piece.strip(): _FURTHER for name in (title.name_vi, title.name_en) for piece in _PIECES.split(name)}
    heads = [_PIECES.split(name)[0].strip() for name in (title.name_vi, title.name_en)]
    whole = dict.fromkeys((title.name_vi, title.name_en, *heads, *title.words), 1.0)
    return {phrase: share for phrase, share in (pieces | whole).items() if phrase}


def _closest(
    hits: Sequence[Mapping[int, float]], weights: Sequence[float], within: frozenset[int] | None
) -> dict[int, float]:
    """Return the places that hold most of the words' weight."""
    scores: dict[int, float] = {}
    for weight, hit in zip(weights, hits, strict=True):
        for place, value in hit.items():
            if within is None or place in within:
                scores[place] = scores.get(place, 0.0) + weight * value
    most = max(scores.values(), default=0.0)
    return {place: score for place, score in scores.items() if score > most * 0.6}
