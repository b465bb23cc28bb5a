"""A worker killed in the middle of 500 sites: another ends them, each with exactly its result."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from cadastre.etalab import read_parcels
from cadastre.loading import parcels_import
from cadastre.models import SiteParcel
from geo.core.events import SiteGeometryChanged, publish
from geo.sites.models import Enrichment, Site, SiteLocation
from tests.support.parcels import grid, written
from tests.support.workers import wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)

SITES = 500


def done() -> int:
    return Enrichment.objects.filter(source="cadastre", status="done").count()


def prepare(folder: Path) -> None:
    """Parcels of a commune, then 500 sites on them, each with its event."""
    path = written(folder, "cadastre-93066-parcelles.json", grid("93066", 2.35, 48.93, 25, 4e-4))
    parcels_import(batches=read_parcels(path), source="essai")
    ProcrastinateJob.objects.all()._raw_delete("default")
    day = dt.date(2024, 3, 1)
    with transaction.atomic():
        sites = Site.objects.bulk_create(
            Site(reference=f"93-K{n:05d}", declared_on=day) for n in range(SITES)
        )
        SiteLocation.objects.bulk_create(
            SiteLocation(
                site=site,
                name="Site inventé",
                geom=Point(2.3502 + n % 25 * 4e-4, 48.9302 + n // 25 * 4e-4, srid=4326),
            )
            for n, site in enumerate(sites)
        )
        for site in sites:
            publish(SiteGeometryChanged(site.pk))


def kill_in_the_middle(process: subprocess.Popen[bytes]) -> int:
    """SIGKILL while some job is under way; returns how many sites were done by then."""
    while True:
        process.send_signal(signal.SIGSTOP)
        # What the process had sent may still be under way in the database.
        time.sleep(0.2)
        if ProcrastinateJob.objects.filter(status="doing").exists():
            process.kill()
            process.wait(10)
            return done()
        assert done() < SITES, "everything was done before a job was caught under way"
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)


def test_five_hundred_sites_survive_a_killed_worker(territories: Any, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    prepare(tmp_path)
    assert ProcrastinateJob.objects.filter(task_name="cadastre.enrich_site").count() == SITES
    options = ("--stalled-after", "3", "--concurrency", "2")
    with worker(log, *options) as process:
        wait_until(lambda: done() >= 60, seconds=90, log=log)
        at_death = kill_in_the_middle(process)
    assert 60 <= at_death < SITES
    assert ProcrastinateJob.objects.filter(status="doing").exists()
    with worker(log, *options) as process:
        wait_until(
            lambda: not ProcrastinateJob.objects.filter(task_name="cadastre.enrich_site").exists(),
            seconds=120,
            log=log,
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert done() == Enrichment.objects.count() == SITES
    found = SiteParcel.objects.values_list("site_id", "parcel_id")
    assert len(found) == len({site for site, _ in found}) == len({idu for _, idu in found}) == SITES
