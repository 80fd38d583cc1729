"""A reading by customs names the officer, and the reason when the document is on no file of the officer's own office."""

from django.db import migrations

SQL = """
-- Empty for what was read before: its digest covers what it covered.
ALTER TABLE document_reading ADD COLUMN officer_code text NOT NULL DEFAULT '', ADD COLUMN reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 600);
DROP FUNCTION open_document(smallint, bigint, integer);
CREATE FUNCTION open_document(of_shard smallint, of_ordinal bigint, reader integer, officer text, why text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    its document;
    last document_reading;
    instant timestamptz;
    no integer;
    found_content bytea;
BEGIN
    IF officer = '' THEN
        RAISE EXCEPTION 'a reading names its officer';
    END IF;
    SELECT * INTO its FROM document d WHERE (d.shard_id, d.ordinal) = (of_shard, of_ordinal) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO last FROM document_reading r WHERE (r.shard_id, r.ordinal) = (of_shard, of_ordinal) ORDER BY r.reading_no DESC LIMIT 1;
    instant := greatest(legal_now(), last.read_at, its.given_at);
    no := coalesce(last.reading_no, 0) + 1;
    INSERT INTO document_reading (shard_id, ordinal, reading_no, reader_id, read_at, digest, officer_code, reason)
    VALUES (of_shard, of_ordinal, no, reader, instant, sha256(coalesce(last.digest, its.digest) || convert_to(
        concat_ws('/', of_shard, of_ordinal, no, reader, to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), officer, why),
        'UTF8')), officer, why);
    SELECT c.content INTO found_content FROM document_content c WHERE (c.shard_id, c.ordinal) = (of_shard, of_ordinal);
    RETURN found_content;
END $$;
REVOKE ALL ON FUNCTION open_document(smallint, bigint, integer, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_document(smallint, bigint, integer, text, text) TO haidang_report;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
