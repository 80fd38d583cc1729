"""When what was served on a person was delivered and first opened; and the journal's own entries for those whom they concern."""

from django.db import migrations

SQL = """
-- What is served, to whom and when it was sent stands in the journal entry of the act, chained to the acts before and after it. Here is what came of it.
CREATE TABLE service_event (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    event smallint NOT NULL CHECK (event IN (1, 2)),
    party_id integer NOT NULL,
    happened_at timestamptz NOT NULL,
    way text NOT NULL CHECK (way IN ('webhook', 'list', 'document', 'page')),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq, event)
) PARTITION BY RANGE (registered_month);

SELECT make_partitions(substring(c.relname FROM '[0-9]{6}$')::integer)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'journal_entry'::regclass;

GRANT SELECT, INSERT ON service_event TO haidang_ingest, haidang_app;
GRANT SELECT ON service_event TO haidang_report, haidang_auditor;
GRANT SELECT ON journal_entry TO haidang_app, haidang_report;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Events are never updated or deleted; nobody is granted to."""

    dependencies = [("journal", "0002_subscription")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE service_event")]
