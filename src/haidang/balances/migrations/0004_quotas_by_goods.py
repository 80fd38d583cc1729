"""What is left of a tariff quota is asked by commodity code."""

from django.db import migrations

SQL = "CREATE INDEX balance_quota_of ON balance (goods_code) WHERE kind = 1;"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("balances", "0003_used_goods")]
    operations = [migrations.RunSQL(SQL, "DROP INDEX balance_quota_of;")]
