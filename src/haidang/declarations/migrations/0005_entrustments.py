"""Who entrusted an import or export to the trader that declares it: a party of the declaration, which reads it."""

from django.db import migrations

_OF = """(e.shard_id, e.registered_month, e.declaration_id, e.amendment_no)
        = ({table}.shard_id, {table}.registered_month, {table}.declaration_id, {table}.amendment_no) AND e.entrusting_code = ANY (own_trader_codes())"""

SQL = f"""
-- One row for each version that names somebody. Trader and office stand here again so that seeing a row asks for no other table.
CREATE TABLE entrustment (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    amendment_no smallint NOT NULL CHECK (amendment_no BETWEEN 0 AND 9),
    entrusting_code text NOT NULL CHECK (entrusting_code <> ''),
    entrusting_name text NOT NULL,
    trader_code text NOT NULL,
    customs_office_code text NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, amendment_no)
) PARTITION BY RANGE (registered_month);
CREATE INDEX entrustment_of_party ON entrustment (entrusting_code);
GRANT SELECT, INSERT ON entrustment TO haidang_ingest;
GRANT SELECT ON entrustment TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE entrustment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON entrustment TO haidang_app USING (
    trader_code = ANY (own_trader_codes()) OR entrusting_code = ANY (own_trader_codes()) OR left(customs_office_code, 4) = ANY (own_office_codes()));
CREATE POLICY everything ON entrustment TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- Who entrusted it as it stands now reads it and whatever hangs on it; whom an amendment no longer names does not.
CREATE POLICY of_the_entrusting ON declaration FOR SELECT TO haidang_app USING (EXISTS (
    SELECT FROM entrustment e WHERE {_OF.format(table="declaration")}));
CREATE POLICY of_the_entrusting ON declaration_version FOR SELECT TO haidang_app USING (EXISTS (
    SELECT FROM entrustment e WHERE {_OF.format(table="declaration_version")}));

SELECT make_partitions(substring(c.relname FROM '[0-9]{{6}}$')::integer)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'declaration'::regclass;
"""  # noqa: S608  (the names of tables are those above)


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Rows are never updated or deleted; nobody is granted to."""

    dependencies = [("declarations", "0003_journal_of_its_own"), ("platform", "0002_login")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
