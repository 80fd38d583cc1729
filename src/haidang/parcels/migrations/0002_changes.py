"""What became of parcels afterwards: amended versions, cancellations, and house numbers that no second list may use."""

from django.db import migrations

SQL = """
-- What a parcel says since an amendment. `parcel` keeps what was registered, whose root the list has.
CREATE TABLE parcel_version (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    parcel_seq smallint NOT NULL CHECK (parcel_seq BETWEEN 1 AND 1000),
    amendment_no smallint NOT NULL CHECK (amendment_no BETWEEN 1 AND 9),
    journal_seq smallint NOT NULL,
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
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
    criteria_version integer NOT NULL,
    book_version integer NOT NULL,
    amended_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    changes text NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, parcel_seq, amendment_no)
) PARTITION BY RANGE (registered_month);

CREATE TABLE parcel_cancellation (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    parcel_seq smallint NOT NULL CHECK (parcel_seq BETWEEN 1 AND 1000),
    journal_seq smallint NOT NULL,
    case_code text NOT NULL CHECK (case_code <> ''),
    cancelled_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, parcel_seq)
) PARTITION BY RANGE (registered_month);

-- Which list holds a house number of an operator: the key by which the second list is refused it, whoever writes it. A cancelled parcel gives its number back.
CREATE TABLE parcel_house (
    shard_id smallint NOT NULL,
    operator_code text NOT NULL,
    is_export boolean NOT NULL,
    house_no text NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    list_no11 bigint NOT NULL,
    twice boolean NOT NULL DEFAULT false,
    PRIMARY KEY (shard_id, operator_code, is_export, house_no)
);
-- Numbers that stood in several lists before this was noticed belong to the first of them.
INSERT INTO parcel_house
SELECT DISTINCT ON (l.shard_id, l.operator_code, l.procedure, p.house_no)
       l.shard_id, l.operator_code, l.procedure = 'MEC', p.house_no, l.registered_month, l.declaration_id, l.list_no11,
       count(*) OVER (PARTITION BY l.shard_id, l.operator_code, l.procedure, p.house_no) > 1
FROM parcel_list l JOIN parcel p USING (shard_id, registered_month, declaration_id)
ORDER BY l.shard_id, l.operator_code, l.procedure, p.house_no, l.registered_at, l.ordinal;
GRANT SELECT, INSERT, DELETE ON parcel_house TO haidang_ingest;
GRANT SELECT ON parcel_house TO haidang_report, haidang_auditor;

ALTER TABLE parcel_act DROP CONSTRAINT parcel_act_act_check, ADD CONSTRAINT parcel_act_act_check
    CHECK (act IN ('hold', 'release', 'document_check', 'inspection', 'approve_cancellation', 'refuse_cancellation'));

GRANT SELECT, INSERT ON parcel_version, parcel_cancellation TO haidang_ingest;
GRANT SELECT ON parcel_version, parcel_cancellation TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE parcel_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE parcel_cancellation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON parcel_version TO haidang_app USING (EXISTS (
    SELECT FROM parcel_list l WHERE (l.shard_id, l.registered_month, l.declaration_id)
        = (parcel_version.shard_id, parcel_version.registered_month, parcel_version.declaration_id)));
CREATE POLICY own ON parcel_cancellation TO haidang_app USING (EXISTS (
    SELECT FROM parcel_list l WHERE (l.shard_id, l.registered_month, l.declaration_id)
        = (parcel_cancellation.shard_id, parcel_cancellation.registered_month, parcel_cancellation.declaration_id)));
CREATE POLICY everything ON parcel_version TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON parcel_cancellation TO haidang_owner, haidang_report, haidang_auditor USING (true);

SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Versions and cancellations are only ever added to."""

    dependencies = [("parcels", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
