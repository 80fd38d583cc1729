"""Powers over what comes after clearance, and over cancellations."""

from django.db import migrations

SQL = """
ALTER TABLE unit_power DROP CONSTRAINT unit_power_act_check, ADD CONSTRAINT unit_power_act_check CHECK (act BETWEEN 1 AND 12);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("organisation", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
