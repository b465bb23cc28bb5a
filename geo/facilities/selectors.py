"""Reading facilities: the nearest ones of a place, by the ellipsoid.

The caller gives the place its reader may see: three distances from an exact place would tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import Point

from geo.core import collections
from geo.core.nearest import nearest
from geo.core.params import Filters
from geo.core.scope import Scope
from geo.core.sources import Request
from geo.core.when import When
from geo.facilities.models import Facility, Kind


@dataclass(frozen=True, slots=True)
class NearFacility:
    """A facility and its geodesic distance in metres from the place asked."""

    id: int
    kind: str
    kind_label: str
    category: str
    name: str
    distance_m: float
    source: str
    millesime: str
    licence: str
    invented: bool


def nearest_facilities(
    point: Point, kinds: Sequence[str] = (Kind.SCHOOL, Kind.HEALTH), limit: int = 1
) -> list[NearFacility]:
    """The nearest facilities of each kind from a WGS84 point; a kind without source gives none."""
    scope = Scope.public()
    near = []
    for kind in kinds:
        only = Filters((("kind", (str(kind),)),))
        request = Request(collections.get("facilities", scope), scope, When.now(), only)
        near += nearest(request, [(point.x, point.y)], limit=limit)
    known = Facility.objects.in_bulk([one.id for one in near])
    # One removed in between is left out.
    return [_near(known[one.id], one.distance_m) for one in near if one.id in known]


def _near(facility: Facility, distance_m: float) -> NearFacility:
    return NearFacility(
        facility.pk,
        facility.kind,
        str(Kind(facility.kind).label),
        facility.category,
        facility.name,
        distance_m,
        facility.source,
        facility.millesime,
        facility.licence,
        facility.invented,
    )
