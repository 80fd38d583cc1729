"""Each row of a profile carries a digest of what it was recorded as and of the row before."""

from typing import Any

from django.db import migrations

from haidang.journal.rules import digest

ADD = """
-- Until when it was said to stand; `valid_until` is earlier once a later row ended it.
ALTER TABLE party_profile ADD COLUMN said_until date, ADD COLUMN digest bytea CHECK (octet_length(digest) = 32);
UPDATE party_profile SET said_until = valid_until;
"""
REQUIRE = "ALTER TABLE party_profile ALTER COLUMN digest SET NOT NULL;"


def seal(_: Any, schema: Any) -> None:
    """Seal the rows that are there, in the order of their numbers."""
    previous = b""
    with schema.connection.cursor() as cursor:
        cursor.execute(
            "SELECT profile_id, party_id, aspect, code, valid_from, said_until, source, verified FROM party_profile ORDER BY 1"
        )
        for row in cursor.fetchall():
            previous = digest((previous, tuple(row)))
            cursor.execute("UPDATE party_profile SET digest = %s WHERE profile_id = %s", (previous, row[0]))


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("parties", "0003_profiles")]
    operations = [
        migrations.RunSQL(ADD, "ALTER TABLE party_profile DROP COLUMN digest, DROP COLUMN said_until;"),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RunSQL(REQUIRE, migrations.RunSQL.noop),
    ]
