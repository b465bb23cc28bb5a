"""Reading the rows of a collection as geometries and properties, whatever the collection.

Leaves rights, dates and filters to `geo.core.sources`, and what rows mean to the callers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from django.db import connection

from geo.core.crs import WGS84
from geo.core.sources import ALIAS, Request, compile_sources


@dataclass(frozen=True, slots=True)
class Row:
    """A feature: its id, its geometry (shapely, EPSG:4326, at the reader's precision), its values.

    A property that the reader may not see is absent.
    """

    id: int
    geometry: Any
    properties: Mapping[str, Any]


def read_rows(request: Request) -> list[Row]:
    """The rows asked, in the order of their ids; without geometry they are left out."""
    rows = []
    for source in compile_sources(request):
        names = [p.name for p in source.properties]
        columns = "".join(f', "{ALIAS}{name}"' for name in names)
        # The SQL is compiled by the ORM; names come from the registry, never from a request.
        sql = f"SELECT id, ST_AsBinary(geom){columns} FROM ({source.sql}) s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, source.params)
            for key, binary, *values in cursor.fetchall():
                if binary is not None:
                    given = dict(zip(names, values, strict=True))
                    rows.append(Row(key, shapely.from_wkb(bytes(binary)), given))
    return sorted(rows, key=lambda row: row.id)


def count_rows(request: Request, name: str, area: Any) -> dict[Any, int]:
    """How many rows lie in an area (shapely, EPSG:4326), by value of a property."""
    counts: Counter[Any] = Counter()
    shape = shapely.to_wkb(shapely.set_srid(area, WGS84), include_srid=True)
    for source in compile_sources(request):
        sql = (
            f'SELECT "{ALIAS}{name}", count(*) FROM ({source.sql}) s '  # noqa: S608
            "WHERE ST_Intersects(geom, ST_GeomFromEWKB(%s)) GROUP BY 1"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*source.params, shape])
            counts.update(dict(cursor.fetchall()))
    return dict(counts)
