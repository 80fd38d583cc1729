"""Mandates name customs offices, and each carries a digest of what was granted and when it was revoked, chained to the one before."""

from typing import Any

from django.db import migrations

from haidang.journal.rules import digest

ADD = """
-- A set of office codes as a set of numbers: core GiST classes compare those, so that no two mandates hold for the same office at the same time.
CREATE FUNCTION mandate_covers(offices text[]) RETURNS int8multirange LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog AS $$
    SELECT CASE WHEN cardinality(offices) = 0 THEN '{(,)}'::int8multirange ELSE (
        SELECT range_agg(int8range(number, number, '[]')) FROM (
            SELECT ('x' || lpad(encode(convert_to(office, 'UTF8'), 'hex'), 16, '0'))::bit(64)::bigint AS number
            FROM unnest(offices) AS office) AS numbered) END
$$;
ALTER TABLE mandate
    ADD COLUMN offices text[] NOT NULL DEFAULT '{}'
        CHECK (array_position(offices, NULL) IS NULL AND array_to_string(offices, ',') ~ '^([0-9A-Z]{1,7}(,[0-9A-Z]{1,7})*)?$'),
    ADD COLUMN digest bytea CHECK (octet_length(digest) = 32),
    ADD COLUMN revoked_digest bytea CHECK (octet_length(revoked_digest) = 32),
    DROP CONSTRAINT mandate_overlaps,
    ADD CONSTRAINT mandate_overlaps EXCLUDE USING gist (
        int4range(grantor_id, grantor_id, '[]') WITH &&,
        int4range(agent_id, agent_id, '[]') WITH &&,
        int4range(scope, scope, '[]') WITH &&,
        mandate_covers(offices) WITH &&,
        tstzrange(valid_from, least(valid_until, revoked_at)) WITH &&
    );
"""
REQUIRE = """
ALTER TABLE mandate ALTER COLUMN digest SET NOT NULL, ADD CONSTRAINT mandate_end_is_sealed CHECK ((revoked_at IS NULL) = (revoked_digest IS NULL));
"""
UNDO = """
ALTER TABLE mandate DROP CONSTRAINT mandate_overlaps, ADD CONSTRAINT mandate_overlaps EXCLUDE USING gist (
        int4range(grantor_id, grantor_id, '[]') WITH &&,
        int4range(agent_id, agent_id, '[]') WITH &&,
        int4range(scope, scope, '[]') WITH &&,
        tstzrange(valid_from, least(valid_until, revoked_at)) WITH &&
    );
ALTER TABLE mandate DROP COLUMN revoked_digest, DROP COLUMN digest, DROP COLUMN offices;
DROP FUNCTION mandate_covers(text[]);
"""


def seal(_: Any, schema: Any) -> None:
    """Seal the rows that are there, in the order of their numbers: they name no office."""
    previous = b""
    with schema.connection.cursor() as cursor:
        cursor.execute(
            "SELECT mandate_id, grantor_id, agent_id, scope, valid_from, valid_until, revoked_at FROM mandate ORDER BY 1"
        )
        for *granted, revoked_at in cursor.fetchall():
            previous = digest((previous, (*granted, [])))
            ended = digest((previous, revoked_at)) if revoked_at is not None else None
            cursor.execute(
                "UPDATE mandate SET digest = %s, revoked_digest = %s WHERE mandate_id = %s",
                (previous, ended, granted[0]),
            )


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("parties", "0004_sealed_profiles")]
    operations = [
        migrations.RunSQL(ADD, UNDO),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RunSQL(REQUIRE, "ALTER TABLE mandate DROP CONSTRAINT mandate_end_is_sealed;"),
    ]
