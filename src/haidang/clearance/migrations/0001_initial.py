"""Open and closed conditions of declarations."""

from django.db import migrations

SQL = """
CREATE TABLE condition (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    condition_no smallint NOT NULL,
    kind smallint NOT NULL,
    owner smallint NOT NULL,
    law text NOT NULL,
    detail text NOT NULL,
    holder text NOT NULL,
    opened_seq smallint NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz,
    closed_seq smallint,
    closed_at timestamptz,
    closed_by text,
    evidence text,
    CHECK ((closed_at IS NULL) = (closed_seq IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)),
    CHECK (closed_at >= opened_at),
    PRIMARY KEY (shard_id, registered_month, declaration_id, condition_no)
) PARTITION BY RANGE (registered_month);

GRANT SELECT, INSERT ON condition TO haidang_ingest;
GRANT UPDATE (closed_seq, closed_at, closed_by, evidence) ON condition TO haidang_ingest;
GRANT SELECT ON condition TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE condition ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON condition TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (condition.shard_id, condition.registered_month, condition.declaration_id)));
CREATE POLICY everything ON condition TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    initial = True
    dependencies = [("platform", "0001_initial"), ("declarations", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
