"""The national totals: what is counted, and what is kept silent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from geo.sites.figures import FEWEST_SITES, national_figures
from geo.sites.models import Closure, Population, Site, SiteLocation
from tests.support.factories import close_site, make_site

OPENED = dt.date(2024, 1, 2)


def some_sites(count: int) -> None:
    """Many sites at once, each with two counts of which the last holds."""
    sites = Site.objects.bulk_create(
        Site(reference=f"93-{n:06}", declared_on=OPENED) for n in range(count)
    )
    for n, site in enumerate(sites):
        location = SiteLocation(site=site, geom=f"SRID=4326;POINT({2.31 + n / 1000} 48.93)")
        location.name = "Inventé"
        location.save()
    for day, people in ((OPENED, 500), (dt.date(2024, 5, 1), 20)):
        Population.objects.bulk_create(
            Population(site=site, observed_on=day, people=people) for site in sites
        )


def test_totals_count_open_sites_and_last_observations(territories: Any) -> None:
    some_sites(FEWEST_SITES)
    shut = make_site(5.35, 43.3, observed_on=OPENED, population={"people": 900})
    close_site(
        shut,
        "resorbed",
        "yes",
        on=timezone.localdate() - dt.timedelta(days=3),
        solutions=[{"type": "housing", "people": 900}],
    )
    assert Closure.objects.get().kind == "resorption"
    figures = national_figures()
    assert (figures.living_sites, figures.people, figures.departements) == (
        FEWEST_SITES,
        20 * FEWEST_SITES,
        1,
    )
    assert figures.resorbed is None


def test_small_numbers_are_not_told(territories: Any) -> None:
    some_sites(FEWEST_SITES - 1)
    figures = national_figures()
    assert (figures.living_sites, figures.people, figures.departements) == (None, None, None)
