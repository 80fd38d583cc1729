"""Fixtures of the pass: a rig over this worker's trial database."""

from collections.abc import Iterator
from typing import Any

import pytest

from haidang.clearance.tests.rig import Rig


@pytest.fixture(scope="module")
def rig(trial: Any) -> Iterator[Rig]:
    """Both lanes over the worker's trial database."""
    made = Rig(trial.config)
    yield made
    made.close()
