"""The power to draft, approve and publish changes of the law book."""

from django.db import migrations

SQL = """
ALTER TABLE unit_power DROP CONSTRAINT unit_power_act_check, ADD CONSTRAINT unit_power_act_check CHECK (act BETWEEN 1 AND 22);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("organisation", "0006_parcel_holds")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
