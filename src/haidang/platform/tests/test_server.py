"""The embedded server: made once, started again after anything, refused when it could lose what it acknowledged."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from haidang.platform import binaries, config, server
from haidang.platform.config import socket_dir

pytestmark = pytest.mark.processes

PASSWORD = "a word of the tests"
SMALL = {"shared_buffers": "64MB", "max_wal_size": "256MB"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")


@pytest.fixture
def place(public_folder: Callable[[str], Path]) -> Iterator[Path]:
    folder = public_folder("haidang-server-")
    yield folder
    for data_dir in (path.parent for path in folder.glob("**/PG_VERSION") if path.parent.parent.name != "base"):
        server.EmbeddedServer(data_dir, Path(), "").stop()
    shutil.rmtree(folder)


@pytest.fixture
def make(place: Path) -> Callable[..., server.EmbeddedServer]:
    found = binaries.find_binaries(config.read(os.environ))

    def a_server(data_dir: Path = place / "data", **changed: str) -> server.EmbeddedServer:
        return server.EmbeddedServer(data_dir, found, PASSWORD, SMALL | changed)

    return a_server


def ask(served: server.EmbeddedServer, *statements: str) -> list[tuple[object, ...]]:
    with psycopg.connect(served.conninfo(), autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def kill_all(served: server.EmbeddedServer) -> None:
    for pid in served._living():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_new_server_asks_everyone_for_a_password_and_listens_on_a_private_socket_only(make):
    served = make()
    served.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(served.conninfo(), password="another").close()
    assert ask(served, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [("scram-sha-256",)]
    assert ask(served, "SHOW listen_addresses") == [("",)]
    assert socket_dir(served.data_dir).stat().st_mode & 0o777 == 0o700
    assert ask(served, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'postgres'") == [
        ("UTF8",)
    ]
    assert ask(served, "SELECT upper('đồng')") == [("ĐỒNG",)]


def test_a_second_start_takes_the_server_that_runs(make):
    first, second = make(), make()
    first.start()
    second.start()
    assert first.process is not None
    assert second.process is None
    second.stop()
    assert not first.is_alive()


def test_stopping_a_server_that_does_not_run_is_done_at_once(make):
    served = make()
    served.stop()
    served.start()
    served.stop()
    served.stop()
    assert not served.is_alive()


@pytest.mark.torture
def test_whatever_was_committed_is_there_after_each_of_ten_kills(make):
    served = make()
    served.start()
    ask(served, "CREATE TABLE kept (n int)")
    for kill in range(10):
        ask(served, f"INSERT INTO kept VALUES ({kill})")
        kill_all(served)
        served.start()
        assert ask(served, "SELECT n FROM kept ORDER BY n") == [(n,) for n in range(kill + 1)]


def test_a_killed_server_that_is_still_a_zombie_does_not_block_the_next_start(make):
    killed, heir = make(), make()
    killed.start()
    zombie = killed.process
    kill_all(killed)
    heir.start()  # nobody has waited for the dead postmaster: its process id is still taken
    assert zombie is not None
    assert Path(f"/proc/{zombie.pid}").exists()
    assert heir.is_alive()
    zombie.wait()


def test_lock_files_that_name_a_process_which_is_no_server_do_not_block_the_start(make):
    served = make()
    served.start()
    kill_all(served)
    served.process.wait()
    for lock in (served.data_dir / "postmaster.pid", socket_dir(served.data_dir) / ".s.PGSQL.5432.lock"):
        lines = lock.read_text().split("\n")
        lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    served.start()
    assert served.is_alive()


def test_a_postmaster_killed_alone_is_followed_only_when_its_children_are_gone(make):
    served = make()
    served.start()
    served.process.send_signal(signal.SIGKILL)
    served.start()
    assert ask(served, "SELECT 1") == [(1,)]


def test_two_processes_may_start_the_same_server_at_once(place, make):
    program = (
        "import sys; from pathlib import Path; from haidang.platform import server\n"
        "served = server.EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], {'shared_buffers': '64MB'})\n"
        "served.start(); print('started' if served.process else 'found')\n"
    )
    found = binaries.find_binaries(config.read(os.environ))
    command = [sys.executable, "-c", program, str(place / "data"), str(found), PASSWORD]
    starting = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(process.communicate()[0].strip() for process in starting)
    assert said == ["found", "found", "started"]
    assert make().is_alive()  # and it outlives the process that started it


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_could_lose_what_it_acknowledged_is_refused_and_stopped(make, name):
    served = make(**{name: "off"})
    with pytest.raises(server.UnsafeServer, match=f"{name} is off"):
        served.start()
    assert not served.is_alive()
    make().start()


def test_a_server_without_data_checksums_is_refused(make):
    served = make()
    served.start()
    served.stop()
    found = binaries.find_binaries(config.read(os.environ))
    account = binaries.server_account(served.data_dir)
    command = [str(found / "pg_checksums"), "--disable", "-D", str(served.data_dir)]
    subprocess.run(command, check=True, capture_output=True, **binaries.as_account(account))
    with pytest.raises(server.UnsafeServer, match="data_checksums is off"):
        served.start()


def test_a_role_that_would_commit_without_waiting_for_the_disk_is_refused(make):
    served = make()
    served.start()
    ask(served, "CREATE ROLE hasty", "ALTER ROLE hasty SET synchronous_commit = off")
    with pytest.raises(server.UnsafeServer, match="for role hasty in every database"):
        served.start()
    assert served.is_alive()  # another process may be working on it: it is not ours to stop


def test_what_another_database_of_the_server_does_is_not_ours_to_refuse(make):
    served = make()
    served.start()
    ask(served, "CREATE DATABASE other", "ALTER DATABASE other SET synchronous_commit = off")
    served.start()
    with (
        psycopg.connect(served.conninfo("other"), autocommit=True) as connection,
        pytest.raises(server.UnsafeServer, match="every role in database other"),
    ):
        server.refuse_unsafe(connection)


def test_what_a_site_sets_by_itself_wins_over_our_defaults(make):
    served = make()
    served.start()
    ask(served, "ALTER SYSTEM SET max_wal_size = '300MB'")
    served.stop()
    served.start()
    assert ask(served, "SHOW max_wal_size") == [("300MB",)]
    assert ask(served, "SHOW shared_buffers") == [("64MB",)]


def test_a_server_that_cannot_start_says_why_with_the_end_of_its_log(make):
    served = make()
    served.init()
    with open(served.data_dir / "postgresql.conf", "a") as conf:
        conf.write("max_wal_size = 'a lot'\n")
    with pytest.raises(server.StartFailed, match=r'invalid value for parameter "max_wal_size"'):
        served.start()


def test_a_home_whose_secrets_were_lost_is_told_so(place, make):
    served = make()
    served.start()
    stranger = server.EmbeddedServer(served.data_dir, served._binaries, "another word", SMALL)
    with pytest.raises(server.StartFailed, match="do not belong together"):
        stranger.start()
    assert served.is_alive()


def test_an_initdb_that_was_killed_half_way_is_begun_again(place, make):
    (place / "data.half").mkdir()
    (place / "data.half" / "PG_VERSION").write_text("18")
    served = make()
    served.start()
    assert served.is_alive()
    assert not (place / "data.half").exists()


def test_a_folder_with_something_else_in_it_is_not_touched(place, make):
    (place / "data").mkdir()
    (place / "data" / "thesis.txt").write_text("three years of work")
    with pytest.raises(server.StartFailed, match="not a PostgreSQL cluster"):
        make().start()
    assert [path.name for path in (place / "data").iterdir()] == ["thesis.txt"]


def test_data_of_another_version_is_not_opened(make):
    served = make()
    served.init()
    (served.data_dir / "PG_VERSION").write_text("14\n")
    with pytest.raises(server.StartFailed, match="made by PostgreSQL 14"):
        served.start()


def test_a_home_with_a_long_path_gets_its_socket_elsewhere(place, make):
    far = place / ("a" * 60) / ("b" * 60)
    far.mkdir(parents=True)
    served = make(far / "data")
    served.start()
    found = socket_dir(served.data_dir)
    assert len(str(found / ".s.PGSQL.5432")) <= 107
    assert found.stat().st_mode & 0o777 == 0o700
    assert ask(served, "SELECT 1") == [(1,)]
    served.stop()
    found.rmdir()


@as_root
def test_root_runs_the_server_as_another_user_who_owns_the_data(make):
    served = make()
    served.start()
    owner = served.data_dir.stat().st_uid
    assert owner != 0
    assert Path(f"/proc/{served.process.pid}").stat().st_uid == owner


@as_root
def test_a_home_the_servers_user_cannot_enter_keeps_its_data_elsewhere_and_is_left_closed(place, make, monkeypatch):
    monkeypatch.setattr(binaries, "SHARED_ROOT", place / "shared")
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    served = make(closed / "data")
    served.start()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert served.data_dir.resolve().parent == place / "shared"
    served.stop()
    make(closed / "data").start()
    assert ask(served, "SELECT 1") == [(1,)]


@as_root
def test_programs_the_servers_user_cannot_reach_are_copied_with_their_libraries(place, make, monkeypatch):
    monkeypatch.setattr(binaries, "SHARED_ROOT", place / "shared")
    found = binaries.find_binaries(config.read(os.environ))
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    package = closed / found.parent.parent.name
    for part in ("bin", "lib", "share"):
        # Debian keeps share elsewhere and its programs know where: for them the copy cannot be made like this.
        if not (found.parent / part).is_dir():
            pytest.skip("the programs in use are not of one relocatable folder")
        shutil.copytree(found.parent / part, package / found.parent.name / part)
    libraries = found.parent.parent.with_name(found.parent.parent.name + ".libs")
    shutil.copytree(libraries, closed / libraries.name)
    served = server.EmbeddedServer(place / "data", package / found.parent.name / "bin", PASSWORD, SMALL)
    served.start()
    assert Path(f"/proc/{served.process.pid}/exe").readlink().is_relative_to(place / "shared")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert ask(served, "SELECT 1") == [(1,)]


@as_root
def test_root_does_not_write_through_a_link_the_servers_user_made(place, make):
    served = make()
    served.start()
    served.stop()
    precious = place / "precious"
    precious.write_text("kept")
    (served.data_dir / "haidang.conf").unlink()
    (served.data_dir / "haidang.conf").symlink_to(precious)
    served.start()
    assert precious.read_text() == "kept"
    assert not (served.data_dir / "haidang.conf").is_symlink()


def test_a_server_that_is_asked_to_stop_waits_for_no_session(make):
    served = make()
    served.start()
    with psycopg.connect(served.conninfo()) as connection:
        connection.execute("SELECT 1")
        served.stop()
        deadline = time.monotonic() + 5
        while not connection.closed and time.monotonic() < deadline:
            with suppress(psycopg.Error):
                connection.execute("SELECT 1")
    assert not served.is_alive()
