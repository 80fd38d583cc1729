"""Files of every type, small and whole."""

import io
import struct
import zipfile
import zlib

import openpyxl

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<hoa-don so="1">Thép tấm</hoa-don>\n'.encode()
CSV = "stt,tên hàng,số lượng\n1,thép tấm,20\n".encode()


def png(width: int = 1, height: int = 1) -> bytes:
    """Return a grey image; only its header speaks of its size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg(width: int = 8, height: int = 8) -> bytes:
    """Return the frame of an image with a scan of one byte."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\x3f\0" + b"\x2a"
    return b"\xff\xd8" + app + frame + scan + b"\xff\xd9"


def xlsx() -> bytes:
    """Return a workbook with one cell."""
    book = openpyxl.Workbook()
    book.active["A1"] = "thép tấm"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def xlsx_with(name: str, body: bytes = b"x") -> bytes:
    """Return a workbook with one more member."""
    kept = io.BytesIO(xlsx())
    with zipfile.ZipFile(kept, "a") as archive:
        archive.writestr(name, body, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


def archive() -> bytes:
    """Return a zip file that is no workbook."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        made.writestr("a.exe", b"MZ")
    return kept.getvalue()
