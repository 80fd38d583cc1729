"""Goods on file inside a pass: what declarations name is found, locked with the guarantees, and granted in order."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from haidang.balances import rules as balance_rules
from haidang.balances.terms import Balance, BalanceKey, BalanceKind, Balances
from haidang.clearance.actions import naming
from haidang.clearance.rules import drawing
from haidang.clearance.rules.drawing import Draw
from haidang.clearance.rules.judging import DayBook
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding
from haidang.kernel.ids import uuid7_batch

Draws = Mapping[int, tuple[Draw, ...]]
"""What declarations draw, by ordinal; those that draw nothing are absent."""


def draws_in(declared: Iterable[tuple[int, Declaration]], day: DayBook) -> Draws:
    """Return what the declarations of a batch draw, given with their ordinals; for most batches nothing."""
    found = {ordinal: drawing.draws_of(ordinal, each, day) for ordinal, each in declared if drawing.names_goods(each)}
    return {ordinal: draws for ordinal, draws in found.items() if draws}


def not_yet_on_file(
    draws: Iterable[Sequence[Draw]], earlier: naming.Earlier, locked: Balances, at: datetime
) -> Balances:
    """Return the lines of earlier declarations that are drawn on for the first time, as goods of which nothing is drawn; the declaration is their source.

    They are put on file with the first movement, and only then: a refused declaration leaves nothing behind.
    """
    named = sorted({each.want.key for of_one in draws for each in of_one} - locked.keys())
    found: dict[BalanceKey, Balance] = {}
    ids = uuid7_batch(int(at.timestamp() * 1000), len(named))
    for key, balance_id in zip(named, ids, strict=True):
        if key.kind != BalanceKind.TEMPORARY_GOODS:
            continue
        no11, line_no = map(int, key.reference.split("/"))
        its = earlier.get((key.shard_id, no11))
        if its is not None and line_no in its.goods:
            found[key] = drawing.goods_of(key.shard_id, no11, line_no, its, balance_id)
    return found


def draw(
    ordinal: int, draws: Sequence[Draw], locked: Balances, day: DayBook
) -> tuple[tuple[Balance, int], ...] | tuple[Finding, ...]:
    """Return what one declaration takes of goods on file, or why it cannot. `locked` are as left by those before."""
    if findings := drawing.disagreeing(draws):
        return findings
    named = {each.want.key: locked[each.want.key] for each in draws if each.want.key in locked}
    granted = balance_rules.grant([each.want for each in draws], named, day.on)[ordinal]
    return drawing.denial_findings(draws, granted.denied) if granted.denied else granted.taken
