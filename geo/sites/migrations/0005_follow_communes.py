"""The codes of the sites follow the geography when it is imported again."""

from django.db import migrations

from geo.core.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [("territories", "0002_functions"), ("sites", "0004_actors")]
    operations = [
        migrations.RunSQL(
            read_sql(__file__, "follow"),
            "DROP TRIGGER commune_sites_follow ON commune; DROP FUNCTION sites_follow_communes(); "
            "DROP TRIGGER region_sites_hold ON region; DROP TRIGGER epci_sites_hold ON epci; "
            "DROP TRIGGER departement_sites_hold ON departement; "
            "DROP TRIGGER commune_sites_hold ON commune; DROP FUNCTION sites_hold_territory();",
        )
    ]
