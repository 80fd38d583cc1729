"""Exchange rates belong to versions of the law book, as every other row of it does."""

from django.db import migrations

SQL = """
ALTER TABLE exchange_rate ADD COLUMN book_from integer, ADD COLUMN book_until integer;

-- A rate belongs to the versions from the one that was newest when it came. One that was corrected before the next version came belongs to none
-- (its range is empty): the version cannot tell which of the two a declaration was given.
UPDATE exchange_rate SET
    book_from = (SELECT max(version) FROM law_book_version v WHERE v.loaded_at <= exchange_rate.loaded_at),
    book_until = (SELECT max(version) FROM law_book_version v WHERE v.loaded_at <= exchange_rate.replaced_at);

ALTER TABLE exchange_rate
    DROP CONSTRAINT exchange_rate_is_one,
    DROP CONSTRAINT exchange_rate_lives,
    DROP COLUMN replaced_at,
    ALTER COLUMN book_from SET NOT NULL,
    ADD FOREIGN KEY (book_from) REFERENCES law_book_version,
    ADD FOREIGN KEY (book_until) REFERENCES law_book_version,
    ADD CONSTRAINT exchange_rate_lives CHECK (book_until >= book_from),
    ADD CONSTRAINT exchange_rate_says_one_thing_a_week EXCLUDE USING gist
        (currency_code WITH =, week_from WITH =, int4range(book_from, book_until) WITH &&);
"""

UNDO = """
ALTER TABLE exchange_rate ADD COLUMN replaced_at timestamptz;
UPDATE exchange_rate SET replaced_at = greatest(loaded_at, (SELECT v.loaded_at FROM law_book_version v WHERE v.version = book_until))
WHERE book_until IS NOT NULL;
ALTER TABLE exchange_rate
    DROP CONSTRAINT exchange_rate_says_one_thing_a_week,
    DROP CONSTRAINT exchange_rate_lives,
    DROP COLUMN book_from,
    DROP COLUMN book_until,
    ADD CONSTRAINT exchange_rate_lives CHECK (replaced_at >= loaded_at),
    ADD CONSTRAINT exchange_rate_is_one EXCLUDE USING btree (currency_code WITH =, week_from WITH =) WHERE (replaced_at IS NULL);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("reference", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
