"""The general and the conditions lane as real processes, on a database of their own, for all tests of this folder that a worker runs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pass_over_http.asking import Asker
from tests.torture.harness import Lanes

BURST = 60
"""What one sender may send at once here: small, so that a test can pass it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder talks to lanes that run as processes of their own."""
    here = f"{Path(__file__).parent}/"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.processes)


@pytest.fixture(scope="session")
def lanes(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanes]:
    """Both lanes with one worker each."""
    database = cluster.make_trial()
    made = Lanes(
        database.environment,
        tmp_path_factory.mktemp("lanes"),
        HAIDANG_SENDER_RATE="20",
        HAIDANG_SENDER_BURST=str(BURST),
        HAIDANG_GENERAL_PROCESSES="1",
    )
    try:
        asyncio.run(made.start("general", "conditions"))
        yield made
    finally:
        asyncio.run(made.stop())
        cluster.drop(database)


@pytest.fixture
def asker(lanes: Lanes) -> Iterator[Asker]:
    """A client with connections of its own; afterwards every lane must still stand."""
    made = Asker(lanes)
    yield made
    made.close()
    for lane, process in lanes.processes.items():
        assert process.poll() is None, lanes.log(lane)
        assert "incident" not in lanes.log(lane), lanes.log(lane)
