"""What officers read on the pages: files of their offices, what was done with them, and a note of every view from outside the queue."""

from django.db import migrations

_TABLES = ("transfer", "obligation", "obligation_change")
_INSIDE = ("officer_act", "proposal")
_AMONG_OFFICERS = (
    "propose_lower_channel", "refuse", "ASSESS", "refuse_assessment", "CANCEL_RESULT", "refuse_cancellation",
)  # fmt: skip


def _of(table: str) -> str:
    return (
        f"EXISTS (SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)"
        f" = ({table}.shard_id, {table}.registered_month, {table}.declaration_id)"
    )


_OFFICES = " AND left(d.customs_office_code, 4) = ANY (own_office_codes()))"

SQL = f"""
-- An officer reads the files of the offices that the session named (a declaration may name a team of one: the first four characters are the office); whatever hangs on a declaration is seen with it.
CREATE POLICY of_the_office ON declaration FOR SELECT TO haidang_app USING (left(customs_office_code, 4) = ANY (own_office_codes()));
CREATE POLICY of_the_office ON declaration_version FOR SELECT TO haidang_app USING (left(customs_office_code, 4) = ANY (own_office_codes()));
{
    "".join(
        f"CREATE POLICY of_the_office ON {table} FOR SELECT TO haidang_app USING ({_of(table)}{_OFFICES});"
        for table in _TABLES
    )
}

-- Who proposed what, and why, is inside customs.
GRANT SELECT ON officer_act, proposal TO haidang_app;
{
    "".join(
        f'''
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_office ON {table} FOR SELECT TO haidang_app USING ({_of(table)}{_OFFICES});
CREATE POLICY everything ON {table} TO haidang_owner, haidang_auditor USING (true);'''
        for table in _INSIDE
    )
}

-- What was done with a declaration and by which message: everybody concerned sees it, but for what customs deliberates inside.
GRANT SELECT (shard_id, registered_month, declaration_id, journal_seq, message_id) ON message TO haidang_app;
CREATE POLICY among_officers ON journal_entry AS RESTRICTIVE FOR SELECT TO haidang_app USING (
    act NOT IN ({", ".join(f"'{act}'" for act in _AMONG_OFFICERS)}) OR {_of("journal_entry")}{_OFFICES});
ALTER TABLE message ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON message FOR SELECT TO haidang_app USING (EXISTS (
    SELECT FROM journal_entry e WHERE (e.shard_id, e.registered_month, e.declaration_id, e.journal_seq)
        = (message.shard_id, message.registered_month, message.declaration_id, message.journal_seq)));
CREATE POLICY everything ON message TO haidang_owner, haidang_auditor USING (true);

-- What is asked to be decided lies before the officers of the office from the beginning, whoever asks.
CREATE POLICY of_the_office ON revision FOR SELECT TO haidang_app USING ({_of("revision")}{_OFFICES});

-- An officer reads what came of serving an act, and never makes it: only a reader on the declarant's side is reached by it.
CREATE POLICY by_the_declarant ON service_event AS RESTRICTIVE FOR INSERT TO haidang_app
    WITH CHECK ({_of("service_event")} AND d.trader_code = ANY (own_trader_codes())));

-- A file of an office in which the officer holds no post is looked at for a reason, and each look is kept.
CREATE TABLE file_view (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    view_id uuid NOT NULL,
    officer_code text NOT NULL CHECK (officer_code <> ''),
    unit_code text NOT NULL CHECK (unit_code <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    viewed_at timestamptz NOT NULL DEFAULT legal_now(),
    PRIMARY KEY (shard_id, registered_month, declaration_id, view_id)
) PARTITION BY RANGE (registered_month);
CREATE INDEX file_view_of_officer ON file_view (officer_code, viewed_at);
GRANT SELECT ON file_view TO haidang_app, haidang_auditor;
GRANT INSERT (shard_id, registered_month, declaration_id, view_id, officer_code, unit_code, reason) ON file_view TO haidang_app;
ALTER TABLE file_view ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_office ON file_view TO haidang_app USING ({_of("file_view")}{_OFFICES})
    WITH CHECK ({_of("file_view")} AND left(d.customs_office_code, 4) = file_view.unit_code{_OFFICES});
CREATE POLICY everything ON file_view TO haidang_owner, haidang_auditor USING (true);

-- The queue of an office. Only what customs holds open is in it, so that a declaration without checks costs nothing.
CREATE INDEX condition_with_customs ON condition (due_at) WHERE closed_at IS NULL AND owner = 2;

-- Months that were made before this table.
SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{{6}}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{{6}}$') made;
"""  # noqa: S608  (the names of tables are those above)


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [
        ("clearance", "0003_revisions"),
        ("declarations", "0003_journal_of_its_own"),
        ("ledger", "0002_adjustments"),
        ("journal", "0003_service"),
        ("organisation", "0004_logins"),
    ]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
