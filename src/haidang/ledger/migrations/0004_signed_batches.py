"""Who prepared a batch of adjustments has signed it."""

from django.db import migrations

SQL = """
-- Detached JWS over what the head of the batch says; empty only of batches from before this column, which verifying tells.
ALTER TABLE adjustment_batch ADD COLUMN signature text NOT NULL DEFAULT '';
ALTER TABLE adjustment_batch ALTER COLUMN signature DROP DEFAULT;
"""


class Migration(migrations.Migration):
    """Plain SQL: this is no Django model."""

    dependencies = [("ledger", "0003_retroactive")]
    operations = [migrations.RunSQL(SQL, "ALTER TABLE adjustment_batch DROP COLUMN signature;")]
