"""Fixtures of the pass: a rig over one trial database, and over two with the shards spread over them. Every test that asks for it runs on both."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.passing.rig import Rig


@pytest.fixture(
    scope="module", params=[1, pytest.param(2, marks=pytest.mark.wide)], ids=["one database", "two databases"]
)
def rig(request: pytest.FixtureRequest, cluster: Any) -> Iterator[Rig]:
    """Both lanes over databases of this module alone: what verifying reads again and again stays small."""
    databases = [cluster.make_trial() for _ in range(request.param)]
    made = Rig(cluster.spread(*databases))
    yield made
    made.finish()
    for database in databases:
        cluster.drop(database)
