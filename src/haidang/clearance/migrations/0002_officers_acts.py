"""What officers did: acts with the power behind each, proposals with maker and checker, questions, orders, findings of inspections."""

from django.db import migrations

SQL = """
CREATE TABLE officer_act (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    act text NOT NULL,
    officer_code text NOT NULL CHECK (officer_code <> ''),
    power_id integer NOT NULL,
    unit_code text NOT NULL,
    acted_at timestamptz NOT NULL,
    reason text NOT NULL,
    outside_reason text NOT NULL,
    channel_from smallint NOT NULL CHECK (channel_from BETWEEN 1 AND 3),
    channel_to smallint NOT NULL CHECK (channel_to BETWEEN 1 AND 3),
    proposal_no smallint,
    maker_code text,
    -- Less is checked only by the decision of a second person: no role can write an act that says otherwise.
    CHECK (channel_to >= channel_from OR act = 'approve'),
    CHECK ((act IN ('approve', 'refuse')) = (maker_code IS NOT NULL AND proposal_no IS NOT NULL)),
    CHECK (maker_code <> officer_code),
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq)
) PARTITION BY RANGE (registered_month);
CREATE INDEX officer_act_outside ON officer_act (acted_at) WHERE outside_reason <> '';

CREATE TABLE proposal (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    proposal_no smallint NOT NULL CHECK (proposal_no > 0),
    proposed_seq smallint NOT NULL,
    maker_code text NOT NULL CHECK (maker_code <> ''),
    proposed_at timestamptz NOT NULL,
    channel_to smallint NOT NULL CHECK (channel_to BETWEEN 1 AND 2),
    reason text NOT NULL CHECK (reason <> ''),
    decided_seq smallint,
    checker_code text,
    decided_at timestamptz,
    approved boolean,
    CHECK (checker_code <> maker_code),
    CHECK (num_nulls(decided_seq, checker_code, decided_at, approved) IN (0, 4)),
    CHECK (decided_at >= proposed_at),
    PRIMARY KEY (shard_id, registered_month, declaration_id, proposal_no)
) PARTITION BY RANGE (registered_month);
CREATE UNIQUE INDEX proposal_open ON proposal (shard_id, registered_month, declaration_id) WHERE decided_seq IS NULL;

CREATE TABLE question (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    question_no smallint NOT NULL CHECK (question_no > 0),
    asked_seq smallint NOT NULL,
    asked_by text NOT NULL CHECK (asked_by <> ''),
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    question text NOT NULL CHECK (question <> ''),
    answered_seq smallint,
    answered_by text,
    answered_at timestamptz,
    answer text,
    CHECK (num_nulls(answered_seq, answered_by, answered_at, answer) IN (0, 4)),
    CHECK (answered_at >= asked_at),
    PRIMARY KEY (shard_id, registered_month, declaration_id, question_no)
) PARTITION BY RANGE (registered_month);

CREATE TABLE inspection_order (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    place_code text NOT NULL,
    inspection_class text NOT NULL,
    container_nos text[] NOT NULL CHECK (cardinality(container_nos) <= 5),
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq)
) PARTITION BY RANGE (registered_month);

CREATE TABLE inspection_line (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    line_no smallint NOT NULL CHECK (line_no > 0),
    found_milli bigint NOT NULL CHECK (found_milli >= 0),
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq, line_no)
) PARTITION BY RANGE (registered_month);

CREATE TABLE inspection_evidence (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    journal_seq smallint NOT NULL,
    evidence_no smallint NOT NULL CHECK (evidence_no > 0),
    kind text NOT NULL CHECK (kind IN ('photo', 'sample')),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (shard_id, registered_month, declaration_id, journal_seq, evidence_no)
) PARTITION BY RANGE (registered_month);

GRANT SELECT, INSERT ON officer_act, proposal, question, inspection_order, inspection_line, inspection_evidence TO haidang_ingest;
GRANT UPDATE (decided_seq, checker_code, decided_at, approved) ON proposal TO haidang_ingest;
GRANT UPDATE (answered_seq, answered_by, answered_at, answer) ON question TO haidang_ingest;
GRANT SELECT ON officer_act, proposal, question, inspection_order, inspection_line, inspection_evidence TO haidang_auditor;
GRANT SELECT ON question, inspection_order, inspection_line TO haidang_app, haidang_report;

-- The trader reads what is asked and found about its own goods; who proposed what, and why, is inside customs.
ALTER TABLE question ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE inspection_order ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE inspection_line ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON question TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (question.shard_id, question.registered_month, question.declaration_id)));
CREATE POLICY own ON inspection_order TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (inspection_order.shard_id, inspection_order.registered_month, inspection_order.declaration_id)));
CREATE POLICY own ON inspection_line TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (inspection_line.shard_id, inspection_line.registered_month, inspection_line.declaration_id)));
CREATE POLICY everything ON question TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON inspection_order TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON inspection_line TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- For the auditor: who worked on a file that is none of their unit's daily work, and why.
CREATE VIEW outside_queue WITH (security_invoker = true) AS
    SELECT shard_id, registered_month, declaration_id, journal_seq, act, officer_code, unit_code, acted_at, outside_reason
    FROM officer_act WHERE outside_reason <> '';
GRANT SELECT ON outside_queue TO haidang_auditor;

-- Months that were made before these tables.
SELECT make_partitions(month) FROM (
    SELECT DISTINCT substring(relname from '[0-9]{6}$')::integer AS month FROM pg_class WHERE relname ~ '^declaration_[0-9]{6}$') made;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("clearance", "0001_initial"), ("organisation", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
