"""What may be opened: the zip directory of a workbook is judged and every part inflated and counted before a library of workbooks sees a byte."""

import io
import zipfile
import zlib

from haidang.gateway.messages.json_safety import Undecodable

MAX_UNPACKED = 60_000_000
"""Bytes of all parts together; 5,000 goods lines take about ten million."""
MAX_PARTS = 200
MAX_CELLS = 400_000
"""80 for each of 5,000 goods lines."""
_CHUNK = 65_536
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_FLAG = 0x1

MALFORMED = Undecodable(
    "HD-SHEET-MALFORMED",
    "Tệp không phải sổ tính .xlsx nguyên vẹn; hãy mở bằng phần mềm bảng tính và lưu lại dạng .xlsx.",
    "The file is no sound .xlsx workbook; open it in a spreadsheet program and save it as .xlsx again.",
)
ENCRYPTED = Undecodable(
    "HD-SHEET-ENCRYPTED",
    "Tệp có mật khẩu, hoặc là dạng .xls cũ: hãy bỏ mật khẩu và lưu dạng .xlsx.",
    "The file has a password or is an old .xls: take the password off and save it as .xlsx.",
)
MACROS = Undecodable(
    "HD-SHEET-MACROS",
    "Sổ tính có macro hoặc đối tượng nhúng: hãy lưu dạng .xlsx không macro.",
    "The workbook holds macros or embedded objects: save it as .xlsx without them.",
)
LINKS = Undecodable(
    "HD-SHEET-LINKS",
    "Sổ tính nối với tệp hoặc nguồn dữ liệu khác: hãy ngắt liên kết, chỉ giữ giá trị.",
    "The workbook is linked to other files or sources: break the links and keep the values.",
)
TOO_MUCH = Undecodable(
    "HD-SHEET-TOO-MUCH",
    f"Sổ tính giải nén quá {MAX_UNPACKED // 1_000_000} MB, quá {MAX_PARTS} phần hoặc quá {MAX_CELLS} ô.",
    f"Unpacked the workbook is larger than {MAX_UNPACKED // 1_000_000} MB, or it has more than {MAX_PARTS} parts or {MAX_CELLS} cells.",
)
FORBIDDEN = Undecodable(
    "HD-SHEET-FORBIDDEN",
    "Trong sổ tính có khai báo DOCTYPE hoặc thực thể XML, hoặc phần không phải UTF-8: không được nhận.",
    "A part of the workbook has a document type or an entity, or is not UTF-8: none is taken.",
)

_MACRO_PARTS = ("vbaproject.bin", "/activex/", "/embeddings/", "/ctrlprops/", "/macrosheets/", "/dialogsheets/")
_LINK_PARTS = ("/externallinks/", "xl/connections.xml", "/querytables/", "xl/xmlmaps.xml", "/webextensions/")


def is_workbook(raw: bytes) -> bool:
    """Whether a file begins as a workbook does, sound or not; no text can."""
    return raw.startswith((b"PK\x03\x04", b"PK\x05\x06", _OLE))


def judged(raw: bytes) -> Undecodable | None:
    """Return why a workbook is not opened, or None."""
    if raw.startswith(_OLE):
        return ENCRYPTED
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return _directory(packed.infolist()) or _parts(packed)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError):
        return MALFORMED


def _directory(parts: list[zipfile.ZipInfo]) -> Undecodable | None:
    """Judge the directory alone: nothing is inflated yet."""
    names = ["/" + part.filename.lower().replace("\\", "/") for part in parts]
    if any(part.flag_bits & _ENCRYPTED_FLAG for part in parts):
        return ENCRYPTED
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        return TOO_MUCH
    if any(word in name for name in names for word in _MACRO_PARTS):
        return MACROS
    if any(word in name for name in names for word in _LINK_PARTS):
        return LINKS
    if len(set(names)) < len(names) or "/xl/workbook.xml" not in names:
        return MALFORMED
    return None


def _parts(packed: zipfile.ZipFile) -> Undecodable | None:
    """Inflate every part, piece by piece: the directory may say less than there is."""
    size = cells = 0
    for part in packed.infolist():
        kept = b""
        with packed.open(part) as inflated:
            first = True
            while piece := inflated.read(_CHUNK):
                size += len(piece)
                seen = kept + piece
                cells += seen.count(b"<c ") + seen.count(b"<c>")
                if size > MAX_UNPACKED or cells > MAX_CELLS:
                    return TOO_MUCH
                if first and (b"\x00" in piece[:4]) and part.filename.lower().endswith((".xml", ".rels")):
                    return FORBIDDEN
                if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                    return FORBIDDEN
                if b"macroEnabled" in seen:
                    return MACROS
                # A mark may lie across two pieces; two bytes can hold no cell's mark whole, so that none is counted twice.
                kept, first = piece[-2:], False
    return None
