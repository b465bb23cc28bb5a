"""Sections drawn from parcels; what is loaded raises the version of what shows it."""

import django.contrib.gis.db.models.fields
import django.contrib.gis.db.models.functions
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models

from geo.core.versions import drop_version_sql, version_sql


class Migration(migrations.Migration):
    dependencies = [
        ("cadastre", "0004_second_wall"),
        ("core", "0007_layer_change"),
    ]

    operations = [
        migrations.CreateModel(
            name="Section",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=10, verbose_name="code")),
                (
                    "commune_code",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Substr("code", 1, 5),
                        output_field=models.CharField(max_length=5),
                        verbose_name="commune (code)",
                    ),
                ),
                (
                    "prefix",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Substr("code", 6, 3),
                        output_field=models.CharField(max_length=3),
                        verbose_name="préfixe",
                    ),
                ),
                (
                    "section",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Substr("code", 9, 2),
                        output_field=models.CharField(max_length=2),
                        verbose_name="section",
                    ),
                ),
                ("parcels", models.PositiveIntegerField(verbose_name="parcelles")),
                (
                    "contour",
                    django.contrib.gis.db.models.fields.MultiPolygonField(
                        spatial_index=False, srid=4326, verbose_name="contour"
                    ),
                ),
                (
                    "contour_3857",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform(
                            "contour", 3857
                        ),
                        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(
                            spatial_index=False, srid=3857
                        ),
                    ),
                ),
            ],
            options={
                "db_table": "cadastre_section",
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        fields=["contour_3857"], name="cadastre_section_3857_gist"
                    ),
                    models.Index(fields=["commune_code"], name="cadastre_section_commune"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("code",), name="cadastre_section_code")
                ],
            },
        ),
        migrations.RunSQL(
            version_sql("cadastre_section", "parcels"), drop_version_sql("cadastre_section")
        ),
        migrations.RunSQL(
            version_sql("cadastre_coverage", "parcels", "site-parcels"),
            drop_version_sql("cadastre_coverage"),
        ),
    ]
