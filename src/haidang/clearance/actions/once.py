"""A message about a declaration is answered once for life: its key, and the answer that it was given before."""

from collections.abc import Sequence
from typing import Protocol

from haidang.clearance.actions.answers import OTHER_BYTES
from haidang.clearance.actions.passing import Answer, Envelope, refused, signature_refused
from haidang.declarations.actions import Standing
from haidang.journal.terms import MessageKey, StoredAnswer


class About(Protocol):
    """A signed message about the declaration `no11`, found on shard `shard_id`."""

    @property
    def envelope(self) -> Envelope:
        """The message as it came."""

    @property
    def shard_id(self) -> int:
        """Where the number was found, 0 when nowhere."""

    @property
    def no11(self) -> int:
        """The 11-digit number."""


def message_key(each: About, locked: dict[int, Standing]) -> MessageKey:
    """Return what makes the message one message: sender, trader of the declaration, message id."""
    standing = locked.get(each.no11)
    if standing is not None:
        return MessageKey(standing.shard_id, each.envelope.sender_id, standing.trader_code, each.envelope.message_id)
    return MessageKey(each.shard_id, each.envelope.sender_id, "", each.envelope.message_id)


def answered_before(
    each: About, key: MessageKey, stored: StoredAnswer | None, first_of: dict[MessageKey, int], batch: Sequence[About],
    result: list[Answer],
) -> Answer | None:  # fmt: skip
    """Return the answer that the message was given before, in this batch or another; a refusal for other bytes or a dead signature; else None."""
    if stored is not None:
        if stored.sha256 == each.envelope.sha256:
            return Answer(stored.status, stored.answer)
        return refused((OTHER_BYTES,))
    if key in first_of:
        if batch[first_of[key]].envelope.sha256 == each.envelope.sha256:
            return result[first_of[key]]
        return refused((OTHER_BYTES,))
    return signature_refused(each.envelope)
