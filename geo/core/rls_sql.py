"""Migration SQL of the second wall: the areas stored on each row, and the policies over them.

`areas` lists the territories of a row and its site, each behind one letter (`geo.core.rls`), so
that one comparison answers for every level and no policy joins. Every function here gives the SQL
and its reverse. Leaves the readers' rights to `geo.core.rls`.
"""

from __future__ import annotations

from collections.abc import Sequence

from geo.core.scope import RESTRICTED
from geo.core.sql import read_sql

FUNCTIONS = read_sql(__file__, "second_wall")
DROP_FUNCTIONS = """
DROP FUNCTION scope_restore(text[]);
DROP FUNCTION scope_widen();
DROP FUNCTION scope_areas(text);
DROP FUNCTION scope_everywhere(text);
DROP FUNCTION scope_setting(text);
"""


def inherit(
    table: str, parent: str, key: str, *, areas: str = "areas", moved_by: str = ""
) -> tuple[str, str]:
    """Rows of `table` carry in `areas` those of the row of `parent` whose id is their `key`.

    Written from the parent at each insert or change, never as given, and again when the parent
    moves. A parent that the writer does not see is refused as one that does not exist. `moved_by`
    is the column of `table` whose own trigger moves the parent.
    """
    name = f"{table}_{areas}"
    columns = ", ".join(filter(None, (key, areas, moved_by)))
    # A row cannot be written a second time by what its own writing has moved.
    outermost = " AND pg_trigger_depth() < 1" if moved_by else ""
    up = f"""
ALTER TABLE {table} ADD COLUMN {areas} text[];
UPDATE {table} t SET {areas} = p.areas FROM {parent} p WHERE p.id = t.{key};
-- What is checked at the end is checked now: a table with checks that wait is not altered.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE {table} ALTER COLUMN {areas} SET NOT NULL;

CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT p.areas INTO NEW.{areas} FROM {parent} p WHERE p.id = NEW.{key};
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown {key}' USING ERRCODE = '23503';
    END IF;
    RETURN NEW;
END $$;
-- The last of its kind: what says where a site is has run before.
CREATE TRIGGER zz_{name} BEFORE INSERT OR UPDATE OF {columns} ON {table}
FOR EACH ROW EXECUTE FUNCTION {name}();

-- Who moves a site need not see all that hangs on it: every row follows.
CREATE FUNCTION {name}_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text[] := scope_widen();
BEGIN
    UPDATE {table} SET {areas} = NEW.areas WHERE {key} = NEW.id;
    PERFORM scope_restore(was);
    RETURN NULL;
END $$;
CREATE TRIGGER {name}_follow AFTER UPDATE ON {parent}
FOR EACH ROW WHEN (OLD.areas IS DISTINCT FROM NEW.areas{outermost})
EXECUTE FUNCTION {name}_follow();
"""
    down = f"""
DROP TRIGGER {name}_follow ON {parent};
DROP FUNCTION {name}_follow();
DROP TRIGGER zz_{name} ON {table};
DROP FUNCTION {name}();
ALTER TABLE {table} DROP COLUMN {areas};
"""
    return up, down


def wall(
    table: str,
    *reaches: str,
    columns: Sequence[str] = ("areas",),
    insert: str = "",
    delete: str = "",
    writing: str = "writing",
) -> tuple[str, str]:
    """The policies of a table: read by those who have every reach over all of its `columns`.

    The reach is `visible` unless others are given. Changed by those who besides see it exactly and
    have the right of `writing` there, before the change and after it: without a condition an UPDATE
    asks no reading policy. `columns[0]` is where it is written.
    """
    at, classes = columns[0], tuple(reach for reach in reaches if reach != "exact")
    read = _all(*((column, reach) for column in columns for reach in reaches or ("visible",)))
    add = _all(*((at, right) for right in (insert or writing, *classes)))
    change = _all(*((at, right) for right in ("exact", writing, *classes)))
    remove = _all(*((at, right) for right in ("exact", delete or writing, *classes)))
    up = f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read});
CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({add});
CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({change}) WITH CHECK ({change});
CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({remove});
"""
    down = f"""
DROP POLICY {table}_read ON {table};
DROP POLICY {table}_insert ON {table};
DROP POLICY {table}_update ON {table};
DROP POLICY {table}_delete ON {table};
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""
    return up, down


def wall_whole(table: str) -> tuple[str, str]:
    """The policies of a table that tells of every class and place: for who has all of them."""
    rights = ("exact", *(each.value for each in RESTRICTED))
    whole = " AND ".join(f"(SELECT scope_everywhere('{right}')) <> 0" for right in rights)
    up = f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY {table}_read ON {table} FOR SELECT USING ({whole});
CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({whole});
CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({whole});
CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({whole});
"""
    down = "".join(
        f"DROP POLICY {table}_{name} ON {table};\n"
        for name in ("read", "insert", "update", "delete")
    )
    return up, f"{down}ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;"


def door(signature: str) -> str:
    """A function that runs with the rights of the owner is called by the erasing role alone."""
    return f"""
DO $$
DECLARE grantee text;
BEGIN
    REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC;
    FOR grantee IN
        SELECT DISTINCT pg_get_userbyid(a.grantee) FROM pg_proc p, aclexplode(p.proacl) AS a
        WHERE p.oid = '{signature}'::regprocedure AND a.grantee NOT IN (0, p.proowner)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION {signature} FROM %I', grantee);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_erase') THEN
        GRANT EXECUTE ON FUNCTION {signature} TO atlas_erase;
    ELSE
        RAISE WARNING 'no role atlas_erase: retention cannot erase (docs/history.md)';
    END IF;
END $$;
"""


def _all(*wanted: tuple[str, str]) -> str:
    return " AND ".join(within(column, right) for column, right in wanted)


def within(column: str, right: str) -> str:
    """The condition that the areas of `column` are among those of `right`."""
    # Scalar sub-selects: computed once a statement, not once a row; the first alone for the nation.
    everywhere = f"(SELECT scope_everywhere('{right}')) <> 0"
    return f"({everywhere} OR {column} && (SELECT scope_areas('{right}')))"
