"""Powers over release before clearance, storage, and lists of exempt goods."""

from django.db import migrations

SQL = """
ALTER TABLE unit_power DROP CONSTRAINT unit_power_act_check, ADD CONSTRAINT unit_power_act_check CHECK (act BETWEEN 1 AND 15);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("organisation", "0002_later_acts")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
