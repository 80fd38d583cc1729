"""Fixtures of the tests of bad input: a lane as a real process over this worker's trial database, and the proof that nothing was stored."""

from collections.abc import Iterator
from typing import Any

import pytest

from haidang.site.verifying import violations
from tests.bad_input.served import Rows, Served, served


@pytest.fixture(scope="module")
def general(trial: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The general lane, one process of this module; afterwards nothing in the database breaks an invariant and no incident was logged."""
    with served(trial.environment, tmp_path_factory.mktemp("general") / "log") as lane:
        yield lane
    assert lane.faults() == ""
    assert violations(trial.config).rows == []


@pytest.fixture(scope="module")
def conditions(trial: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The lane of payments, arrivals and results, one process of this module."""
    with served(trial.environment, tmp_path_factory.mktemp("conditions") / "log", "conditions") as lane:
        yield lane
    assert lane.faults() == ""
    assert violations(trial.config).rows == []


@pytest.fixture(scope="module")
def rows(trial: Any) -> Iterator[Rows]:
    """The rows of this worker's trial database."""
    made = Rows(trial.dsn("admin"))
    yield made
    made.close()


@pytest.fixture
def untouched(rows: Rows) -> Iterator[None]:
    """Holds the test to it: no table has a row more or less, and no row was written anew."""
    before = rows.now()
    yield
    assert rows.now() == before
