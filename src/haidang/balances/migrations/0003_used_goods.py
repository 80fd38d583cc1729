"""Goods that a cleared declaration has used up, and what is given back of them afterwards."""

from django.db import migrations

SQL = """
ALTER TABLE balance_movement DROP CONSTRAINT balance_movement_kind_check,
    ADD CONSTRAINT balance_movement_kind_check CHECK (kind BETWEEN 1 AND 4);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("balances", "0002_goods")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
