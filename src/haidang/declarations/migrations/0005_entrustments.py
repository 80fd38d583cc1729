"""Who entrusted a declaration, a party that reads it; and what customs offices read of declarations of others, each reading kept."""

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

-- A customs office reads the declarations of its own units by its token; one of another office is read by a named officer for a reason, and kept.
CREATE TABLE office_reading (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    reading_id uuid NOT NULL,
    reader_id integer NOT NULL,
    officer_code text NOT NULL CHECK (officer_code <> ''),
    reason text NOT NULL CHECK (reason <> '' AND length(reason) <= 600),
    question text NOT NULL CHECK (question <> ''),
    read_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, reading_id)
) PARTITION BY RANGE (registered_month);
CREATE INDEX office_reading_of_officer ON office_reading (officer_code, read_at);
GRANT SELECT ON office_reading TO haidang_auditor;
ALTER TABLE office_reading ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON office_reading TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);

-- The one way for the role of questions to a file of another office: it learns the office only with an entry in the log.
CREATE FUNCTION note_office_reading(of_shard smallint, of_no11 bigint, id uuid, reader integer, officer text, why text, asked text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    its declaration;
BEGIN
    SELECT d.* INTO its FROM declaration_no n JOIN declaration d USING (shard_id, registered_month, declaration_id)
    WHERE (n.shard_id, n.no11) = (of_shard, of_no11);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO office_reading VALUES
        (its.shard_id, its.registered_month, its.declaration_id, id, reader, officer, why, asked, legal_now());
    RETURN left(its.customs_office_code, 4);
END $$;
REVOKE ALL ON FUNCTION note_office_reading(smallint, bigint, uuid, integer, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_office_reading(smallint, bigint, uuid, integer, text, text, text) TO haidang_app;

SELECT make_partitions(substring(c.relname FROM '[0-9]{{6}}$')::integer)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'declaration'::regclass;
"""  # noqa: S608  (the names of tables are those above)


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Rows are never updated or deleted; nobody is granted to."""

    dependencies = [("declarations", "0003_journal_of_its_own"), ("platform", "0002_login")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
