"""Which traders have not completed in time what they lodged incomplete: found without reading all conditions."""

from django.db import migrations

SQL = """
-- Few declarations are incomplete: the index holds those that still wait, and nothing of the others.
CREATE INDEX condition_supplement ON condition (shard_id, due_at) WHERE kind = 19 AND closed_at IS NULL;
"""


class Migration(migrations.Migration):
    """Plain SQL: conditions are no Django model."""

    dependencies = [("clearance", "0005_attached_documents")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
