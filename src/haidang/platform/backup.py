"""One consistent copy of the installation's databases, and the way back.

A copy is a folder: `manifest.json` and, for each server, `server-<n>/` as pg_dump's directory format writes it. The rows
of every table are counted in the very snapshot that is dumped, and every file is hashed, so that a restore can prove it
brought everything back. Each server is copied in one snapshot; two servers are two snapshots. Secrets (passwords,
keys, certificates) are not in it: each home makes or keeps its own.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from haidang import __version__
from haidang.platform.binaries import NoPostgres, binaries_major, installed_binaries
from haidang.platform.config import Config, cores

FORMAT = 1
MANIFEST = "manifest.json"
_OBJECTS = """
WITH object (catalogue, oid, space, name, kind) AS (
    SELECT 'pg_class'::regclass, oid, relnamespace, relname, relkind::text FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname, 'function' FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typname, 'type' FROM pg_type WHERE typtype IN ('e', 'd', 'r')
    UNION ALL SELECT 'pg_namespace'::regclass, oid, oid, nspname, 'schema' FROM pg_namespace WHERE nspname <> 'public'
)
SELECT space.nspname, object.name, object.kind FROM object JOIN pg_namespace space ON space.oid = object.space
WHERE space.nspname !~ '^pg_' AND space.nspname <> 'information_schema' AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = object.catalogue AND d.objid = object.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
"""Every schema, table, index, function and type that PostgreSQL or an extension did not bring."""
_TABLE = "r"


class BackupRefused(Exception):
    """The copy cannot be made: the folder is in use, or pg_dump failed; the message says which."""


class BackupDamaged(Exception):
    """The copy is not what was written: a file is missing, changed or unknown. Nothing was restored."""


class TargetNotEmpty(Exception):
    """The database to restore into already holds something. Nothing was changed."""


class RestoreFailed(Exception):
    """The database was not restored as it was. It is not fit for use: drop it and restore into a new one."""


def backup(config: Config, to_folder: Path, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Copy every database of the installation while it works, and return the manifest.

    Args:
        config: the installation; its servers must be running.
        to_folder: made by this call, or empty. The manifest is written last: without it the copy is not complete.
        tell: called with one line for each step.

    Raises:
        BackupRefused: see the class.
        NoPostgres: no pg_dump as new as the server.
    """
    to_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(to_folder.iterdir()):
        raise BackupRefused(f"{to_folder} is not empty: a copy is never written over another")
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "haidang_version": __version__,
        "servers": [_dump(config, number, to_folder, tell) for number in range(config.server_count)],
    }
    tell("hashing")
    manifest["files"] = _hashes(to_folder)
    with open(to_folder / MANIFEST, "x") as file:
        json.dump(manifest, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def restore(config: Config, from_folder: Path, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Fill the installation's empty databases from a copy, check every count, and return the manifest.

    The roles and the empty databases must exist (`server.ensure_running` makes them); migrations must not have run.

    Raises:
        BackupDamaged: checked before anything is written.
        TargetNotEmpty: checked before anything is written.
        RestoreFailed: pg_restore reported an error, or the counts differ.
        NoPostgres: no pg_restore as new as the server.
    """
    manifest = _checked_manifest(from_folder, tell)
    if len(manifest["servers"]) != config.server_count:
        raise RestoreFailed(
            f"the copy is of {len(manifest['servers'])} servers, this installation has {config.server_count}:"
            " nothing was changed"
        )
    for number in range(config.server_count):
        with psycopg.connect(config.dsn("admin", number)) as connection:
            refuse_unless_empty(connection)
    for number, kept in enumerate(manifest["servers"]):
        _fill(config, number, from_folder / f"server-{number}", kept, tell)
    return manifest


def refuse_unless_empty(connection: psycopg.Connection[Any]) -> None:
    """Refuse a database that holds any schema, table, type or function which no extension brought.

    Raises:
        TargetNotEmpty: names the first few.
    """
    found = connection.execute(_OBJECTS).fetchall()
    if found:
        named = ", ".join(f"{schema}.{name}" for schema, name, _ in found[:5])
        raise TargetNotEmpty(
            f"database {connection.info.dbname} already holds {len(found)} objects ({named} ...): a copy is restored"
            " into an empty database only"
        )


def _dump(config: Config, number: int, to_folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    with psycopg.connect(config.dsn("admin", number)) as connection:
        tools = find_tools(config, connection.info.server_version // 10000)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        (snapshot, taken_at, version) = connection.execute(
            "SELECT pg_export_snapshot(), now(), current_setting('server_version')"
        ).fetchone() or ("", None, "")
        tell(f"server {number}: dumping {connection.info.dbname}")
        done = _run(
            [
                *(str(tools / "pg_dump"), "--format=directory", f"--jobs={min(cores(), 4)}", f"--snapshot={snapshot}"),
                *("--lock-wait-timeout=60s", f"--file={to_folder / f'server-{number}'}"),
            ],
            config.dsn("admin", number),
        )
        if done.returncode:
            raise BackupRefused(f"pg_dump failed; {to_folder} is not a complete copy:\n{done.stderr[-2000:]}")
        tell(f"server {number}: counting")
        return {
            "database": connection.info.dbname,
            "server_version": version,
            "taken_at": taken_at.isoformat(),
            "tables": row_counts(connection),
        }


def _fill(config: Config, number: int, folder: Path, kept: dict[str, Any], tell: Callable[[str], None]) -> None:
    dsn = config.dsn("admin", number)
    with psycopg.connect(dsn, autocommit=True) as connection:
        major = connection.info.server_version // 10000
        tools = find_tools(config, major)
        # A tool of 17 or later first sets transaction_timeout, which an older server does not know: harmless, but an
        # error. Then every error is read instead of stopping at the first.
        newer_tool = binaries_major(tools) >= 17 > major
        tell(f"server {number}: restoring {connection.info.dbname}")
        stop = [] if newer_tool else ["--exit-on-error"]
        done = _run([str(tools / "pg_restore"), f"--jobs={min(cores(), 4)}", *stop, str(folder)], dsn)
        errors = [line for line in done.stderr.splitlines() if "pg_restore: error:" in line]
        if newer_tool:
            errors = [line for line in errors if '"transaction_timeout"' not in line]
        if errors or (done.returncode and not newer_tool):
            raise RestoreFailed(f"pg_restore into {connection.info.dbname} failed:\n{done.stderr[-2000:]}")
        tell(f"server {number}: counting")
        counts = row_counts(connection)
        differing = [
            f"{table}: {kept['tables'].get(table)} copied, {counts.get(table)} restored"
            for table in sorted({*counts, *kept["tables"]})
            if counts.get(table) != kept["tables"].get(table)
        ]
        if differing:
            raise RestoreFailed("rows are missing or too many: " + "; ".join(differing[:10]))
        connection.execute("ANALYZE")


def row_counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the number of rows of every table (partitions one by one), by its qualified name."""
    counts = {}
    for schema, table, kind in connection.execute(_OBJECTS).fetchall():
        if kind != _TABLE:
            continue
        counted = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        ).fetchone()
        counts[f"{schema}.{table}"] = int(counted[0]) if counted else 0
    return counts


def find_tools(config: Config, server_major: int) -> Path:
    """Return the folder of pg_dump and pg_restore for a server: of its own version, else of the nearest newer one.

    Raises:
        NoPostgres: those found are older than the server.
    """
    places = ([config.pg_bin] if config.pg_bin else []) + installed_binaries()
    usable = [p for p in places if (p / "pg_dump").exists() and (p / "pg_restore").exists()]
    fitting = [place for place in usable if binaries_major(place) >= server_major]
    if not fitting:
        raise NoPostgres(
            f"the server is PostgreSQL {server_major}; no pg_dump as new as that is on this machine: install it, or set"
            " HAIDANG_PG_BIN to its folder"
        )
    return min(fitting, key=binaries_major)


def _checked_manifest(folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise BackupDamaged(f"{folder} holds no {MANIFEST}: it is no copy, or one that was never completed") from None
    except ValueError:
        raise BackupDamaged(f"{folder / MANIFEST} cannot be read") from None
    if manifest.get("format") != FORMAT:
        raise BackupDamaged(f"{folder / MANIFEST} is of format {manifest.get('format')}; this version reads {FORMAT}")
    tell("checking hashes")
    found, wanted = _hashes(folder), manifest["files"]
    for path in sorted({*found, *wanted}):
        if found.get(path) != wanted.get(path):
            state = "is missing" if path not in found else "was added" if path not in wanted else "has changed"
            raise BackupDamaged(f"{folder / path} {state} since the copy was made: nothing was restored")
    return manifest


def _hashes(folder: Path) -> dict[str, str]:
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / MANIFEST:
            with open(path, "rb") as file:
                hashes[str(path.relative_to(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def _run(command: list[str], dsn: str) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL client program; the password goes by its environment, which no other user can read."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}
    if "password" in parts:
        environment["PGPASSWORD"] = parts.pop("password")
    return subprocess.run(
        [command[0], f"--dbname={make_conninfo(**parts)}", *command[1:]],
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
