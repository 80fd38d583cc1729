"""Processes that stand back: what floods must not take the processor from what cannot wait (Linux).

Three means, because the kernel looks at three things: niceness (the share under contention), the niceness of the session's group where the kernel groups
sessions (`sched_autogroup`: each backend of PostgreSQL is a session of its own, so that its own niceness would mean nothing), and the length of
a slice: a process may keep the processor for its slice (3 ms) from one that wakes up, however nice it is. With the shortest slice it is
asked again after a tenth of a millisecond. It still gets its share: nothing starves, and a lock it holds is given back.
"""

import ctypes
import logging
import os
import platform
import struct
import time
from collections.abc import Iterable
from pathlib import Path

_log = logging.getLogger("haidang.standing_back")

NICENESS = 10
"""About a tenth of the share of an ordinary process, when there is not enough for both."""
_SLICE_NS = 100_000
"""The shortest slice the kernel knows (6.12 and later; before, it is ignored)."""
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""`struct sched_attr`: size, policy, flags, niceness, priority, runtime, deadline, period (sched_setattr(2))."""
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_SERVER_PROGRAM = "postgres"
_TRIES = 20
_PAUSE_S = 0.11


def stand_back(process_ids: Iterable[int]) -> None:
    """Have processes of this machine with all their threads, and what they start later, give way to all ordinary ones.

    What may not be changed keeps its priority, and the log says so: giving way is a courtesy, not a condition of working.
    """
    for process_id in process_ids:
        try:
            _stand_back(process_id)
        except OSError as error:
            _log.warning("process %d keeps its priority: %s", process_id, error)


def stand_back_in_database(backend_ids: Iterable[int]) -> None:
    """The same for processes of a PostgreSQL server of ours on this machine, given by `pg_backend_pid`."""
    stand_back(backend_id for backend_id in backend_ids if _program(backend_id) == _SERVER_PROGRAM)


def _stand_back(process_id: int) -> None:
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, NICENESS, 0, _SLICE_NS, 0, 0)
    number = _SCHED_SETATTR.get(platform.machine())
    library = ctypes.CDLL(None, use_errno=True)
    for thread in os.listdir(f"/proc/{process_id}/task"):
        if number is None:
            os.setpriority(os.PRIO_PROCESS, int(thread), NICENESS)
        elif library.syscall(number, int(thread), attributes, 0):
            raise OSError(ctypes.get_errno(), f"sched_setattr: {os.strerror(ctypes.get_errno())}")
    # Whoever leads no session shares its group with others that must not give way.
    if os.getsid(process_id) == process_id and (group := Path(f"/proc/{process_id}/autogroup")).exists():
        _write(group)


def _write(group: Path) -> None:
    """Write the niceness of a group. The kernel takes ten such writes a second from all users together."""
    for _ in range(_TRIES):
        try:
            group.write_text(str(NICENESS))
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return
    raise BlockingIOError("the kernel took no niceness of a session's group")


def _program(process_id: int) -> str:
    try:
        return Path(f"/proc/{process_id}/comm").read_text().strip()
    except FileNotFoundError:
        return ""
