"""Criteria and shares by version, and every decision. The role of the trader's pages has no right here: criteria never leak."""

from django.db import migrations

SQL = """
-- A set is loaded whole and never changed: a decision names its version and can be replayed with it.
CREATE TABLE risk_set (
    version integer PRIMARY KEY CHECK (version > 0),
    loaded_at timestamptz NOT NULL
);

CREATE TABLE risk_criterion (
    version integer NOT NULL REFERENCES risk_set,
    criterion_id integer NOT NULL CHECK (criterion_id > 0),
    name text NOT NULL,
    condition jsonb NOT NULL,
    channel smallint NOT NULL CHECK (channel BETWEEN 1 AND 3),
    valid_from date NOT NULL,
    valid_until date,
    sample boolean NOT NULL,
    CHECK (valid_until > valid_from),
    PRIMARY KEY (version, criterion_id)
);

CREATE TABLE risk_share (
    version integer NOT NULL REFERENCES risk_set,
    level smallint NOT NULL,
    yellow_bp integer NOT NULL CHECK (yellow_bp >= 0),
    red_bp integer NOT NULL CHECK (red_bp >= 0),
    sample boolean NOT NULL,
    CHECK (yellow_bp + red_bp <= 10000),
    PRIMARY KEY (version, level)
);

CREATE TABLE risk_decision (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    decision_no smallint NOT NULL CHECK (decision_no > 0),
    channel smallint NOT NULL CHECK (channel BETWEEN 1 AND 3),
    reasons text[] NOT NULL,
    draw integer NOT NULL CHECK (draw BETWEEN 0 AND 9999),
    level smallint NOT NULL,
    criteria_version integer NOT NULL,
    facts_digest bytea NOT NULL CHECK (octet_length(facts_digest) = 32),
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, decision_no)
) PARTITION BY RANGE (registered_month);

GRANT SELECT ON risk_set, risk_criterion, risk_share TO haidang_ingest;
GRANT SELECT, INSERT ON risk_decision TO haidang_ingest;
GRANT SELECT ON risk_set, risk_criterion, risk_share, risk_decision TO haidang_auditor;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
