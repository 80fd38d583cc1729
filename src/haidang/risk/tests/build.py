"""Builders for tests of risk."""

import random
from collections.abc import Iterator
from datetime import date
from importlib import resources

from haidang.risk.rules import check_shares, compile_criteria, criteria_of, shares_of
from haidang.risk.terms import Channel, Criterion, Facts

DAY = date(2026, 3, 2)
_ROOM = resources.files("haidang.risk")
SAMPLES = criteria_of(_ROOM.joinpath("criteria_sample.csv").read_text("utf-8"))
SHARES = check_shares(shares_of(_ROOM.joinpath("shares_sample.csv").read_text("utf-8")))
COMPILED = compile_criteria(SAMPLES, DAY, 1)


def facts(**changes: object) -> Facts:
    """An ordinary import: two lines of machine parts from Japan by sea, a trader of medium compliance."""
    plain: dict[str, object] = {
        "kind_code": "A11",
        "is_export": False,
        "trader_code": "0100109106",
        "trader_level": 3,
        "customs_office_code": "03CC",
        "transport_mode_code": "2",
        "counterparty_country_code": "JP",
        "commodity_codes": ("84831000", "84833000"),
        "origin_country_codes": ("JP", "JP"),
        "tariff_schedule_codes": ("B01", "B01"),
        "customs_value_vnd": 800_000_000,
        "payable_vnd": 80_000_000,
        "line_count": 2,
        "controlled": False,
        "rate_missing": False,
    }
    return Facts(**(plain | changes))  # type: ignore[arg-type]


def a_criterion(
    condition: object, *, criterion_id: int = 1, channel: Channel = Channel.RED, **more: object
) -> Criterion:
    """A criterion in force from 2020 on."""
    plain: dict[str, object] = {"name": "test", "valid_from": date(2020, 1, 1), "valid_until": None, "sample": True}
    return Criterion(
        criterion_id=criterion_id,
        condition=condition,  # type: ignore[arg-type]
        channel=channel,
        **(plain | more),  # type: ignore[arg-type]
    )


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    """One leaf of a condition."""
    return {"field": field, "op": op, "value": value}


_CHAPTERS = (
    ("84", 16), ("85", 24), ("39", 9), ("73", 6), ("72", 3), ("40", 3), ("48", 4), ("52", 3), ("54", 4), ("60", 2), ("61", 3), ("62", 3),
    ("64", 2), ("29", 2), ("30", 1), ("38", 2), ("90", 4), ("87", 3), ("94", 3), ("76", 1), ("21", 1), ("33", 1),
)  # fmt: skip


def ordinary_trade(count: int, seed: int) -> Iterator[Facts]:
    """Yield made-up declarations in plausible proportions of chapters, origins and levels; one in seven is controlled."""
    dice = random.Random(seed)
    chapters, weights = zip(*_CHAPTERS, strict=True)
    for _ in range(count):
        lines = min(50, 1 + int(dice.expovariate(1 / 4)))
        value = int(10 ** dice.gauss(8.7, 0.8))
        is_export = dice.random() < 0.45
        yield facts(
            is_export=is_export,
            kind_code=dice.choices(("B11", "E62", "E52") if is_export else ("A11", "A12", "E31", "E21"))[0],
            trader_level=dice.choices((1, 2, 3, 4, 5), (8, 27, 55, 8, 2))[0],
            transport_mode_code=dice.choices("1234", (20, 60, 3, 17))[0],
            commodity_codes=tuple(
                chapter + f"{dice.randrange(1, 60):02}{dice.randrange(10_000):04}"
                for chapter in dice.choices(chapters, weights, k=lines)
            ),
            origin_country_codes=tuple(dice.choices(("CN", "KR", "JP", "TW", "TH", "US", "VN"), k=lines)),
            tariff_schedule_codes=tuple(dice.choices(("B01", "B04", "B05"), k=lines)),
            customs_value_vnd=value,
            payable_vnd=0 if is_export else value // 10,
            line_count=lines,
            controlled=dice.random() < 0.14,
        )
