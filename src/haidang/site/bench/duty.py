"""How long decoding, valuing and taxing one declaration takes beside merely parsing its bytes as JSON. No server, no database: one thread."""

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import msgspec

from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.gateway.messages.ordinary_tables import BUILT
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.site.bench.messages import DAY, Composer, ordinary_goods
from haidang.tariff.lookups import tariff_from_files
from haidang.taxes.rules import assess

LINES = 5
MESSAGES = 200
_ROUNDS = 4
"""Rounds for each pair of the other scenarios."""
_CALLS = 3
"""Times that each round goes through all messages: a round takes some tens of milliseconds, and the rounds of both alternate."""


def measure(seed: int, pairs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return processor microseconds of one declaration of five lines, from bytes to all taxes (`cpu_us`), and its ratio to parsing alone.

    The parser is orjson where it is installed; without it `ratio_orjson` is None, and `ratio_parser` is that to msgspec without types, which `parser`
    names. Each is that of its least disturbed round, of rounds that alternate: other programs make processor time longer, never shorter.
    """
    composer = Composer(ordinary_goods(), LINES, seed, "DUTY")
    raws = [composer.message(ordinal)[1] for ordinal in range(MESSAGES)]
    tariff = tariff_from_files(lawbook_folder(), DAY)
    rates_e4 = codes_from_files(lawbook_folder(), DAY).exchange_rates_e4
    name, parse = parser()

    def price(raw: bytes) -> None:
        lodged = decode_lodgement(raw)
        assert isinstance(lodged, Lodgement)
        assessment = assess(lodged.declaration, tariff, rates_e4)
        assert not assessment.findings and not assessment.missing

    priced, parsed, decoded = (partial(_round, each, raws) for each in (price, parse, decode_lodgement))
    seen = _alternated(_ROUNDS * pairs, priced, parsed, decoded)
    whole, bare, decode = (min(each) for each in zip(*seen, strict=True))
    ratio = whole / bare
    figures = {
        "cpu_us": round(whole, 1),
        "decode_us": round(decode, 1),
        "decoder": "compiled" if BUILT else "python",
        "parse_us": round(bare, 1),
        "parser": name,
        "ratio_parser": round(ratio, 2),
        "ratio_orjson": round(ratio, 2) if name == "orjson" else None,
        "bytes": round(sum(map(len, raws)) / MESSAGES),
    }
    say(
        f"duty: {figures['cpu_us']} µs for {LINES} lines, {figures['ratio_parser']} × {name} ({figures['parse_us']} µs)"
    )
    return figures


def parser() -> tuple[str, Callable[[bytes], Any]]:
    """Return the parser to compare with and its name: orjson is no dependency, so that it is used only where somebody has installed it."""
    try:
        return "orjson", import_module("orjson").loads
    except ImportError:
        return "msgspec", msgspec.json.Decoder().decode


def _alternated(rounds: int, *measured: Callable[[], float]) -> list[tuple[float, ...]]:
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for each in measured:
            each()
        return [tuple(each() for each in measured) for _ in range(rounds)]
    finally:
        gc.enable()
        gc.unfreeze()


def _round(call: Callable[[bytes], Any], raws: Sequence[bytes]) -> float:
    """Return processor microseconds of one call."""
    began = time.thread_time_ns()
    for _ in range(_CALLS):
        for raw in raws:
            call(raw)
    return (time.thread_time_ns() - began) / (_CALLS * len(raws) * 1_000)
