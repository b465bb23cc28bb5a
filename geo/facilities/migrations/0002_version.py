"""Writes on facilities raise the version of their collection."""

from django.db import migrations

from geo.core.versions import drop_version_sql, version_sql


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial"), ("facilities", "0001_initial")]
    operations = [
        migrations.RunSQL(version_sql("facility", "facilities"), drop_version_sql("facility"))
    ]
