"""Verbs of risk: load a set of criteria, draw, keep decisions."""

import secrets
from collections.abc import Sequence
from datetime import date
from importlib import resources

from haidang.platform.db import Transaction
from haidang.risk import store
from haidang.risk.rules import DRAWS, check_shares, compile_criteria, criteria_of, shares_of
from haidang.risk.terms import Criterion, Decided, Share


def load_criteria(transaction: Transaction, criteria: Sequence[Criterion], shares: Sequence[Share]) -> int:
    """Load a set whole and return its version; the set that is newest already keeps its version.

    Raises:
        CriterionInvalid: a criterion or share cannot be used; nothing is loaded.
    """
    compile_criteria(criteria, date.min)
    check_shares(shares)
    store.lock_sets(transaction)
    newest = store.select_version(transaction.connection)
    wanted = (
        tuple(sorted(criteria, key=lambda each: each.criterion_id)),
        tuple(sorted(shares, key=lambda each: each.level)),
    )
    kept = (
        store.select_criteria(transaction.connection, newest),
        store.select_shares(transaction.connection, newest),
    )
    if newest and wanted == kept:
        return newest
    store.insert_set(transaction, newest + 1, *wanted)
    return newest + 1


def load_samples(transaction: Transaction) -> int:
    """Load the criteria and shares that come with the platform, all marked sample; return the version."""
    room = resources.files("haidang.risk")
    return load_criteria(
        transaction,
        criteria_of(room.joinpath("criteria_sample.csv").read_text("utf-8")),
        shares_of(room.joinpath("shares_sample.csv").read_text("utf-8")),
    )


def draws(count: int) -> list[int]:
    """Return `count` draws (0..9,999) that nobody can foresee: from the operating system's generator. Each is kept with its decision."""
    limit = 65_536 // DRAWS * DRAWS
    made: list[int] = []
    while len(made) < count:
        noise = secrets.token_bytes(2 * (count - len(made)) + 16)
        numbers = (noise[index] << 8 | noise[index + 1] for index in range(0, len(noise), 2))
        # Numbers past the last whole multiple would favour the low draws.
        made += [number % DRAWS for number in numbers if number < limit]
    return made[:count]


def keep(transaction: Transaction, decided: Sequence[Decided]) -> None:
    """Append the decisions of a batch inside the caller's transaction."""
    transaction.write(store.RISK_DECISION, store.decision_rows(decided))
