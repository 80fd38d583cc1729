"""`haidang lawbook retro` and `haidang replay` on the command line, over a version, a folder and a draft."""

import csv
import json
import shutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from haidang.platform import config
from haidang.reference import drafting
from haidang.reference.lookups import lawbook_folder
from haidang.site.cli import law_retroactive
from haidang.site.cli.client import Reply
from haidang.site.cli.commands import app
from haidang.site.cli.output import Wrong, terminal
from haidang.site.lawbook_powers import editor
from tests.passing.rig import CHECKER, HEAD, Rig, declared
from tests.passing.test_rates import correct_the_dollar
from tests.passing.test_revising import cleared

pytestmark = pytest.mark.processes
"""Whole law books are read and written."""

REASON = "đính chính tỷ giá"
LINE = {
    "commodity_code": "39269059", "schedule": "B01", "from": "2026-01-01", "rate": "16", "instrument": "26/2023/NĐ-CP",
}  # fmt: skip
RATES = "schedules/tt31-2022/rates.csv"


@pytest.fixture(scope="module")
def corrected(cluster: Any) -> Iterator[tuple[Rig, str, int]]:
    """Return a rig, a declaration that was cleared before the dollar was corrected, and the version that says so."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    number = cleared(rig)["declaration_no"]
    version = correct_the_dollar(rig)
    rig.learn()
    yield rig, number, version
    rig.close()
    cluster.drop(made)


@pytest.fixture
def run(corrected: tuple[Rig, str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run `haidang` in this process; return exit status and JSON document."""
    whole = corrected[0].config
    monkeypatch.setenv("HAIDANG_HOME", str(whole.home))
    monkeypatch.setenv("HAIDANG_DATABASE_URL", whole.dsn("admin"))
    monkeypatch.setattr(terminal, "json", False)
    monkeypatch.setattr(config, "load", lambda: whole)

    def haidang(*arguments: str) -> tuple[int, Any]:
        done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout) if done.stdout else None

    yield haidang


def test_a_batch_is_compared_prepared_shown_and_approved_and_what_was_decided_stays_decided(
    corrected, run, monkeypatch, tmp_path
):
    rig, number, version = corrected

    class Post:
        """Sends through the rig what the command would send over HTTP."""

        def __init__(self, code: str, *_: Any) -> None:
            self._code = code

        def __enter__(self) -> "Post":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __call__(self, path: str, message: dict[str, Any]) -> Reply:
            assert path == "/api/v1/decisions"
            status, body = rig.batch(
                [rig.waiting("decision", message, message["sender"], signer=self._code)], "conditions"
            )[0]
            return Reply(status, body, 0.0, b"")

    monkeypatch.setattr(law_retroactive, "Post", Post)
    table = tmp_path / "retro.csv"
    status, told = run("lawbook", "retro", "compare", "--csv", str(table))
    assert status == 0 and told["version"] == version and told["less_vnd"] == 0
    mine = next(each for each in told["changed"] if each["declaration_no"] == number)
    assert mine["difference_vnd"] == sum(mine["difference"].values()) > 0
    assert told["more_vnd"] == sum(each["more_vnd"] for each in told["taxes"].values())
    with table.open(encoding="utf-8") as file:
        rows = {row["declaration_no"]: row for row in csv.DictReader(file)}
    assert int(rows[number]["difference_vnd"]) == mine["difference_vnd"] == sum(int(rows[number][tax]) for tax in told["taxes"])  # fmt: skip
    assert run("lawbook", "retro", "compare", "--version", str(version - 1))[1]["changed"] == []
    status, batch = run("lawbook", "retro", "prepare", REASON, "--as", CHECKER)
    assert status == 0 and batch["batch"] == 1 and batch["more_vnd"] >= mine["difference_vnd"]
    assert [each["reason"] for each in run("lawbook", "retro", "show")[1]] == [REASON]
    assert {each["outcome"] for each in run("lawbook", "retro", "show", "1")[1]} == {"waits"}
    status, refused = run("lawbook", "retro", "approve", "1", "--as", CHECKER)
    assert status == 1 and refused["decided"] == 0 and refused["refused"][0]["code"] == "POWER_MISSING"
    status, booked = run("lawbook", "retro", "approve", "1", "--as", HEAD)
    assert status == 0 and booked["decided"] == batch["declarations"] and booked["more_vnd"] == batch["more_vnd"]
    assert {each["outcome"] for each in run("lawbook", "retro", "show", "1")[1]} == {"accepted"}
    assert run("lawbook", "retro", "approve", "1", "--as", HEAD)[1]["decided"] == 0
    assert rig.violations() == []
    status, again = run("replay", number)
    assert status == 0 and again["same"] and again["acts"] >= 3
    assert run("replay", "199999999990")[0] == 1


def test_a_folder_and_a_draft_are_held_against_what_is_registered_and_what_they_do_not_say_is_told(
    corrected, run, tmp_path
):
    rig, *_ = corrected
    number = rig.lodge(declared())[1]["declaration_no"]
    folder = tmp_path / "lawbook"
    shutil.copytree(lawbook_folder(), folder)
    text = (folder / RATES).read_text(encoding="utf-8")
    line = next(each for each in text.splitlines() if each.startswith("39269059,"))
    (folder / RATES).write_text(text.replace(line, line.replace(",6,9,8/10,", ",16,9,8/10,")), encoding="utf-8")
    more = next(
        each
        for each in run("lawbook", "retro", "compare", str(folder))[1]["changed"]
        if each["declaration_no"] == number
    )
    assert more["difference"]["import_duty"] > 0
    without = tmp_path / "without"
    shutil.copytree(folder, without)
    (without / RATES).write_text(text.replace(line, line.replace(",6,9,8/10,", ",,9,8/10,")), encoding="utf-8")
    told = run("lawbook", "retro", "compare", str(without))[1]
    mine = next(each for each in told["undecided"] if each["declaration_no"] == number)
    assert mine["reasons"] and all(each["text_vi"] and each["text_en"] for each in mine["reasons"])
    with psycopg.connect(rig.config.dsn("owner"), autocommit=True) as owner:
        draft, head = drafting.begin(owner, "Thử", editor(owner, HEAD)), editor(owner, HEAD)
        assert run("lawbook", "retro", "compare", "--draft", str(draft))[1]["days"] == told_by_newest(run)
        drafting.set_row(owner, draft, "tariff_lines", LINE, head)
    told = run("lawbook", "retro", "compare", "--draft", str(draft))[1]
    assert told["law"] == f"draft {draft}" and told["version"] == 0
    mine = next(each for each in told["changed"] if each["declaration_no"] == number)
    assert mine["difference"]["import_duty"] == more["difference"]["import_duty"]
    with pytest.raises(Wrong, match="no version 99"):
        run("lawbook", "retro", "prepare", REASON, "--as", CHECKER, "--version", "99")


def told_by_newest(run: Any) -> list[dict[str, Any]]:
    """Return the days that the newest version changes: an empty draft changes no other."""
    days: list[dict[str, Any]] = run("lawbook", "retro", "compare")[1]["days"]
    return days
