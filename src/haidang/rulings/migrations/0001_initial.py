"""Applications for advance rulings, their steps, and the rulings issued."""

from django.db import migrations

SQL = """
CREATE TABLE ruling_number (
    series text NOT NULL CHECK (series IN ('application', 'ruling')),
    year smallint NOT NULL,
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (series, year)
);
CREATE TABLE ruling_file (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    file_id uuid NOT NULL,
    application_no text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    trader_code text NOT NULL,
    applicant_id integer NOT NULL,
    goods_name text NOT NULL CHECK (goods_name <> ''),
    goods_mark text NOT NULL,
    lot text NOT NULL CHECK (kind <> 2 OR lot <> ''),
    commodity_code text NOT NULL,
    value_method text NOT NULL,
    origin_country_code text NOT NULL,
    submitted_at timestamptz NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 9),
    journal_seq smallint NOT NULL CHECK (journal_seq > 0),
    due_at timestamptz,
    last_at timestamptz NOT NULL,
    complete_at timestamptz,
    is_complex boolean NOT NULL DEFAULT false,
    review_at timestamptz,
    proposal_seq smallint,
    PRIMARY KEY (shard_id, registered_month, file_id),
    UNIQUE (shard_id, application_no)
);
CREATE TABLE ruling_step (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    file_id uuid NOT NULL,
    journal_seq smallint NOT NULL CHECK (journal_seq > 0),
    act text NOT NULL,
    by_code text NOT NULL CHECK (by_code <> ''),
    power_id integer NOT NULL,
    acted_at timestamptz NOT NULL,
    text text NOT NULL,
    outcome text NOT NULL,
    commodity_code text NOT NULL,
    value_method text NOT NULL,
    origin_country_code text NOT NULL,
    valid_until date,
    documents text[] NOT NULL,
    PRIMARY KEY (shard_id, registered_month, file_id, journal_seq)
);
CREATE TABLE ruling (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    file_id uuid NOT NULL,
    issued_seq smallint NOT NULL,
    ruling_no text NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    trader_code text NOT NULL,
    goods_name text NOT NULL,
    goods_mark text NOT NULL,
    lot text NOT NULL,
    commodity_code text NOT NULL CHECK (kind <> 1 OR commodity_code <> ''),
    value_method text NOT NULL CHECK (kind <> 2 OR value_method <> ''),
    origin_country_code text NOT NULL CHECK (kind <> 3 OR origin_country_code <> ''),
    issued_at timestamptz NOT NULL,
    valid_until date NOT NULL,
    ended_at timestamptz,
    ended_seq smallint,
    end_reason text NOT NULL DEFAULT '' CHECK (end_reason IN ('', 'replace', 'cancel', 'end_by_law')),
    replaced_by text NOT NULL DEFAULT '',
    PRIMARY KEY (shard_id, ruling_no),
    UNIQUE (shard_id, registered_month, file_id, issued_seq),
    CHECK ((ended_at IS NULL) = (ended_seq IS NULL) AND (ended_at IS NULL) = (end_reason = '')),
    CHECK ((end_reason = 'replace') = (replaced_by <> '')),
    CHECK (ended_at > issued_at)
);
CREATE INDEX ruling_of_trader ON ruling (shard_id, trader_code);
-- Of one file one ruling stands at a time.
CREATE UNIQUE INDEX ruling_standing ON ruling (shard_id, registered_month, file_id) WHERE ended_at IS NULL;

-- What everybody may read, whoever asks: no trader, no lot, no mark. A value ruled for one lot is published to nobody else.
CREATE FUNCTION ruling_published(at timestamptz, "on" date) RETURNS TABLE (
    ruling_no text, kind smallint, goods_name text, commodity_code text, origin_country_code text, issued_at timestamptz, valid_until date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT r.ruling_no, r.kind, r.goods_name, r.commodity_code, r.origin_country_code, r.issued_at, r.valid_until FROM ruling r
    WHERE r.kind <> 2 AND r.issued_at <= at AND (r.ended_at IS NULL OR r.ended_at > at) AND r.valid_until > "on"
    ORDER BY r.issued_at DESC, r.ruling_no DESC
$$;
REVOKE ALL ON FUNCTION ruling_published FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ruling_published TO haidang_app, haidang_report, haidang_auditor, haidang_ingest;

GRANT SELECT, INSERT ON ruling_number, ruling_file, ruling_step, ruling TO haidang_ingest;
GRANT UPDATE (last) ON ruling_number TO haidang_ingest;
GRANT UPDATE (state, journal_seq, due_at, last_at, complete_at, is_complex, review_at, proposal_seq) ON ruling_file TO haidang_ingest;
GRANT UPDATE (ended_at, ended_seq, end_reason, replaced_by) ON ruling TO haidang_ingest;
GRANT SELECT ON ruling_file, ruling_step, ruling TO haidang_app, haidang_report, haidang_auditor;
ALTER TABLE ruling_file ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ruling_step ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ruling ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON ruling_file TO haidang_app USING (trader_code = ANY (own_trader_codes()));
CREATE POLICY own ON ruling TO haidang_app USING (trader_code = ANY (own_trader_codes()));
CREATE POLICY own ON ruling_step TO haidang_app USING (EXISTS (
    SELECT FROM ruling_file f WHERE (f.shard_id, f.registered_month, f.file_id)
        = (ruling_step.shard_id, ruling_step.registered_month, ruling_step.file_id)));
-- Rulings are no matter of one office: officers of any read them; what they may do with one, their powers say.
CREATE POLICY of_an_office ON ruling_file FOR SELECT TO haidang_app USING (own_office_codes() <> '{}');
CREATE POLICY of_an_office ON ruling FOR SELECT TO haidang_app USING (own_office_codes() <> '{}');
CREATE POLICY everything ON ruling_file TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON ruling_step TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON ruling TO haidang_owner, haidang_report, haidang_auditor USING (true);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. Steps are only ever added to; a ruling is changed once, when it ends."""

    initial = True
    dependencies = [("platform", "0002_login"), ("declarations", "0001_initial"), ("organisation", "0007_conflicts")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
