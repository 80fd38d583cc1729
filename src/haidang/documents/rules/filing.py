"""How documents are numbered and sealed."""

import re
from datetime import UTC, datetime
from hashlib import sha256

from msgspec.structs import astuple

from haidang.documents.terms import Document, Given, Reading
from haidang.journal.rules import digest

_NUMBER = re.compile(r"[0-9]{12}\Z", re.ASCII)
_ORDINALS = 10**9


def document_no(shard_id: int, ordinal: int) -> str:
    """Return the number that people quote: two digits of the shard, nine of the count there, and a check digit (Luhn).

    The check digit finds every single wrong digit: the neighbour's number is never meant by a slip of the hand.

    Raises:
        OverflowError: a shard has given all its numbers.
    """
    if not 0 < ordinal < _ORDINALS:
        raise OverflowError(f"shard {shard_id} has no document number {ordinal}")
    digits = f"{shard_id:02}{ordinal:09}"
    return digits + _check_digit(digits)


def parse_document_no(text: str) -> tuple[int, int] | None:
    """Return (shard, ordinal) of a document number, or None when it is none."""
    if not _NUMBER.match(text) or _check_digit(text[:11]) != text[11] or text[2:11] == "0" * 9:
        return None
    return int(text[:2]), int(text[2:11])


def _check_digit(digits: str) -> str:
    doubled = (2 * int(digit) for digit in digits[::-2])
    plain = (int(digit) for digit in digits[-2::-2])
    return str(-(sum(each // 10 + each % 10 for each in doubled) + sum(plain)) % 10)


def filed(given: Given, shard_id: int, ordinal: int, given_at: datetime, previous: bytes) -> Document:
    """Return the document that is put on file; its digest covers the row and the digest of the document before it on the shard."""
    row = (
        shard_id, ordinal, given.giver_id, given.trader_code, given.type_code, given.media_type, given.file_name, given.facts,
        len(given.content), given.sha256, given_at,
    )  # fmt: skip
    return Document(*row, digest((previous, row)))


def digest_again(document: Document, previous: bytes) -> bytes:
    """Return the digest that a stored document must have."""
    return digest((previous, astuple(document)[:-1]))


def reading_digest(reading: Reading, previous: bytes) -> bytes:
    """Return the digest of a reading after `previous` (of the reading before, or of the document), as `open_document` in the database makes it."""
    instant = f"{reading.read_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    text = f"{reading.shard_id}/{reading.ordinal}/{reading.reading_no}/{reading.reader_id}/{instant}"
    if reading.officer_code:
        text += f"/{reading.officer_code}/{reading.reason}"
    return sha256(previous + text.encode()).digest()
