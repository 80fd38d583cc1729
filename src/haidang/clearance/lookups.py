"""Reads of the pass: the law of a day as one immutable book, and where a declaration stands."""

import threading
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.clearance import store
from haidang.clearance.rules.conditions import compile_conditions
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import Condition, State
from haidang.declarations import lookups as declarations
from haidang.kernel.calendar import WorkingCalendar
from haidang.platform.db import Transaction, rows_of
from haidang.reference import lookups as reference
from haidang.risk import lookups as risk
from haidang.risk import rules as risk_rules
from haidang.tariff import lookups as tariff

__all__ = ["CHANNEL_NAMES", "Books", "DayBook", "condition_view", "declaration_list", "declaration_view"]

DEBT_PARAMETER = "registration.debt_block"


class Books:
    """The law book of one version, day by day. A lane keeps one and asks it for the day of each batch.

    A day is read once (about a second) and kept; the next day may be read ahead by `prepare` from another thread.
    """

    def __init__(self, connection: psycopg.Connection[Any], version: int | None = None, criteria_version: int | None = None) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._days: dict[date, DayBook] = {}
        self.version = version or reference.latest_version(connection)
        self._holidays = reference.holidays(connection, self.version)
        self._workdays = reference.extra_workdays(connection, self.version)
        self._criteria_version, self._criteria, self._shares = risk.read_criteria(connection, criteria_version)
        self.debt_days = 90

    def day(self, on: date) -> DayBook:
        """Return the law in force on a Vietnamese date, reading it the first time."""
        book = self._days.get(on)
        return book if book is not None else self.prepare(on, self._connection)

    def prepare(self, on: date, connection: psycopg.Connection[Any]) -> DayBook:
        """Read the law of a date over `connection` and keep it."""
        with self._lock:
            if on in self._days:
                return self._days[on]
            codes = reference.read_codes(connection, self.version, on)
            tariff_of_day = tariff.read_tariff(connection, self.version, on, codes)
            calendar = WorkingCalendar(self._holidays, self._workdays)
            criteria = risk_rules.compile_criteria(self._criteria, on, self._criteria_version)
            book = DayBook(
                self.version, on, codes, tariff_of_day, compile_conditions(codes.parameters, calendar), criteria,
                self._shares,
            )  # fmt: skip
            self.debt_days = codes.parameters[DEBT_PARAMETER].value
            for old in sorted(self._days)[:-2]:
                del self._days[old]
            self._days[on] = book
            return book


def declaration_view(transaction: Transaction, shard_id: int, no11: int) -> dict[str, Any] | None:
    """Return what a party may read of a declaration: state, channel, taxes traced line by line, conditions with who holds each and since when."""
    found = declarations.view(transaction, shard_id, no11)
    if found is None:
        return None
    key = found.pop("key")
    conditions = store.select(transaction, [key]).get(key[2], ())
    state, channel = State(found["state"]), found["channel"]
    return {
        **found,
        "state": state.name.lower(),
        "channel": channel,
        "channel_name": CHANNEL_NAMES[channel][0],
        "channel_name_vi": CHANNEL_NAMES[channel][1],
        "cleared": found["cleared_at"] is not None,
        "conditions": [condition_view(condition) for condition in conditions],
    }


def declaration_list(transaction: Transaction, traders: list[str], before: str, count: int) -> list[dict[str, Any]]:
    """Return declarations of traders, newest first; pass the last `cursor` as `before` for the next page."""
    return [
        {
            **{name: each[name] for name in ("cursor", "kind_code", "trader_code", "registered_at", "payable_vnd")},
            "declaration_no": f"{each['no11']}{each['amendment_no']}",
            "channel": each["channel"],
            "state": State(each["state"]).name.lower(),
        }
        for each in declarations.listing(transaction, traders, before, count)
    ]


CHANNEL_NAMES = {1: ("green", "xanh"), 2: ("yellow", "vàng"), 3: ("red", "đỏ")}


def condition_view(condition: Condition) -> dict[str, object]:
    """Return what everybody concerned may see of a condition: kind, owner, law, opened, due, closed and by whom."""
    view: dict[str, object] = {
        "condition_no": condition.condition_no,
        "kind": condition.kind.name.lower(),
        "owner": condition.owner.name.lower(),
        "law": condition.law,
        "opened_at": condition.opened_at,
        "due_at": condition.due_at,
    }
    if condition.detail:
        view["detail"] = condition.detail
    if condition.closed_at is not None:
        view |= {"closed_at": condition.closed_at, "closed_by": condition.closed_by}
    return view


class ConditionRows(Struct, frozen=True):
    """The conditions of one declaration as stored: what opened with which act, what closed with which."""

    opened: list[tuple[Any, ...]]
    closed: list[tuple[Any, ...]]
    conditions: tuple[Condition, ...]


def condition_rows(
    connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int, UUID]]
) -> dict[UUID, ConditionRows]:
    """Return conditions as stored, by declaration id; a declaration without any is absent."""
    opened = rows_of(connection, store.OPENED, keys)
    closed = rows_of(connection, store.CLOSED, keys)
    conditions = store.select(Transaction(connection), keys)
    return {
        declaration_id: ConditionRows(
            rows, [row for row in closed[declaration_id] if row[4] is not None], conditions[declaration_id]
        )
        for declaration_id, rows in opened.items()
    }
