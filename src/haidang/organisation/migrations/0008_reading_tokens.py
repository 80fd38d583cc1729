"""Tokens of sessions that only read: for members who may not act, and taken by the lanes for receipts alone."""

from django.db import migrations

SQL = """
-- A session of any member gets a token that reads for the party, for hours at most. Opened once: ended, it stays ended.
CREATE FUNCTION open_reading_token(token bytea, person integer, party integer, lasting interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at timestamptz := legal_now();
BEGIN
    IF lasting NOT BETWEEN interval '1 second' AND interval '12 hours' THEN
        RAISE EXCEPTION 'a token of a session lasts 12 hours at most';
    END IF;
    INSERT INTO party_token (token_sha256, party_id, label, valid_from, valid_until)
    SELECT token, m.party_id, 'session that reads', at, at + lasting FROM party_member m
    WHERE m.person_id = person AND m.party_id = party AND tstzrange(m.valid_from, least(m.valid_until, m.revoked_at)) @> at
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('haidang_parties', 'session token');
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION open_reading_token(bytea, integer, integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_reading_token(bytea, integer, integer, interval) TO haidang_app;

-- The pages end both kinds of tokens of a session, and no other token.
CREATE OR REPLACE FUNCTION close_session_token(token bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE party_token SET revoked_at = legal_now()
    WHERE token_sha256 = token AND label IN ('session', 'session that reads') AND revoked_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('haidang_parties', 'session token');
    RETURN true;
END $$;
"""

UNDO = "DROP FUNCTION open_reading_token(bytea, integer, integer, interval);"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("organisation", "0007_conflicts"), ("parties", "0002_members")]
    operations = [migrations.RunSQL(SQL, UNDO)]
