"""The parcels under a site tell where it is: only for those who may see its exact place."""

from django.db import migrations

from geo.core.rls_sql import inherit, wall


class Migration(migrations.Migration):
    dependencies = [("sites", "0010_second_wall"), ("cadastre", "0003_gate")]
    operations = [
        migrations.RunSQL(*inherit("site_parcel", "site", "site_id")),
        migrations.RunSQL(*wall("site_parcel", "exact")),
    ]
