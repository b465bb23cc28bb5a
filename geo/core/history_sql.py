"""Migration SQL of the history: which table is followed, into which events, under which class.

The triggers (`sql/history.sql`) note every change, whoever makes it. Every function here gives the
SQL and its reverse. Leaves who acts to `geo.core.tracing`.
"""

from __future__ import annotations

from collections.abc import Sequence

from geo.core.rls_sql import within
from geo.core.sql import read_sql

FUNCTIONS = read_sql(__file__, "history")
# The same with what came later: columns apart, and an event for each of two sites.
WRITE = read_sql(__file__, "history_exactly")
DROP_FUNCTIONS = """
DROP FUNCTION history_kept();
DROP FUNCTION history_write();
DROP FUNCTION history_context();
DROP FUNCTION history_values(jsonb, text[], text[]);
"""
# What follows from something else, or says nothing to a reader.
DERIVED = {
    "site_event": (
        "areas",
        "origin_areas",
        "id",
        "site_id",
        "version",
        "updated_at",
        "valid_until",
    ),
    "account_event": ("id",),
}
READ = {
    "general": ("visible",),
    "place": ("exact",),
    "judicial": ("judicial", "exact"),
    "owner": ("owner", "exact"),
    "health": ("health",),
    "finance": ("finance",),
}


def followed(
    table: str,
    events: str,
    data_class: str = "general",
    *,
    left_out: Sequence[str] = (),
    masked: Sequence[str] = (),
    exactly: Sequence[str] = (),
) -> tuple[str, str]:
    """Each change of a row of `table` leaves one event in `events`, of the class of the table.

    The columns told `exactly` leave another one, of the class of the place.
    """
    lists = ("'" + ",".join(each) + "'" for each in ((*DERIVED[events], *left_out), masked))
    arguments = [f"'{events}'", f"'{data_class}'", *lists]
    if exactly:
        arguments.append("'" + ",".join(exactly) + "'")
    up = f"""
CREATE TRIGGER zz_{table}_history AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION history_write({", ".join(arguments)});
"""
    return up, f"DROP TRIGGER zz_{table}_history ON {table};"


def told_exactly(table: str, *columns: str) -> tuple[str, str]:
    """What general events of `table` already say in `columns` (all of them: none is named) becomes
    of the class of the place; who is told less keeps an event that says the rest.

    An event stays as it was written, under its seal: its class alone changes, and seals do not tell
    the two classes apart in these tables. The rest is a new event of the same moment.
    """
    named = "ARRAY[" + ", ".join(f"'{name}'" for name in columns) + "]::text[]"
    of_table = f"source_table = '{table}' AND data_class = 'general'"
    told = f"""EXISTS (
        SELECT FROM (SELECT * FROM jsonb_each(before) UNION ALL SELECT * FROM jsonb_each(after)) v
        WHERE v.key = ANY ({named}) AND v.value NOT IN ('null', '""', '[]'))"""  # noqa: S608
    rest = f"""
    INSERT INTO site_event (at, site_id, areas, other_areas, data_class, source_table, object_id,
        operation, before, after, context)
    SELECT at, site_id, areas, other_areas, data_class, source_table, object_id, operation,
        before - {named}, after - {named}, context
    FROM site_event WHERE {of_table} AND {told}
        AND (operation <> 'update' OR after - {named} <> '{{}}')
    ORDER BY id;"""  # noqa: S608
    apart = f"UPDATE site_event SET data_class = 'place' WHERE {of_table}"  # noqa: S608
    up = f"{rest}\n    {apart} AND {told};" if columns else f"\n    {apart};"
    down = f"""
    UPDATE site_event SET data_class = 'general'
    WHERE source_table = '{table}' AND data_class = 'place';"""  # noqa: S608
    return unguarded(up), unguarded(down)


def unguarded(statements: str) -> str:
    """These statements, by the owner, on every row: no event is being written meanwhile."""
    return f"""
ALTER TABLE site_event DISABLE TRIGGER site_event_kept;
DO $$
DECLARE was text[] := scope_widen();
BEGIN{statements}
    PERFORM scope_restore(was);
END $$;
ALTER TABLE site_event ENABLE TRIGGER site_event_kept;
"""


def kept(events: str) -> tuple[str, str]:
    """The application adds to `events` through the triggers, reads, and does nothing else."""
    up = f"""
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_schema = 'public' AND g.table_name = '{events}' AND g.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {events} FROM %I', grantee);
    END LOOP;
END $$;
CREATE TRIGGER {events}_kept BEFORE INSERT OR UPDATE OR DELETE ON {events}
FOR EACH ROW EXECUTE FUNCTION history_kept();
"""  # noqa: S608 # the name of a table of ours
    return up, f"DROP TRIGGER {events}_kept ON {events};"


def wall_by_class(events: str) -> tuple[str, str]:
    """The policies of events: each is read by who may read the table that it comes from."""
    read = " OR ".join(
        f"(data_class = '{name}' AND {' AND '.join(within('areas', reach) for reach in reaches)})"
        for name, reaches in READ.items()
    )
    # What binds two sites is read by who sees both.
    read = f"({read}) AND (other_areas IS NULL OR {within('other_areas', 'visible')})"
    up = f"""
ALTER TABLE {events} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {events} FORCE ROW LEVEL SECURITY;
CREATE POLICY {events}_read ON {events} FOR SELECT USING ({read});
CREATE POLICY {events}_insert ON {events} FOR INSERT WITH CHECK (
    pg_trigger_depth() > 0 OR {within("areas", "exact")});
CREATE POLICY {events}_update ON {events} FOR UPDATE USING ({read});
CREATE POLICY {events}_delete ON {events} FOR DELETE USING ({read});
"""
    down = f"""
DROP POLICY {events}_read ON {events};
DROP POLICY {events}_insert ON {events};
DROP POLICY {events}_update ON {events};
DROP POLICY {events}_delete ON {events};
ALTER TABLE {events} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {events} DISABLE ROW LEVEL SECURITY;
"""
    return up, down
