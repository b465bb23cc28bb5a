"""A page of features as a FlatGeobuf, by GDAL: PostGIS 3.3 puts values into the wrong columns as
soon as one is NULL (`ST_AsFlatGeobuf`).

Leaves the rows to `feeds.sql` and the columns' rights to the scope.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pyogrio.raw import write

from feeds import sql
from feeds.asking import Asking
from feeds.tables import columns
from geo.core.collections import Property
from geo.core.crs import CRS84

# The array of each type of property, and what stands where there is no value.
ARRAYS: dict[str, tuple[str, Any]] = {
    "string": ("object", None),
    "integer": ("int64", 0),
    "number": ("float64", np.nan),
    "boolean": ("bool", False),
    "date": ("datetime64[D]", np.datetime64("NaT")),
    "date-time": ("datetime64[ms]", np.datetime64("NaT")),
}
MASKED = {"integer", "boolean"}


def page(asked: Asking) -> sql.Page:
    """The rows of a page, with its FlatGeobuf: in their order, each with its `id` as a column.

    The format has x and y in that order whatever the authority says: degrees are longitude first.
    """
    chosen = columns(asked)
    crs = CRS84 if asked.crs.geographic else asked.crs
    found = sql.values(asked.request, crs, chosen, "ST_AsBinary(geom)")
    given = list(zip(*found.rows, strict=True)) or [()] * (2 + len(chosen))
    arrays = [_array(p, values) for p, values in zip(chosen, given[2:], strict=True)]
    into = io.BytesIO()
    write(
        into,
        np.array([None if each is None else bytes(each) for each in given[1]], dtype="object"),
        [np.array(given[0], dtype="int64"), *(values for values, _ in arrays)],
        ["id", *(p.name for p in chosen)],
        field_mask=[None, *(mask for _, mask in arrays)],
        layer=asked.request.collection.id,
        driver="FlatGeobuf",
        geometry_type=asked.request.collection.geometry_type,
        crs=f"EPSG:{asked.crs.srid}",
        SPATIAL_INDEX="NO",
    )
    return replace(found, content=into.getvalue(), rows=[])


def _array(prop: Property, values: Sequence[Any]) -> tuple[Any, Any]:
    """The values of a column, and which of them are none where the array cannot tell."""
    kind, nothing = ARRAYS[prop.type]
    if prop.type == "date-time":
        # Arrays have no zone: in that of Greenwich.
        values = [each and each.astimezone(dt.UTC).replace(tzinfo=None) for each in values]
    array = np.array([nothing if each is None else each for each in values], dtype=kind)
    mask = np.array([each is None for each in values]) if prop.type in MASKED else None
    return array, mask
