"""Securing tax inside the pass: guarantees are locked before anything is judged, and granted in the order of the batch."""

from collections.abc import Iterable

from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances import rules as balance_rules
from haidang.balances.terms import Balance, BalanceKey, Balances
from haidang.clearance.rules import securing
from haidang.clearance.rules.judging import DayBook, Judgement, with_tax_secured
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.platform.db import Transaction


class Secured(Struct, frozen=True):
    """The judgement on a declaration once it is known whether its tax is secured, and what it takes of guarantees."""

    judgement: Judgement
    taken: tuple[tuple[Balance, int], ...] = ()


def lock_named(transaction: Transaction, declared: Iterable[Declaration], goods: Iterable[BalanceKey] = ()) -> Balances:
    """Lock the guarantees that declarations of a batch name, and the `goods` on file, all in key order; most batches name none and ask nothing."""
    named = {
        key for each in declared if (key := securing.guarantee_named(shard_of(each.trader_code), each)) is not None
    }
    return balances.lock(transaction, named.union(goods))


def secure(
    ordinal: int, declared: Declaration, judged: Judgement, day: DayBook, guarantees: Balances
) -> Secured | tuple[Finding, ...]:
    """Return how the tax of one declaration is secured, or why it is not although the declaration says so. `guarantees` are as left by those before."""
    findings = securing.deferral_findings(declared, judged.facts.trader_level)
    if findings:
        return findings
    payable = judged.assessment.payable_vnd
    want = securing.want_of(ordinal, shard_of(declared.trader_code), declared, payable)
    taken: tuple[tuple[Balance, int], ...] = ()
    if want is not None:
        granted = balance_rules.grant([want], guarantees, day.on)[ordinal]
        if granted.denied:
            return securing.denial_findings(declared, granted.denied)
        taken = granted.taken
    reserved_vnd = sum(amount for _, amount in taken)
    if securing.is_secured(declared, judged.facts.trader_level, payable, reserved_vnd):
        judged = with_tax_secured(judged, day)
    return Secured(judged, taken)
