"""What is asked to be decided about a declaration: amendments after clearance, assessments ex officio, cancellations; each with its own number."""

from django.db import migrations

SQL = """
CREATE TABLE revision (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    revision_no smallint NOT NULL CHECK (revision_no > 0),
    kind text NOT NULL CHECK (kind IN ('amendment', 'assessment', 'cancellation')),
    register_no bigint NOT NULL,
    asked_seq smallint NOT NULL,
    asked_by text NOT NULL CHECK (asked_by <> ''),
    asked_at timestamptz NOT NULL,
    code text NOT NULL CHECK (code <> ''),
    reason text NOT NULL,
    was_vnd bigint NOT NULL CHECK (was_vnd >= 0),
    wanted_vnd bigint NOT NULL CHECK (wanted_vnd >= 0),
    free_until date,
    decided_seq smallint,
    decided_by text,
    decided_at timestamptz,
    accepted boolean,
    decision text,
    CHECK ((kind = 'amendment') = (free_until IS NOT NULL)),
    CHECK (num_nulls(decided_seq, decided_by, decided_at, accepted, decision) IN (0, 5)),
    CHECK (decided_seq > asked_seq AND decided_at >= asked_at),
    -- What an officer proposes another officer decides: no role can write it otherwise.
    CHECK (kind = 'amendment' OR decided_by <> asked_by),
    PRIMARY KEY (shard_id, registered_month, declaration_id, revision_no)
) PARTITION BY RANGE (registered_month);
-- One at a time: of two that are asked at once the second is told of the first.
CREATE UNIQUE INDEX revision_open ON revision (shard_id, registered_month, declaration_id) WHERE decided_seq IS NULL;

-- Numbers given in each shard without gap, in the transaction that uses them. Where each leads to.
CREATE TABLE revision_no (
    shard_id smallint NOT NULL,
    register_no bigint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    PRIMARY KEY (shard_id, register_no)
);

-- Acts in which a second officer stands behind another one name that one.
ALTER TABLE officer_act DROP CONSTRAINT officer_act_check1, ADD CONSTRAINT officer_act_second CHECK (
    (act IN ('approve', 'refuse', 'approve_assessment', 'refuse_assessment', 'approve_cancellation', 'refuse_cancellation'))
    = (maker_code IS NOT NULL AND proposal_no IS NOT NULL));

SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;

GRANT SELECT, INSERT ON revision, revision_no TO haidang_ingest;
GRANT UPDATE (decided_seq, decided_by, decided_at, accepted, decision) ON revision TO haidang_ingest;
GRANT SELECT ON revision TO haidang_app, haidang_report, haidang_auditor;
GRANT SELECT ON revision_no TO haidang_report, haidang_auditor;
ALTER TABLE revision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- What officers propose is inside customs until it is decided that it happens.
CREATE POLICY own ON revision TO haidang_app USING ((kind = 'amendment' OR accepted) AND EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (revision.shard_id, revision.registered_month, revision.declaration_id)));
CREATE POLICY everything ON revision TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. A decision is written once; nothing is deleted."""

    dependencies = [("clearance", "0002_officers_acts"), ("organisation", "0002_later_acts")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
