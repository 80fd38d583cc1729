"""The law of running out: who is granted what, in which order, and what a batch of movements adds up to. Pure."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from msgspec.structs import replace

from haidang.balances.terms import (
    Balance,
    BalanceKey,
    Balances,
    Change,
    Denial,
    Denied,
    Grant,
    Movement,
    MovementKind,
    Want,
)

_HEAD_OFFICE = 10
"""Digits of a tax code that a head office shares with its branches."""

FIRST_OF_GOODS = 10
"""Position of the first movement of goods within an act; money comes before."""
_MOST_OF_AN_ACT = 10_000
_GOODS_FROM = 1_000_000
"""Above every number of a movement of money: an act's number is below 32,768."""

_GUARANTEE_KEY = re.compile(r"[!-.0-~]{1,11}/20[0-9]{2}/[!-.0-~]{1,10}/[!-.0-~]{1,10}", re.ASCII)


def guarantee_key(bank_code: str, year: int, sign: str, number: str) -> str:
    """Return the key that declarants quote for a guarantee: bank, year of issue, sign and number (VNACCS SBC, RYA, SCM, SCN) with strokes between."""
    return f"{bank_code}/{year:04}/{sign}/{number}"


def is_guarantee_key(text: str) -> bool:
    """Whether all four parts of a guarantee's key are there, within their widths (11, 4, 10, 10), without blanks or further strokes."""
    return _GUARANTEE_KEY.fullmatch(text) is not None


def grant(wants: Iterable[Want], balances: Balances, on: date) -> dict[int, Grant]:
    """Return what each declaration of a batch gets on the Vietnamese date `on`, by ordinal.

    Declarations are served in the order of their ordinals, each with all that it wants or with nothing: what an earlier one took is gone for a
    later one, and a later, smaller want may still find room that an earlier, larger one did not. `balances` are as locked; nothing is written.

    Raises:
        ValueError: somebody wants nothing, or less.
    """
    free = {key: balance.free for key, balance in balances.items()}
    uses = {key: balance.use_count for key, balance in balances.items()}
    grants: dict[int, Grant] = {}
    for ordinal, group in groupby(sorted(wants, key=_by_ordinal), key=_by_ordinal):
        taken: dict[BalanceKey, int] = {}
        denied: list[Denied] = []
        for want in group:
            if want.amount <= 0:
                raise ValueError(f"a want is above 0, not {want.amount}")
            left = free.get(want.key, 0) - taken.get(want.key, 0)
            denial = _why_not(want, balances.get(want.key), on, left, uses.get(want.key, 0))
            if denial is None:
                taken[want.key] = taken.get(want.key, 0) + want.amount
            else:
                known = None if denial is Denial.UNKNOWN else balances[want.key]
                denied.append(Denied(want, denial, known, left if known else 0))
        if denied:
            taken.clear()
        for key, amount in taken.items():
            free[key] -= amount
            uses[key] += 1
        grants[ordinal] = Grant(ordinal, tuple((balances[key], taken[key]) for key in sorted(taken)), tuple(denied))
    return grants


def after(balances: Balances, taken: Iterable[tuple[Balance, int]]) -> Balances:
    """Return balances as they stand once a declaration has taken what it was granted: what the next one is judged by."""
    standing = dict(balances)
    for balance, amount in taken:
        before = standing[balance.key]
        standing[balance.key] = replace(before, reserved=before.reserved + amount, use_count=before.use_count + 1)
    return standing


def _by_ordinal(want: Want) -> int:
    return want.ordinal


def _why_not(want: Want, balance: Balance | None, on: date, left: int, uses: int) -> Denial | None:
    denial = _why_never(want, balance)
    return denial if denial or balance is None else _why_not_now(want, balance, on, left, uses)


def _why_never(want: Want, balance: Balance | None) -> Denial | None:
    """Return why a balance is not what is wanted, however much of it is left."""
    if balance is None or (want.single_use is not None and want.single_use != (balance.use_limit == 1)):
        return Denial.UNKNOWN
    if not same_holder(balance.holder_code, want.holder_code):
        return Denial.OTHER_HOLDER
    if want.goods_code not in ("", balance.goods_code):
        return Denial.OTHER_GOODS
    if want.unit not in ("", balance.unit):
        return Denial.OTHER_UNIT
    return None


def _why_not_now(want: Want, balance: Balance, on: date, left: int, uses: int) -> Denial | None:
    if on < balance.valid_from:
        return Denial.NOT_YET
    if on >= balance.valid_until:
        return Denial.EXPIRED
    if balance.use_limit is not None and uses >= balance.use_limit:
        return Denial.USED_UP
    return Denial.SHORT if left < want.amount else None


def same_holder(holder_code: str, other_code: str) -> bool:
    """Whether two tax codes are of one company: a head office (10 digits) and its branches (13) share what was granted to either."""
    return holder_code[:_HEAD_OFFICE] == other_code[:_HEAD_OFFICE]


def movement_no(journal_seq: int, position: int) -> int:
    """Return the number of a movement within its declaration: an act moves at most ten balances of money, and after them as many as a declaration has lines.

    The two have ranges of their own, so that those numbered before there were goods on file keep their numbers.
    """
    if not 0 <= position < _MOST_OF_AN_ACT:
        raise ValueError(f"an act moves at most {_MOST_OF_AN_ACT} balances")
    if position < FIRST_OF_GOODS:
        return journal_seq * FIRST_OF_GOODS + position
    return _GOODS_FROM + journal_seq * _MOST_OF_AN_ACT + position


def reserved(
    key: tuple[int, int, UUID], taken: Sequence[tuple[Balance, int]], journal_seq: int, first: int = 0
) -> list[Movement]:
    """Return the movements by which a declaration reserves what it was granted, numbered from the position `first`."""
    return [
        Movement(
            *key, movement_no(journal_seq, position), balance.balance_id, journal_seq, int(MovementKind.RESERVE), amount
        )
        for position, (balance, amount) in enumerate(taken, start=first)
    ]


def held(movements: Iterable[Movement]) -> dict[UUID, int]:
    """Return what one declaration still holds reserved, by balance id; a balance of which it holds nothing is absent."""
    return _sums(movements, _OF_RESERVED)


def committed(movements: Iterable[Movement]) -> dict[UUID, int]:
    """Return what one declaration has used up for good, by balance id; a balance of which it has used nothing is absent."""
    return _sums(movements, _OF_USED)


def drawn(movements: Iterable[Movement]) -> dict[UUID, int]:
    """Return what one declaration has drawn, whether still reserved or used up, by balance id; a balance of which it has drawn nothing is absent."""
    return _sums(movements, {kind: _OF_RESERVED[kind] + _OF_USED[kind] for kind in _OF_USED})


_OF_RESERVED: Mapping[int, int] = {
    int(MovementKind.RESERVE): 1, int(MovementKind.COMMIT): -1, int(MovementKind.RELEASE): -1, int(MovementKind.RETURN): 0,
}  # fmt: skip
_OF_USED: Mapping[int, int] = {
    int(MovementKind.RESERVE): 0, int(MovementKind.COMMIT): 1, int(MovementKind.RELEASE): 0, int(MovementKind.RETURN): -1,
}  # fmt: skip


def _sums(movements: Iterable[Movement], signs: Mapping[int, int]) -> dict[UUID, int]:
    sums: dict[UUID, int] = {}
    for movement in movements:
        sums[movement.balance_id] = sums.get(movement.balance_id, 0) + signs[movement.kind] * movement.amount
    return {balance_id: amount for balance_id, amount in sums.items() if amount}


def used_up(
    key: tuple[int, int, UUID], before: Iterable[Movement], now: Sequence[Movement], journal_seq: int
) -> list[Movement]:
    """Return the movements by which a declaration that is cleared uses up all goods that it holds reserved, in the order of balance ids.

    `before` are the movements of goods by earlier acts, `now` those of this act (`journal_seq`), after which these are numbered.
    """
    first = FIRST_OF_GOODS + len(now)
    return [
        Movement(*key, movement_no(journal_seq, place), balance_id, journal_seq, int(MovementKind.COMMIT), amount)
        for place, (balance_id, amount) in enumerate(sorted(held([*before, *now]).items()), start=first)
    ]


def released(key: tuple[int, int, UUID], movements: Iterable[Movement], journal_seq: int) -> list[Movement]:
    """Return the movements by which a declaration gives back all that it still holds, in the order of balance ids."""
    return [
        Movement(*key, movement_no(journal_seq, position), balance_id, journal_seq, int(MovementKind.RELEASE), amount)
        for position, (balance_id, amount) in enumerate(sorted(held(movements).items()))
    ]


def changes(movements: Iterable[Movement], known: Container[tuple[UUID, UUID]] = ()) -> list[Change]:
    """Return the sum of movements per balance, in key order: one row for each balance, so that one UPDATE can hold them all.

    A use is a declaration, not a movement: `known` are the pairs (declaration id, balance id) that reserved before.
    """
    sums: dict[tuple[int, UUID], list[int]] = {}
    for movement in movements:
        row = sums.setdefault((movement.shard_id, movement.balance_id), [0, 0, 0, 0, 0])
        row[movement.kind - 1] += movement.amount
        pair = (movement.declaration_id, movement.balance_id)
        row[4] += movement.kind == MovementKind.RESERVE and pair not in known
    return [Change(*key, *sums[key]) for key in sorted(sums)]


def rearranged(
    key: tuple[int, int, UUID],
    moved: Sequence[Movement],
    want: Want | None,
    balances: Balances,
    journal_seq: int,
    on: date,
) -> list[Movement] | Denied:
    """Return the movements after which a declaration that moved as in `moved` holds what it wants now and nothing else, or why it cannot.

    Only what is wanted beyond what it holds already must be granted on the day `on`; its own use does not stand in its way.
    """
    found = redrawn(key, moved, () if want is None else (want,), balances, journal_seq, on, 0)
    return found[0] if isinstance(found, tuple) else found


def redrawn(
    key: tuple[int, int, UUID],
    moved: Sequence[Movement],
    wants: Sequence[Want],
    balances: Balances,
    journal_seq: int,
    on: date,
    first: int = FIRST_OF_GOODS,
) -> list[Movement] | tuple[Denied, ...]:
    """Return the movements after which a declaration holds exactly what it wants of several balances, numbered from the position `first`, or every
    want that cannot be granted. Each want is of another balance. What is given back is taken from what is reserved, then from what is used up.
    """
    holds, reserved_of = drawn(moved), held(moved)
    steps: list[tuple[UUID, int, MovementKind]] = []
    denied: list[Denied] = []
    wanted: set[UUID] = set()
    for want in wants:
        balance = balances.get(want.key)
        more = want.amount - (holds.get(balance.balance_id, 0) if balance else 0)
        never = _why_never(want, balance) if more <= 0 else None
        denial = (
            Denied(want, never, balance, 0) if never else _denied(want, more, balance, moved, on) if more > 0 else None
        )
        if denial is not None:
            denied.append(denial)
        elif balance is not None:
            wanted.add(balance.balance_id)
            if more > 0:
                steps.append((balance.balance_id, more, MovementKind.RESERVE))
            elif more < 0:
                steps += _given_back(balance.balance_id, -more, reserved_of)
    if denied:
        return tuple(denied)
    for one, amount in sorted(holds.items()):
        if one not in wanted:
            steps += _given_back(one, amount, reserved_of)
    return [
        Movement(*key, movement_no(journal_seq, position), balance_id, journal_seq, int(kind), amount)
        for position, (balance_id, amount, kind) in enumerate(steps, start=first)
    ]


def _given_back(balance_id: UUID, amount: int, reserved_of: Mapping[UUID, int]) -> list[tuple[UUID, int, MovementKind]]:
    released_now = min(amount, reserved_of.get(balance_id, 0))
    both = ((released_now, MovementKind.RELEASE), (amount - released_now, MovementKind.RETURN))
    return [(balance_id, part, kind) for part, kind in both if part]


def _denied(want: Want, more: int, balance: Balance | None, moved: Sequence[Movement], on: date) -> Denied | None:
    if balance is not None and any(movement.balance_id == balance.balance_id for movement in moved):
        balance = replace(balance, use_count=balance.use_count - 1)
    lesser = replace(want, amount=more)
    granted = grant([lesser], {} if balance is None else {balance.key: balance}, on)[want.ordinal]
    return granted.denied[0] if granted.denied else None
