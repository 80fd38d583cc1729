"""The words of a description of goods, and what each weighs."""

import re
import unicodedata

from haidang.tariff.searching import folded, singular

_WORD = re.compile(r"[^\W_]+")
_PLAIN = re.compile(r"[0-9a-z]+")
_ITEM_NO = re.compile(r"^\S{0,60}#&")
"""The trader's own item number, which descriptions of processing and export production begin with (`168S-20#&Máy …`)."""
_MOST_WORDS = 60
_LONGEST_WORD = 24
_HALF_AT, _LEAST = 12, 0.3
"""Descriptions name the goods first, then size, maker and state: the word at this place weighs half of the first, none less than the least."""
_PAIR, _NUMBER, _WRITTEN = 0.7, 0.5, 0.5
"""What a pair of neighbours, a word with a digit, and a word's own diacritics count beside a word."""
_SAY_NOTHING = frozenset(("loai", "khac", "loai khac", "khac sen", "sen", "other"))
"""Words of names that tell no goods: `Loại khác`, `Other`, `(SEN)`."""


def weighed(text: str) -> dict[str, float]:
    """Return the words of a text without diacritics and the pairs of neighbours (`may bom`), with what the place of each makes it weigh.

    A word with diacritics is there in both ways, so that `thang` finds `thang` and `thẳng`, and `thẳng` finds `thẳng` first. Numbers weigh half and open
    no pair. A word that stands several times weighs what it does where it weighs most.
    """
    found: dict[str, float] = {}
    before = ""
    for place, (word, written) in enumerate(_words(text)):
        weight = max(_LEAST, 1 / (1 + place / _HALF_AT))
        if len(word) > _LONGEST_WORD:
            before = ""
            continue
        has_digit = any(character.isdigit() for character in word)
        _keep(found, word, weight * (_NUMBER if has_digit else 1))
        if not written.isascii():
            _keep(found, written, weight * _WRITTEN)
        if before and not has_digit:
            _keep(found, f"{before} {word}", weight * _PAIR)
        before = "" if has_digit else word
    return found


def weighed_name(name: str) -> dict[str, float]:
    """Return the same of an official name, and nothing of one that tells no goods (`Loại khác`)."""
    found = weighed(name)
    return found if any(word.isascii() and word not in _SAY_NOTHING for word in found) else {}


def as_written(text: str) -> dict[str, str]:
    """Return each word without diacritics and how the text first writes it, pairs included."""
    found: dict[str, str] = {}
    before = before_written = ""
    for word, written in _words(text):
        found.setdefault(word, written)
        found.setdefault(f"{before} {word}", f"{before_written} {written}")
        before, before_written = word, written
    return found


def _words(text: str) -> list[tuple[str, str]]:
    """Return the words, without diacritics and English plurals as singulars, and as written in small letters."""
    words = _WORD.findall(unicodedata.normalize("NFC", _ITEM_NO.sub("", text)).casefold())[:_MOST_WORDS]
    return [(singular(part), word) for word in words if (part := "".join(_PLAIN.findall(folded(word))))]


def _keep(found: dict[str, float], word: str, weight: float) -> None:
    if weight > found.get(word, 0.0):
        found[word] = weight
