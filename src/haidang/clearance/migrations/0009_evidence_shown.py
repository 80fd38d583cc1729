"""The photos and samples of an inspection are shown, by their hashes, to whoever the declaration concerns, as the quantities found are."""

from django.db import migrations

SQL = """
GRANT SELECT ON inspection_evidence TO haidang_app, haidang_report;
ALTER TABLE inspection_evidence ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON inspection_evidence FOR SELECT TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (inspection_evidence.shard_id, inspection_evidence.registered_month, inspection_evidence.declaration_id)));
CREATE POLICY everything ON inspection_evidence TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("clearance", "0008_rulings_of_amendments")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
