"""`haidang serve`: starts PostgreSQL and every process of the installation, restarts what dies, and stops all in order.

Each child gets SIGTERM from the kernel when this process ends, so that nothing is left behind by a kill -9 but PostgreSQL, which the next start
takes over. Logs of the children stand in HOME/logs.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
from msgspec import Struct

from haidang.gateway.serving import SERVED
from haidang.kernel.findings import Refusal
from haidang.platform import server as servers
from haidang.platform.binaries import ServerFault
from haidang.platform.config import Config
from haidang.site import pages, setting_up

HEALTH = "/api/v1/health"
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_STEADY_S = 60.0
"""A child that has lived this long has proved itself: its next fall is restarted without waiting."""
_CHILD_STOP_S = 30.0
_HOUSEKEEPING_S = 3_600.0
_TICK_S = 0.2
_LOG_LIMIT = 16 << 20

Tell = Callable[[str], None]


class AlreadyServed(Refusal):
    """Another process serves this home, or something else listens on one of its ports."""

    code = "ALREADY_SERVED"

    def __init__(self, text_vi: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_vi = text_vi
        self.text_en = text_en


class DidNotStart(ServerFault):
    """A process of the installation did not come up; the message ends with its log."""


class Program(Struct, frozen=True):
    """One child: its name in logs, and the arguments after the Python interpreter. `port` is the loopback port on which it must answer `health`."""

    name: str
    arguments: tuple[str, ...]
    port: int | None = None
    health: str = HEALTH


def programs(config: Config, *, worker: bool = True) -> list[Program]:
    """Return what is run beside PostgreSQL, in the order in which it is started; it is stopped in the reverse order."""
    lanes = [Program(lane, ("-m", "haidang.gateway.serving", lane), config.port_of(lane)) for lane in SERVED]
    lanes.append(Program("pages", ("-m", "haidang.site.pages"), config.port_portals, pages.HEALTH))
    others = [Program("relay", ("-m", "haidang.gateway.relay"))]
    if worker:
        others.append(Program("worker", ("-m", "haidang.site.working")))
    return [*lanes, *others]


class Child:
    """One program as a process: started, watched, restarted with a growing pause, stopped."""

    def __init__(self, program: Program, log_dir: Path, tell: Tell) -> None:
        self.program = program
        self.log_path = log_dir / f"{program.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self._tell = tell
        self._log_from = 0
        self._started_at = 0.0
        self._wait_s = _FIRST_WAIT_S
        self._next_start_at = 0.0

    def start(self) -> None:
        """Start the process; its output goes to the end of its log."""
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT:
            os.replace(self.log_path, self.log_path.with_suffix(".log.1"))
        with open(os.open(self.log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            self._log_from = os.fstat(log.fileno()).st_size
            self.process = subprocess.Popen(
                [sys.executable, *self.program.arguments, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A session of its own: it is scheduled as one, and Ctrl-C at a terminal reaches this process alone, which then stops the children in order.
                start_new_session=True,
            )
        self._started_at = time.monotonic()

    def look_after(self) -> None:
        """Restart the process when it has ended and its pause is over."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            ended, lived = self.process.returncode, now - self._started_at
            self.process = None
            self._wait_s = _FIRST_WAIT_S if lived > _STEADY_S else min(self._wait_s * 2, _LONGEST_WAIT_S)
            self._next_start_at = now + (0.0 if lived > _STEADY_S else self._wait_s)
            self._tell(f"{self.program.name}: dừng với mã {ended}, sẽ chạy lại · ended with {ended}, will be restarted")
        if self.process is None and now >= self._next_start_at:
            self.restarts += 1
            self.start()

    def is_healthy(self) -> bool:
        """Return whether the process lives and, when it has a port, answers on it."""
        if self.process is None or self.process.poll() is not None:
            return False
        return self.program.port is None or answers(self.program.port, self.program.health)

    def ask_to_stop(self) -> None:
        """Send SIGTERM: what was taken is finished first."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, patience_s: float = _CHILD_STOP_S) -> None:
        """Wait for the end; past the patience the whole group is killed."""
        if self.process is None:
            return
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._tell(f"{self.program.name}: không dừng, buộc dừng · does not stop, killed")
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def log_tail(self) -> str:
        """Return the last words of this start."""
        with open(self.log_path, "rb") as log:
            log.seek(max(self._log_from, log.seek(0, os.SEEK_END) - 4_000))
            return log.read().decode(errors="replace").strip()


class Installation:
    """A running installation: PostgreSQL, its children, and the housekeeping of every hour. Made by `running`."""

    def __init__(
        self, config: Config, found: setting_up.SetUp, postgres: servers.EmbeddedServer | None, tell: Tell
    ) -> None:
        self.config = config
        self.set_up = found
        self._postgres = postgres
        self._tell = tell
        self._children: list[Child] = []
        self._stopping = threading.Event()
        self._housekeeper = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)

    @property
    def children(self) -> list[Child]:
        """The processes beside PostgreSQL."""
        return self._children

    def start(self, wanted: list[Program], patience_s: float = 60.0) -> None:
        """Start the children and return when all of them are healthy.

        Raises:
            DidNotStart: one ended, or did not answer in time.
        """
        log_dir = self.config.home / "logs"
        log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._children = [Child(program, log_dir, self._tell) for program in wanted]
        until = time.monotonic() + patience_s
        # Those that answer callers first: the others would only take the processor from them while they read the law.
        for with_port in (True, False):
            waiting = [child for child in self._children if (child.program.port is not None) is with_port]
            for child in waiting:
                child.start()
            while waiting:
                for child in waiting:
                    ended = child.process is not None and child.process.poll() is not None
                    if ended or time.monotonic() > until:
                        raise DidNotStart(f"{child.program.name} did not start; its log ends:\n{child.log_tail()}")
                waiting = [child for child in waiting if not child.is_healthy()]
                self._stopping.wait(0.05)
        self._housekeeper.start()

    def watch(self) -> None:
        """Look after everything until SIGTERM, SIGINT or `ask_to_stop`."""
        with suppress(StopAsked):
            while not self._stopping.wait(_TICK_S):
                self._look_after_postgres()
                for child in self._children:
                    child.look_after()

    def ask_to_stop(self) -> None:
        """End `watch`; safe to call from another thread."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop everything in order: the lanes drain first, then the rest, then PostgreSQL when it is ours."""
        self._stopping.set()
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.wait()
        if self._housekeeper.is_alive():
            self._housekeeper.join(10)
        if self._postgres is not None and self._postgres.process is not None:
            self._postgres.stop()

    def _look_after_postgres(self) -> None:
        ours = self._postgres
        if ours is None or ours.process is None or ours.process.poll() is None:
            return
        self._tell("PostgreSQL đã dừng, khởi động lại · PostgreSQL ended, starting it again")
        try:
            ours.start()
        except ServerFault as fault:
            self._tell(str(fault))
            self._stopping.wait(_FIRST_WAIT_S)

    def _keep_house(self) -> None:
        """Make partitions ahead and warn of exchange rates, now and every hour: legal months turn while we run."""
        warned = ""
        wait_s = 0.0
        while not self._stopping.wait(wait_s):
            try:
                setting_up.make_partitions_ahead(self.config)
                warning = setting_up.exchange_rate_warning(self.config)
            except psycopg.Error as error:
                self._tell(f"housekeeping: {error}")
                wait_s = _STEADY_S
                continue
            if warning and warning != warned:
                self._tell(warning)
            warned = warning
            wait_s = _HOUSEKEEPING_S


@contextmanager
def running(
    config: Config,
    *,
    trial: bool = False,
    may_migrate: bool = False,
    worker: bool = True,
    tell: Tell = lambda _: None,
    prepare: Callable[[setting_up.SetUp], None] = lambda _: None,
) -> Iterator[Installation]:
    """Run the whole installation for a block: servers, database, `prepare`, then all programs; stopped in order at its end.

    Raises:
        AlreadyServed: another process serves this home, or a port is taken.
        ServerFault, RolesNotReady: PostgreSQL is missing, unsafe or not ours to use.
        MigrationsWaiting, NotATrial: see `setting_up.set_up`.
        DidNotStart: a process did not come up.
    """
    with _sole_server(config), stoppable():
        for port in (*map(config.port_of, SERVED), config.port_portals):
            _refuse_taken_port(port)
        tell("Khởi động PostgreSQL · starting PostgreSQL")
        postgres = servers.ensure_running(config)
        installation: Installation | None = None
        try:
            found = setting_up.set_up(config, trial=trial, may_migrate=may_migrate, tell=tell)
            prepare(found)
            installation = Installation(config, found, postgres, tell)
            tell("Khởi động các làn · starting the lanes")
            installation.start(programs(config, worker=worker))
            yield installation
        finally:
            tell("Đang dừng · stopping")
            if installation is not None:
                installation.stop()
            elif postgres is not None and postgres.process is not None:
                postgres.stop()


class StopAsked(BaseException):
    """SIGTERM or SIGINT came: whatever is under way ends here, and everything is stopped in order."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `StopAsked` in the main thread at the first SIGTERM or SIGINT within the block; while things are being stopped, further ones do no more."""

    def stop(*_: object) -> None:
        for word in (signal.SIGTERM, signal.SIGINT):
            signal.signal(word, signal.SIG_IGN)
        raise StopAsked

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {word: signal.signal(word, stop) for word in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for word, handler in previous.items():
            signal.signal(word, handler)


def answers(port: int, health: str = HEALTH) -> bool:
    """Return whether a lane on this loopback port takes messages, or the pages can be read."""
    try:
        reply = httpx.get(f"http://127.0.0.1:{port}{health}", timeout=5, trust_env=False)
    except httpx.TransportError:
        return False
    return reply.status_code == 200


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise AlreadyServed(
                f"Cổng {port} đang có chương trình khác dùng: đặt cổng khác (HAIDANG_PORT_*) hoặc dừng chương trình đó.",
                f"Port {port} is in use by another program: set other ports (HAIDANG_PORT_*) or stop that program.",
            )


@contextmanager
def _sole_server(config: Config) -> Iterator[None]:
    config.home.mkdir(parents=True, exist_ok=True)
    with open(os.open(config.home / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = file.read().strip()
            raise AlreadyServed(
                f"Thư mục {config.home} đang được tiến trình {pid} phục vụ.",
                f"{config.home} is served by process {pid} already.",
            ) from None
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
