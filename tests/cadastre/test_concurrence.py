"""The same sites enriched by several at once: no deadlock, no double, the same end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest
from django.db import connection

from cadastre.models import SiteParcel
from cadastre.services import site_enrich, sites_enrich
from geo.sites.models import Enrichment
from tests.support.factories import make_site
from tests.support.parcels import cover, make_parcel

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> None:
    """Run these in threads of their own, each with its connection; raise their first failure."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(10)
            work()
        except BaseException as error:  # noqa: BLE001 it is raised again below
            failures.append(error)
        finally:
            connection.close()

    # A thread starts with nobody who reads: these go on as the test does.
    threads = [threading.Thread(target=copy_context().run, args=(run, work)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "someone waits for ever"
    if failures:
        raise failures[0]


def test_everyone_at_once(territories: Any) -> None:
    cover("93066")
    for number in range(4):
        west = 2.350 + number * 1e-3
        make_parcel(f"93066000AB{number + 1:04d}", (west, 48.930, west + 1e-3, 48.931))
    sites = [make_site(2.3505 + number % 4 * 1e-3, 48.9305).pk for number in range(12)]

    def one_by_one(order: list[int]) -> None:
        for site_id in order:
            site_enrich(site_id=site_id)

    at_once(
        lambda: one_by_one(sites),
        lambda: one_by_one(sites[::-1]),
        lambda: [sites_enrich() for _ in range(3)],
        lambda: sites_enrich(site_ids=sites[::-1]),
    )
    found = SiteParcel.objects.values_list("site_id", flat=True)
    assert sorted(found) == sorted(sites)
    assert Enrichment.objects.filter(status="done", runs=6).count() == len(sites)
