"""The tariff in versions of the law book: codes, measures, controls."""

from django.db import migrations

SQL = """
-- A row belongs to the versions of the book from `book_from` up to, not including, `book_until`; NULL: it still stands.
-- Loading a version closes rows that it no longer says and adds those it says anew: a row that stays keeps its number.
CREATE TABLE tariff_code (
    hs8 text NOT NULL CHECK (hs8 ~ '^[0-9]{8}$'),
    name_vi text NOT NULL,
    unit_codes text[] NOT NULL,
    unit_printed text NOT NULL,
    corresponds_to text NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    schedule text NOT NULL,
    instrument text NOT NULL,
    verified boolean NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    PRIMARY KEY (hs8, valid_from, book_from),
    CONSTRAINT tariff_code_has_one_name_a_day EXCLUDE USING gist
        (hs8 WITH =, daterange(valid_from, valid_until) WITH &&, int4range(book_from, book_until) WITH &&),
    CONSTRAINT tariff_code_lives CHECK (valid_until > valid_from AND book_until > book_from)
);

CREATE TABLE tariff_measure (
    measure_id integer PRIMARY KEY,
    hs8 text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('duty', 'export', 'vat', 'special_consumption', 'environment', 'trade_remedy')),
    option_code text NOT NULL,
    alternative smallint NOT NULL,
    printed text NOT NULL,
    status text NOT NULL CHECK (status IN ('rate', 'withheld', 'quota', 'not_subject', 'not_listed', 'no_amount')),
    rate_bp integer CHECK (rate_bp >= 0),
    specific_e4 bigint NOT NULL CHECK (specific_e4 >= 0),
    currency_code text NOT NULL,
    unit_code text NOT NULL,
    excluded_countries text[] NOT NULL,
    own_rate_countries text[] NOT NULL,
    own_rates_bp integer[] NOT NULL,
    origins text[] NOT NULL,
    notes text NOT NULL,
    partly boolean NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    schedule text NOT NULL,
    instrument text NOT NULL,
    verified boolean NOT NULL,
    sample boolean NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    -- One key, one measure on any day in any version. The key (code, kind, option, alternative) goes in as one 64-bit hash, which halves the time of
    -- a load; two keys of one hash would be refused aloud, never mixed up.
    CONSTRAINT tariff_measure_says_one_thing_a_day EXCLUDE USING gist (
        hashtextextended(hs8 || ' ' || kind || ' ' || option_code, alternative) WITH =,
        daterange(valid_from, valid_until) WITH &&, int4range(book_from, book_until) WITH &&
    ),
    CONSTRAINT tariff_measure_lives CHECK (valid_until > valid_from AND book_until > book_from),
    CONSTRAINT tariff_measure_has_a_rate_or_says_why CHECK (
        (status IN ('rate', 'not_listed')) = (rate_bp IS NOT NULL OR specific_e4 > 0)
        AND (specific_e4 = 0) = (currency_code = '' AND unit_code = '')
        AND cardinality(own_rate_countries) = cardinality(own_rates_bp)
    )
);
CREATE INDEX tariff_measure_of_code ON tariff_measure (hs8);

CREATE TABLE tariff_control (
    control_id integer PRIMARY KEY,
    type_code text NOT NULL,
    type_name_vi text NOT NULL,
    effect text NOT NULL CHECK (
        effect IN ('permit', 'inspection', 'prohibition', 'place', 'regime', 'used', 'relief', 'watch')),
    agency text NOT NULL,
    instrument text NOT NULL,
    list_no text NOT NULL,
    verified boolean NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    CONSTRAINT tariff_control_stands_once EXCLUDE USING gist (
        type_code WITH =, agency WITH =, instrument WITH =, list_no WITH =, int4range(book_from, book_until) WITH &&
    ),
    CONSTRAINT tariff_control_lives CHECK (book_until > book_from)
);

CREATE TABLE tariff_controlled_code (
    hs8 text NOT NULL,
    control_id integer NOT NULL REFERENCES tariff_control,
    valid_from date NOT NULL,
    valid_until date,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    PRIMARY KEY (hs8, control_id, valid_from, book_from),
    CONSTRAINT tariff_controlled_code_is_named_once EXCLUDE USING gist (
        hs8 WITH =, control_id WITH =, daterange(valid_from, valid_until) WITH &&, int4range(book_from, book_until) WITH &&
    ),
    CONSTRAINT tariff_controlled_code_lives CHECK (valid_until > valid_from AND book_until > book_from)
);

GRANT SELECT ON tariff_code, tariff_measure, tariff_control, tariff_controlled_code
    TO haidang_ingest, haidang_app, haidang_report, haidang_auditor;
"""

UNDO = "DROP TABLE tariff_controlled_code, tariff_control, tariff_measure, tariff_code;"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    initial = True
    dependencies = [("reference", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
