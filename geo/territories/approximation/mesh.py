"""Cutting a land mass into the cells of its nearest places, as a coverage with shared vertices.

Leaves to the build what a place is, and the grouping of cells into territories.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import MultiPoint, MultiPolygon, Point, Polygon, box

from geo.core.crs import WGS84, transformer

# One snap, about a metre, is what makes neighbours keep exactly the same vertices.
GRID_DEG = 1e-5
# The cells must reach past the farthest cape before the outline cuts them.
MARGIN_M = 200_000.0


def multipolygon(geometry: shapely.Geometry) -> MultiPolygon:
    """The same surface as a normalised MultiPolygon, so that two builds are equal byte for byte."""
    return MultiPolygon(list(shapely.get_parts(shapely.normalize(geometry))))


def land_surface(rings: Sequence[Sequence[tuple[float, float]]]) -> MultiPolygon:
    """The land enclosed by open lon/lat rings (EPSG:4326), one polygon per ring.

    Raises ValueError when a ring crosses itself or two rings overlap.
    """
    surface = MultiPolygon([Polygon(ring) for ring in rings])
    if not surface.is_valid:
        raise ValueError(f"outline: {shapely.is_valid_reason(surface)}")
    return surface


def _mover(source: int, target: int) -> Callable[[Any], Any]:
    """A function that carries an array of x, y rows from one EPSG code to another."""
    change = transformer(source, target)

    def move(xy: Any) -> Any:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))

    return move


def nearest_cells(
    places: Sequence[tuple[float, float]], land: MultiPolygon, srid: int
) -> list[list[Polygon]]:
    """For each lon/lat place (EPSG:4326), the faces of `land` nearer to it than to any other.

    Nearness is planar, in metres of `srid`. The faces are lon/lat polygons on a grid of GRID_DEG;
    together they fill `land`, and two that touch share exactly the same vertices. A place whose
    cell lies wholly outside `land` gets an empty list. Raises ValueError on two equal places.
    """
    if len(set(places)) != len(places):
        raise ValueError("two places at the same coordinates")
    to_plane, to_degrees = _mover(WGS84, srid), _mover(srid, WGS84)
    points = [Point(*xy) for xy in to_plane(np.array(places))]
    reach = box(*shapely.transform(land, to_plane).bounds).buffer(MARGIN_M)
    edges = shapely.voronoi_polygons(MultiPoint(points), extend_to=reach, only_edges=True)
    lines = shapely.union_all(
        [shapely.transform(edges, to_degrees), land.boundary], grid_size=GRID_DEG
    )
    tree = shapely.STRtree(points)
    shapely.prepare(land)
    cells: list[list[Polygon]] = [[] for _ in places]
    for face in shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))):
        inner = face.point_on_surface()
        if land.contains_properly(inner):
            owner = tree.nearest(shapely.transform(inner, to_plane))
            cells[int(owner)].append(face)
    return cells
