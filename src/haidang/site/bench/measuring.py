"""What the kernel says of processes, and the few statistics the bench needs."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of all values do not exceed (nearest rank). Needs at least one value."""
    rank = -(-len(ascending) * percent // 100)
    return ascending[max(int(rank), 1) - 1]


def family(root_pid: int) -> list[int]:
    """Return a living process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        fields = _stat(pid)
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    found = [root_pid]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_s(root_pid: int) -> float:
    """Return the processor seconds, user and system, of a process and all its descendants, those that have ended included."""
    ticks = 0
    for pid in family(root_pid):
        fields = _stat(pid)
        if fields:
            ticks += sum(map(int, fields[11:15]))  # own user and system time, and those of children waited for
    return ticks / _TICKS_PER_S


def machine_cpu_s() -> float:
    """Return the processor seconds that were not idle, of the whole machine since it started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS_PER_S


def proportional_mb(pids: Iterable[int]) -> float:
    """Return the memory of processes, in 10**6 bytes: pages shared by several count as parts (PSS), so that the sum is right."""
    kilobytes = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes * 1024 / 1e6


class Usage(Struct, frozen=True):
    """Processor seconds used in a window by the lane, PostgreSQL, the load generator, and by everything else on the machine."""

    python_s: float
    postgres_s: float
    generator_s: float
    others_s: float

    @property
    def ours_s(self) -> float:
        """All three together."""
        return self.python_s + self.postgres_s + self.generator_s


class Window:
    """Reads the processor time of three families of processes at its beginning and at its end.

    A family that descends from another is not counted in it: the lane and PostgreSQL may be children of the process that generates the load.
    """

    def __init__(self, lane_pid: int, postmaster_pid: int, generator_pid: int) -> None:
        self._roots = (lane_pid, postmaster_pid, generator_pid)
        self._began = self._read()

    def end(self) -> Usage:
        """Return what was used since the window was opened."""
        machine, *ours = [after - before for before, after in zip(self._began, self._read(), strict=True)]
        python_s, postgres_s, generator_s = ours
        return Usage(python_s, postgres_s, generator_s, max(0.0, machine - sum(ours)))

    def _read(self) -> list[float]:
        used = {pid: cpu_s(pid) for pid in self._roots}
        within = {pid: [other for other in family(pid)[1:] if other in used] for pid in used}
        return [machine_cpu_s(), *(used[pid] - sum(used[other] for other in within[pid]) for pid in self._roots)]


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; none when the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
