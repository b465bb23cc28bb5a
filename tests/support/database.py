"""The suite's own database: made and migrated by the owner's role, used as the application's.

Leaves fixtures of rows to the other modules of this folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase

ALIASES = tuple(name for name in ("default", "owner", "erase") if name in connections.databases)
KEPT = {"django_migrations", "spatial_ref_sys", "django_content_type"}


def database_name(worker: str) -> str:
    """One database for each checkout's run and each parallel worker."""
    suffix = os.environ.get("TEST_DB_SUFFIX", "suite")
    return f"test_atlas_{suffix}_{worker}"


@contextmanager
def test_database(worker: str) -> Iterator[None]:
    """Create, migrate and point both connections at the test database; drop it at the end."""
    name = database_name(worker)
    keep = os.environ.get("TEST_KEEP_DB") == "1"
    maintenance = parameters("owner")
    before = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
    with psycopg.connect(**maintenance, autocommit=True) as admin:
        if not keep:
            drop(admin, name)
        exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not exists:
            admin.execute(f'CREATE DATABASE "{name}"')
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    connections["owner"].close()
    TransactionTestCase._fixture_teardown = truncate_all
    yield
    for alias, former in before.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = former
    if not keep:
        with psycopg.connect(**maintenance, autocommit=True) as admin:
            drop(admin, name)


def drop(admin: Any, name: str) -> None:
    """Drop a database; what the application's role left open there is ended by that role."""
    with psycopg.connect(**parameters("default"), autocommit=True) as app:
        app.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
    for attempt in range(20):
        try:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if attempt == 19:
                raise
            time.sleep(0.5)
        else:
            return


def parameters(alias: str) -> dict[str, Any]:
    """psycopg parameters of a connection as the settings give it."""
    settings_dict = connections[alias].settings_dict
    return {
        key: value
        for key, value in {
            "dbname": settings_dict["NAME"],
            "user": settings_dict["USER"],
            "password": settings_dict["PASSWORD"],
            "host": settings_dict["HOST"],
            "port": settings_dict["PORT"],
        }.items()
        if value
    }


def truncate_all(case: Any) -> None:
    """Empty every table after a transactional test: the application's role may not truncate."""
    with psycopg.connect(**parameters("owner"), autocommit=True) as admin:
        rows = admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        tables = ", ".join(f'"{row[0]}"' for row in rows if row[0] not in KEPT)
        admin.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
