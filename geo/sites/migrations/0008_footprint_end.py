"""A footprint may end without another one after it: the ground is no longer known from that day."""

from django.db import migrations, models

from geo.core.sql import read_sql

EVENTS = (("insert", "NEW"), ("delete", "OLD"), ("update", "NEW"))


def chain_sql(function):
    return "\n".join(
        f"DROP TRIGGER site_footprint_chain_{event} ON site_footprint; "
        f"CREATE TRIGGER site_footprint_chain_{event} AFTER {event.upper()} ON site_footprint "
        f"REFERENCING {side} TABLE AS changed FOR EACH STATEMENT "
        f"WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION {function}();"
        for event, side in EVENTS
    )


class Migration(migrations.Migration):
    dependencies = [("sites", "0007_raised_once")]
    operations = [
        migrations.AddField(
            "footprint",
            "ended_on",
            models.DateField(blank=True, null=True, verbose_name="emprise retirée le"),
        ),
        migrations.AddConstraint(
            "footprint",
            models.CheckConstraint(
                condition=models.Q(ended_on__gt=models.F("observed_on")),
                name="footprint_ends_after",
            ),
        ),
        migrations.RunSQL(read_sql(__file__, "footprint_end"), "DROP FUNCTION chain_footprints();"),
        migrations.RunSQL(chain_sql("chain_footprints"), chain_sql("chain_valid_until")),
    ]
