"""From GeoJSON features and their schema to a GeoDataFrame whose columns have the right types.

A table without rows has the same columns. Leaves reading to `client`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas
import pandas
from shapely.geometry import shape

CRS = "EPSG:4326"
DTYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean"}


def frame(
    features: Sequence[Mapping[str, Any]], columns: Mapping[str, Mapping[str, Any]]
) -> geopandas.GeoDataFrame:
    """The table of the features, indexed by `id`, geometry in EPSG:4326 (longitude, latitude).

    A property that some rows do not give (another precision) is missing there.
    """
    index = pandas.Index([feature["id"] for feature in features], name="id", dtype="int64")
    data = {
        name: typed([feature["properties"].get(name) for feature in features], described, index)
        for name, described in columns.items()
    }
    shapes = [shape(f["geometry"]) if f["geometry"] else None for f in features]
    return geopandas.GeoDataFrame(
        data, index=index, geometry=geopandas.GeoSeries(shapes, index=index, crs=CRS)
    )


def typed(
    values: Sequence[Any], described: Mapping[str, Any], index: pandas.Index
) -> pandas.Series[Any]:
    """One column: dates, moments (UTC), codes as categories, figures that may be missing."""
    kind, form = described.get("type"), described.get("format")
    raw = pandas.Series(list(values), index=index, dtype="object")
    if form == "date":
        return pandas.to_datetime(raw, format="%Y-%m-%d")
    if form == "date-time":
        return pandas.to_datetime(raw, format="ISO8601", utc=True)
    if "enum" in described:
        return raw.astype(pandas.CategoricalDtype(described["enum"], ordered=False))
    return raw.astype(DTYPES.get(str(kind), "string"))
