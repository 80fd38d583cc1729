"""The builder of the schedules from a compilation."""

import os
from pathlib import Path

import pytest

from tools import tariff_sources


@pytest.mark.skipif(
    "HAIDANG_TEST_DATA" not in os.environ, reason="HAIDANG_TEST_DATA names no folder with the compilation"
)
def test_the_schedules_say_what_the_compilation_says() -> None:
    made = list(tariff_sources.pages(Path(os.environ["HAIDANG_TEST_DATA"]) / "vn-tariff"))
    assert len(made) == 5
    assert [page.path.name for page in made if not page.is_true()] == []


def test_without_the_compilation_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAIDANG_TEST_DATA", raising=False)
    assert tariff_sources.main([]) == 2
