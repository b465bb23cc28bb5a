"""Writing rows to a file, one module for each family of formats.

A writer takes the rows as they come, holds a few batches at most, and gives back the names of the
columns in the file. What it wrote when something fails is the caller's to remove.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from feeds.exporting import formats
from feeds.exporting.dictionary import Mentions
from feeds.exporting.formats import Format, Shape
from feeds.exporting.rows import Rows
from geo.core.collections import Collection

Writer = Callable[[Rows, Path, Mentions], list[str]]

# By name: each brings libraries that the others do without.
WRITERS = {
    "gpkg": ("ogr", "geopackage"),
    "fgb": ("ogr", "flatgeobuf"),
    "shp": ("ogr", "shapefile"),
    "parquet": ("parquet", "geoparquet"),
    "geojson": ("text", "geojson"),
    "csv": ("text", "plain_csv"),
    "xlsx": ("sheet", "workbook"),
}


def writer_of(wanted: Format) -> Writer:
    """What writes a format."""
    module, name = WRITERS[wanted.code]
    found: Writer = getattr(import_module(f"{__name__}.{module}"), name)
    return found


def shape_for(collection: Collection, wanted: Format) -> Shape:
    """How the rows of a collection tell their geometry in a format."""
    point = collection.geometry_type == "Point"
    if wanted == formats.GEOJSON:
        return Shape.FEATURE
    if wanted == formats.CSV:
        return Shape.POINT if point else Shape.WKT
    if wanted == formats.XLSX:
        # A cell cannot hold an outline: the dictionary says where it is.
        return Shape.POINT if point else Shape.NONE
    return Shape.WKB
