"""The command `haidang`: its tree, its ways to end, and the commands that need no lane."""

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer.main
from cryptography.hazmat.primitives.serialization import Encoding

from haidang.kernel.money import parse_scaled
from haidang.parties.authority import issue, make_authority
from haidang.parties.lookups import read_directory
from haidang.platform.db import Servers
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.site import cli
from haidang.site.cli.commands import app
from haidang.site.demo import people
from haidang.site.demo.people import demo_tax_code
from haidang.site.setting_up import legal_now
from haidang.site.tests.conftest import Home
from haidang.tariff.lookups import tariff_from_files
from tests.passing.rig import FREE

pytestmark = pytest.mark.processes

DAY = "2026-03-02"
LISTS = {path.name.partition(".")[0] for path in (lawbook_folder() / "codes").iterdir()}


@pytest.fixture
def bare(tmp_path: Path) -> Home:
    """An installation that was never started."""
    return Home({"HAIDANG_HOME": str(tmp_path / "home")})


def commands(command: Any, name: str = "haidang") -> list[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        return [(name, command)]
    return [found for child, inner in command.commands.items() for found in commands(inner, f"{name} {child}")]


def test_every_command_takes_json_and_says_in_both_languages_what_it_does() -> None:
    for name, command in commands(typer.main.get_command(app)):
        assert "--json" in {option for parameter in command.params for option in parameter.opts}, name
        assert " · " in (command.help or ""), name


def test_the_documentation_of_the_command_line_names_every_command() -> None:
    text = (Path(__file__).parents[4] / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name, _ in commands(typer.main.get_command(app)) if f"`{name}" not in text] == []


def test_help_and_version_end_with_0(bare: Home) -> None:
    assert (bare.haidang("--help").status, bare.haidang("--version").status) == (0, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify",),
        ("replay",),
        ("worker",),
        ("user", "list"),
        ("lawbook", "as-of", DAY),
        ("whatif", str(lawbook_folder()), "--date", DAY),
        ("db", "backup", "copy"),
        ("db", "migrate"),
    ],
)
def test_without_a_database_a_command_says_how_to_make_one_and_makes_none(
    bare: Home, arguments: tuple[str, ...]
) -> None:
    ended = bare.haidang(*arguments, "--json")
    assert (ended.status, ended.json["code"]) == (1, "NOTHING_SET_UP")
    assert "haidang db init" in ended.err
    assert not (Path(bare.environment["HAIDANG_HOME"]) / "postgres").exists()


def test_help_loads_neither_django_nor_the_driver(bare: Home) -> None:
    script = "import haidang.site.cli.commands, sys; print([m for m in ('django', 'psycopg', 'granian', 'httpx') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=bare.environment, check=True
    )
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("duty", "--hs", FREE),
        ("duty", "--hs", FREE, "--value", "a lot", "--date", DAY),
        ("duty", "--hs", FREE, "--value", "1", "--date", "yesterday"),
        ("lodge", "/nowhere/no-file.json"),
        ("user", "revoke"),
        ("user", "add", "X1", "--kind", "ghost", "--name", "x"),
    ],
)
def test_what_cannot_be_used_ends_with_2(bare: Home, arguments: tuple[str, ...]) -> None:
    ran = bare.haidang(*arguments)
    assert ran.status == 2, ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "vietnamese", "english"),
    [
        (("no-such-command",), "Không có lệnh này.", "No such command 'no-such-command'."),
        (("duty", "--hs", FREE), "Thiếu '--value'.", "Missing option '--value'."),
        (("status",), "Thiếu 'NO'.", "Missing argument 'NO'."),
        (("status", "1", "2"), "Thừa tham số.", "Got unexpected extra argument"),
        (("status", "1", "--wrong"), "Không có tùy chọn --wrong.", "No such option: --wrong"),
        (("user", "add", "X", "--kind", "a", "--name", "b", "--level", "9"), "Giá trị của '--level' không hợp lệ.", "less than or equal to 5"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_told_in_both_languages_with_where_to_read_how(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], vietnamese: str, english: str
) -> None:  # fmt: skip
    monkeypatch.setattr(cli.terminal, "json", False)
    monkeypatch.setattr(sys, "argv", ["haidang", *arguments])
    assert cli.run() == 2
    told = capsys.readouterr().err
    assert vietnamese in told and english in told and "--help" in told
    monkeypatch.setattr(sys, "argv", ["haidang", *arguments, "--json"])
    assert cli.run() == 2
    assert vietnamese in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(("arguments", "status"), [(("--help",), 0), (("--version",), 0), (("user",), 2)])
def test_help_and_version_are_no_errors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["haidang", *arguments])
    assert cli.run() == status
    assert "haidang" in capsys.readouterr().out.lower()


def test_a_wrong_setting_ends_with_2_and_is_named(bare: Home) -> None:
    bare.environment["HAIDANG_PORT_GENERAL"] = "eighty"
    ran = bare.haidang("user", "list")
    assert ran.status == 2
    assert "HAIDANG_PORT_GENERAL" in ran.err


def test_a_server_that_is_not_there_ends_with_3_and_is_told_in_one_line(bare: Home) -> None:
    bare.environment["HAIDANG_DATABASE_URL"] = "postgresql://nobody@%2Fnowhere/haidang"
    ran = bare.haidang("db", "status")
    assert ran.status == 3
    assert "Traceback" not in ran.err


def test_faults_and_refusals_are_json_too_when_asked(bare: Home) -> None:
    bare.environment["HAIDANG_DATABASE_URL"] = "postgresql://nobody@%2Fnowhere/haidang"
    assert bare.haidang("db", "status", "--json").json["error"]
    assert bare.haidang("duty", "--hs", "00000000", "--value", "1", "--date", DAY, "--json").json["error"]


def test_a_what_if_traces_each_tax_to_its_row_of_the_law_book(bare: Home) -> None:
    ran = bare.haidang(
        "duty", "--hs", FREE, "--value", "1250.50", "--currency", "USD", "--origin", "JP", "--vat-code", "V10", "--unit", "KGM",
        "--date", DAY, "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    facts = ran.json
    rate = codes_from_files(lawbook_folder(), date.fromisoformat(DAY)).exchange_rates_e4["USD"]
    assert facts["customs_value_vnd_e4"] == parse_scaled("1250.50", 4) * rate // 10_000
    duty, vat = facts["taxes"]
    entry = tariff_from_files(lawbook_folder(), date.fromisoformat(DAY)).entries[FREE]
    assert duty["measure_id"] == entry.duties["B01"].measure_id
    assert duty["rate_bp"] == entry.duties["B01"].rate_bp
    assert vat["base_vnd_e4"] == facts["customs_value_vnd_e4"] + duty["amount_vnd_e4"]
    assert duty["printed"] and duty["instrument"]
    assert facts["payable_vnd"] == sum(facts["totals_vnd"].values())


def test_a_what_if_is_shown_to_people_too(bare: Home) -> None:
    ran = bare.haidang("duty", "--hs", FREE, "--value", "10", "--vat-code", "V10", "--date", DAY)
    assert ran.status == 0, ran.err
    assert "GTGT · VAT" in ran.out
    assert "payable" in ran.out


def test_a_what_if_without_a_rate_says_that_its_sum_is_not_whole(bare: Home) -> None:
    ran = bare.haidang("duty", "--hs", "84145110", "--value", "10", "--date", DAY)
    assert ran.status == 0, ran.err
    assert "chưa kể các thuế" in ran.out
    assert "without the taxes above" in ran.out


def test_a_commodity_code_that_is_none_is_offered_its_neighbours(bare: Home) -> None:
    ran = bare.haidang("duty", "--hs", "84145100", "--value", "10", "--date", DAY)
    assert ran.status == 1
    assert "84145110" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "12"), ("11 hoặc 12 chữ số", "11 or 12 digits")),
        (("status", "100000000000"), ("Không có khóa", "haidang user list")),
        (("lodge", "nowhere.json"), ("kiểm tra đường dẫn", "check the path")),
        (("duty", "--hs", FREE, "--value", "x", "--date", DAY), ("cần số thập phân", "a plain decimal")),
    ],
    ids=lambda each: " ".join(each[:2]),
)
def test_what_cannot_be_used_is_told_in_both_languages(
    bare: Home, arguments: tuple[str, ...], said: tuple[str, ...]
) -> None:
    ran = bare.haidang(*arguments)
    assert ran.status == 2
    assert all(each in ran.err.replace("\n", " ") for each in said), ran.err


def test_a_file_that_is_no_json_is_told_in_both_languages(bare: Home, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"a":')
    ran = bare.haidang("lodge", str(broken))
    assert ran.status == 2
    assert "không phải JSON" in ran.err
    assert "mend it and send again" in ran.err.replace("\n", " ")


def test_an_empty_workbook_is_written_and_cells_that_cannot_be_read_come_back_marked(
    bare: Home, tmp_path: Path
) -> None:
    made = tmp_path / "new.xlsx"
    assert bare.haidang("template", str(made), "--json").json == {"file": str(made)}
    assert made.read_bytes().startswith(b"PK")
    file = tmp_path / "one.csv"
    file.write_text("kind_code;items.quantity\nA11;1,5\n")
    ran = bare.haidang("lodge", str(file), "--json")
    assert ran.status == 1
    assert {"HD-SHEET-COMMA", "HD-MISSING"} <= {each["code"] for each in ran.json["findings"]}
    assert (tmp_path / "one.findings.xlsx").read_bytes().startswith(b"PK")
    file.write_bytes("kind_code\nQuạt".encode("utf-16-le"))
    assert bare.haidang("lodge", str(file)).status == 2


def test_a_file_that_is_not_the_korean_one_is_told_which_columns_it_lacks(bare: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    ran = bare.haidang("load", str(other))
    assert ran.status == 2
    assert "row_id" in ran.err


def test_a_what_if_without_an_exchange_rate_is_refused_with_its_finding(bare: Home) -> None:
    ran = bare.haidang("duty", "--hs", FREE, "--value", "10", "--currency", "ZZZ", "--date", DAY, "--json")
    assert ran.status == 1
    assert ran.json["findings"][0]["code"]


def test_the_law_book_is_without_contradictions_and_counts_what_is_unverified(bare: Home) -> None:
    ran = bare.haidang("lawbook", "check", "--json")
    assert (ran.status, ran.json["problems"]) == (0, [])
    samples = ran.json["samples"]
    assert samples["vat_code"] == 5 and samples["warehouse"] == 15 and samples["exchange_rates_sample.csv"] == 2240
    assert sum(count for name, count in samples.items() if name in LISTS) == ran.json["codes_sample"] > 0
    assert ran.json["tariff"]["codes"] > 10_000


def test_a_law_book_that_contradicts_itself_is_refused(bare: Home, tmp_path: Path) -> None:
    folder = tmp_path / "lawbook"
    shutil.copytree(lawbook_folder(), folder)
    instruments = folder / "instruments.csv"
    lines = instruments.read_text(encoding="utf-8").splitlines()
    instruments.write_text("\n".join([*lines, lines[-1]]) + "\n", encoding="utf-8")
    ran = bare.haidang("lawbook", "check", str(folder), "--json")
    assert ran.status == 1
    assert ran.json["problems"]


@pytest.mark.torture
def test_loading_the_same_law_book_again_keeps_its_version(trial_home: Home) -> None:
    assert trial_home.haidang("lawbook", "diff", "--json").json["changes"] == []
    assert trial_home.haidang("lawbook", "load", "--json").json == {
        "version": 2, "tariff_rows_added": 0, "tariff_rows_closed": 0,
    }  # fmt: skip


def test_a_party_is_added_gets_a_token_and_a_certificate_and_loses_them(home: Home, tmp_path: Path) -> None:
    code = demo_tax_code(77)
    added = home.haidang(
        "user", "add", code, "--kind", "trader", "--name", "Công ty Thử", "--level", "2", "--json"
    ).json
    token = home.haidang("user", "token", code, "--label", "máy 1", "--json").json["token"]
    with Servers(home.config).connect("owner") as connection:
        at = legal_now(connection)
        authority = make_authority("CA", at)
        _, certificate = issue(authority, code, "Công ty Thử", at)
        ca_file, own_file, token_file = tmp_path / "ca.pem", tmp_path / "own.pem", tmp_path / "token"
        ca_file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
        own_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        token_file.write_text(token)
        assert home.haidang("user", "certificate", str(own_file), "--of", code).status == 1
        assert home.haidang("user", "certificate", str(ca_file), "--authority", "CA").status == 0
        held = home.haidang("user", "certificate", str(own_file), "--of", code, "--json").json
        directory = read_directory(connection)
        party = directory.authenticate(token)
        assert party is not None
        assert (party.party_id, party.code, party.compliance_level) == (added["party_id"], code, 2)
        assert directory.certificate(bytes.fromhex(held["thumbprint_sha256"])) is not None
        assert home.haidang("user", "revoke", "--token-file", str(token_file)).status == 0
        assert home.haidang("user", "revoke", "--token-file", str(token_file)).status == 1
        assert home.haidang("user", "revoke", "--thumbprint", held["thumbprint_sha256"]).status == 0
        after = read_directory(connection)
        assert after.authenticate(token, legal_now(connection)) is None
    listed = home.haidang("user", "list", "--kind", "trader", "--json").json
    assert [each["code"] for each in listed] == [code]


def test_a_code_without_a_right_check_digit_is_refused(home: Home) -> None:
    ran = home.haidang("user", "add", "9900000000", "--kind", "trader", "--name", "x")
    assert ran.status == 1
    assert "Traceback" not in ran.err


def test_a_webhook_is_subscribed_with_a_secret_that_is_shown_once(home: Home) -> None:
    home.haidang("user", "add", "NGANHANGT1", "--kind", "bank", "--name", "x")
    made = home.haidang(
        "user", "webhook", "NGANHANGT1", "--topic", "declaration.cleared", "--url", "http://127.0.0.1:9/x", "--json"
    )
    assert made.status == 0, made.out + made.err
    assert made.json["secret"].startswith("whsec_")
    ended = home.haidang("user", "webhook", "NGANHANGT1", "--topic", "declaration.cleared", "--json")
    assert (ended.status, ended.json["url"]) == (0, None)


def test_a_copy_of_the_databases_counts_every_row(trial_home: Home, tmp_path: Path) -> None:
    ran = trial_home.haidang("db", "backup", str(tmp_path / "copy"), "--json")
    assert ran.status == 0, ran.err
    assert ran.json["rows"] > 10_000
    assert trial_home.haidang("db", "backup", str(tmp_path / "copy")).status == 1
    assert trial_home.haidang("db", "restore", str(tmp_path / "copy")).status == 1


def test_the_state_of_the_database_is_told(trial_home: Home) -> None:
    (state,) = trial_home.haidang("db", "status", "--json").json
    assert (state["exists"], state["trial"], state["missing_migrations"]) == (True, True, [])
    assert state["legal_now"].startswith("2026-03-0")


def test_a_database_that_lacks_a_migration_is_not_served(trial_home: Home) -> None:
    with Servers(trial_home.config).connect("owner") as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'journal' AND name = '0002_subscription'")
    refused = trial_home.haidang("serve", "--json")
    assert refused.status == 1
    assert refused.json["code"] == "MIGRATIONS_WAITING"
    (state,) = trial_home.haidang("db", "status", "--json").json
    assert state["missing_migrations"] == ["journal.0002_subscription"]


def test_the_state_of_the_database_is_told_in_words(trial_home: Home) -> None:
    ran = trial_home.haidang("db", "status")
    assert ran.status == 0, ran.err
    assert "Giờ pháp lý" in ran.out and "legal time" in ran.out
    assert "{" not in ran.out


def test_migrating_an_up_to_date_database_changes_nothing(trial_home: Home) -> None:
    assert trial_home.haidang("db", "migrate", "--json").json == {"applied": []}


def test_the_description_of_the_interface_is_printed(bare: Home) -> None:
    assert json.loads(bare.haidang("openapi").out)["openapi"] == "3.1.0"


def test_the_connection_string_is_that_of_the_role_asked_for(home: Home) -> None:
    assert "haidang_report" in home.haidang("db", "psql-url").out
    assert home.haidang("db", "psql-url", "--role", "king").status == 2


def test_a_login_of_the_pages_is_made_shown_once_disabled_and_enabled(trial_home: Home) -> None:
    made = trial_home.haidang(
        "user", "login", "an.nguyen", "--person", "Nguyễn An", "--party", people.trader_code(1), "--json"
    )
    assert made.status == 0, made.err
    assert made.json["otpauth"].startswith("otpauth://totp/") and len(made.json["password"]) >= 20
    again = trial_home.haidang(
        "user", "login", "an.nguyen", "--person", "x", "--party", people.trader_code(1), "--json"
    )
    assert (again.status, again.json["code"]) == (1, "LOGIN_TAKEN")
    both = ("--party", people.trader_code(1), "--officer", "03CC-01")
    assert trial_home.haidang("user", "login", "bi", "--person", "x", *both).status == 2
    unknown = trial_home.haidang("user", "login", "other", "--person", "x", "--officer", "ZZZZ-09", "--json")
    assert (unknown.status, unknown.json["code"]) == (1, "UNKNOWN_OFFICER")
    assert trial_home.haidang("user", "disable", "an.nguyen", "--json").json["sessions_ended"] == 0
    (listed,) = trial_home.haidang("user", "logins", "--json").json
    assert (listed["username"], listed["enabled"]) == ("an.nguyen", False)
    assert trial_home.haidang("user", "enable", "an.nguyen").status == 0
    assert trial_home.haidang("user", "disable", "nobody").status == 1


def test_a_conflict_of_interest_is_recorded_listed_and_ended_by_the_head(trial_home: Home) -> None:
    officer, head, party = "03CC-01", "03CC-03", people.trader_code(9)
    add = ("user", "conflict", "add", officer, "--party", party, "--relation")
    assert trial_home.haidang(*add, "friend").status == 2
    made = trial_home.haidang(*add, "family", "--from", "2026-01-01", "--json")
    assert made.status == 0 and made.json["valid_from"].startswith("2026-01-01T00:00:00"), made.err
    again = trial_home.haidang(*add, "family", "--json")
    assert (again.status, again.json["code"]) == (1, "CONFLICT_REFUSED")
    number = str(made.json["conflict_no"])
    assert trial_home.haidang("user", "conflict", "end", number, "--by", officer).status == 1
    assert trial_home.haidang("user", "conflict", "end", number, "--by", head, "--json").json["event"] == "ended"
    listed = trial_home.haidang("user", "conflict", "list", "--officer", officer, "--json").json
    assert [each["event"] for each in listed] == ["recorded", "ended"]
    assert party in trial_home.haidang("user", "conflict", "list").out
    assert trial_home.haidang("user", "conflict", "list", "--refusals", "--json").json == []
