"""A copy holds one instant, whole; it comes back with every row or not at all."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from haidang.platform import backup, binaries, roles
from haidang.platform.config import Config, read

pytestmark = pytest.mark.processes


@pytest.fixture
def empty_copy(cluster) -> Iterator[Callable[[], Config]]:
    """Make installations on empty databases, as `ensure_running` leaves them before the first migration."""
    made: list[str] = []

    def make() -> Config:
        name = f"empty_{len(made)}_{id(made)}"
        with cluster.admin() as connection:
            roles.create_database(connection, name)
        made.append(name)
        config = read(cluster.environment(name))
        with psycopg.connect(config.dsn("admin"), autocommit=True) as connection:
            roles.prepare_database(connection)
        return config

    yield make
    with cluster.admin() as connection:
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def lively(empty_copy) -> Config:
    """A small database with what ours have: partitions, row security, rights, functions, an exclusion constraint."""
    config = empty_copy()
    with psycopg.connect(config.dsn("owner"), autocommit=True) as owner:
        for statement in (
            "CREATE TABLE declaration (shard_id smallint, registered_month int, id int, goods text,"
            " PRIMARY KEY (shard_id, registered_month, id)) PARTITION BY RANGE (registered_month)",
            "CREATE TABLE declaration_202603 PARTITION OF declaration FOR VALUES FROM (202603) TO (202604)",
            "CREATE TABLE declaration_202604 PARTITION OF declaration FOR VALUES FROM (202604) TO (202605)",
            "CREATE TABLE entry (debit text, credit text, amount bigint CHECK (amount > 0))",
            "CREATE TABLE rate (code text, period daterange, EXCLUDE USING gist (code WITH =, period WITH &&))",
            "CREATE FUNCTION legal_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT clock_timestamp()'",
            "ALTER TABLE declaration ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE declaration FORCE ROW LEVEL SECURITY",
            "CREATE POLICY own ON declaration USING (goods = current_setting('haidang.trader_code', true))",
            "GRANT SELECT, INSERT ON declaration, entry TO haidang_ingest",
            "GRANT SELECT ON declaration TO haidang_app",
            "INSERT INTO rate VALUES ('A', '[2026-01-01,2026-07-01)')",
        ):
            owner.execute(statement.encode())
    with psycopg.connect(config.dsn("ingest"), autocommit=True) as ingest:
        ingest.execute(
            "INSERT INTO declaration SELECT n % 4, 202603 + n % 2, n, 'gạo tẻ ' || n FROM generate_series(1, 3000) n"
        )
        ingest.execute("INSERT INTO entry SELECT 'a', 'b', 1 FROM generate_series(1, 3000)")
    return config


def contents(config: Config, table: str, order: str) -> list[tuple[object, ...]]:
    with psycopg.connect(config.dsn("admin")) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY {order}".encode()).fetchall()


def test_a_copy_comes_back_with_every_row_right_and_rule(lively, empty_copy, tmp_path):
    manifest = backup.backup(lively, tmp_path / "copy")
    assert manifest["servers"][0]["tables"] == {
        "public.declaration_202603": 1500,
        "public.declaration_202604": 1500,
        "public.entry": 3000,
        "public.rate": 1,
    }
    other = empty_copy()
    backup.restore(other, tmp_path / "copy")
    assert contents(other, "declaration", "id") == contents(lively, "declaration", "id")
    with psycopg.connect(other.dsn("app")) as app:
        assert app.execute("SELECT count(*) FROM declaration").fetchone() == (0,)  # row security came along
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT * FROM entry")
    with psycopg.connect(other.dsn("owner")) as owner, pytest.raises(psycopg.errors.ExclusionViolation):
        owner.execute("INSERT INTO rate VALUES ('A', '[2026-06-30,2027-01-01)')")


def test_a_copy_made_under_load_is_of_one_instant(lively, empty_copy, tmp_path):
    done, failed = threading.Event(), []

    def work() -> None:
        try:
            with psycopg.connect(lively.dsn("ingest")) as ingest:
                number = 3000
                while not done.is_set():
                    number += 1
                    ingest.execute("INSERT INTO declaration VALUES (0, 202603, %s, 'x')", [number])
                    ingest.execute("INSERT INTO entry VALUES ('a', 'b', 1)")
                    ingest.commit()
        except psycopg.Error as fault:
            failed.append(fault)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        manifest = backup.backup(lively, tmp_path / "copy")
    finally:
        done.set()
        worker.join()
    tables = manifest["servers"][0]["tables"]
    written = len(contents(lively, "entry", "1"))
    assert not failed
    assert written > 3000
    assert tables["public.entry"] == tables["public.declaration_202603"] + tables["public.declaration_202604"]
    other = empty_copy()
    backup.restore(other, tmp_path / "copy")
    assert len(contents(other, "entry", "1")) == tables["public.entry"]


def test_two_servers_are_copied_and_come_back_each_in_its_place(lively, empty_copy, tmp_path):
    def both(one: Config, two: Config) -> Config:
        urls = f"{one.database_urls[0]} {two.database_urls[0]}"
        return read({"HAIDANG_HOME": str(one.home), "HAIDANG_DATABASE_URLS": urls})

    second = empty_copy()
    with psycopg.connect(second.dsn("owner")) as owner:
        owner.execute("CREATE TABLE only_here (n int)")
    backup.backup(both(lively, second), tmp_path / "copy")
    first_again, second_again = empty_copy(), empty_copy()
    backup.restore(both(first_again, second_again), tmp_path / "copy")
    assert len(contents(first_again, "declaration", "id")) == 3000
    assert contents(second_again, "only_here", "n") == []
    with pytest.raises(backup.RestoreFailed, match="of 2 servers"):
        backup.restore(empty_copy(), tmp_path / "copy")


def test_a_database_that_holds_anything_is_not_restored_into(lively, tmp_path):
    backup.backup(lively, tmp_path / "copy")
    with pytest.raises(backup.TargetNotEmpty, match="declaration"):
        backup.restore(lively, tmp_path / "copy")


@pytest.mark.parametrize(
    "what",
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE TYPE t AS ENUM ('a')", "CREATE SCHEMA s"],
)
def test_even_a_database_without_tables_may_not_be_empty(empty_copy, what):
    config = empty_copy()
    with psycopg.connect(config.dsn("owner")) as owner:
        backup.refuse_unless_empty(owner)
        owner.execute(what.encode())
        with pytest.raises(backup.TargetNotEmpty):
            backup.refuse_unless_empty(owner)


def test_a_copy_is_never_written_over_another(lively, tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "yesterday").touch()
    with pytest.raises(backup.BackupRefused, match="not empty"):
        backup.backup(lively, tmp_path / "copy")


def test_a_copy_with_a_changed_missing_or_added_file_restores_nothing(lively, empty_copy, tmp_path):
    whole = tmp_path / "copy"
    backup.backup(lively, whole)
    target = empty_copy()

    def damaged(name: str, damage: Callable[[Path], object]) -> Path:
        copy = tmp_path / name
        shutil.copytree(whole, copy)
        damage(max((copy / "server-0").iterdir(), key=lambda path: path.stat().st_size))
        return copy

    def flip(path: Path) -> None:
        held = bytearray(path.read_bytes())
        held[len(held) // 2] ^= 1
        path.write_bytes(held)

    for folder, said in (
        (damaged("changed", flip), "has changed"),
        (damaged("missing", Path.unlink), "is missing"),
        (damaged("added", lambda path: path.with_name("more.dat").touch()), "was added"),
    ):
        with pytest.raises(backup.BackupDamaged, match=said):
            backup.restore(target, folder)
    with psycopg.connect(target.dsn("admin")) as connection:
        backup.refuse_unless_empty(connection)


def test_a_copy_that_was_never_completed_is_not_taken_for_one(lively, tmp_path):
    backup.backup(lively, tmp_path / "copy")
    (tmp_path / "copy" / backup.MANIFEST).unlink()
    with pytest.raises(backup.BackupDamaged, match="never completed"):
        backup.restore(lively, tmp_path / "copy")


def test_a_restore_that_brings_other_counts_is_a_failure(lively, empty_copy, tmp_path):
    backup.backup(lively, tmp_path / "copy")
    path = tmp_path / "copy" / backup.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["servers"][0]["tables"]["public.entry"] = 3001
    path.write_text(json.dumps(manifest))
    with pytest.raises(backup.RestoreFailed, match=re.escape("public.entry: 3001 copied, 3000 restored")):
        backup.restore(empty_copy(), tmp_path / "copy")


def test_newer_programs_copy_and_restore_an_older_server(lively, empty_copy, tmp_path, monkeypatch):
    with psycopg.connect(lively.dsn("admin")) as connection:
        major = connection.info.server_version // 10000
    newer = [place for place in binaries.installed_binaries() if binaries.binaries_major(place) > major]
    if not newer:
        pytest.skip(f"no programs newer than PostgreSQL {major} on this machine")
    monkeypatch.setattr(backup, "find_tools", lambda config, server_major: newer[0])
    backup.backup(lively, tmp_path / "copy")
    other = empty_copy()
    backup.restore(other, tmp_path / "copy")
    assert contents(other, "declaration", "id") == contents(lively, "declaration", "id")


def test_programs_older_than_the_server_are_not_used(lively):
    with pytest.raises(binaries.NoPostgres, match="no pg_dump as new"):
        backup.find_tools(lively, 99)


def test_a_failure_of_pg_restore_is_told(lively, empty_copy, tmp_path, cluster):
    backup.backup(lively, tmp_path / "copy")
    with cluster.admin() as connection:
        connection.execute("CREATE ROLE nobody_at_all")
    with psycopg.connect(lively.dsn("admin"), autocommit=True) as connection:
        connection.execute("ALTER TABLE entry OWNER TO nobody_at_all")
    backup.backup(lively, tmp_path / "with another owner")
    with psycopg.connect(lively.dsn("admin"), autocommit=True) as connection:
        connection.execute("ALTER TABLE entry OWNER TO haidang_owner")
        connection.execute("DROP ROLE nobody_at_all")
    with pytest.raises(backup.RestoreFailed, match="nobody_at_all"):
        backup.restore(empty_copy(), tmp_path / "with another owner")


def test_the_copy_holds_no_password_and_is_closed_to_others(lively, tmp_path):
    backup.backup(lively, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    manifest = (tmp_path / "copy" / backup.MANIFEST).read_text()
    assert not any(password in manifest for password in lively.passwords().values())


def test_the_whole_schema_of_this_version_comes_back(fresh_database, empty_copy, tmp_path):
    manifest = backup.backup(fresh_database.config, tmp_path / "copy")
    other = empty_copy()
    backup.restore(other, tmp_path / "copy")
    assert manifest["servers"][0]["tables"]["public.installation"] == 1
    assert contents(other, "installation", "1") == contents(fresh_database.config, "installation", "1")
