"""Statistics and readings of the kernel: small, and easy to get wrong."""

import os
import subprocess
import sys
from subprocess import PIPE

import pytest

from haidang.site.bench import measuring
from haidang.site.bench.generator import Result
from haidang.site.bench.measuring import Usage, Window, cpu_s, family, machine_cpu_s, percentile, proportional_mb
from haidang.site.bench.rounds import Round, figures, figures_at_constant_rate
from haidang.site.bench.tpcb import Tpcb

BURN = "x = 0\nwhile __import__('time').process_time() < 0.3: x += 1\n"


def a_round(per_s: int, tps: float, *, python_s: float = 1.0, p99_ms: float = 9.0) -> Round:
    load = Result(per_s * 2, 2.0, 4.0, p99_ms, 20.0, {"201": per_s * 2}, False, {})
    return Round(5, load, Usage(python_s, 0.5, 0.1, 0.0), 200.0, Tpcb(tps, 400.0, 80.0, 0.0))


def test_a_percentile_is_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, percent) for percent in (0, 1, 50, 99, 100)] == [1, 1, 50, 99, 100]


def test_the_99th_percentile_of_a_few_values_is_the_largest() -> None:
    assert percentile([3.0], 99) == 3
    assert percentile([1.0, 2.0, 7.0], 99) == 7
    assert percentile([1.0, 2.0, 3.0], 50) == 2


def test_a_ratio_is_taken_in_each_pair_before_the_median() -> None:
    # The medians of both sides alone would give 2,000 / 1,000 = 2.0, a pair that never ran.
    told = figures([a_round(1_000, 1_000), a_round(2_000, 500), a_round(3_000, 2_000)])
    assert told["per_s"] == 2_000 and told["tpcb_per_s"] == 1_000
    assert told["ratio_tpcb"] == 1.5
    assert told["lines_ratio_tpcb"] == 7.5
    assert told["lines_per_s"] == 10_000


def test_processor_time_is_told_for_each_declaration() -> None:
    told = figures([a_round(1_000, 1_000, python_s=0.4)])
    assert told["cpu_us_python"] == 200.0
    assert told["cpu_us_postgres"] == 250.0
    assert told["cpu_us_generator"] == 50.0
    assert told["tpcb_cpu_us"] == 480.0
    assert told["cpu_ratio_tpcb"] == 0.96


def test_a_constant_rate_tells_the_tail() -> None:
    told = figures_at_constant_rate(a_round(200, 1.0, p99_ms=12.34))
    assert told["p99_ms"] == 12.34 and told["per_s"] == 200 and told["messages"] == 400


def test_the_processor_time_of_a_child_that_has_ended_still_counts() -> None:
    before, machine_before = cpu_s(os.getpid()), machine_cpu_s()
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert cpu_s(os.getpid()) - before >= 0.25
    assert machine_cpu_s() - machine_before >= 0.25


def test_a_family_is_a_process_and_its_descendants() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=PIPE) as process:
        assert process.pid in family(os.getpid())
        assert family(process.pid) == [process.pid]
        process.communicate(b"\n")


def test_memory_is_counted_in_millions_of_bytes() -> None:
    assert 5 < proportional_mb([os.getpid()]) < 5_000


def test_a_family_within_another_is_not_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    used = {1: 10.0, 2: 4.0, 3: 20.0}  # the load generator started both others
    monkeypatch.setattr(measuring, "cpu_s", used.__getitem__)
    monkeypatch.setattr(measuring, "family", lambda root: [3, 1, 2, 9] if root == 3 else [root])
    window = Window(lane_pid=1, postmaster_pid=2, generator_pid=3)
    used.update({1: 13.0, 2: 5.0, 3: 26.0})
    told = window.end()
    assert (told.python_s, told.postgres_s, told.generator_s) == (3.0, 1.0, 2.0)
