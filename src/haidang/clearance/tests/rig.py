"""Moved to `tests.passing.rig`."""

from tests.passing.rig import *  # noqa: F403
