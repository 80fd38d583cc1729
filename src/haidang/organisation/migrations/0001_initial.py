"""Units, posts, officers, appointments and powers: plain SQL, see the file of the same name."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    initial = True
    dependencies = [("platform", "0001_initial"), ("parties", "0001_parties")]
    operations = [
        migrations.RunSQL(
            sql=Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"),
            reverse_sql=("DROP TABLE unit_power, appointment, officer_certificate, officer, unit_post, customs_unit;"),
        )
    ]
