"""Naming someone on a site gives rights: it raises their version."""

from django.db import migrations

from geo.core.versions import drop_version_sql, version_sql


class Migration(migrations.Migration):
    dependencies = [("sites", "0015_erasure"), ("core", "0007_layer_change")]
    operations = [
        migrations.RunSQL(version_sql("site_actor", "rights"), drop_version_sql("site_actor"))
    ]
