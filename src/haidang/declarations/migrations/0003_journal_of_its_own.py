"""Who may read a declaration may read the entries of its journal, and what came of serving them."""

from django.db import migrations

_OF_ITS_DECLARATION = """EXISTS (SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
    = ({table}.shard_id, {table}.registered_month, {table}.declaration_id))"""

SQL = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON {table} TO haidang_app USING ({_OF_ITS_DECLARATION.format(table=table)});
CREATE POLICY everything ON {table} TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""
    for table in ("journal_entry", "service_event")
)


class Migration(migrations.Migration):
    """Plain SQL. A declaration itself is shown to its trader and to those who hold its mandate."""

    dependencies = [("declarations", "0002_versions"), ("journal", "0003_service")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
