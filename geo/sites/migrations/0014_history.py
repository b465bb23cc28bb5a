"""The history of the sites: its events, behind the walls of what they come from."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from geo.core.history_sql import followed, kept, wall_by_class

FOLLOW = """
CREATE FUNCTION site_event_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was text[] := scope_widen();
BEGIN
    UPDATE site_event SET areas = NEW.areas WHERE site_id = NEW.id;
    UPDATE site_event SET other_areas = NEW.areas WHERE other_areas @> ARRAY['S' || NEW.id];
    PERFORM scope_restore(was);
    RETURN NULL;
END $$;
CREATE TRIGGER site_event_follow AFTER UPDATE ON site
FOR EACH ROW WHEN (OLD.areas IS DISTINCT FROM NEW.areas) EXECUTE FUNCTION site_event_follow();
"""
UNFOLLOW = "DROP TRIGGER site_event_follow ON site; DROP FUNCTION site_event_follow();"
# Where the trigger of the place writes, and twins of other columns.
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
TABLES = (
    followed("site", "site_event", left_out=PLACED),
    *(
        followed(table, "site_event", left_out=TWINS)
        for table in (
            "site_population",
            "site_living",
            "site_closure",
            "site_closure_solution",
            "site_actor",
            "reinstallation",
        )
    ),
    *(
        followed(table, "site_event", "place", left_out=TWINS)
        for table in ("site_location", "site_footprint")
    ),
    # An owner's name goes some time after the closing: it is in no event.
    followed("site_owner", "site_event", "owner", left_out=TWINS, masked=("name",)),
    followed("site_judicial", "site_event", "judicial", left_out=TWINS),
    followed("site_health_watch", "site_event", "health", left_out=TWINS),
    followed("site_cost_estimate", "site_event", "finance", left_out=TWINS),
)
SQL = ((FOLLOW, UNFOLLOW), wall_by_class("site_event"), kept("site_event"), *TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_history"),
        ("sites", "0013_closing_codes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="date"
                    ),
                ),
                ("source_table", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("insert", "ajout"),
                            ("update", "modification"),
                            ("delete", "suppression"),
                        ],
                        max_length=6,
                    ),
                ),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("context", models.JSONField(null=True)),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                (
                    "other_areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), null=True, size=None
                    ),
                ),
                (
                    "data_class",
                    models.CharField(
                        choices=[
                            ("general", "general"),
                            ("place", "place"),
                            ("owner", "owner"),
                            ("judicial", "judicial"),
                            ("health", "health"),
                            ("finance", "finance"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "db_table": "site_event",
                "indexes": [models.Index(fields=["site", "-id"], name="site_event_of_site")],
            },
        ),
        *(migrations.RunSQL(up, down) for up, down in SQL),
    ]
