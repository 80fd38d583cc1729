"""How long a search of the whole tariff takes in one process: words as people type them, whole or begun, with and without diacritics."""

import gc
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from haidang.reference.lookups import lawbook_folder
from haidang.site.bench.messages import DAY
from haidang.tariff.lookups import book_from_files, titles_from_files
from haidang.tariff.searching import TariffIndex, folded

SEARCHES = 2_000
_MOST_WORDS = 4


def measure(seed: int, pairs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return milliseconds of one search among all codes of the day: median, 99th of a hundred, the longest; and how many found something.
    `p99_cpu_ms` is processor time, which other programs do not lengthen.

    `pairs` plays no part: nothing is compared with anything.
    """
    codes = [code for code in book_from_files(lawbook_folder()).codes if code.in_force(DAY)]
    index = TariffIndex(codes, titles_from_files(lawbook_folder(), DAY))
    asked = list(_texts(Random(seed), index))  # noqa: S311  (draws goods, not secrets)
    for text in asked[:20]:
        index.search(text)
    gc.collect()
    taken, worked, found = [], [], 0
    for text in asked:
        began, working = time.perf_counter_ns(), time.thread_time_ns()
        found += bool(index.search(text))
        worked.append((time.thread_time_ns() - working) / 1e6)
        taken.append((time.perf_counter_ns() - began) / 1e6)
    taken.sort()
    worked.sort()
    figures = {
        "p50_ms": round(taken[len(taken) // 2], 2),
        "p99_ms": round(taken[len(taken) * 99 // 100], 2),
        "p99_cpu_ms": round(worked[len(worked) * 99 // 100], 2),
        "max_ms": round(taken[-1], 2),
        "searches": len(taken),
        "found": found,
        "commodity_codes": len(index.codes),
    }
    say(f"search: p99 {figures['p99_ms']} ms, median {figures['p50_ms']} ms, {len(index.codes)} codes")
    return figures


def _texts(random: Random, index: TariffIndex) -> Iterator[str]:
    """Yield what is asked: neighbouring words of a name, half of the time without diacritics, the last word often only begun; one in twenty in digits."""
    for _ in range(SEARCHES):
        code = random.choice(index.codes)
        if random.random() < 0.05:
            yield code.commodity_code[: random.choice((2, 4, 6, 8))]
            continue
        words = code.name_vi.lstrip("- ").split() or [code.commodity_code]
        first = random.randrange(len(words))
        text = " ".join(words[first : first + random.randint(1, _MOST_WORDS)])
        if random.random() < 0.5:
            text = folded(text)
        yield text[: max(3, len(text) - random.choice((0, 0, 1, 2)))]
