"""Budgets: how many messages a sender may send, so that one who floods waits and the others do not."""

import time


class Budgets:
    """One bucket per sender: `rate` messages a second on average, `burst` at once. In the memory of one process.

    Read by one thread only. Monotonic time: nothing legal depends on it.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._gap = 1.0 / rate
        self._depth = burst / rate
        self._free_at: dict[int, float] = {}

    def due(self, sender_id: int, cost: int = 1) -> float:
        """Return the seconds until `cost` slots of a sender are free, 0.0 when they are; nothing is taken."""
        now = time.monotonic()
        after = max(self._free_at.get(sender_id, 0.0), now - self._depth) + cost * self._gap
        return after - now if after > now + 1e-9 else 0.0

    def wait(self, sender_id: int, cost: int = 1) -> float:
        """Take `cost` slots of a sender: 0.0 when they were free, else the seconds until the next slot (and nothing is taken)."""
        if seconds := self.due(sender_id, cost):
            return seconds
        self.take(sender_id, cost)
        return 0.0

    def take(self, sender_id: int, cost: int) -> None:
        """Take `cost` slots, free or not: what is more than there are is owed, and waited for by whoever comes next."""
        free_at = max(self._free_at.get(sender_id, 0.0), time.monotonic() - self._depth)
        self._free_at[sender_id] = free_at + cost * self._gap
