"""A site that its location places raises no version of its own: the location's statement does.

Without this, writing n sites in one transaction updates each version row n times, and each update
walks the dead ones before it.
"""

from django.db import migrations

from geo.core.versions import drop_version_sql, version_sql

SITES = (
    "sites",
    "site-footprints",
    "reinstallations",
    "evacuations",
    "resorptions",
    "other-closures",
)
RAISED = version_sql("site", *SITES)
# The only statement on `site` inside a trigger is the one of `site_location_place`, and the
# statement around it, on `site_location`, raises the same versions.
ONCE = RAISED.replace("FOR EACH STATEMENT", "FOR EACH STATEMENT WHEN (pg_trigger_depth() < 1)")


class Migration(migrations.Migration):
    dependencies = [("sites", "0006_outside")]
    operations = [
        migrations.RunSQL(drop_version_sql("site") + ONCE, drop_version_sql("site") + RAISED)
    ]
