"""Who wants to be told what, at which address; and every attempt to tell them."""

from django.db import migrations

SQL = """
-- One address for a party and a topic: a notice in the outbox then has one delivery, whose state stands in its own row.
CREATE TABLE subscription (
    party_id integer NOT NULL,
    topic text NOT NULL CHECK (topic ~ '^[a-z][a-z0-9_.]{0,63}$'),
    url text NOT NULL CHECK (url ~ '^https?://' AND length(url) <= 2048),
    secret bytea NOT NULL CHECK (octet_length(secret) BETWEEN 24 AND 64),
    active boolean NOT NULL DEFAULT true,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (party_id, topic)
);

-- What came of each attempt: with the outbox's marks it proves when a notice was sent and when it was taken.
CREATE TABLE delivery_attempt (
    shard_id smallint NOT NULL,
    outbox_id uuid NOT NULL,
    attempt smallint NOT NULL,
    attempted_at timestamptz NOT NULL,
    url text NOT NULL,
    status smallint NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (shard_id, outbox_id, attempt, attempted_at)
);

ALTER TABLE outbox ADD COLUMN dead_at timestamptz;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (next_at) WHERE delivered_at IS NULL AND dead_at IS NULL;

GRANT SELECT, UPDATE (active) ON subscription TO haidang_ingest;
GRANT SELECT (party_id, topic, url, active, changed_at) ON subscription TO haidang_app, haidang_auditor;
GRANT INSERT, UPDATE ON subscription TO haidang_app;
ALTER TABLE subscription ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON subscription TO haidang_app USING (party_id = own_party_id()) WITH CHECK (party_id = own_party_id());
CREATE POLICY everything ON subscription TO haidang_owner, haidang_auditor USING (true);

GRANT SELECT, INSERT ON delivery_attempt TO haidang_ingest;
GRANT SELECT ON delivery_attempt TO haidang_auditor;
"""

UNDO = """
DROP TABLE delivery_attempt, subscription;
DROP INDEX outbox_due;
ALTER TABLE outbox DROP COLUMN dead_at;
CREATE INDEX outbox_due ON outbox (next_at) WHERE delivered_at IS NULL;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
