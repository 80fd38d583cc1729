"""Rounds: one alternates TPC-B and declarations, pair by pair; the other sends at a constant rate. Figures are medians over the pairs."""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

from haidang.site.bench import generator, parcels
from haidang.site.bench.children import child, hear, tell
from haidang.site.bench.measuring import Usage, Window, family, proportional_mb
from haidang.site.bench.pool import Maker
from haidang.site.bench.tpcb import Tpcb
from haidang.site.bench.trial import Trial

FIRST_GUESS_PER_S = 5_000
"""Declarations of few lines a second for which the first pool is made; later ones follow what was seen."""
_MARGIN = 1.3
_LEAST_POOL = 2_000


class Scenario(Struct, frozen=True):
    """What is measured: goods lines of each declaration and connections. `rate` is a constant rate a second (0: as fast as answers come)."""

    name: str
    lines: int
    connections: int
    rate: int = 0
    parcels: bool = False
    """Lists of so many parcels as `lines` says: alone, or (`rate`) as a flood beside general cargo at that rate."""


SCENARIOS = (
    Scenario("clearance_5", lines=5, connections=256),
    Scenario("clearance_5_c64", lines=5, connections=64),
    Scenario("clearance_50", lines=50, connections=64),
    Scenario("at_200", lines=5, connections=64, rate=200),
    Scenario("parcels", lines=100, connections=256, parcels=True),
    Scenario("mixed", lines=100, connections=64, rate=200, parcels=True),
)


class Plan(Struct, frozen=True):
    """How long: pairs of TPC-B and load with their seconds, a warm-up before them, the seconds at a constant rate, and those of each half of a mixed pair."""

    pairs: int
    tpcb_s: int
    load_s: float
    warm_up_s: float
    constant_s: float
    mixed_s: float


FULL = Plan(pairs=5, tpcb_s=7, load_s=8, warm_up_s=3, constant_s=60, mixed_s=15)
QUICK = Plan(pairs=1, tpcb_s=3, load_s=3, warm_up_s=2, constant_s=10, mixed_s=5)


class NotAllCreated(Exception):
    """Some message was not answered 201: nothing is said about speed then."""


class Round(Struct, frozen=True):
    """One load with what it used, and (None for a constant rate) the TPC-B before it."""

    lines: int
    load: generator.Result
    used: Usage
    rss_mb: float
    tpcb: Tpcb | None = None

    @property
    def per_s(self) -> float:
        """Declarations a second, over the real time."""
        return self.load.answered / self.load.seconds

    def cpu_us(self, seconds: float) -> float:
        """Return processor seconds as microseconds of each declaration."""
        return seconds / self.load.answered * 1e6


class Bench:
    """Runs scenarios against one trial; remembers what was answered in all of them."""

    def __init__(self, trial: Trial, seed: int, plan: Plan, say: Callable[[str], None]) -> None:
        self._trial = trial
        self._plan = plan
        self._say = say
        self._maker = Maker(trial.config.home, trial.goods_path, trial.port, seed)
        self._series = 0
        self.channels: Counter[str] = Counter()
        self.registered = 0
        self.lists = 0

    def measure(self, scenario: Scenario) -> dict[str, float]:
        """Return the figures of one scenario, under the names of the report.

        Raises:
            NotAllCreated: some message was not answered 201.
        """
        plan = self._plan
        if scenario.parcels:
            return self._with_parcels(scenario)
        guess = FIRST_GUESS_PER_S * 8 / (3 + scenario.lines)
        warm = self._round(scenario, plan.warm_up_s, scenario.rate or guess)
        self._say(f"{scenario.name} warm-up: {_in_words(warm)}")
        if scenario.rate:
            steady = self._round(scenario, plan.constant_s, scenario.rate)
            self._say(f"{scenario.name}: {_in_words(steady)}")
            return figures_at_constant_rate(steady)
        fastest = warm.per_s
        pairs: list[Round] = []
        for number in range(1, plan.pairs + 1):
            yard = self._trial.yardstick.run(plan.tpcb_s, self._trial.lane_pid, self._trial.postmaster_pid)
            load = self._round(scenario, plan.load_s, fastest * _MARGIN)
            pairs.append(msgspec.structs.replace(load, tpcb=yard))
            fastest = max(fastest, load.per_s)
            self._say(f"{scenario.name} {number}/{plan.pairs}: TPC-B {yard.per_s:.0f}/s; {_in_words(pairs[-1])}")
        return figures(pairs)

    def _with_parcels(self, scenario: Scenario) -> dict[str, float]:
        plan, trial = self._plan, self._trial
        lists = msgspec.structs.replace(self._maker, port=trial.config.port_parcels, parcels=True)
        common = (scenario.lines, scenario.connections)
        figures_: dict[str, Any]
        if scenario.rate:
            figures_, declarations, taken = parcels.measure_mixed(
                trial, self._maker, lists, plan.pairs, plan.mixed_s, *common, scenario.rate, self._say
            )
            self.registered += declarations
        else:
            figures_, taken = parcels.measure_parcels(trial, lists, plan.pairs, plan.load_s, *common, self._say)
        self.lists += taken
        return figures_

    def _round(self, scenario: Scenario, seconds: float, per_s: float) -> Round:
        self._series += 1
        trial = self._trial
        count = max(_LEAST_POOL, int(per_s * seconds))
        with self._maker.pool(scenario.lines, count, f"R{self._series}S") as pools:
            order = generator.Order(trial.port, scenario.connections, seconds, scenario.rate, pools)
            descriptors = [descriptor for pair in pools for descriptor in pair]
            with child("haidang.site.bench.generator", order, descriptors) as process:
                hear(process)
                window = Window(trial.lane_pid, trial.postmaster_pid, process.pid)
                tell(process, "go")
                hear(process)
                used = window.end()
                memory = proportional_mb(family(trial.lane_pid))
                load = msgspec.convert(hear(process), generator.Result)
        if load.statuses != {"201": load.answered}:
            raise NotAllCreated(
                f"{scenario.name}: answers {load.statuses}; the first that was refused:\n{load.a_refusal}"
            )
        self.channels.update(load.channels)
        self.registered += load.answered
        return Round(scenario.lines, load, used, memory)


def figures(pairs: Sequence[Round]) -> dict[str, float]:
    """Return medians over pairs of TPC-B and load. A ratio is taken in each pair, of what ran side by side, before its median.

    `ratio_tpcb` compares what was done in a second of the clock, `cpu_ratio_tpcb` what was done in a second of processor time: other work on the
    machine disturbs the second less.
    """

    def middle(value: Callable[[Round], float], digits: int = 1) -> float:
        return round(median(value(each) for each in pairs), digits)

    def ratio(each: Round) -> float:
        assert each.tpcb is not None
        return each.per_s / each.tpcb.per_s

    def cpu_ratio(each: Round) -> float:
        assert each.tpcb is not None
        return (each.tpcb.cpu_us_postgres + each.tpcb.cpu_us_pgbench) / each.cpu_us(each.used.ours_s)

    return {
        "per_s": middle(lambda each: each.per_s),
        "lines_per_s": middle(lambda each: each.per_s * each.lines),
        "p50_ms": middle(lambda each: each.load.p50_ms, 2),
        "p99_ms": middle(lambda each: each.load.p99_ms, 2),
        "ratio_tpcb": middle(ratio, 3),
        "lines_ratio_tpcb": middle(lambda each: ratio(each) * each.lines, 3),
        "cpu_ratio_tpcb": middle(cpu_ratio, 3),
        "cpu_us_python": middle(lambda each: each.cpu_us(each.used.python_s)),
        "cpu_us_postgres": middle(lambda each: each.cpu_us(each.used.postgres_s)),
        "cpu_us_generator": middle(lambda each: each.cpu_us(each.used.generator_s)),
        "rss_mb": middle(lambda each: each.rss_mb),
        "tpcb_per_s": middle(lambda each: each.tpcb.per_s if each.tpcb else 0.0),
        "tpcb_cpu_us": middle(lambda each: each.tpcb.cpu_us_postgres + each.tpcb.cpu_us_pgbench if each.tpcb else 0.0),
    }


def figures_at_constant_rate(steady: Round) -> dict[str, float]:
    """Return the figures of a constant rate: latency from the instant each message was due."""
    return {
        "p50_ms": round(steady.load.p50_ms, 2),
        "p99_ms": round(steady.load.p99_ms, 2),
        "slowest_ms": round(steady.load.slowest_ms, 2),
        "per_s": round(steady.per_s, 1),
        "messages": steady.load.answered,
        "cpu_us_python": round(steady.cpu_us(steady.used.python_s), 1),
        "cpu_us_postgres": round(steady.cpu_us(steady.used.postgres_s), 1),
    }


def _in_words(each: Round) -> str:
    ratio = f" = {each.per_s / each.tpcb.per_s:.2f} x" if each.tpcb else ""
    others = 100 * each.used.others_s / each.load.seconds
    return (
        f"{each.per_s:.0f} declarations/s{ratio}, p50 {each.load.p50_ms:.1f} p99 {each.load.p99_ms:.1f} slowest {each.load.slowest_ms:.0f} ms,"
        f" CPU us python {each.cpu_us(each.used.python_s):.0f} postgres {each.cpu_us(each.used.postgres_s):.0f}"
        f" generator {each.cpu_us(each.used.generator_s):.0f}, {each.rss_mb:.0f} MB, others on the machine {others:.0f} % of a core"
        f"{', pool ran out' if each.load.ran_out else ''}"
    )
