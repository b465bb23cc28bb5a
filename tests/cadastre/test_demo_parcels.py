"""The invented parcels: a real mosaic, the same at each run, never over real ones."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon

from cadastre.idu import PATTERN
from cadastre.models import CadastreCoverage, Parcel
from demo.parcels import COMMUNES, parcels_generate, parcels_load
from geo.territories.models import Commune
from tests.support.parcels import cover

pytestmark = pytest.mark.django_db

# A contour that is no box, so that plots are cut by it.
OUTLINE = ((2.33, 48.92), (2.36, 48.91), (2.38, 48.93), (2.355, 48.935), (2.34, 48.95))


@pytest.fixture
def commune(territories: Any) -> Commune:
    found = territories["93066"]
    found.contour = MultiPolygon(Polygon((*OUTLINE, OUTLINE[0])), srid=4326)
    found.save()
    return found


def test_the_plots_are_valid_inside_and_never_overlap(commune: Commune) -> None:
    rows = parcels_generate(commune)
    assert 1_000 <= len(rows.idus) == len(set(rows.idus)) <= 6_000
    assert all(re.match(PATTERN, idu) for idu in rows.idus)
    assert shapely.is_valid(rows.shapes).all()
    left, right = shapely.STRtree(rows.shapes).query(rows.shapes, predicate="intersects")
    twice = left < right
    shared = shapely.intersection(rows.shapes[left[twice]], rows.shapes[right[twice]])
    # Square degrees: under a square centimetre in all.
    assert shapely.area(shared).sum() < 1e-14
    contour = shapely.from_wkb(bytes(commune.contour.wkb))
    # A straight edge in degrees and in the projection part by some decimetres over kilometres.
    outside = shapely.difference(rows.shapes, shapely.buffer(contour, 1e-5))
    assert shapely.area(outside).sum() == 0
    covered = shapely.area(rows.shapes).sum() / shapely.area(contour)
    assert 0.85 < covered < 0.9
    assert min(c for c in rows.contenances if c is not None) > 0


def test_the_same_parcels_at_each_run(commune: Commune) -> None:
    first, second = parcels_generate(commune), parcels_generate(commune)
    assert first.idus == second.idus
    assert first.contenances == second.contenances
    assert np.array_equal(shapely.to_wkb(first.shapes), shapely.to_wkb(second.shapes))


def test_new_contours_have_their_parcels_drawn_anew(commune: Commune) -> None:
    parcels_load()
    # The official contour comes after the approximate one: smaller, and elsewhere in part.
    moved = tuple((lon + 0.01, lat) for lon, lat in OUTLINE)
    commune.contour = MultiPolygon(Polygon((*moved, moved[0])), srid=4326)
    commune.save()
    parcels_load()
    contour = shapely.from_wkb(bytes(commune.contour.wkb))
    rows = Parcel.objects.filter(idu__startswith="93066")
    shapes = shapely.from_wkb([bytes(row.geom.wkb) for row in rows])
    outside = shapely.difference(shapes, shapely.buffer(contour, 1e-5))
    assert shapely.area(outside).sum() == 0
    assert shapely.area(shapes).sum() > 0.85 * shapely.area(contour)


def test_only_known_communes_without_real_parcels_are_loaded(commune: Commune) -> None:
    assert set(parcels_load()) == {"93066", "13001"} == set(COMMUNES) & {"93066", "13001"}
    assert not Parcel.objects.filter(invented=False).exists()
    before = Parcel.objects.count()
    again = parcels_load()
    assert Parcel.objects.count() == before
    assert all(report.touched == () for report in again.values())
    CadastreCoverage.objects.all().delete()
    cover("93066")
    assert set(parcels_load()) == {"13001"}
