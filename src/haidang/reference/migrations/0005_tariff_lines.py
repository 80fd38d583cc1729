"""Rates of single commodity codes that an instrument gives ahead of the schedules as issued: tariff lines, in versions of the law book."""

from django.db import migrations

SQL = """
CREATE TABLE law_tariff_line (
    commodity_code text NOT NULL CHECK (commodity_code ~ '^[0-9]{8}$'),
    schedule_code text NOT NULL CHECK (schedule_code <> ''),
    valid daterange NOT NULL CHECK (NOT isempty(valid) AND NOT lower_inf(valid)),
    rate text NOT NULL,
    specific_e4 bigint NOT NULL CHECK (specific_e4 >= 0),
    currency_code text NOT NULL,
    unit_code text NOT NULL,
    instrument text NOT NULL,
    article text NOT NULL,
    verified boolean NOT NULL,
    note text NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    CONSTRAINT law_tariff_line_says_something CHECK (rate <> '' OR specific_e4 > 0),
    CONSTRAINT law_tariff_line_lives CHECK (book_until > book_from),
    CONSTRAINT law_tariff_line_says_one_thing_a_day EXCLUDE USING gist
        (commodity_code WITH =, schedule_code WITH =, valid WITH &&, int4range(book_from, book_until) WITH &&)
);
GRANT SELECT ON law_tariff_line TO haidang_ingest, haidang_app, haidang_report, haidang_auditor;
"""

UNDO = "DROP TABLE law_tariff_line;"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("reference", "0004_one_chain_of_drafts")]
    operations = [migrations.RunSQL(SQL, UNDO)]
