"""JSON that means one thing only: what other parsers let through (duplicate keys, NaN, half characters, deep nests) is refused here.

Two ways lead through. `spare_bytes` is the cheap test of the fast path; what fails it is not wrong, only not certain. `parse` is exact:
it keeps numbers as written and names the reason when bytes cannot be read as one JSON object.
"""

import json
import re
import unicodedata

from msgspec import Struct

MAX_DEPTH = 32
"""Objects and arrays within each other. A declaration needs 5."""

_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class Undecodable(Struct, frozen=True):
    """The bytes are not one JSON object: answered 400. `code` is stable, the texts are for people."""

    code: str
    text_vi: str
    text_en: str


class Number(Struct, frozen=True):
    """A JSON number as it was written, unread."""

    text: str


NOT_UTF8 = Undecodable(
    "HD-NOT-UTF8",
    "Thông điệp không phải là UTF-8 không có BOM.",
    "The message is not UTF-8 without a byte order mark.",
)
MALFORMED = Undecodable("HD-MALFORMED", "Thông điệp không phải là JSON hợp lệ.", "The message is not valid JSON.")
NON_FINITE = Undecodable(
    "HD-NON-FINITE",
    "NaN và Infinity không phải là số trong JSON.",
    "NaN and Infinity are no numbers in JSON.",
)
HALF_CHARACTER = Undecodable(
    "HD-HALF-CHARACTER",
    "Thông điệp chứa nửa ký tự (surrogate lẻ).",
    "The message holds half a character (a lone surrogate).",
)
TOO_DEEP = Undecodable(
    "HD-TOO-DEEP",
    f"Thông điệp lồng quá {MAX_DEPTH} tầng.",
    f"The message nests deeper than {MAX_DEPTH} levels.",
)
NOT_AN_OBJECT = Undecodable(
    "HD-NOT-AN-OBJECT",
    "Thông điệp phải là một đối tượng JSON.",
    "The message must be one JSON object.",
)


def duplicate_key(key: str) -> Undecodable:
    """Say which key stands twice in one object."""
    shown = ascii(key[:60])
    return Undecodable(
        "HD-DUPLICATE-KEY",
        f"Khóa {shown} xuất hiện hai lần trong cùng một đối tượng.",
        f"The key {shown} stands twice in one object.",
    )


class _Unreadable(ValueError):
    def __init__(self, reason: Undecodable) -> None:
        super().__init__(reason.code)
        self.reason = reason


def is_refused(character: str) -> bool:
    """Whether a character may stand in no text: controls, invisible format marks, direction overrides, private use, non-characters."""
    code = ord(character)
    return unicodedata.category(character) in _REFUSED_CATEGORIES or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _certain(code: int) -> bool:
    """A character that neither composes with its neighbours nor changes in NFC, and that may stand in a text."""
    character = chr(code)
    return (
        not is_refused(character)
        and not unicodedata.combining(character)
        and unicodedata.is_normalized("NFC", character)
        and unicodedata.category(character) != "Cn"
    )


_ASCII = bytes(range(128))
CERTAIN = frozenset(
    chr(code)
    for first, last in ((0xA0, 0x24F), (0x1E00, 0x1EFF), (0x2010, 0x205F), (0x20A0, 0x20BF), (0x2100, 0x214F))
    for code in range(first, last + 1)
    if _certain(code)
)
"""Latin letters of Vietnamese and its neighbours, and common signs. All are starters that no other letter here composes with."""
_all_certain = re.compile(f"[{''.join(map(re.escape, sorted(CERTAIN)))}]*").fullmatch
_MARKS = "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"
"""The marks of Vietnamese letters, which some keyboards and files write behind their letter. No letter has more than two."""
_all_certain_or_marks = re.compile(f"[{''.join(map(re.escape, sorted(CERTAIN)))}{_MARKS}]*").fullmatch
_marked = re.compile(f".[{_MARKS}]+").sub
_MARK_BYTE = b"\xcc"
"""The first byte of each of them in UTF-8."""
_too_many_marks = re.compile(rb"\xcc.\xcc.\xcc").search


def spare_bytes(raw: bytes) -> int | None:
    """Return how many bytes more than characters a message has, when every text in it is certainly NFC and free of refused characters and
    of escapes; None when that is not certain.

    Line breaks and tabs pass, because between tokens they are allowed; inside strings the JSON parser refuses them.
    """
    if b"\\" in raw or b"\x7f" in raw:
        return None
    if raw.isascii():
        return 0
    wide = raw.translate(None, _ASCII)
    try:
        characters = wide.decode("utf-8")
        if not _all_certain(characters):
            text = raw.decode("utf-8")
            if not unicodedata.is_normalized("NFC", text) or any(
                is_refused(character) for character in set(characters)
            ):
                return None
    except UnicodeDecodeError:
        return None
    return len(wide) - len(characters)


def composed(raw: bytes) -> bytes | None:
    """Return a message whose Vietnamese letters are written with marks behind them with each in one character; None for any other message.

    Quotation marks and whatever else JSON is made of compose with nothing, so that the whole becomes what each text in it would: NFC.
    """
    if _MARK_BYTE not in raw or b"\\" in raw or _too_many_marks(raw):
        return None
    try:
        if not _all_certain_or_marks(raw.translate(None, _ASCII).decode("utf-8")):
            return None
        anew = _marked(_compose, raw.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return None
    return anew if _all_certain(anew.translate(None, _ASCII).decode("utf-8")) else None


def _compose(letter: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", letter[0])


def parse(raw: bytes) -> dict[str, object] | Undecodable:
    """Read bytes as one JSON object: str, bool, None, `Number`, list and dict; or the reason why they are none."""
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:4]:
        return NOT_UTF8
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return NOT_UTF8
    try:
        tree = json.loads(
            text, object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
        )
        _refuse_depth_and_halves(tree)
    except _Unreadable as unreadable:
        return unreadable.reason
    except RecursionError:
        return TOO_DEEP
    except json.JSONDecodeError as error:
        where = f" (dòng {error.lineno}, cột {error.colno}).", f" (line {error.lineno}, column {error.colno})."
        return Undecodable(MALFORMED.code, MALFORMED.text_vi[:-1] + where[0], MALFORMED.text_en[:-1] + where[1])
    return tree if isinstance(tree, dict) else NOT_AN_OBJECT


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Unreadable(duplicate_key(key))
            seen.add(key)
    return members


def _refuse_constant(_: str) -> object:
    raise _Unreadable(NON_FINITE)


def _refuse_depth_and_halves(tree: object) -> None:
    waiting: list[tuple[object, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, str):
            _refuse_halves(node)
        elif isinstance(node, dict | list):
            if depth == MAX_DEPTH:
                raise _Unreadable(TOO_DEEP)
            if isinstance(node, dict):
                for key in node:
                    _refuse_halves(key)
            waiting.extend((child, depth + 1) for child in (node.values() if isinstance(node, dict) else node))


def _refuse_halves(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise _Unreadable(HALF_CHARACTER) from None
