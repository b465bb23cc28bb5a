"""What a token may do, and the networks that it serves in."""

import django.contrib.postgres.fields
from django.db import migrations, models

import geo.accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_reads_walled"),
    ]

    operations = [
        migrations.AddField(
            model_name="feedtoken",
            name="methods",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("read", "lire"), ("write", "écrire")], max_length=5
                ),
                db_default=["read"],
                default=geo.accounts.models.reading_only,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="feedtoken",
            name="networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=43),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="feedtoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("methods__contained_by", ["read", "write"]), ("methods__contains", ["read"])
                ),
                name="feed_token_methods",
            ),
        ),
    ]
