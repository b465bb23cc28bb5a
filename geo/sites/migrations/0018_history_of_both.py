"""What binds two sites is in the past of both, the events of before included."""

from django.db import migrations

from geo.core.history_sql import WRITE, unguarded

# The arrival's events, told once more of the origin; the areas are those of now.
OF_ORIGINS = """
    INSERT INTO site_event (at, site_id, areas, other_areas, data_class, source_table, object_id,
        operation, before, after, context)
    SELECT e.at, substr(area, 2)::bigint, e.other_areas, e.areas, e.data_class, e.source_table,
        e.object_id, e.operation, e.before, e.after, e.context
    FROM site_event e, unnest(e.other_areas) AS area
    WHERE e.source_table = 'reinstallation' AND area LIKE 'S%' AND NOT EXISTS (
        SELECT FROM site_event o
        WHERE o.site_id = substr(area, 2)::bigint AND (o.at, o.object_id) = (e.at, e.object_id))
    ORDER BY e.id;"""
# The other sites are found by the events of this one: every row would be read for its areas.
FOLLOW = """
CREATE OR REPLACE FUNCTION site_event_follow() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was text[] := scope_widen();
    others bigint[];
BEGIN
    SELECT array_agg(DISTINCT substr(area, 2)::bigint) INTO others
    FROM site_event, unnest(other_areas) AS area WHERE site_id = NEW.id AND area LIKE 'S%';
    UPDATE site_event SET areas = NEW.areas WHERE site_id = NEW.id;
    UPDATE site_event SET other_areas = NEW.areas
    WHERE site_id = ANY (others) AND other_areas @> ARRAY['S' || NEW.id];
    PERFORM scope_restore(was);
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0008_history_exactly"), ("sites", "0017_history_exactly")]
    # The reverse leaves the second events: they are the past of the other site.
    operations = [
        migrations.RunSQL(up, migrations.RunSQL.noop)
        for up in (WRITE, unguarded(OF_ORIGINS), FOLLOW)
    ]
