"""The one way to purge the log of reads: a function of its owner that spares the last year."""

from django.db import migrations

from geo.core.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_life"),
    ]

    operations = [
        migrations.RunSQL(
            read_sql(__file__, "read_log_purge"),
            "DROP FUNCTION read_log_purge(timestamptz);",
        ),
    ]
