"""The command: reads its arguments, runs the scenarios against a trial of its own, checks what was stored, prints the report."""

import argparse
import os
import platform
import signal
import sys
import time
from secrets import randbelow
from typing import Any

import msgspec

from haidang.platform.binaries import ServerFault
from haidang.site.bench import classifying, columns, duty, searching, trial
from haidang.site.bench.children import ChildFailed, cores
from haidang.site.bench.columns import ColumnsDiffer
from haidang.site.bench.parcels import NotAllTaken
from haidang.site.bench.rounds import FULL, QUICK, SCENARIOS, Bench, NotAllCreated
from haidang.site.verifying import violations

DONE, REFUSED, FAULT, INTERRUPTED = 0, 1, 3, 130
_STOPPING = (signal.SIGINT, signal.SIGTERM)
ALONE = {"whatif": columns.measure, "duty": duty.measure, "search": searching.measure, "classify": classifying.measure}
"""What is measured without an installation."""
_CHECKED = 20_000
"""Declarations whose every invariant is derived again at the end; all of them would take longer than the bench."""


def run(argv: list[str] | None = None) -> int:
    """Run the bench. Returns 0; 1 when a message was not answered 201 or an invariant is broken; 3 when something did not run; 130 when told to stop."""
    arguments = _parser().parse_args(argv)
    say = _Progress()
    wanted = [each for each in SCENARIOS if arguments.only in (None, each.name)]
    alone = {name: measure for name, measure in ALONE.items() if arguments.only in (None, name)}
    seed = arguments.seed if arguments.seed is not None else randbelow(1_000_000)
    plan = QUICK if arguments.quick else FULL
    plan = msgspec.structs.replace(plan, pairs=arguments.pairs or plan.pairs)
    before = {word: signal.signal(word, _stop) for word in _STOPPING}
    try:
        report: dict[str, Any] = {name: measure(seed, plan.pairs, say) for name, measure in alone.items()}
        report |= _measured(wanted, plan, seed, say) if wanted else {"violations": 0, "seed": seed, "cores": cores()}
    except (NotAllCreated, NotAllTaken, ColumnsDiffer) as refused:
        say(str(refused))
        return REFUSED
    except (ServerFault, ChildFailed, trial.NoDisk) as fault:
        say(f"{type(fault).__name__}: {fault}")
        return FAULT
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
    finally:
        for word, handler in before.items():
            signal.signal(word, handler)
    print(msgspec.json.encode(report).decode(), flush=True)
    return DONE if report["violations"] == 0 else REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="haidang bench", description="Ratios measured in one run; the last line is JSON."
    )
    parser.add_argument("--only", choices=[*(each.name for each in SCENARIOS), *ALONE], help="measure one scenario")
    parser.add_argument("--quick", action="store_true", help="one pair of three seconds: whether it runs, not how fast")
    parser.add_argument("--pairs", type=int, help="pairs of TPC-B and load in each scenario (5)")
    parser.add_argument("--seed", type=int, help="seed of the goods drawn (drawn itself, and printed)")
    return parser


def _measured(wanted: list[Any], plan: Any, seed: int, say: "_Progress") -> dict[str, Any]:
    load = os.getloadavg()[0]
    say(f"seed {seed}; {cores()} cores, load {load:.1f}; Python {platform.python_version()}, {platform.machine()}")
    report: dict[str, Any] = {}
    with trial.running(say) as made:
        bench = Bench(made, seed, plan, say)
        try:
            for scenario in wanted:
                report[scenario.name] = bench.measure(scenario)
        except (NotAllCreated, NotAllTaken, ChildFailed):
            say(f"the log of the lane ends:\n{made.lane.log_tail()}")
            raise
        total = sum(bench.channels.values()) or 1
        mix = ", ".join(f"{name} {100 * count / total:.1f} %" for name, count in bench.channels.most_common())
        say(f"{bench.registered} declarations and {bench.lists} lists of parcels registered; channels: {mix}")
        checked = violations(made.config, progress=lambda done: say.now_and_then(f"{done} checked"), most=_CHECKED)
        for row in checked.rows[:20]:
            say(f"violation: {row}")
        say(f"{checked.parcels} parcels checked")
        say(f"{checked.declarations} of {bench.registered} declarations checked: {checked.violations} violations")
    return report | {
        "violations": checked.violations,
        "verified": checked.declarations,
        "parcels_verified": checked.parcels,
        "registered": bench.registered,
        "seed": seed,
        "cores": cores(),
    }


def _stop(*_: object) -> None:
    """End what is under way; a second word does not disturb the stopping and removing of what was made."""
    for word in _STOPPING:
        signal.signal(word, signal.SIG_IGN)
    raise KeyboardInterrupt


class _Progress:
    """Lines on standard error, each with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def __call__(self, text: str) -> None:
        self._last = time.monotonic()
        print(f"[{self._last - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)

    def now_and_then(self, text: str) -> None:
        """Say it when nothing was said for a while."""
        if time.monotonic() - self._last > 5:
            self(text)
