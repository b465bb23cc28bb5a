"""A new geography moves the sites to the codes where they lie, in the import's own transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geo.sites.models import Site
from geo.territories.models import Commune
from geo.territories.services import territories_import
from tests.geo.territories.invented import cell, commune, country, record
from tests.support.factories import make_site

pytestmark = pytest.mark.django_db


def codes(site: Site) -> tuple[str, str | None, str, str]:
    site.refresh_from_db()
    return site.commune_id, site.epci_id, site.departement_id, site.region_id


def test_sites_of_a_merged_commune_go_to_the_one_that_took_its_land() -> None:
    territories_import(records=country())
    # 77002, then 77003: only the first one's commune is merged.
    moved, still = make_site(2.15, 48.55), make_site(2.25, 48.55)
    assert codes(moved)[0] == "77002"
    merged = [
        *country()[:3],
        commune("77003", cell(1, 0, 2)),
        commune("77001", cell(0, 0)),
    ]
    report = territories_import(records=merged)[-1]
    assert report.removed == ["77002"]
    assert codes(moved) == ("77003", "200000001", "77", "11")
    assert codes(still)[0] == "77003"
    moved.refresh_from_db()
    assert moved.commune_point.distance(still.commune_point) < 0.11


def test_sites_follow_a_border_that_moves_and_an_epci_that_changes() -> None:
    territories_import(records=country())
    site, other = make_site(2.15, 48.55), make_site(2.05, 48.55)
    grid = (site.grid_point.x, site.grid_point.y)
    swapped = [
        *country()[:3],
        record("epci", "200000002", cell(1, 0), departements=("77",)),
        replace(country()[3], contour=cell(1, 0), point=None, epci="200000002"),
        commune("77002", cell(0, 0)),
        country()[5],
    ]
    territories_import(records=swapped)
    assert codes(site)[:2] == ("77001", "200000002")
    assert codes(other)[:2] == ("77002", "200000001")
    site.refresh_from_db()
    assert (site.grid_point.x, site.grid_point.y) == grid


def test_the_communal_point_follows_the_chef_lieu() -> None:
    territories_import(records=country())
    site = make_site(2.15, 48.55)
    place = country()[3].point
    territories_import(
        records=[r if r.code != "77002" else replace(r, point=place) for r in country()]
    )
    site.refresh_from_db()
    assert site.commune_point.tuple == (2.05, 48.55)


def test_a_site_that_no_commune_takes_keeps_its_codes_and_its_commune() -> None:
    territories_import(records=country())
    site = make_site(2.15, 48.55)
    away = [*country()[:4], commune("77003", cell(5, 5))]
    report = territories_import(records=away)[-1]
    assert (report.removed, report.landless) == ([], ["77002"])
    assert codes(site) == ("77002", "200000001", "77", "11")
    assert Commune.objects.get(code="77002").contour.empty


def test_the_same_geography_again_touches_no_site() -> None:
    territories_import(records=country())
    site = make_site(2.15, 48.55)
    before = Site.objects.values().get(pk=site.pk)
    newer = [replace(r, millesime="2026") for r in country()]
    assert territories_import(records=newer)[-1].updated == 3
    assert Site.objects.values().get(pk=site.pk) == before
