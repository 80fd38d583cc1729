"""Migrations, run in this process against any one database of the installation."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
import psycopg
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from haidang.site.settings import django_database

_ONE_AT_A_TIME = 0x6D69_6772_6174_65  # "migrate"


class NotATrial(Exception):
    """A trial was asked for on a database that keeps real declarations; nothing was changed."""


def migrate(dsn: str, *, trial: bool = False) -> None:
    """Bring one database to the newest schema, quietly. Of two callers at once the second finds nothing left to do.

    The first migration of a database writes down for good whether it is a trial (`installation.trial`).

    Args:
        dsn: connection string of `haidang_owner`.
        trial: the database must be one for trial, or be made one now.

    Raises:
        NotATrial: it was made for real.
    """
    with psycopg.connect(dsn, autocommit=True) as guard, django_on(dsn) as alias:
        guard.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
        if trial and _is_real(guard):
            raise NotATrial(f"database {guard.info.dbname} was made for real declarations: use another for a trial")
        call_command("migrate", database=alias, verbosity=0, interactive=False)
        guard.execute("INSERT INTO installation (trial) VALUES (%s) ON CONFLICT DO NOTHING", [trial])


def _is_real(connection: psycopg.Connection[Any]) -> bool:
    (migrated,) = connection.execute("SELECT to_regclass('public.installation') IS NOT NULL").fetchone() or (False,)
    return bool(migrated) and connection.execute("SELECT trial FROM installation").fetchone() == (False,)


def database_is_ready(dsn: str) -> bool:
    """Return whether the database answers and no migration is waiting. `dsn` is that of `haidang_owner`."""
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    with django_on(dsn) as alias:
        executor = MigrationExecutor(connections[alias])
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@contextmanager
def django_on(dsn: str) -> Iterator[str]:
    """Yield a Django database alias for a connection string, known for this block only."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haidang.site.settings")
    django.setup()
    alias = f"migrating-{secrets.token_hex(4)}"
    connections.settings[alias] = {**connections.settings["default"], **django_database(dsn)}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]
