"""Balances, their movements, and the messages that put them on file."""

from django.db import migrations

SQL = """
CREATE TABLE balance (
    shard_id smallint NOT NULL,
    balance_id uuid NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
    holder_code text NOT NULL,
    reference text NOT NULL,
    unit text NOT NULL,
    granted bigint NOT NULL,
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    use_limit integer CHECK (use_limit > 0),
    use_count integer NOT NULL DEFAULT 0,
    CONSTRAINT never_more_than_granted CHECK (granted >= 0 AND used <= granted - reserved),
    CONSTRAINT never_more_often_than_allowed CHECK (use_count >= 0 AND (use_limit IS NULL OR use_count <= use_limit)),
    CHECK (valid_from < valid_until),
    PRIMARY KEY (shard_id, balance_id),
    UNIQUE (shard_id, kind, reference)
);

-- The bytes of a message about no declaration: who put this balance on file, with which words and which signature.
CREATE TABLE balance_source (
    shard_id smallint NOT NULL,
    balance_id uuid NOT NULL,
    sender_id integer NOT NULL,
    message_id text NOT NULL,
    certificate_sha256 bytea NOT NULL,
    signature text NOT NULL,
    raw bytea NOT NULL,
    filed_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, balance_id),
    FOREIGN KEY (shard_id, balance_id) REFERENCES balance (shard_id, balance_id)
);

CREATE TABLE balance_movement (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    movement_no smallint NOT NULL,
    balance_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (shard_id, registered_month, declaration_id, movement_no)
) PARTITION BY RANGE (registered_month);
CREATE INDEX balance_movement_of ON balance_movement (shard_id, balance_id);

GRANT SELECT, INSERT ON balance, balance_source, balance_movement TO haidang_ingest;
GRANT UPDATE (reserved, used, use_count) ON balance TO haidang_ingest;
GRANT SELECT ON balance, balance_movement TO haidang_app, haidang_report, haidang_auditor;
GRANT SELECT ON balance_source TO haidang_auditor;

ALTER TABLE balance ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON balance TO haidang_app USING (holder_code = ANY (own_trader_codes()));
CREATE POLICY everything ON balance TO haidang_owner, haidang_report, haidang_auditor USING (true);
ALTER TABLE balance_movement ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON balance_movement TO haidang_app USING (EXISTS (
    SELECT FROM balance b WHERE (b.shard_id, b.balance_id) = (balance_movement.shard_id, balance_movement.balance_id)));
CREATE POLICY everything ON balance_movement TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Movements are never updated or deleted; nobody is granted to."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
