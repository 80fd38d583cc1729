"""Who is told of a decision on an advance ruling: the trader, every agent that holds its mandate then, and, of what is published, whoever wants to know."""

from collections.abc import Callable
from datetime import datetime

from haidang.clearance.actions import telling
from haidang.clearance.actions.passing import Hands
from haidang.journal import actions as journal
from haidang.journal.lookups import SubscriberQuestion, parties_wanting
from haidang.parties.standing import agents_of
from haidang.platform.db import Transaction
from haidang.rulings.actions import Stepped
from haidang.rulings.lookups import announced
from haidang.rulings.terms import RulingKind

DECIDED = "ruling.decided"
"""What trader and agents are told when customs has decided on their file."""
PUBLISHED = "ruling.published"
"""What everybody who has subscribed is told when a ruling on a code or an origin is published, or one that was published ends."""


def tell_decision(
    hands: Hands, transaction: Transaction, stepped: Stepped, at: datetime, view: bytes, encode: Callable[[object], bytes]
) -> None:  # fmt: skip
    """Owe the notices about a step that decided on a file. `view` is the file as its trader reads it.

    The broker that applied or lodges for the trader is told while it holds a mandate: one whose mandate was withdrawn may not read the file either.
    """
    shard, directory = stepped.file.key[0], hands.directory
    concerned = agents_of(directory, stepped.file.trader_code)
    subscribers = SubscriberQuestion(transaction.connection, concerned, [DECIDED]).subscribers()
    owed = telling.notices(shard, DECIDED, concerned, subscribers, view, at)
    for ruling in (stepped.ended, stepped.issued):
        if ruling is not None and ruling.kind is not RulingKind.VALUE:
            wanting = parties_wanting(transaction.connection, PUBLISHED)
            told = encode(announced(ruling, at))
            owed += telling.notices(shard, PUBLISHED, sorted(wanting), {PUBLISHED: wanting}, told, at)
    journal.owe(transaction, owed)
