"""`haidang lawbook` on the files of a folder, run in this process."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from haidang.platform import config
from haidang.reference.lookups import lawbook_folder
from haidang.reference.tests import build
from haidang.site.cli.commands import app
from haidang.site.cli.output import terminal

pytestmark = pytest.mark.processes
"""Whole law books are read and written."""


@pytest.fixture
def haidang(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command line in this process; return its JSON document, and raise what it raised."""
    monkeypatch.setattr(terminal, "json", False)

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def country(cluster: Any) -> Iterator[Any]:
    """A database with law book and demo country for the tests of this module."""
    made = cluster.make_trial()
    yield made
    cluster.drop(made)


@pytest.fixture
def installed(country: Any, haidang: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command line on that database."""
    for name, value in country.environment.items():
        monkeypatch.setenv(name, value)
    config.load.cache_clear()
    yield haidang
    config.load.cache_clear()


@pytest.mark.parametrize(
    ("day", "office", "region"),
    [
        ("2024-06-01", "CC HQ CK cảng HP KV III", None),
        ("2026-03-02", "Hải quan cửa khẩu cảng Hải Phòng khu vực 3", "Chi cục Hải quan khu vực III"),
        ("2027-03-01", "Hải quan cửa khẩu cảng Hải Phòng khu vực 3", "Hải quan khu vực III"),
    ],
)
def test_an_office_keeps_its_code_and_bears_the_name_of_the_day(
    haidang: Any, day: str, office: str, region: str | None
) -> None:
    names = haidang("lawbook", "as-of", day, "--folder", str(lawbook_folder()))["names"]
    assert {each["code"]: each["name_vi"] for each in names["customs_office"]}["03TG"] == office
    assert {each["code"]: each["name_vi"] for each in names["customs_region"]}.get("III") == region
    assert len(names["customs_office"]) == 391


def test_the_names_of_one_code_are_told_in_order(haidang: Any) -> None:
    told = haidang("lawbook", "as-of", "2026-03-02", "--code", "03TG", "--folder", str(lawbook_folder()))
    assert [(each["list"], each["from"], each["until"]) for each in told["history"]] == [
        ("customs_office", None, "2025-03-15"),
        ("customs_office", "2025-03-15", None),
    ]


def test_figures_come_with_their_law_and_instruments_with_where_they_stand(haidang: Any, tmp_path: Path) -> None:
    folder = str(build.lawbook(tmp_path))
    before, after = (haidang("lawbook", "as-of", day, "--folder", folder) for day in ("2026-01-31", "2026-02-01"))
    assert [(row["value"], row["instrument"], row["article"]) for row in before["parameters"]] == [
        (7, "1/2020/QH", "Art. 1")
    ]
    assert after["parameters"][0]["value"] == 10 and not after["parameters"][0]["verified"]
    forces = [{row["number"]: row["force"] for row in told["instruments"]} for told in (before, after)]
    assert forces == [
        {"1/2020/QH": "in_force", "2/2026/NĐ-CP": "not_yet", "STD": "undated"},
        {"1/2020/QH": "in_force", "2/2026/NĐ-CP": "in_force", "STD": "undated"},
    ]


def test_new_forms_are_not_named_before_their_day(haidang: Any) -> None:
    days = (date(2026, 1, 31), date(2026, 2, 1))
    told = [haidang("lawbook", "as-of", str(on), "--folder", str(lawbook_folder()))["names"]["form"] for on in days]
    assert {each["code"] for each in told[1]} - {each["code"] for each in told[0]} == {
        *("01a", "01b", "01c", "15", "15a", "16"),
    }


def test_a_folder_is_compared_with_the_version_in_use_down_to_the_tariff_line(installed: Any, tmp_path: Path) -> None:
    folder = tmp_path / "lawbook"
    shutil.copytree(lawbook_folder(), folder)
    _edit(folder / "parameters.csv", "draft.kept,7,day", "draft.kept,9,day")
    rates = folder / "schedules" / "tt31-2022" / "rates.csv"
    head, first, second, *rest = rates.read_text(encoding="utf-8").splitlines(keepends=True)
    cells, mfn = first.split(","), head.split(",").index("mfn")
    cells[mfn] = "47"
    rates.write_text("".join([head, ",".join(cells), *rest]), encoding="utf-8")

    told = installed("lawbook", "diff", str(folder))
    assert told["counts"]["parameters"] == {"added": 0, "removed": 0, "changed": 1}
    by_key = {change["key"]: change for change in told["changes"]}
    assert by_key["draft.kept"]["before"].startswith("7 day") and by_key["draft.kept"]["after"].startswith("9 day")
    duty = by_key[f"{cells[0]} duty B01"]
    assert (duty["group"], duty["turn"], duty["after"]) == ("tariff", "changed", "47 %")
    assert told["tariff_gaps"] == [second.split(",")[0]]
    assert told["problems"] == []


def test_unchanged_files_change_nothing(installed: Any) -> None:
    told = installed("lawbook", "diff")
    assert (told["changes"], told["counts"], told["tariff_gaps"]) == ([], {}, [])


def test_two_days_are_compared(installed: Any) -> None:
    days = installed("lawbook", "diff", "--days", "2026-12-31", "2027-01-01")
    assert any(each["key"].endswith(" vat") and each["before"] != each["after"] for each in days["changes"])
    assert "vat.reduced_rate" in {each["key"] for each in days["changes"] if each["turn"] == "removed"}


@pytest.mark.torture
def test_two_versions_are_compared(installed: Any) -> None:
    told = installed("lawbook", "diff", "--versions", "1", "2")
    assert (told["versions"], told["changes"]) == ([1, 2], []), "the second only brought exchange rates"


def test_a_drill_names_the_figures_that_switch_and_admits_that_no_stays_are_on_file(installed: Any) -> None:
    told = installed("lawbook", "drill", "2027-03-01")
    assert {each["name"]: each["on_file"] for each in told["figures"]}["bonded.stay"] == "no_stays"
    assert told["counts"]["instruments"]["changed"] == 1
    assert (told["before"], told["after"], told["open_declarations"]) == ("2027-02-28", "2027-03-01", 0)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
