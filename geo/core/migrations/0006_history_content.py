"""What an event says may be erased by one door, and only where its digest stays in its place."""

from django.db import migrations

from geo.core.history_sql import FUNCTIONS
from geo.core.sql import read_sql

FORMER = FUNCTIONS[FUNCTIONS.index("CREATE FUNCTION history_kept") :].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):
    dependencies = [("core", "0005_mail_sent")]
    operations = [
        migrations.RunSQL(
            read_sql(__file__, "history_content"),
            f"{FORMER}DROP FUNCTION history_content(uuid, jsonb, jsonb);",
        )
    ]
