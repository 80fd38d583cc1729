"""How long an answer of the help with classification takes, with a model of many texts: one thread, no server, no database."""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from haidang.reference.lookups import lawbook_folder
from haidang.tariff.classifying import keeping
from haidang.tariff.classifying.asking import Classifier
from haidang.tariff.classifying.learning import learn, lesson_of
from haidang.tariff.classifying.terms import GoodsText
from haidang.tariff.lookups import book_from_files, titles_from_files
from haidang.tariff.terms import CommodityCode

TEXTS = 20_000
QUESTIONS = 500
ON = date(2026, 3, 2)
_WORDS = 28
"""Words of a description as forwarders write them, on average."""


def measure(seed: int, pairs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return milliseconds of an answer with all that speaks for five codes (`p50_ms`, `p99_ms`), and what learning took.

    The texts are drawn from the words of official names, so that the figure needs no data from outside: they tell time and size, not how often it is
    right (`haidang classify measure` does). Least disturbed of `pairs` rounds.
    """
    codes = book_from_files(lawbook_folder()).codes
    texts = drawn(codes, TEXTS + QUESTIONS, seed)
    began = time.perf_counter()
    model = learn(lesson_of(codes, titles_from_files(lawbook_folder()), texts[:TEXTS]), seed)
    learned_s = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        size = keeping.save(model, Path(folder) / "model.npz")
    classifier = Classifier(model, codes)
    rounds = [_asked(classifier, texts[TEXTS:]) for _ in range(pairs)]
    times = min(rounds, key=sum)
    figures = {
        "p50_ms": round(times[len(times) // 2] * 1_000, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1_000, 2),
        "texts": TEXTS,
        "names": model.learned()["names"],
        "learned_s": round(learned_s, 1),
        "model_bytes": size,
    }
    say(f"classify: {figures['p50_ms']} ms an answer, p99 {figures['p99_ms']} ms; {TEXTS:,} texts in {learned_s:.1f} s")
    return figures


def drawn(codes: Sequence[CommodityCode], count: int, seed: int) -> list[GoodsText]:
    """Return texts drawn with a seed: a code's own name, words of the names of others, sizes."""
    source = random.Random(seed)  # noqa: S311  (a bench, not a secret)
    words = [word for code in codes for word in code.name_vi.lstrip("- ").split()]
    texts = []
    for code in source.choices(codes, k=count):
        told = [*code.name_vi.lstrip("- ").split(), f"{source.randrange(1, 999)}mm"]
        told += source.choices(words, k=max(0, _WORDS - len(told)))
        texts.append(GoodsText(" ".join(told), code.commodity_code))
    return texts


def _asked(classifier: Classifier, texts: Sequence[GoodsText]) -> list[float]:
    """Return seconds of each answer, shortest first."""
    times = []
    for each in texts:
        began = time.perf_counter()
        classifier.ask(each.text, ON)
        times.append(time.perf_counter() - began)
    return sorted(times)
