"""The door of the erasures is closed to the application, whatever functions are given by default."""

from django.db import migrations

from geo.core.rls_sql import door

REDACT = "history_redact(text, text, text, bigint[], timestamptz[])"


class Migration(migrations.Migration):
    dependencies = [("core", "0009_administering"), ("sites", "0018_history_of_both")]
    operations = [migrations.RunSQL(door(REDACT), migrations.RunSQL.noop)]
