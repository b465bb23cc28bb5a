"""Reading facilities: the nearest ones of a place, by the ellipsoid.

The caller gives the place its reader may see: three distances from an exact place would tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.gis.geos import Point
from django.db import connection

from geo.core.sql import read_sql
from geo.facilities.models import Kind

# Degrees shorten eastwards: at 51° N the true nearest is among the first candidates by degrees
# unless dozens crowd the same ring.
CANDIDATES = 40


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
    found = []
    for kind in kinds:
        with connection.cursor() as cursor:
            cursor.execute(
                read_sql(__file__, "nearest"),
                {
                    "lon": point.x,
                    "lat": point.y,
                    "kind": kind,
                    "limit": limit,
                    "candidates": max(CANDIDATES, limit * 4),
                },
            )
            for row in cursor.fetchall():
                pk, kind_code, category, name, source, millesime, licence, invented, metres = row
                label = Kind(kind_code).label
                found.append(
                    NearFacility(
                        pk,
                        kind_code,
                        str(label),
                        category,
                        name,
                        float(metres),
                        source,
                        millesime,
                        licence,
                        invented,
                    )
                )
    return found
