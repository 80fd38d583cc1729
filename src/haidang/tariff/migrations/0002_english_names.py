"""English names of commodity codes, beside the official ones."""

from django.db import migrations

SQL = """
-- Empty where no English name is on file. Rows of versions before this one had none.
ALTER TABLE tariff_code ADD COLUMN name_en text NOT NULL DEFAULT '';
"""


class Migration(migrations.Migration):
    """Adds the column; its default stands for rows that are there."""

    dependencies = [("tariff", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "ALTER TABLE tariff_code DROP COLUMN name_en")]
