"""Options given with an invitation, and granted when the account is opened."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_token_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="options",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=22),
                blank=True,
                db_default=[],
                default=list,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="options_end_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="invitation",
            name="options_reason",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
    ]
