"""Taxes of a million lines in columns against the same rules line by line, on one core: no server, no database."""

import os
import resource
import time
from collections.abc import Callable
from datetime import date
from statistics import median
from typing import Any

import numpy as np

from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.tariff.lookups import tariff_from_files
from haidang.taxes.columns import Law, Lines, Plans, Profile
from haidang.taxes.rules.treatment import compile_treatments

LINES = 1_000_000
SAMPLE = 40_000
"""Lines that are taxed one by one: each must come out the same."""
PROFILES = 20_000
ON = date(2026, 3, 2)
_ORIGINS = (("CN", "B01"), ("CN", "B05"), ("JP", "B09"), ("KR", "B06"), ("TH", "B04"), ("US", "B01"))


class ColumnsDiffer(AssertionError):
    """A line has another tax in columns than line by line."""


def measure(seed: int, pairs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return lines a second in columns, asking the rules about each profile included, and how many times that is of one by one.

    Raises:
        ColumnsDiffer: the two do not agree to the last ten-thousandth.
    """
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return _measured(seed, pairs, say)
    finally:
        os.sched_setaffinity(0, cores)


def _measured(seed: int, pairs: int, say: Callable[[str], None]) -> dict[str, Any]:
    law, profiles = _law(), _profiles(seed)
    lines = _lines(seed, len(profiles))
    found = []
    for number in range(pairs):
        began = time.perf_counter()
        plans = Plans(profiles, law)
        levied = plans.levy(lines)
        in_columns = LINES / (time.perf_counter() - began)
        began = time.perf_counter()
        one_by_one = _one_by_one(law, profiles, lines)
        scalar = SAMPLE / (time.perf_counter() - began)
        together = np.sum([column[:SAMPLE] for column in levied.amounts.values()], axis=0)
        if together.tolist() != one_by_one:
            raise ColumnsDiffer(f"seed {seed}: the taxes of the sample differ")
        found.append((in_columns, in_columns / scalar))
        say(f"whatif {number + 1}/{pairs}: {in_columns:,.0f} lines/s in columns, {scalar:,.0f} one by one")
    return {
        "lines_per_s": round(median(each for each, _ in found)),
        "ratio_scalar": round(median(ratio for _, ratio in found), 1),
        "lines": LINES,
        "profiles": len(profiles),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000),
    }


def _law() -> Law:
    folder = lawbook_folder()
    codes = codes_from_files(folder, ON)
    return Law(tariff_from_files(folder, ON), codes.exchange_rates_e4, compile_treatments(codes.lists))


def _profiles(seed: int) -> list[Profile]:
    """Return goods of the whole tariff, whatever it says of them."""
    entries = list(tariff_from_files(lawbook_folder(), ON).entries.values())
    random = np.random.default_rng(seed)
    found: dict[Profile, None] = {}
    while len(found) < PROFILES:
        entry = entries[random.integers(len(entries))]
        origin, schedule = _ORIGINS[random.integers(len(_ORIGINS))]
        profile = Profile(
            commodity_code=entry.commodity_code, origin_country_code=origin, tariff_schedule_code=schedule,
            unit_code=next(iter(entry.unit_codes), "KGM"), tax_codes=tuple(option.code for option in entry.vat[:1]),
        )  # fmt: skip
        found[profile] = None
    return list(found)


def _lines(seed: int, profiles: int) -> Lines:
    random = np.random.default_rng(seed)
    return Lines(
        random.integers(0, profiles, LINES).astype(np.int32),
        random.integers(1, 10**13, LINES),
        random.integers(1, 10**8, LINES),
        np.zeros(LINES, np.int64),
    )


def _one_by_one(law: Law, profiles: list[Profile], lines: Lines) -> list[int]:
    part = lines.part(slice(SAMPLE))
    totals = []
    for number, value, quantity in zip(
        part.profile.tolist(), part.value_vnd_e4.tolist(), part.quantity_milli.tolist(), strict=True
    ):
        taxes, _, refused = law.taxes(profiles[number], value, quantity, 0)
        totals.append(0 if refused else sum(tax.amount_vnd_e4 for tax in taxes))
    return totals
