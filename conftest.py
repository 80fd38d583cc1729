"""One PostgreSQL cluster for a whole test run, and databases cut from one migrated template.

The cluster is made by the first test that asks for a database, whichever worker it runs in, and removed by the process
that started the run. Nothing is started for tests that need none. `HAIDANG_PG_BIN` chooses the server's programs.
"""

import fcntl
import gc
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from haidang.platform import binaries, config, roles, server

_FOLDER = pytest.StashKey[Path]()
_AHEAD = pytest.StashKey[subprocess.Popen[bytes]]()
_FAST = "fast"
"""The profile of hypothesis in the fast suite; the whole one tries a hundred examples where this tries thirty (`tests/examples.py`)."""
_PREFIX = "haidang-test-"
_TEMPLATE = "template_haidang"
_COUNTRY = "template_country"
_MEMORY = Path("/dev/shm")
_PLENTY = 8_000_000_000
"""Bytes that must be free before the cluster of a run is kept in memory, where it takes about two thousand million."""
_SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "512MB", "max_connections": "200"}
"""A test cluster is small. Durability is as in production: the start would be refused otherwise."""
_ITERATIONS_ARE_SET = 160_000
"""The first version of PostgreSQL that can be told how often a password is hashed."""


@dataclass(frozen=True)
class Database:
    """One trial database of the test cluster, migrated, with no rows but those of its migrations."""

    name: str
    environment: dict[str, str]
    """What a process of `haidang` needs in its environment to work on this database."""

    @property
    def config(self) -> config.Config:
        """The installation whose database this is."""
        return config.read(self.environment)

    def dsn(self, role: str) -> str:
        """Return the connection string of a role: owner, ingest, app, report, auditor, admin."""
        return self.config.dsn(role)


class Cluster:
    """The run's cluster, seen from one process; `folder` is the same in all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        base = {"HAIDANG_HOME": str(self.home)}
        if os.environ.get("HAIDANG_PG_BIN"):
            base["HAIDANG_PG_BIN"] = os.environ["HAIDANG_PG_BIN"]
        self.config = config.read(base)
        self.server = server.EmbeddedServer(
            self.config.data_dir,
            binaries.find_binaries(self.config),
            self.config.passwords()["admin"],
            _SETTINGS,
        )

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of an installation on one database of this cluster."""
        own = {"HAIDANG_HOME": str(self.home), "HAIDANG_DATABASE_URL": self.address(name)}
        if self.config.pg_bin:
            own["HAIDANG_PG_BIN"] = str(self.config.pg_bin)
        return own

    def address(self, name: str) -> str:
        """Return the URL of a database, as its superuser."""
        host = str(config.socket_dir(self.config.data_dir)).replace("/", "%2F")
        return f"postgresql://{config.SUPERUSER}:{self.config.passwords()['admin']}@{host}/{name}"

    def ensure(self) -> None:
        """Start the cluster and make the template, once in the whole run."""
        with _locked(self.folder / "cluster.lock"):
            if (self.folder / "ready").exists():
                return
            _remove_orphans(self.folder)
            self.server.start()
            self._make_template()
            (self.folder / "ready").touch()

    def _make_template(self) -> None:
        with self.admin() as connection:
            self._spare_logins(connection)
            roles.create_roles(connection, self.config.passwords())
            roles.create_database(connection, _TEMPLATE)
        template = Database(_TEMPLATE, self.environment(_TEMPLATE))
        with psycopg.connect(template.dsn("admin"), autocommit=True) as connection:
            roles.prepare_database(connection)
        from haidang.site.migrating import migrate  # Django is loaded only by runs that need a database

        migrate(template.dsn("owner"), trial=True)
        with self.admin() as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(sql.Identifier(_TEMPLATE))
            )

    def _spare_logins(self, connection: psycopg.Connection[Any]) -> None:
        """Keep passwords in a form that is quick to prove: they are secrets of this run, and thousands of sessions open with them."""
        if connection.info.server_version < _ITERATIONS_ARE_SET:
            return
        connection.execute("SET scram_iterations = 1")
        password = self.config.passwords()["admin"].encode()
        verifier = connection.pgconn.encrypt_password(password, config.SUPERUSER.encode(), b"scram-sha-256").decode()
        name = sql.Identifier(config.SUPERUSER)
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))

    def ensure_country(self) -> None:
        """Make the template with law book, criteria, rates, partitions and the demo country, once in the whole run."""
        with _locked(self.folder / "country.lock"):
            if (self.folder / "country").exists():
                return
            from haidang.site.demo.country import build_country
            from haidang.site.setting_up import set_up

            self.drop(Database(_COUNTRY, {}))  # what a process left that ended while it made one
            made = self.make(_COUNTRY)
            set_up(made.config, trial=True, may_migrate=True)
            with psycopg.connect(made.dsn("owner"), autocommit=True) as connection:
                build_country(connection, self.home)
            with self.admin() as connection:
                connection.execute(
                    sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(sql.Identifier(_COUNTRY))
                )
            (self.folder / "country").touch()

    def admin(self) -> psycopg.Connection[Any]:
        """Return an autocommit connection as superuser."""
        return psycopg.connect(self.server.conninfo(), autocommit=True)

    @cached_property
    def _session(self) -> psycopg.Connection[Any]:
        """The session in which this process makes its databases and drops them; it ends with the process."""
        return self.admin()

    def make(self, name: str = "", template: str = _TEMPLATE) -> Database:
        """Return a new database cut from a template, with the template's rights."""
        name = name or f"t_{secrets.token_hex(6)}"
        # In memory the files are copied as they are: the checkpoints that this needs wait for no disk.
        strategy = "FILE_COPY" if self.folder.parent == _MEMORY else "WAL_LOG"
        self._session.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER haidang_owner STRATEGY {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(strategy.lower())
            )
        )
        for statement in roles.rights_on_database(name, config.SUPERUSER):
            self._session.execute(statement)  # rights on the database itself are not copied with it
        return Database(name, self.environment(name))

    def make_trial(self) -> Database:
        """Return a new database with law book and demo country."""
        self.ensure_country()
        return self.make(template=_COUNTRY)

    def spread(self, *made: Database) -> config.Config:
        """Return the installation whose shards are spread over these databases, or kept in the only one."""
        if len(made) == 1:
            return made[0].config
        addresses = " ".join(self.address(each.name) for each in made)
        return config.read({"HAIDANG_HOME": str(self.home), "HAIDANG_DATABASE_URLS": addresses})

    def drop(self, database: Database) -> None:
        """Remove a database; whoever is still connected is sent away."""
        self._session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))

    def remove(self) -> None:
        """Stop the server if it was started, and remove every file of the run."""
        _remove(self.folder)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    _tell_hypothesis(config.getoption("--hypothesis-profile", None))
    config.addinivalue_line("markers", "browser: needs Chromium")
    config.addinivalue_line("markers", "torture: kills, floods or fills; minutes, not seconds")
    if hasattr(config, "workerinput"):
        config.stash[_FOLDER] = Path(config.workerinput["haidang_folder"])
        _work_in(config.stash[_FOLDER])
        return
    folder = _public_folder(_PREFIX, *_memory())
    (folder / "pid").write_text(str(os.getpid()))
    config.stash[_FOLDER] = folder
    _work_in(folder)
    if _is_whole(config):
        # The workers collect meanwhile; both would wait for it otherwise, one of them with nothing to do.
        source = {"PYTHONPATH": str(Path(__file__).parent / "src")}
        config.stash[_AHEAD] = subprocess.Popen([sys.executable, __file__, str(folder)], env=os.environ | source)


def _tell_hypothesis(chosen: str | None) -> None:
    """Register the profile of the fast suite; in every one an example may take as long as a machine at work needs."""
    from hypothesis import HealthCheck, settings

    settings.register_profile("whole", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(_FAST, settings.get_profile("whole"), max_examples=30)
    if chosen is None:
        settings.load_profile("whole")


def _is_whole(config: pytest.Config) -> bool:
    """Whether several workers run all there is: then a country is certainly needed."""
    several = config.getoption("numprocesses", None) and not config.getoption("collectonly")
    return bool(several) and config.args_source is pytest.Config.ArgsSource.TESTPATHS


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was collected, and let it run as seldom as a lane does: ten thousand tests live as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["haidang_folder"] = str(node.config.stash[_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    if "duckdb" in sys.modules:
        # What stays frozen is never freed: its binding counts its types at the end, and would name them as leaked.
        gc.unfreeze()
    if ahead := config.stash.get(_AHEAD, None):
        ahead.terminate()
        ahead.wait()
    folder = config.stash.get(_FOLDER, None)
    if folder is not None and not hasattr(config, "workerinput"):
        _remove(folder)


@pytest.fixture(scope="session")
def public_folder() -> Callable[[str], Path]:
    """Make folders (named with a prefix) for servers of a test's own. Who makes one removes it."""
    return _public_folder


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The run's cluster, started."""
    made = Cluster(request.config.stash[_FOLDER])
    made.ensure()
    return made


@pytest.fixture(scope="session")
def database(cluster: Cluster) -> Database:
    """This worker's own database: shared by the tests of the worker, so each test brings its own keys."""
    made = cluster.make()
    _belong_to(made)
    return made


@pytest.fixture
def fresh_database(cluster: Cluster) -> Iterator[Database]:
    """A database of this test alone."""
    made = cluster.make()
    yield made
    cluster.drop(made)


@pytest.fixture
def two_databases(cluster: Cluster) -> Iterator[tuple[Database, Database]]:
    """Two databases of this test alone, as of an installation whose shards are spread over two servers."""
    pair = (cluster.make(), cluster.make())
    yield pair
    for made in pair:
        cluster.drop(made)


def _memory() -> tuple[str, ...]:
    """Return where files are kept in memory, when there is plenty of it and TMPDIR names no other place.

    A run makes a hundred databases and throws them away; on a disk it waits for that disk most of the time.
    """
    if os.environ.get("TMPDIR") or not os.path.ismount(_MEMORY):
        return ()
    free = re.search(r"^MemAvailable: *([0-9]+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    enough = free is not None and int(free[1]) * 1024 > _PLENTY and shutil.disk_usage(_MEMORY).free > _PLENTY
    return (str(_MEMORY),) if enough else ()


def _public_folder(prefix: str, *first: str) -> Path:
    """Return a new temporary folder through which the server's user can pass; secrets inside are 0600. `first` are places to try before the usual ones."""
    for place in (*first, tempfile.gettempdir(), "/var/tmp"):
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        folder.chmod(0o711)
        if binaries.reaches(binaries.server_account(None), folder):
            return folder
        folder.rmdir()
    raise pytest.UsageError("the server's user can enter no temporary folder: set TMPDIR to one that others can enter")


@pytest.fixture(scope="session")
def trial(cluster: Cluster) -> Database:
    """This worker's own database with the law book loaded and the demo country in it, at 2026-03-02 08:00 and after."""
    return cluster.make_trial()


@pytest.fixture
def fresh_trial(cluster: Cluster) -> Iterator[Database]:
    """A database with law book and demo country, of this test alone."""
    made = cluster.make_trial()
    yield made
    cluster.drop(made)


@pytest.fixture
def two_trials(cluster: Cluster) -> Iterator[config.Config]:
    """An installation of this test alone whose shards are spread over two databases, odd and even."""
    pair = (cluster.make_trial(), cluster.make_trial())
    yield cluster.spread(*pair)
    for made in pair:
        cluster.drop(made)


def _belong_to(database: Database) -> None:
    """Make a database the one this process means when it asks for its own: `config.load()`, Django's default."""
    os.environ.update(database.environment)
    config.load.cache_clear()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haidang.site.settings")
    from django.db import connections

    from haidang.site.settings import django_database

    connections.settings["default"].update(django_database(database.dsn("owner")))
    connections["default"].close()


def _work_in(folder: Path) -> None:
    """Point this process's own settings at the run's home, so that no test touches the folder `var` of the checkout."""
    os.environ["HAIDANG_HOME"] = str(folder / "home")
    for name in ("HAIDANG_DATABASE_URL", "HAIDANG_DATABASE_URLS"):
        os.environ.pop(name, None)


def _remove_orphans(ours: Path) -> None:
    """Remove the clusters of test runs that were killed before they could."""
    places = {ours.parent, _MEMORY, Path(tempfile.gettempdir())}
    for folder in (folder for place in places for folder in place.glob(f"{_PREFIX}*")):
        try:
            pid = int((folder / "pid").read_text())
        except (OSError, ValueError):
            continue
        if folder.stat().st_uid == os.geteuid() and not Path(f"/proc/{pid}").exists():
            _remove(folder)


def _remove(folder: Path) -> None:
    data_dir = config.read({"HAIDANG_HOME": str(folder / "home")}).data_dir
    if data_dir.exists():
        # Stopping needs neither programs nor password: a signal, and the processes that work in the folder.
        server.EmbeddedServer(data_dir, Path(), "").stop()
        if data_dir.is_symlink():
            shutil.rmtree(data_dir.resolve())
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    _work_in(Path(sys.argv[1]))
    ahead = Cluster(Path(sys.argv[1]))
    ahead.ensure()
    ahead.ensure_country()
