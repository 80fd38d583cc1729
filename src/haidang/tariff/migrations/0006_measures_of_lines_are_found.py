"""The measures that tariff lines make are found without reading those of the schedules."""

from django.db import migrations

SQL = """
-- Few beside a hundred thousand; whoever asks whether a hand was in them asks for nothing else.
CREATE INDEX tariff_measure_of_lines ON tariff_measure (measure_id) WHERE schedule = 'tariff_lines';
"""


class Migration(migrations.Migration):
    """An index of the few."""

    dependencies = [("tariff", "0004_remedies_by_producer")]
    operations = [migrations.RunSQL(SQL, "DROP INDEX tariff_measure_of_lines;")]
