"""Writes on parcels, and on what lies under sites, raise the versions of their collections."""

from django.db import migrations

from geo.core.versions import drop_version_sql, version_sql

VERSIONS = {"parcel": ("parcels", "site-parcels"), "site_parcel": ("site-parcels",)}


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("cadastre", "0001_initial")]
    operations = [
        migrations.RunSQL(version_sql(table, *layers), drop_version_sql(table))
        for table, layers in VERSIONS.items()
    ]
