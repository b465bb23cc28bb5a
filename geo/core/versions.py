"""The version of each collection's data, raised by the writing transaction itself.

Statement triggers on the tables raise it, so ORM, bulk and raw SQL are all seen. Each transaction
writes a row of its own: writers never wait for one another, and a version shows when they commit.
Leaves ETags and cache keys to `tiles` and `feeds`.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

TRIGGER = """
CREATE TRIGGER zz_{table}_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION bump_layer_version({layers});
"""
# How many changes there were, and the number of the last one: a number is never drawn twice, so
# that what was read in a transaction that failed has a version nobody else ever gets.
READ = """
SELECT layer, sum(weight) || '.' || max(number) AS version FROM layer_change
WHERE layer = ANY(%s) GROUP BY layer
"""
ADD_UP = """
WITH gone AS (DELETE FROM layer_change WHERE xact <> 0 RETURNING layer, number, weight)
INSERT INTO layer_change AS c (layer, xact, number, weight)
SELECT layer, 0, max(number), sum(weight) FROM gone GROUP BY layer ORDER BY layer
ON CONFLICT (layer, xact) DO UPDATE
SET number = greatest(c.number, EXCLUDED.number), weight = c.weight + EXCLUDED.weight
"""


def version_sql(table: str, *collection_ids: str) -> str:
    """Migration SQL: writes on `table` raise the versions of these collections (our own names)."""
    layers = ", ".join(f"'{collection_id}'" for collection_id in sorted(collection_ids))
    return TRIGGER.format(table=table, layers=layers)


def drop_version_sql(table: str) -> str:
    """The reverse of `version_sql`."""
    return f"DROP TRIGGER IF EXISTS zz_{table}_version ON {table};"


def current(collection_ids: Sequence[str]) -> str:
    """The versions of these collections as one short text, read before their rows are."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(collection_ids)])
        rows = dict(cursor.fetchall())
    return "-".join(rows.get(collection_id, "0") for collection_id in sorted(collection_ids))


def add_up() -> None:
    """Make one row of those of past transactions; versions stay what they are."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_UP)
