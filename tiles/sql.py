"""One SQL for a tile, whatever the number of layers joined in it.

Each layer is drawn as its zoom asks: rows, groups of points, or the level that stands for them.
Leaves the rows and the rights to `geo.core.sources`, and HTTP and caches to the views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from geo.core.collections import Collection, Groups, Property
from geo.core.crs import MERCATOR_EDGE_M, WEB_MERCATOR, tile_bounds_3857
from geo.core.params import Filters
from geo.core.scope import Scope
from geo.core.sources import Request, compile_sources, union
from geo.core.timed import fetch
from geo.core.when import When

EXTENT = 4096
BUFFER = 64
# Cells of a group on each side of a tile: 64 pixels of a tile of 512.
CELLS = 8
AXES = ("ST_X", "ST_Y")
# The layer that says what a tile leaves out.
META = "_meta"
# The largest features say most of a tile that cannot hold them all; points have no size.
LARGEST = {"MultiPolygon": "ST_Area(geom) DESC,", "LineString": "ST_Length(geom) DESC,"}
Layers = Sequence[tuple[Collection, Filters]]


@dataclass(frozen=True, slots=True)
class Address:
    """A tile of the Web Mercator pyramid (XYZ)."""

    z: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The layers of a tile with their filters, for a reader, at a date."""

    layers: Layers
    scope: Scope
    when: When
    at: Address


def tile_bytes(asked: Asked, cap: int | None = None) -> bytes:
    """The Mapbox Vector Tile (v2) of these collections; empty bytes when nothing lies in it.

    `cap` keeps that many of the largest features of each layer, and the layer `_meta` says so.
    """
    parts, params, at = [], [], asked.at
    for collection, filters in asked.layers:
        sql, values = layer_sql(collection, filters, asked, cap)
        if sql:
            parts.append(f"coalesce(({sql}), ''::bytea)")
            params.extend(values)
    if not parts:
        return b""
    if cap is not None:
        parts.append(META_SQL)
        params += [at.z, at.x, at.y, at.z, at.x, at.y, cap]
    ((tile,),) = fetch(
        settings.TILE_TIMEOUT_MS,
        f"SELECT {' || '.join(parts)}",
        params,
        prepared=cap is None and at.z >= settings.TILE_PREPARED_ZOOM,
    )
    return bytes(tile)


META_SQL = f"""(
SELECT ST_AsMVT(m, '{META}', {EXTENT}, 'geom') FROM (
    SELECT ST_AsMVTGeom(
        ST_Centroid(ST_TileEnvelope(%s, %s, %s)), ST_TileEnvelope(%s, %s, %s), {EXTENT}
    ) AS geom, true AS truncated, %s::integer AS kept
) m)"""


def layer_sql(
    collection: Collection, filters: Filters, asked: Asked, cap: int | None = None
) -> tuple[str, list[Any]]:
    """The SELECT of one layer's bytes; empty text when no branch can give rows."""
    at = asked.at
    drawn = collection.drawn_at(at.z)
    if drawn is not collection and not _told(drawn, filters):
        # A level that does not know what is asked for would draw what it leaves out.
        return "", []
    grouped = drawn.groups if drawn.groups and at.z <= drawn.groups.until else None
    margin = 1 / CELLS if grouped else BUFFER / EXTENT
    bounds = tile_bounds_3857(at.z, at.x, at.y, margin)
    sources = compile_sources(
        Request(drawn, asked.scope, asked.when, filters, bounds_3857=bounds, tile_zoom=at.z)
    )
    if not sources:
        return "", []
    given = [p for p in drawn.properties if p.tile and p.tile_from <= at.z]
    names = [p.name for p in given]
    rows, params = union(sources, names)
    if grouped:
        rows, params = _grouped(grouped, given, rows, params, at.z)
        names = [*names, "count", *(count.name for count in grouped.counts)]
    if cap is not None:
        largest = LARGEST.get(drawn.geometry_type, "")
        rows = f"SELECT * FROM ({rows}) c ORDER BY {largest} id LIMIT %s"
        params = (*params, cap)
    return _encoded(names, rows, round(margin * EXTENT)), [drawn.id, at.z, at.x, at.y, *params]


def _encoded(names: Sequence[str], rows: str, buffer: int) -> str:
    """The margin is in the filter, not in the clip: a symbol whose point lies in the next tile is
    drawn here too. ST_AsMVT itself leaves out rows that the clip empties: a filter here would clip
    each of them twice.
    """
    columns = "".join(f', "{name}"' for name in names)
    return (
        f"SELECT ST_AsMVT(t, %s, {EXTENT}, 'geom', 'id') FROM ("
        f"SELECT id{columns}, ST_AsMVTGeom(geom, ST_TileEnvelope(%s, %s, %s), {EXTENT}, {buffer})"
        f" AS geom FROM ({rows}) r) t"
    )


def _grouped(
    groups: Groups, given: Sequence[Property], rows: str, params: Sequence[Any], z: int
) -> tuple[str, tuple[Any, ...]]:
    """Rows summed by cell of the grid of zoom `z`, at the mean of the points that the reader sees.

    A point alone in its cell stays itself, with its id and its properties. A group is no feature of
    the collection: it has no id. Cells are whole in every tile that draws them, so that neighbours
    agree.
    """
    size = 2 * MERCATOR_EDGE_M / 2**z / CELLS
    cell = ", ".join(f"floor(({axis}(geom) + {MERCATOR_EDGE_M}) / {size})" for axis in AXES)
    values: list[Any] = []
    columns = []
    for prop in given:
        alone = f'{"bool_and" if prop.type == "boolean" else "min"}("{prop.name}")'
        if prop.name in groups.sums:
            columns.append(f'sum("{prop.name}") AS "{prop.name}"')
        else:
            columns.append(f'CASE WHEN count(*) = 1 THEN {alone} END AS "{prop.name}"')
    columns.append('count(*)::integer AS "count"')
    for count in groups.counts:
        tests = " AND ".join(f'"{name}" = %s' for name, _ in count.where)
        columns.append(f'nullif(count(*) FILTER (WHERE {tests}), 0)::integer AS "{count.name}"')
        values += [value for _, value in count.where]
    mean = ", ".join(f"avg({axis}(geom))" for axis in AXES)
    sql = (
        "SELECT CASE WHEN count(*) = 1 THEN min(id) END AS id, "
        f"ST_SetSRID(ST_MakePoint({mean}), {WEB_MERCATOR}) AS geom, "
        f"{', '.join(columns)} FROM ({rows}) g GROUP BY {cell}"
    )
    return sql, (*values, *params)


def _told(level: Collection, filters: Filters) -> bool:
    return {name for name, _ in filters.items} <= set(level.parameters)
