"""Versions that no writer waits for: each transaction has a row of its own, summed when read."""

from django.db import migrations, models

COUNTED = """
CREATE SEQUENCE layer_change_number;
CREATE OR REPLACE FUNCTION bump_layer_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    layer_name text;
BEGIN
    FOREACH layer_name IN ARRAY TG_ARGV LOOP
        INSERT INTO layer_change AS c (layer, xact, number, weight)
        VALUES (layer_name, pg_current_xact_id()::text::bigint, nextval('layer_change_number'), 1)
        ON CONFLICT (layer, xact)
        DO UPDATE SET number = EXCLUDED.number, weight = c.weight + 1;
    END LOOP;
    RETURN NULL;
END $$;
INSERT INTO layer_change (layer, xact, number, weight)
SELECT layer, 0, nextval('layer_change_number'), version FROM layer_version;
"""
RAISED = """
INSERT INTO layer_version AS v (layer, version)
SELECT layer, sum(weight) FROM layer_change GROUP BY layer
ON CONFLICT (layer) DO UPDATE SET version = EXCLUDED.version;
CREATE OR REPLACE FUNCTION bump_layer_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    layer_name text;
BEGIN
    FOREACH layer_name IN ARRAY TG_ARGV LOOP
        INSERT INTO layer_version AS v (layer, version) VALUES (layer_name, 1)
        ON CONFLICT (layer) DO UPDATE SET version = v.version + 1;
    END LOOP;
    RETURN NULL;
END $$;
DROP SEQUENCE layer_change_number;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0006_history_content")]
    operations = [
        migrations.CreateModel(
            name="LayerChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "layer",
                        "xact",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("layer", models.CharField(max_length=60)),
                ("xact", models.BigIntegerField()),
                ("number", models.BigIntegerField()),
                ("weight", models.BigIntegerField()),
            ],
            options={"db_table": "layer_change"},
        ),
        migrations.RunSQL(COUNTED, RAISED),
        migrations.DeleteModel(name="LayerVersion"),
    ]
