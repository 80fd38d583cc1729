"""Declarations, their goods items with taxes, numbers, and drafts."""

from django.db import migrations

SQL = """
CREATE TABLE number_block (
    block_no bigint PRIMARY KEY,
    is_export boolean NOT NULL,
    shard_id smallint NOT NULL,
    writer_id smallint NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX number_block_of_writer ON number_block (writer_id, is_export, shard_id, block_no DESC);
GRANT SELECT, INSERT ON number_block TO haidang_ingest;
GRANT SELECT ON number_block TO haidang_app, haidang_auditor;

CREATE TABLE declaration_no (
    shard_id smallint NOT NULL,
    no11 bigint NOT NULL CHECK (no11 BETWEEN 10000000000 AND 99999999999),
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    PRIMARY KEY (shard_id, no11)
);

CREATE TABLE declaration (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    no11 bigint NOT NULL,
    amendment_no smallint NOT NULL CHECK (amendment_no BETWEEN 0 AND 9),
    kind_code text NOT NULL,
    is_export boolean NOT NULL,
    trader_code text NOT NULL,
    declarant_id integer NOT NULL,
    customs_office_code text NOT NULL,
    warehouse_code text NOT NULL,
    transport_mode_code text NOT NULL,
    transport_document_nos text[] NOT NULL,
    counterparty_name text NOT NULL,
    counterparty_country_code text NOT NULL,
    loading_place_code text NOT NULL,
    arrival_on date,
    package_count integer NOT NULL CHECK (package_count > 0),
    package_unit_code text NOT NULL,
    gross_mass_g bigint CHECK (gross_mass_g >= 0),
    invoice_no text NOT NULL,
    invoice_currency_code text NOT NULL,
    price_condition_code text NOT NULL,
    invoice_total_e4 bigint CHECK (invoice_total_e4 >= 0),
    payment_timing_code text NOT NULL,
    line_count smallint NOT NULL CHECK (line_count > 0),
    customs_value_vnd_e4 bigint NOT NULL CHECK (customs_value_vnd_e4 >= 0),
    import_duty_vnd bigint NOT NULL CHECK (import_duty_vnd >= 0),
    trade_remedy_vnd bigint NOT NULL CHECK (trade_remedy_vnd >= 0),
    special_consumption_vnd bigint NOT NULL CHECK (special_consumption_vnd >= 0),
    environment_vnd bigint NOT NULL CHECK (environment_vnd >= 0),
    value_added_vnd bigint NOT NULL CHECK (value_added_vnd >= 0),
    export_duty_vnd bigint NOT NULL CHECK (export_duty_vnd >= 0),
    book_version integer NOT NULL,
    registered_at timestamptz NOT NULL,
    ordinal smallint NOT NULL,
    channel smallint NOT NULL CHECK (channel BETWEEN 1 AND 3),
    state smallint NOT NULL CHECK (state BETWEEN 0 AND 13),
    journal_seq smallint NOT NULL,
    cleared_at timestamptz,
    PRIMARY KEY (shard_id, registered_month, declaration_id)
) PARTITION BY RANGE (registered_month);
CREATE INDEX declaration_of_trader ON declaration (shard_id, trader_code, registered_at);

CREATE TABLE goods_item (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    line_no smallint NOT NULL,
    commodity_code text NOT NULL,
    description text NOT NULL,
    origin_country_code text NOT NULL,
    tariff_schedule_code text NOT NULL,
    quantity_milli bigint NOT NULL CHECK (quantity_milli >= 0),
    unit_code text NOT NULL,
    invoice_value_e4 bigint CHECK (invoice_value_e4 >= 0),
    customs_value_vnd_e4 bigint NOT NULL CHECK (customs_value_vnd_e4 >= 0),
    duty_kind smallint,
    duty_base_vnd_e4 bigint,
    duty_rate_bp integer,
    duty_specific_vnd_e4 bigint,
    duty_quantity_milli bigint,
    duty_measure_id integer,
    duty_relieved_vnd_e4 bigint,
    duty_vnd_e4 bigint CHECK (duty_vnd_e4 >= 0),
    vat_base_vnd_e4 bigint,
    vat_rate_bp integer,
    vat_measure_id integer,
    vat_vnd_e4 bigint CHECK (vat_vnd_e4 >= 0),
    PRIMARY KEY (shard_id, registered_month, declaration_id, line_no)
) PARTITION BY RANGE (registered_month);

-- Duty and VAT stand on nearly every line and are columns of it; the other taxes, and VAT with relief, are rows here.
CREATE TABLE other_tax (
    shard_id smallint NOT NULL,
    registered_month integer NOT NULL,
    declaration_id uuid NOT NULL,
    line_no smallint NOT NULL,
    ordinal smallint NOT NULL,
    kind smallint NOT NULL,
    base_vnd_e4 bigint NOT NULL,
    rate_bp integer NOT NULL,
    specific_vnd_e4 bigint NOT NULL,
    quantity_milli bigint NOT NULL,
    measure_id integer NOT NULL,
    relieved_vnd_e4 bigint NOT NULL,
    amount_vnd_e4 bigint NOT NULL CHECK (amount_vnd_e4 >= 0),
    PRIMARY KEY (shard_id, registered_month, declaration_id, line_no, ordinal)
) PARTITION BY RANGE (registered_month);

CREATE TABLE draft (
    shard_id smallint NOT NULL,
    no11 bigint NOT NULL,
    trader_code text NOT NULL,
    sender_id integer NOT NULL,
    raw bytea NOT NULL,
    declared bytea NOT NULL,
    figures bytea NOT NULL,
    saved_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text NOT NULL DEFAULT '',
    PRIMARY KEY (shard_id, no11)
);
CREATE INDEX draft_open ON draft (expires_at) WHERE closed_at IS NULL;

GRANT SELECT, INSERT ON declaration_no, goods_item, other_tax TO haidang_ingest;
GRANT SELECT, INSERT ON declaration TO haidang_ingest;
GRANT UPDATE (state, journal_seq, channel, cleared_at, amendment_no) ON declaration TO haidang_ingest;
GRANT SELECT, INSERT ON draft TO haidang_ingest;
GRANT UPDATE (raw, declared, figures, saved_at, expires_at, closed_at, closed_by) ON draft TO haidang_ingest;
GRANT SELECT ON declaration_no, declaration, goods_item, other_tax TO haidang_app, haidang_report, haidang_auditor;
GRANT SELECT ON draft TO haidang_app, haidang_auditor;

ALTER TABLE declaration ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE goods_item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE other_tax ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE draft ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON declaration TO haidang_app USING (trader_code = ANY (own_trader_codes()));
ALTER TABLE declaration_no ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON declaration_no TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (declaration_no.shard_id, declaration_no.registered_month, declaration_no.declaration_id)));
CREATE POLICY everything ON declaration_no TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY own ON draft TO haidang_app USING (trader_code = ANY (own_trader_codes()));
CREATE POLICY own ON goods_item TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (goods_item.shard_id, goods_item.registered_month, goods_item.declaration_id)));
CREATE POLICY own ON other_tax TO haidang_app USING (EXISTS (
    SELECT FROM declaration d WHERE (d.shard_id, d.registered_month, d.declaration_id)
        = (other_tax.shard_id, other_tax.registered_month, other_tax.declaration_id)));
CREATE POLICY everything ON declaration TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON goods_item TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON other_tax TO haidang_owner, haidang_report, haidang_auditor USING (true);
CREATE POLICY everything ON draft TO haidang_owner, haidang_report, haidang_auditor USING (true);

-- One row per tax on a line, whatever way it is kept.
CREATE VIEW duty_tax_fee WITH (security_invoker = true) AS
    SELECT shard_id, registered_month, declaration_id, line_no, duty_kind AS kind, duty_base_vnd_e4 AS base_vnd_e4,
           duty_rate_bp AS rate_bp, duty_specific_vnd_e4 AS specific_vnd_e4, duty_quantity_milli AS quantity_milli,
           duty_measure_id AS measure_id, duty_relieved_vnd_e4 AS relieved_vnd_e4, duty_vnd_e4 AS amount_vnd_e4
    FROM goods_item WHERE duty_kind IS NOT NULL
    UNION ALL
    SELECT shard_id, registered_month, declaration_id, line_no, 5, vat_base_vnd_e4, vat_rate_bp, 0, 0, vat_measure_id, 0, vat_vnd_e4
    FROM goods_item WHERE vat_vnd_e4 IS NOT NULL
    UNION ALL
    SELECT shard_id, registered_month, declaration_id, line_no, kind, base_vnd_e4, rate_bp, specific_vnd_e4, quantity_milli,
           measure_id, relieved_vnd_e4, amount_vnd_e4
    FROM other_tax;
GRANT SELECT ON duty_tax_fee TO haidang_ingest, haidang_app, haidang_report, haidang_auditor;
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
