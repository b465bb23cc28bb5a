"""One SQL for a tile, whatever the number of layers joined in it.

Leaves the rows and the rights to `geo.core.sources` and HTTP to the views.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from geo.core.collections import Collection
from geo.core.crs import tile_bounds_3857
from geo.core.params import Filters
from geo.core.scope import Scope
from geo.core.sources import Request, compile_sources, union
from geo.core.timed import fetch
from geo.core.when import When

EXTENT = 4096
BUFFER = 64


def tile_bytes(
    layers: Sequence[tuple[Collection, Filters]],
    scope: Scope,
    when: When,
    z: int,
    x: int,
    y: int,
) -> bytes:
    """The Mapbox Vector Tile (v2) of these collections; empty bytes when nothing lies in it."""
    parts, params = [], []
    for collection, filters in layers:
        sql, values = layer_sql(collection, filters, scope, when, z, x, y)
        if sql:
            parts.append(f"coalesce(({sql}), ''::bytea)")
            params.extend(values)
    if not parts:
        return b""
    ((tile,),) = fetch(
        settings.TILE_TIMEOUT_MS,
        f"SELECT {' || '.join(parts)}",
        params,
        prepared=z >= settings.TILE_PREPARED_ZOOM,
    )
    return bytes(tile)


def layer_sql(
    collection: Collection,
    filters: Filters,
    scope: Scope,
    when: When,
    z: int,
    x: int,
    y: int,
) -> tuple[str, list[Any]]:
    """The SELECT of one layer's bytes; empty text when no branch can give rows.

    The margin is in the filter, not in the clip: a symbol whose point lies in the next tile is
    drawn here too. ST_AsMVT itself leaves out rows that the clip empties:
    a filter here would clip each of them twice.
    """
    request = Request(
        collection,
        scope,
        when,
        filters,
        bounds_3857=tile_bounds_3857(z, x, y, BUFFER / EXTENT),
        tile_zoom=z,
    )
    sources = compile_sources(request)
    if not sources:
        return "", []
    names = [p.name for p in collection.properties if p.tile]
    rows, params = union(sources, names)
    columns = "".join(f', "{name}"' for name in names)
    sql = (
        f"SELECT ST_AsMVT(t, %s, {EXTENT}, 'geom', 'id') FROM ("
        f"SELECT id{columns}, ST_AsMVTGeom(geom, ST_TileEnvelope(%s, %s, %s), {EXTENT}, {BUFFER})"
        f" AS geom FROM ({rows}) r) t"
    )
    return sql, [collection.id, z, x, y, *params]
