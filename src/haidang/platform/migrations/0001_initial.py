"""The installation row, legal time, writers, and the maker of monthly partitions."""

from django.db import migrations

SQL = """
CREATE TABLE installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    trial boolean NOT NULL,
    clock_offset interval NOT NULL DEFAULT interval '0',
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT only_a_trial_has_another_time CHECK (trial OR clock_offset = interval '0')
);
GRANT SELECT ON installation TO haidang_ingest, haidang_app, haidang_report, haidang_auditor;

-- A real database must never become a trial afterwards, nor the reverse: the rows already there would change their meaning.
CREATE FUNCTION installation_is_made_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.trial <> OLD.trial THEN
        RAISE EXCEPTION 'a database is made as trial or as real once and for all';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER installation_is_made_once BEFORE UPDATE OR DELETE ON installation
    FOR EACH ROW EXECUTE FUNCTION installation_is_made_once();

CREATE FUNCTION legal_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$ SELECT clock_timestamp() + (SELECT clock_offset FROM installation) $$;

-- Whose rows the app role sees in this transaction; nobody's when it was not said.
CREATE FUNCTION own_trader_codes() RETURNS text[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(nullif(current_setting('haidang.trader_codes', true), ''), '{}')::text[] $$;

-- The party on whose behalf this transaction acts; none when it was not said.
CREATE FUNCTION own_party_id() RETURNS integer LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('haidang.party_id', true), '')::integer $$;

CREATE TABLE writer (
    writer_id smallint PRIMARY KEY,
    lane text NOT NULL,
    epoch integer NOT NULL,
    last_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON writer TO haidang_ingest;
GRANT SELECT ON writer TO haidang_auditor;

CREATE FUNCTION make_partitions(month integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent regclass;
    child text;
    made integer := 0;
    next_month integer := CASE WHEN month % 100 = 12 THEN month + 89 ELSE month + 1 END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_partitions'));
    FOR parent IN
        SELECT p.partrelid FROM pg_partitioned_table p
        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
        WHERE p.partnatts = 1 AND a.attname = 'registered_month'
    LOOP
        child := parent::text || '_' || month;
        IF to_regclass(child) IS NULL THEN
            -- Made apart and attached: CREATE … PARTITION OF would lock the parent against everybody until a running reader ends.
            EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING ALL)', child, parent);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, child, month, next_month);
            -- Messages of a few kB stay in their row instead of being cut into TOAST chunks of 2 kB.
            EXECUTE format('ALTER TABLE %I SET (toast_tuple_target = 8160)', child);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION make_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_partitions(integer) TO haidang_ingest;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
