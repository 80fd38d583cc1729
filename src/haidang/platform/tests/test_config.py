"""What the environment may say, and what is answered when it says something else."""

import json
import os
import subprocess
import sys

import psycopg.conninfo
import pytest

from haidang.platform.config import SETTINGS, SettingError, kept_secret, read


def test_with_nothing_set_the_home_is_var_under_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = read({})
    assert config.home == tmp_path / "var"
    assert config.is_embedded
    assert (config.port_general, config.port_parcels, config.port_conditions, config.port_gates) == (
        8001,
        8002,
        8003,
        8004,
    )


def test_every_setting_the_code_reads_is_in_the_table_of_settings():
    class Asked(dict):
        names: set[str] = set()

        def get(self, name, default=None):
            self.names.add(name)
            return default

    read(Asked())
    elsewhere = {"HAIDANG_LAWBOOK"}  # asked where the law book's files are found, which need no installation
    assert Asked.names | elsewhere == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize("value", ["0", "65536", "-1", "8001.5", "８００１", "port"])
def test_a_port_that_is_none_is_refused_by_name(value):
    with pytest.raises(SettingError, match="HAIDANG_PORT_GATES"):
        read({"HAIDANG_PORT_GATES": value})


def test_two_lanes_cannot_share_a_port():
    with pytest.raises(SettingError, match="its own port"):
        read({"HAIDANG_PORT_GATES": "8001"})


def test_two_servers_hold_odd_and_even_shards():
    config = read({"HAIDANG_DATABASE_URLS": "postgresql://a@one/x  postgresql://a@two/x"})
    assert [config.server_of(shard) for shard in range(4)] == [0, 1, 0, 1]
    assert psycopg.conninfo.conninfo_to_dict(config.database_urls[1])["host"] == "two"


@pytest.mark.parametrize(
    "environment",
    [
        {"HAIDANG_DATABASE_URLS": "postgresql://a@one/x"},
        {"HAIDANG_DATABASE_URLS": "postgresql://a@one/x postgresql://a@one/x"},
        {"HAIDANG_DATABASE_URLS": "postgresql://a@one/x postgresql://a@two/x", "HAIDANG_DATABASE_URL": "host=three"},
    ],
)
def test_addresses_that_do_not_add_up_are_refused(environment):
    with pytest.raises(SettingError, match="HAIDANG_DATABASE_URLS"):
        read(environment)


def test_an_address_that_cannot_be_read_is_refused_without_showing_its_password():
    with pytest.raises(SettingError) as refused:
        read({"HAIDANG_DATABASE_URL": "postgresql://keeper:hush-hush@[::/x"})
    assert "HAIDANG_DATABASE_URL" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_role_of_an_external_server_keeps_the_address_and_takes_its_own_name_and_password(tmp_path):
    address = "postgresql://keeper:hush@db.example:6432/customs?sslmode=verify-full"
    config = read({"HAIDANG_HOME": str(tmp_path), "HAIDANG_DATABASE_URL": address})
    parts = psycopg.conninfo.conninfo_to_dict(config.dsn("ingest"))
    assert (parts["user"], parts["host"], parts["port"]) == ("haidang_ingest", "db.example", "6432")
    assert (parts["dbname"], parts["sslmode"]) == ("customs", "verify-full")
    assert parts["password"] == config.passwords()["ingest"]
    assert psycopg.conninfo.conninfo_to_dict(config.dsn("admin"))["password"] == "hush"


def test_an_address_that_names_no_database_of_its_own_means_haidang():
    assert read({"HAIDANG_DATABASE_URL": "postgresql://a@one/postgres"}).database_name() == "haidang"
    assert read({"HAIDANG_DATABASE_URL": "postgresql://a@one"}).database_name() == "haidang"


def test_an_unknown_role_or_server_is_refused(tmp_path):
    config = read({"HAIDANG_HOME": str(tmp_path)})
    with pytest.raises(SettingError, match="no database role"):
        config.dsn("root")
    with pytest.raises(SettingError, match="no database server 1"):
        config.dsn("app", 1)


def test_passwords_are_kept_for_this_user_alone_and_stay_the_same(tmp_path):
    config = read({"HAIDANG_HOME": str(tmp_path / "home")})
    passwords = config.passwords()
    file = config.secrets_dir / "database.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert config.secrets_dir.stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text()) == passwords
    assert len(set(passwords.values())) == 6


def test_a_role_added_by_a_later_version_gets_a_password_and_the_others_keep_theirs(tmp_path):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "database.json").write_text('{"owner": "kept"}')
    (secrets / "database.json").chmod(0o600)
    passwords = read({"HAIDANG_HOME": str(tmp_path)}).passwords()
    assert passwords["owner"] == "kept"
    assert passwords["ingest"]


def test_a_secret_others_can_read_is_refused(tmp_path):
    (tmp_path / "key").write_text("known")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        kept_secret(tmp_path / "key", lambda kept: kept or "new")


def test_processes_that_make_a_secret_at_once_agree_on_it(tmp_path):
    program = (
        "import secrets, sys; from pathlib import Path; from haidang.platform.config import kept_secret\n"
        "print(kept_secret(Path(sys.argv[1]), lambda kept: kept or secrets.token_hex()))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "secrets" / "key")]
    making = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) for _ in range(4)]
    assert len({process.communicate()[0] for process in making}) == 1
