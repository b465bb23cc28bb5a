"""What the policies of every application ask: where the reader of this transaction may read."""

from django.db import migrations

from geo.core.rls_sql import DROP_FUNCTIONS, FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS)]
