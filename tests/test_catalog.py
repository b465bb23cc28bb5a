"""The catalogue of the database: what the second wall rests on, and what would drill through it."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from geo.core import rls

pytestmark = pytest.mark.django_db
# Triggers of an import of territories: they give nothing back, and widen the rights themselves. The
# purge of the log of reads: the application deletes no line, the owner none younger than a year.
DEFINERS = {"sites_follow_communes", "sites_hold_territory", "read_log_purge", "site_event_follow"}
# The door of the erasures: for the erasing role alone, and it notes what it erases.
DEFINERS |= {"history_redact"}
WHOLE = {"erasure"}
# The log of reads goes by the reader's person, people and sites, and whatever is read is logged.
READS = {"read_log", "read_alert"}
# What any role of the server may call: nothing of ours.
PUBLIC: set[str] = set()
# Comparisons of whole values, which newer PostGIS marks itself.
COMPARISONS = {f"geometry_{name}" for name in ("lt", "le", "gt", "ge", "eq", "neq", "cmp", "hash")}


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def test_every_table_that_holds_a_site_has_its_policies() -> None:
    protected = set(rls.protected_tables())
    assert {"site", "site_location", "site_closure_solution", "site_parcel"} <= protected
    walled = rows(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,"
        "       string_agg(p.polcmd::text, '' ORDER BY p.polcmd::text), bool_and(p.polpermissive)"
        " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relname = ANY(%s) AND c.relkind IN ('r', 'p') GROUP BY 1, 2",
        sorted(protected),
    )
    expected = {name: [True, "adrw", True] for name in protected}
    assert {name: kinds for name, *kinds in walled} == expected, (
        "a table that holds a site needs inherit(…) and wall(…) in its migration (docs/access.md)"
    )


def test_no_table_leads_to_a_site_behind_the_models_back() -> None:
    protected = set(rls.protected_tables())
    keys = rows(
        "SELECT conrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid::regclass::text = ANY(%s)",
        sorted(protected),
    )
    assert {name for (name,) in keys} <= protected
    # A number without a constraint leads there as well; the areas of a token are its limits.
    named = rows(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name IN ('site', 'site_id', 'origin_id')"
    )
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert {name for (name,) in named} & ours <= protected | {"feed_token"}


def test_the_policies_compute_rights_once_and_join_nothing() -> None:
    policies = rows(
        "SELECT tablename, coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies"
    )
    assert policies
    for table, text in policies:
        if table not in READS:
            assert ("SELECT scope_areas(" in text) != (table in WHOLE), table
            assert "SELECT scope_everywhere(" in text, table
        assert " FROM " not in text, table


def test_nothing_reads_past_the_policies() -> None:
    assert not rows("SELECT relname FROM pg_class c WHERE relkind = 'm'")
    views = rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'"
        " WHERE c.relkind = 'v' AND n.nspname = 'public' AND d.objid IS NULL"
        "   AND NOT coalesce(c.reloptions::text LIKE '%%security_invoker=true%%', false)"
    )
    assert not views
    definers = rows(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
        " WHERE p.prosecdef AND n.nspname = 'public' AND d.objid IS NULL"
    )
    assert {name for (name,) in definers} == DEFINERS
    extents = rows(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE proname IN"
        " ('st_estimatedextent', '_postgis_stats', '_postgis_selectivity')"
        " AND has_function_privilege(oid, 'EXECUTE')"
    )
    assert not extents


def test_no_function_is_called_by_whoever_comes() -> None:
    functions = (
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
        " WHERE n.nspname = 'public' AND d.objid IS NULL AND "
    )
    everybody = (
        "EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE')"
    )
    assert {name for (name,) in rows(functions + everybody)} == PUBLIC
    # What runs as the owner is a trigger, or a door of the erasing role's.
    doors = "p.prosecdef AND p.prorettype <> 'trigger'::regtype"
    assert {name for (name,) in rows(functions + doors)} == {"history_redact", "read_log_purge"}
    assert not rows(f"{functions}{doors} AND has_function_privilege(p.oid, 'EXECUTE')")
    assert len(rows(f"{functions}{doors} AND has_function_privilege('atlas_erase', p.oid, %s)",
        "EXECUTE")) == 2  # fmt: skip


def test_every_table_that_lists_objects_is_behind_the_wall() -> None:
    listed = rows(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND EXISTS ("
        "  SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0"
        "  AND a.attname IN ('object_id', 'object_ids', 'site_ids'))"
    )
    ours = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    open_tables = {name for name, walled in listed if not walled} & ours
    # Of accounts and rights: read by nobody but who administers them.
    assert open_tables == {"account_event"}
    assert {"read_log", "site_event", "erasure"} <= {name for name, walled in listed if walled}


def test_one_spatial_function_alone_is_marked_leakproof() -> None:
    marked = rows(
        "SELECT p.oid::regprocedure::text, p.proname FROM pg_proc p"
        " JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'"
        " JOIN pg_extension e ON e.oid = d.refobjid AND e.extname LIKE 'postgis%%'"
        " WHERE p.proleakproof"
    )
    found = {signature for signature, name in marked if name not in COMPARISONS}
    assert found == {"geometry_overlaps(geometry,geometry)"}
