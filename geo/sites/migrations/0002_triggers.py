"""What the database keeps true by itself: places, validity intervals, areas, versions."""

from django.db import migrations

from geo.core.sql import read_sql
from geo.core.versions import drop_version_sql, version_sql

DATED = ("site_population", "site_living", "site_footprint")
CLOSINGS = ("evacuations", "resorptions", "other-closures")
SITES = ("sites", "site-footprints", "reinstallations", *CLOSINGS)
VERSIONS = {
    "site": SITES,
    "site_location": SITES,
    "site_footprint": ("site-footprints",),
    "site_population": ("sites",),
    "site_living": ("sites",),
    "site_closure": ("sites", *CLOSINGS),
    "reinstallation": ("reinstallations",),
}


def chain_sql(table):
    # One trigger an event: transition tables allow no other form. The update that the function
    # itself makes must not call it again.
    events = (("insert", "NEW"), ("delete", "OLD"), ("update", "NEW"))
    return "\n".join(
        f"CREATE TRIGGER {table}_chain_{event} AFTER {event.upper()} ON {table} "
        f"REFERENCING {side} TABLE AS changed FOR EACH STATEMENT "
        f"WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION chain_valid_until();"
        for event, side in events
    )


def drop_chain_sql(table):
    return "\n".join(
        f"DROP TRIGGER {table}_chain_{event} ON {table};"
        for event in ("insert", "delete", "update")
    )


class Migration(migrations.Migration):
    dependencies = [("territories", "0002_functions"), ("sites", "0001_initial")]
    operations = [
        migrations.RunSQL(
            read_sql(__file__, "place"),
            "DROP TRIGGER site_location_place ON site_location; "
            "DROP FUNCTION site_location_place();",
        ),
        migrations.RunSQL(
            read_sql(__file__, "dated"),
            "DROP TRIGGER footprint_measure ON site_footprint; "
            "DROP FUNCTION footprint_measure(); DROP FUNCTION chain_valid_until(); "
            "ALTER TABLE site_footprint DROP CONSTRAINT footprint_usable;",
        ),
        *(migrations.RunSQL(chain_sql(table), drop_chain_sql(table)) for table in DATED),
        *(
            migrations.RunSQL(version_sql(table, *layers), drop_version_sql(table))
            for table, layers in VERSIONS.items()
        ),
    ]
