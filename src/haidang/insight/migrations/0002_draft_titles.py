"""Titles of drafts of the law book for the pages of those who ask for what-ifs."""

from django.db import migrations

SQL = """
-- Runs as who asks: on the pages row-level security shows them their own appointments alone. Who holds the power over the law is act 22.
CREATE FUNCTION may_change_law() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM appointment a JOIN unit_power p USING (post_id) WHERE p.act = 22
        AND tstzrange(a.valid_from, least(a.valid_until, a.revoked_at)) @> legal_now()
        AND tstzrange(p.valid_from, least(p.valid_until, p.revoked_at)) @> legal_now());
END $$;
CREATE VIEW law_draft_title WITH (security_barrier) AS SELECT draft_id, title FROM law_draft WHERE may_change_law();
GRANT SELECT ON law_draft_title TO haidang_app;
"""

UNDO = "DROP VIEW law_draft_title; DROP FUNCTION may_change_law();"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("insight", "0001_whatif_runs"), ("reference", "0003_drafts")]
    operations = [migrations.RunSQL(SQL, UNDO)]
