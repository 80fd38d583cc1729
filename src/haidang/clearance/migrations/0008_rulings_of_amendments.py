"""What advance rulings say of an amendment, kept beside what they said of the registration: each act has rows of its own."""

from django.db import migrations

SQL = """
ALTER TABLE declaration_ruling DROP CONSTRAINT declaration_ruling_pkey;
ALTER TABLE declaration_ruling ADD PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq, line_no, ruling_no);

-- Of what an officer proposes its declarant learns nothing before it is decided.
DROP POLICY own ON declaration_ruling;
CREATE POLICY own ON declaration_ruling TO haidang_app USING (
    EXISTS (SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (declaration_ruling.shard_id, declaration_ruling.registered_month, declaration_ruling.declaration_id))
    AND (journal_seq = 1
        OR EXISTS (SELECT FROM declaration_version v WHERE (v.shard_id, v.registered_month, v.declaration_id, v.journal_seq)
            = (declaration_ruling.shard_id, declaration_ruling.registered_month, declaration_ruling.declaration_id, declaration_ruling.journal_seq))
        OR EXISTS (SELECT FROM revision r WHERE (r.shard_id, r.registered_month, r.declaration_id, r.asked_seq)
            = (declaration_ruling.shard_id, declaration_ruling.registered_month, declaration_ruling.declaration_id, declaration_ruling.journal_seq))));
"""


class Migration(migrations.Migration):
    """Plain SQL: this is no Django model."""

    dependencies = [("clearance", "0007_rulings"), ("declarations", "0005_entrustments")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
