"""Scenarios with parcels: how many the lane registers as fast as answers come, and what a flood of them does to general cargo.

Each runs a parcel lane of its own beside the general lane: unbounded for the first, with the share of every installation for the second.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

import msgspec

from haidang.platform.config import Config
from haidang.site.bench import generator
from haidang.site.bench.children import child, hear, tell
from haidang.site.bench.pool import Maker
from haidang.site.bench.trial import Trial, lane_running

LISTS_A_SECOND = 100
"""Lists that the flood offers each second: with 100 parcels each, five times the share of the lane."""
_UNBOUNDED = "10000000"
_BOUNDS = ("HAIDANG_PARCEL_RATE", "HAIDANG_PARCEL_SHARE")
_FIRST_GUESS_LISTS = 250
_MARGIN = 1.4


class NotAllTaken(Exception):
    """A list was answered otherwise than 201 (or, in a flood, 429): nothing is said about speed then."""


def measure_parcels(
    trial: Trial, maker: Maker, pairs: int, seconds: float, size: int, connections: int, say: Callable[[str], None]
) -> tuple[dict[str, float], int]:
    """Return parcels a second and the p99 of a list in milliseconds, medians over rounds, and how many lists were registered."""
    rounds: list[generator.Result] = []
    count, registered = int(_FIRST_GUESS_LISTS * seconds), 0
    with _parcel_lane(trial.config, say, unbounded=True):
        for number in range(pairs + 1):
            series = f"P{number}S"
            with _generator(maker, size, count, series, connections, seconds, 0) as process:
                result = _results([process])[0]
            _refuse_unless(result, {"201"})
            registered += result.answered
            per_s = result.answered / result.seconds
            count = max(connections * 4, int(per_s * seconds * _MARGIN))
            say(
                f"parcels {number or 'warm-up'}: {per_s * size:.0f} parcels/s in lists of {size}, p50 {result.p50_ms:.0f} p99 {result.p99_ms:.0f} ms"
            )
            if number:
                rounds.append(result)
    return {
        "per_s": round(median(each.answered * size / each.seconds for each in rounds), 1),
        "p99_ms": round(median(each.p99_ms for each in rounds), 2),
        "parcels_of_a_list": size,
    }, registered


def measure_mixed(
    trial: Trial, cargo: Maker, parcels: Maker, pairs: int, seconds: float, size: int, connections: int, rate: int, say: Callable[[str], None]
) -> tuple[dict[str, Any], int, int]:  # fmt: skip
    """Return what a flood of parcels does to general cargo at a constant rate: its p99 with, divided by without, in alternated pairs.

    Also returns how many declarations and lists were registered.
    """
    ratios, alone, flooded, taken, refused = [], [], [], 0, 0
    declarations = 0
    with _parcel_lane(trial.config, say, unbounded=False):
        for number in range(pairs + 1):
            found: dict[bool, generator.Result] = {}
            # The order changes from pair to pair, so that what drifts on the machine favours neither.
            for flood in (False, True) if number % 2 else (True, False):
                with ExitStack() as stack:
                    series = f"M{number}{'F' if flood else 'A'}"
                    processes = [
                        stack.enter_context(
                            _generator(cargo, 5, int(rate * seconds), series, connections, seconds, rate)
                        )
                    ]
                    if flood:
                        lists = int(LISTS_A_SECOND * seconds)
                        processes.append(
                            stack.enter_context(
                                _generator(
                                    parcels, size, lists, f"{series}L", 32, seconds, LISTS_A_SECOND, stands_back=True
                                )
                            )
                        )
                    results = _results(processes)
                _refuse_unless(results[0], {"201"})
                declarations += results[0].answered
                found[flood] = results[0]
                if flood:
                    _refuse_unless(results[1], {"201", "429"})
                    taken += results[1].statuses.get("201", 0)
                    refused += results[1].statuses.get("429", 0)
            ratio = found[True].p99_ms / found[False].p99_ms
            say(
                f"mixed {number or 'warm-up'}: p99 {found[False].p99_ms:.1f} ms alone, {found[True].p99_ms:.1f} ms in the flood: {ratio:.3f}"
            )
            if number:
                ratios.append(ratio)
                alone.append(found[False].p99_ms)
                flooded.append(found[True].p99_ms)
    return (
        {
            "general_p99_ratio": round(median(ratios), 3),
            "ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
            "p99_ms_alone": round(median(alone), 2),
            "p99_ms_flooded": round(median(flooded), 2),
            "lists_taken": taken,
            "lists_refused": refused,
            "parcels_of_a_list": size,
        },
        declarations,
        taken,
    )


@contextmanager
def _parcel_lane(config: Config, say: Callable[[str], None], *, unbounded: bool) -> Iterator[None]:
    """Run the parcel lane for a block, with the bounds of every installation or with none."""
    kept = {name: os.environ.pop(name, None) for name in _BOUNDS}
    if unbounded:
        os.environ.update(dict.fromkeys(_BOUNDS, _UNBOUNDED))
    try:
        with lane_running("parcels", config, say):
            yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _generator(
    maker: Maker,
    lines: int,
    count: int,
    series: str,
    connections: int,
    seconds: float,
    rate: int,
    stands_back: bool = False,
) -> Iterator[Any]:
    """Yield a load generator that is connected and waits for the word."""
    with maker.pool(lines, count, series) as pools:
        order = generator.Order(maker.port, connections, seconds, rate, pools, stands_back)
        with child("haidang.site.bench.generator", order, [each for pair in pools for each in pair]) as process:
            hear(process)
            yield process


def _results(processes: list[Any]) -> list[generator.Result]:
    """Let all of them send at once; return what came back to each."""
    for process in processes:
        tell(process, "go")
    for process in processes:
        hear(process)
    return [msgspec.convert(hear(process), generator.Result) for process in processes]


def _refuse_unless(result: generator.Result, allowed: set[str]) -> None:
    if not result.statuses.keys() <= allowed:
        raise NotAllTaken(f"answers {result.statuses}; the first that was refused:\n{result.a_refusal}")
