"""`haidang lawbook draft` on the command line, and what `haidang verify` sees of a hand in drafts and the versions they made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from haidang.insight.lookups import History
from haidang.organisation import actions as organisation
from haidang.organisation.lookups import read_powers
from haidang.platform import config
from haidang.platform.db import Servers
from haidang.reference import drafting, lookups
from haidang.reference.terms import DraftNeedsAnother
from haidang.site.cli.commands import app
from haidang.site.cli.output import terminal
from haidang.site.lawbook_powers import LawPowerMissing, editor
from haidang.site.setting_up import legal_now
from haidang.site.verifying_lawbook import check_lawbook
from haidang.site.whatif_laws import DraftNotFound, draft_called
from haidang.tariff import drafting as with_tariff

pytestmark = pytest.mark.processes
"""Whole law books are read and written."""

LAN, BINH, CLERK = "03CC-03", "02CI-03", "03CC-01"
BEER = ("commodity_code=22030091", "schedule=B01", "from=2027-01-01", "rate=20", "instrument=26/2023/NĐ-CP")
LONGER = ("name=draft.kept", "from=2018-06-05", "value=9")


@pytest.fixture(scope="module")
def country(cluster: Any) -> Iterator[Any]:
    """A database with law book and demo country, and with draft 1, which became a version."""
    made = cluster.make_trial()
    with psycopg.connect(made.dsn("owner"), autocommit=True) as owner:
        lan, binh = editor(owner, LAN), editor(owner, BINH)
        assert drafting.begin(owner, "Thử", lan) == 1
        drafting.set_row(owner, 1, "parameters", dict(cell.split("=") for cell in LONGER), lan)
        drafting.set_row(owner, 1, "tariff_lines", dict(cell.split("=") for cell in BEER), lan)
        with_tariff.submit(owner, 1, lan)
        drafting.approve(owner, 1, binh)
        with_tariff.publish(owner, 1, binh)
    yield made
    cluster.drop(made)


@pytest.fixture
def draft(country: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run `haidang lawbook draft` in this process; return its JSON document, and raise what it raised."""
    for name, value in country.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal, "json", False)
    config.load.cache_clear()

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(app, ["lawbook", "draft", *arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    yield run
    config.load.cache_clear()


def found(country: Any) -> list[str]:
    told: list[str] = []
    with Servers(country.config).connect("auditor") as connection:
        check_lawbook(connection, read_powers(connection), lambda _, subject, what: told.append(f"{subject}: {what}"))
    return told


def test_a_draft_goes_from_one_person_to_another_and_becomes_a_version_that_verifies(country: Any, draft: Any) -> None:
    number = str(draft("new", "Kéo dài thời hạn lưu bản khai tạm", "--as", LAN)["draft"])
    assert draft("set", number, "parameters", *LONGER[:2], "value=11", "--as", LAN)["cells"]["unit"] == "day"
    assert draft("check", number)["problems"] == []
    draft("submit", number, "--as", LAN)
    with pytest.raises(DraftNeedsAnother):
        draft("approve", number, "--as", LAN)
    draft("approve", number, "--as", BINH)
    with pytest.raises(DraftNeedsAnother):
        draft("publish", number, "--as", LAN)
    published = draft("publish", number, "--as", BINH)
    with Servers(country.config).connect("report") as connection:
        assert lookups.latest_version(connection) == published["version"]
    shown = draft("show", number)
    assert (shown["state"], shown["counts"]["parameters"]["changed"]) == ("published", 1)
    assert [each["officer"] for each in shown["events"]] == [LAN, LAN, LAN, BINH, BINH]
    assert found(country) == []

    withdrawn = str(draft("new", "Nhầm", "--as", BINH)["draft"])
    draft("withdraw", withdrawn, "lập nhầm", "--as", BINH)
    assert {each["draft"]: each["state"] for each in draft("list")}[int(withdrawn)] == "withdrawn"


def test_nobody_without_the_power_touches_the_law(country: Any, draft: Any) -> None:
    for nobody in (CLERK, "99XX-01"):
        with pytest.raises(LawPowerMissing):
            draft("new", "Không có quyền", "--as", nobody)


def test_a_power_that_ended_no_longer_lets_anybody(country: Any) -> None:
    with psycopg.connect(country.dsn("owner"), autocommit=True) as owner, owner.transaction(force_rollback=True):
        held = editor(owner, LAN)
        assert organisation.end_power(owner, held.power_id, legal_now(owner))
        with pytest.raises(LawPowerMissing):
            editor(owner, LAN)


TAMPERING = {
    "who wrote it": "UPDATE law_draft SET author = '15BB-03' WHERE draft_id = 1",
    "its title": "UPDATE law_draft SET title = 'khác' WHERE draft_id = 1",
    "when it was approved": "UPDATE law_draft SET approved_at = approved_at + interval '1 microsecond', published_at = published_at + interval '1 hour' WHERE draft_id = 1",
    "who approved it": "UPDATE law_draft SET approved_by = '15BB-03' WHERE draft_id = 1",
    "who published it": "UPDATE law_draft SET published_by = '15BB-03' WHERE draft_id = 1",
    "a cell of a row": "UPDATE law_draft_row SET cells = jsonb_set(cells, '{value}', '\"90\"') WHERE draft_id = 1",
    "a row removed": "DELETE FROM law_draft_row WHERE draft_id = 1",
    "a step removed": "DELETE FROM law_draft_event WHERE event = 'approved' AND draft_id = 1",
    "a step rewritten": "UPDATE law_draft_event SET officer_code = '15BB-03' WHERE event = 'approved' AND draft_id = 1",
    "the instant of a step": "UPDATE law_draft_event SET happened_at = happened_at - interval '1 year' WHERE event = 'set' AND draft_id = 1",
    "the seal of the rows": "UPDATE law_draft SET rows_digest = sha256('x') WHERE draft_id = 1",
    "the version it made": "UPDATE law_draft SET version = version - 1 WHERE draft_id = 1",
    "the digest of the version": "UPDATE law_book_version SET digest = sha256('x') WHERE version = (SELECT version FROM law_draft WHERE draft_id = 1)",
    "a figure of the version": "UPDATE law_parameter SET value = 90 WHERE book_from = (SELECT version FROM law_draft WHERE draft_id = 1)",
    "a figure slipped into the version": """INSERT INTO law_parameter (name, value, unit, valid, instrument, article, verified, note, book_from)
        SELECT 'slipped.in', 1, 'day', '[2026-01-01,)', '54/2014/QH13', '', false, '', version FROM law_draft WHERE draft_id = 1""",
    "a figure taken out by the version": "UPDATE law_parameter SET book_until = (SELECT version FROM law_draft WHERE draft_id = 1) WHERE name = 'declaration.validity'",
    "the rate of a tariff line": "UPDATE law_tariff_line SET rate = '2' WHERE commodity_code = '22030091'",
    "the tariff that a line makes": "UPDATE tariff_measure SET rate_bp = 200 WHERE schedule = 'tariff_lines'",
    "a tariff line that the tariff no longer says": "UPDATE tariff_measure SET book_until = book_from + 1 WHERE schedule = 'tariff_lines'",
    "all of a draft": """WITH events AS (DELETE FROM law_draft_event WHERE draft_id = 1), rows AS (DELETE FROM law_draft_row WHERE draft_id = 1)
        DELETE FROM law_draft WHERE draft_id = 1""",
    "where the version came from": "UPDATE law_book_version SET draft_id = NULL WHERE draft_id = 1",
    "the power behind a step": "UPDATE unit_power SET valid_from = valid_from + interval '20 years', valid_until = NULL WHERE act = 22",
}


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_a_draft_or_in_the_version_it_made_is_seen(country: Any, what: str) -> None:
    with psycopg.connect(country.dsn("admin"), autocommit=True) as admin, admin.transaction(force_rollback=True):
        told: list[str] = []
        check_lawbook(admin, read_powers(admin), lambda *row: told.append(str(row)))
        assert told == []
        assert admin.execute(TAMPERING[what]).rowcount > 0  # type: ignore[arg-type]
        check_lawbook(admin, read_powers(admin), lambda *row: told.append(str(row)))
        assert told, what


def whatif(country: Any, *arguments: str) -> Any:
    done = CliRunner().invoke(app, ["whatif", *arguments, "--date", "2026-03-02", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def one_line(folder: Path, kind_code: str = "A12", commodity_code: str = "10063099") -> str:
    """A history of one line worth a billion đồng."""
    path = folder / "history.parquet"
    with History() as history:
        history.add([{
            "declaration": "D1", "kind_code": kind_code, "commodity_code": commodity_code, "customs_value_vnd_e4": 10**13,
            "tariff_schedule_code": "B01", "tax_codes": "V05", "origin_country_code": "TH", "trader_code": "0100109106",
        }])  # fmt: skip
        history.write(path)
    return str(path)


@pytest.fixture
def longer_draft(country: Any, draft: Any) -> Iterator[str]:
    """An open draft of a longer time."""
    number = str(draft("new", "Thời hạn mười hai ngày", "--as", LAN)["draft"])
    yield number
    draft("withdraw", number, "xong", "--as", LAN)


def test_a_draft_of_the_workbasket_is_compared_by_number_or_title_with_the_version_it_would_follow(
    country: Any, draft: Any, longer_draft: str, tmp_path: Path
) -> None:
    with Servers(country.config).connect("report") as connection:
        newest = lookups.latest_version(connection)
    draft("set", longer_draft, "parameters", *LONGER[:2], "value=12", "--as", LAN)
    over = one_line(tmp_path)
    told = whatif(country, longer_draft, "--over", over)
    assert told["lines"] == 1
    assert (told["before_book"]["version"], told["before_book"]["draft"]) == (newest, None)
    assert (told["after_book"]["version"], told["after_book"]["draft"]) == (newest, int(longer_draft))
    assert told["after_book"]["unverified"] > 0
    assert told["total"]["difference_vnd"] == 0, "a deadline is no tax"
    with Servers(country.config).connect("report") as connection:
        assert draft_called(connection, "Thời hạn mười hai ngày") == int(longer_draft)


def test_a_published_draft_is_compared_with_the_version_it_followed(country: Any, draft: Any, tmp_path: Path) -> None:
    published = whatif(country, "1", "--over", one_line(tmp_path))
    assert (published["before_book"]["version"], published["before_book"]["draft"]) == (
        published["after_book"]["version"],
        None,
    )
    assert published["after_book"]["draft"] == 1


def test_what_names_no_draft_is_refused_with_what_to_do(country: Any, draft: Any, tmp_path: Path) -> None:
    with pytest.raises(DraftNotFound) as refused:
        whatif(country, "999", "--over", one_line(tmp_path))
    assert "draft list" in refused.value.text_vi and "draft list" in refused.value.text_en


def test_a_tariff_line_of_a_draft_shows_in_the_revenue_and_in_what_lawyers_read(
    country: Any, draft: Any, longer_draft: str, tmp_path: Path
) -> None:
    line = (
        "commodity_code=10063099",
        "schedule=B01",
        "from=2026-03-01",
        "until=2027-01-01",
        "rate=30",
        "instrument=26/2023/NĐ-CP",
    )
    assert draft("set", longer_draft, "tariff_lines", *line, "--as", LAN)["cells"]["rate"] == "30"
    assert draft("check", longer_draft)["problems"] == []
    told = whatif(country, longer_draft, "--over", one_line(tmp_path))
    assert told["taxes"]["import_duty"] == {
        "before_vnd": 400_000_000,
        "after_vnd": 300_000_000,
        "difference_vnd": -100_000_000,
    }
    assert told["by_chapter"]["10"]["difference_vnd"] < 0
    shown = draft("show", longer_draft)
    assert {(each["group"], each["before"][:3], each["after"][:2]) for each in shown["changes"]} == {
        ("tariff_lines", "", "30"), ("tariff", "40 ", "30"),
    }  # fmt: skip


def test_versions_are_compared_with_the_lines_between_them(country: Any, draft: Any) -> None:
    with Servers(country.config).connect("report") as connection:
        version = lookups.versions_of_drafts(connection)[1]
    arguments = ["lawbook", "diff", "--versions", str(version - 1), str(version), "--date", "2027-01-01", "--json"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    told = {
        (each["group"], each["key"]): (each["before"], each["after"]) for each in json.loads(done.stdout)["changes"]
    }
    assert told["tariff", "22030091 duty B01"] == ("35 %", "20 %")
    assert told["tariff_lines", "22030091 B01"][1].startswith("20 from 2027-01-01")
