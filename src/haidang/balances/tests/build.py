"""Builders for tests of what runs out."""

from datetime import date
from typing import Any
from uuid import UUID

from haidang.balances.terms import Balance, BalanceKey, BalanceKind, Want

HOLDER = "9900010007"
SHARD = 7
TODAY = date(2026, 3, 2)
"""The day on which tests grant."""


def a_key(number: int = 1, shard_id: int = SHARD) -> BalanceKey:
    """The key of the guarantee with this number."""
    return BalanceKey(shard_id, int(BalanceKind.GUARANTEE), f"BANK/2026/BL/{number:04}")


def a_balance(number: int = 1, **changes: Any) -> Balance:
    """A general guarantee of 100 đồng, in force in 2026, of which nothing is taken."""
    key = a_key(number)
    plain: dict[str, Any] = {
        "shard_id": key.shard_id, "balance_id": UUID(int=number), "kind": key.kind, "holder_code": HOLDER, "reference": key.reference,
        "unit": "VND", "granted": 100, "reserved": 0, "used": 0, "valid_from": date(2026, 1, 1), "valid_until": date(2027, 1, 1),
        "use_limit": None, "use_count": 0,
    }  # fmt: skip
    return Balance(**(plain | changes))


def a_want(ordinal: int, amount: int, number: int = 1, **changes: Any) -> Want:
    """What one declaration wants of the guarantee with this number."""
    plain: dict[str, Any] = {"ordinal": ordinal, "key": a_key(number), "holder_code": HOLDER, "amount": amount}
    return Want(**(plain | changes))


def by_key(*balances: Balance) -> dict[BalanceKey, Balance]:
    """Balances as locked."""
    return {balance.key: balance for balance in balances}
