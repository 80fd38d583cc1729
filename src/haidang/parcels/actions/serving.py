"""Proof of delivery of what is served about lists of parcels: as of declarations, by the acts that are served there."""

from collections.abc import Sequence

import msgspec

from haidang.clearance.actions import serving
from haidang.clearance.rules.serving import parse_service_no
from haidang.parcels import lookups, store
from haidang.parcels.rules.serving import SERVED
from haidang.platform.db import Transaction


def read_by(transaction: Transaction, place: tuple[int, int, int], party_id: int, codes: Sequence[str], *, opens: bool) -> None:  # fmt: skip
    """Record that what was served about a list reached who reads for its operator (`codes`): all of it in a list, or (`opens`) that one text was opened.

    `place` is shard, number of the list and number of the act.
    """
    key = _key_of(transaction, *place[:2])
    if key is None or lookups.concerned(transaction, key).codes[0] not in codes:
        return
    if opens:
        serving.opened(transaction, key, place[2], party_id, "document", SERVED)
    else:
        serving.delivered(transaction, key, None, party_id, "list", SERVED)


def taken_by_webhook(transaction: Transaction, shard_id: int, payload: bytes, party_id: int) -> bool:
    """Record that a webhook took the notice of what was served about a list; whether the notice is about one."""
    number = parse_service_no(msgspec.json.decode(payload)["service_no"])
    if number is None or not lookups.is_list_number(number[0]):
        return False
    key = _key_of(transaction, shard_id, number[0])
    if key is not None:
        serving.delivered(transaction, key, (number[1],), party_id, "webhook", SERVED)
    return True


def _key_of(transaction: Transaction, shard_id: int, no11: int) -> store.Key | None:
    return lookups.key_of(transaction, shard_id, no11) if lookups.is_list_number(no11) else None
