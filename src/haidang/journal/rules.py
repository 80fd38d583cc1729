"""Digests of the rows an act wrote."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

_encode = msgspec.msgpack.Encoder().encode


def digest(parts: Sequence[object]) -> bytes:
    """Return the SHA-256 of rows in canonical MessagePack form.

    Rows are tuples of integers, texts, bytes, dates, aware instants, UUIDs and None, in the order of their table's columns: the same values read back
    from the database give the same digest. No row may hold a float.
    """
    return sha256(_encode(parts)).digest()
