"""The right to write each restricted class, beside the right to read it."""

from django.db import migrations

from geo.core.rls_sql import FUNCTIONS
from geo.core.sql import read_sql

# The reverse: the two functions as they were made first.
FORMER = FUNCTIONS[FUNCTIONS.index("CREATE FUNCTION scope_widen") :].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):
    dependencies = [("core", "0002_second_wall")]
    operations = [
        migrations.RunSQL(
            read_sql(__file__, "second_wall_classes"), f"{FORMER}DROP FUNCTION scope_names();"
        )
    ]
