"""The migrations of the second wall over rows that are there: forward, and their reverse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor

from geo.core import rls
from geo.core.scope import Scope
from geo.sites.services import reinstallation_declare, site_close
from tests.support.factories import make_site
from tests.support.restricted import fill

BEFORE = [("sites", "0009_restricted"), ("cadastre", "0003_gate"), ("core", "0001_initial")]
POLICIES = "SELECT count(*) FROM pg_policies"
FUNCTIONS = "SELECT count(*) FROM pg_proc WHERE prosrc LIKE '%scope_%' OR proname LIKE 'scope\\_%'"
COLUMNS = (
    "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
    " AND column_name IN ('areas', 'origin_areas') AND table_name = ANY(%s)"
)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_filled_database_goes_back_and_forward(territories: Any) -> None:
    home = make_site(2.35, 48.93, population={"people": 30})
    gone = make_site(5.40, 43.30)
    fill(home)
    site_close(
        by=None,
        scope=Scope.nation(),
        site_id=gone.pk,
        cause="closed_by_justice",
        closed_on=dt.date(2025, 6, 1),
        context="essai",
        closed_with_solutions="no",
    )
    reinstallation_declare(
        by=None,
        scope=Scope.nation(),
        site_id=home.pk,
        origin_id=gone.pk,
        people=12,
        happened_on=dt.date(2025, 6, 2),
    )
    owner = connections["owner"]

    def value(sql: str, *values: Any) -> Any:
        with owner.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall()

    # In one transaction that is undone: the suite's database stays as it is.
    with transaction.atomic(using="owner"):
        tables = rls.protected_tables()
        # The history of before its own migration is not made again, nor is what was erased of it.
        rows = " UNION ALL ".join(
            f"SELECT '{table}', areas FROM {table}"
            for table in tables
            if table not in {"site_event", "erasure", "read_log", "read_alert"}
        )
        rows += " UNION ALL SELECT 'origin', origin_areas FROM reinstallation"
        walled, policies = sorted(value(rows)), value(POLICIES)
        columns = value(COLUMNS, tables)
        assert {"site_closure", "site_judicial", "reinstallation", "origin"} <= dict(walled).keys()
        latest = MigrationExecutor(owner).loader.graph.leaf_nodes()
        MigrationExecutor(owner).migrate(BEFORE)
        assert value(POLICIES) == value(FUNCTIONS) == value(COLUMNS, tables) == [(0,)]
        assert value("SELECT count(*) FROM site_location") == [(2,)]
        MigrationExecutor(owner).migrate(latest)
        assert (sorted(value(rows)), value(POLICIES), value(COLUMNS, tables)) == (
            walled,
            policies,
            columns,
        )
        transaction.set_rollback(True, using="owner")
