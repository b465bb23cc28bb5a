"""`/healthz` and `/readyz`: what each one tells, and when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from web.operations import health

pytestmark = pytest.mark.django_db


def beat(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def state(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/readyz")
    assert "no-store" in response["Cache-Control"]
    return response.status_code, response.json()["checks"]


def test_the_process_lives_without_the_database(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_with_a_living_worker(client: Client) -> None:
    beat(5)
    code, checks = state(client)
    assert code == 200, checks
    assert set(checks) == {"database", "migrations", "worker", "disk"}
    assert checks["database"]["detail"] == "répond"


def test_a_silent_worker_is_told(client: Client) -> None:
    beat(600)
    code, checks = state(client)
    assert code == 503
    assert checks["worker"] == {"ok": False, "detail": "aucun processus de fond en marche"}
    assert checks["database"]["ok"]


def test_a_job_that_waits_too_long_is_told(client: Client) -> None:
    beat(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
            " VALUES ('default', 'x', '{}', 'todo', now() - interval '1 hour')"
        )
    code, checks = state(client)
    assert (code, checks["worker"]["detail"]) == (503, "traitements en retard")


def test_a_missing_migration_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    beat(1)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: [1, 2])
    code, checks = state(client)
    assert (code, checks["migrations"]["detail"]) == (503, "2 migration(s) à passer")


def test_a_full_disk_and_a_dead_database_are_told_without_details(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(1)
    monkeypatch.setattr(health, "FREE_BYTES", 10**18)

    def dead() -> str:
        raise DatabaseError("secret address")

    monkeypatch.setattr(health, "database", dead)
    response = client.get("/readyz")
    assert response.status_code == 503
    checks = response.json()["checks"]
    assert not checks["disk"]["ok"]
    assert checks["database"] == {"ok": False, "detail": "ne répond pas"}
    assert "secret" not in response.content.decode()
