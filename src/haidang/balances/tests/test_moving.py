"""Balances on real PostgreSQL, as the role of the lanes: what may move, what may not, and what the database itself refuses."""

from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec.structs import replace

from haidang.balances import actions, lookups, rules
from haidang.balances.actions import BalanceFault
from haidang.balances.terms import BalanceSource, Change, Movement
from haidang.balances.tests.build import HOLDER, TODAY, a_balance, a_want
from haidang.platform.db import Transaction, act_as

MONTH = 202603


@pytest.fixture
def connection(database):
    with psycopg.connect(database.dsn("owner"), autocommit=True) as owner:
        owner.execute("SELECT make_partitions(%s)", (MONTH,))
    with psycopg.connect(database.dsn("ingest"), autocommit=True) as ingest:
        yield ingest


def filed(connection, **changes):
    """Put a guarantee of this test alone on file."""
    balance_id = uuid4()
    reference = f"BANK/2026/BL/{balance_id.hex[:10]}"
    balance = a_balance(balance_id=balance_id, reference=reference, **changes)
    source = BalanceSource(
        balance.shard_id, balance_id, 1, "m", b"", "", b"{}", connection.execute("SELECT legal_now()").fetchone()[0]
    )
    with Transaction(connection) as transaction:
        assert actions.put_on_file(transaction, balance, source)
    return balance


def standing(connection, balance):
    with Transaction(connection) as transaction:
        return actions.lock(transaction, [balance.key])[balance.key]


def moved(kind, balance, amount, declaration_id=None, number=10):
    return Movement(balance.shard_id, MONTH, declaration_id or uuid4(), number, balance.balance_id, 1, kind, amount)


def test_reserve_commit_and_release_move_the_three_sums(connection):
    balance, one = filed(connection), uuid4()
    with Transaction(connection) as transaction:
        actions.move(transaction, [moved(1, balance, 70, one)])
    with Transaction(connection) as transaction:
        actions.move(transaction, [moved(2, balance, 30, one, 20), moved(3, balance, 25, one, 21)])
    now = standing(connection, balance)
    assert (now.reserved, now.used, now.free, now.use_count) == (15, 30, 55, 1)
    assert not [row for row in lookups.unbalanced(connection) if row[1] == balance.reference]


def test_many_wants_on_one_row_are_one_update(connection):
    balance = filed(connection)
    with Transaction(connection) as transaction:
        actions.move(transaction, [moved(1, balance, 3) for _ in range(33)])
    assert standing(connection, balance).reserved == 99


@pytest.mark.parametrize(
    "movements",
    [
        pytest.param([(1, 101)], id="more than is granted"),
        pytest.param([(1, 60), (1, 60)], id="more than is granted in two"),
        pytest.param([(3, 1)], id="back what was never taken"),
        pytest.param([(1, 10), (2, 11)], id="used what was not reserved"),
    ],
)
def test_what_a_balance_cannot_bear_rolls_the_batch_back(connection, movements):
    balance = filed(connection)
    with pytest.raises(BalanceFault), Transaction(connection) as transaction:
        actions.move(transaction, [moved(kind, balance, amount) for kind, amount in movements])
    assert standing(connection, balance) == balance
    assert not [row for row in lookups.unbalanced(connection) if row[1] == balance.reference]


def test_two_sums_for_one_row_are_refused_before_the_database_applies_only_one(connection):
    balance = filed(connection)
    change = Change(balance.shard_id, balance.balance_id, 10, 0, 0, 0, 1)
    with pytest.raises(BalanceFault, match="two sums"), Transaction(connection) as transaction:
        actions.apply(transaction, [change, change])


def test_an_individual_guarantee_bears_one_reservation_whatever_the_rules_say(connection):
    balance = filed(connection, use_limit=1)
    with pytest.raises(BalanceFault), Transaction(connection) as transaction:
        actions.move(transaction, [moved(1, balance, 1), moved(1, balance, 1)])


@pytest.mark.parametrize(
    "column", ["reserved = 101", "used = 101", "reserved = 60, used = 60", "reserved = -1", "used = -1"]
)
def test_the_database_itself_keeps_the_limits(connection, column):
    balance = filed(connection)
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(f"UPDATE balance SET {column} WHERE balance_id = %s", (balance.balance_id,))


def test_the_lanes_may_change_neither_what_was_granted_nor_what_was_moved(connection):
    balance = filed(connection)
    for statement in (
        "UPDATE balance SET granted = granted + 1",
        "DELETE FROM balance",
        "UPDATE balance_movement SET amount = 1",
        "DELETE FROM balance_movement",
        "UPDATE balance_source SET raw = ''",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    assert standing(connection, balance) == balance


def test_a_key_is_put_on_file_once(connection):
    balance = filed(connection)
    again = replace(balance, balance_id=UUID(int=balance.balance_id.int + 1), granted=10**9)
    source = BalanceSource(
        again.shard_id, again.balance_id, 1, "m", b"", "", b"{}", connection.execute("SELECT legal_now()").fetchone()[0]
    )
    with Transaction(connection) as transaction:
        assert not actions.put_on_file(transaction, again, source)
    assert standing(connection, balance) == balance


def test_rows_are_locked_until_the_transaction_ends(connection, database):
    balance = filed(connection)
    with psycopg.connect(database.dsn("ingest"), autocommit=True) as other, Transaction(connection) as transaction:
        actions.lock(transaction, [balance.key])
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable), Transaction(other) as second:
            actions.lock(second, [balance.key])


def test_what_was_granted_over_the_locked_row_is_borne_by_it(connection):
    balance = filed(connection)
    with Transaction(connection) as transaction:
        locked = actions.lock(transaction, [balance.key])
        grants = rules.grant([a_want(n, 30, key=balance.key) for n in range(5)], locked, TODAY)
        movements = [
            movement
            for grant in grants.values()
            for movement in rules.reserved((balance.shard_id, MONTH, uuid4()), grant.taken, 1)
        ]
        actions.move(transaction, movements)
    assert standing(connection, balance).reserved == 90


def test_a_trader_sees_its_own_balances_and_movements_alone(connection, database):
    mine, others = filed(connection), filed(connection, holder_code="9900020009")
    with Transaction(connection) as transaction:
        actions.move(transaction, [moved(1, mine, 1), moved(1, others, 1)])
    with psycopg.connect(database.dsn("app"), autocommit=True) as app, Transaction(app, bulk=False) as transaction:
        act_as(transaction, [HOLDER])
        seen = {row[0] for row in transaction.execute("SELECT balance_id FROM balance").fetchall()}
        seen_moving = {row[0] for row in transaction.execute("SELECT balance_id FROM balance_movement").fetchall()}
    assert mine.balance_id in seen & seen_moving and others.balance_id not in seen | seen_moving


def test_a_balance_that_a_hand_in_the_database_changed_does_not_add_up(fresh_database):
    with psycopg.connect(fresh_database.dsn("owner"), autocommit=True) as owner:
        owner.execute("SELECT make_partitions(%s)", (MONTH,))
    with psycopg.connect(fresh_database.dsn("ingest"), autocommit=True) as ingest:
        balance = filed(ingest)
        with Transaction(ingest) as transaction:
            actions.move(transaction, [moved(1, balance, 40)])
        assert lookups.unbalanced(ingest) == []
        ingest.execute("UPDATE balance SET reserved = 0")
        ((shard, reference, found),) = lookups.unbalanced(ingest)
    assert (shard, reference) == (balance.shard_id, balance.reference)
    assert "reserved 0" in found and "reserved 40" in found
