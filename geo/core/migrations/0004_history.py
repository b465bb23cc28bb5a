"""The functions of the history; each application follows its own tables with them."""

from django.db import migrations

from geo.core.history_sql import DROP_FUNCTIONS, FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("core", "0003_second_wall_classes")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS)]
