"""Published contours made usable: two dimensions, valid, polygons only.

The database repairs nothing; what is repaired here is told by code. Leaves reading to the sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon

from geo.core.crs import WEB_MERCATOR, WGS84, transformer

# Half the width given to a territory that generalising has flattened to a line: about 20 m.
RIBBON_DEG = 0.0002
# A centimetre: what noding moves at most.
NODE_DEG = 1e-7
LINES = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)
SURFACES = (
    shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
    shapely.GeometryType.GEOMETRYCOLLECTION,
)


def usable_contours(
    geometries: Sequence[shapely.Geometry | None],
) -> tuple[list[MultiPolygon | None], list[bool]]:
    """Each geometry as a valid MultiPolygon or None without surface, and which were repaired.

    Lines and points that repairing leaves are dropped, except where a polygon was published and
    nothing else is left of it: a ribbon along the line then keeps the territory on the map.
    Lon/lat in and out.
    """
    array = shapely.force_2d(np.array(geometries, dtype=object))
    array[~np.isin(shapely.get_type_id(array), SURFACES)] = None
    wrong = ~shapely.is_missing(array) & ~shapely.is_valid(array)
    contours = []
    for geometry, repair in zip(array, wrong, strict=True):
        contours.append(_repaired(geometry) if repair else _surface(geometry))
    return contours, wrong.tolist()


def sound_when_projected(contours: Sequence[MultiPolygon]) -> list[MultiPolygon]:
    """The same contours, with a vertex where a ring touches the middle of an edge.

    Such a contour is valid, but the touching point leaves the edge once in EPSG:3857 and the stored
    twin for tiles would cross itself. The others come back untouched. Lon/lat in and out.
    """
    array = np.array(contours, dtype=object)
    wrong = ~shapely.is_valid(shapely.transform(array, _to_mercator))
    noded = shapely.set_precision(array[wrong], NODE_DEG)
    array[wrong] = [_surface(geometry) for geometry in noded]
    return list(array)


def _to_mercator(xy: Any) -> Any:
    return np.column_stack(transformer(WGS84, WEB_MERCATOR).transform(xy[:, 0], xy[:, 1]))


def _repaired(geometry: shapely.Geometry) -> MultiPolygon | None:
    surface = _surface(shapely.make_valid(geometry, method="structure", keep_collapsed=True))
    if surface is not None:
        return surface
    left = shapely.get_parts(shapely.make_valid(geometry))
    lines = [part for part in left if shapely.get_type_id(part) in LINES and part.length > 0]
    if not lines:
        return None
    return _surface(shapely.union_all(lines).buffer(RIBBON_DEG, cap_style="square", quad_segs=1))


def _surface(geometry: shapely.Geometry | None) -> MultiPolygon | None:
    if geometry is None:
        return None
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygons = [
        part
        for part in parts
        if shapely.get_type_id(part) == shapely.GeometryType.POLYGON and part.area > 0
    ]
    return MultiPolygon(polygons) if polygons else None
