"""The history keeps apart what only readers of the exact place are told."""

from django.db import migrations

from geo.core.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [("core", "0007_layer_change")]
    # The reverse keeps the function: without columns named, it writes as before.
    operations = [migrations.RunSQL(read_sql(__file__, "history_exactly"), migrations.RunSQL.noop)]
