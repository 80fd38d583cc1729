"""Earlier declarations that a declaration names (temporary import and what follows it): read once for a batch, and checked."""

from collections.abc import Iterable, Mapping

from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import State
from haidang.declarations import lookups as declarations
from haidang.declarations.rules.earlier import check_earlier
from haidang.declarations.terms import Declaration, EarlierDeclaration
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.platform.db import Transaction

Earlier = Mapping[tuple[int, int], EarlierDeclaration]
"""Declarations that others name, by (shard, 11-digit number)."""


def read_earlier(transaction: Transaction, declared: Iterable[Declaration]) -> Earlier:
    """Return the declarations that these name; most name none, and nothing is asked."""
    named = {_key(each) for each in declared if each.particulars.temporary_declaration_no}
    return declarations.earlier(transaction, sorted(named)) if named else {}


def earlier_findings(declared: Declaration, found: Earlier, day: DayBook) -> tuple[Finding, ...]:
    """Return what is wrong with the earlier declaration that one names; nothing when it names none."""
    if not declared.particulars.temporary_declaration_no:
        return ()
    earlier = found.get(_key(declared))
    kind = day.codes.lists["declaration_kind"].get(declared.kind_code)
    is_cancelled = earlier is not None and State(earlier.state) is State.CANCELLED
    return check_earlier(declared, earlier, kind, is_cancelled=is_cancelled)


def _key(declared: Declaration) -> tuple[int, int]:
    """Return shard and 11 digits of the earlier declaration: it is the same trader's, so it lies on the same shard."""
    return shard_of(declared.trader_code), int(declared.particulars.temporary_declaration_no[:11])
