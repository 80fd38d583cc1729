"""Balances of goods: the commodity they are of, a kind for goods imported temporarily, and room for more than ten movements of one act."""

from django.db import migrations

SQL = """
ALTER TABLE balance ADD COLUMN goods_code text NOT NULL DEFAULT '';
ALTER TABLE balance DROP CONSTRAINT balance_kind_check, ADD CONSTRAINT balance_kind_check CHECK (kind BETWEEN 1 AND 7);
ALTER TABLE balance_movement ALTER COLUMN movement_no TYPE integer;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("balances", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
