"""The sheet of one site: who sees what of it, how precisely, in how many queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from geo.accounts.enums import Level, Role
from geo.accounts.scopes import scope_for
from geo.core.errors import NotFound
from geo.core.scope import Precision, Scope
from geo.sites.models import Site
from geo.sites.selectors import Freshness, freshness, site_sheet, sites_near
from geo.sites.services import reinstallation_declare
from tests.support.factories import close_site, make_site, make_user

NATION = Scope.nation()


@pytest.fixture
def site(territories: Any) -> Site:
    return make_site(
        name="Le Pré inventé",
        address_label="1 rue Inventée",
        population={"people": 40, "households": 12, "minors": 9, "origins": ["eu"]},
        living={"water_access_type": "robinet_connecte_au_reseau", "electricity_access": True},
    )


def test_the_exact_reader_is_told_the_place(site: Site, admin_93: Any) -> None:
    sheet = site_sheet(scope_for(admin_93), site.pk)
    assert sheet.precision == Precision.EXACT
    assert sheet.location is not None
    assert sheet.location.name == "Le Pré inventé"
    assert sheet.point.coords == (2.35, 48.93)
    assert [row.people for row in sheet.populations] == [40]


@pytest.mark.parametrize(
    ("role", "level", "code", "precision"),
    [
        (Role.OBSERVER, Level.DEPARTEMENT, "93", Precision.GRID),
        (Role.NATIONAL_PARTNER, Level.NATION, "", Precision.COMMUNE),
        (Role.PARTNER, Level.COMMUNE, "93008", Precision.GRID),
    ],
)
def test_the_blurred_reader_gets_no_name_nor_place(
    site: Site, role: str, level: str, code: str, precision: Precision
) -> None:
    sheet = site_sheet(scope_for(make_user(role, level, code)), site.pk)
    assert sheet.precision == precision
    assert sheet.location is None
    assert sheet.footprints == ()
    assert sheet.point.coords != (2.35, 48.93)
    assert "Le Pré" not in repr(sheet)


@pytest.mark.parametrize("code", ["13", ""])
def test_outside_the_scope_a_site_does_not_exist(site: Site, code: str) -> None:
    scope = (
        scope_for(make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, code)) if code else Scope.public()
    )
    with pytest.raises(NotFound):
        site_sheet(scope, site.pk)


def test_the_missing_fields_are_named_and_the_owner_is_always_one(site: Site) -> None:
    sheet = site_sheet(NATION, site.pk)
    assert set(sheet.missing) == {"census_status", "waste", "owner_category"}
    assert len(sheet.known) + len(sheet.missing) == 10


def test_the_number_of_queries_does_not_grow_with_the_series(
    site: Site, django_assert_num_queries: Any
) -> None:
    other = make_site(2.36, 48.93)
    reinstallation_declare(
        by=None,
        scope=NATION,
        site_id=site.pk,
        origin_id=other.pk,
        people=5,
        happened_on=dt.date(2024, 5, 1),
    )
    close_site(
        site,
        "other",
        "unknown",
        on=dt.date(2024, 6, 1),
        solutions=[{"type": "housing", "people": 3}],
    )
    with django_assert_num_queries(9):
        sheet = site_sheet(NATION, site.pk)
    assert sheet.closure is not None
    assert [row.people for row in sheet.closure.solutions.all()] == [3]
    assert [flow.origin.commune.name for flow in sheet.arrivals] == ["Saint-Denis"]


def test_a_flow_from_an_invisible_site_is_not_told(site: Site, admin_93: Any) -> None:
    elsewhere = make_site(5.35, 43.3)
    reinstallation_declare(
        by=None,
        scope=NATION,
        site_id=site.pk,
        origin_id=elsewhere.pk,
        people=5,
        happened_on=dt.date(2024, 5, 1),
    )
    assert len(site_sheet(NATION, site.pk).arrivals) == 1
    assert site_sheet(scope_for(admin_93), site.pk).arrivals == ()


def test_near_sites_come_with_their_distance(site: Site) -> None:
    near = make_site(2.352, 48.93)
    make_site(2.38, 48.93)
    point = Point(2.35, 48.93, srid=4326)
    found = sites_near(NATION, point, metres=200, without=site.pk)
    assert [each.site.pk for each in found] == [near.pk]
    # 0.002 degree of longitude at 48.93° N on WGS84 is 146.6 m.
    assert found[0].distance_m == pytest.approx(146.6, abs=0.3)


def test_near_sites_are_measured_from_what_the_reader_sees(site: Site) -> None:
    """A blurred reader's circle cannot be narrowed on the hidden point."""
    scope = scope_for(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    site.refresh_from_db()
    found = sites_near(scope, site.grid_point, metres=10)
    assert [(each.site.pk, round(each.distance_m)) for each in found] == [(site.pk, 0)]
    away = Point(2.35, 48.93, srid=4326)
    gap = away.distance(site.grid_point) * 60_000
    assert gap > 20
    assert sites_near(scope, away, metres=10) == []
    nobody = scope_for(make_user(Role.NATIONAL_PARTNER))
    assert sites_near(nobody, away, metres=5000) == []


def test_freshness_has_three_steps() -> None:
    from django.utils import timezone

    today = timezone.localdate()
    steps = [freshness(today - dt.timedelta(days=days)) for days in (0, 90, 95, 180, 185, 900)]
    fresh, ageing, stale = Freshness
    assert steps == [fresh, fresh, ageing, ageing, stale, stale]
