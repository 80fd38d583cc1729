"""Customs offices read lists of parcels as they read declarations: those of their own units freely, others by a named officer for a reason, and kept."""

from django.db import migrations

SQL = """
-- Parcels, runs and conditions are seen with their list (policy `own` of each asks for it under the rights of who reads).
CREATE POLICY of_the_office ON parcel_list FOR SELECT TO haidang_app USING (left(customs_office_code, 4) = ANY (own_office_codes()));

-- no11: the number that was read, of the list or of one parcel of it.
CREATE TABLE parcel_reading (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    reading_id uuid NOT NULL,
    no11 bigint NOT NULL,
    reader_id integer NOT NULL,
    officer_code text NOT NULL CHECK (officer_code <> ''),
    reason text NOT NULL CHECK (reason <> '' AND length(reason) <= 600),
    read_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, reading_id)
) PARTITION BY RANGE (registered_month);
CREATE INDEX parcel_reading_of_officer ON parcel_reading (officer_code, read_at);
GRANT SELECT ON parcel_reading TO haidang_auditor;
ALTER TABLE parcel_reading ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON parcel_reading TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);

-- The one way for the role of questions to a list of another office: it learns the office only with an entry in the log.
CREATE FUNCTION note_parcel_reading(of_shard smallint, of_no11 bigint, id uuid, reader integer, officer text, why text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    run parcel_run;
    office text;
BEGIN
    SELECT * INTO run FROM parcel_run WHERE shard_id = of_shard AND first_no11 <= of_no11 ORDER BY first_no11 DESC LIMIT 1;
    IF NOT FOUND OR of_no11 >= run.first_no11 + run.run_count THEN
        RETURN NULL;
    END IF;
    SELECT left(l.customs_office_code, 4) INTO STRICT office FROM parcel_list l
    WHERE (l.shard_id, l.registered_month, l.declaration_id) = (run.shard_id, run.registered_month, run.declaration_id);
    INSERT INTO parcel_reading VALUES
        (run.shard_id, run.registered_month, run.declaration_id, id, of_no11, reader, officer, why, legal_now());
    RETURN office;
END $$;
REVOKE ALL ON FUNCTION note_parcel_reading(smallint, bigint, uuid, integer, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_parcel_reading(smallint, bigint, uuid, integer, text, text) TO haidang_app;

SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Readings are only ever added to, by the function alone."""

    dependencies = [("parcels", "0002_changes"), ("platform", "0002_login")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
