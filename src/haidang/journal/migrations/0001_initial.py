"""Inbox, messages as received, journal entries, outbox."""

from django.db import migrations

SQL = """
CREATE TABLE inbox (
    shard_id smallint NOT NULL,
    sender_id integer NOT NULL,
    trader_code text NOT NULL,
    message_id text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    status smallint NOT NULL,
    answer bytea NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (shard_id, sender_id, trader_code, message_id)
);
ALTER TABLE inbox SET (toast_tuple_target = 8160);
ALTER TABLE inbox ALTER COLUMN answer SET STORAGE EXTERNAL;

CREATE TABLE message (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    sender_id integer NOT NULL,
    message_id text NOT NULL,
    certificate_sha256 bytea NOT NULL,
    signature text NOT NULL,
    raw bytea NOT NULL,
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq)
) PARTITION BY RANGE (registered_month);
ALTER TABLE message ALTER COLUMN raw SET STORAGE EXTERNAL;

CREATE TABLE journal_entry (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    act text NOT NULL,
    actor_id integer NOT NULL,
    acted_at timestamptz NOT NULL,
    states smallint[] NOT NULL,
    book_version integer NOT NULL,
    writer_id smallint NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq)
) PARTITION BY RANGE (registered_month);

CREATE TABLE outbox (
    shard_id smallint NOT NULL,
    outbox_id uuid NOT NULL,
    recipient_id integer NOT NULL,
    topic text NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    next_at timestamptz,
    delivered_at timestamptz,
    PRIMARY KEY (shard_id, outbox_id)
);
CREATE INDEX outbox_due ON outbox (next_at) WHERE delivered_at IS NULL;

GRANT SELECT, INSERT ON inbox, message, journal_entry TO haidang_ingest;
GRANT SELECT, INSERT, UPDATE ON outbox TO haidang_ingest;
GRANT SELECT ON inbox, message, journal_entry, outbox TO haidang_auditor;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Nothing here may be updated or deleted but the outbox's delivery marks."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
