"""Sets and decisions in the database: loaded whole, kept for replay, and out of reach of the trader's pages."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import psycopg
import pytest

from haidang.platform.db import Transaction
from haidang.risk.actions import keep, load_criteria, load_samples
from haidang.risk.lookups import read_criteria, read_decisions
from haidang.risk.rules import compile_criteria, decide, digest_of
from haidang.risk.terms import CriterionInvalid, Decided, NoCriteria
from haidang.risk.tests.build import DAY, SAMPLES, SHARES, facts

MONTH = 202603
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def connect(database, role):
    return psycopg.connect(database.dsn(role), autocommit=True)


@pytest.fixture(scope="module")
def loaded(database):
    """The worker's database with a partition for March 2026 and the sample set; its version."""
    with connect(database, "owner") as owner:
        owner.execute("SELECT make_partitions(%s)", (MONTH,))
        with Transaction(owner) as transaction:
            return load_samples(transaction)


def tables_of_risk(owner):
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname LIKE 'risk\\_%' ORDER BY relname"
    ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("role", ["app", "report"])
def test_a_role_of_pages_and_reports_can_do_nothing_with_any_table_of_risk(database, loaded, role):
    with connect(database, "owner") as owner, connect(database, role) as other:
        tables = tables_of_risk(owner)
        assert {"risk_set", "risk_criterion", "risk_share", "risk_decision", f"risk_decision_{MONTH}"} <= set(tables)
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(f"SELECT 1 FROM {table}")
            on_table = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
            assert other.execute(
                "SELECT has_table_privilege(%s, %s), has_any_column_privilege(%s, %s)",
                (table, on_table, table, "SELECT, INSERT, UPDATE, REFERENCES"),
            ).fetchone() == (False, False)


def test_the_lanes_read_criteria_and_append_decisions_and_change_neither(database, loaded):
    with connect(database, "ingest") as ingest:
        for statement in (
            "UPDATE risk_criterion SET sample = false",
            "DELETE FROM risk_share",
            "INSERT INTO risk_set VALUES (99, now())",
            "UPDATE risk_decision SET draw = 0",
            "DELETE FROM risk_decision",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ingest.execute(statement)
        assert read_criteria(ingest)[0] == loaded


def test_the_auditor_reads_everything_and_writes_nothing(database, loaded):
    with connect(database, "auditor") as auditor:
        assert read_criteria(auditor)[0] == loaded
        assert auditor.execute("SELECT count(*) >= 0 FROM risk_decision").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute("DELETE FROM risk_decision")


def test_a_set_reads_back_as_it_was_loaded(database, loaded):
    with connect(database, "ingest") as ingest:
        version, criteria, shares = read_criteria(ingest, loaded)
    assert (version, criteria, shares) == (loaded, SAMPLES, SHARES)


def test_loading_the_same_set_again_keeps_the_version_and_another_set_gets_the_next(fresh_database):
    with connect(fresh_database, "owner") as owner:
        with pytest.raises(NoCriteria):
            read_criteria(owner)
        with Transaction(owner) as transaction:
            assert load_samples(transaction) == 1
        with Transaction(owner) as transaction:
            assert load_criteria(transaction, list(reversed(SAMPLES)), list(SHARES.values())) == 1
        with Transaction(owner) as transaction:
            assert load_criteria(transaction, SAMPLES[:3], list(SHARES.values())) == 2
        assert read_criteria(owner)[:2] == (2, SAMPLES[:3])
        assert read_criteria(owner, 1)[:2] == (1, SAMPLES)
        with pytest.raises(NoCriteria, match="version 3"):
            read_criteria(owner, 3)


def test_a_set_with_one_criterion_that_cannot_be_used_is_not_loaded_at_all(fresh_database):
    broken = msgspec.structs.replace(SAMPLES[1], condition={"field": "secret", "op": "eq", "value": 1})
    with connect(fresh_database, "owner") as owner:
        with pytest.raises(CriterionInvalid), Transaction(owner) as transaction:
            load_criteria(transaction, [SAMPLES[0], broken], list(SHARES.values()))
        assert owner.execute("SELECT count(*) FROM risk_criterion").fetchone() == (0,)


def test_kept_decisions_are_replayed_from_the_database(database, loaded):
    several = [
        facts(),
        facts(controlled=True, trader_level=1),
        facts(commodity_codes=("93010000",), rate_missing=True, trader_level=5),
    ]
    with connect(database, "ingest") as ingest:
        version, criteria, shares = read_criteria(ingest)
        compiled = compile_criteria(criteria, DAY, version)
        kept = [
            Decided(
                shard_id=7,
                registered_month=MONTH,
                declaration_id=uuid4(),
                decision_no=1,
                decision=decide(one, compiled, draw, shares),
                facts_digest=digest_of(one),
                decided_at=NOW,
            )
            for one, draw in zip(several, (0, 9_999, 4_711), strict=True)
        ]
        with Transaction(ingest) as transaction:
            keep(transaction, kept)
    with connect(database, "auditor") as auditor:
        for one, decided in zip(several, kept, strict=True):
            key = (7, MONTH, decided.declaration_id)
            (read,) = read_decisions(auditor, [key])[decided.declaration_id]
            assert read == decided
            version, criteria, shares = read_criteria(auditor, read.decision.criteria_version)
            again = decide(one, compile_criteria(criteria, DAY, version), read.decision.draw, shares)
            assert again == read.decision
            assert digest_of(one) == read.facts_digest


def test_a_declaration_keeps_every_decision_and_none_is_written_over(database, loaded):
    with connect(database, "ingest") as ingest:
        version, criteria, shares = read_criteria(ingest)
        compiled = compile_criteria(criteria, DAY, version)
        first = Decided(
            shard_id=1,
            registered_month=MONTH,
            declaration_id=uuid4(),
            decision_no=1,
            decision=decide(facts(), compiled, 9_999, shares),
            facts_digest=digest_of(facts()),
            decided_at=NOW,
        )
        second = msgspec.structs.replace(first, decision_no=2, decision=decide(facts(), compiled, 0, shares))
        with Transaction(ingest) as transaction:
            keep(transaction, [first])
        with Transaction(ingest) as transaction:
            keep(transaction, [second])
        with pytest.raises(psycopg.errors.UniqueViolation), Transaction(ingest) as transaction:
            keep(transaction, [second])
        key = (1, MONTH, first.declaration_id)
        assert read_decisions(ingest, [key]) == {first.declaration_id: [first, second]}
