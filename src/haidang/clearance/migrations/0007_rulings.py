"""What advance rulings said of the goods lines of a declaration at its registration."""

from django.db import migrations

SQL = """
CREATE TABLE declaration_ruling (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    line_no smallint NOT NULL CHECK (line_no > 0),
    ruling_no text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    status smallint NOT NULL CHECK (status BETWEEN 1 AND 3),
    ruled text NOT NULL,
    since timestamptz,
    CHECK ((status = 3) = (since IS NOT NULL)),
    PRIMARY KEY (shard_id, registered_month, declaration_id, line_no, ruling_no)
) PARTITION BY RANGE (registered_month);

GRANT SELECT, INSERT ON declaration_ruling TO haidang_ingest;
GRANT SELECT ON declaration_ruling TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE declaration_ruling ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON declaration_ruling TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (declaration_ruling.shard_id, declaration_ruling.registered_month, declaration_ruling.declaration_id)));
CREATE POLICY everything ON declaration_ruling TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- Months that were made before this table.
SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;
"""


class Migration(migrations.Migration):
    """Plain SQL: this is no Django model. Rows are never updated or deleted; nobody is granted to."""

    dependencies = [("clearance", "0006_supplements"), ("rulings", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
