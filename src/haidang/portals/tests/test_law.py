"""The law book of the public pages is read before anybody asks."""

import logging
from pathlib import Path
from typing import Any

import pytest

from haidang.portals import classifying, law
from haidang.portals.reading import Reader
from haidang.taxes import bookcase


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was read or learned from now on, by a process that has read nothing yet."""
    done: list[str] = []

    def told(module: Any, name: str) -> None:
        real = getattr(module, name)

        def telling(*arguments: Any) -> Any:
            done.append(name)
            return real(*arguments)

        monkeypatch.setattr(module, name, telling)

    told(bookcase, "book_of_version")
    told(classifying, "learn")
    monkeypatch.setattr(classifying, "_kept", {})
    monkeypatch.setenv("HAIDANG_HOME", str(tmp_path))
    kept = bookcase.Bookcase()
    monkeypatch.setattr(law, "_bookcase", lambda: kept)
    return done


@pytest.mark.processes
def test_what_was_read_ahead_is_there_for_the_first_who_asks(
    trial: Any, readings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(trial.config)
    monkeypatch.setattr(law, "reader", lambda: reader)
    law.read_ahead().join()
    assert readings == ["book_of_version", "learn"]
    asked = law.law_of_today()
    classifying.classifier_of(asked.book)
    assert readings == ["book_of_version", "learn"]


def test_a_law_that_cannot_be_read_ahead_is_told_in_the_log(
    readings: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable() -> Reader:
        raise OSError("no server")

    monkeypatch.setattr(law, "reader", unreachable)
    with caplog.at_level(logging.ERROR, logger=law.__name__):
        law.read_ahead().join()
    assert readings == []
    assert ["OSError: no server" in str(each.exc_text) for each in caplog.records] == [True]
