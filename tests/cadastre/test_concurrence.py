"""The same sites enriched by several at once: no deadlock, no double, the same end."""

from __future__ import annotations

from typing import Any

import pytest

from cadastre.models import SiteParcel
from cadastre.services import site_enrich, sites_enrich
from geo.sites.models import Enrichment
from tests.support.at_once import at_once
from tests.support.factories import make_site
from tests.support.parcels import cover, make_parcel

pytestmark = pytest.mark.django_db(transaction=True)


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
