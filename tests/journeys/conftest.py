"""One installation for all journeys: each walks with declarations of its own and ends with `haidang verify`."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.passing.parcels import ParcelRig


@pytest.fixture(
    scope="package", params=[1, pytest.param(2, marks=pytest.mark.wide)], ids=["one database", "two databases"]
)
def rig(request: pytest.FixtureRequest, cluster: Any) -> Iterator[ParcelRig]:
    """All lanes over one trial database, and over two with the shards spread over them."""
    databases = [cluster.make_trial() for _ in range(request.param)]
    made = ParcelRig(cluster.spread(*databases))
    yield made
    made.finish()
    for database in databases:
        cluster.drop(database)
