"""The facilities of a sheet: all of them where they fit, else the nearest of each open site.

Distances are counted from the place that the reader may see: from an exact one they would tell it.
Leaves places on paper to `atlas.placement` and words to `atlas.content`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from atlas.frame import Frame
from atlas.rows import Row, count_rows, read_rows
from geo.core.collections import Collection
from geo.core.nearest import nearest
from geo.core.params import Filters
from geo.core.scope import Scope
from geo.core.sources import Request
from geo.core.vintage import vintage
from geo.core.when import When

UNSTATED = "licence non indiquée"
# What people of a site need to reach: values of the collection's style property.
NEEDED = ("school", "health", "water")
# More than this on an A4 would cover the sites: then only the nearest ones are drawn.
MOST = 90
# Beyond it a nearest one only says that no file was loaded for the territory.
FARTHEST_M = 50_000
# Facilities stand on the shore that a generalised contour has lost: some 200 m, in degrees.
SHORE_DEG = 0.002


@dataclass(frozen=True, slots=True)
class Facilities:
    """The facilities of a territory under a scope.

    `known` counts by kind those of the territory; `rows` are those to draw; `every` is True when
    they are all of them; `near` gives, by site then by kind, the metres to the nearest.
    """

    collection: Collection
    rows: tuple[Row, ...]
    known: Mapping[str, int]
    near: Mapping[int, Mapping[str, float]]
    every: bool


def facilities_read(
    collection: Collection,
    scope: Scope,
    area: Any,
    frame: Frame,
    sites: Sequence[Row],
    *,
    area_ratio: float = 1.0,
) -> Facilities:
    """Read the facilities around open `sites` in `area` (shapely, EPSG:4326).

    `area_ratio` is the sheet's area over that of an A4.
    """
    land = shapely.buffer(shapely.simplify(area, SHORE_DEG / 4), SHORE_DEG)
    style = str(collection.style_property)
    known = count_rows(Request(collection, scope, When.now()), style, land)
    ids, near = _nearest(collection, scope, sites, style)
    every = sum(known.values()) <= MOST * area_ratio
    rows = {row.id: row for row in _rows(collection, scope, ids=tuple(ids))} if ids else {}
    if every:
        shapely.prepare(land)
        for row in _rows(collection, scope, bbox=frame.bbox()):
            if land.contains(row.geometry):
                rows[row.id] = row
    # The nearest first, those of the largest sites before: they take the room there is.
    order = {key: index for index, key in enumerate(ids)}
    drawn = sorted(rows.values(), key=lambda row: (order.get(row.id, len(order)), row.id))
    return Facilities(collection, tuple(drawn), known, near, every)


def _rows(collection: Collection, scope: Scope, **asked: Any) -> list[Row]:
    return read_rows(Request(collection, scope, When.now(), **asked))


def _nearest(
    collection: Collection, scope: Scope, sites: Sequence[Row], style: str
) -> tuple[list[int], dict[int, dict[str, float]]]:
    """Ids of the nearest facilities, and metres by site and kind.

    A position at the commune has none: it would be the distance from the town hall.
    """
    placed = [row for row in sites if row.properties["precision"] != "commune"]
    placed.sort(key=lambda row: (-(row.properties.get("people") or 0), row.id))
    places = [(row.geometry.x, row.geometry.y) for row in placed]
    found: list[tuple[int, int, int]] = []
    metres: dict[int, dict[str, float]] = {row.id: {} for row in placed}
    for rank, kind in enumerate(NEEDED):
        request = Request(collection, scope, When.now(), Filters(((style, (kind,)),)))
        for near in nearest(request, places):
            if near.distance_m <= FARTHEST_M:
                metres[placed[near.place].id][kind] = near.distance_m
                found.append((near.place, rank, near.id))
    return list(dict.fromkeys(key for _, _, key in sorted(found))), metres


def origins_of(rows: Sequence[Row]) -> list[str]:
    """The sources of facilities, those of one vintage and licence on one line."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        source, stored, licence = (row.properties[n] for n in ("source", "millesime", "licence"))
        found.setdefault((stored, licence), set()).add(source)
    return [
        f"{', '.join(sorted(sources))}, {vintage(stored)} ({licence or UNSTATED})"
        for (stored, licence), sources in sorted(found.items())
    ]
