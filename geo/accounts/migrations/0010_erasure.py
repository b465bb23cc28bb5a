"""An event of an account has the form of one of a site."""

import django.contrib.postgres.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_history_content"),
        ("accounts", "0009_read_alert"),
    ]

    operations = [
        migrations.AddField(
            model_name="accountevent",
            name="content_digest",
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="accountevent",
            name="erasure_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="accountevent",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), null=True
            ),
        ),
    ]
