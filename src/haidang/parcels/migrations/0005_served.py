"""Operators read the journal of their lists as far as it is served, and what came of serving it, as traders do with declarations."""

from django.db import migrations

_OF_A_LIST = """EXISTS (SELECT FROM parcel_list l WHERE (l.shard_id, l.registered_month, l.declaration_id)
    = ({table}.shard_id, {table}.registered_month, {table}.declaration_id){more})"""


def _list_of(table: str, more: str = "") -> str:
    return _OF_A_LIST.format(table=table, more=more)


SQL = f"""
CREATE POLICY of_a_list ON journal_entry FOR SELECT TO haidang_app USING ({_list_of("journal_entry")});
CREATE POLICY of_a_list ON service_event TO haidang_app USING ({_list_of("service_event")});

-- What one officer proposes to another about a parcel stays among officers.
CREATE POLICY parcels_among_officers ON journal_entry AS RESTRICTIVE FOR SELECT TO haidang_app USING (
    act <> 'PARCEL_ACT:propose_cancellation' OR {_list_of("journal_entry", " AND left(l.customs_office_code, 4) = ANY (own_office_codes())")});

-- Only a reader on the operator's side is reached by what was served about a list.
DO $$
DECLARE
    declared text;
BEGIN
    SELECT with_check INTO STRICT declared FROM pg_policies WHERE tablename = 'service_event' AND policyname = 'by_the_declarant';
    EXECUTE 'ALTER POLICY by_the_declarant ON service_event WITH CHECK ((' || declared || $policy$) OR
        {_list_of("service_event", " AND l.operator_code = ANY (own_trader_codes())")})$policy$;
END $$;
"""  # noqa: S608  (the names of tables are those above)


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("parcels", "0004_cancelled_by_two"), ("clearance", "0004_files_on_pages")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
