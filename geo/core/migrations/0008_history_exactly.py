"""The history keeps apart what only readers of the exact place are told."""

from django.db import migrations

from geo.core.history_sql import WRITE


class Migration(migrations.Migration):
    dependencies = [("core", "0007_layer_change")]
    # The reverse keeps the function: without columns named, it writes as before.
    operations = [migrations.RunSQL(WRITE, migrations.RunSQL.noop)]
