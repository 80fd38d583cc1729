"""The process of the pages for tests: as it is served, but for passwords, whose hash takes a moment instead of a tenth of a second."""

import sys

from django.contrib.auth.hashers import Argon2PasswordHasher

COST = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
"""The least that Argon2 takes."""


def hash_quickly() -> None:
    """Let this process hash passwords at the least cost, by the algorithm that installations use."""
    for name, least in COST.items():
        setattr(Argon2PasswordHasher, name, least)


if __name__ == "__main__":
    from haidang.site.pages import main

    hash_quickly()
    main(sys.argv[1:])
