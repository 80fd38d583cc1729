"""Budgets: how much a sender, or an address that asks without saying who, may have, so that one who floods waits and the others do not."""

import ipaddress
import threading
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


class AddressBudgets:
    """One bucket per address of questions that everybody may ask; any thread may ask. In the memory of one process, of `most` addresses at most.

    An IPv6 address counts as its /64, which is what one connection is given. When there is no room for another address those are forgotten that
    have their whole burst again, and where that is not enough the half that has most: a flood from very many addresses makes nobody poorer.
    """

    def __init__(self, rate: float, burst: int, most: int = 50_000) -> None:
        self._gap, self._depth, self._most = 1.0 / rate, burst / rate, most
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def wait(self, address: str, cost: int = 1) -> float:
        """Take `cost` slots of an address: 0.0 when they were free, else the seconds until they are (and nothing is taken).

        What costs more than the whole burst waits for the whole burst.
        """
        name, cost_s = _network(address), min(cost * self._gap, self._depth)
        with self._lock:
            now = time.monotonic()
            after = max(self._free_at.get(name, 0.0), now - self._depth) + cost_s
            if after > now + 1e-9:
                return after - now
            if name not in self._free_at and len(self._free_at) >= self._most:
                self._forget(now)
            self._free_at[name] = after
            return 0.0

    def _forget(self, now: float) -> None:
        owing = sorted(((at, name) for name, at in self._free_at.items() if at > now - self._depth), reverse=True)
        self._free_at = {name: at for at, name in owing[: self._most // 2]}


def _network(address: str) -> str:
    """Return what has one budget: the address itself, of IPv6 its /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
