"""Lists of parcels, their parcels, numbers, conditions, and what officers did with one."""

from django.db import migrations

SQL = """
CREATE TABLE parcel_block (
    block_no bigint PRIMARY KEY,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    shard_id smallint NOT NULL,
    writer_id smallint NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX parcel_block_of_writer ON parcel_block (writer_id, kind, shard_id, block_no DESC);
GRANT SELECT, INSERT ON parcel_block TO haidang_ingest;
GRANT SELECT ON parcel_block TO haidang_app, haidang_report, haidang_auditor;

-- declaration_id is the id of the list: in the journal and in the ledger a list stands where a declaration stands.
CREATE TABLE parcel_list (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    list_no11 bigint NOT NULL,
    procedure text NOT NULL CHECK (procedure IN ('MIC', 'MEC')),
    operator_code text NOT NULL,
    declarant_id integer NOT NULL,
    customs_office_code text NOT NULL,
    transport_document_no text NOT NULL,
    conveyance_no text NOT NULL,
    arrival_on date,
    parcel_count smallint NOT NULL CHECK (parcel_count BETWEEN 1 AND 1000),
    accepted_count smallint NOT NULL CHECK (accepted_count BETWEEN 1 AND parcel_count),
    customs_value_vnd bigint NOT NULL CHECK (customs_value_vnd >= 0),
    import_duty_vnd bigint NOT NULL CHECK (import_duty_vnd >= 0),
    value_added_vnd bigint NOT NULL CHECK (value_added_vnd >= 0),
    fee_vnd bigint NOT NULL CHECK (fee_vnd >= 0),
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
    criteria_version integer NOT NULL,
    book_version integer NOT NULL,
    registered_at timestamptz NOT NULL,
    ordinal smallint NOT NULL,
    parcels_root bytea NOT NULL CHECK (octet_length(parcels_root) = 32),
    journal_seq smallint NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id)
) PARTITION BY RANGE (registered_month);
CREATE INDEX parcel_list_of_operator ON parcel_list (shard_id, operator_code, registered_at);

CREATE TABLE parcel (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    parcel_seq smallint NOT NULL CHECK (parcel_seq BETWEEN 1 AND 1000),
    no11 bigint NOT NULL,
    house_no text NOT NULL,
    description text NOT NULL,
    party_name text NOT NULL,
    counterparty_name text NOT NULL,
    country_code text NOT NULL,
    commodity_code text NOT NULL,
    package_count integer NOT NULL CHECK (package_count > 0),
    gross_mass_g bigint NOT NULL CHECK (gross_mass_g >= 0),
    customs_value_vnd bigint NOT NULL CHECK (customs_value_vnd > 0),
    import_duty_vnd bigint NOT NULL CHECK (import_duty_vnd >= 0),
    vat_rate_bp integer NOT NULL CHECK (vat_rate_bp >= 0),
    value_added_vnd bigint NOT NULL CHECK (value_added_vnd >= 0),
    draw smallint NOT NULL CHECK (draw BETWEEN 0 AND 9999),
    channel smallint NOT NULL CHECK (channel BETWEEN 1 AND 3),
    state smallint NOT NULL CHECK (state BETWEEN 0 AND 13),
    cleared_at timestamptz,
    PRIMARY KEY (shard_id, registered_month, declaration_id, parcel_seq)
) PARTITION BY RANGE (registered_month);

-- Where numbers stand: consecutive ones of a list are one row, so that a thousand parcels cost one and not a thousand.
CREATE TABLE parcel_run (
    shard_id smallint NOT NULL,
    first_no11 bigint NOT NULL CHECK (first_no11 BETWEEN 10000000000 AND 99999999999),
    run_count smallint NOT NULL CHECK (run_count > 0),
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    first_seq smallint NOT NULL CHECK (first_seq >= 0),
    PRIMARY KEY (shard_id, first_no11)
);
CREATE INDEX parcel_run_of_list ON parcel_run (shard_id, declaration_id);

-- parcel_seq 0: of all parcels of the list.
CREATE TABLE parcel_condition (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    parcel_seq smallint NOT NULL CHECK (parcel_seq BETWEEN 0 AND 1000),
    condition_no smallint NOT NULL,
    kind smallint NOT NULL,
    owner smallint NOT NULL,
    law text NOT NULL,
    detail text NOT NULL,
    opened_seq smallint NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz,
    closed_seq smallint,
    closed_at timestamptz,
    closed_by text,
    evidence text,
    CHECK (num_nulls(closed_seq, closed_at, closed_by, evidence) IN (0, 4)),
    CHECK (closed_at >= opened_at),
    PRIMARY KEY (shard_id, registered_month, declaration_id, parcel_seq, condition_no)
) PARTITION BY RANGE (registered_month);

CREATE TABLE parcel_act (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    parcel_seq smallint NOT NULL CHECK (parcel_seq BETWEEN 1 AND 1000),
    act text NOT NULL CHECK (act IN ('hold', 'release', 'document_check', 'inspection')),
    officer_code text NOT NULL CHECK (officer_code <> ''),
    power_id integer NOT NULL,
    unit_code text NOT NULL,
    acted_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    outside_reason text NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq)
) PARTITION BY RANGE (registered_month);

GRANT SELECT, INSERT ON parcel_list, parcel, parcel_run, parcel_condition, parcel_act TO haidang_ingest;
GRANT UPDATE (journal_seq) ON parcel_list TO haidang_ingest;
GRANT UPDATE (state, cleared_at) ON parcel TO haidang_ingest;
GRANT UPDATE (closed_seq, closed_at, closed_by, evidence) ON parcel_condition TO haidang_ingest;
GRANT SELECT ON parcel_list, parcel, parcel_run, parcel_condition TO haidang_app, haidang_report, haidang_auditor;
GRANT SELECT ON parcel_act TO haidang_auditor;

ALTER TABLE parcel_list ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE parcel ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE parcel_run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE parcel_condition ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON parcel_list TO haidang_app USING (operator_code = ANY (own_trader_codes()));
CREATE POLICY own ON parcel TO haidang_app USING (EXISTS (
    SELECT FROM parcel_list l WHERE (l.shard_id, l.registered_month, l.declaration_id)
        = (parcel.shard_id, parcel.registered_month, parcel.declaration_id)));
CREATE POLICY own ON parcel_run TO haidang_app USING (EXISTS (
    SELECT FROM parcel_list l WHERE (l.shard_id, l.registered_month, l.declaration_id)
        = (parcel_run.shard_id, parcel_run.registered_month, parcel_run.declaration_id)));
CREATE POLICY own ON parcel_condition TO haidang_app USING (EXISTS (
    SELECT FROM parcel_list l WHERE (l.shard_id, l.registered_month, l.declaration_id)
        = (parcel_condition.shard_id, parcel_condition.registered_month, parcel_condition.declaration_id)));
CREATE POLICY everything ON parcel_list TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON parcel TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON parcel_run TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON parcel_condition TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- Months that were made before these tables.
SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Nothing here may be updated or deleted but where a parcel stands and what closes a condition."""

    initial = True
    dependencies = [("declarations", "0001_initial"), ("organisation", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
