"""How long each attempt took, who asked for what to be delivered again, and what a party may read of its own deliveries."""

from django.db import migrations

SQL = """
ALTER TABLE delivery_attempt ADD COLUMN duration_ms integer NOT NULL DEFAULT 0 CHECK (duration_ms >= 0);

-- Every wish to be told once more: one notice (outbox_id), or all of a topic since an instant. Append-only.
CREATE TABLE redelivery (
    redelivery_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    party_id integer NOT NULL,
    topic text NOT NULL,
    outbox_id uuid,
    since timestamptz,
    notices integer NOT NULL CHECK (notices >= 0),
    requested_at timestamptz NOT NULL,
    CHECK ((outbox_id IS NULL) <> (since IS NULL))
);

-- Identifiers of notices grow with time: this is the order of a party's own list, newest last.
CREATE INDEX outbox_of_recipient ON outbox (recipient_id, outbox_id);

GRANT SELECT, INSERT ON redelivery TO haidang_ingest;
GRANT SELECT ON redelivery TO haidang_app, haidang_auditor;
ALTER TABLE redelivery ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON redelivery TO haidang_app USING (party_id = own_party_id());
CREATE POLICY everything ON redelivery TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);

GRANT SELECT ON outbox, delivery_attempt TO haidang_app;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery_attempt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON outbox TO haidang_app USING (recipient_id = own_party_id());
CREATE POLICY own ON delivery_attempt TO haidang_app USING (EXISTS (
    SELECT FROM outbox o WHERE (o.shard_id, o.outbox_id) = (delivery_attempt.shard_id, delivery_attempt.outbox_id)));
CREATE POLICY everything ON outbox TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);
CREATE POLICY everything ON delivery_attempt TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);
"""

UNDO = """
DROP POLICY own ON outbox;
DROP POLICY own ON delivery_attempt;
DROP POLICY everything ON outbox;
DROP POLICY everything ON delivery_attempt;
ALTER TABLE outbox NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
ALTER TABLE delivery_attempt NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
REVOKE SELECT ON outbox, delivery_attempt FROM haidang_app;
DROP INDEX outbox_of_recipient;
DROP TABLE redelivery;
ALTER TABLE delivery_attempt DROP COLUMN duration_ms;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("journal", "0003_service")]
    operations = [migrations.RunSQL(SQL, UNDO)]
