"""Both lanes as real processes on a database of their own, for all tests of this folder that a worker runs; and the proof that nothing was stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haidang.site.verifying import violations
from tests.bad_input.served import Rows, Served, ports, served


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Read nothing here when all of it is left out anyway: what describes and mutates messages takes long to import."""
    return True if "not processes" in config.option.markexpr else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder talks to lanes that run as processes of their own."""
    here = f"{Path(__file__).parent}/"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.processes)


@pytest.fixture(scope="session")
def land(cluster: Any) -> Iterator[Any]:
    """The database; when the lanes have stopped nothing in it breaks an invariant, and nobody has touched the law book."""
    made = cluster.make_trial()
    rows = Rows(made.dsn("admin"))
    law = rows.law()
    yield made
    assert rows.law() == law
    rows.close()
    assert violations(made.config).rows == []
    cluster.drop(made)


@pytest.fixture(scope="session")
def environment(land: Any) -> dict[str, str]:
    """The settings of both lanes: the database and the ports."""
    return {**land.environment, **ports()}


@pytest.fixture(scope="session")
def general(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The general lane, one process; afterwards its log tells of no fault."""
    with served(environment, tmp_path_factory.mktemp("general") / "log") as lane:
        yield lane
    assert lane.faults() == ""


@pytest.fixture(scope="session")
def conditions(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The lane of payments, arrivals, results and guarantees, one process; afterwards its log tells of no fault."""
    with served(environment, tmp_path_factory.mktemp("conditions") / "log", "conditions") as lane:
        yield lane
    assert lane.faults() == ""


@pytest.fixture(scope="session")
def rows(land: Any) -> Iterator[Rows]:
    """The rows of the database."""
    made = Rows(land.dsn("admin"))
    yield made
    made.close()


@pytest.fixture
def untouched(rows: Rows) -> Iterator[None]:
    """Holds the test to it: no table has a row more or less, and no row was written anew."""
    before = rows.now()
    yield
    assert rows.now() == before


@pytest.fixture(scope="session")
def parcels(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The lane of lists of parcels, one process; afterwards its log tells of no fault."""
    with served(environment, tmp_path_factory.mktemp("parcels") / "log", "parcels") as lane:
        yield lane
    assert lane.faults() == ""
