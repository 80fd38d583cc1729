"""What-ifs that were answered, held against their seals and the powers of those who asked."""

from collections.abc import Callable
from typing import Any

import psycopg

from haidang.insight import actions, runs
from haidang.organisation.rules import Powers, powers_for
from haidang.organisation.terms import Act


def check_whatifs(connection: psycopg.Connection[Any], powers: Powers, add: Callable[[str, str, str], None]) -> None:
    """Hold every what-if against the digest it was answered with, and who asked against the power they asked under."""
    for run in runs.runs(connection, None):
        held = powers_for(powers.of.get(run.asked_by, ()), Act.PUBLISH_LAW, run.asked_at)
        if run.power_id not in {power.power_id for power in held}:
            add("what-if", f"run {run.run_id}", f"{run.asked_by} did not hold power {run.power_id} when it was asked")
        if run.done_at is not None and run.digest != actions.sealed(run):
            add("what-if", f"run {run.run_id}", "question or answer are not as they were kept")
