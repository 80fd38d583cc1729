"""Documents with their bytes, and the log of readings by customs."""

from django.db import migrations

SQL = """
-- How many documents a shard was given, and the digest of the last: locked while one is added, so that numbers have no gap and digests one chain.
CREATE TABLE document_series (
    shard_id smallint PRIMARY KEY,
    given bigint NOT NULL DEFAULT 0 CHECK (given >= 0),
    last_digest bytea NOT NULL DEFAULT '',
    last_at timestamptz NOT NULL DEFAULT '-infinity'
);

CREATE TABLE document (
    shard_id smallint NOT NULL,
    ordinal bigint NOT NULL CHECK (ordinal > 0),
    giver_id integer NOT NULL,
    trader_code text NOT NULL,
    type_code text NOT NULL,
    media_type text NOT NULL,
    file_name text NOT NULL,
    facts text NOT NULL,
    size_bytes integer NOT NULL CHECK (size_bytes > 0),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    given_at timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (shard_id, ordinal),
    CONSTRAINT the_same_bytes_once UNIQUE (shard_id, trader_code, giver_id, sha256)
);

-- Apart from the facts, so that rights on one are not rights on the other. As given: not compressed a second time.
CREATE TABLE document_content (
    shard_id smallint NOT NULL,
    ordinal bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (shard_id, ordinal),
    FOREIGN KEY (shard_id, ordinal) REFERENCES document (shard_id, ordinal)
);
ALTER TABLE document_content ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE document_reading (
    shard_id smallint NOT NULL,
    ordinal bigint NOT NULL,
    reading_no integer NOT NULL CHECK (reading_no > 0),
    reader_id integer NOT NULL,
    read_at timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (shard_id, ordinal, reading_no),
    FOREIGN KEY (shard_id, ordinal) REFERENCES document (shard_id, ordinal)
);

GRANT SELECT, INSERT, UPDATE ON document_series TO haidang_ingest;
GRANT SELECT, INSERT ON document, document_content TO haidang_ingest;
GRANT SELECT ON document, document_content TO haidang_app;
GRANT SELECT ON document, document_reading TO haidang_report;
GRANT SELECT ON document_series, document, document_content, document_reading TO haidang_auditor;

-- Who gave it, and the trader it was given for (with the agents who hold its mandate: their transaction shows the codes of whom they act for).
ALTER TABLE document ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON document TO haidang_app USING (trader_code = ANY (own_trader_codes()) OR giver_id = own_party_id());
CREATE POLICY everything ON document TO haidang_owner, haidang_report, haidang_auditor USING (true);
ALTER TABLE document_content ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON document_content TO haidang_app USING (EXISTS (
    SELECT FROM document d WHERE (d.shard_id, d.ordinal) = (document_content.shard_id, document_content.ordinal)));
CREATE POLICY everything ON document_content TO haidang_owner, haidang_auditor USING (true);
ALTER TABLE document_reading ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON document_reading TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- The one way in which customs gets the bytes: there are none without an entry in the log, in the same transaction.
CREATE FUNCTION open_document(of_shard smallint, of_ordinal bigint, reader integer) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    its document;
    last document_reading;
    instant timestamptz;
    no integer;
    found_content bytea;
BEGIN
    SELECT * INTO its FROM document d WHERE (d.shard_id, d.ordinal) = (of_shard, of_ordinal) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO last FROM document_reading r WHERE (r.shard_id, r.ordinal) = (of_shard, of_ordinal) ORDER BY r.reading_no DESC LIMIT 1;
    instant := greatest(legal_now(), last.read_at, its.given_at);
    no := coalesce(last.reading_no, 0) + 1;
    INSERT INTO document_reading VALUES (of_shard, of_ordinal, no, reader, instant, sha256(coalesce(last.digest, its.digest) || convert_to(
        concat_ws('/', of_shard, of_ordinal, no, reader, to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8')));
    SELECT c.content INTO found_content FROM document_content c WHERE (c.shard_id, c.ordinal) = (of_shard, of_ordinal);
    RETURN found_content;
END $$;
REVOKE ALL ON FUNCTION open_document(smallint, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_document(smallint, bigint, integer) TO haidang_report;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Documents, bytes and readings are never updated or deleted; nobody is granted to."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
