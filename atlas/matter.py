"""The matter of a sheet: sites, closings of the period, reinstallations and facilities, as read.

Everything goes through the registry of collections under the reader's scope, so that a map shows
what the feeds give and no more. Leaves places on paper to `atlas.placement`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely

from atlas.facilities import Facilities, facilities_read
from atlas.frame import Frame
from atlas.orders import Order
from atlas.rows import Row, read_rows
from geo.core import collections
from geo.core.collections import Collection
from geo.core.params import BBox, Filters
from geo.core.sources import Request
from geo.core.when import When

CLOSURES = ("evacuations", "resorptions", "other-closures")
ALIVE = ("open", "resorption")


@dataclass(frozen=True, slots=True)
class Layer:
    """The rows of one collection."""

    collection: Collection
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """What the sheet tells. `closures` maps a kind's collection to its layer."""

    sites: Layer
    closures: dict[str, Layer]
    reinstallations: Layer | None
    facilities: Facilities | None

    @property
    def alive(self) -> list[Row]:
        """The sites open on the day shown, those under résorption included."""
        return [row for row in self.sites.rows if row.properties["status"] in ALIVE]

    @property
    def site_ids(self) -> set[int]:
        """Every site of which the sheet tells something."""
        rows = self.reinstallations.rows if self.reinstallations else ()
        ends = {row.properties[name] for row in rows for name in ("site", "origin")}
        return {row.id for row in self.sites.rows} | ends

    @property
    def people(self) -> int:
        """People known to live on the open sites."""
        return sum(row.properties.get("people") or 0 for row in self.alive)

    @property
    def uncounted(self) -> int:
        """Open sites whose number of people is unknown."""
        return sum(row.properties.get("people") is None for row in self.alive)


def matter_read(order: Order, frame: Frame, outline: Any, *, area_ratio: float = 1.0) -> Matter:
    """Read what an order asks of a territory whose contour is `outline` (shapely, EPSG:4326).

    `area_ratio` is the sheet's area over that of an A4.
    """
    shared = {collection.id: collection for collection in collections.visible(order.scope)}
    sites = _sites(order, shared["sites"])
    ids = {row.id for row in sites}
    closures = {
        collection_id: Layer(shared[collection_id], _closures(order, shared[collection_id], ids))
        for collection_id in CLOSURES
        if collection_id in shared
    }
    flows = facilities = None
    if "reinstallations" in shared:
        rows = _rows(order, shared["reinstallations"], order.period, bbox=None)
        # Under filters a flow is told by the site where people settled, as on the screen's map.
        told = ("site",) if order.filters else ("site", "origin")
        ends = [row for row in rows if ids & {row.properties[name] for name in told}]
        flows = Layer(shared["reinstallations"], tuple(ends))
    if "facilities" in shared:
        facilities = facilities_read(
            shared["facilities"],
            order.scope,
            _area(order, outline),
            frame,
            [row for row in sites if row.properties["status"] in ALIVE],
            area_ratio=area_ratio,
        )
    return Matter(Layer(shared["sites"], tuple(sites)), closures, flows, facilities)


def _sites(order: Order, collection: Collection) -> list[Row]:
    """The territory's sites whose life meets the period, with their state at its end."""
    here = Filters(((order.level, order.codes), *order.filters.items))
    return _rows(order, collection, order.period, filters=here, bbox=order.bbox)


def _closures(order: Order, collection: Collection, ids: set[int]) -> tuple[Row, ...]:
    """The period's closings of those sites: filters on sites hold for their closings too."""
    here = Filters(((order.level, order.codes),))
    rows = _rows(order, collection, order.period, filters=here, bbox=order.bbox)
    return tuple(row for row in rows if row.properties["site"] in ids)


def _area(order: Order, outline: Any) -> Any:
    """The part of the territory that the sheet shows."""
    if order.bbox is None:
        return outline
    boxes = [shapely.box(*bounds) for bounds in order.bbox.boxes()]
    return shapely.intersection(outline, shapely.union_all(boxes))


def _rows(
    order: Order,
    collection: Collection,
    when: When,
    *,
    filters: Filters | None = None,
    bbox: BBox | None,
) -> list[Row]:
    request = Request(collection, order.scope, when, filters or Filters(), bbox=bbox)
    return read_rows(request)
