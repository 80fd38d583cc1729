"""What the pages may do with logins, and who it is that reads: the person, the customs offices."""

from django.db import migrations

SQL = """
-- Whose transaction this is, for tables that show a person only what is theirs; nobody's when it was not said.
CREATE FUNCTION own_person_id() RETURNS integer LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('haidang.person_id', true), '')::integer $$;

-- The customs offices whose files an officer reads in this transaction; none when it was not said.
CREATE FUNCTION own_office_codes() RETURNS text[] LANGUAGE sql STABLE AS
    $$ SELECT coalesce(nullif(current_setting('haidang.office_codes', true), ''), '{}')::text[] $$;

-- Pages make no logins: they read them, note the last one, and keep a password under newer parameters of the same hash.
GRANT SELECT, UPDATE (password, last_login) ON auth_user TO haidang_app;
-- A code is used once: the counter of the device moves on.
GRANT SELECT, UPDATE ON otp_totp_totpdevice TO haidang_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON qsessions_session TO haidang_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON axes_accessattempt, axes_accessattemptexpiration TO haidang_app;
GRANT SELECT, INSERT, UPDATE ON axes_accesslog TO haidang_app;
GRANT SELECT ON axes_accessattempt, axes_accesslog TO haidang_auditor;
"""

UNDO = """
REVOKE ALL ON auth_user, otp_totp_totpdevice, qsessions_session, axes_accessattempt, axes_accessattemptexpiration, axes_accesslog
    FROM haidang_app, haidang_auditor;
DROP FUNCTION own_person_id(), own_office_codes();
"""


class Migration(migrations.Migration):
    """Plain SQL over the tables that Django and its login packages make."""

    dependencies = [
        ("platform", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("otp_totp", "0003_add_timestamps"),
        ("qsessions", "0002_session_created_at"),
        ("axes", "0010_accessattemptexpiration"),
    ]
    operations = [migrations.RunSQL(SQL, UNDO)]
