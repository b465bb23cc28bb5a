"""The second wall: each row carries the areas of its site, and is hidden from who has none.

What tells the exact place asks for the exact reach, a restricted block for the reach of its class;
the rest for any.
"""

from django.db import migrations

from geo.core.rls_sql import inherit, wall
from geo.core.sql import read_sql

# A site's codes are written by the trigger of its location: its areas follow by themselves.
AREAS = """
ALTER TABLE site ADD COLUMN areas text[] NOT NULL GENERATED ALWAYS AS (ARRAY[
    'D' || departement_code, 'C' || commune_code, 'E' || coalesce(epci_code, ''),
    'R' || region_code, 'S' || id::text
]) STORED;
"""
INHERITED = (
    inherit("site_location", "site", "site_id", moved_by="geom"),
    *(
        inherit(table, "site", "site_id")
        for table in (
            "site_footprint",
            "site_population",
            "site_living",
            "site_closure",
            "site_enrichment",
            "site_actor",
            "site_owner",
            "site_judicial",
            "site_health_watch",
            "site_cost_estimate",
            "reinstallation",
        )
    ),
    inherit("reinstallation", "site", "origin_id", areas="origin_areas"),
    inherit("site_closure_solution", "site_closure", "closure_id"),
)
WALLS = (
    wall("site", insert="creating", delete="deleting"),
    *(
        wall(table)
        for table in (
            "site_population",
            "site_living",
            "site_closure",
            "site_closure_solution",
            "site_actor",
        )
    ),
    wall("reinstallation", columns=("areas", "origin_areas")),
    *(wall(table, "exact") for table in ("site_location", "site_footprint", "site_enrichment")),
    # An owner and an order name a parcel: they tell the place besides.
    wall("site_owner", "owner", "exact"),
    wall("site_judicial", "judicial", "exact"),
    wall("site_health_watch", "health"),
    wall("site_cost_estimate", "finance"),
)
OWNERS = read_sql(__file__, "follow_everywhere")
# The reverse: the same functions, that ask for no right.
PLAIN = OWNERS.replace("PERFORM scope_restore(was);", "").replace(":= scope_widen();", ";")


class Migration(migrations.Migration):
    dependencies = [("core", "0002_second_wall"), ("sites", "0009_restricted")]
    operations = [
        migrations.RunSQL(AREAS, "ALTER TABLE site DROP COLUMN areas;"),
        *(migrations.RunSQL(up, down) for up, down in (*INHERITED, *WALLS)),
        migrations.RunSQL(OWNERS, PLAIN),
    ]
