"""Where the reader administers accounts, for the log of reads; functions are nobody's by default."""

from django.db import migrations

from geo.core.sql import read_sql

FORMER = read_sql(__file__, "second_wall_classes")
NAMES = FORMER[FORMER.index("CREATE FUNCTION scope_names") : FORMER.index("CREATE OR REPLACE")]


class Migration(migrations.Migration):
    dependencies = [("core", "0008_history_exactly")]
    operations = [
        migrations.RunSQL(
            read_sql(__file__, "administering"),
            f"""
            {NAMES.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")}
            DROP FUNCTION scope_person();
            """,
        )
    ]
