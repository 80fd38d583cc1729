"""Obligations that an amendment or a cancellation adjusts: every change is a row of its own."""

from django.db import migrations

SQL = """
-- What an obligation was and became by one act; the row of the obligation holds what stands now.
CREATE TABLE obligation_change (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    was_assessed_vnd bigint NOT NULL CHECK (was_assessed_vnd >= 0),
    was_due_on date,
    assessed_vnd bigint NOT NULL CHECK (assessed_vnd >= 0),
    due_on date NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq)
) PARTITION BY RANGE (registered_month);

SELECT make_partitions(substring(c.relname FROM '[0-9]{6}$')::integer)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'transfer'::regclass;

ALTER TABLE obligation DROP CONSTRAINT obligation_assessed_vnd_check, ADD CONSTRAINT obligation_assessed_vnd_check CHECK (assessed_vnd >= 0);
GRANT UPDATE (assessed_vnd, due_on) ON obligation TO haidang_ingest;
GRANT SELECT, INSERT ON obligation_change TO haidang_ingest;
GRANT SELECT ON obligation_change TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE obligation_change ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON obligation_change TO haidang_app USING (EXISTS (
    SELECT FROM obligation o WHERE (o.shard_id, o.registered_month, o.declaration_id)
        = (obligation_change.shard_id, obligation_change.registered_month, obligation_change.declaration_id)));
CREATE POLICY everything ON obligation_change TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Changes are never updated or deleted; nobody is granted to."""

    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
