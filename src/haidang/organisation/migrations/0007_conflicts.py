"""Conflicts of interest of officers: a register that is only ever added to, and a note of each file that was kept from an officer by one."""

from django.db import migrations

SQL = """
-- Acts are numbered by the code alone; a number that it does not know is refused where it is read.
ALTER TABLE unit_power DROP CONSTRAINT unit_power_act_check, ADD CONSTRAINT unit_power_act_check CHECK (act > 0);

-- Each entry carries the digest of itself and of the entry before. Officers are named by code, as their acts name them.
CREATE TABLE officer_conflict_event (
    event_no    integer PRIMARY KEY CHECK (event_no > 0),
    event       text NOT NULL CHECK (event IN ('recorded', 'ended')),
    conflict_no integer NOT NULL CHECK (conflict_no > 0),
    officer_code text NOT NULL REFERENCES officer (code),
    party_code  text NOT NULL CHECK (party_code ~ '^([0-9]{10}|[0-9]{12}|[0-9]{13})$'),
    relation    text NOT NULL CHECK (relation IN ('family', 'ownership', 'employment', 'credit', 'other')),
    note        text NOT NULL CHECK (length(note) <= 600 AND (relation <> 'other' OR note <> '')),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz,
    recorded_by text NOT NULL REFERENCES officer (code),
    recorded_at timestamptz NOT NULL,
    digest      bytea NOT NULL CHECK (length(digest) = 32),
    UNIQUE (conflict_no, event),
    CHECK (valid_from < valid_until),
    -- An end is never dated back: what was refused while it held stays explained.
    CHECK (event <> 'ended' OR (valid_until >= recorded_at AND recorded_by <> officer_code)),
    -- The number of a conflict is that of the entry that recorded it.
    CHECK ((event = 'recorded') = (event_no = conflict_no))
);
CREATE INDEX officer_conflict_event_of_officer ON officer_conflict_event (officer_code);

-- Where the register ends: without it the last entries could be taken away unseen.
CREATE TABLE officer_conflict_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    event_no  integer NOT NULL,
    digest    bytea NOT NULL
);
INSERT INTO officer_conflict_head (event_no, digest) VALUES (0, '');

CREATE FUNCTION officer_conflict_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE officer_conflict_head SET event_no = NEW.event_no, digest = NEW.digest WHERE event_no = NEW.event_no - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entry % does not follow the last one of the register', NEW.event_no;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER officer_conflict_follows AFTER INSERT ON officer_conflict_event
    FOR EACH ROW EXECUTE FUNCTION officer_conflict_follows();

-- Whether an officer holds now, in a post, the power to record conflicts (act 19) of the officers of another officer's unit; nobody heads themselves.
CREATE FUNCTION may_record_conflicts_of(head text, other text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT head <> other AND EXISTS (
        SELECT FROM officer h JOIN appointment a USING (officer_id) JOIN unit_power p USING (post_id) JOIN officer o ON o.unit_id = p.unit_id
        CROSS JOIN (SELECT legal_now()) AS now(at)
        WHERE h.code = head AND o.code = other AND p.act = 19
          AND tstzrange(a.valid_from, least(a.valid_until, a.revoked_at)) @> now.at
          AND tstzrange(p.valid_from, least(p.valid_until, p.revoked_at)) @> now.at)
$$;
REVOKE ALL ON FUNCTION may_record_conflicts_of(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION may_record_conflicts_of(text, text) TO haidang_app;

GRANT SELECT ON officer_conflict_event TO haidang_ingest, haidang_app, haidang_auditor;
GRANT INSERT ON officer_conflict_event TO haidang_app;
GRANT SELECT ON officer_conflict_head TO haidang_app, haidang_auditor;
ALTER TABLE officer_conflict_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON officer_conflict_event FOR SELECT TO haidang_app USING (
    EXISTS (SELECT FROM officer o WHERE o.code IN (officer_code, recorded_by)));
CREATE POLICY recorded ON officer_conflict_event FOR INSERT TO haidang_app WITH CHECK (
    EXISTS (SELECT FROM officer o WHERE o.code = recorded_by)
    AND ((event = 'recorded' AND officer_code = recorded_by) OR may_record_conflicts_of(recorded_by, officer_code)));
CREATE POLICY everything ON officer_conflict_event TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);

-- Each time a file was kept from an officer by a conflict: asked for on a page (view), or acted on by a message.
CREATE TABLE conflict_refusal (
    refusal_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conflict_no integer NOT NULL,
    officer_code text NOT NULL CHECK (officer_code <> ''),
    number      text NOT NULL CHECK (number <> ''),
    act         text NOT NULL CHECK (act <> ''),
    refused_at  timestamptz NOT NULL DEFAULT legal_now()
);
GRANT SELECT ON conflict_refusal TO haidang_auditor;
GRANT INSERT (conflict_no, officer_code, number, act) ON conflict_refusal TO haidang_ingest, haidang_app;
ALTER TABLE conflict_refusal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON conflict_refusal FOR INSERT TO haidang_app WITH CHECK (EXISTS (SELECT FROM officer o WHERE o.code = officer_code));
CREATE POLICY everything ON conflict_refusal TO haidang_owner, haidang_auditor USING (true) WITH CHECK (true);
"""

UNDO = """
DROP TABLE conflict_refusal, officer_conflict_event, officer_conflict_head;
DROP FUNCTION may_record_conflicts_of(text, text);
DROP FUNCTION officer_conflict_follows();
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("organisation", "0006_parcel_holds")]
    operations = [migrations.RunSQL(SQL, UNDO)]
