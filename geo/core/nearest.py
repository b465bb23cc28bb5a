"""The nearest features of a collection around many places, by the ellipsoid, under one scope.

The caller gives places its reader may see: distances from an exact place would tell it. Leaves
which places and which kinds of features to the callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from geo.core.sources import Request, compile_sources

# Degrees shorten eastwards: at 51° N the true nearest is among the first candidates by degrees
# unless dozens crowd the same ring.
CANDIDATES = 40
# The index gives candidates in degrees, the ellipsoid decides. The inner SELECT comes compiled
# from the registry; no name in it comes from a request.
SQL = """
SELECT q.n, c.id, c.distance_m
FROM unnest(%s::int[], %s::float8[], %s::float8[]) AS q(n, lon, lat)
CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(q.lon, q.lat), 4326) AS place) p
CROSS JOIN LATERAL (
    SELECT k.id, ST_Distance(k.geom::geography, p.place::geography) AS distance_m
    FROM (SELECT s.id, s.geom FROM ({source}) s ORDER BY s.geom <-> p.place LIMIT %s) k
    ORDER BY distance_m, k.id LIMIT %s
) c
"""


@dataclass(frozen=True, slots=True)
class Near:
    """A feature near a place: `place` is the index of the place asked, the distance geodesic."""

    place: int
    id: int
    distance_m: float


def nearest(
    request: Request, places: Sequence[tuple[float, float]], *, limit: int = 1
) -> list[Near]:
    """The `limit` nearest features that a request gives, for each place (WGS84 lon, lat).

    By place, then by distance; a place has none where the request gives none.
    """
    if not places:
        return []
    numbers = list(range(len(places)))
    lons, lats = ([float(place[axis]) for place in places] for axis in (0, 1))
    found: list[Near] = []
    for source in compile_sources(request):
        ends = [max(CANDIDATES, limit * 4), limit]
        with connection.cursor() as cursor:
            cursor.execute(
                SQL.replace("{source}", source.sql),
                [numbers, lons, lats, *source.params, *ends],
            )
            found += [Near(*row) for row in cursor.fetchall()]
    kept: dict[int, list[Near]] = {}
    for near in sorted(found, key=lambda near: (near.place, near.distance_m, near.id)):
        if len(kept.setdefault(near.place, [])) < limit:
            kept[near.place].append(near)
    return [near for group in kept.values() for near in group]
