"""Documents that a declaration refers to, from its registration or by a later act."""

from django.db import migrations

SQL = """
CREATE TABLE attached_document (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    attached_no smallint NOT NULL CHECK (attached_no > 0),
    document_no text NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq, attached_no)
) PARTITION BY RANGE (registered_month);

GRANT SELECT, INSERT ON attached_document TO haidang_ingest;
GRANT SELECT ON attached_document TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE attached_document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON attached_document TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (attached_document.shard_id, attached_document.registered_month, attached_document.declaration_id)));
CREATE POLICY everything ON attached_document TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- Months that were made before this table.
SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;
"""


class Migration(migrations.Migration):
    """Plain SQL: this is no Django model. Rows are never updated or deleted; nobody is granted to."""

    dependencies = [("clearance", "0004_files_on_pages"), ("documents", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
