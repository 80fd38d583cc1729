"""The builder of the book's published parts makes again what is committed."""

import os
from pathlib import Path

import pytest

from haidang.reference import lookups
from tools import lawbook_sources

FOLDER = lookups.lawbook_folder()


def test_sample_rates_follow_their_formula() -> None:
    written = (FOLDER / "exchange_rates_sample.csv").read_text(encoding="utf-8").splitlines()
    assert written[0] == "currency,week_from,rate,source"
    assert written[1:] == [",".join(row) for row in lawbook_sources.exchange_rates()]


def test_without_the_published_tables_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAIDANG_TEST_DATA", raising=False)
    monkeypatch.setattr(lawbook_sources, "LAWBOOK", tmp_path)
    assert lawbook_sources.main() == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not os.environ.get("HAIDANG_TEST_DATA"), reason="HAIDANG_TEST_DATA names no folder of published tables"
)
def test_published_tables_give_the_committed_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "codes").mkdir()
    monkeypatch.setattr(lawbook_sources, "LAWBOOK", tmp_path)
    assert lawbook_sources.main() == 0
    for name in ("unit.csv", "package_unit.csv", "customs_office.csv", "location.csv.gz"):
        assert (tmp_path / "codes" / name).read_bytes() == (FOLDER / "codes" / name).read_bytes(), name
    for name in ("country.csv", "currency.csv"):
        made, kept = (
            (folder / "codes" / name).read_text(encoding="utf-8").splitlines() for folder in (tmp_path, FOLDER)
        )
        assert [line.split(",")[0] for line in made] == [line.split(",")[0] for line in kept], name
