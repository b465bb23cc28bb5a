"""Tiles kept ready: a table that can be lost, so that keeping one costs no journal."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="KeptTile",
            fields=[
                ("key", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("version", models.TextField()),
                ("encoding", models.CharField(max_length=4)),
                ("body", models.BinaryField()),
                ("kept_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "tile_kept",
                "indexes": [models.Index(fields=["kept_at"], name="tile_kept_at")],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE tile_kept SET UNLOGGED;", "ALTER TABLE tile_kept SET LOGGED;"
        ),
    ]
