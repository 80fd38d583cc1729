"""Steps of all drafts of the law book in one chain, and which draft a version came from: so that a whole draft cannot be taken away unseen."""

from django.db import migrations

SQL = """
-- Steps that were chained draft by draft cannot be chained anew without writing them again, and nothing kept as evidence is written again.
DO $$ BEGIN
    IF EXISTS (SELECT FROM law_draft_event) THEN
        RAISE EXCEPTION 'there are drafts of the law book from a version of the platform that was never released: make the database anew';
    END IF;
END $$;
ALTER TABLE law_draft_event DROP CONSTRAINT law_draft_event_pkey, ADD PRIMARY KEY (event_no);
CREATE INDEX law_draft_event_of_draft ON law_draft_event (draft_id, event_no);

-- Which draft a version came from; NULL: from files, or from exchange rates.
ALTER TABLE law_book_version ADD COLUMN draft_id integer UNIQUE;
"""

UNDO = """
ALTER TABLE law_book_version DROP COLUMN draft_id;
DROP INDEX law_draft_event_of_draft;
ALTER TABLE law_draft_event DROP CONSTRAINT law_draft_event_pkey, ADD PRIMARY KEY (draft_id, event_no);
"""


class Migration(migrations.Migration):
    """Plain SQL: these are no Django models."""

    dependencies = [("reference", "0003_drafts")]
    operations = [migrations.RunSQL(SQL, UNDO)]
