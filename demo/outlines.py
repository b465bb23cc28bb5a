"""The ground that invented sites cover: plausible polygons around their points.

Metres are turned into degrees by the geodesic. Leaves the points to `ground`.
"""

from __future__ import annotations

import math
import random

from django.contrib.gis.geos import MultiPolygon, Polygon

from geo.core.crs import WGS84, offset_lonlat

Metres = tuple[float, float]


def outline(
    lon: float, lat: float, *, area_m2: float, parts: int, rng: random.Random
) -> MultiPolygon:
    """A MultiPolygon of about `area_m2` in one or two parts; the point lies in the first."""
    first = area_m2 if parts == 1 else area_m2 * 0.7
    rings = [_ring((0.0, 0.0), first, rng)]
    if parts > 1:
        # Far enough that the parts never touch.
        gap = 1.9 * (math.sqrt(first) + math.sqrt(area_m2 * 0.3))
        angle = rng.uniform(0, 2 * math.pi)
        away = (gap * math.sin(angle), gap * math.cos(angle))
        rings.append(_ring(away, area_m2 * 0.3, rng))
    polygons = [
        Polygon([_degrees(lon, lat, corner) for corner in [*ring, ring[0]]], srid=WGS84)
        for ring in rings
    ]
    return MultiPolygon(polygons, srid=WGS84)


def area_of(people: float, *, building: bool, rng: random.Random) -> float:
    """Square metres for that many people: a building is denser than a field."""
    each = rng.uniform(6, 14) if building else rng.uniform(22, 70)
    return min(max(people * each, 180.0), 45_000.0)


def _ring(centre: Metres, area_m2: float, rng: random.Random) -> list[Metres]:
    """A star-shaped ring, stretched and turned: its corners follow the angle, so it is simple."""
    corners = rng.randint(5, 11)
    stretch, turn = rng.uniform(1.0, 2.4), rng.uniform(0, math.pi)
    flat = []
    for index in range(corners):
        angle = 2 * math.pi * (index + rng.uniform(-0.3, 0.3)) / corners
        reach = rng.uniform(0.72, 1.2)
        flat.append((reach * math.cos(angle) * stretch, reach * math.sin(angle)))
    scale = math.sqrt(area_m2 / _area(flat))
    return [
        (
            centre[0] + scale * (x * math.cos(turn) - y * math.sin(turn)),
            centre[1] + scale * (x * math.sin(turn) + y * math.cos(turn)),
        )
        for x, y in flat
    ]


def _area(ring: list[Metres]) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def _degrees(lon: float, lat: float, metres: Metres) -> tuple[float, float]:
    x, y = offset_lonlat(lon, lat, *metres)
    return round(x, 7), round(y, 7)
