"""The second wall of the restricted blocks: written by who may write their class, not only read."""

from django.db import migrations

from geo.core.rls_sql import wall

BLOCKS = {
    "site_owner": ("owner", "exact"),
    "site_judicial": ("judicial", "exact"),
    "site_health_watch": ("health",),
    "site_cost_estimate": ("finance",),
}


def replaced(table, reaches):
    """The policies of one table: those by class in place of the general ones, and back."""
    former_up, former_down = wall(table, *reaches)
    up, down = wall(table, *reaches, writing=f"{reaches[0]}_writing")
    return former_down + up, down + former_up


class Migration(migrations.Migration):
    dependencies = [("core", "0003_second_wall_classes"), ("sites", "0010_second_wall")]
    operations = [migrations.RunSQL(*replaced(table, right)) for table, right in BLOCKS.items()]
