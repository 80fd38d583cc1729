"""The law book in versions: instruments, parameters, holidays, code lists; and weekly exchange rates."""

from django.db import migrations

SQL = """
CREATE TABLE law_book_version (
    version integer PRIMARY KEY CHECK (version > 0),
    loaded_at timestamptz NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    note text NOT NULL
);

-- A row belongs to the versions of the book from `book_from` up to, not including, `book_until`; NULL: it still stands.
-- `valid` is the period in which the law says it: its first day is in, the day it ends is out. Nothing is ever deleted.
CREATE TABLE law_instrument (
    number text NOT NULL,
    kind text NOT NULL,
    title_vi text NOT NULL,
    issuer text NOT NULL,
    issued_on date,
    in_force_from date,
    in_force_until date,
    suspended_from date,
    suspended_until date,
    verified boolean NOT NULL,
    source text NOT NULL,
    note text NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    PRIMARY KEY (number, book_from),
    CONSTRAINT law_instrument_lives CHECK (
        book_until > book_from AND in_force_until > in_force_from AND suspended_until > suspended_from
        AND (suspended_until IS NULL OR suspended_from IS NOT NULL)
    ),
    CONSTRAINT law_instrument_stands_once EXCLUDE USING gist (number WITH =, int4range(book_from, book_until) WITH &&)
);

CREATE TABLE law_parameter (
    name text NOT NULL,
    value bigint NOT NULL,
    unit text NOT NULL,
    valid daterange NOT NULL CHECK (NOT isempty(valid)),
    instrument text NOT NULL,
    article text NOT NULL,
    verified boolean NOT NULL,
    note text NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    CONSTRAINT law_parameter_lives CHECK (book_until > book_from),
    CONSTRAINT law_parameter_says_one_thing_a_day EXCLUDE USING gist
        (name WITH =, valid WITH &&, int4range(book_from, book_until) WITH &&)
);

CREATE TABLE law_holiday (
    holiday_on date NOT NULL,
    name_vi text NOT NULL,
    working boolean NOT NULL,
    computed boolean NOT NULL,
    instrument text NOT NULL,
    article text NOT NULL,
    verified boolean NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    CONSTRAINT law_holiday_lives CHECK (book_until > book_from),
    CONSTRAINT law_holiday_stands_once EXCLUDE USING gist (holiday_on WITH =, int4range(book_from, book_until) WITH &&)
);

CREATE TABLE law_list (
    list_name text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    source text NOT NULL,
    verified boolean NOT NULL,
    packed boolean NOT NULL,
    note text NOT NULL,
    book_from integer NOT NULL REFERENCES law_book_version,
    book_until integer REFERENCES law_book_version,
    CONSTRAINT law_list_lives CHECK (book_until > book_from),
    CONSTRAINT law_list_stands_once EXCLUDE USING gist (list_name WITH =, int4range(book_from, book_until) WITH &&)
);

-- A hundred thousand rows: the key is compared by its 64-bit hash, ten times faster to load than by its texts, and the versions are not
-- looked up row by row. Two keys of one hash would refuse a load, never let an overlap pass.
CREATE TABLE law_code (
    list_name text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    valid daterange NOT NULL CHECK (NOT isempty(valid)),
    attributes jsonb NOT NULL,
    source text NOT NULL,
    verified boolean NOT NULL,
    sample boolean NOT NULL,
    book_from integer NOT NULL,
    book_until integer,
    CONSTRAINT law_code_lives CHECK (book_until > book_from),
    CONSTRAINT law_code_says_one_thing_a_day EXCLUDE USING gist (
        hashtextextended(list_name || chr(9) || code, 0) WITH =,
        valid WITH &&,
        int4range(book_from, book_until) WITH &&
    )
);

-- Of one currency and week the last rate loaded counts; earlier ones stay, so that a decision can be explained.
CREATE TABLE exchange_rate (
    currency_code text NOT NULL,
    week_from date NOT NULL CHECK (extract(isodow FROM week_from) = 1),
    rate_e4 bigint NOT NULL CHECK (rate_e4 > 0),
    source text NOT NULL,
    loaded_at timestamptz NOT NULL,
    replaced_at timestamptz,
    CONSTRAINT exchange_rate_lives CHECK (replaced_at >= loaded_at),
    CONSTRAINT exchange_rate_is_one EXCLUDE USING btree (currency_code WITH =, week_from WITH =) WHERE (replaced_at IS NULL)
);

GRANT SELECT ON law_book_version, law_instrument, law_parameter, law_holiday, law_list, law_code, exchange_rate
    TO haidang_ingest, haidang_app, haidang_report, haidang_auditor;
"""

UNDO = "DROP TABLE exchange_rate, law_code, law_list, law_holiday, law_parameter, law_instrument, law_book_version;"


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models. `btree_gist` is made with the database."""

    initial = True
    dependencies = [("platform", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
