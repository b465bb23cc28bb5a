"""The version table and the trigger function that raises versions."""

from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION bump_layer_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    layer_name text;
BEGIN
    -- Sorted by the migration that creates the trigger, so that writers lock in one order.
    FOREACH layer_name IN ARRAY TG_ARGV LOOP
        INSERT INTO layer_version AS v (layer, version) VALUES (layer_name, 1)
        ON CONFLICT (layer) DO UPDATE SET version = v.version + 1;
    END LOOP;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        # Present already in the private cluster; on a managed server the owner must be allowed to.
        *(
            migrations.RunSQL(f"CREATE EXTENSION IF NOT EXISTS {name};", migrations.RunSQL.noop)
            for name in ("postgis", "pg_trgm", "unaccent", "btree_gist")
        ),
        migrations.CreateModel(
            name="LayerVersion",
            fields=[
                ("layer", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("version", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "layer_version"},
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION bump_layer_version();"),
    ]
