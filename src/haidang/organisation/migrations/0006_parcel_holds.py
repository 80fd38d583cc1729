"""A power of its own to hold parcels, and to end such holds."""

from django.db import migrations

SQL = """
ALTER TABLE unit_power DROP CONSTRAINT unit_power_act_check, ADD CONSTRAINT unit_power_act_check CHECK (act BETWEEN 1 AND 21);
-- Until now a parcel was held with the power to raise a channel (3) and released with that to lift a hold (8). Posts that hold both over a unit may do it from now
-- on by the same instruments; what was done before stays judged by the powers of then.
INSERT INTO unit_power (post_id, act, unit_id, valid_from, valid_until, instrument, sample)
SELECT r.post_id, 21, r.unit_id, greatest(r.valid_from, l.valid_from, legal_now()), least(r.valid_until, l.valid_until), r.instrument, r.sample
FROM unit_power r JOIN unit_power l ON l.post_id = r.post_id AND l.unit_id = r.unit_id AND l.act = 8 AND l.revoked_at IS NULL
WHERE r.act = 3 AND r.revoked_at IS NULL
  AND greatest(r.valid_from, l.valid_from, legal_now()) < coalesce(least(r.valid_until, l.valid_until), 'infinity');
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("organisation", "0004_logins")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
