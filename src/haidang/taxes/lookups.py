"""Reads of a price book from its file: no database, no Django, no network."""

from pathlib import Path

from haidang.taxes.rules.books import OpenBook, unpack
from haidang.taxes.terms.receipts import BookDamaged

__all__ = ["OpenBook", "open_book"]


def open_book(path: str | Path) -> OpenBook:
    """Return the price book of a file (docs/engine.md); the whole of today's in well under a second.

    Raises:
        BookDamaged: the file cannot be read, or is not what was exported.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BookDamaged(f"{path}: không đọc được tệp · the file cannot be read ({error.strerror})") from error
    return unpack(content)
