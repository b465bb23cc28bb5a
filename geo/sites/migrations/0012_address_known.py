"""Whether a site's address is known, told to every reader without the place."""

from django.db import migrations, models

from geo.core.sql import read_sql

DROP = """
DROP TRIGGER site_location_address_insert ON site_location;
DROP TRIGGER site_location_address_update ON site_location;
DROP FUNCTION site_address_known();
"""


class Migration(migrations.Migration):
    dependencies = [("sites", "0011_second_wall_classes")]
    operations = [
        migrations.AddField(
            "site", "address_known", models.BooleanField(db_default=False, editable=False)
        ),
        migrations.RunSQL(read_sql(__file__, "address_known"), DROP),
    ]
