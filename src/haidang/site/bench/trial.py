"""The installation that is measured: a home of its own, as `haidang serve` would have it, with the demo country, removed at the end."""

import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from haidang.platform import binaries, config, server
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.platform.server import EmbeddedServer
from haidang.site import setting_up
from haidang.site.bench.messages import ordinary_goods
from haidang.site.bench.tpcb import Yardstick
from haidang.site.demo.country import build_country
from haidang.site.serving import Child, DidNotStart, Program

_PREFIX = "haidang-bench-"
_LANES = ("portals", "general", "parcels", "conditions", "gates")
_UNBOUNDED = "1000000"
_PATIENCE_S = 60.0
_IN_MEMORY = ("tmpfs", "ramfs")

Tell = Callable[[str], None]


class NoDisk(Exception):
    """No folder on a disk was found that the database server may enter."""


class Trial(Struct, frozen=True):
    """A running installation of its own, ready for messages, and the yardstick beside it."""

    config: Config
    postgres: EmbeddedServer
    lane: Child
    yardstick: Yardstick
    goods_path: Path

    @property
    def port(self) -> int:
        """Port of the general lane."""
        return self.config.port_general

    @property
    def lane_pid(self) -> int:
        """The lane's first process; its workers descend from it."""
        assert self.lane.process is not None
        return self.lane.process.pid

    @property
    def postmaster_pid(self) -> int:
        """PostgreSQL's first process."""
        assert self.postgres.process is not None
        return self.postgres.process.pid


@contextmanager
def running(tell: Tell) -> Iterator[Trial]:
    """Set up and run the installation for a block; everything it made is stopped and removed at its end."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        stack.enter_context(_environment(folder / "home"))
        found = config.load()
        tell(f"database in {folder}: {_disk_of(folder)}")
        stack.callback(_remove_cluster, found.data_dir)
        postgres = server.ensure_running(found)
        assert postgres is not None
        setting_up.set_up(found, trial=True, may_migrate=True, tell=tell)
        tell("making the demo country")
        with Servers(found).connect("owner") as connection:
            build_country(connection, found.home)
        goods = ordinary_goods()
        goods_path = folder / "goods.json"
        goods_path.write_bytes(msgspec.json.encode(goods))
        tell(f"{len(goods)} commodity codes of ordinary cargo")
        yardstick = Yardstick(found, binaries.find_binaries(found))
        tell(f"filling TPC-B ({yardstick.program})")
        yardstick.fill()
        lane = stack.enter_context(lane_running("general", found, tell))
        yield Trial(found, postgres, lane, yardstick, goods_path)


@contextmanager
def lane_running(name: str, found: Config, tell: Tell) -> Iterator[Child]:
    """Run a lane for a block as `haidang serve` runs it, once it takes messages.

    Raises:
        DidNotStart: it ended, or did not answer in time.
    """
    log_dir = found.home / "logs"
    log_dir.mkdir(exist_ok=True)
    lane = Child(Program(name, ("-m", "haidang.gateway.serving", name), found.port_of(name)), log_dir, tell)
    tell(f"starting the {name} lane: {found.general_processes if name == 'general' else 1} processes")
    lane.start()
    try:
        until = time.monotonic() + _PATIENCE_S
        while not lane.is_healthy():
            ended = lane.process is not None and lane.process.poll() is not None
            if ended or time.monotonic() > until:
                raise DidNotStart(f"the {name} lane did not start; its log ends:\n{lane.log_tail()}")
            time.sleep(0.1)
        yield lane
    finally:
        lane.ask_to_stop()
        lane.wait()


def _remove_cluster(data_dir: Path) -> None:
    # Stopping needs neither programs nor password: a signal, and the processes that work in the folder.
    EmbeddedServer(data_dir, Path(), "").stop()
    if data_dir.is_symlink():
        shutil.rmtree(data_dir.resolve())


def _remove_orphans(place: Path) -> None:
    """Stop and remove what a bench left behind that was killed before it could."""
    for folder in place.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and folder.stat().st_uid == os.geteuid() and not Path(f"/proc/{pid}").exists():
            data_dir = folder / "home" / "postgres"
            if data_dir.exists():
                _remove_cluster(data_dir)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment(home: Path) -> Iterator[None]:
    """Point this process and its children at the home: free ports, no bound on a sender, the rest as the environment says."""
    kept = dict(os.environ)
    ports = {f"HAIDANG_PORT_{lane.upper()}": str(port) for lane, port in zip(_LANES, _free_ports(), strict=True)}
    for name in ("HAIDANG_DATABASE_URL", "HAIDANG_DATABASE_URLS"):
        os.environ.pop(name, None)
    own = {"HAIDANG_HOME": str(home), "HAIDANG_SENDER_RATE": _UNBOUNDED, "HAIDANG_SENDER_BURST": _UNBOUNDED}
    os.environ.update(ports | own)
    config.load.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
        config.load.cache_clear()


def _free_ports() -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in _LANES]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a new folder on the disk of this code, which the server's user can enter; a disk in memory would measure something else.

    Raises:
        NoDisk: there is none.
    """
    device = Path(__file__).stat().st_dev
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd() / "var"]  # noqa: S108 (a name nobody can foresee)
    usable = [place for place in places if place.is_dir() and os.access(place, os.W_OK) and not _is_in_memory(place)]
    for place in sorted(usable, key=lambda place: place.stat().st_dev != device):
        _remove_orphans(place)
        folder = place / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o711)
        if binaries.reaches(binaries.server_account(None), folder):
            break
        folder.rmdir()
    else:
        raise NoDisk(f"none of {', '.join(map(str, places))} is a folder on a disk that the database server may enter")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _mount_of(place: Path) -> tuple[str, str]:
    """Return device and type of the file system a folder lies on."""
    wanted = os.fspath(place.resolve())
    rows = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    below = [row for row in rows if wanted == row[1] or wanted.startswith(row[1].rstrip("/") + "/")]
    device, _, kind = max(below, key=lambda row: len(row[1]))
    return device, kind


def _is_in_memory(place: Path) -> bool:
    return _mount_of(place)[1] in _IN_MEMORY


def _disk_of(place: Path) -> str:
    device, kind = _mount_of(place)
    same = place.stat().st_dev == Path(__file__).stat().st_dev
    return f"{kind} on {device}, {'the same disk as the code' if same else 'another disk than the code'}"
