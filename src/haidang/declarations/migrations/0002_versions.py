"""Versions of declarations: what an amendment declares is appended, what was registered stays."""

from django.db import migrations

SQL = """
-- The rows of an amendment stand beside those of the registration, which nobody changes: the same columns, and the number of the amendment.
CREATE TABLE declaration_version (
    LIKE declaration INCLUDING CONSTRAINTS,
    amended_at timestamptz NOT NULL,
    reason text NOT NULL,
    changes text NOT NULL,
    CHECK (amendment_no > 0),
    PRIMARY KEY (shard_id, registered_month, declaration_id, amendment_no)
) PARTITION BY RANGE (registered_month);
ALTER TABLE declaration_version DROP COLUMN channel, DROP COLUMN state, DROP COLUMN cleared_at;

CREATE TABLE goods_item_version (
    LIKE goods_item INCLUDING CONSTRAINTS,
    amendment_no smallint NOT NULL CHECK (amendment_no BETWEEN 1 AND 9),
    PRIMARY KEY (shard_id, registered_month, declaration_id, amendment_no, line_no)
) PARTITION BY RANGE (registered_month);

CREATE TABLE other_tax_version (
    LIKE other_tax INCLUDING CONSTRAINTS,
    amendment_no smallint NOT NULL CHECK (amendment_no BETWEEN 1 AND 9),
    PRIMARY KEY (shard_id, registered_month, declaration_id, amendment_no, line_no, ordinal)
) PARTITION BY RANGE (registered_month);

-- Declarations of past months may be amended too.
SELECT make_partitions(substring(c.relname FROM '[0-9]{6}$')::integer)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'declaration'::regclass;

GRANT SELECT, INSERT ON declaration_version, goods_item_version, other_tax_version TO haidang_ingest;
GRANT SELECT ON declaration_version, goods_item_version, other_tax_version TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE declaration_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE goods_item_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE other_tax_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON declaration_version TO haidang_app USING (trader_code = ANY (own_trader_codes()));
CREATE POLICY own ON goods_item_version TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (goods_item_version.shard_id, goods_item_version.registered_month, goods_item_version.declaration_id)));
CREATE POLICY own ON other_tax_version TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (other_tax_version.shard_id, other_tax_version.registered_month, other_tax_version.declaration_id)));
CREATE POLICY everything ON declaration_version TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON goods_item_version TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON other_tax_version TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Versions are never updated or deleted; nobody is granted to."""

    dependencies = [("declarations", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
