"""The formats of exports: what each is called, what it can hold, what it is good for.

Leaves writing them to `feeds.exporting.writers`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from geo.core.errors import InvalidInput


class Shape(StrEnum):
    """How a row tells its geometry."""

    WKB = "wkb"
    POINT = "point"  # two columns: longitude, latitude
    WKT = "wkt"
    FEATURE = "feature"  # the whole row as one GeoJSON feature
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `boxed`: given to people in a zip, with its dictionary and its mentions.

    A format that cannot tell what its columns mean inside the file is boxed; `single` is false
    where the format itself is several files.
    """

    code: str
    label: str
    extension: str
    media: str
    use: str
    boxed: bool = False
    single: bool = True
    max_rows: int | None = None


GPKG = Format(
    "gpkg",
    "GeoPackage",
    "gpkg",
    "application/geopackage+sqlite3",
    "QGIS et la plupart des logiciels de cartographie",
)
PARQUET = Format(
    "parquet",
    "GeoParquet",
    "parquet",
    "application/vnd.apache.parquet",
    "analyse de gros volumes : geopandas, DuckDB, R",
)
FGB = Format(
    "fgb",
    "FlatGeobuf",
    "fgb",
    "application/vnd.fgb",
    "carte rapide d'un gros volume, dans QGIS ou un navigateur",
)
GEOJSON = Format(
    "geojson", "GeoJSON", "geojson", "application/geo+json", "cartes sur le web", boxed=True
)
CSV = Format("csv", "CSV", "csv", "text/csv; charset=utf-8", "tableurs, sans carte", boxed=True)
XLSX = Format(
    "xlsx",
    "Excel (XLSX)",
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "tableurs, sans carte",
    max_rows=1_048_575,
)
SHP = Format(
    "shp",
    "Shapefile",
    "shp",
    "application/zip",
    "anciens logiciels : noms de 10 caractères, 2 Go au plus",
    boxed=True,
    single=False,
)
FORMATS = {each.code: each for each in (GPKG, PARQUET, FGB, GEOJSON, CSV, XLSX, SHP)}
ZIP_MEDIA = "application/zip"


def format_named(code: str) -> Format:
    """The format of that code. Raises `InvalidInput`."""
    found = FORMATS.get(code)
    if found is None:
        raise InvalidInput(f"Formats : {', '.join(FORMATS)}.", field="format")
    return found


def file_name(collection_id: str, day: dt.date, form: Format, *, zipped: bool) -> str:
    """The name of a downloaded file: collection, day, format."""
    ending = f"{form.extension}.zip" if zipped else form.extension
    return f"{collection_id}_{day.isoformat()}.{ending}"
