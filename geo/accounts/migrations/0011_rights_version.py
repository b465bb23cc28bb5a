"""What rights come from raises their version: roles, grants, organisations, territories."""

from django.db import migrations

from geo.core.versions import drop_version_sql, version_sql

RIGHTS = "rights"
OWN = ("membership", "access_grant", "organisation")
TERRITORIES = {
    "region": "regions",
    "departement": "departements",
    "epci": "epcis",
    "commune": "communes",
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_erasure"),
        ("core", "0007_layer_change"),
        ("territories", "0002_functions"),
    ]
    operations = [
        *(migrations.RunSQL(version_sql(table, RIGHTS), drop_version_sql(table)) for table in OWN),
        *(
            migrations.RunSQL(
                drop_version_sql(table) + version_sql(table, layer, RIGHTS),
                drop_version_sql(table) + version_sql(table, layer),
            )
            for table, layer in TERRITORIES.items()
        ),
    ]
