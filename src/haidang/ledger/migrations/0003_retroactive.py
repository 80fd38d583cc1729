"""Adjustments by a later version of the law book: prepared by one officer, decided by another."""

from django.db import migrations

SQL = """
-- The head of each batch, on the first server.
CREATE TABLE adjustment_batch (
    batch_no integer PRIMARY KEY CHECK (batch_no > 0),
    newer_version integer NOT NULL CHECK (newer_version > 0),
    reason text NOT NULL CHECK (reason <> ''),
    prepared_by text NOT NULL CHECK (prepared_by <> ''),
    prepared_at timestamptz NOT NULL,
    row_count integer NOT NULL CHECK (row_count > 0),
    rows_digest bytea NOT NULL CHECK (octet_length(rows_digest) = 32)
);

CREATE TABLE prepared_adjustment (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    batch_no integer NOT NULL CHECK (batch_no > 0),
    amendment_no smallint NOT NULL CHECK (amendment_no >= 0),
    judged_version integer NOT NULL,
    newer_version integer NOT NULL CHECK (newer_version > judged_version),
    was_vnd bigint[] NOT NULL CHECK (cardinality(was_vnd) = 6 AND 0 <= ALL (was_vnd)),
    now_vnd bigint[] NOT NULL CHECK (cardinality(now_vnd) = 6 AND 0 <= ALL (now_vnd)),
    prepared_by text NOT NULL CHECK (prepared_by <> ''),
    power_id integer NOT NULL,
    prepared_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    decided_seq smallint,
    decided_by text,
    decided_at timestamptz CHECK (decided_at >= prepared_at),
    accepted boolean,
    CHECK (was_vnd <> now_vnd),
    CHECK (num_nulls(decided_seq, decided_by, decided_at, accepted) IN (0, 4)),
    -- Who prepared it does not book it: no role can write it otherwise.
    CONSTRAINT prepared_adjustment_needs_a_second_person CHECK (decided_by <> prepared_by),
    PRIMARY KEY (shard_id, registered_month, declaration_id, batch_no)
) PARTITION BY RANGE (registered_month);
-- One waits at a time.
CREATE UNIQUE INDEX prepared_adjustment_open ON prepared_adjustment (shard_id, registered_month, declaration_id) WHERE decided_seq IS NULL;

SELECT make_partitions(substring(c.relname FROM '[0-9]{6}$')::integer)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'transfer'::regclass;

GRANT SELECT ON adjustment_batch, prepared_adjustment TO haidang_ingest, haidang_report, haidang_auditor;
GRANT UPDATE (decided_seq, decided_by, decided_at, accepted) ON prepared_adjustment TO haidang_ingest;
GRANT SELECT ON prepared_adjustment TO haidang_app;
ALTER TABLE prepared_adjustment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- What officers prepare is inside customs until it is decided that it happens.
CREATE POLICY own ON prepared_adjustment FOR SELECT TO haidang_app USING (accepted AND EXISTS (
    SELECT FROM obligation o WHERE (o.shard_id, o.registered_month, o.declaration_id)
        = (prepared_adjustment.shard_id, prepared_adjustment.registered_month, prepared_adjustment.declaration_id)));
CREATE POLICY everything ON prepared_adjustment TO haidang_owner, haidang_report, haidang_auditor USING (true) WITH CHECK (true);

-- That an adjustment was refused stays among officers, whatever else does.
DO $$
DECLARE
    held_back text;
BEGIN
    SELECT qual INTO STRICT held_back FROM pg_policies WHERE tablename = 'journal_entry' AND policyname = 'among_officers';
    EXECUTE 'ALTER POLICY among_officers ON journal_entry USING ((' || held_back || $policy$) AND (act <> 'refuse_adjustment' OR EXISTS (
        SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
            = (journal_entry.shard_id, journal_entry.registered_month, journal_entry.declaration_id)
        AND left(d.customs_office_code, 4) = ANY (own_office_codes()))))$policy$;
END $$;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Nothing is deleted; a decision is written once."""

    dependencies = [("ledger", "0002_adjustments"), ("clearance", "0004_files_on_pages")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
