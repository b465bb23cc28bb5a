"""The ground of a sheet: the territory, what it is made of and its neighbours, in millimetres.

Everything comes from the published territories, projected, cut to the window and simplified to
what paper can show. Leaves ink to `atlas.drawing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from atlas.frame import Frame
from atlas.orders import Order
from atlas.rows import Row, read_rows
from geo.core import collections
from geo.core.params import Filters
from geo.core.sources import Request
from geo.core.when import When

# Paper shows a tenth of a millimetre; a sheet of more vertices is slow to open and to print.
TOLERANCE_MM = 0.1
MAX_VERTICES = 60_000
# Islets under a twentieth of a square millimetre are ink spots.
MIN_AREA_MM2 = 0.05

# For each level: what surrounds it (a collection) and what it is made of (a collection and the
# property that names the level).
AROUND = {
    "region": "regions",
    "departement": "departements",
    "epci": "communes",
    "commune": "communes",
}
INSIDE = {
    "region": ("departements", "region"),
    "departement": ("communes", "departement"),
    "epci": ("communes", "epci"),
    "commune": ("communes", "main_commune"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A territory of the ground before projection: geometry in EPSG:4326."""

    code: str
    name: str
    geometry: Any


@dataclass(frozen=True, slots=True)
class Material:
    """What the ground is drawn from, whatever the frame; read once for a sheet and its inset.

    `origins` are the sources of the contours, each with its stored vintage; `title` and
    `inside_title` are what the registry calls the territories and their parts.
    """

    outline: Any
    inside: tuple[Unit, ...]
    around: tuple[Unit, ...]
    approximate: bool
    origins: tuple[tuple[str, str], ...]
    title: str
    inside_title: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground in one frame, in millimetres: areas are polygons, borders are lines.

    `neighbours` are the names and visible parts of what surrounds the territory.
    """

    outline: Any
    inner_borders: Any
    neighbours: tuple[tuple[str, Any], ...]
    outer_borders: Any
    vertices: int


def material_read(order: Order, frame: Frame) -> Material:
    """Read the territory, its parts and its neighbours in the frame's window."""
    inside_id, inside_property = INSIDE[order.level]
    own = Filters(((inside_property, (order.territory.code,)),))
    inside = _read(order, inside_id, filters=own)
    around = _read(order, AROUND[order.level], frame=frame)
    own_codes = {order.territory.code, *(row.properties["code"] for row in inside)}
    kept = [row for row in around if row.properties["code"] not in own_codes]
    if AROUND[order.level] == "communes":
        # An arrondissement would hide the neighbouring main commune that contains it.
        kept = [row for row in kept if row.properties.get("main_commune") is None]
    territory = order.territory
    stamped = {(territory.source, territory.millesime)}
    stamped |= {
        (str(row.properties["source"]), str(row.properties["millesime"]))
        for row in [*inside, *kept]
    }
    approximate = territory.approximate or any(
        row.properties["approximate"] for row in [*inside, *kept]
    )
    return Material(
        shapely.from_wkb(bytes(territory.contour.wkb)),
        tuple(_unit(row) for row in inside),
        tuple(_unit(row) for row in kept),
        approximate,
        tuple(sorted(stamped)),
        collections.get(f"{order.level}s", order.scope).title,
        collections.get(inside_id, order.scope).title,
    )


def ground_in(material: Material, frame: Frame) -> Ground:
    """The ground in a frame, under `MAX_VERTICES`."""
    window = frame.rect.grown(0.5).to_box()
    outline = shapely.clip_by_rect(frame.geometry_to_mm(material.outline), *window)
    inside = _clipped(material.inside, frame, window)
    around = _clipped(material.around, frame, window)
    tolerance = TOLERANCE_MM
    while True:
        ground = _simplified(outline, inside, around, tolerance)
        if ground.vertices <= MAX_VERTICES:
            return ground
        tolerance *= 1.5


def _read(
    order: Order,
    collection_id: str,
    *,
    filters: Filters | None = None,
    frame: Frame | None = None,
) -> list[Row]:
    request = Request(
        collections.get(collection_id, order.scope),
        order.scope,
        When.now(),
        filters or Filters(),
        bbox=frame.bbox() if frame else None,
    )
    return read_rows(request)


def _unit(row: Row) -> Unit:
    return Unit(row.properties["code"], row.properties["name"], row.geometry)


def _clipped(
    units: Sequence[Unit], frame: Frame, window: tuple[float, float, float, float]
) -> list[tuple[str, Any]]:
    if not units:
        return []
    moved = frame.geometry_to_mm(np.array([unit.geometry for unit in units], dtype=object))
    parts = shapely.clip_by_rect(moved, *window)
    return [(unit.name, part) for unit, part in zip(units, parts, strict=True) if not part.is_empty]


def _simplified(
    outline: Any,
    inside: Sequence[tuple[str, Any]],
    around: Sequence[tuple[str, Any]],
    tolerance: float,
) -> Ground:
    drawn = _areas(outline, tolerance)
    neighbours = tuple((name, _areas(part, tolerance)) for name, part in around)
    inner = _borders((part for _, part in inside), tolerance)
    outer = _borders((part for _, part in around), tolerance)
    vertices = sum(
        int(shapely.get_num_coordinates(shape))
        for shape in (drawn, inner, outer, *(part for _, part in neighbours))
    )
    return Ground(drawn, inner, neighbours, outer, vertices)


def _areas(shape: Any, tolerance: float) -> Any:
    """The polygons of a shape, simplified, without the islets that ink cannot show."""
    simple = shapely.simplify(shape, tolerance)
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(simple))
        if part.geom_type == "Polygon" and part.area >= MIN_AREA_MM2
    ]
    return shapely.multipolygons(parts) if parts else shapely.MultiPolygon()


def _borders(shapes: Iterable[Any], tolerance: float) -> Any:
    """The borders of areas, each drawn once even where two areas share it."""
    rings = [ring for ring in (shapely.boundary(shape) for shape in shapes) if not ring.is_empty]
    if not rings:
        return shapely.MultiLineString()
    lines = shapely.line_merge(shapely.union_all(np.array(rings, dtype=object)))
    return shapely.simplify(lines, tolerance)
