"""Verbs of what runs out: lock, apply, move, put on file. Each joins the caller's transaction.

The order is always the same: lock the rows in key order, grant with `rules.grant` over what was locked, move. Whoever locks otherwise may deadlock;
whoever grants without a lock may grant twice.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from uuid import UUID

from haidang.balances import rules, store
from haidang.balances.terms import Balance, BalanceKey, Balances, BalanceSource, Change, Movement
from haidang.platform.db import Transaction


class BalanceFault(AssertionError):
    """A balance did not bear what the rules had granted: the batch must be rolled back and split."""


def lock(transaction: Transaction, keys: Iterable[BalanceKey]) -> Balances:
    """Lock balances in key order until the transaction ends; return how they stand. Unknown keys are absent."""
    wanted = sorted(set(keys))
    return {balance.key: balance for balance in store.lock(transaction, wanted)} if wanted else {}


def lock_held(transaction: Transaction, ids: Iterable[tuple[int, UUID]]) -> Mapping[UUID, int]:
    """Lock balances that are to be given back to, by (shard, id), in the order in which `lock` does; return the kind of each.

    Raises:
        BalanceFault: one of them does not exist.
    """
    wanted = sorted(set(ids))
    kinds = store.lock_by_id(transaction, wanted) if wanted else {}
    if len(kinds) != len(wanted):
        raise BalanceFault("a declaration holds a balance that does not exist")
    return kinds


def apply(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Write one sum per balance in one statement, each only where its row can bear it.

    Raises:
        BalanceFault: one could not, or a balance came twice.
    """
    if len({(change.shard_id, change.balance_id) for change in changes}) != len(changes):
        raise BalanceFault("two sums for one balance: the database would apply only one")
    if changes and store.update(transaction, changes) != len(changes):
        raise BalanceFault("a balance did not bear what was granted")


def move(transaction: Transaction, movements: Sequence[Movement], known: Container[tuple[UUID, UUID]] = ()) -> None:
    """Append movements and apply their sums; `known` are the (declaration, balance) that reserved before, whose use is counted already.

    Raises:
        BalanceFault: a balance did not bear its sum.
    """
    if movements:
        store.insert_movements(transaction, movements)
        apply(transaction, rules.changes(movements, known))


def put_on_file(transaction: Transaction, balance: Balance, source: BalanceSource) -> bool:
    """Put a new balance on file with the message behind it; False, and nothing written, when its key is on file already."""
    if not store.insert_balance(transaction, balance):
        return False
    store.insert_source(transaction, source)
    return True


def put_list_on_file(transaction: Transaction, lines: Sequence[Balance], source: BalanceSource) -> bool:
    """Put the lines of one list on file, the message behind them with the first; False, and nothing written, when the first is on file already.

    Raises:
        BalanceFault: the first line is not on file but another is: the numbers of lists are not what they should be.
    """
    if not put_on_file(transaction, lines[0], source):
        return False
    for line in lines[1:]:
        if not store.insert_balance(transaction, line):
            raise BalanceFault(f"{line.reference} is on file without the first line of its list")
    return True


def put_goods_on_file(transaction: Transaction, goods: Iterable[Balance]) -> None:
    """Put goods on file that a declaration made known, each unless its key is there; the declaration is the source."""
    for each in sorted(goods, key=lambda each: each.key):
        store.insert_balance(transaction, each)
