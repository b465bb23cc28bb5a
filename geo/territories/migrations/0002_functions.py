"""The function that tells the commune of a point, and the versions of the four collections."""

from django.db import migrations

from geo.core.sql import read_sql
from geo.core.versions import drop_version_sql, version_sql

TABLES = {
    "region": "regions",
    "departement": "departements",
    "epci": "epcis",
    "commune": "communes",
}


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("territories", "0001_initial")]
    operations = [
        migrations.RunSQL(read_sql(__file__, "commune_at"), "DROP FUNCTION commune_at(geometry);"),
        *(
            migrations.RunSQL(version_sql(table, collection), drop_version_sql(table))
            for table, collection in TABLES.items()
        ),
    ]
