"""The columns of an export, and what has been read of it; light, for who only speaks of exports.

Leaves the rows themselves to `rows`, with the libraries that hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from feeds.exporting.formats import Shape
from geo.core.collections import Property
from geo.core.scope import DataClass

LON, LAT, WKT, GEOMETRY, FEATURE = "longitude", "latitude", "wkt", "geometry", "feature"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of an export: the id, the given properties, then the geometry in its shape."""

    properties: tuple[Property, ...]
    shape: Shape

    @property
    def schema(self) -> Any:
        """The Arrow schema of the batches."""
        import pyarrow as pa

        types = {
            "string": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "boolean": pa.bool_(),
            "date": pa.date32(),
            "date-time": pa.timestamp("ms", tz="UTC"),
        }
        geometry: dict[Shape, list[Any]] = {
            Shape.WKB: [(GEOMETRY, pa.binary())],
            Shape.POINT: [(LON, pa.float64()), (LAT, pa.float64())],
            Shape.WKT: [(WKT, pa.string())],
            Shape.NONE: [],
        }
        if self.shape == Shape.FEATURE:
            return pa.schema([("id", pa.int64()), (FEATURE, pa.string())])
        fields = [("id", pa.int64()), *((p.name, types[p.type]) for p in self.properties)]
        return pa.schema([*fields, *geometry[self.shape]])


@dataclass(slots=True)
class Read:
    """What has been read so far: rows, and for each class of data the sites they tell of."""

    rows: int = 0
    sites: dict[DataClass, set[int]] = field(default_factory=dict)
