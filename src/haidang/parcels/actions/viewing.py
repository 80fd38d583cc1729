"""Reading a list or a parcel of another customs office: by a named officer, for a reason, and every reading is kept for the auditor (`parcel_reading`)."""

from uuid import uuid4

from haidang.parcels.store import readings
from haidang.platform.db import Transaction


def note_office_reading(
    transaction: Transaction, place: tuple[int, int], reader_id: int, officer: str, reason: str
) -> str | None:
    """Keep that an officer of another office reads a list or parcel, by (shard, 11 digits), and why; return its office, None: there is none."""
    return readings.note_reading(transaction, place, uuid4(), reader_id, officer, reason)
