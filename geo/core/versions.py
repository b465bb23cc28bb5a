"""The version of each collection's data, raised by the writing transaction itself.

Statement triggers on the tables raise it, so ORM, bulk and raw SQL are all seen. Leaves ETags and
cache keys to `tiles` and `feeds`.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

TRIGGER = """
CREATE TRIGGER zz_{table}_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION bump_layer_version({layers});
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
        cursor.execute(
            "SELECT layer, version FROM layer_version WHERE layer = ANY(%s) ORDER BY layer",
            [sorted(collection_ids)],
        )
        rows = dict(cursor.fetchall())
    return "-".join(str(rows.get(collection_id, 0)) for collection_id in sorted(collection_ids))
