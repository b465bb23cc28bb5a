"""The nearest features of many places at once, against every distance computed one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from geo.core import collections
from geo.core.crs import geodesic_distance_m
from geo.core.nearest import nearest
from geo.core.params import Filters
from geo.core.scope import Scope
from geo.core.sources import Request
from geo.core.when import When
from geo.facilities.models import Facility, Kind

pytestmark = pytest.mark.django_db


def request(kind: Kind) -> Request:
    scope = Scope.public()
    only = Filters((("kind", (kind.value,)),))
    return Request(collections.get("facilities", scope), scope, When.now(), only)


@pytest.fixture
def schools() -> list[Facility]:
    draw = random.Random(11)
    rows = [
        Facility(
            kind=Kind.SCHOOL if i % 4 else Kind.WATER,
            name=f"n° {i}",
            geom=Point(draw.uniform(2.2, 2.6), draw.uniform(48.8, 49.0), srid=4326),
            source="essai",
            source_key=str(i),
            millesime="2026",
            licence="essai",
        )
        for i in range(300)
    ]
    created = Facility.objects.bulk_create(rows)
    return [row for row in created if row.kind == Kind.SCHOOL]


def test_each_place_has_its_nearest_ones(schools: list[Facility]) -> None:
    draw = random.Random(3)
    places = [(draw.uniform(2.2, 2.6), draw.uniform(48.8, 49.0)) for _ in range(40)]
    found = nearest(request(Kind.SCHOOL), places, limit=2)
    assert [near.place for near in found] == [place for place in range(40) for _ in range(2)]
    for index, (lon, lat) in enumerate(places):
        truth = sorted(
            (geodesic_distance_m(lon, lat, row.geom.x, row.geom.y), row.pk) for row in schools
        )[:2]
        mine = [near for near in found if near.place == index]
        assert [near.id for near in mine] == [pk for _, pk in truth]
        assert [near.distance_m for near in mine] == pytest.approx([m for m, _ in truth], abs=0.01)


def test_nothing_asked_or_nothing_there(
    schools: list[Facility], django_assert_num_queries: Any
) -> None:
    assert nearest(request(Kind.FOOD), [(2.3, 48.9)]) == []
    with django_assert_num_queries(0):
        assert nearest(request(Kind.SCHOOL), []) == []
    with django_assert_num_queries(1):
        assert len(nearest(request(Kind.SCHOOL), [(2.3, 48.9)] * 50)) == 50
