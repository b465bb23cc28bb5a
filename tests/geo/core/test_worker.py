"""The worker's process: it stops when told, outlives its connections, takes up what was left."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from cadastre.tasks import enrich_site
from geo.core.jobs import MAX_ATTEMPTS, enqueue, rescue
from tests.support.workers import wait_until, worker


def statuses() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("pk").values_list("status", flat=True))


def rescued() -> int:
    """How many jobs a rescue takes up; a browser test may have left its loop marked as running."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return async_to_sync(rescue)(app)
    finally:
        asyncio._set_running_loop(running)


def left_doing(attempts: int = 0) -> None:
    """As a worker that was killed leaves its job: under way, and nobody's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE status = 'todo'",
            [attempts],
        )


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_waits_again() -> None:
    enqueue(enrich_site, site_id=1)
    left_doing()
    assert rescued() == 1
    assert statuses() == ["todo"]
    assert ProcrastinateJob.objects.get().attempts == 1
    assert rescued() == 0


@pytest.mark.django_db(transaction=True)
def test_a_job_that_kills_its_workers_is_given_up() -> None:
    enqueue(enrich_site, site_id=1)
    left_doing(attempts=MAX_ATTEMPTS - 1)
    rescued()
    assert statuses() == ["failed"]


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_twin_waits_already_leaves_it_the_work() -> None:
    enqueue(enrich_site, once="site", lock="site", site_id=1)
    left_doing()
    enqueue(enrich_site, once="site", lock="site", site_id=1)
    rescued()
    # The one left under way would have held the lock for ever.
    assert statuses() == ["todo"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_outlives_its_connections_and_stops_when_told(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with worker(log, "--stalled-after", "3") as process:
        wait_until(ProcrastinateWorker.objects.exists, seconds=30, log=log)
        with connection.cursor() as cursor:
            # What a restart of the database does to every process.
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND usename = current_user"
            )
        enqueue(enrich_site, site_id=1)
        wait_until(lambda: not statuses(), seconds=30, log=log)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert not ProcrastinateWorker.objects.exists() or "database away" in log.read_text()


def test_what_a_job_is_given_is_readable(db: Any) -> None:
    enqueue(enrich_site, site_id=12)
    assert ProcrastinateJob.objects.get().args == {"site_id": 12}
