"""The reasons of one file's channel, for the officers of its office: by a function that answers about nothing else."""

from django.db import migrations

SQL = """
-- The pages still have no right on criteria or decisions. Names of criteria come out, their conditions and thresholds never do.
CREATE FUNCTION channel_reasons(shard smallint, month integer, id uuid)
RETURNS TABLE (decision_no smallint, decided_at timestamptz, channel smallint, reason text, criterion text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.decision_no, r.decided_at, r.channel, given.reason, coalesce(c.name, '')
    FROM risk_decision r
    JOIN declaration d USING (shard_id, registered_month, declaration_id)
    CROSS JOIN LATERAL unnest(r.reasons) WITH ORDINALITY AS given(reason, place)
    LEFT JOIN risk_criterion c ON c.version = r.criteria_version AND given.reason = 'criterion:' || c.criterion_id
    WHERE (r.shard_id, r.registered_month, r.declaration_id) = (shard, month, id)
      AND left(d.customs_office_code, 4) = ANY (own_office_codes())
    ORDER BY r.decision_no, given.place
$$;
REVOKE ALL ON FUNCTION channel_reasons(smallint, integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION channel_reasons(smallint, integer, uuid) TO haidang_app;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("risk", "0001_initial"), ("declarations", "0002_versions"), ("platform", "0002_login")]
    operations = [migrations.RunSQL(SQL, "DROP FUNCTION channel_reasons(smallint, integer, uuid)")]
