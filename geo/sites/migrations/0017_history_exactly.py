"""Events of what only readers of the exact place are told: the class of the place, both walls."""

from django.db import migrations

from geo.core.history_sql import followed, told_exactly

# As in 0014.
PLACED = (
    "commune_code",
    "epci_code",
    "departement_code",
    "region_code",
    "grid_point",
    "grid_point_3857",
    "commune_point",
    "commune_point_3857",
    "owner_known",
    "opened_on",
)
TWINS = ("geom_3857", "departement_code", "entered_by_id", "entered_at")
APART = {
    "site": ("reinstallation_comments",),
    "site_population": ("census_by",),
    "site_closure": ("context", "comment"),
    "site_closure_solution": ("message",),
}


def _again(table, data_class="general", exactly=()):
    """The trigger of a table made again."""
    left_out = PLACED if table == "site" else TWINS
    before, drop = followed(table, "site_event", left_out=left_out)
    after, _ = followed(table, "site_event", data_class, left_out=left_out, exactly=exactly)
    return drop + after, drop + before


SQL = (
    *(_again(table, exactly=columns) for table, columns in APART.items()),
    *(told_exactly(table, *columns) for table, columns in APART.items()),
    _again("site_actor", "place"),
    told_exactly("site_actor"),
)


class Migration(migrations.Migration):
    dependencies = [("core", "0008_history_exactly"), ("sites", "0016_rights_version")]
    operations = [migrations.RunSQL(up, down) for up, down in SQL]
