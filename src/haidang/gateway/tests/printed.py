"""The text of a PDF that we set, as a reader of the paper's text gets it: glyphs by the fonts' own tables (ISO 32000-1, 9.10)."""

import re
import unicodedata
import zlib

_STREAM = re.compile(rb"(\d+) 0 obj\s*<<[^\n]*?>>\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_TOKEN = re.compile(rb"/(f\d+) [\d.]+ Tf|(\bTm\b)|(<[0-9a-f]*>\s*Tj|\[[^\]]*\]\s*TJ)")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_PART = re.compile(rb"\\.|[()]", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """Return everything written on the pages, in the order in which it is set, with single spaces."""
    streams = {int(number): _inflated(body) for number, body in _STREAM.findall(pdf)}
    fonts = {
        name: _glyphs(streams[int(re.search(rb"\b%s 0 obj.*?/ToUnicode (\d+) 0 R" % number, pdf, re.DOTALL)[1])])
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", pdf)
    }
    said = [_written(body, fonts) for body in streams.values() if b" Tf" in body and b"BT" in body]
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", " ".join(said)))


def _inflated(body: bytes) -> bytes:
    try:
        # The last byte may be one that looks like the end of a line.
        return zlib.decompressobj().decompress(body)
    except zlib.error:
        return b""  # pictures and profiles that are not deflated say nothing


def _glyphs(table: bytes) -> dict[int, str]:
    """Return what each glyph of a font stands for."""
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, text in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = ord(bytes.fromhex(text.decode()).decode("utf-16-be"))
            found |= {glyph: chr(start + at) for at, glyph in enumerate(range(int(first, 16), int(last, 16) + 1))}
    return found


def _written(body: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    said, font = [], {}
    for name, moved, string in _TOKEN.findall(_in_digits(body)):
        if name:
            font = fonts[name]
        elif moved:
            said.append(" ")
        else:
            raw = b"".join(bytes.fromhex(each.decode()) for each in re.findall(rb"<([0-9a-f]*)>", string))
            said += [font[int.from_bytes(raw[at : at + 2])] for at in range(0, len(raw), 2)]
    return "".join(said)


def _in_digits(body: bytes) -> bytes:
    """Return a stream with every string in brackets written in hexadecimal digits; brackets within one are balanced."""
    made, depth, start = [], 0, 0
    for part in _PART.finditer(body):
        if part[0] == b"(":
            depth += 1
            if depth == 1:
                made.append(body[start : part.start()])
                start = part.end()
        elif part[0] == b")":
            depth -= 1
            if depth == 0:
                made.append(b"<" + _ESCAPE.sub(_unescaped, body[start : part.start()]).hex().encode() + b">")
                start = part.end()
    return b"".join([*made, body[start:]])


def _unescaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    return bytes([int(what, 8) & 255]) if what.isdigit() else _LETTERS.get(what, what)
