"""Parcels' contours, from GeoJSON members to valid MultiPolygons, many at a time.

Official contours are repaired here, outside the database, or refused with a reason; what people
draw is never repaired (`geo.core.geometry`). Leaves identifiers to `idu` and storage to `storage`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.core.crs import FRANCE_BOXES, WGS84

Shapes = NDArray[np.object_]
Ring = list[Sequence[float]]

# Square degrees, less than a hundred square centimetres of ground: points in a line, once rounded.
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Built:
    """One entry for each input, in order. `shapes`: EPSG:4326 MultiPolygons, None where refused."""

    shapes: Shapes
    reasons: dict[int, str]
    repaired: frozenset[int]


def multipolygons(geometries: Sequence[Any]) -> Built:
    """Valid two-dimensional MultiPolygons from GeoJSON geometry objects (Polygon, MultiPolygon).

    A Polygon is promoted, heights are dropped, crossing or degenerate rings are repaired; what has
    no area, is not a polygon or lies outside France is refused with a reason in French.
    """
    reasons: dict[int, str] = {}
    repaired: set[int] = set()
    try:
        shapes = _build(list(enumerate(geometries)), len(geometries), reasons, repaired)
    except (TypeError, ValueError, IndexError, shapely.errors.GEOSException):
        # One malformed member spoils the whole array: only then is each built on its own.
        shapes = _build_each(geometries, reasons, repaired)
    _repair(shapes, reasons, repaired)
    _check_place(shapes, reasons)
    return Built(shapely.set_srid(shapes, WGS84), reasons, frozenset(repaired))


def _build_each(geometries: Sequence[Any], reasons: dict[int, str], repaired: set[int]) -> Shapes:
    shapes: Shapes = np.full(len(geometries), None, dtype=object)
    for index, geometry in enumerate(geometries):
        try:
            shapes[index] = _build([(index, geometry)], len(geometries), reasons, repaired)[index]
        except (TypeError, ValueError, IndexError, shapely.errors.GEOSException):
            reasons[index] = "coordonnées illisibles"
    return shapes


def _build(
    items: list[tuple[int, Any]], size: int, reasons: dict[int, str], repaired: set[int]
) -> Shapes:
    """The arrays of rings, polygons and multipolygons, each with the index of what holds it."""
    positions: list[Sequence[float]] = []
    ring_of: list[int] = []
    polygon_of: list[int] = []
    owner_of: list[int] = []
    for index, geometry in items:
        polygons = _polygons(geometry)
        if polygons is None:
            reasons[index] = "contour absent ou qui n'est pas un polygone"
            continue
        kept = [rings for rings in (_rings(p, index, repaired) for p in polygons) if rings]
        if not kept:
            reasons[index] = "contour sans surface"
        for rings in kept:
            for ring in rings:
                ring_of.extend([len(polygon_of)] * len(ring))
                positions.extend(ring)
                polygon_of.append(len(owner_of))
            owner_of.append(index)
    shapes: Shapes = np.full(size, None, dtype=object)
    if not owner_of:
        return shapes
    rings_built: Any = shapely.linearrings(_plane(positions), indices=np.asarray(ring_of))
    built: Any = shapely.polygons(rings_built, indices=np.asarray(polygon_of))
    owners, compact = np.unique(np.asarray(owner_of), return_inverse=True)
    shapes[owners] = shapely.multipolygons(built, indices=compact)
    return shapes


def _polygons(geometry: Any) -> list[Any] | None:
    if not isinstance(geometry, dict) or not isinstance(geometry.get("coordinates"), list):
        return None
    if geometry.get("type") == "Polygon":
        return [geometry["coordinates"]]
    if geometry.get("type") == "MultiPolygon":
        return list(geometry["coordinates"])
    return None


def _rings(polygon: list[Ring], index: int, repaired: set[int]) -> list[Ring]:
    """The usable rings of a polygon: none without a shell; a degenerate hole is dropped."""
    if not polygon or len(polygon[0]) < 4:
        repaired.add(index)
        return []
    kept = [ring for ring in polygon if len(ring) >= 4]
    if len(kept) < len(polygon):
        repaired.add(index)
    return kept


def _plane(positions: list[Sequence[float]]) -> NDArray[np.float64]:
    try:
        plane = np.array(positions, dtype=np.float64)
    except ValueError:
        plane = np.array([position[:2] for position in positions], dtype=np.float64)
    if not np.isfinite(plane).all():
        raise ValueError("not a number")
    return plane[:, :2]


def _repair(shapes: Shapes, reasons: dict[int, str], repaired: set[int]) -> None:
    faulty = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    for index in np.flatnonzero(faulty):
        mended = shapely.make_valid(shapes[index], method="structure", keep_collapsed=False)
        parts = [part for part in shapely.get_parts(mended) if part.geom_type == "Polygon"]
        shapes[index] = shapely.MultiPolygon(parts)
        repaired.add(int(index))
    for index in np.flatnonzero(shapely.area(shapes) < SMALLEST):
        shapes[index] = None
        repaired.discard(int(index))
        reasons[int(index)] = "contour sans surface"


def _check_place(shapes: Shapes, reasons: dict[int, str]) -> None:
    west, south, east, north = shapely.bounds(shapes).T
    inside = np.zeros(len(shapes), dtype=bool)
    for box in FRANCE_BOXES:
        inside |= (west >= box[0]) & (south >= box[1]) & (east <= box[2]) & (north <= box[3])
    for index in np.flatnonzero(~inside & ~shapely.is_missing(shapes)):
        shapes[index] = None
        reasons[int(index)] = "hors de France (coordonnées inversées ou projetées ?)"
