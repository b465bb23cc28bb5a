"""The second wall of the log of reads and of its alerts; its purge is the erasing role's."""

from django.db import migrations

from geo.core.rls_sql import door
from geo.core.sql import read_sql

PURGE = "read_log_purge(timestamptz)"
DROP = "\n".join(
    f"""
    DROP POLICY {table}_read ON {table};
    DROP POLICY {table}_insert ON {table};
    DROP POLICY {table}_update ON {table};
    DROP POLICY {table}_delete ON {table};
    ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    """
    for table in ("read_log", "read_alert")
)
FORMER = read_sql(__file__, "read_log_purge").replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):
    dependencies = [("core", "0009_administering"), ("accounts", "0013_closed_nationally")]
    operations = [
        migrations.RunSQL(
            read_sql(__file__, "reads_walled"),
            f"{DROP} {FORMER} DROP FUNCTION people_administered(); DROP FUNCTION sites_administered();",
        ),
        migrations.RunSQL(door(PURGE), f"GRANT EXECUTE ON FUNCTION {PURGE} TO PUBLIC;"),
    ]
