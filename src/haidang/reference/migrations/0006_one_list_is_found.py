"""The codes of one list are found without reading those of all lists."""

from django.db import migrations

SQL = "CREATE INDEX law_code_of_list ON law_code (list_name);"


class Migration(migrations.Migration):
    """An index: a few short lists are asked for often, and stand among a hundred thousand places of the world."""

    dependencies = [("reference", "0005_tariff_lines")]
    operations = [migrations.RunSQL(SQL, "DROP INDEX law_code_of_list;")]
