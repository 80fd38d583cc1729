"""A request to cancel a parcel is decided by two: one officer examines it and proposes, another decides."""

from django.db import migrations

SQL = """
-- Who proposed what the officer of the act decided. Empty: decided by one officer alone, while one was enough; no act after those may say so.
ALTER TABLE parcel_act ADD COLUMN maker_code text;
UPDATE parcel_act SET maker_code = '' WHERE act IN ('approve_cancellation', 'refuse_cancellation');
ALTER TABLE parcel_act DROP CONSTRAINT parcel_act_act_check, ADD CONSTRAINT parcel_act_act_check
    CHECK (act IN ('hold', 'release', 'document_check', 'inspection', 'propose_cancellation', 'approve_cancellation', 'refuse_cancellation')),
    ADD CONSTRAINT parcel_act_maker_check CHECK ((act IN ('approve_cancellation', 'refuse_cancellation')) = (maker_code IS NOT NULL)),
    ADD CONSTRAINT parcel_act_second_person_check CHECK (maker_code <> officer_code);
DO $$ BEGIN
    EXECUTE format('ALTER TABLE parcel_act ADD CONSTRAINT parcel_act_alone_check CHECK (maker_code <> '''' OR acted_at <= %L)',
                   (SELECT coalesce(max(acted_at), '-infinity') FROM parcel_act WHERE maker_code = ''));
END $$;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("parcels", "0003_read_by_offices")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
