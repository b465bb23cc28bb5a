"""The ledger of erasures, and what an event keeps once its values are erased."""

import django.contrib.postgres.functions
import django.db.models.functions.datetime
from django.db import migrations, models

from geo.core.rls_sql import wall_whole
from geo.core.sql import read_sql

DROP = """
DROP FUNCTION history_redact(text, text, text, bigint[], timestamptz[]);
DROP TRIGGER erasure_kept ON erasure;
DROP FUNCTION erasure_kept();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_history_content"),
        ("sites", "0014_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("rule", models.CharField(max_length=40)),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("delete", "supprimé"),
                            ("reduce", "réduit au type et à l'année"),
                            ("name", "nom effacé"),
                        ],
                        max_length=6,
                    ),
                ),
                ("source_table", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                ("context", models.JSONField(null=True)),
            ],
            options={
                "db_table": "erasure",
            },
        ),
        migrations.AddField(
            model_name="judicial",
            name="reduced_on",
            field=models.DateField(
                editable=False, null=True, verbose_name="réduit au type et à l'année le"
            ),
        ),
        migrations.AddField(
            model_name="siteevent",
            name="content_digest",
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="siteevent",
            name="erasure_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="siteevent",
            name="salt",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), null=True
            ),
        ),
        migrations.AddIndex(
            model_name="siteevent",
            index=models.Index(
                condition=models.Q(("data_class__in", ["owner", "judicial", "health", "finance"])),
                fields=["source_table", "object_id"],
                name="site_event_of_object",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("effect__in", ["delete", "reduce", "name"])),
                name="erasure_effect",
            ),
        ),
        migrations.RunSQL(read_sql(__file__, "erasure"), DROP),
        migrations.RunSQL(*wall_whole("erasure")),
    ]
