"""Identifiers: UUIDv7 made in batches from the legal instant, and the shard of a trader."""

import secrets
from uuid import UUID
from zlib import crc32

SHARDS = 64
"""How many shards trade is cut into. Never changed: it is in every key."""

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def uuid7_batch(unix_ms: int, count: int) -> list[UUID]:
    """Return `count` ascending version-7 UUIDs for one instant (RFC 9562 section 5.7).

    The millisecond comes in as an argument (legal time), the 74 other bits are random; inside a batch the top 12 random bits
    count upwards, so that index pages fill in order.
    """
    start = secrets.randbits(11)
    noise = secrets.token_bytes(8 * count)
    stamp = (unix_ms & 0xFFFFFFFFFFFF) << 80
    made = []
    for ordinal in range(count):
        low = int.from_bytes(noise[8 * ordinal : 8 * ordinal + 8], "big") >> 2
        made.append(UUID(int=stamp | _VERSION_7 | ((start + ordinal) & 0xFFF) << 64 | _VARIANT | low))
    return made


def shard_of(trader_tax_code: str) -> int:
    """Return the shard (0..63) of a trader: CRC-32 of the first ten digits of its tax code.

    Branches (13 digits) share the shard of their head office, so that a company's debts and guarantees stand together.
    """
    return crc32(trader_tax_code[:10].encode()) % SHARDS
