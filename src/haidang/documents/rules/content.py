"""What the bytes of a file must be: of a type that is taken, whole, inert, and of that one type only.

Nothing is rendered, executed or unpacked: signatures, the frame of the format and the list of members are looked at. A file that two programs read as two
different things shows one to the officer and another to whoever opens it next; it is refused, whatever the two are.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import puremagic
from lxml import etree

from haidang.documents.rules import wording
from haidang.documents.rules.tables import media_types
from haidang.documents.terms import MediaType
from haidang.kernel.findings import Finding

_HEAD = 1024
"""Within so many bytes readers of PDF look for its signature, and browsers for a page."""
_PIXELS = 100_000_000
_MEMBERS = 2_000
_UNPACKED = 100_000_000
_TYPES = 1_000_000
"""Bytes of the one member that is read: the list of what the others are."""
_PNG = b"\x89PNG\r\n\x1a\n"
_SPACE = b" \t\r\n\f\x00"
_PAGES = (b"<html", b"<script", b"<!doctype html", b"<svg")
_ACTIVE_ROOTS = ("{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/XSL/Transform}")  # fmt: skip
_ACTIVE_MEMBERS = ("xl/macrosheets/", "xl/dialogsheets/", "xl/activex/", "xl/embeddings/", "xl/externallinks/", "customui/")  # fmt: skip


def check_content(content: bytes, said: str, limit: int) -> MediaType | Finding:
    """Return the type of a file, or why it is not taken.

    Args:
        content: the bytes.
        said: the media type that the sender says it is; empty: by its bytes alone (text is then text/plain).
        limit: bytes at most.
    """
    if not content:
        return wording.EMPTY
    if len(content) > limit:
        return wording.too_large(len(content), limit)
    if said and said not in media_types():
        return wording.not_taken(said)
    found = _family(content)
    if found is None:
        return wording.not_taken("")
    family = media_types()[said].family if said else found
    if family != found:
        return wording.other_type(said, next(each for each in media_types().values() if each.family == found))
    fault = _second_type(content, family) or _CHECKS[family](content)
    if fault is not None:
        return fault
    if said:
        return media_types()[said]
    plain = [each for each in media_types().values() if each.family == family]
    return plain[-1]


def _family(content: bytes) -> str | None:
    """Return the family by signature. What has `%PDF-` near its beginning is taken for a PDF by its readers, whatever stands before it."""
    try:
        endings = {match.extension for match in puremagic.magic_string(content)}
    except puremagic.PureError:
        endings = set()
    for each in media_types().values():
        if each.magic and each.magic in endings:
            return each.family
    if content.lstrip(b"\xef\xbb\xbf" + _SPACE).startswith(b"<"):
        return "xml"
    if b"%PDF-" in content[:_HEAD]:
        return "pdf"
    return None if _text_fault(content) else "text"


def _second_type(content: bytes, family: str) -> Finding | None:
    head = content[:_HEAD]
    if family != "pdf" and b"%PDF-" in head:
        return wording.two_types("PDF")
    if family != "xlsx" and zipfile.is_zipfile(io.BytesIO(content)):
        return wording.two_types("ZIP")
    if family != "xml" and any(page in head.lower() for page in _PAGES):
        return wording.two_types("HTML")
    return None


def _pdf_fault(content: bytes) -> Finding | None:
    if not content.startswith(b"%PDF-"):
        return wording.BEFORE_PDF
    end = content.rfind(b"%%EOF")
    if end < 0:
        return wording.DAMAGED
    return wording.AFTER_END if content[end + 5 :].strip(_SPACE) else None


def _png_fault(content: bytes) -> Finding | None:
    """Walk the chunks: each whole and with its sum, IHDR first, IEND last and nothing after it."""
    if not content.startswith(_PNG):
        return wording.DAMAGED
    place, first = len(_PNG), True
    while place + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + size
        if end > len(content) or zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(
            content[end - 4 : end], "big"
        ):
            return wording.DAMAGED
        if first:
            if kind != b"IHDR" or size != 13:
                return wording.DAMAGED
            width, height = struct.unpack_from(">II", content, place + 8)
            if not 0 < width * height <= _PIXELS:
                return wording.BOMB
            first = False
        if kind == b"IEND":
            return wording.AFTER_END if end != len(content) else None
        place = end
    return wording.DAMAGED


def _jpeg_fault(content: bytes) -> Finding | None:
    """Walk the segments to the frame and the scan; the end of the image is the end of the file."""
    place, framed = 2, False
    while place + 4 <= len(content):
        mark, kind, size = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF or size < 2:
            return wording.DAMAGED
        if kind in _FRAMES and place + 9 <= len(content):
            height, width = struct.unpack_from(">HH", content, place + 5)
            if width * height > _PIXELS:
                return wording.BOMB
            framed = True
        place += 2 + size
        if kind == 0xDA:
            break
    if not framed or b"\xff\xd9" not in content[place:]:
        return wording.DAMAGED
    return None if content.rstrip(b"\x00").endswith(b"\xff\xd9") else wording.AFTER_END


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that begin a frame with height and width."""


def _xlsx_fault(content: bytes) -> Finding | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = [each.filename for each in members]
            if min((each.header_offset for each in members), default=1) or content[-22:-18] != b"PK\x05\x06":
                return wording.AFTER_END
            if len(members) > _MEMBERS or sum(each.file_size for each in members) > _UNPACKED:
                return wording.BOMB
            wrong = any(name.startswith("/") or "\\" in name or ".." in name.split("/") for name in names)
            if wrong or len(set(names)) != len(names) or any(each.flag_bits & 1 for each in members):
                return wording.DAMAGED
            if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
                return wording.not_taken("")
            if archive.getinfo("[Content_Types].xml").file_size > _TYPES:
                return wording.BOMB
            types = archive.read("[Content_Types].xml").lower()
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        return wording.DAMAGED
    low = [name.lower() for name in names]
    if b"macroenabled" in types or any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in low):
        return wording.MACRO
    return wording.MACRO if any(name.startswith(_ACTIVE_MEMBERS) for name in low) else None


def _xml_fault(content: bytes) -> Finding | None:
    """Read it without document type, entities, network or instructions; UTF-8 only, so that what is looked for is found."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return wording.NOT_UTF8
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return wording.DTD
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return wording.DAMAGED
    if (root.getroottree().docinfo.encoding or "UTF-8").upper() not in ("UTF-8", "ASCII", "US-ASCII"):
        return wording.NOT_UTF8
    if root.xpath("//processing-instruction()") or root.xpath("/processing-instruction()"):
        return wording.DTD
    # An element of a page anywhere in it is shown by a browser as a page.
    names = {each.tag for each in root.iter(etree.Element)} if root.nsmap or len(root) else {root.tag}
    active = any(str(name).startswith(_ACTIVE_ROOTS) for name in names) or str(root.tag).lower() in ("html", "svg")
    return wording.two_types("HTML") if active else None


def _text_fault(content: bytes) -> Finding | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return wording.NOT_UTF8
    if any(character < " " and character not in "\t\r\n" for character in set(text)) or "\x7f" in text:
        return wording.DAMAGED
    return wording.not_taken("") if text.lstrip().startswith(("<", "#!", "%!", "{\\rtf")) else None


_CHECKS: dict[str, Callable[[bytes], Finding | None]] = {
    "pdf": _pdf_fault,
    "png": _png_fault,
    "jpeg": _jpeg_fault,
    "xlsx": _xlsx_fault,
    "xml": _xml_fault,
    "text": _text_fault,
}
