"""Tables of the parties, their tokens, certificates, mandates and enforcements: plain SQL, see the file of the same name."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [
        migrations.RunSQL(
            sql=Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"),
            reverse_sql=(
                "DROP TABLE enforcement, mandate, party_certificate, certificate_authority, party_token, party;"
            ),
        )
    ]
