"""Geometries of a filter and the eight spatial relations of CQL2 (§7.12).

A relation is asked of the geometry that the reader may see. A literal is rebuilt from its type and
coordinates, bounded, checked, and brought to EPSG:4326 here: none reaches the database otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Point, box, shape
from shapely.geometry.base import BaseGeometry

from feeds.cql.fragments import GEOMETRY, Fragment, condition
from feeds.cql.reading import MAX_VERTICES, refuse
from geo.core.crs import WGS84, Crs

RELATIONS = {
    "s_intersects": "ST_Intersects",
    "s_disjoint": "ST_Intersects",
    "s_contains": "ST_Contains",
    "s_within": "ST_Within",
    "s_equals": "ST_Equals",
    "s_touches": "ST_Touches",
    "s_crosses": "ST_Crosses",
    "s_overlaps": "ST_Overlaps",
}
# How deep the positions lie in the coordinates of each type.
NESTING = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
# Sides are cut before they are turned into degrees: a straight side of a projection is not one.
PIECES = 200
Geometry = Callable[[Any], Fragment]


def relation(name: str, args: list[Any], geometry: Geometry) -> Fragment:
    """One spatial relation between two geometries, the index beside the exact test."""
    if len(args) != 2:
        raise refuse(f"{name.upper()} compare deux géométries.")
    left, right = geometry(args[0]), geometry(args[1])
    if name not in {"s_intersects", "s_disjoint"}:
        for part in (left, right):
            if part.text == "GeometryCollection":
                raise refuse(f"{name.upper()} ne se demande pas d'une GEOMETRYCOLLECTION.")
    told = f"({left.sql} && {right.sql} AND {RELATIONS[name]}({left.sql}, {right.sql}))"
    sql = f"(NOT {told})" if name == "s_disjoint" else told
    return condition(sql, left, right, left, right)


def is_literal(node: Any) -> bool:
    """Whether a node is a geometry or a box."""
    return isinstance(node, dict) and ("bbox" in node or "type" in node)


def literal(node: dict[str, Any], crs: Crs) -> Fragment:
    """A geometry or box given in `crs`, in EPSG:4326. Raises `InvalidInput`."""
    made = _box(node["bbox"], crs) if "bbox" in node else _shape(node, crs)
    kind = made.geom_type
    sql = f"ST_SetSRID(%s::geometry, {WGS84})"
    return Fragment(sql, (shapely.to_wkb(made, hex=True),), GEOMETRY, text=kind)


def outline(west: float, south: float, east: float, north: float, crs: Crs) -> BaseGeometry:
    """The outline in EPSG:4326 of a box of a projection. Raises `InvalidInput` outside it."""
    return _to_degrees(flat(west, south, east, north), crs)


def _box(numbers: Any, crs: Crs) -> BaseGeometry:
    if not isinstance(numbers, list) or len(numbers) not in {4, 6}:
        raise refuse("BBOX a quatre nombres : ouest, sud, est, nord.")
    values = [_number(number) for number in numbers]
    x1, y1, x2, y2 = values if len(values) == 4 else (*values[:2], *values[3:5])
    if crs.lat_first:
        x1, y1, x2, y2 = y1, x1, y2, x2
    if y1 > y2 or (x1 > x2 and not crs.geographic):
        raise refuse("BBOX : les minimums d'abord.")
    if not crs.geographic:
        return outline(x1, y1, x2, y2, crs)
    _check_degrees([(x1, y1), (x2, y2)])
    if x1 <= x2:
        return flat(x1, y1, x2, y2)
    return shapely.union_all([flat(x1, y1, 180.0, y2), flat(-180.0, y1, x2, y2)])


def flat(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """A box, or the line or point that it is when it has no width."""
    if west == east and south == north:
        return Point(west, south)
    if west == east or south == north:
        return LineString([(west, south), (east, north)])
    return box(west, south, east, north)


def _shape(node: dict[str, Any], crs: Crs) -> BaseGeometry:
    kind = node.get("type")
    if kind == "GeometryCollection":
        members = node.get("geometries")
        if not isinstance(members, list) or not members:
            raise refuse("GEOMETRYCOLLECTION est vide.")
        if any(not isinstance(m, dict) or m.get("type") not in NESTING for m in members):
            raise refuse("GEOMETRYCOLLECTION contient des géométries simples.")
        shapes = [_shape(member, crs) for member in members]
        if sum(shapely.count_coordinates(each) for each in shapes) > MAX_VERTICES + PIECES:
            raise refuse(f"Géométrie trop détaillée : au plus {MAX_VERTICES} sommets.")
        return shapely.geometrycollections(shapes)
    if kind not in NESTING:
        raise refuse(f"Géométrie inconnue : « {str(kind)[:40]} ».")
    positions: list[tuple[float, float]] = []
    coordinates = _positions(node.get("coordinates"), NESTING[kind], positions, crs)
    try:
        made = shape({"type": kind, "coordinates": coordinates})
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError) as error:
        raise refuse(f"Coordonnées inutilisables pour {kind.upper()}.") from error
    if made.is_empty or not made.is_valid:
        reason = "vide" if made.is_empty else "croisée ou incomplète"
        raise refuse(f"La géométrie {kind.upper()} est {reason}.")
    if crs.geographic:
        _check_degrees(positions)
        return made
    return _to_degrees(made, crs)


def _positions(
    value: Any, nesting: int, found: list[tuple[float, float]], crs: Crs
) -> tuple[Any, ...]:
    """The positions as x, y, at the depth of their type; heights are left aside."""
    if not isinstance(value, list) or not value:
        raise refuse("Une géométrie a des coordonnées.")
    if nesting:
        return tuple(_positions(each, nesting - 1, found, crs) for each in value)
    if len(value) not in {2, 3}:
        raise refuse("Une position a deux coordonnées.")
    first, second = _number(value[0]), _number(value[1])
    position = (second, first) if crs.lat_first else (first, second)
    found.append(position)
    if len(found) > MAX_VERTICES:
        raise refuse(f"Géométrie trop détaillée : au plus {MAX_VERTICES} sommets.")
    return position


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise refuse("Une coordonnée est un nombre.")
    return float(value)


def _finite(value: float) -> bool:
    return abs(value) < 1e12 and math.isfinite(value)


def _check_degrees(positions: list[tuple[float, float]]) -> None:
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in positions):
        raise refuse(
            "Coordonnées impossibles : longitudes de -180 à 180, latitudes de -90 à 90, "
            "dans l'ordre de filter-crs."
        )


def _to_degrees(made: BaseGeometry, crs: Crs) -> BaseGeometry:
    if made.length:
        made = shapely.segmentize(made, made.length / PIECES)
    moved: BaseGeometry = shapely.transform(made, lambda xy: _turned(xy, crs))
    xy = shapely.get_coordinates(moved)
    if not np.isfinite(xy).all() or (np.abs(xy) > np.array([180, 90])).any():
        raise refuse("Coordonnées hors du domaine de cette projection.")
    if not moved.is_valid:
        raise refuse("La géométrie est inutilisable dans cette projection.")
    return moved


def _turned(xy: Any, crs: Crs) -> Any:
    return np.column_stack(crs.to_lonlat(xy[:, 0], xy[:, 1]))
