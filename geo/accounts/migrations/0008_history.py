"""The history of accounts and of their rights."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from geo.core.history_sql import followed, kept

SECRETS = ("password", "digest", "last_login", "used", "used_on", "last_used_at")
TABLES = (
    # Anonymised, an account leaves no name in its past.
    followed("account", "account_event", left_out=SECRETS, masked=("full_name", "email")),
    *(
        followed(table, "account_event", left_out=SECRETS)
        for table in ("membership", "access_grant", "feed_token", "organisation")
    ),
)
SQL = (kept("account_event"), *TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_history"),
        ("accounts", "0007_external_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="date"
                    ),
                ),
                ("source_table", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("insert", "ajout"),
                            ("update", "modification"),
                            ("delete", "suppression"),
                        ],
                        max_length=6,
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("context", models.JSONField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "account_event",
            },
        ),
        *(migrations.RunSQL(up, down) for up, down in SQL),
    ]
