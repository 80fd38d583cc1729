"""The database roles: who may do what in the database, from its first minute.

| role | may | used by |
|---|---|---|
| `haidang_owner` | own the database and its objects | migrations, making of partitions |
| `haidang_ingest` | what migrations grant it; passes row-level security | the lanes, after their own check of mandates |
| `haidang_app` | what migrations grant it; held by row-level security | the pages |
| `haidang_report` | SELECT where migrations grant it; held by row-level security | reports, statistics |
| `haidang_auditor` | SELECT where migrations grant it; held by row-level security | the auditor |

None is superuser, none may make roles or databases, PUBLIC may do nothing. Passwords are sent as SCRAM verifiers only.
Why: `docs/decisions/0007-database-roles.md`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from haidang.platform.config import ROLES, Config

MAY_PASS_ROW_SECURITY = ("ingest",)
_ONE_AT_A_TIME = 0x6861_6964_616E_67  # "haidang"
_DATABASE_GONE = "does not exist"


class RolesNotReady(Exception):
    """The server's user may not make the roles, or they are not as they must be; the message holds the SQL to run."""


class DatabaseNotUsable(Exception):
    """The database named in the address cannot hold the product's data; the message says why."""


@contextmanager
def connect_admin(config: Config, server: int = 0) -> Iterator[psycopg.Connection[Any]]:
    """Yield an autocommit connection as `admin`: to the product's database if it exists, else to `postgres`."""
    try:
        connection = psycopg.connect(config.dsn("admin", server), autocommit=True)
    except psycopg.OperationalError as refused:
        if _DATABASE_GONE not in str(refused):
            raise
        connection = psycopg.connect(config.dsn("admin", server, dbname="postgres"), autocommit=True)
    with connection:
        yield connection


def create_roles(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing; those that are there as they must be are left alone. Idempotent.

    Args:
        connection: autocommit, as a superuser or a user that may create roles with BYPASSRLS.
        passwords: by role of `ROLES`, in clear; only SCRAM verifiers are sent.

    Raises:
        RolesNotReady: a role cannot be made, has other powers, or another password; holds the SQL to run as superuser.
    """
    with _alone(connection):
        wrong = [role for role in ROLES if not _is_as_it_must_be(connection, role)]
        existing = _existing(connection)
        statements = [
            _role_statement(connection, role, passwords[role], f"haidang_{role}" in existing) for role in wrong
        ]
        try:
            for statement in statements:
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege as refused:
            raise _not_ready(connection, statements, str(refused).strip()) from refused
        strangers = [role for role in ROLES if not _lets_in(connection, role, passwords[role])]
        if strangers:
            again = [_role_statement(connection, role, passwords[role], True) for role in strangers]
            raise _not_ready(
                connection,
                again,
                "another installation made these roles with other passwords; to join it, copy its"
                " secrets/database.json into this home; to take the roles over,",
            )


def create_database(connection: psycopg.Connection[Any], name: str) -> None:
    """Make the product's database, owned by `haidang_owner`, when it is missing; take over an existing one.

    Raises:
        RolesNotReady: the user may not; holds the SQL to run as superuser.
        DatabaseNotUsable: it exists with another encoding than UTF8.
    """
    with _alone(connection):
        found = connection.execute(
            "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        named = sql.Identifier(name)
        statements: list[sql.Composed] = []
        if found is None:
            make = sql.SQL("CREATE DATABASE {} OWNER haidang_owner ENCODING 'UTF8' TEMPLATE template0")
            statements = [make.format(named)]
        elif found[1] != "UTF8":
            raise DatabaseNotUsable(f"database {name} is encoded in {found[1]}: UTF8 is needed")
        elif found[0] != "haidang_owner":
            statements = [sql.SQL("ALTER DATABASE {} OWNER TO haidang_owner").format(named)]
        if not statements:
            return
        try:
            _join_owner(connection)
            for statement in statements:
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege as refused:
            raise _not_ready(connection, statements, str(refused).strip()) from refused


def prepare_database(connection: psycopg.Connection[Any]) -> None:
    """Close the connected database to PUBLIC, open it to the roles, and make the extension `btree_gist`. Idempotent.

    Rights on tables are left to the migrations that make them.

    Raises:
        RolesNotReady: the user may not; holds the SQL to run as superuser.
    """
    with _alone(connection):
        if _is_prepared(connection):
            return
        statements: list[sql.Composed] = [
            *rights_on_database(connection.info.dbname, connection.info.user),
            sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC").format(),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(_every_role()),
            sql.SQL("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public").format(),
        ]
        try:
            _join_owner(connection)
            for statement in statements:
                connection.execute(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFile) as refused:
            raise _not_ready(connection, statements, str(refused).strip()) from refused
        if not _is_prepared(connection):
            raise _not_ready(
                connection, statements, "the rights given were not taken (is the database owned by another?)"
            )


def rights_on_database(name: str, user: str) -> tuple[sql.Composed, ...]:
    """Return the SQL that closes a database to PUBLIC and opens it to the roles; what a database cut from a prepared one still lacks."""
    database = sql.Identifier(name)
    return (
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        # The user in the address keeps his way in, which he may have had from PUBLIC alone.
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, _every_role(), sql.Identifier(user)),
    )


def _every_role() -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(f"haidang_{role}") for role in ROLES)


def _is_as_it_must_be(connection: psycopg.Connection[Any], role: str) -> bool:
    found = connection.execute(
        "SELECT rolcanlogin, rolbypassrls, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication"
        " FROM pg_roles WHERE rolname = %s",
        [f"haidang_{role}"],
    ).fetchone()
    return found == (True, role in MAY_PASS_ROW_SECURITY, False)


def _existing(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'haidang\\_%'")}


def _role_statement(connection: psycopg.Connection[Any], role: str, password: str, exists: bool) -> sql.Composed:
    name = f"haidang_{role}"
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    return sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION {} PASSWORD {}").format(
        sql.SQL("ALTER" if exists else "CREATE"),
        sql.Identifier(name),
        sql.SQL("BYPASSRLS" if role in MAY_PASS_ROW_SECURITY else "NOBYPASSRLS"),
        sql.Literal(verifier),
    )


def _lets_in(connection: psycopg.Connection[Any], role: str, password: str) -> bool:
    """Return whether a role's password opens the database we are connected to."""
    conninfo = make_conninfo(connection.info.dsn, user=f"haidang_{role}", password=password)
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError as refused:
        # Only the password is asked about: a right to connect to this database may not have been given yet.
        return "permission denied for database" in str(refused)
    return True


def _join_owner(connection: psycopg.Connection[Any]) -> None:
    """Let a user that is not superuser act for `haidang_owner`, as giving it a database needs."""
    (member,) = connection.execute("SELECT pg_has_role(current_user, 'haidang_owner', 'USAGE')").fetchone() or (False,)
    if not member:
        connection.execute("GRANT haidang_owner TO CURRENT_USER")


def _is_prepared(connection: psycopg.Connection[Any]) -> bool:
    (ready,) = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')"
        " AND NOT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        "                 WHERE d.datname = current_database() AND a.grantee = 0)"
        " AND NOT EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a"
        "                 WHERE n.nspname = 'public' AND a.grantee = 0)"
        " AND (SELECT bool_and(has_schema_privilege(r, 'public', 'USAGE')"
        "                      AND has_database_privilege(r, current_database(), 'CONNECT'))"
        "      FROM unnest(%s::text[]) r)",
        [[f"haidang_{role}" for role in ROLES]],
    ).fetchone() or (False,)
    return bool(ready)


def _not_ready(connection: psycopg.Connection[Any], statements: list[sql.Composed], reason: str) -> RolesNotReady:
    lines = "\n".join(f"    {statement.as_string(connection)};" for statement in statements)
    return RolesNotReady(
        f"{connection.info.user} cannot set up {connection.info.dbname}: {reason}. Run this as a superuser, connected to"
        f" {connection.info.dbname} (it holds no password in clear), and start again:\n{lines}"
    )


@contextmanager
def _alone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Hold off other starting processes: two of them granting at once would fail on the same catalogue row."""
    connection.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])
