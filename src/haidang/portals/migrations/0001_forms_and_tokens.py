"""What a member of a party does on the pages: forms filled in and not sent yet, and the token that messages of a session go with."""

from django.db import migrations

SQL = """
-- A form is nobody's business but the person's: it is no act, and gone when it is sent or thrown away.
CREATE TABLE saved_form (
    form_id   uuid PRIMARY KEY,
    person_id integer NOT NULL CHECK (person_id > 0),
    party_id  integer NOT NULL REFERENCES party,
    purpose   text NOT NULL CHECK (purpose IN ('lodge', 'amend', 'amend_cleared', 'supplement')),
    -- What it amends, 12 digits; nothing for a new declaration.
    declaration_no text NOT NULL CHECK (declaration_no ~ '^([0-9]{12})?$'),
    -- The declaration as JSON of /api/v1, complete or not.
    content   text NOT NULL CHECK (octet_length(content) BETWEEN 2 AND 5000000),
    -- What a list of forms shows of it.
    title     text NOT NULL CHECK (length(title) <= 200),
    -- The number under which its taxes were last tried (IDA, EDA).
    draft_no  text NOT NULL DEFAULT '' CHECK (draft_no ~ '^([0-9]{12})?$'),
    made_at   timestamptz NOT NULL DEFAULT legal_now(),
    saved_at  timestamptz NOT NULL DEFAULT legal_now(),
    CHECK ((purpose = 'lodge') = (declaration_no = ''))
);
CREATE INDEX saved_form_of_person ON saved_form (person_id, saved_at);
GRANT SELECT, INSERT, UPDATE (content, title, draft_no, saved_at), DELETE ON saved_form TO haidang_app;
ALTER TABLE saved_form ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON saved_form TO haidang_app USING (person_id = own_person_id()) WITH CHECK (person_id = own_person_id());
CREATE POLICY everything ON saved_form TO haidang_owner USING (true) WITH CHECK (true);

-- A session of a member gets a token of the party, for hours at most, when the member may act for it now. Opened once: ended, it stays ended.
CREATE FUNCTION open_member_token(token bytea, person integer, party integer, lasting interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at timestamptz := legal_now();
BEGIN
    IF lasting NOT BETWEEN interval '1 second' AND interval '12 hours' THEN
        RAISE EXCEPTION 'a token of a session lasts 12 hours at most';
    END IF;
    INSERT INTO party_token (token_sha256, party_id, label, valid_from, valid_until)
    SELECT token, m.party_id, 'session', at, at + lasting FROM party_member m
    WHERE m.person_id = person AND m.party_id = party AND m.role IN ('manager', 'declarant')
      AND tstzrange(m.valid_from, least(m.valid_until, m.revoked_at)) @> at
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('haidang_parties', 'session token');
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION open_member_token(bytea, integer, integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_member_token(bytea, integer, integer, interval) TO haidang_app;
"""

UNDO = "DROP FUNCTION open_member_token(bytea, integer, integer, interval); DROP TABLE saved_form;"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("parties", "0002_members"), ("organisation", "0004_logins")]
    operations = [migrations.RunSQL(SQL, UNDO)]
