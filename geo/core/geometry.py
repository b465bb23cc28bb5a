"""Geometry that comes from people or machines, rebuilt from `type` and `coordinates` alone.

Nothing is repaired here: an unusable geometry is refused with the place of its first error in
words that a person can act on. Leaves storage and measuring to the database.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from shapely import is_valid_reason
from shapely.geometry import Polygon as ShapelyPolygon

from geo.core.crs import WGS84, in_france
from geo.core.errors import InvalidInput, UnusableGeometry

MAX_BYTES = 256_000
MAX_VERTICES = 2_000
MAX_RINGS = 50


def point_from_lonlat(lon: Any, lat: Any, *, field: str = "geometry") -> Point:
    """A WGS84 point from two numbers. `InvalidInput`, or `UnusableGeometry` outside France."""
    x, y = _number(lon, field), _number(lat, field)
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        raise InvalidInput(
            "Coordonnées impossibles : la longitude va de -180 à 180, la latitude de -90 à 90.",
            field=field,
        )
    if not in_france(x, y):
        hint = " Longitude et latitude semblent inversées." if in_france(y, x) else ""
        raise UnusableGeometry(f"Ce point n'est pas en France.{hint}", field=field)
    return Point(x, y, srid=WGS84)


def point_from_geojson(value: Any, *, field: str = "geometry") -> Point:
    """A WGS84 point from a GeoJSON Point (text or mapping)."""
    kind, coordinates = _members(value, field)
    if kind != "Point" or not isinstance(coordinates, list) or len(coordinates) not in {2, 3}:
        raise InvalidInput("Un point GeoJSON est attendu : {type, coordinates}.", field=field)
    return point_from_lonlat(coordinates[0], coordinates[1], field=field)


def multipolygon_from_geojson(value: Any, *, field: str = "footprint") -> MultiPolygon:
    """A valid WGS84 MultiPolygon from a GeoJSON Polygon or MultiPolygon (text or mapping).

    At most 256 kB, 2 000 vertices and 50 rings; two dimensions; inside France. A Polygon is
    promoted. Raises `InvalidInput` when malformed, `UnusableGeometry` when it cannot be used.
    """
    kind, coordinates = _members(value, field)
    if kind == "Polygon":
        polygons = [coordinates]
    elif kind == "MultiPolygon":
        polygons = coordinates
    else:
        raise InvalidInput("Une emprise est un polygone (Polygon ou MultiPolygon).", field=field)
    if not isinstance(polygons, list) or not polygons:
        raise InvalidInput("L'emprise n'a pas de contour.", field=field)
    rings = [_polygon_rings(polygon, field) for polygon in polygons]
    _check_size(rings, field)
    for polygon in rings:
        _check_valid(polygon, field)
    shape = MultiPolygon([Polygon(*polygon, srid=WGS84) for polygon in rings], srid=WGS84)
    if not shape.valid:
        raise UnusableGeometry("Deux parties de l'emprise se chevauchent.", field=field)
    return shape


def _members(value: Any, field: str) -> tuple[str, Any]:
    if isinstance(value, str):
        if len(value.encode()) > MAX_BYTES:
            raise UnusableGeometry("Géométrie trop lourde : 256 ko au plus.", field=field)
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InvalidInput("Ce texte n'est pas du GeoJSON.", field=field) from error
    if isinstance(value, Mapping) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, Mapping) or "type" not in value or "coordinates" not in value:
        raise InvalidInput("Une géométrie GeoJSON a un type et des coordonnées.", field=field)
    return str(value["type"]), value["coordinates"]


def _polygon_rings(polygon: Any, field: str) -> list[list[tuple[float, float]]]:
    if not isinstance(polygon, list) or not polygon:
        raise InvalidInput("Un polygone est une liste de contours.", field=field)
    rings = []
    for ring in polygon:
        if not isinstance(ring, list):
            raise InvalidInput("Un contour est une liste de positions.", field=field)
        if len(ring) > MAX_VERTICES:
            _too_many(len(ring), field)
        positions = [_position(position, field) for position in ring]
        if positions and positions[0] != positions[-1]:
            positions.append(positions[0])
        if len(set(positions)) < 3:
            raise UnusableGeometry("Un contour a au moins trois sommets distincts.", field=field)
        rings.append(positions)
    return rings


def _position(value: Any, field: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) < 2:
        raise InvalidInput("Une position est [longitude, latitude].", field=field)
    return _number(value[0], field), _number(value[1], field)


def _number(value: Any, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidInput("Une coordonnée est un nombre.", field=field)
    try:
        number = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("Une coordonnée est un nombre.", field=field) from error
    if not math.isfinite(number):
        raise InvalidInput("Une coordonnée est un nombre fini.", field=field)
    return number


def _check_size(polygons: list[list[list[tuple[float, float]]]], field: str) -> None:
    rings = [ring for polygon in polygons for ring in polygon]
    if len(rings) > MAX_RINGS:
        raise UnusableGeometry(
            f"Trop de contours : {len(rings)}, au plus {MAX_RINGS}.", field=field
        )
    vertices = sum(len(ring) for ring in rings)
    if vertices > MAX_VERTICES:
        _too_many(vertices, field)
    for rank, ring in enumerate(rings, start=1):
        for number, (lon, lat) in enumerate(ring, start=1):
            if not in_france(lon, lat):
                raise UnusableGeometry(
                    "Un sommet de l'emprise n'est pas en France : "
                    f"le {number}e du contour n° {rank}.",
                    field=field,
                )


def _too_many(count: int, field: str) -> None:
    raise UnusableGeometry(
        f"Emprise trop détaillée : {count} sommets, au plus {MAX_VERTICES}. Simplifiez le tracé.",
        field=field,
    )


def _check_valid(rings: list[list[tuple[float, float]]], field: str) -> None:
    """Refuse a crossing contour, naming where, without ever repairing it."""
    reason = is_valid_reason(ShapelyPolygon(rings[0], rings[1:]))
    if reason == "Valid Geometry":
        return
    what, _, where = reason.partition("[")
    place = ""
    if where:
        lon, lat = where.rstrip("]").split(" ")[:2]
        place = f" près de {float(lat):.5f}, {float(lon):.5f} (latitude, longitude)"
    words = {
        "Self-intersection": "Le contour se croise",
        "Ring Self-intersection": "Le contour se touche lui-même",
        "Hole lies outside shell": "Un trou est hors du contour",
        "Holes are nested": "Deux trous s'emboîtent",
        "Too few points in geometry component": "Un contour n'a pas assez de sommets",
    }
    raise UnusableGeometry(f"{words.get(what, 'Contour inutilisable')}{place}.", field=field)


def geos(value: Any) -> GEOSGeometry:
    """A GEOSGeometry from a shapely geometry in EPSG:4326."""
    return GEOSGeometry(memoryview(value.wkb), srid=WGS84)
