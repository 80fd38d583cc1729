"""Trade remedies of one producer: whose, and the tax code by which a goods line claims it."""

from django.db import migrations

SQL = """
-- Empty for all others, and for every measure that is no trade remedy.
ALTER TABLE tariff_measure
    ADD COLUMN producer text NOT NULL DEFAULT '',
    ADD COLUMN tax_code text NOT NULL DEFAULT '',
    ADD CONSTRAINT tariff_measure_of_a_producer_is_a_remedy_with_a_code CHECK (
        (producer = '') = (tax_code = '') AND (producer = '' OR kind = 'trade_remedy')
    );
"""


class Migration(migrations.Migration):
    """Adds the columns; their defaults stand for rows that are there."""

    dependencies = [("tariff", "0002_english_names")]
    operations = [migrations.RunSQL(SQL, "ALTER TABLE tariff_measure DROP COLUMN producer, DROP COLUMN tax_code;")]
