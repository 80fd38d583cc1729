"""The roles of the database: what each may do, who may make them, and what is said when they cannot be made."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from haidang.platform import roles, server
from haidang.platform.config import ROLES, Config, read, socket_dir


@pytest.fixture(scope="module")
def installation(public_folder: Callable[[str], Path]) -> Iterator[Config]:
    """An installation with a server of its own: roles belong to a whole server, and these tests spoil them."""
    folder = public_folder("haidang-roles-")
    kept = {name: os.environ[name] for name in ("HAIDANG_PG_BIN",) if name in os.environ}
    config = read({"HAIDANG_HOME": str(folder / "home"), **kept})
    try:
        server.ensure_running(config)
        yield config
    finally:
        server.embedded(config).stop()
        shutil.rmtree(folder)


@pytest.fixture
def admin(installation: Config) -> Iterator[psycopg.Connection[Any]]:
    with roles.connect_admin(installation) as connection:
        yield connection


@pytest.fixture
def open_as(installation: Config) -> Iterator[Callable[[str], psycopg.Connection[Any]]]:
    opened: list[psycopg.Connection[Any]] = []

    def connect(role: str) -> psycopg.Connection[Any]:
        opened.append(psycopg.connect(installation.dsn(role), autocommit=True))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def an_owned_table(open_as) -> Iterator[str]:
    owner = open_as("owner")
    owner.execute("CREATE TABLE dossier (trader text NOT NULL)")
    owner.execute("INSERT INTO dossier VALUES ('0100000001'), ('0100000002')")
    owner.execute("ALTER TABLE dossier ENABLE ROW LEVEL SECURITY")
    owner.execute("ALTER TABLE dossier FORCE ROW LEVEL SECURITY")
    owner.execute("CREATE POLICY own ON dossier USING (trader = current_setting('haidang.trader_code', true))")
    owner.execute("GRANT SELECT, INSERT ON dossier TO haidang_ingest, haidang_app")
    yield "dossier"
    owner.execute("DROP TABLE dossier")


def elsewhere(config: Config, home: Path, user: str, password: str) -> Config:
    """Another installation's view of the same server, as an external one, through another administrator."""
    host = str(socket_dir(config.data_dir)).replace("/", "%2F")
    return read({"HAIDANG_HOME": str(home), "HAIDANG_DATABASE_URL": f"postgresql://{user}:{password}@{host}/haidang"})


def test_only_ingest_passes_row_security_and_none_may_administer(admin):
    powers = admin.execute(
        "SELECT rolname, rolbypassrls, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication"
        " FROM pg_roles WHERE rolname LIKE 'haidang\\_%' ORDER BY rolname"
    ).fetchall()
    assert powers == [
        ("haidang_app", False, False),
        ("haidang_auditor", False, False),
        ("haidang_ingest", True, False),
        ("haidang_owner", False, False),
        ("haidang_report", False, False),
    ]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_enters_with_its_own_password_only(installation, role):
    with psycopg.connect(installation.dsn(role)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (f"haidang_{role}",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(installation.dsn(role), password=installation.passwords()["admin"])


@pytest.mark.parametrize("role", ["ingest", "app", "report", "auditor"])
def test_who_does_not_own_the_database_makes_nothing_in_it(open_as, role):
    connection = open_as(role)
    for attempt in ("CREATE TABLE mine ()", "CREATE TEMPORARY TABLE mine ()", "CREATE SCHEMA mine"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attempt)


@pytest.mark.parametrize("role", ["report", "auditor"])
def test_a_reader_sees_only_tables_it_was_given(open_as, an_owned_table, role):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        open_as(role).execute("SELECT * FROM dossier")


def test_the_owner_may_use_the_extension_for_periods_that_must_not_overlap(open_as):
    owner = open_as("owner")
    owner.execute("CREATE TABLE rate (code text, period daterange, EXCLUDE USING gist (code WITH =, period WITH &&))")
    owner.execute("INSERT INTO rate VALUES ('A', '[2026-01-01,2026-07-01)')")
    with pytest.raises(psycopg.errors.ExclusionViolation):
        owner.execute("INSERT INTO rate VALUES ('A', '[2026-06-30,2027-01-01)')")
    owner.execute("DROP TABLE rate")


def test_row_security_binds_the_app_and_even_the_owner_but_not_ingest(open_as, an_owned_table):
    count = "SELECT count(*) FROM dossier"
    app = open_as("app")
    assert open_as("ingest").execute(count).fetchone() == (2,)
    assert open_as("owner").execute(count).fetchone() == (0,)
    assert app.execute(count).fetchone() == (0,)
    app.execute("SET haidang.trader_code = '0100000002'")
    assert app.execute("SELECT trader FROM dossier").fetchall() == [("0100000002",)]


def test_the_app_cannot_lift_row_security_nor_become_another(open_as, an_owned_table):
    app = open_as("app")
    app.execute("SET row_security = off")
    for attempt in ("SELECT * FROM dossier", "SET ROLE haidang_ingest", "COPY dossier TO PROGRAM 'cat'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(attempt)


def test_a_stranger_who_gets_a_login_cannot_even_enter(installation, admin):
    admin.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(installation.dsn("app"), user="stranger", password="stranger")
    admin.execute("DROP ROLE stranger")


def test_making_the_roles_again_changes_nothing(installation, admin):
    stored = "SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'haidang\\_%' ORDER BY 1"
    before = admin.execute(stored).fetchall()
    server.ensure_running(installation)
    assert admin.execute(stored).fetchall() == before
    assert all(verifier.startswith("SCRAM-SHA-256$") for _, verifier in before)


def test_a_power_somebody_added_is_taken_away_again(installation, admin):
    admin.execute("ALTER ROLE haidang_app BYPASSRLS CREATEDB")
    roles.create_roles(admin, installation.passwords())
    found = admin.execute("SELECT rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = 'haidang_app'").fetchone()
    assert found == (False, False)


def test_another_installation_does_not_change_the_passwords_under_this_one(installation, admin, tmp_path):
    password = installation.passwords()["admin"]
    other = elsewhere(installation, tmp_path, "postgres", password)
    with pytest.raises(roles.RolesNotReady, match=r"copy its secrets/database\.json"):
        server.ensure_running(other)
    psycopg.connect(installation.dsn("app")).close()


def test_who_may_not_make_roles_is_told_the_sql_which_then_suffices(installation, admin, tmp_path):
    admin.execute("CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
    admin.execute("CREATE DATABASE elsewhere OWNER clerk")
    admin.execute("ALTER ROLE haidang_report RENAME TO was_report")
    host = str(socket_dir(installation.data_dir)).replace("/", "%2F")
    (tmp_path / "secrets").mkdir()
    shutil.copy2(installation.secrets_dir / "database.json", tmp_path / "secrets")
    address = f"postgresql://clerk:clerk@{host}/elsewhere"
    config = read({"HAIDANG_HOME": str(tmp_path), "HAIDANG_DATABASE_URL": address})
    for _ in range(4):  # the roles, the database, the rights in it; then all is well
        try:
            server.ensure_running(config)
            break
        except roles.RolesNotReady as told:
            assert not any(password in str(told) for password in installation.passwords().values())
            with psycopg.connect(config.dsn("admin"), user="postgres", password=installation.passwords()["admin"]) as c:
                c.execute("\n".join(line for line in str(told).splitlines() if line.startswith("    ")).encode())
    else:
        pytest.fail("the SQL that was told does not suffice")
    psycopg.connect(config.dsn("report")).close()
    admin.execute("DROP DATABASE elsewhere")
    admin.execute("DROP ROLE clerk")
    admin.execute("DROP OWNED BY was_report")
    admin.execute("DROP ROLE was_report")
    server.ensure_running(installation)


def test_an_administrator_who_is_no_superuser_suffices_where_the_version_lets_him(installation, admin, tmp_path):
    if admin.info.server_version < 160000:
        pytest.skip("before 16 only a superuser may make a role with BYPASSRLS")
    for role in ROLES:
        admin.execute(f"ALTER ROLE haidang_{role} RENAME TO set_aside_{role}".encode())
    admin.execute("CREATE ROLE keeper LOGIN CREATEROLE CREATEDB BYPASSRLS PASSWORD 'keeper'")
    host = str(socket_dir(installation.data_dir)).replace("/", "%2F")
    address = f"postgresql://keeper:keeper@{host}/kept"
    config = read({"HAIDANG_HOME": str(tmp_path), "HAIDANG_DATABASE_URL": address})
    try:
        server.ensure_running(config)
        with psycopg.connect(config.dsn("owner")) as owner:
            owner.execute("CREATE TABLE t (n int)")
    finally:
        admin.execute("DROP DATABASE IF EXISTS kept")
        for role in ROLES:
            admin.execute(f"DROP ROLE IF EXISTS haidang_{role}".encode())
            admin.execute(f"ALTER ROLE set_aside_{role} RENAME TO haidang_{role}".encode())
        admin.execute("DROP ROLE keeper")


def test_a_database_that_cannot_hold_every_letter_is_refused(installation, admin):
    admin.execute("CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER libc")
    with pytest.raises(roles.DatabaseNotUsable, match="UTF8 is needed"):
        roles.create_database(admin, "latin")
    admin.execute("DROP DATABASE latin")
