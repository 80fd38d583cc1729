"""Starts the processes of one lane class: `python -m haidang.gateway.serving general`.

One granian master binds the port and watches its workers; each worker is one process with its own writer. SIGTERM drains: no new connection is
taken, what was taken is answered, then the writer stops. A master that is killed takes its workers with it, so that none is left writing.
"""

import ctypes
import os
import signal
import sys

from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from haidang.platform.config import Config, load
from haidang.platform.standing_back import stand_back

SERVED = ("general", "parcels", "conditions")
"""Lane classes that have an application."""
BACKLOG = 2_048
_DRAIN_SECONDS = 20
_PR_SET_PDEATHSIG = 1

_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "loggers": {
        "_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "haidang": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}


def server(lane: str, config: Config) -> MPServer:
    """Return the server of a lane class, not yet started.

    Raises:
        ValueError: no such lane is served.
    """
    if lane not in SERVED:
        raise ValueError(f"no lane {lane!r}: known are {', '.join(SERVED)}")
    return MPServer(
        f"haidang.gateway.app:{lane}",
        factory=True,
        interface=Interfaces.RSGI,
        address="127.0.0.1",
        port=config.port_of(lane),
        workers=config.general_processes if lane == "general" else 1,
        loop=Loops.uvloop,
        runtime_mode=RuntimeModes.st,
        runtime_threads=1,
        backlog=BACKLOG,
        # Connections beyond this wait in the kernel; the lane itself bounds what it has taken.
        backpressure=BACKLOG,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(keep_alive=True),
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_LOGGING,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_DRAIN_SECONDS,
    )


def die_with_parent(word: int = signal.SIGTERM, started_by: int | None = None) -> None:
    """Have the kernel send this process a signal when its parent ends, however it ends (Linux).

    `started_by` is the parent's process id where it is known: a parent that ended before this call is then noticed too.
    """
    parent = os.getppid() if started_by is None else started_by
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, word, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), word)


def in_worker(master: int) -> None:
    """Right after the fork: the handlers of the master are not the worker's, and a signal that comes before it has its own must end it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(started_by=master)


def parent_of(arguments: list[str]) -> int | None:
    """Return the process id that the supervisor gives its children as their last argument, or None."""
    return int(arguments[-1]) if arguments and arguments[-1].isdigit() else None


def main(arguments: list[str]) -> None:
    """Serve one lane class until SIGTERM."""
    if not arguments or arguments[0] not in SERVED:
        sys.exit(f"usage: python -m haidang.gateway.serving {{{'|'.join(SERVED)}}}")
    die_with_parent(started_by=parent_of(arguments))
    if arguments[0] == "parcels":
        # A flood of parcels must not take the processor from general cargo, payments and gates.
        stand_back([os.getpid()])
    master = os.getpid()
    os.register_at_fork(after_in_child=lambda: in_worker(master))
    server(arguments[0], load()).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
