"""Starts the process of the pages: `python -m haidang.site.pages`. Django over WSGI, on loopback; a reverse proxy gives TLS and a name."""

import os
import sys
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from haidang.gateway.serving import die_with_parent, in_worker, parent_of
from haidang.platform.config import Config, load

HEALTH = "/health"
_THREADS = 4
_BACKLOG = 512
_STOP_S = 20


def application() -> Any:
    """Return the WSGI application of the pages; the law book is read beside its first requests."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "haidang.site.page_settings"
    from django.core.wsgi import get_wsgi_application

    made = get_wsgi_application()
    from haidang.portals.law import read_ahead

    read_ahead()
    return made


def server(config: Config) -> MPServer:
    """Return the server of the pages, not yet started."""
    return MPServer(
        "haidang.site.pages:application",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=config.port_portals,
        workers=1,
        blocking_threads=_THREADS,
        blocking_threads_idle_timeout=600,
        backlog=_BACKLOG,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_S,
    )


def main(arguments: list[str]) -> None:
    """Serve the pages until SIGTERM."""
    die_with_parent(started_by=parent_of(arguments))
    master = os.getpid()
    os.register_at_fork(after_in_child=lambda: in_worker(master))
    server(load()).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
